"""A review in a real browser: seen, corrected by pointer and keys, taken back, saved, opened again."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import lvcine
from lvcine.measure.area import polygon_area
from lvcine.phantom import virtual_study
from lvcine.phantom.write import write_dicom_mr
from lvcine.pipeline.measure_masks import measure_masks
from lvcine.review.open_result import open_result
from lvcine.review.run import Review
from lvcine.review.session import Session

from .conftest import FRAMES, MM, SLICES, STEP_MM, radius_mm
from .page import ReviewPage

ANGLES = np.linspace(0, 2 * np.pi, 60, endpoint=False)
PICTURES = os.environ.get("LVCINE_REVIEW_PICTURES", "")
"""A folder for pictures of the page, where they are wanted (docs/use)."""


@pytest.fixture(scope="module")
def shared(browser, analysed, tmp_path_factory) -> Iterator[ReviewPage]:
    """One page for all tests that need no results of their own; it must never complain."""
    home = tmp_path_factory.mktemp("shared") / "stack"
    shutil.copytree(analysed / "stack", home)
    with Review(Session(open_result(home / "results"))) as review, review.serving() as address:
        opened = ReviewPage(browser, address)
        opened.session = review.session
        yield opened
        assert [text for text in opened.said if "409" not in text and "422" not in text] == []
        opened.close()


@pytest.fixture
def page(shared) -> ReviewPage:
    """The page as it was before any correction."""
    session = shared.session
    while session.everything()["undo"]:
        session.undo(session.revision)
    shared.page.set_viewport_size({"width": 1300, "height": 860})
    shared.run(
        "async () => { const { store } = review; await store.reload(); store.set({ tool: 'handles',"
        " side: 'endo', pair: false, shown: true, copied: null, radius: 8, reach: 3 });"
        " review.camera.reset(); review.show(); }"
    )
    return shared


@pytest.fixture
def own_page(browser, reviewed) -> Iterator[ReviewPage]:
    """A page on results of its own."""
    with reviewed().serving() as address:
        opened = ReviewPage(browser, address)
        yield opened
        assert opened.said == []
        opened.close()


def area_mm2(page: ReviewPage, z: int, t: int, side: str = "endo") -> float:
    return polygon_area(page.contour(side, z, t) * MM)


def test_it_opens_with_everything_in_sight_and_asks_nobody_else(page):
    page.pictures()
    assert "slice" in page.page.inner_text(".view-title") and page.number("EF") != "–"
    assert all(url.startswith((page.address, "data:", "blob:")) for url in page.asked)
    shown = page.run(
        "(() => { const c = document.querySelector('.view canvas'); const d = c.getContext('2d')"
        ".getImageData(0, 0, c.width, c.height).data; let n = 0;"
        " for (let i = 0; i < d.length; i += 4) n += d[i] > 60;"
        " return n / d.length * 4; })()"
    )
    assert shown > 0.05  # the picture itself, not a black field
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for size in ((1300, 860), (650, 430), (420, 800)):  # at 200 %, and on a phone
        page.page.set_viewport_size({"width": size[0], "height": size[1]})
        assert page.run(wide) <= 0, size


def test_a_contour_grown_by_a_millimetre_gives_the_volume_of_geometry_and_is_undone(page):
    before = {name: page.raw(name) for name in ("edv_ml", "esv_ml", "ef_percent", "lv_mass_g")}
    radii = [np.sqrt(area_mm2(page, z, 0) / np.pi) for z in range(SLICES)]
    for z in range(SLICES):
        page.go(z, 0)
        y, x = page.handle("endo", z, 0)
        out = np.array([y, x]) - 36.0
        out /= np.hypot(*out) * MM
        page.drag([(y, x), (y + out[0], x + out[1])], keys=["Shift"])
        assert np.sqrt(area_mm2(page, z, 0) / np.pi) == pytest.approx(radii[z] + 1.0, abs=0.02)
    truth = sum(np.pi * (r + 1.0) ** 2 * STEP_MM / 1000 for r in radii)
    assert page.raw("edv_ml") == pytest.approx(truth, rel=0.005)
    assert truth == pytest.approx(np.pi * (radius_mm(0) + 1) ** 2 * STEP_MM * SLICES / 1000, rel=0.005)
    assert page.number("EDV") == f"{truth:.0f}" and "edited" in page.page.inner_text("tr[data-name='EDV']")
    assert "edited" not in page.page.inner_text("tr[data-name='ESV']")
    page.key(*["Control+z"] * SLICES)
    assert {name: page.raw(name) for name in before} == before
    assert page.page.is_disabled("#undo")
    page.key(*["Control+y"] * SLICES)
    assert page.raw("edv_ml") == pytest.approx(truth, rel=0.005)


def test_saved_reopened_and_measured_without_the_page_it_is_the_same(own_page, folder, reviewed, browser):
    page = own_page
    page.go(1, 0)
    y, x = page.handle("endo", 1, 0, 3)
    page.drag([(y, x), (y + 2.5, x + 2.5)])
    bent = area_mm2(page, 1, 0)
    page.key("Control+s")
    assert "Say who corrects" in page.messages  # a name is asked once
    page.page.keyboard.type("Dr Example")
    page.page.keyboard.press("Enter")
    page.key("Control+s")
    page.wait(lambda: page.page.inner_text("#status") == "saved")
    numbers = {name: page.raw(name) for name in ("edv_ml", "ef_percent", "lv_mass_g")}
    again = lvcine.measure_masks(folder).headline()
    assert {name: float(again[name]) for name in numbers} == pytest.approx(numbers, rel=1e-6)
    page.open()
    assert {name: page.raw(name) for name in numbers} == numbers
    assert page.page.input_value("#by") == "Dr Example"
    with reviewed().serving() as address:
        other = ReviewPage(browser, address)
        assert {name: other.raw(name) for name in numbers} == numbers
        assert area_mm2(other, 1, 0) == pytest.approx(bent, rel=1e-9)
        other.close()


def test_handles_the_round_tool_and_drawing_anew(page):
    z, t = 2, 0
    page.go(z, t)
    start = area_mm2(page, z, t)
    y, x = page.handle("endo", z, t, 0)
    page.drag([(y, x), (y, x + 3)])
    moved = np.hypot(*(page.contour("endo", z, t) - [y, x + 3]).T).min()
    assert moved < 0.05 and area_mm2(page, z, t) != start  # the line goes through where the handle was let go
    page.key("2")
    page.drag([(36, 36 + 8), (36, 36 + 8.0), (36, 36 + 14)])
    pushed = page.contour("endo", z, t)
    assert pushed[:, 1].max() > 36 + 17 and area_mm2(page, z, t) > start
    page.key("3")
    angles = np.linspace(0, 2 * np.pi, 50)
    page.drag([(36 + 12 * np.sin(a), 36 + 12 * np.cos(a)) for a in angles], steps=1)
    assert area_mm2(page, z, t) == pytest.approx(np.pi * (12 * MM) ** 2, rel=0.01)
    outer = np.sqrt(area_mm2(page, z, t, "epi") / np.pi)
    page.key("1", "x", "g", "g")  # the epicardium, two half millimetres larger
    assert np.sqrt(area_mm2(page, z, t, "epi") / np.pi) == pytest.approx(outer + 1, abs=0.02)


def test_one_correction_mends_a_cycle(page):
    z = 1
    page.go(z, 0)
    radii = [np.sqrt(area_mm2(page, z, t) / np.pi) for t in range(FRAMES)]
    page.key(*["g"] * 4, *[")"] * FRAMES, "c")  # 2 mm at frame 0, carried as far as the cycle goes
    reach = page.run("review.store.reach")
    assert reach == FRAMES // 2
    for t in range(FRAMES):
        distance = min(t, FRAMES - t)
        weight = 0.5 + 0.5 * np.cos(np.pi * distance / (reach + 1))
        grown = np.sqrt(area_mm2(page, z, t) / np.pi) - radii[t]
        assert grown == pytest.approx(2 * weight, abs=0.05), t


def test_ed_is_moved_on_the_curve(page):
    was = page.raw("edv_ml")
    grip = page.page.locator(".phase[data-phase=ed] .grip").bounding_box()
    step = page.run(
        "(() => { const s = document.querySelector('.chart').getBoundingClientRect();"
        " return (review.chart.x(2) - review.chart.x(0)) * s.width / 380; })()"
    )
    mouse = page.page.mouse
    mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    mouse.down()
    mouse.move(grip["x"] + grip["width"] / 2 + step, grip["y"] + 30, steps=5)
    mouse.up()
    page.settle()
    assert page.run("review.store.ed") == 2
    truth = np.pi * radius_mm(2) ** 2 * STEP_MM * SLICES / 1000
    assert page.raw("edv_ml") == pytest.approx(truth, rel=0.025) and page.raw("edv_ml") < was


def test_a_finding_leads_to_its_place(page):
    page.go(3, 4)
    points = (np.array([36, 36]) + 3 * np.stack([np.sin(ANGLES), np.cos(ANGLES)], 1)).ravel().tolist()
    page.run("(p) => review.store.correct({ do: 'contour', side: 'endo', z: 2, t: 7, points: p })", points)
    page.settle()
    page.key("n")
    link = page.page.inner_text("#findings a.here")
    z, t = page.run("[review.store.at.z, review.store.at.t]")
    assert [z, t] != [3, 4] and (f"slice {z}" in link or f"frame {t}" in link)


def test_every_action_has_a_key_of_its_own_and_the_list_shows_it(page):
    actions = page.run("review.actions.filter(([, keys]) => keys).map(([name, keys]) => [name, keys])")
    keys = [key for _, own in actions for key in own]
    assert len(actions) > 45 and len(set(keys)) == len(keys)
    page.key("?")
    assert page.page.locator("dialog#keys kbd").count() == len(keys)
    picture(page, "review-keys.png")
    page.key("Escape")
    assert not page.page.is_visible("dialog#keys")
    buttons = page.run("[...document.querySelectorAll('[data-key]')].map((b) => b.dataset.key)")
    assert set(buttons) <= {name for name, _ in actions}


def test_every_key_does_what_the_list_says(page):
    """Each key is pressed once for what it does; what it did is seen in what the page is then."""
    page.pictures()
    run, key = page.run, page.key
    at = lambda: run("[review.store.at.z, review.store.at.t]")  # noqa: E731
    order = run("review.store.study.order")
    page.go(order[1], 0)
    key("ArrowRight")
    assert at() == [order[1], 1]  # noqa: E702
    key("ArrowLeft", "ArrowLeft")
    assert at()[1] == FRAMES - 1  # noqa: E702
    key("ArrowDown")
    assert at()[0] == order[2]  # noqa: E702
    key("ArrowUp")
    assert at()[0] == order[1]  # noqa: E702
    key("End")
    assert at()[1] == 5  # noqa: E702
    key("Home")
    assert at()[1] == 0  # noqa: E702
    key("Space")
    assert run("review.playing") is True  # noqa: E702
    key("Space")
    assert run("review.playing") is False  # noqa: E702
    key("Home", "v")
    assert run("review.store.pair") and page.page.locator(".view:visible").count() == 2  # noqa: E702
    key("v", "o")
    assert not run("review.store.shown")  # noqa: E702
    key("o", "+", "=")
    assert run("review.camera.zoom") > 1.3  # noqa: E702
    key("-", "0")
    assert run("review.camera.zoom") == 1  # noqa: E702
    first = run("review.store.window")
    key("[")
    assert run("review.store.window")[0] > first[0]  # noqa: E702
    key("]")
    key("{")
    soft = run("review.store.window")
    assert soft[1] - soft[0] > first[1] - first[0]  # noqa: E702
    key("}", "]", "\\")
    assert run("review.store.window") == first  # noqa: E702
    for name, tool in (("2", "push"), ("3", "draw"), ("1", "handles")):
        key(name)
        assert run("review.store.tool") == tool  # noqa: E702
    key(".")
    assert run("review.store.radius") == 10  # noqa: E702
    key(",")
    assert run("review.store.radius") == 8  # noqa: E702
    key("x")
    assert run("review.store.side") == "epi"  # noqa: E702
    key("x")
    z = order[1]
    area = area_mm2(page, z, 0)
    key("h")
    assert run("review.views[0].handle") == 0  # noqa: E702
    key("H")
    assert run("review.views[0].handle") == 11  # noqa: E702
    for arrow, axis, way in (("Up", 0, -1), ("Down", 0, 1), ("Left", 1, -1), ("Right", 1, 1)):
        before = page.contour("endo", z, 0)
        key(f"Alt+Arrow{arrow}")
        change = (page.contour("endo", z, 0) - before)[:, axis]
        assert change[np.abs(change).argmax()] == pytest.approx(0.5 * way, abs=0.01)
    key("g")
    assert area_mm2(page, z, 0) > area + 50  # noqa: E702
    key("G")
    assert area_mm2(page, z, 0) == pytest.approx(area, rel=0.01)  # noqa: E702
    reach = run("review.store.reach")
    key("(")
    assert run("review.store.reach") == reach - 1  # noqa: E702
    key(")", "c")
    assert run("review.store.last").startswith("carried")  # noqa: E702
    key("Control+c", "ArrowDown", "Control+v")
    assert area_mm2(page, order[2], 0) == pytest.approx(area_mm2(page, z, 0), rel=1e-6)
    key("Control+Shift+v")
    assert area_mm2(page, order[2], 4) == pytest.approx(area_mm2(page, z, 4), rel=1e-6)  # noqa: E702
    key("ArrowRight", "Delete")
    assert page.contour("endo", order[2], 1) is None  # noqa: E702
    key("Shift+Delete")
    assert page.contour("endo", order[2], 7) is None  # noqa: E702
    key("Control+z", "Control+z")
    assert page.contour("endo", order[2], 1) is not None  # noqa: E702
    key("Control+Shift+z")
    assert page.contour("endo", order[2], 1) is None  # noqa: E702
    key("Control+z")
    key("d")
    assert run("review.store.ed") == 1  # noqa: E702
    key("End", "ArrowRight", "s")
    assert run("review.store.es") == 6  # noqa: E702
    key("ArrowLeft", "b")
    assert "Home and End" in page.messages  # noqa: E702
    key("Home", "b")
    assert run("review.store.choices.base[0]") == order[2]  # noqa: E702
    key("a")
    assert run("review.store.choices.apex[0]") == order[2]  # noqa: E702
    key("e")
    assert run("review.store.choices.base") is None  # noqa: E702
    key("q")
    assert run("review.store.choices.no_slices") == [order[2]]  # noqa: E702
    key("q", "ArrowRight", "w")
    assert run("review.store.choices.no_frames") == [2]  # noqa: E702
    key("w", "m")
    assert run("review.store.choices.papillary") == "exclude"  # noqa: E702
    key("m", "i")
    page.page.mouse.click(*page.screen(15.0, 24.0))
    page.settle()  # noqa: E702
    assert run("review.store.choices.insertion") == pytest.approx([15.0, 24.0, order[2]], abs=0.3)
    key("i", "Escape")
    assert run("review.hands.placing") is False  # noqa: E702
    here = at()
    key("n")
    key("N")
    assert isinstance(here, list)  # noqa: E702


def test_ed_and_es_side_by_side_are_both_corrected(page):
    page.go(1, 0)
    page.key("v")
    y, x = page.handle("endo", 1, 5, 0)
    page.drag([(y, x), (y, x + 2)], view=1)
    assert page.run("[review.store.at.z, review.store.at.t]") == [1, 5]
    assert "slice 1 frame 5" in page.run("review.store.last")


def test_two_pages_on_one_result_do_not_overwrite_each_other(page, browser):
    other = ReviewPage(browser, page.address)
    page.go(1, 0)
    page.key("g")
    other.go(2, 0)
    other.key("g")
    assert "Another page has changed this result" in other.messages
    assert area_mm2(other, 1, 0) == pytest.approx(area_mm2(page, 1, 0), rel=1e-9)
    other.key("g")
    page.run("window.dispatchEvent(new Event('focus'))")
    page.wait(lambda: page.run("review.store.revision") == other.run("review.store.revision"))
    assert area_mm2(page, 2, 0) == pytest.approx(area_mm2(other, 2, 0), rel=1e-9)
    other.close()


def test_a_mitral_hinge_is_moved_in_ultrasound(clip_session, browser, tmp_path):
    with Review(clip_session(tmp_path / "clip")) as review, review.serving() as address:
        page = ReviewPage(browser, address)
        page.pictures()
        assert page.run("review.store.numbers.beats.length") == 1
        page.key("d")  # of frames that are equally full this one stays ED
        t, before = page.run("review.store.ed"), page.raw("edv_ml")
        y, x, *_ = page.run(f"review.store.choices.hinges[{t}]")
        page.drag([(y, x), (y - 10, x)])
        assert page.run(f"review.store.choices.hinges[{t}]")[0] == pytest.approx(y - 10, abs=0.2)
        assert page.raw("edv_ml") < before
        page.key("Control+z")
        assert page.raw("edv_ml") == before
        picture(page, "review-ultrasound.png")
        assert [text for text in page.said if "422" not in text] == []
        page.close()


def test_killed_in_the_middle_of_a_drag_at_most_a_second_is_lost(browser, folder):
    command = [sys.executable, "-m", "lvcine", "review", str(folder), "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        address = re.search(r"http://\S+", server.stdout.readline()).group()
        page = ReviewPage(browser, address)
        page.go(1, 0)
        y, x = page.handle("endo", 1, 0, 0)
        mouse = page.page.mouse
        mouse.move(*page.screen(y, x))
        mouse.down()
        for k in range(1, 30):
            mouse.move(*page.screen(y, x + 0.1 * k))
            page.page.wait_for_timeout(15)
        page.page.wait_for_timeout(900)
        dragged = page.contour("endo", 1, 0)
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        mouse.move(*page.screen(y, x + 3.2))
        page.wait(lambda: "server has ended" in page.page.inner_text("#status"))
        page.close()
    session = Session(open_result(folder))
    np.testing.assert_allclose(session.state.at(("endo", 1, 0)).points, dragged, atol=2e-3)
    assert session.everything()["undo"] == 1
    session.close()


def picture(page: ReviewPage, name: str) -> None:
    """A picture of the page for its documentation, where one is wanted."""
    if PICTURES:
        page.page.mouse.move(2, 2)
        page.wait(lambda: page.messages == "")
        page.page.screenshot(path=Path(PICTURES) / name)


@pytest.fixture(scope="module")
def pictured(browser, shared, tmp_path_factory) -> Iterator[ReviewPage]:
    """The page that is pictured: of a virtual heart where pictures are wanted, else of the rings."""
    if not PICTURES:
        yield shared
        return
    cine, truth = virtual_study(12, frames=20, size=176, step_mm=9.0)
    home = tmp_path_factory.mktemp("pictured")
    scan = write_dicom_mr(cine, home / "scan", vendor="siemens")
    study = lvcine.open_study(home / "scan")
    labels = np.where(truth.labels <= 2, truth.labels, 0)
    told = {"by": "the virtual heart", "label": "P017", "movie": "none"}
    measure_masks(study, labels, output=home / "results", **told)
    assert scan
    with Review(Session(open_result(home / "results", home / "scan"))) as review, review.serving() as address:
        opened = ReviewPage(browser, address, (1440, 940))
        yield opened
        opened.close()


def test_it_is_used_at_two_sizes_and_pictured_for_the_documentation(pictured):
    page = pictured
    page.pictures()
    page.page.fill("#by", "Dr Example")
    page.page.keyboard.press("Enter")
    order = page.run("review.store.study.order")
    z, t = order[len(order) // 2], page.run("review.store.ed")
    page.go(z, t)
    y, x = page.handle("endo", z, t, 2)
    page.drag([(y, x), (y + 3, x + 1)])
    page.key("c")
    page.pictures()
    assert page.page.locator(".view").first.bounding_box()["width"] > 700
    picture(page, "review-large.png")
    page.page.set_viewport_size({"width": 430, "height": 900})
    page.page.wait_for_timeout(300)
    assert page.page.locator(".view").first.bounding_box()["width"] > 380
    picture(page, "review-small.png")


def test_it_is_found_again_without_its_scan_named_and_refused_without_any(folder, tmp_path):
    assert open_result(folder).original.cine.frames == FRAMES
    alone = tmp_path / "elsewhere" / "results"
    alone.parent.mkdir()
    shutil.copytree(folder, alone)
    from lvcine.errors import UsageError

    with pytest.raises(UsageError, match="not found"):
        open_result(alone)

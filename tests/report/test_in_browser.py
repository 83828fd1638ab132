"""The report as a reader has it: in a browser, at two widths and printed.

``LVCINE_REPORTS`` may name folders of results, with colons between them: what holds for every report is then
checked on their pages too.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.report.browser import COVERED, Opened
from tests.report.test_velocity import measured, wall_velocity

from lvcine.report import write_outputs
from lvcine.study import Beat, Cine, Finding, Geometry, LeftAside, Measurement, Subject, View

KINDS = ("mr", "us", "velocity")
REAL = [Path(folder) for folder in os.environ.get("LVCINE_REPORTS", "").split(":") if folder]
EVERY = [*KINDS, *REAL]
FOUR_CHAMBER = Geometry(  # the plane y = 12 mm through the ring's middle: rows go down, columns to the left
    np.array([[-60.0, 12.0, 130.0]]), np.array([0.0, 0.0, -1.5]), np.array([1.5, 0.0, 0.0])
)


def stack(make_ring):
    """A stack stored from apex to base, of a woman with small volumes, and a long-axis view of her."""
    ring = make_ring()
    upside_down = ring.cine.geometry.take([3, 2, 1, 0])
    seg, flipped = ring.segmentation, slice(None, None, -1)
    cine = replace(ring.cine, geometry=upside_down, pixels=ring.cine.pixels[flipped])
    pixels = np.random.default_rng(0).uniform(0, 200, (1, 16, 90, 80))
    view = Cine(pixels, FOUR_CHAMBER, view=View.CH4, label="series 9")
    turned = replace(
        seg, mask=type(seg.mask)(seg.mask.labels[flipped]), endo=seg.endo[flipped], epi=seg.epi[flipped]
    )
    rest = [m if m.slice is None else replace(m, slice=3 - m.slice) for m in ring.measurements]
    named = Finding("contour-jumps-in-time", "warning", "cavity jumps in slice 1 after frame 3", "look at it")
    others = ("series 9", "series 8")
    aside = tuple(LeftAside(label, f"{label}: MR, 16 frames; not a stack") for label in others)
    return replace(
        ring, cine=cine, segmentation=turned, measurements=tuple(rest), findings=(named,),
        study=replace(ring.study, cines=(cine, view), left_aside=aside, label="P017"),
    )  # fmt: skip


def clip(make_ring):
    """A clip of three beats whose clock is in doubt, with a stated heart rate."""
    one = make_ring(slices=1, frames=8)
    numbers = (
        Measurement("edv_ml", 170.0, "mL", "discs", low=140.0, high=200.0),
        Measurement("esv_ml", 90.0, "mL", "discs", low=70.0, high=110.0),
        Measurement("ef_percent", 47.1, "%", "discs", low=37.0, high=57.2),
        Measurement("la_volume_ml", 61.0, "mL", "discs"),
        Measurement("la_volume_index_ml_m2", 41.0, "mL/m2", "per body surface"),
    )
    cine = replace(one.cine, modality="US", view=View.A4C, gated=False)
    slowed = Finding("clip-slowed", "warning", "systole lasts 1067 ms", "do not use times")
    return replace(
        one, cine=cine, measurements=numbers, beats=(Beat(0, 4, 47.1, 170.0, 90.0),), findings=(slowed,),
        study=replace(one.study, cines=(cine,), subject=Subject(1.8, 75.0, "M", 50.0)),
        nets=({"name": "echo", "sha256": "0" * 64, "first_line": "Trained on virtual hearts alone."},),
    )  # fmt: skip


def mapping(make_ring):
    """Three slices with one peak below the noise floor and delays below and above a frame (100 ms)."""
    ring = make_ring(slices=4)
    wall = wall_velocity(ring)
    hidden = replace(wall.peaks[1], time_ms=float("nan"), value_cm_s=-0.1)
    delay = np.zeros((2, 4, 6))
    delay[0, 0, 0], delay[0, 1, 1] = 140.0, -60.0
    moving = replace(
        wall, peaks=(wall.peaks[0], hidden, *wall.peaks[2:]), delay_ms=delay,
        floor_cm_s=np.array([0.4, 0.3, 0.2]),
    )  # fmt: skip
    return replace(ring, velocity=moving, measurements=tuple(measured(moving)), curves=())


@pytest.fixture(scope="module")
def folders(make_ring, tmp_path_factory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("reports")
    made = {"mr": stack, "us": clip, "velocity": mapping}
    for kind, make in made.items():
        write_outputs(make(make_ring), out / kind, movie="none")
    return {kind: out / kind for kind in made}


@pytest.fixture(scope="module")
def pages(browser, folders) -> dict[object, Opened]:
    return {
        kind: Opened(browser, (kind if isinstance(kind, Path) else folders[kind]) / "report.html")
        for kind in EVERY
    }


@pytest.mark.parametrize("kind", EVERY)
def test_nothing_is_complained_of_and_nothing_fetched(pages, kind):
    assert pages[kind].said == []
    assert pages[kind].asked and all(url.startswith(("file:", "data:")) for url in pages[kind].asked)


@pytest.mark.parametrize("kind", EVERY)
def test_no_label_covers_a_curve(pages, kind):
    assert pages[kind].run(COVERED) == 0


@pytest.mark.parametrize("kind", EVERY)
def test_nothing_is_cut_off_on_a_phone_or_on_paper(pages, kind):
    page = pages[kind].page
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for width, medium in ((1280, "screen"), (420, "screen"), (720, "print")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(media=medium, reduced_motion="reduce")
        assert page.evaluate(wide) <= 0, (width, medium)
        title = page.locator("h1").bounding_box()  # no column of single words
        assert title["width"] > 0.8 * width or title["height"] < 90, (width, title)
    assert not page.is_visible("#playing") and page.is_visible(".stills svg")
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="screen", reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("kind", EVERY)
def test_slices_have_one_number_and_one_order_everywhere(pages, kind):
    page = pages[kind]
    tiles = page.run("[...document.querySelectorAll('#tiles .tile')].map(t => t.dataset.slice)")
    for still in page.run(
        "[...document.querySelectorAll('.stills svg')].map(s => [...s.querySelectorAll('.slice-number text')]"
        ".map(t => t.textContent))"
    ):
        assert still == (tiles if len(tiles) > 1 else [])
    rows = page.texts(".by-slice tbody td:first-child")
    assert rows in ([], tiles)


def test_the_tab_and_the_page_say_which_study_it_is(pages, folders):
    assert pages["mr"].page.title().startswith("P017 · left ventricle, SAX cine MR")
    assert pages["mr"].texts("h1")[0].startswith("P017")
    assert pages["us"].page.title().startswith("series 3 · abababab · left ventricle, A4C ultrasound")


def test_numbers_have_their_interval_and_what_lies_outside_of_normal_is_marked(pages):
    rows = [" ".join(text.split()) for text in pages["mr"].texts(".headline tbody tr")]
    edv = next(row for row in rows if "EDV" in row)  # 44.8 mL (36 to 54), a woman: 83 to 165
    assert "45 mL" in edv and "90 %: 36–54" in edv and "83–165" in edv and "▼ below" in edv
    ef = next(row for row in rows if "EF" in row)
    assert "below" not in ef and "above" not in ef
    clip = [" ".join(text.split()) for text in pages["us"].texts(".headline tbody tr")]
    atrium = next(row for row in clip if "LAV" in row)
    assert "61 mL" in atrium and "41 mL/m²" in atrium and "15–37" in atrium and "▲ above" in atrium


def test_slices_stand_from_base_to_apex_and_keep_the_scans_numbers(pages):
    """The stack is stored from apex to base: the base has the last number."""
    tiles = pages["mr"].run("[...document.querySelectorAll('#tiles .tile')].map(t => t.dataset.slice)")
    assert tiles == ["3", "2", "1", "0"]


def test_the_patients_sides_and_a_scale_bar_are_on_the_pictures(pages):
    """The ring's rows run to the left of the patient, its columns to the back (DICOM's axes)."""
    page = pages["mr"]
    for where in ("#tiles", ".stills figure:first-child"):
        found = page.run(
            f"Object.fromEntries(['left', 'right', 'top', 'bottom'].map(e =>"
            f" [e, document.querySelector('{where} .edge.' + e).textContent]))"
        )
        assert found == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    share = page.run(
        "document.querySelector('.tile .bar').getBoundingClientRect().width"
        " / document.querySelector('.tile').getBoundingClientRect().width"
    )
    # The box is 1.6 times the largest epicardium (2 x 33 mm), to whole pixels of 1.2 mm; the bar is of 2 cm.
    assert page.texts(".tile .bar") == ["2 cm"]
    assert share == pytest.approx(20.0 / (1.6 * 66.0), rel=0.03)
    assert "R right, L left, A anterior, P posterior" in page.words


def test_a_finding_leads_to_its_frame_and_slice(pages):
    page = pages["mr"]
    page.page.click("a.place")
    assert page.texts("a.place") == ["slice 1 after frame 3"]
    assert page.texts("#where")[0].startswith("frame 3 ")
    assert page.run("[...document.querySelectorAll('.tile.large')].map(t => t.dataset.slice)") == ["1"]


def test_the_planes_of_the_stack_stand_on_the_long_axis_where_the_headers_put_them(pages):
    """Slices at z = 100, 92, 84, 76 mm; a row of the view is 1.5 mm, the first one at 130 mm."""
    page = pages["mr"]
    lines = page.run(
        "Object.fromEntries([...document.querySelectorAll('.long-axis .plane')]"
        ".map(p => [p.dataset.slice, p.getAttribute('points').split(' ').map(q => Number(q.split(',')[1]))]))"
    )
    rows = {str(3 - k): (130.0 - (100.0 - 8.0 * k)) / 1.5 for k in range(4)}
    assert set(lines) == set(rows)
    assert all(abs(a - b) < 1e-6 for a, b in lines.values())  # level, as the planes are square to z
    gaps = np.diff([lines[z][0] for z in ("3", "2", "1", "0")])
    np.testing.assert_allclose(gaps, np.diff([rows[z] for z in ("3", "2", "1", "0")]), atol=0.02)
    assert "Four-chamber, series 9, frame 0" in page.words
    walls = page.run("document.querySelectorAll('.long-axis .wall-point').length")
    assert walls == 4 * 4  # both contours of four slices, two sides
    assert "Shown, not measured: series 9." in page.words
    assert "Not analysed: series 8 (MR, 16 frames; not a stack)." in page.words


def test_bulls_eyes_have_one_printed_scale(pages, make_ring, browser, tmp_path):
    page = pages["mr"]
    assert page.texts(".eyes figure:first-child .scale-number") == ["0", "10", "20 mm and more"]
    overlapping = page.run(
        "(() => { const r = [...document.querySelectorAll('.eyes figure:last-child .scale-number')]"
        ".map(t => t.getBoundingClientRect()).sort((a, b) => a.left - b.left);"
        " return r.slice(1).filter((b, k) => b.left < r[k].right + 1).length; })()"
    )
    assert overlapping == 0 and "thinner at ES" in page.texts(".eyes figure:last-child .scale-number")
    fills = (
        "[...document.querySelectorAll('.eyes figure:first-child .segment')].map(p => p.getAttribute('fill'))"
    )
    ring = make_ring()
    only = tuple(m for m in ring.measurements if m.segment in (None, 1))
    write_outputs(replace(ring, measurements=only), tmp_path / "one", movie="none")
    alone = Opened(browser, tmp_path / "one" / "report.html")
    assert alone.run(fills)[0] == page.run(fills)[0]  # whatever the other segments are


def test_an_ultrasound_page_says_what_it_rests_on(pages):
    words = pages["us"].words
    assert "What the net learned from: Trained on virtual hearts alone." in words
    assert "Papillary" not in words
    assert "Heart rate not given: the clip's frame times are in doubt" in words
    assert "of one plane, the ranges of two" in words


def test_a_velocity_page_shows_its_noise_and_nothing_below_it(pages):
    page = pages["velocity"]
    heights = page.run(
        "[...document.querySelectorAll('.velocity .floor')].map(r => Number(r.getAttribute('height')))"
    )
    assert len(heights) == 3 and min(heights) > 0
    assert "noise floor of the whole wall's curve (cm/s: longitudinal 0.4, radial 0.3" in page.words
    early = page.texts(".first-peaks tbody tr:nth-child(2) td")
    assert early[0].startswith("−0.1") and early[1] == ""
    delays = page.texts(".eyes figure:first-child .eye .value")
    assert delays.count("·") == 23 and "+140" in delays and "−60" not in delays
    methods = page.texts(".methods th")
    assert len(methods) == len(page.texts(".methods td")) == len(set(page.texts(".methods td")))


def test_no_tile_is_empty_where_slices_can_fill_the_rows(pages):
    page = pages["velocity"]
    for width in (1280, 420):
        page.page.set_viewport_size({"width": width, "height": 900})
        tops = page.run(
            "[...document.querySelectorAll('#tiles .tile')].map(t => t.getBoundingClientRect().top)"
        )
        assert len({tops.count(top) for top in tops}) == 1
    page.page.set_viewport_size({"width": 1280, "height": 900})

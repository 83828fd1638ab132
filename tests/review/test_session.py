"""Corrections, their numbers, their journal: what the page stands on, without the page."""

from __future__ import annotations

import json

import numpy as np
import pytest

import lvcine
from lvcine.errors import LvcineError, ReadError, UsageError
from lvcine.measure.area import polygon_area
from lvcine.review.session import ConflictError, Session

from .conftest import FRAMES, MM, SLICES, STEP_MM, radius_mm

ANGLES = np.linspace(0, 2 * np.pi, 180, endpoint=False)
RING = np.stack([np.sin(ANGLES), np.cos(ANGLES)], 1)


def circle(mm: float, at=(36.0, 36.0)) -> list[float]:
    return (np.array(at) + RING * mm / MM).ravel().tolist()


def draw(session: Session, z: int, t: int, mm: float, side: str = "endo", **more):
    request = {"do": "contour", "side": side, "z": z, "t": t, "points": circle(mm)}
    return session.correct(request, session.revision, **more)


def do(session: Session, **request):
    return session.correct(request, session.revision, "Dr Example")


def edv(answer) -> float:
    return answer["numbers"]["raw"]["edv_ml"]


def cylinder_ml(*radii: float) -> float:
    return sum(np.pi * r**2 * STEP_MM / 1000 for r in radii)


def area_mm2(session: Session, z: int, t: int, side: str = "endo") -> float:
    return polygon_area(session.state.at((side, z, t)).points * MM)


def test_the_numbers_before_any_correction_are_those_of_the_analysis(reviewed, folder):
    written = json.loads((folder / "measurements.json").read_text())
    raw = reviewed().session.everything()["numbers"]["raw"]
    assert raw == pytest.approx({name: written[name] for name in raw}, rel=5e-5)


def test_a_circle_drawn_one_millimetre_larger_gives_the_volume_of_geometry(reviewed):
    session = reviewed().session
    for z in range(SLICES):
        answer = draw(session, z, 0, radius_mm(0) + 1)
    assert edv(answer) == pytest.approx(cylinder_ml(*[radius_mm(0) + 1] * SLICES), rel=0.005)
    lines = {line["short"]: line for line in answer["numbers"]["lines"]}
    assert lines["EDV"]["edited"] and not lines["ESV"]["edited"]
    for z in range(SLICES):
        answer = draw(session, z, 0, radius_mm(0) + 9, "epi")
    wall = cylinder_ml(*[radius_mm(0) + 9] * SLICES) - cylinder_ml(*[radius_mm(0) + 1] * SLICES)
    assert answer["numbers"]["raw"]["lv_mass_g"] == pytest.approx(1.05 * wall, rel=0.005)


def test_undo_and_redo_without_limit_and_reopened_all_is_as_it_was(reviewed):
    session = reviewed().session
    first = session.everything()
    seen = [first["numbers"]["raw"]]
    for k in range(12):
        seen.append(draw(session, k % SLICES, k % FRAMES, 12 + 0.1 * k)["numbers"]["raw"])
    for raw in seen[-2::-1]:
        assert session.undo(session.revision)["numbers"]["raw"] == raw
    assert session.undo(session.revision)["undo"] == 0
    for raw in seen[1:]:
        assert session.redo(session.revision)["numbers"]["raw"] == raw
    for _ in range(5):
        session.undo(session.revision)
    before = session.everything()
    after = reviewed().session.everything()
    assert after == before and after["redo"] == 5


def test_one_drag_is_one_step(reviewed):
    session = reviewed().session
    for mm in (22, 22.5, 23):
        answer = draw(session, 1, 0, mm, gesture="g1")
    assert answer["undo"] == 1
    assert draw(session, 1, 0, 24, gesture="g2")["undo"] == 2
    assert session.undo(session.revision)["undo"] == 1
    assert area_mm2(session, 1, 0) == pytest.approx(np.pi * 23**2, rel=2e-3)


def test_a_correction_is_carried_over_the_cycle_and_fades(reviewed):
    session = reviewed().session
    radii = [np.sqrt(area_mm2(session, 2, t) / np.pi) for t in range(FRAMES)]
    draw(session, 2, 0, radii[0] + 2)
    do(session, do="carry", z=2, t=0, reach=4)
    for t in range(FRAMES):
        distance = min(t, FRAMES - t)
        weight = 0.5 + 0.5 * np.cos(np.pi * distance / 5) if distance <= 4 else 0.0
        grown = np.sqrt(area_mm2(session, 2, t) / np.pi) - radii[t]
        assert grown == pytest.approx(2 * weight, abs=0.03)
        assert np.sqrt(area_mm2(session, 1, t) / np.pi) == pytest.approx(radii[t], abs=1e-3)
    with pytest.raises(UsageError, match="nothing to carry"):
        do(session, do="carry", z=2, t=0, reach=4)


def test_frames_corrected_by_hand_are_not_carried_over(reviewed):
    session = reviewed().session
    draw(session, 2, 1, 25.0)
    draw(session, 2, 0, radius_mm(0) + 2)
    do(session, do="carry", z=2, t=0, reach=4)
    assert area_mm2(session, 2, 1) == pytest.approx(np.pi * 25.0**2, rel=2e-3)


def test_ed_base_and_exclusions_change_what_geometry_says(reviewed):
    session = reviewed().session
    answer = do(session, do="phase", phase="ed", t=1)
    assert answer["choices"]["ed"] == 1 and answer["choices"]["es"] == 5
    assert edv(answer) == pytest.approx(cylinder_ml(*[radius_mm(1)] * SLICES), rel=0.005)
    do(session, do="phase", phase="ed", t=0)
    answer = do(session, do="end", end="base", phase="ed", z=session.study()["order"][1])
    assert edv(answer) == pytest.approx(cylinder_ml(*[radius_mm(0)] * 3), rel=0.005)
    do(session, do="clear-ends")
    answer = do(session, do="slice", z=SLICES - 1)
    assert edv(answer) == pytest.approx(cylinder_ml(*[radius_mm(0)] * 3), rel=0.005)
    do(session, do="slice", z=SLICES - 1)
    draw(session, 1, 0, 30.0)
    answer = do(session, do="slice", z=1)  # between its neighbours, which are 21 mm
    assert edv(answer) == pytest.approx(cylinder_ml(*[radius_mm(0)] * SLICES), rel=0.005)
    answer = do(session, do="frame", t=3)
    assert answer["numbers"]["curve"]["now"][3] is None
    with pytest.raises(UsageError, match="frame 0 is ED"):
        do(session, do="frame", t=0)


def test_copied_and_deleted_contours(reviewed):
    session = reviewed().session
    draw(session, 0, 0, 10.0)
    do(session, do="paste", z=0, t=0, to_z=3, to_t=0)
    assert area_mm2(session, 3, 0) == pytest.approx(np.pi * 100, rel=2e-3)
    drawn = area_mm2(session, 2, 5)
    do(session, do="delete", z=1, t=None, side="both")
    assert all(session.state.endo[1][t] is None for t in range(FRAMES))
    do(session, do="paste", z=2, t=0, to_z=1, to_t=0, cycle=True)
    assert area_mm2(session, 1, 5) == pytest.approx(drawn, rel=1e-6)


def test_without_a_ventricle_at_ed_the_page_says_why_and_the_work_goes_on(reviewed):
    session = reviewed().session
    for z in range(SLICES):
        answer = do(session, do="delete", z=z, t=0, side="both")
    assert answer["numbers"]["error"] and answer["numbers"]["lines"][0]["now"] == "–"
    with pytest.raises(LvcineError):
        session.save(session.revision, "reader")
    assert draw(session, 1, 0, 20.0)["numbers"]["error"] is None


def test_muscle_within_the_cavity_is_told_from_blood_by_the_pixels(reviewed):
    session = reviewed().session
    whole = edv(draw(session, 1, 0, radius_mm(0) + 0.5))
    answer = do(session, do="papillary", to="exclude")
    assert 0.93 * whole < edv(answer) < whole  # the rings hold no papillary muscle
    assert do(session, do="insertion", y=12.0, x=26.0, z=1)["choices"]["insertion"] == [12.0, 26.0, 1]


def test_saved_results_reproduce_the_numbers_without_the_page(reviewed, folder):
    session = reviewed().session
    draw(session, 1, 0, radius_mm(0) + 3, by="Dr Example")
    answer = do(session, do="phase", phase="es", t=6)
    unsaved = lvcine.measure_masks(folder)
    assert "corrections-not-saved" in {f.code for f in unsaved.findings}
    session.save(session.revision, "Dr Example")
    again = lvcine.measure_masks(folder)
    expected = answer["numbers"]["raw"]
    assert {name: again.headline()[name] for name in expected} == pytest.approx(expected, rel=1e-6)
    assert {"corrections-read", "corrected-by-reader"} <= {f.code for f in again.findings}
    written = json.loads((folder / "corrected" / "measurements.json").read_text())
    assert written["methods"]["edv_ml"].endswith("corrected by a reader")
    assert written["masks"]["by"] == "Dr Example" and written["masks"]["changed"] == [[1, 0]]
    assert "corrected by a reader" in (folder / "corrected" / "report.html").read_text()
    by_name = {m.name: m.method for m in again.measurements if m.slice is None and m.frame is None}
    assert by_name["edv_ml"].endswith("corrected by a reader")
    original = json.loads((folder / "measurements.json").read_text())
    assert original["ef_percent"] != written["ef_percent"]  # the analysis itself stays as it was
    draw(session, 2, 0, 25.0)
    assert "corrections-not-saved" in {f.code for f in lvcine.measure_masks(folder).findings}


def test_an_older_page_does_not_overwrite_a_newer_one(reviewed):
    session = reviewed().session
    old = session.revision
    draw(session, 1, 0, 25.0)
    with pytest.raises(ConflictError):
        session.correct({"do": "phase", "phase": "ed", "t": 1}, old)
    assert session.state.choices.ed is None


def test_a_second_command_on_the_same_results_is_refused(reviewed, folder):
    from lvcine.review.journal import Journal

    reviewed()
    with pytest.raises(UsageError, match="another run"):
        Journal(folder)


def test_a_line_cut_off_by_a_kill_costs_that_line_alone(reviewed, folder):
    session = reviewed().session
    draw(session, 1, 0, 25.0)
    draw(session, 2, 0, 25.0)
    session.close()
    path = folder / "corrections.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    from lvcine.review.open_result import open_result

    again = Session(open_result(folder))
    assert again.revision == 1 and again.everything()["undo"] == 1
    draw(again, 3, 0, 24.0)
    again.close()
    assert len(path.read_bytes().splitlines()) == 3


def test_corrections_of_an_earlier_analysis_are_refused(reviewed, folder):
    from lvcine.review.journal import Journal

    session = reviewed().session
    draw(session, 1, 0, 25.0)
    session.save(session.revision, "reader")
    session.close()
    contours = folder / "contours.json"
    contours.write_text(contours.read_text().replace('"papillary":"include"', '"papillary":"exclude"'))
    with pytest.raises(ReadError, match="earlier analysis"):
        Journal(folder)
    with pytest.raises(UsageError, match="earlier analysis"):
        lvcine.measure_masks(folder)


@pytest.mark.parametrize(
    "request_",
    [
        {"do": "contour", "side": "endo", "z": 1, "t": 0, "points": [1, 2, 3]},
        {"do": "contour", "side": "endo", "z": 1, "t": 0, "points": ["a"] * 6},
        {"do": "contour", "side": "endo", "z": 1, "t": 0, "points": [float("nan")] * 8},
        {"do": "contour", "side": "endo", "z": 1, "t": 0, "points": [5, 5, 5, 5, 5, 5]},
        {"do": "contour", "side": "endo", "z": 1, "t": 0, "points": [0, 0, 0, 9e4, 9e4, 9e4]},
        {"do": "contour", "side": "endo", "z": 1, "t": 0, "points": [1.0] * 10_000},
        {"do": "contour", "side": "endo", "z": 1, "t": 0, "points": {"y": 1}},
        {"do": "contour", "side": "rv", "z": 1, "t": 0, "points": [1, 1, 1, 9, 9, 9]},
        {"do": "contour", "side": "endo", "z": 99, "t": 0, "points": [1, 1, 1, 9, 9, 9]},
        {"do": "contour", "side": "endo", "z": True, "t": 0, "points": [1, 1, 1, 9, 9, 9]},
        {"do": "contour", "side": "endo", "z": 1},
        {"do": "phase", "phase": "ed", "t": 99},
        {"do": "phase", "phase": "mid", "t": 1},
        {"do": "end", "end": "middle", "phase": "ed", "z": 1},
        {"do": "slice", "z": -1},
        {"do": "papillary", "to": "both"},
        {"do": "insertion", "y": 1e9, "x": 0, "z": 1},
        {"do": "hinge", "t": 0, "points": [1, 1, 9, 9]},
        {"do": "paste", "z": 0, "t": 0, "to_z": 50, "to_t": 0},
        {"do": "import", "contours": [["endo", 0, 0]]},
        {"do": "__class__"},
        {},
    ],
)
def test_what_is_no_correction_is_refused_and_changes_nothing(reviewed_once, request_):
    session = reviewed_once
    with pytest.raises(UsageError):
        session.correct(request_, session.revision)
    assert session.revision == 0


@pytest.fixture(scope="module")
def reviewed_once(analysed, tmp_path_factory):
    import shutil

    from lvcine.review.open_result import open_result

    home = tmp_path_factory.mktemp("once") / "stack"
    shutil.copytree(analysed / "stack", home)
    session = Session(open_result(home / "results"))
    yield session
    session.close()


def test_a_contour_that_crosses_itself_is_mended(reviewed):
    session = reviewed().session
    loop = np.array(circle(21.0)).reshape(-1, 2)
    loop[[40, 43]] = loop[[43, 40]]  # a small knot in the line
    request = {"do": "contour", "side": "endo", "z": 1, "t": 0, "points": loop.ravel().tolist()}
    answer = session.correct(request, session.revision)
    assert "crossed itself" in answer["note"]
    assert area_mm2(session, 1, 0) == pytest.approx(np.pi * 21**2, rel=0.01)


def test_a_clip_follows_its_hinges_and_contours(clip_session, tmp_path):
    session = clip_session(tmp_path / "clip")
    try:
        state = session.everything()
        t = state["choices"]["ed"]
        before = do(session, do="phase", phase="ed", t=t)["numbers"]["raw"]["edv_ml"]
        y1, x1, y2, x2 = state["choices"]["hinges"][t]
        answer = do(session, do="hinge", t=t, points=[y1 - 8, x1, y2 - 8, x2])
        assert answer["choices"]["hinges"][t][0] == pytest.approx(y1 - 8, abs=1e-3)
        assert answer["numbers"]["raw"]["edv_ml"] < before  # the long axis begins 8 mm higher
        session.save(session.revision, "reader")
    finally:
        session.close()
    again = lvcine.measure_masks(tmp_path / "clip")
    assert float(again.headline()["edv_ml"]) == pytest.approx(answer["numbers"]["raw"]["edv_ml"], rel=1e-5)

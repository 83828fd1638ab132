from __future__ import annotations

import numpy as np
import pytest

from lvcine.errors import ReadError
from lvcine.evaluate.sunnybrook import cases, read_contours
from lvcine.phantom.write import write_dicom_mr
from lvcine.pipeline.analyze import analyze

from .conftest import ED, ES, FRAMES, MIDDLE, SPACING_MM, WALL_MM, cine, circle, radius_mm


def write_subject(folder, phases=(ED, ES)):
    """As the data set is laid out: numbered DICOM files, contours that count pixels from 1."""
    files = write_dicom_mr(cine(), folder / "files", vendor="ge")
    dicom, text = folder / "dicom", folder / "contours"
    dicom.mkdir()
    text.mkdir()
    numbers = np.random.default_rng(3).permutation(len(files)) + 1  # neither slices nor frames in order
    for index, (number, path) in enumerate(zip(numbers, files, strict=True)):
        path.rename(dicom / f"{number}.dcm")
        z, t = divmod(index, FRAMES)
        if t not in phases or not radius_mm(z, t):
            continue
        for kind, radius in (("i", radius_mm(z, t)), ("o", radius_mm(z, t) + WALL_MM)):
            if kind == "i" or t == ED:
                points = circle(radius).points[:, ::-1] + 1
                np.savetxt(text / f"IM-0001-{number:04d}-{kind}contour-manual.txt", points)
    return folder


@pytest.fixture
def subject(tmp_path):
    return write_subject(tmp_path)


def scored(subject):
    case = next(cases({"SC-N-01": subject}))
    found: dict[str, list[float]] = {}
    for score in case.score(analyze(case.source)):
        found.setdefault(score.metric, []).append(score.value)
    return found


def test_contours_land_on_their_slice_and_frame(subject, net):
    drawn = read_contours(subject, analyze(subject).cine)
    assert (drawn.ed, drawn.es) == (ED, ES)
    assert len(drawn.endo) == 8 and len(drawn.epi) == 4
    for (z, t), contour in drawn.endo.items():
        assert np.ptp(contour.points[:, 0]) == pytest.approx(2 * radius_mm(z, t) / SPACING_MM, abs=0.05)
        np.testing.assert_allclose(contour.points.mean(axis=0), MIDDLE, atol=0.01)


def test_the_readers_own_contours_score_perfectly(subject, net):
    found = scored(subject)
    assert min(found["dice_endo_ed"] + found["dice_endo_es"] + found["dice_epi_ed"]) > 0.995
    assert max(found["hd_endo_ed_mm"] + found["apd_endo_es_mm"]) < 0.02
    assert found["edv_ml_same_slices_difference"] == pytest.approx([0.0], abs=0.02)
    assert found["ef_percent_same_slices_difference"] == pytest.approx([0.0], abs=0.02)
    assert found["ed_frame_difference"] == [0] and found["es_frame_difference"] == [0]


def test_drawn_volumes_are_those_of_the_circles(subject, net):
    found = scored(subject)
    areas = {t: sum(np.pi * radius_mm(z, t) ** 2 for z in range(1, 5)) for t in (ED, ES)}
    assert found["edv_ml_drawn"] == pytest.approx([areas[ED] * 10 / 1000], rel=2e-3)
    assert found["ef_percent_drawn"] == pytest.approx([100 * (1 - 0.7**2)], rel=2e-3)


def test_a_known_error_scores_as_known(subject, net):
    net.scale = 1.1
    found = scored(subject)
    assert found["dice_endo_ed"] == pytest.approx([2 / (1 + 1.1**2)] * 4, abs=4e-3)
    assert found["apd_endo_ed_mm"] == pytest.approx([0.1 * radius_mm(z, ED) for z in (1, 2, 3, 4)], abs=0.02)
    assert found["hd_endo_ed_mm"] == pytest.approx(found["apd_endo_ed_mm"], abs=0.02)
    drawn, difference = found["edv_ml_drawn"][0], found["edv_ml_same_slices_difference"][0]
    assert difference / drawn == pytest.approx(1.1**2 - 1, rel=2e-3)


def test_a_lost_slice_counts(subject, net):
    net.lost = {(2, ES)}
    found = scored(subject)
    assert sorted(found["dice_endo_es"])[0] == 0.0
    assert np.isnan(found["hd_endo_es_mm"]).sum() == 1
    assert sorted(found["good_endo_es_percent"]) == [0, 100, 100, 100]


def test_a_subject_without_contours_is_no_case(tmp_path):
    assert list(cases({"SC-N-02": tmp_path})) == []


def test_a_contour_of_one_phase_only_is_refused(tmp_path, net):
    folder = write_subject(tmp_path, phases=(ED,))
    with pytest.raises(ReadError, match="ED and ES"):
        read_contours(folder, analyze(folder).cine)


def test_a_contour_without_its_image_is_refused(subject, net):
    stray = next((subject / "contours").glob("*icontour*"))
    stray.rename(stray.with_name("IM-0001-9999-icontour-manual.txt"))
    with pytest.raises(ReadError, match="without its image"):
        read_contours(subject, analyze(subject).cine)

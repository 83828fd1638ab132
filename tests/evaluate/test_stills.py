from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from lvcine.errors import ReadError
from lvcine.evaluate import stills
from lvcine.evaluate.reference_contours import ReferenceContours
from lvcine.measure.area import contour_area_mm2, polygon_centroid
from lvcine.pipeline.analyze import analyze
from lvcine.read.datasets.sunnybrook import STILLS

from .conftest import SIZE

RADII_PX = {3: 16.0, 11: 11.0}  # phase of 20 -> endocardial radius
CENTRE = np.array([30.4, 33.7])


def filled(radius, size=SIZE):
    """A disc about a centre in the image, filled as the data set's masks are: its own outline included.

    The disc is placed where the contour's numbers stand, one pixel on and a rounding step back.
    """
    y, x = np.mgrid[:size, :size]
    at = CENTRE + 1 - np.array([0.31, 0.25])
    inside = np.hypot(y - at[0], x - at[1]) < radius
    return inside | (binary_dilation(inside) & (np.hypot(y - at[0], x - at[1]) < radius + 0.5))


def write_npz(path, missing=(), phases=RADII_PX):
    rows = [(z, t) for z in (2, 3, 4) for t in phases if (z, t) not in missing]
    masks = np.array([filled(phases[t]) for _, t in rows])
    np.savez(
        path,
        image=np.random.default_rng(0).integers(1, 255, masks.shape).astype(np.uint8),
        endo=masks,
        epi=np.array([filled(phases[t] + 7) for _, t in rows]),
        has_epi=np.array([t == 3 for _, t in rows]),
        subject=np.array(["SC-N-77"] * len(rows)),
        dicom_index=np.array([20 * z + t + 1 for z, t in rows]),
    )
    return path


def test_contours_are_brought_back_to_where_they_were_drawn(tmp_path):
    case = next(stills.cases(write_npz(tmp_path / STILLS)))
    reference = case.score.args[0]
    assert isinstance(reference, ReferenceContours)
    for (_, t), contour in reference.endo.items():
        radius = RADII_PX[3] if t == reference.ed else RADII_PX[11]
        assert contour_area_mm2(contour, (1, 1)) == pytest.approx(np.pi * radius**2, rel=0.015)
        np.testing.assert_allclose(polygon_centroid(contour.points), CENTRE, atol=0.1)


def test_ed_is_the_phase_with_the_larger_areas_and_the_epicardium(tmp_path):
    reference = next(stills.cases(write_npz(tmp_path / STILLS))).score.args[0]
    assert (reference.ed, reference.es) == (0, 1)
    assert {t for _, t in reference.epi} == {0}


def test_a_phase_that_was_not_drawn_is_not_scored(tmp_path, net):
    case = next(stills.cases(write_npz(tmp_path / STILLS, missing={(4, 11)})))
    net.frames = (3, 1)
    metrics = [s.metric for s in case.score(analyze(case.source))]
    assert metrics.count("dice_endo_ed") == 3 and metrics.count("dice_endo_es") == 2
    assert not [m for m in metrics if "_ml" in m]


def test_the_stack_holds_the_slices_that_were_drawn(tmp_path):
    case = next(stills.cases(write_npz(tmp_path / STILLS)))
    cine = case.source.cines[0]
    assert (cine.slices, cine.frames, cine.phases_only) == (3, 2, True)


def test_another_file_is_refused(tmp_path):
    np.savez(tmp_path / STILLS, something=np.ones(3))
    with pytest.raises(ReadError, match="no array"):
        list(stills.cases(tmp_path / STILLS))


def test_three_phases_are_refused(tmp_path):
    file = write_npz(tmp_path / STILLS, phases={3: 16.0, 7: 13.0, 11: 11.0})
    with pytest.raises(ReadError, match="3 labelled phases"):
        list(stills.cases(file))

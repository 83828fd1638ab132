"""AHA numbers by angle and level."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lvcine.measure.segments import (
    APICAL,
    BASAL,
    LVQUAN_SECTORS,
    MID,
    ray_angles,
    ray_segments,
    sector_centres,
    slice_levels,
)
from lvcine.study import Geometry


def at(level: int, degrees: float) -> int:
    """The AHA number at an angle from the middle of the septum towards anterior."""
    return int(ray_segments(level)[int(np.argmin(np.abs(np.rad2deg(ray_angles()) - degrees % 360)))])


# Bull's-eye with the septum at the left and anterior at the top (Cerqueira 2002, figure 4).
@pytest.mark.parametrize(
    "degrees, basal",
    [(30, 2), (90, 1), (150, 6), (210, 5), (270, 4), (330, 3), (2, 2), (58, 2), (62, 1), (358, 3)],
)
def test_basal_and_mid_sectors_go_round_as_in_the_bulls_eye(degrees, basal):
    assert at(BASAL, degrees) == basal
    assert at(MID, degrees) == basal + 6


@pytest.mark.parametrize(
    "degrees, number", [(0, 14), (43, 14), (47, 13), (90, 13), (180, 16), (270, 15), (317, 14)]
)
def test_apical_quarters_are_centred_on_the_septum(degrees, number):
    assert at(APICAL, degrees) == number


def test_every_sector_has_its_share_of_rays():
    assert (np.bincount(ray_segments(BASAL))[1:] == 60).all()
    assert (np.bincount(ray_segments(APICAL))[13:] == 90).all()


def test_the_six_sectors_of_the_papers_are_the_basal_ones_in_their_order():
    assert list(LVQUAN_SECTORS) == ["IS", "I", "IL", "AL", "A", "AS"]
    centres = sector_centres()
    opposite = [("IS", "AL"), ("I", "A"), ("IL", "AS")]
    for one, other in opposite:
        gap = centres[LVQUAN_SECTORS[one]] - centres[LVQUAN_SECTORS[other]]
        assert abs(np.cos(gap) + 1) < 1e-12


@pytest.mark.parametrize(
    "rings, levels",
    [
        ("1", "m"),
        ("11", "ba"),
        ("111", "bma"),
        ("1111", "bmma"),
        ("111111", "bbmmaa"),
        ("1111111111", "bbbmmmmaaa"),
        ("0011110", "--bmma-"),
        ("000", "---"),
    ],
)
def test_levels_are_thirds_of_the_rings(rings, levels):
    ring = np.array([c == "1" for c in rings])
    g = Geometry.stack(slices=len(rings), spacing_mm=(1.0, 1.0), step_mm=8.0)
    names = "".join("bma-"[k] for k in slice_levels(ring, g, 1))
    assert names == levels
    assert "".join("bma-"[k] for k in slice_levels(ring[::-1], g, -1)) == levels[::-1]


def test_levels_go_by_position_not_by_count():
    g = Geometry.stack(slices=5, spacing_mm=(1.0, 1.0), step_mm=8.0)
    uneven = replace(g, origins_mm=np.array([[0, 0, p] for p in (0.0, 5.0, 10.0, 15.0, 60.0)]))
    assert slice_levels(np.ones(5, bool), uneven, 1).tolist() == [BASAL, BASAL, BASAL, BASAL, APICAL]

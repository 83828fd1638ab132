"""Segments over levels that come and go between ED and ES."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.measure.regional import Walls, aha_numbers
from lvcine.study import Geometry

GRID = Geometry.stack(slices=6, spacing_mm=(1.0, 1.0), step_mm=8.0)


def walls(by_slice: list[list[float]]) -> Walls:
    """Even thickness per slice (rows) and frame (columns); 0 = no ring."""
    mm = np.array(by_slice)
    thickness = np.repeat(np.where(mm > 0, mm, np.nan)[..., None], 360, axis=2)
    return Walls(thickness, mm > 0)


def by_segment(measurements, name: str, frame: int | None) -> dict[int, float]:
    return {m.segment: m.value for m in measurements if m.name == name and m.frame == frame}


def test_each_phase_has_its_own_thirds():
    """Base first. By ES the two basal slices are out of the ventricle: the thirds move down."""
    found, missing = aha_numbers(
        walls([[8, 0], [8, 0], [9, 12], [9, 13], [7, 10], [7, 10]]), GRID, apex_sign=1, ed=0, es=1
    )
    at_ed, at_es = (by_segment(found, "wall_thickness_mm", t) for t in (0, 1))
    assert [at_ed[n] for n in (1, 7, 13)] == [8, 9, 7]
    assert [at_es[n] for n in (1, 7, 13)] == pytest.approx([12, 11.5, 10])
    assert by_segment(found, "wall_thickening_percent", None)[1] == pytest.approx(50.0)
    assert missing == []


def test_the_thickest_wall_is_not_sought_in_apical_slices():
    found, _ = aha_numbers(walls([[8, 9]] * 2 + [[10, 11]] * 2 + [[20, 21]] * 2), GRID, 1, 0, 1)
    assert [m.value for m in found if m.name == "max_wall_thickness_ed_mm"] == [10.0]


def test_segments_of_a_level_without_rings_are_left_out_and_said():
    found, missing = aha_numbers(walls([[8, 9]] + [[8, 0]] + [[0, 0]] * 4), GRID, 1, 0, 1)
    assert sorted(by_segment(found, "wall_thickness_mm", 0)) == [1, 2, 3, 4, 5, 6, 13, 14, 15, 16]
    assert sorted(by_segment(found, "wall_thickness_mm", 1)) == [7, 8, 9, 10, 11, 12]
    assert by_segment(found, "wall_thickening_percent", None) == {}
    assert [f.code for f in missing] == ["segments-missing"]

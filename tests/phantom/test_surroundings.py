"""The chest around the heart: known shapes where they were put."""

from dataclasses import replace

import numpy as np
import pytest

from lvcine.phantom.arrays import together
from lvcine.phantom.surroundings import (
    Levels,
    Organ,
    Surroundings,
    Vessel,
    chest_picture,
    draw_surroundings,
    paint,
)

LEVELS = Levels(lung=0.05, liver=0.5, muscle=0.3, fat=1.2, blood=1.0)
NO_WAVES = (0.0, 0.0, 0.0, np.pi / 2)
NOWHERE = Organ((0.0, 0.0, 900.0), (9.0, 9.0, 9.0), 1.0, 0.0, 1.0)
NO_VESSEL = Vessel((0.0, 0.0), (0.0, 0.0), -20.0, 0.0, 1.0)
EMPTY = Surroundings(
    warp_mm=0.0, warp=NO_WAVES, fine=NO_WAVES, coarse=NO_WAVES, lung_vessels=99.0,
    liver=(500.0, 0.0, 0.0, 1.0, 0.0), organs=(NOWHERE,), vessels=(NO_VESSEL,),
    chest=(0.0, 0.0, 400.0, 400.0, 0.0, 15.0, 25.0, 0.0),
)  # fmt: skip


def picture(s: Surroundings, z: float = 0.0, spacing: float = 1.0, size: int = 201) -> np.ndarray:
    line = (np.arange(size) - size // 2) * spacing
    y, x = np.meshgrid(line, line, indexing="ij")
    one, levels = together([s], x, axes=2), together([LEVELS], x, axes=2)
    return chest_picture(one, levels, x[None], y[None], 0 * x[None] + z, spacing)[0]


def test_an_empty_chest_is_lung():
    assert picture(EMPTY) == pytest.approx(LEVELS.lung)


def test_a_vessel_is_a_bright_disc_with_a_wall_that_leans():
    vessel = Vessel((20.0, -10.0), (0.5, 0.0), 8.0, 2.0, 0.9)
    seen = picture(replace(EMPTY, vessels=(vessel,)), z=40.0, spacing=0.25, size=401)
    y, x = (np.indices(seen.shape) - 200) * 0.25
    r = np.hypot(x - 40.0, y + 10.0)  # moved by its lean
    assert seen[r < 7.8] == pytest.approx(0.9) and seen[(r > 8.2) & (r < 9.8)] == pytest.approx(LEVELS.muscle)
    assert seen[r > 10.2] == pytest.approx(LEVELS.lung)
    blood = (seen - LEVELS.muscle).clip(0).sum() / 0.6 * 0.25**2
    assert blood == pytest.approx(np.pi * 64, rel=0.01)  # coverage at the border adds up to the area


def test_an_organ_is_an_ellipsoid_of_its_size():
    organ = Organ((10.0, 5.0, 30.0), (30.0, 20.0, 12.0), 0.8, 0.0, 0.0)
    middle, above = (picture(replace(EMPTY, organs=(organ,)), z) > 0.5 for z in (30.0, 44.0))
    assert middle.sum() == pytest.approx(np.pi * 30 * 20, rel=0.03)
    assert np.argwhere(middle).mean(0) == pytest.approx([105, 110], abs=0.5)
    assert not above.any()


def test_the_chest_wall_is_muscle_then_fat_then_air():
    wall = replace(EMPTY, chest=(0.0, 0.0, 60.0, 60.0, 0.0, 10.0, 20.0, 0.0))
    row = picture(wall)[100, 100:]
    assert row[:58] == pytest.approx(LEVELS.lung)
    assert row[63:68] == pytest.approx(LEVELS.muscle)
    assert row[73:88] == pytest.approx(LEVELS.fat)
    assert row[92:] == pytest.approx(0.0)


def test_the_liver_lies_below_its_edge():
    seen = picture(replace(EMPTY, liver=(40.0, 0.3, 0.0, 1.0, 0.0)))
    y, x = np.indices(seen.shape) - 100.0
    assert seen[y > 42 + 0.3 * x] == pytest.approx(LEVELS.liver)
    assert seen[y < 38 + 0.3 * x] == pytest.approx(LEVELS.lung)


def test_paint_mixes_by_cover():
    assert paint(np.array([1.0, 1.0, 1.0]), np.array([0.0, 0.25, 1.0]), 3.0) == pytest.approx([1.0, 1.5, 3.0])


def test_chests_of_many_seeds_differ_and_stay_within_reason():
    pictures = [picture(draw_surroundings(np.random.default_rng(s)), 20.0, 2.0, 65) for s in range(12)]
    again = picture(draw_surroundings(np.random.default_rng(3)), 20.0, 2.0, 65)
    assert (pictures[3] == again).all()
    stack = np.stack(pictures)
    assert np.isfinite(stack).all() and -0.3 < stack.min() and stack.max() < 3.0
    assert stack.std(0).mean() > 0.1

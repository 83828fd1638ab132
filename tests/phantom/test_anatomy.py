"""Which tissue is where: layers of the heart against its geometry."""

from dataclasses import replace

import numpy as np
import pytest

from lvcine.phantom.anatomy import (
    TISSUES,
    Anatomy,
    draw_anatomy,
    draw_waves,
    layers,
    trabecular_depth,
    waves,
)
from lvcine.phantom.arrays import together
from lvcine.phantom.heart import Heart
from lvcine.phantom.population import draw_heart
from lvcine.phantom.reach import bounds_mm
from lvcine.phantom.truth import mass_g

HEART = Heart(length_mm=90.0, radius_mm=26.0, wall_mm=9.0, ejection_fraction=0.6, taper=2.0, waist=0.0)


def drawn(seed: int, heart: Heart | None = None) -> Anatomy:
    rng = np.random.default_rng(seed)
    return draw_anatomy(heart or draw_heart(rng), rng)


def cube(spacing: float, above: float = 0.0, reach: float = 60.0, deep: float = 110.0) -> list[np.ndarray]:
    side = np.arange(-reach + spacing / 2, reach, spacing)
    return list(np.meshgrid(side, side, np.arange(-above + spacing / 2, deep, spacing), indexing="ij"))


def depths(anatomy: Anatomy, x, y, z, phase: float) -> dict[str, np.ndarray]:
    found, _ = layers(anatomy, x, y, z, anatomy.heart.beat.at(phase))
    return {layer.tissue: layer.depth for layer in found}


def test_every_tissue_comes_once_and_in_order():
    zero = np.zeros(3)
    found, _ = layers(drawn(1), zero, zero, zero, HEART.beat.at(0.0))
    assert tuple(layer.tissue for layer in found) == TISSUES


@pytest.mark.parametrize("phase", [0.0, HEART.beat.systole])
def test_cavity_and_wall_of_a_half_ellipsoid_have_its_volumes(phase):
    points = cube(1.2, reach=42.0, deep=98.4)
    found = depths(drawn(2, HEART), *points, phase)
    cavity = (found["lv blood"] > 0).sum() * 1.2**3 / 1000.0
    kept = 0.4 if phase else 1.0
    assert cavity == pytest.approx(2 / 3 * np.pi * 26**2 * 90 / 1000 * kept, rel=0.01)
    wall = ((found["myocardium"] > 0) & ~(found["lv blood"] > 0)).sum() * 1.2**3 / 1000.0
    assert wall * 1.05 == pytest.approx(mass_g(HEART), rel=0.01)


@pytest.mark.parametrize("seed", range(6))
def test_blood_lies_inside_muscle_and_papillaries_and_trabeculae_inside_blood(seed):
    anatomy = drawn(seed)
    points = cube(3.0, above=20.0)
    for phase in (0.0, 0.3):
        found = {k: v > 0 for k, v in depths(anatomy, *points, phase).items()}
        assert (found["myocardium"] | ~found["lv blood"]).all()
        blood = found["lv blood"] | found["la blood"] | found["aortic blood"]
        assert (found["lv blood"] | ~found["trabeculae"]).all()
        assert (blood | ~found["papillary"] | (points[2] < 10)).all()
        beyond = points[2] > anatomy.heart.height(anatomy.heart.end, anatomy.heart.beat.at(phase)) + 1e-3
        assert not (found["myocardium"] & beyond).any()


@pytest.mark.parametrize("seed", range(6))
def test_the_right_ventricle_lies_on_the_septal_side_and_empties(seed):
    anatomy = replace(drawn(seed, HEART), outflow_mm=(0.0, 0.0, -30.0))
    x, y = np.meshgrid(*[np.arange(-90, 90, 1.5)] * 2, indexing="ij")
    areas = []
    for phase in (0.0, HEART.beat.systole):
        found = depths(anatomy, x, y, 0 * x + 30.0, phase)
        inside = (found["rv blood"] > 0) & ~(found["myocardium"] > 0)
        middle = np.array([x[inside].mean(), y[inside].mean()])
        assert middle / np.linalg.norm(middle) == pytest.approx(anatomy.rv_direction, abs=0.02)
        areas.append(inside.sum())
    assert areas[1] < areas[0]


def test_the_left_atrium_lies_above_the_ventricle_and_follows_its_base():
    anatomy = drawn(3, HEART)
    z = np.linspace(-60, 40, 1001)
    lowest = []
    for phase in (0.0, HEART.beat.systole):
        found = depths(anatomy, 0 * z, 0 * z, z, phase)
        in_lv, in_la = found["lv blood"] > 0, found["la blood"] > 0
        only = in_la & ~in_lv
        assert only.any() and z[only].max() <= z[in_lv].min() + 0.2
        lowest.append(z[in_lv].min())
    assert lowest[1] - lowest[0] == pytest.approx(0.15 * 90, abs=0.2)


def test_a_heart_in_a_batch_is_the_heart_alone():
    hearts = [drawn(s) for s in (4, 5, 6)]
    x, y, z = (v.ravel() for v in np.random.default_rng(0).normal(0, 30, (3, 40, 1)))
    batch = together(hearts, np.zeros(1), axes=1)
    state = batch.heart.beat.at(np.full((3, 1), 0.2))
    many, _ = layers(batch, x[None], y[None], z[None], state)
    for i, anatomy in enumerate(hearts):
        alone, _ = layers(anatomy, x, y, z, anatomy.heart.beat.at(0.2))
        for a, b in zip(alone, many, strict=True):
            assert b.depth[i] == pytest.approx(a.depth + 0 * x, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_everything_of_the_heart_lies_in_its_box(seed):
    anatomy = drawn(seed)
    top = 40.0
    x, y, z = np.random.default_rng(seed).uniform(-1, 1, (3, 30000))
    x, y, z = 140 * x, 140 * y, (z + 1) / 2 * (anatomy.heart.length_mm + 20 + top) - top
    low_x, high_x, low_y, high_y = bounds_mm(anatomy, top)
    outside = (x < low_x) | (x > high_x) | (y < low_y) | (y > high_y)
    for phase in (0.0, 0.2, float(anatomy.heart.beat.systole)):
        for tissue, depth in depths(anatomy, x, y, z, phase).items():
            assert not (depth[outside] > 0).any(), tissue
    assert outside.mean() > 0.2  # the box spares something


def test_trabeculae_deepen_towards_the_apex_and_at_es():
    anatomy = replace(drawn(1, HEART), trabeculae_mm=1.0)
    ed, es = (HEART.beat.at(p) for p in (0.0, HEART.beat.systole))
    along = [trabecular_depth(anatomy, u, ed) for u in (0.1, 0.5, 0.9)]
    assert along == sorted(along)
    assert trabecular_depth(anatomy, 0.5, es) == pytest.approx(1.6 * trabecular_depth(anatomy, 0.5, ed))


def test_waves_have_unit_variance_and_the_lengths_asked_for():
    rng = np.random.default_rng(0)
    terms = draw_waves(rng, 6, (20.0, 30.0))
    vectors = np.array(terms).reshape(6, 4)[:, :3]
    lengths = 2 * np.pi / np.linalg.norm(vectors, axis=1)
    assert lengths.min() >= 20.0 and lengths.max() <= 30.0
    x, y, z = rng.uniform(-5000, 5000, (3, 200000))
    found = waves(terms, x, y, z)
    assert found.std() == pytest.approx(1.0, abs=0.02) and abs(found.mean()) < 0.02


def test_same_seed_same_anatomy():
    assert drawn(9) == drawn(9) != drawn(10)

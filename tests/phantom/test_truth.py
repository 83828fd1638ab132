"""Volumes, masses and motion against closed forms of geometry and integrations of another kind."""

import numpy as np
import pytest
from scipy.stats import qmc

from lvcine.phantom.contours import section
from lvcine.phantom.heart import MYOCARDIAL_DENSITY_G_ML, Heart, Patch, Scar
from lvcine.phantom.population import KINDS, draw_heart
from lvcine.phantom.truth import (
    QUICK,
    cavity_moments,
    find_timing,
    function,
    is_systole,
    mass_g,
    volume_ml,
    wall_volume_ml,
)

PLAIN = Heart(length_mm=90.0, radius_mm=25.0, wall_mm=9.0, ejection_fraction=0.6, taper=2.0, waist=0.0)


def hearts(count_of_each=2):
    return [
        pytest.param(draw_heart(np.random.default_rng(7 * n + 1), kind), id=f"{kind}-{n}")
        for kind in KINDS
        for n in range(count_of_each)
    ]


def material(heart, rng, count=2000):
    """Pieces of the wall drawn at random: u, cos, sin, w."""
    angle = rng.uniform(0, 2 * np.pi, count)
    return rng.uniform(0.0, 0.99, count), np.cos(angle), np.sin(angle), rng.uniform(0.0, 1.0, count)


def counted_ml(heart, state, power=18):
    """Cavity and wall by counting points of a low-discrepancy sequence in a box around the heart."""
    unit = qmc.Sobol(3, rng=np.random.default_rng(0)).random_base2(power)
    reach = 1.35 * heart.radius_mm + 2.2 * heart.wall_mm * (1 + heart.thickening) + 8.0
    low, high = (
        np.array([-reach, -reach, -15.0]),
        np.array([reach, reach, float(heart.height(heart.end, state)) + 1.0]),
    )
    x, y, z = (low + unit * (high - low)).T
    p = heart.locate(x, y, z, state)
    box = np.prod(high - low) / 1000.0
    below = p.below_base > 0
    return box * np.mean(below & (p.radius < p.endo)), box * np.mean(
        below & (p.radius >= p.endo) & (p.radius < p.epi)
    )


def test_an_ellipsoid_has_the_volume_of_an_ellipsoid():
    assert volume_ml(PLAIN, PLAIN.beat.at(0.0)) == pytest.approx(2 / 3 * np.pi * 25**2 * 90 / 1000, rel=1e-6)


def test_the_wall_between_two_ellipsoids_weighs_what_lies_between_them():
    inner, outer = 25.0**2 * 90.0, (25.0 + 9.0) ** 2 * (90.0 + float(PLAIN.apex_wall_mm))
    assert mass_g(PLAIN) == pytest.approx(2 / 3 * np.pi * (outer - inner) / 1000.0 * 1.05, rel=1e-5)


def test_the_bluntest_profile_is_a_cylinder():
    tube = Heart(length_mm=80, radius_mm=20, wall_mm=8, ejection_fraction=0.5, taper=4000.0, waist=0.0)
    assert volume_ml(tube, tube.beat.at(0.0)) == pytest.approx(np.pi * 20**2 * 80 / 1000, rel=1e-3)


def test_harmonics_of_the_outline_add_half_their_square_to_the_volume():
    wavy = Heart(90.0, 25.0, 9.0, 0.6, taper=2.0, waist=0.0, bulge=(0.0, 0.0, 0.1, 0.05, 0.03, 0.0))
    more = 1 + (0.1**2 + 0.05**2 + 0.03**2) / 2
    assert volume_ml(wavy, wavy.beat.at(0.0)) == pytest.approx(
        more * volume_ml(PLAIN, PLAIN.beat.at(0.0)), rel=1e-6
    )


def test_a_tilted_base_of_a_cylinder_takes_off_what_it_adds_on_the_other_side():
    level = Heart(length_mm=80, radius_mm=20, wall_mm=8, ejection_fraction=0.5, taper=4000.0, waist=0.0)
    tilted = Heart(80, 20, 8, 0.5, taper=4000.0, waist=0.0, tilt_mm=(6.0, -3.0), saddle_mm=2.0)
    for p in (0.0, 0.2):
        a, b = (volume_ml(h, h.beat.at(p)) for h in (level, tilted))
        assert b == pytest.approx(a, rel=1e-5)
    assert wall_volume_ml(tilted) == pytest.approx(wall_volume_ml(level), rel=1e-3)


def test_lengths_times_k_give_volumes_times_k_cubed():
    big = Heart(2 * 90.0, 2 * 25.0, 2 * 9.0, 0.6, taper=2.0, waist=0.0, apex_wall_mm=10.0)
    assert volume_ml(big, big.beat.at(0.1)) == pytest.approx(8 * volume_ml(PLAIN, PLAIN.beat.at(0.1)))
    assert mass_g(big) == pytest.approx(8 * mass_g(PLAIN))


@pytest.mark.parametrize("heart", hearts(1))
def test_points_counted_in_space_give_the_volumes(heart):
    for phase in (0.0, 0.31):
        state = heart.beat.at(phase)
        cavity, wall = counted_ml(heart, state)
        assert cavity == pytest.approx(float(volume_ml(heart, state)), rel=6e-3, abs=0.4)
        assert wall == pytest.approx(wall_volume_ml(heart), rel=6e-3)


@pytest.mark.parametrize("heart", hearts(1))
def test_cuts_in_space_stacked_up_give_the_volumes(heart):
    state = heart.beat.at(heart.beat.systole + 0.1)
    z = np.linspace(-16.0, float(heart.height(heart.end, state)), 281)
    z = (z[1:] + z[:-1]) / 2
    cuts = [section(heart, float(v), state, 180) for v in z]
    step = (z[1] - z[0]) / 1000
    cavity = step * sum(c.cavity_area_mm2 for c in cuts if c)
    wall = step * sum(c.wall_area_mm2 for c in cuts if c)
    assert cavity == pytest.approx(float(volume_ml(heart, state)), rel=1e-3)
    assert wall == pytest.approx(wall_volume_ml(heart), rel=1e-3)


@pytest.mark.parametrize("heart", hearts(1))
def test_mass_counted_in_space_is_kept_over_the_cycle(heart):
    masses = [
        counted_ml(heart, heart.beat.at(p), 17)[1] * MYOCARDIAL_DENSITY_G_ML for p in (0, 0.15, 0.35, 0.6)
    ]
    assert max(masses) / min(masses) - 1 < 0.01
    assert np.mean(masses) == pytest.approx(mass_g(heart), rel=0.01)


def test_masks_converge_to_the_volumes():
    heart = draw_heart(np.random.default_rng(3), "infarcted")
    state = heart.beat.at(0.2)
    exact = float(volume_ml(heart, state))

    def off_by(step, offset):
        x, y = (np.arange(-52, 52, step) + o * step for o in offset[:2])
        z = np.arange(-16, float(heart.height(heart.end, state)), step) + offset[2] * step
        p = heart.locate(*np.meshgrid(x, y, z, indexing="ij"), state)
        return ((p.below_base > 0) & (p.radius < p.endo)).sum() * step**3 / 1000 / exact - 1

    offsets = np.random.default_rng(0).uniform(0, 1, (5, 3))
    coarse, middle, fine = (np.sqrt(np.mean([off_by(s, o) ** 2 for o in offsets])) for s in (8.0, 4.0, 2.0))
    assert fine < middle < coarse
    assert fine < 1.5e-3


@pytest.mark.parametrize("heart", hearts())
def test_velocity_is_the_finite_difference_of_positions(heart):
    rng = np.random.default_rng(0)
    points = material(heart, rng)
    period, dt = 0.9, 2e-6
    for phase in rng.uniform(0, 1, 6):
        before, after = (
            np.stack(heart.position(*points, heart.beat.at(phase + s * dt / period, period))) for s in (-1, 1)
        )
        exact = np.stack(heart.velocity(*points, heart.beat.at(phase, period)))
        assert np.abs((after - before) / (2 * dt) - exact).max() < 0.01  # mm/s, 1e-3 cm/s


@pytest.mark.parametrize("heart", hearts())
def test_locating_a_position_gives_the_piece_of_wall_back(heart):
    rng = np.random.default_rng(1)
    u, cos, sin, w = material(heart, rng)
    for phase in (0.0, 0.3, 0.7):
        state = heart.beat.at(phase)
        place = heart.locate(*heart.position(u, cos, sin, w, state), state)
        found = (place.radius**2 - place.endo**2) / (place.epi**2 - place.endo**2)
        for a, b in ((place.u, u), (place.cos, cos), (place.sin, sin), (found, w)):
            assert np.abs(a - b).max() < 1e-6


@pytest.mark.parametrize("heart", hearts())
def test_the_wall_is_incompressible_point_by_point(heart):
    rng = np.random.default_rng(2)
    u, cos, sin, w = material(heart, rng, 400)
    w = 0.05 + 0.9 * w
    angle, h = np.arctan2(sin, cos), 1e-5

    def jacobian(state):
        columns = []
        for du, da, dw in np.eye(3) * h:
            ends = [
                np.stack(
                    heart.position(
                        u + s * du, np.cos(angle + s * da), np.sin(angle + s * da), w + s * dw, state
                    )
                )
                for s in (-1, 1)
            ]
            columns.append((ends[1] - ends[0]) / (2 * h))
        return np.linalg.det(np.stack(columns, -1).transpose(1, 0, 2))

    at_ed = jacobian(heart.beat.at(0.0))
    for phase in (0.2, heart.beat.systole, 0.8):
        assert np.abs(jacobian(heart.beat.at(phase)) / at_ed - 1).max() < 1e-3


def test_true_ed_and_es_are_the_extremes_of_the_curve():
    for seed in range(6):
        heart = draw_heart(np.random.default_rng(seed), "wide")
        found = function(heart)
        curve = volume_ml(heart, heart.beat.at(np.linspace(0, 1, 4001)))
        assert found.edv_ml == pytest.approx(curve.max(), rel=1e-6)
        assert found.esv_ml == pytest.approx(curve.min(), rel=1e-6)
        assert found.edv_ml >= curve.max() - 1e-9 and found.esv_ml <= curve.min() + 1e-9
        assert found.stroke_volume_ml == found.edv_ml - found.esv_ml


def test_late_wall_moves_end_systole_back():
    late = Heart(90, 25, 9, 0.6, slow=Patch(half_width=1.5, half_length=1.0), slowness=1.0)
    assert find_timing(late).es > late.beat.systole + 0.01


def test_systole_lasts_from_after_ed_to_es():
    timing = find_timing(PLAIN)
    phases = np.array([0.0, 1e-6, 0.2, timing.es, timing.es + 1e-6, 0.99])
    assert is_systole(PLAIN, phases).tolist() == [False, True, True, True, False, False]


def test_a_heart_that_is_all_scar_does_not_eject():
    thirds = [
        Scar(Patch(float(np.cos(a)), float(np.sin(a)), 1.9, 0.5, 2.0), akinesia=1.0)
        for a in (0.0, 2 * np.pi / 3, 4 * np.pi / 3)
    ]
    dead = Heart(90, 25, 9, 0.6, shortening=0.0, scars=tuple(thirds))
    assert function(dead).ejection_fraction == pytest.approx(0.0, abs=1e-9)


def test_quick_integrals_are_near_the_fine_ones():
    for seed in range(12):
        heart = draw_heart(np.random.default_rng(seed))
        fine, quick = cavity_moments(heart), cavity_moments(heart, nodes=QUICK)
        assert quick.whole == pytest.approx(fine.whole, rel=2e-4)
        assert quick.moved == pytest.approx(fine.moved, rel=3e-3)

"""Velocities of the wall: the derivative of where it is, signed as seen by a person at the apex."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.phantom.ring_truth import ring_means

from lvcine.phantom.anatomy import draw_anatomy
from lvcine.phantom.beat import Beat
from lvcine.phantom.heart import Heart
from lvcine.phantom.population import draw_heart
from lvcine.phantom.velocity import velocity_truth
from lvcine.phantom.velocity.field import blood_stream, tissue_velocity
from lvcine.phantom.velocity.truth import wall_means
from lvcine.phantom.views import to_patient

RIGID = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.0, shortening=0.0, waist=0.0)
APEX_TO_BASE = -to_patient(np.array([0.0, 0.0, 1.0]))


def anatomy(heart: Heart):
    return draw_anatomy(heart, np.random.default_rng(0))


def wall_velocity(heart, x, y, z, state):
    """(x, y, z) in cm/s of the tissue that is at points (mm) of the heart's frame."""
    return tissue_velocity(heart, heart.locate(x, y, z, state), state)


@pytest.mark.parametrize("seed", range(4))
def test_velocity_is_the_derivative_of_the_position_everywhere_in_the_wall(seed: int) -> None:
    rng = np.random.default_rng(seed)
    heart, period, step = draw_heart(rng), 0.9, 1e-5
    u = rng.uniform(0.05, 0.98, 400)
    angle, w = rng.uniform(-np.pi, np.pi, 400), rng.uniform(0.02, 0.98, 400)
    piece = u, np.cos(angle), np.sin(angle), w
    for phase in (0.02, 0.17, 0.31, 0.44, 0.62, 0.95):
        before, now, after = (heart.beat.at(phase + k * step / period, period) for k in (-1, 0, 1))
        there, back = (np.array(heart.position(*piece, s)) for s in (after, before))
        expected_cm_s = (there - back) / (2 * step) / 10.0
        # The field is asked at points in space and must find the piece again by itself.
        found = np.array(wall_velocity(heart, *heart.position(*piece, now), now))
        assert np.abs(found - expected_cm_s).max() < 1e-3


def test_what_stands_still_at_rest_stands_still() -> None:
    heart = draw_heart(np.random.default_rng(5))
    diastasis = heart.beat.systole + heart.beat.rapid + heart.beat.lag
    state = heart.beat.at(0.5 * (diastasis + heart.beat.kick) if diastasis < heart.beat.kick else diastasis)
    state = replace(state, squeeze_rate=0.0, late_rate=0.0, twist_rate=0.0)
    x = np.linspace(-80, 80, 41)[:, None, None]
    y, z = np.linspace(-80, 80, 41)[:, None], np.linspace(-60, 120, 31)
    points = np.broadcast_arrays(x, y, z)
    assert np.abs(np.array(wall_velocity(heart, *points, state))).max() == 0.0


@pytest.mark.parametrize("phase", [0.1, 0.2, 0.42, 0.5, 0.93])
def test_the_field_has_no_jump_at_the_borders_of_the_wall_and_fades_far_away(phase: float) -> None:
    heart = draw_heart(np.random.default_rng(2))
    state = heart.beat.at(phase)
    r = np.linspace(0.5, 250.0, 4001)
    for angle in (0.3, 2.0, 4.0):
        v = np.array(wall_velocity(heart, r * np.cos(angle), r * np.sin(angle), 45.0, state))
        assert np.abs(np.diff(v, axis=1)).max() < 0.1  # cm/s over 0.06 mm
        assert np.abs(v[:, -1]).max() < 1e-9


def test_a_contracting_ring_moves_inwards_and_a_shortening_one_to_the_apex() -> None:
    state = Beat().at(np.array([0.18, 0.46]))  # systole, early filling
    contracting, _ = wall_means(anatomy(replace(RIGID, ejection_fraction=0.5)), 45.0, state)
    assert contracting[1, 0] > 1.0 and contracting[1, 1] < -1.0
    assert np.abs(contracting[[0, 2]]).max() < 1e-9
    shortening, _ = wall_means(anatomy(replace(RIGID, shortening=0.15)), 45.0, state)
    assert shortening[0, 0] > 1.0 and shortening[0, 1] < -1.0


@pytest.mark.parametrize("twist", [0.2, -0.2])
def test_circumferential_is_positive_clockwise_seen_from_the_apex(twist: float) -> None:
    heart = replace(RIGID, twist_base=twist, twist_apex=twist)
    state = heart.beat.at(np.array([0.18]))
    whole, sectors = wall_means(anatomy(heart), 45.0, state)
    # In the patient, whose frame is right-handed: a viewer at the apex looks from apex to base, and what
    # turns clockwise for him has its axis of rotation pointing away from him.
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    piece = np.full(12, 0.5), np.cos(angle), np.sin(angle), np.full(12, 0.5)
    now = heart.beat.at(0.18)
    place, speed = (
        to_patient(np.array(v).T) for v in (heart.position(*piece, now), heart.velocity(*piece, now))
    )
    arm = place - place.mean(axis=0)
    turning = np.cross(arm, speed).mean(axis=0) / (arm**2).sum(axis=1).mean()  # rad/s, along its axis
    clockwise = float(turning @ APEX_TO_BASE)
    assert clockwise == pytest.approx(twist * float(now.twist_rate))
    assert np.sign(whole[2, 0]) == np.sign(clockwise) == np.sign(twist)
    # A rigid ring: every sector turns at the same rate; area-weighted mean radius of the ring times it.
    inner, outer = (float(v) for v in heart.outline(0.5, 1.0, 0.0, now))
    mean_radius_cm = 2 / 3 * (outer**3 - inner**3) / (outer**2 - inner**2) / 10.0
    assert whole[2, 0] == pytest.approx(clockwise * mean_radius_cm, rel=1e-6)
    assert sectors[2, :, 0] == pytest.approx(np.full(6, whole[2, 0]), rel=1e-6)
    assert np.abs(whole[:2]).max() < 1e-9


def test_a_ring_that_is_pushed_aside_has_no_mean_but_opposite_sectors() -> None:
    heart = replace(RIGID, swing_mm=(8.0, 0.0))  # towards the lateral wall
    neighbours = replace(anatomy(heart), rv_direction=(-1.0, 0.0), rv_span=np.pi / 3)
    whole, sectors = wall_means(neighbours, 45.0, heart.beat.at(np.array([0.18])))
    assert np.abs(whole).max() < 1e-9
    radial = dict(zip(("IS", "I", "IL", "AL", "A", "AS"), sectors[1, :, 0], strict=True))
    assert radial["IS"] > 1.0 and radial["AS"] > 1.0 and radial["IL"] < -1.0 and radial["AL"] < -1.0
    circumferential = dict(zip(("IS", "I", "IL", "AL", "A", "AS"), sectors[2, :, 0], strict=True))
    # The anterior wall, at the top of the picture, goes to the right: clockwise. The inferior wall not.
    assert circumferential["A"] > 1.0 and circumferential["I"] < -1.0


def test_peaks_are_those_of_the_curve_and_lie_between_the_frames() -> None:
    heart = replace(RIGID, ejection_fraction=0.5, shortening=0.15)
    truth = velocity_truth(
        anatomy(heart), np.array([30.0, 60.0]), np.arange(400) / 400, np.array([800.0, 1000.0])
    )
    coarse = velocity_truth(
        anatomy(heart), np.array([30.0, 60.0]), np.arange(7) / 7, np.array([800.0, 1000.0])
    )
    assert truth.peaks.highest_cm_s == pytest.approx(truth.mean_cm_s.max(-1), rel=1e-3, abs=1e-6)
    assert truth.peaks.highest_ms[:2] / [800.0, 1000.0] == pytest.approx(
        truth.mean_cm_s[:2].argmax(-1) / 400, abs=0.01
    )
    assert np.array_equal(truth.peaks.lowest_cm_s, coarse.peaks.lowest_cm_s)
    # A shorter cycle is a faster one, by the same factor.
    alone = [
        velocity_truth(anatomy(heart), np.array([30.0]), np.arange(9) / 9, np.array([c]))
        for c in (500.0, 1000.0)
    ]
    assert alone[0].mean_cm_s[:2] == pytest.approx(2 * alone[1].mean_cm_s[:2])


def test_a_plane_without_wall_has_no_velocity() -> None:
    truth = velocity_truth(anatomy(RIGID), np.array([-40.0]), np.arange(3) / 3, np.array([900.0]))
    assert np.isnan(truth.mean_cm_s).all() and np.isnan(truth.peaks.highest_cm_s).all()


def test_blood_leaves_in_systole_comes_in_diastole_and_sticks_to_the_wall() -> None:
    heart = replace(RIGID, ejection_fraction=0.6, shortening=0.15)
    for phase, way in ((0.15, -1), (0.45, 1)):
        state = heart.beat.at(phase)
        x = np.array([0.0, 24.9])
        endo = heart.locate(x, 0.0, 30.0, state).endo[0]
        place = heart.locate(np.array([0.0, endo]), 0.0, 30.0, state)
        stream = blood_stream(heart, place, state)["lv blood"]
        assert way * stream[0] > 10.0 and abs(stream[1]) < 1e-6
        assert np.isfinite(tissue_velocity(heart, place, state)).all()


def test_a_swing_is_motion_of_the_ring_and_of_nothing_else() -> None:
    state = RIGID.beat.at(np.array([0.1, 0.2, 0.45]))
    still = anatomy(replace(RIGID, wall_bulge=(0.4, 0.2), bulge=(0.05, 0.05)))
    swung = replace(still, heart=replace(still.heart, swing_mm=(4.0, -6.0)))
    bulk, whole, sectors = ring_means(swung, 40.0, state)
    assert bulk == pytest.approx(0.1 * np.outer([4.0, -6.0], state.squeeze_rate))
    assert np.abs(whole).max() < 1e-9 and np.abs(sectors).max() < 1e-9
    assert np.abs(wall_means(swung, 40.0, state)[0][1]).max() > 0.05  # the uneven wall lets it through


def test_without_swing_an_even_ring_is_what_the_wall_does() -> None:
    heart = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6, twist_apex=-0.2)
    state = heart.beat.at(np.array([0.1, 0.2, 0.45]))
    bulk, whole, sectors = ring_means(anatomy(heart), 50.0, state)
    assert np.abs(bulk).max() < 1e-9
    assert whole == pytest.approx(wall_means(anatomy(heart), 50.0, state)[0], abs=1e-9)
    assert sectors == pytest.approx(np.repeat(whole[:, None], 6, 1), abs=1e-9)

"""The pictures of a velocity-mapping scan show the velocities that were there, disturbed as physics says."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from lvcine.phantom.anatomy import Anatomy, draw_anatomy, layers
from lvcine.phantom.arrays import together
from lvcine.phantom.bssfp import Relaxation
from lvcine.phantom.heart import Heart
from lvcine.phantom.velocity import Protocol, draw_protocol, virtual_velocity
from lvcine.phantom.velocity.receive import k_window, measured, velocity_of, white_noise
from lvcine.phantom.velocity.signal import Axes, brightness, echoes, spoiled_echo
from lvcine.phantom.views import short_axis

CLEAN = Protocol(
    slices=3, frames=5, size=56, spacing_mm=2.0, venc_cm_s=(60.0, 60.0, 90.0), noise=0.0, background_cm_s=0.0,
    resolution=1.0, sharing=0.0, shift_mm=(0.0, 0.0), samples=1, black_blood=False, blood_left=0.8,
)  # fmt: skip
HEART = Heart(
    length_mm=90, radius_mm=25, wall_mm=11, ejection_fraction=0.6, twist_base=0.05, twist_apex=-0.2,
    swing_mm=(1.0, 2.0), tilt_mm=(3.0, 1.0),
)  # fmt: skip


@functools.cache
def scan(protocol: Protocol = CLEAN, seed: int = 3):
    return virtual_velocity(seed, heart=HEART, protocol=protocol, cycle_ms=800.0)


def inside(labels: np.ndarray) -> np.ndarray:
    """Voxels of wall whose neighbours in the picture are wall."""
    return binary_erosion(labels == 2, np.ones((1, 1, 3, 3)))


def test_a_scan_without_noise_and_wraps_shows_the_true_velocity_of_the_wall() -> None:
    study, _ = scan()
    wall = inside(study.labels)
    assert wall.sum() > 1500
    error = np.abs(study.velocity_cm_s - study.true_velocity_cm_s)[:, wall]
    assert error.max() < 1e-2 and np.abs(study.true_velocity_cm_s[:, wall]).max() > 4.0


def test_the_mean_over_the_voxels_of_the_wall_is_the_integral_over_its_closed_form() -> None:
    study, truth = scan(replace(CLEAN, size=96, spacing_mm=1.0))
    vx, vy, vz = study.true_velocity_cm_s
    y, x = np.mgrid[:96, :96].astype(float)
    for z in range(3):
        for t in range(5):
            wall, cavity = study.labels[z, t] == 2, study.labels[z, t] == 1
            dx, dy = x[wall] - x[cavity].mean(), y[wall] - y[cavity].mean()
            r = np.hypot(dx, dy)
            inwards = -(vx[z, t][wall] * dx + vy[z, t][wall] * dy) / r
            clockwise = (vy[z, t][wall] * dx - vx[z, t][wall] * dy) / r  # from right to down in the picture
            seen = [-vz[z, t][wall].mean(), inwards.mean(), clockwise.mean()]
            assert seen == pytest.approx(truth.mean_cm_s[:, z, t], abs=0.12), (z, t)


def test_channels_point_where_the_geometry_says() -> None:
    study, _ = scan()
    g = study.geometry
    assert np.allclose(study.directions @ study.directions.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(study.directions) == pytest.approx(1.0)  # right-handed, as the patient is
    assert study.directions[2] == pytest.approx(g.normal)
    # The first slice is the basal one: from it to the others is towards the apex, against z.
    assert (g.origins_mm[2] - g.origins_mm[0]) @ study.directions[2] < 0
    one = np.zeros((3, 1))
    one[0] = 2.0
    assert study.in_patient(one)[:, 0] == pytest.approx(2.0 * g.column_step_mm / 2.0)


def test_a_low_venc_wraps_by_whole_multiples_of_twice_the_venc() -> None:
    study, _ = scan(replace(CLEAN, venc_cm_s=(2.0, 1.5, 3.0)))
    wall = inside(study.labels)
    for channel, venc in enumerate(study.venc_cm_s):
        seen, true = study.velocity_cm_s[channel][wall], study.true_velocity_cm_s[channel][wall]
        turns = (true - seen) / (2 * venc)
        assert np.abs(turns - np.rint(turns)).max() < 1e-2
        assert 0.03 < np.mean(np.rint(turns) != 0) < 0.9
        assert np.abs(study.velocity_cm_s[channel]).max() <= venc * (1 + 1e-6)


def test_phase_noise_follows_the_magnitude() -> None:
    clean, _ = scan()
    noisy, _ = scan(replace(CLEAN, noise=0.05))
    wall = inside(clean.labels)
    signal = np.maximum(clean.magnitude, 1e-6)
    for channel, venc in enumerate(CLEAN.venc_cm_s):
        error = (noisy.velocity_cm_s - clean.velocity_cm_s)[channel]
        expected = venc / np.pi * 0.05 / signal
        assert np.std((error / expected)[wall]) == pytest.approx(1.0, abs=0.03)
        # Where there is no signal every phase is as likely: a uniform law of SD venc * 2 / sqrt(12).
        empty = signal < 0.005
        if empty.sum() > 500:
            assert np.std(noisy.velocity_cm_s[channel][empty]) == pytest.approx(venc / np.sqrt(3), rel=0.1)


@pytest.mark.parametrize("kept", [0.6, 1.0])
def test_noise_has_the_stated_size_whatever_part_of_k_space_is_measured(kept: float) -> None:
    noise = white_noise(np.random.default_rng(1), (4, 5, 32, 32), 0.1)
    out = measured(np.zeros_like(noise), k_window(32, kept), 0.0, noise)
    assert out.real.std() == pytest.approx(0.1, rel=0.03) and out.imag.std() == pytest.approx(0.1, rel=0.03)


def test_shared_views_take_fine_detail_from_the_neighbours_and_leave_coarse_alone() -> None:
    line = np.arange(32)
    fine, coarse = (-1.0) ** line, np.cos(2 * np.pi * line / 32)
    for shape, share in ((fine, 0.8), (coarse, 0.0)):
        film = np.zeros((5, 32, 32), complex)
        film[2] = shape[:, None]
        out = measured(film, np.ones((32, 32)), 0.8, 0.0)
        assert out[2] == pytest.approx((1 - share) * film[2])
        assert out[1] == pytest.approx(share / 2 * film[2]) and out[0] == pytest.approx(0 * film[2])


def test_background_is_smooth_in_space_and_slow_in_time() -> None:
    clean, _ = scan()
    off, _ = scan(replace(CLEAN, background_cm_s=1.0))
    error = np.angle(
        np.exp(
            1j
            * (off.velocity_cm_s - clean.velocity_cm_s)
            * np.pi
            / np.array(CLEAN.venc_cm_s)[:, None, None, None, None]
        )
    )
    still = (clean.labels == 0) & (clean.magnitude > 0.3)
    y, x = np.mgrid[-1:1:56j, -1:1:56j]
    shapes = np.stack([x**0, x, y, x * x, x * y, y * y], -1)
    for channel, z in np.ndindex(3, 3):
        frames = []
        for t in range(5):
            at = still[z, t]
            fit, *_ = np.linalg.lstsq(shapes[at], error[channel, z, t][at], rcond=None)
            assert np.abs(shapes[at] @ fit - error[channel, z, t][at]).max() < 1e-3
            frames.append(fit)
        assert np.ptp(frames, axis=0).max() < 0.35 * np.abs(frames).max()


def test_a_thick_slice_blurs_borders_that_are_oblique_to_it() -> None:
    thin, _ = scan(replace(CLEAN, thickness_mm=1.0))
    thick, _ = scan(replace(CLEAN, thickness_mm=16.0, samples=5))
    edge = [np.abs(np.diff(s.magnitude[2, 0], axis=-1)).max() for s in (thin, thick)]
    assert edge[1] < 0.9 * edge[0]


def test_breath_holds_move_the_heart_but_not_the_stated_geometry() -> None:
    still, before = scan()
    moved, after = scan(replace(CLEAN, shift_mm=(4.0, 4.0)))
    assert np.array_equal(still.geometry.origins_mm, moved.geometry.origins_mm)
    shifts = np.abs(after.z_mm - before.z_mm)
    assert shifts.max() > 1.0 and len(set(shifts.round(6))) == 3
    assert (still.labels != moved.labels).any()


def test_blood_is_black_or_bright_as_the_protocol_says() -> None:
    for black, low, high in ((True, 0.0, 0.4), (False, 1.05, 6.0)):
        study, _ = scan(replace(CLEAN, black_blood=black, blood_left=0.1 if black else 0.8))
        cavity, wall = (
            study.magnitude[inside_of]
            for inside_of in (binary_erosion(study.labels == 1, np.ones((1, 1, 7, 7))), inside(study.labels))
        )
        assert low < np.median(cavity) / np.median(wall) < high


def test_blood_between_trabeculae_shows_most_at_their_inner_rim_and_more_at_ed_than_at_es() -> None:
    anatomy = replace(draw_anatomy(HEART, np.random.default_rng(0)), trabeculae_mm=4.0, papillary=())
    state = together([HEART.beat.at(np.array(p)) for p in (0.0, HEART.beat.systole)], np.zeros(()), 2)
    bare = replace(anatomy, trabeculae_mm=0.0)
    x, y, z = short_axis(40.0).grid(200, 200, 0.5)[:, None]
    axes = Axes((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0))

    def signal(anatomy: Anatomy, mesh: float) -> np.ndarray:
        one = together([anatomy], np.zeros(()), 2)
        dark = {**brightness(CLEAN), "lv blood": 0.0, "rv blood": 0.0}
        return np.abs(
            echoes(one, (x, y, z), state, np.zeros((1, 200, 200)), dark, axes, (50.0,) * 3, 0.5, mesh)[0]
        )

    found, place = layers(together([bare], np.zeros(()), 2), x, y, z, state)
    inwards = np.broadcast_to(place.endo - place.radius, (2, 200, 200))
    thick, loose = signal(anatomy, 1.0), signal(anatomy, 0.6)
    # Deep in the layer, halfway, and in the blood, of the signal of the wall.
    at = [
        [p[0][(inwards[0] > a) & (inwards[0] < b)].mean() for a, b in ((0.5, 1.5), (2, 4), (12, 99))]
        for p in (thick, loose)
    ]
    assert at[0][0] > 0.55 > at[0][1] > 0.2 > at[0][2] and at[0][2] < 0.02
    assert np.allclose(np.divide(at[1][:2], at[0][:2]), 0.6, atol=0.02)
    solid = binary_erosion(inwards[1] > 1.0)
    assert thick[1][solid] == pytest.approx(loose[1][solid], abs=1e-6)  # pressed free of blood at ES


def test_the_echo_at_the_ernst_angle_is_the_signal() -> None:
    tissue, repetition = Relaxation(1000.0, 1e9), 8.0
    flips = np.linspace(0.01, 1.0, 2000)
    best = flips[np.argmax(spoiled_echo(tissue, flips, repetition, 0.0))]
    assert best == pytest.approx(np.arccos(np.exp(-repetition / 1000.0)), abs=1e-3)


def test_the_same_seed_gives_the_same_bytes_and_another_another_scan() -> None:
    one, again, other = (virtual_velocity(seed, 2, 3, 32, 4.0)[0] for seed in (7, 7, 8))
    for name in ("magnitude", "velocity_cm_s", "true_velocity_cm_s", "labels", "times_ms"):
        assert getattr(one, name).tobytes() == getattr(again, name).tobytes()
    assert one.velocity_cm_s.tobytes() != other.velocity_cm_s.tobytes()
    assert one.magnitude.shape == (2, 3, 32, 32) and one.magnitude.dtype == np.float32


def test_drawn_protocols_stay_in_the_stated_ranges_and_differ() -> None:
    drawn = [draw_protocol(np.random.default_rng(seed)) for seed in range(200)]
    in_plane, through = {p.venc_cm_s[0] for p in drawn}, {p.venc_cm_s[2] for p in drawn}
    assert in_plane == {10.0, 15.0, 20.0, 25.0, 30.0} and through == {20.0, 25.0, 30.0, 35.0, 40.0}
    assert {p.black_blood for p in drawn} == {True, False}


def test_the_magnitude_is_a_short_axis_cine() -> None:
    study, _ = scan()
    cine = study.cine
    assert cine.pixels.shape == study.magnitude.shape and cine.pixels.dtype == np.uint16
    assert np.corrcoef(cine.pixels.ravel(), study.magnitude.ravel())[0, 1] > 0.999
    assert cine.geometry.calibrated and cine.cycle_ms == pytest.approx(800.0, rel=0.1)


def test_velocity_is_read_from_the_phase_alone() -> None:
    phase = np.array([0.0, np.pi / 2, -np.pi / 4, 3 * np.pi / 2])
    assert velocity_of(5.0 * np.exp(1j * phase), 20.0) == pytest.approx([0.0, 10.0, -5.0, -10.0])

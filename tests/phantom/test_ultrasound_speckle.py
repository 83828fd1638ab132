"""Speckle: its statistics, and that it moves with the wall."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from lvcine.phantom import Heart, draw_heart
from lvcine.phantom.anatomy import Papillary, draw_anatomy
from lvcine.phantom.rhythm import regular
from lvcine.phantom.ultrasound import Echogenicity, UltrasoundProtocol, good_window, scan
from lvcine.phantom.ultrasound.beamform import Beamformer
from lvcine.phantom.ultrasound.motion import ABOVE, ATRIUM, INSIDE, WALL, at_rest, carried
from lvcine.phantom.ultrasound.screen import Screen
from lvcine.study import View

HEART = Heart(length_mm=85.0, radius_mm=24.0, wall_mm=12.0, ejection_fraction=0.55, taper=2.2)
CLEAN = UltrasoundProtocol(
    size=256, frame_rate_hz=60.0, anisotropy=0.0, edge_db=0.0, loss_db_cm=0.0, side_db=0.0, gain_db=0.0,
    haze_db=-80.0, noise_db=-90.0, smooth_mm=0.0, smooth_beams=0.0, persistence=0.0, blood_memory=0.0,
    slice_mm=1.5, near_beam_mm=0.3, lobe_db=-60.0,
    echo=Echogenicity(tissue_db={}, patchy_db=0.0, blood_db=-60.0),
)  # fmt: skip


@pytest.fixture(scope="module")
def uniform():
    """Envelope of an even medium, drawn here: (D, B), and its beamformer."""
    beams = Beamformer(CLEAN)
    rng = np.random.default_rng(0)
    half, p = beams.slab_mm(0.0), CLEAN
    count = int(p.depth_mm * p.angle * 2 * half * beams.scatterer_density(40.0))
    reach, angle = rng.uniform(0, p.depth_mm, (1, count)), rng.uniform(-p.angle / 2, p.angle / 2, (1, count))
    off, strength = rng.uniform(-half, half, (1, count)), rng.standard_normal((1, count))
    density = beams.scatterer_density(40.0)
    strength = strength / np.sqrt(density * beams.cell_volume)
    echo = beams.spread(beams.echo(*(a.astype(np.float32) for a in (reach, angle, off, strength))))
    return np.hypot(*echo[:, 0]), beams


def test_an_even_medium_gives_fully_developed_speckle(uniform):
    """Mean over spread of a Rayleigh envelope: sqrt(pi / (4 - pi)) = 1.91 (Burckhardt 1978)."""
    envelope, _ = uniform
    inner = envelope[20:-20, 12:-12]
    assert inner.mean() / inner.std() == pytest.approx(np.sqrt(np.pi / (4 - np.pi)), abs=0.08)


def test_an_even_medium_is_evenly_bright_at_the_level_of_myocardium(uniform):
    envelope, _ = uniform
    power = (envelope[:, 12:-12] ** 2).reshape(-1, *envelope[:, 12:-12].shape)[0]
    bands = 10 * np.log10([rows.mean() for rows in np.array_split(power[15:-15], 6)])
    assert np.ptp(bands) < 1.5
    assert np.mean(bands) == pytest.approx(0.0, abs=1.0)


def test_speckle_is_as_long_as_the_pulse_and_as_wide_as_the_beam(uniform):
    """The autocorrelation of the intensity of Gaussian speckle is the kernel's, squared."""
    envelope, beams = uniform
    power = envelope[150:-20, 12:-12] ** 2
    power = power - power.mean()
    for axis, step, width in ((0, beams.steps[0], CLEAN.pulse_mm), (1, beams.steps[1], CLEAN.beam)):
        lags = np.arange(1, 5)
        moved = [np.roll(power, -int(k), axis) for k in lags]
        keep = [slice(None, -5) if a == axis else slice(None) for a in (0, 1)]
        measured = [(power * m)[tuple(keep)].mean() / (power[tuple(keep)] ** 2).mean() for m in moved]
        expected = np.exp(-((lags * step / width) ** 2) / 2.0)
        np.testing.assert_allclose(measured, expected, atol=0.12)


def test_beams_widen_with_range_in_mm():
    beams = Beamformer(CLEAN)
    widths = []
    for row in (60, -20):
        spot = np.zeros((1, len(beams.ranges), len(beams.angles)))
        spot[0, row, len(beams.angles) // 2] = 1.0
        profile = beams.spread(spot)[0, row]
        widths.append((profile > 0.5 * profile.max()).sum() * beams.steps[1] * beams.ranges[row])
    assert widths[1] > 1.8 * widths[0]


@pytest.fixture(scope="module")
def plain():
    return _wall_clip(HEART, np.random.default_rng(3), 20)


def _wall_clip(heart, rng, frames):
    about = replace(draw_anatomy(heart, rng), papillary=(Papillary(1.0, 0.0, 0.0, 0.0),), trabeculae_mm=0.0)
    window, row = good_window(about, View.A4C), regular(heart.beat, 0.9, 2)
    return scan(about, window, row, CLEAN, rng, frames=frames), window, row


def _tracked(clip, window, heart, row, side):
    """Grey at pieces of the wall in the plane, wherever they are in each frame, (T, N)."""
    u, w = np.meshgrid(np.linspace(0.3, 0.65, 60), np.linspace(0.15, 0.85, 14))
    azimuth = np.arctan2(window.plane.across[1], window.plane.across[0])
    cos, sin = side * np.cos(azimuth), side * np.sin(azimuth)
    down, across = Screen(replace(CLEAN, depth_mm=window.depth_mm)).plane_mm
    out = []
    for t, frame in enumerate(clip.pixels):
        x = (
            np.stack(heart.position(u, cos, sin, w, row.at(clip.times_ms[t] / 1000.0)), -1)
            - window.plane.middle_mm
        )
        rows = (x @ window.plane.down - down[0, 0]) / clip.pixel_mm
        columns = (x @ window.plane.across - across[0, 0]) / clip.pixel_mm
        out.append(map_coordinates(frame.astype(float), [rows.ravel(), columns.ravel()], order=1))
    return np.array(out)


def _alike(tracks, lag, start=2, stop=12):
    return np.mean([np.corrcoef(tracks[t], tracks[t + lag])[0, 1] for t in range(start, stop)])


def test_speckle_moves_with_the_wall_and_fades_with_time(plain):
    clip, window, row = plain
    for side in (-1.0, 1.0):
        moving = _tracked(clip, window, HEART, row, side)
        still = _tracked(clip, window, HEART, regular(replace(HEART.beat), 1e9, 1), side)
        assert _alike(moving, 1) > 0.85
        assert _alike(moving, 1) > _alike(still, 1) + 0.05
        assert _alike(moving, 4) > _alike(still, 4) + 0.2
        assert _alike(moving, 8) < _alike(moving, 1) - 0.1


def test_twist_through_the_plane_makes_speckle_fade_faster(plain):
    straight, window, row = plain
    twisted_heart = replace(HEART, twist_base=-0.08, twist_apex=0.35)
    twisted, _, _ = _wall_clip(twisted_heart, np.random.default_rng(3), 15)
    fades = [
        _alike(_tracked(c, window, replace(HEART, twist_base=0.0, twist_apex=0.0), row, 1.0), 3)
        for c in (straight, twisted)
    ]
    assert fades[1] < fades[0] - 0.05


@pytest.mark.parametrize("seed", range(5))
def test_pieces_of_wall_are_where_the_heart_says(seed):
    rng = np.random.default_rng(seed)
    heart = draw_heart(rng)
    n = 300
    u, turn, w = rng.uniform(0.05, heart.end - 0.02, n), rng.uniform(0, 2 * np.pi, n), rng.uniform(0.02, 1, n)
    start = np.array(heart.position(u, np.cos(turn), np.sin(turn), w, at_rest()))
    tissue = carried(draw_anatomy(heart, rng), start, WALL)
    for phase in (0.1, heart.beat.systole, 0.7):
        state = heart.beat.at(phase)
        expected = heart.position(u, np.cos(turn), np.sin(turn), w, state)
        np.testing.assert_allclose(np.array(tissue.at(state)), expected, atol=2e-3)


@pytest.mark.parametrize("kind", [INSIDE, ABOVE, ATRIUM])
def test_other_tissue_keeps_its_level_and_starts_where_it_lies(kind):
    rng = np.random.default_rng(8)
    heart = draw_heart(rng)
    points = rng.uniform([[-20], [-20], [-75]], [[20], [20], [100]], (3, 400))
    tissue = carried(draw_anatomy(heart, rng), points, kind)
    np.testing.assert_allclose(np.array(tissue.at(at_rest())), points, atol=1e-6)
    late = heart.beat.at(0.3)
    before, after = heart.locate(*points, at_rest()), heart.locate(*tissue.at(late), late)
    np.testing.assert_allclose(after.u, before.u, atol=1e-3)


def test_far_surroundings_stand_still():
    rng = np.random.default_rng(8)
    heart = draw_heart(rng)
    points = rng.uniform(-60, 60, (3, 50))
    tissue = carried(draw_anatomy(heart, rng), points, ABOVE, 500.0)
    np.testing.assert_allclose(np.array(tissue.at(heart.beat.at(0.3))), points, atol=1e-6)

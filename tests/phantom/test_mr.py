"""The virtual MR scanner against what physics and geometry say its pictures must be."""

from dataclasses import replace

import numpy as np
import pytest

from lvcine.phantom import mr
from lvcine.phantom.arrays import together
from lvcine.phantom.heart import Heart
from lvcine.phantom.labels import CAVITY, LEFT_ATRIUM, Reader, exact_labels, reader_labels
from lvcine.phantom.population import draw_heart
from lvcine.phantom.scene import Scene, draw_scene
from lvcine.phantom.views import long_axis, short_axis
from lvcine.study import View

HEART = Heart(length_mm=90.0, radius_mm=26.0, wall_mm=9.0, ejection_fraction=0.6, taper=2.0, waist=0.0)
CLEAR = mr.Protocol(
    size=64, spacing_mm=2.4, thickness_mm=8.0, window=0.0, kept=(2.0, 2.0), noise=0.0, shift_mm=0.0, through=4
)
SYSTOLE = HEART.beat.systole
WHOLE = 1.0 - (1.0 - 0.6) / (1.0 - 0.15)  # of the cavity's cross-section is gone at ES


def scene_of(seed: int, heart: Heart | None = None, **changes) -> Scene:
    rng = np.random.default_rng(seed)
    return draw_scene(heart or draw_heart(rng), rng, **changes)


def plain(scene: Scene) -> Scene:
    """Without what lies beyond the closed form of the outlines."""
    return replace(scene, bend_mm=0.0, anatomy=replace(scene.anatomy, trabeculae_mm=0.0))


def calm(scene: Scene) -> Scene:
    """Without texture of the chest, which may dip below zero where the magnitude folds it back."""
    none = (0.0, 0.0, 0.0, np.pi / 2)
    return replace(scene, around=replace(scene.around, fine=none, coarse=none))


def shot(scene: Scene, plane, protocol=CLEAR, seed: int = 5, **how) -> mr.Stack:
    return mr.render(scene, (plane,), protocol, np.random.default_rng(seed), **how)


# ---- the acquisition ---------------------------------------------------------------------------
def test_a_noise_free_full_acquisition_gives_the_picture_back_whatever_its_phase():
    rng = np.random.default_rng(1)
    picture = rng.uniform(0, 1, (2, 32, 40))
    got = mr.acquire(picture, rng.normal(0, 1, picture.shape), (2.0, 2.0), np.zeros((2, *picture.shape)))
    assert got == pytest.approx(picture, abs=1e-10)


def test_background_is_rayleigh_and_signal_is_gaussian():
    rng, sigma = np.random.default_rng(2), 0.05
    picture = np.zeros((1, 200, 200))
    picture[:, 100:] = 1.0
    noise = sigma * rng.standard_normal((2, *picture.shape))
    got = mr.acquire(picture, 0.7 + 0 * picture, (2.0, 2.0), noise)
    dark, bright = got[:, :100], got[:, 100:]
    assert dark.mean() == pytest.approx(sigma * np.sqrt(np.pi / 2), rel=0.01)
    assert dark.std() == pytest.approx(sigma * np.sqrt(2 - np.pi / 2), rel=0.02)
    assert bright.std() == pytest.approx(sigma, rel=0.02)
    assert bright.mean() == pytest.approx(np.sqrt(1 + sigma**2), rel=2e-3)


def test_less_k_space_is_less_noise():
    noise = 0.05 * np.random.default_rng(3).standard_normal((2, 1, 200, 200))
    signal = np.ones((1, 200, 200))
    full, half = (mr.acquire(signal, 0 * signal, (k, 2.0), noise).std() for k in (2.0, 0.5))
    assert half / full == pytest.approx(np.sqrt(0.5), rel=0.03)


@pytest.mark.parametrize("kept", [0.5, 0.7])
@pytest.mark.parametrize("axis", [0, 1])
def test_truncation_keeps_the_mean_and_spreads_a_point_by_what_was_left_out(kept, axis):
    n, fine = 128, 32
    picture = np.zeros((1, n, n))
    picture[0, 64, 64] = 1.0
    shares = (kept, 2.0) if axis == 0 else (2.0, kept)
    got = mr.acquire(picture, 0 * picture, shares, np.zeros((2, *picture.shape)))[0]
    along = got[:, 64] if axis == 0 else got[64]
    other = got[64] if axis == 0 else got[:, 64]
    assert np.delete(other, 64) == pytest.approx(0, abs=1e-12)  # the other direction stays sharp
    # Magnitude has lost the side lobes' signs; the main lobe between them tells the width.
    k = np.fft.fft(along * _signs(n, kept))
    padded = np.zeros(n * fine, complex)
    padded[: n // 2], padded[-n // 2 :] = k[: n // 2], k[n // 2 :]
    lobe = np.fft.ifft(padded).real
    # The main lobe of sin(x) / x is 1.207 samples wide at half its height.
    assert (lobe > lobe.max() / 2).sum() / fine == pytest.approx(1.207 / kept, rel=0.03)
    smooth = 1.0 + np.random.default_rng(0).uniform(0, 0.5, (1, n, n))
    blurred = mr.acquire(smooth, 0 * smooth, shares, np.zeros((2, *smooth.shape)))
    assert blurred.mean() == pytest.approx(smooth.mean(), rel=1e-6)
    assert blurred.std() < 0.95 * smooth.std()


def _signs(n: int, kept: float) -> np.ndarray:
    """Signs of sin(x) / x about sample 64 with zeros every 1 / kept samples."""
    return np.where(np.sinc((np.arange(n) - 64) * kept) < 0, -1.0, 1.0)


# ---- thick slices, the window of a frame -------------------------------------------------------
def test_a_thick_slice_at_the_apex_is_the_mean_of_thin_ones():
    scene = calm(scene_of(4, HEART))
    z = 92.0
    thick = shot(scene, short_axis(z)).pixels
    offsets = ((np.arange(4) + 0.5) / 4 - 0.5) * 8.0
    thin = [shot(scene, short_axis(z + d), replace(CLEAR, through=1)).pixels for d in offsets]
    assert thick == pytest.approx(np.mean(thin, axis=0), abs=2e-5)
    assert np.abs(thin[0] - thin[-1]).max() > 0.2  # the slices differ, or nothing is shown


def test_a_frame_is_the_mean_over_its_window():
    scene = calm(scene_of(4, HEART))
    flat = replace(CLEAR, thickness_mm=0.0, phases=(0.2,))
    blurred = shot(scene, short_axis(40.0), replace(flat, window=0.1)).pixels
    moments = 0.2 + ((np.arange(4) + 0.5) / 4 - 0.5) * 0.1
    sharp = shot(scene, short_axis(40.0), replace(flat, phases=tuple(moments), through=1)).pixels
    assert blurred[:, 0] == pytest.approx(sharp.mean(1), abs=2e-5)
    assert np.abs(sharp[:, 0] - sharp[:, 3]).max() > 0.2


def test_a_breath_hold_shift_moves_picture_and_labels_alike():
    scene, protocol = plain(scene_of(6, HEART)), replace(CLEAR, through=1, shift_mm=3.0)
    stack = mr.render(scene, (short_axis(40.0),) * 40, protocol, np.random.default_rng(0))
    lv = (stack.labels == 1) | (stack.labels == 2)
    at = np.array([np.argwhere(m[0]).mean(0) for m in lv]) * CLEAR.spacing_mm
    assert at.std(0) == pytest.approx([3.0, 3.0], rel=0.35)
    first = stack.pixels[0, 0]
    for picture, place in zip(stack.pixels[1:8, 0], at[1:], strict=False):
        moved = (place - at[0]) / CLEAR.spacing_mm
        assert _moved(first, picture) == pytest.approx(moved, abs=0.25)


def _moved(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Displacement of b against a in pixels: peak of the correlation of the inner part, to a fraction."""
    half, reach = slice(16, 48), 5
    score = np.full((2 * reach + 1,) * 2, np.inf)
    for v in range(-reach, reach + 1):
        for h in range(-reach, reach + 1):
            part = b[16 + v : 48 + v, 16 + h : 48 + h]
            score[v + reach, h + reach] = ((part - a[half, half]) ** 2).sum()
    v, h = np.unravel_index(np.argmin(score), score.shape)
    out = []
    for line, at in ((score[:, h], int(v)), (score[v], int(h))):
        left, middle, right = line[at - 1 : at + 2]
        out.append(at - reach + 0.5 * (left - right) / (left - 2 * middle + right))
    return np.array(out)


# ---- field and coils ---------------------------------------------------------------------------
def _magnet(scene: Scene, **changes) -> Scene:
    return replace(scene, magnet=replace(scene.magnet, **changes))


def test_dark_bands_lie_where_the_field_is_off_by_half_the_rate_of_pulses():
    slope, root = 2.5, np.sqrt(2.0)  # Hz per mm along x
    k = 1e-4
    # sqrt(2) cos(k x - pi / 2) is a straight line of slope sqrt(2) k.
    scene = _magnet(
        scene_of(1, HEART), repetition_ms=4.0, flip_rad=0.9, shading=0.0,
        field_hz=slope / (root * k), field_waves=(k, 0.0, 0.0, -np.pi / 2),
    )  # fmt: skip
    one = together([scene], np.zeros(1), axes=2)
    x = np.linspace(-100, 100, 2001)[None, None]
    factor = mr.bands(one, x, 0 * x, 0 * x)
    for found in (factor.blood[0, 0], factor.solid[0, 0]):
        for side in (x[0, 0] > 0, x[0, 0] < 0):
            at = x[0, 0][side][found[side].argmin()]
            assert abs(at) == pytest.approx(1000 / (2 * 4.0) / slope, abs=0.3)
        assert found[1000] == pytest.approx(1.0, abs=1e-6) and found.min() < 0.2


def test_coils_shade_blood_and_muscle_alike_and_smoothly():
    scene = _magnet(scene_of(1, HEART), field_hz=0.0, shading=0.5)
    one = together([scene], np.zeros(1), axes=2)
    x, y = np.meshgrid(*[np.linspace(-80, 80, 161)] * 2)
    factor = mr.bands(one, x[None], y[None], 0 * x[None])
    assert factor.blood == pytest.approx(factor.solid)
    log = np.log(factor.blood[0])
    assert log.std() > 0.02
    steepest = 0.5 * 0.6 * np.sqrt(2 / 3) * 3 * 2 * np.pi / 180  # three waves of at least 180 mm
    assert max(np.abs(np.diff(log, axis=a)).max() for a in (0, 1)) < steepest


def test_blood_is_one_and_muscle_what_the_scene_says_in_a_perfect_magnet():
    scene = _magnet(plain(scene_of(9, HEART)), field_hz=0.0, shading=0.0)
    quiet = replace(scene.tissues, texture=0.0, swirl=0.0)
    muscles = tuple(replace(p, radius_mm=-9.0) for p in scene.anatomy.papillary)
    scene = replace(scene, tissues=quiet, anatomy=replace(scene.anatomy, papillary=muscles))
    stack = shot(scene, short_axis(30.0), replace(CLEAR, thickness_mm=0.0, through=1))
    picture, labels = stack.pixels[0, 0], stack.labels[0, 0]
    y, x = (np.indices(labels.shape) - 31.5) * 2.4
    radius = np.hypot(x, y)
    endo = 26.0 * np.sqrt(1 - (30 / 90) ** 2)
    assert picture[radius < endo - 4] == pytest.approx(1.0, abs=1e-3)
    ring = np.abs(radius - endo - 4.5) < 1.2
    assert np.median(picture[ring]) == pytest.approx(quiet.myocardium, abs=1e-3)
    assert (labels[radius < endo - 1.5] == 1).all() and (labels[ring] == 2).all()


# ---- labels ------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["ED", "ES"])
def test_labels_of_finer_grids_converge_to_the_ellipsoids_areas(state):
    moment, z = (0.0, 30.0) if state == "ED" else (SYSTOLE, 45.0)
    base = 0.0 if state == "ED" else 0.15 * 90.0
    u = (z - base) / (90.0 - base)
    rest = 26.0 * np.sqrt(1 - u * u)  # of the ellipsoid
    endo = rest * (1 if state == "ED" else np.sqrt(1 - WHOLE))
    cavity = np.pi * endo**2
    outer2 = (26.0 + 9.0) ** 2 * (1 - (u * 90.0 / 95.0) ** 2)  # the ellipsoid around it, 5 mm longer
    wall = np.pi * (outer2 - rest**2) * 90.0 / (90.0 - base)  # incompressible
    scene, errors = plain(scene_of(2, HEART)), []
    for size, spacing in ((70, 1.6), (430, 0.26)):
        protocol = replace(CLEAR, size=size, spacing_mm=spacing)
        labels = _labels(scene, z, moment, protocol)
        found = [(labels == k).sum() * spacing**2 for k in (1, 2)]
        errors.append([abs(f / e - 1) for f, e in zip(found, (cavity, wall), strict=True)])
    assert max(errors[0]) < 0.05 and max(errors[1]) < 0.003


def _labels(scene: Scene, z: float, moment: float, protocol=CLEAR, *, reader: bool = True) -> np.ndarray:
    """Labels of one slice without its picture."""
    one = together([scene], np.zeros(1), axes=2)
    x, y, zz = short_axis(z).grid(protocol.size, protocol.size, protocol.spacing_mm)[:, None]
    state = one.anatomy.heart.beat.at(np.full((1, 1, 1), moment))
    if reader:
        return reader_labels(one.anatomy, x, y, zz, state)[0]
    return exact_labels(*mr.layers(one.anatomy, x, y, zz, state))[0]


@pytest.mark.parametrize("seed", [0, 2, 4, 7])
def test_readers_draw_a_whole_ring_or_nothing(seed):
    scene = scene_of(seed, bend_mm=4.0)
    heart = scene.anatomy.heart
    drawn, fine = 0, replace(CLEAR, size=110, spacing_mm=1.2)
    for z in np.arange(-12.0, heart.length_mm + 12, 9.0):
        for moment in (0.0, heart.beat.systole):
            labels = np.pad(_labels(scene, z, moment, fine), 1)
            cavity, lv = labels == 1, (labels == 1) | (labels == 2)
            drawn += bool(lv.any())
            for axis in (0, 1):
                for step in (-1, 1):
                    assert (np.roll(lv, step, axis) | ~cavity).all()  # no blood touches the outside
    assert drawn > 6


@pytest.mark.parametrize("moment", [0.0, SYSTOLE])
def test_a_slice_is_in_where_the_wall_stands_on_half_of_the_circumference(moment):
    tilted = replace(HEART, tilt_mm=(8.0, 3.0))
    scene = plain(scene_of(3, tilted))
    # A tilted plane crosses its own middle height along a diameter: half of the wall stands there.
    base = 0.0 if moment == 0.0 else 0.15 * 90.0
    above, below = (_labels(scene, base + d, moment) for d in (-0.4, 0.4))
    assert not ((above == 1) | (above == 2)).any()
    assert (below == 1).any() and (below == 2).any()
    beyond = _labels(scene, 90.0 + 5.2, moment)  # apex_wall_mm is 5
    assert not ((beyond == 1) | (beyond == 2)).any()


def test_a_reader_may_draw_the_endocardium_farther_out():
    scene = plain(scene_of(2, HEART))
    scene = replace(scene, anatomy=replace(scene.anatomy, trabeculae_mm=2.0))
    one = together([scene], np.zeros(1), axes=2)
    x, y, z = short_axis(45.0).grid(400, 400, 0.25)[:, None]
    state = one.anatomy.heart.beat.at(np.zeros((1, 1, 1)))
    drawn = [reader_labels(one.anatomy, x, y, z, state, Reader(d))[0] for d in (0.0, 0.8, 50.0)]
    radius = [np.sqrt((labels == CAVITY).sum() * 0.25**2 / np.pi) for labels in drawn]
    assert radius[1] - radius[0] == pytest.approx(0.8, abs=0.03)
    outside = np.sqrt((drawn[0] > 0).sum() * 0.25**2 / np.pi)
    assert radius[2] < outside  # never through the wall


def test_where_nothing_blurs_the_border_readers_draw_the_border():
    smooth = plain(scene_of(2, HEART))
    smooth = replace(smooth, anatomy=replace(smooth.anatomy, trabeculae_mm=0.0))
    one = together([smooth], np.zeros(1), axes=2)
    x, y, z = short_axis(45.0).grid(200, 200, 0.5)[:, None]
    for moment in (0.0, SYSTOLE):
        state = one.anatomy.heart.beat.at(np.full((1, 1, 1), moment))
        exact, drawn = (reader_labels(one.anatomy, x, y, z, state, Reader(0.0, d, d))[0] for d in (0.0, 0.8))
        assert (exact == drawn).all()


def test_pressed_trabeculae_are_wall_at_es_the_more_the_cavity_narrows():
    """A weak heart's border hardly moves, a strong one's by up to the share of its layer."""
    inward = {}
    for ef in (0.25, 0.75):
        heart = replace(HEART, ejection_fraction=ef)
        scene = plain(scene_of(2, heart))
        scene = replace(scene, anatomy=replace(scene.anatomy, trabeculae_mm=1.5, trabecular_reach=0.9))
        one = together([scene], np.zeros(1), axes=2)
        x, y, z = short_axis(45.0).grid(400, 400, 0.25)[:, None]
        for moment in (0.0, SYSTOLE):
            state = one.anatomy.heart.beat.at(np.full((1, 1, 1), moment))
            labels = [reader_labels(one.anatomy, x, y, z, state, Reader(pressed=p))[0] for p in (0.0, 0.5)]
            radius = [np.sqrt((drawn == CAVITY).sum() * 0.25**2 / np.pi) for drawn in labels]
            inward[ef, moment] = radius[0] - radius[1]
    assert inward[0.25, 0.0] == inward[0.75, 0.0] == 0.0
    assert 0.0 < inward[0.25, SYSTOLE] < 0.3 and 0.6 < inward[0.75, SYSTOLE] < 2.0


def test_trabeculae_are_read_as_cavity_where_nothing_is_said_of_them_at_ed_and_es():
    bare, rough = (
        replace(s, anatomy=replace(s.anatomy, trabeculae_mm=t))
        for s, t in ((plain(scene_of(2, HEART)), 0.0), (plain(scene_of(2, HEART)), 2.0))
    )
    for moment in (0.0, SYSTOLE):
        assert (_labels(bare, 45.0, moment) == _labels(rough, 45.0, moment)).all()


def test_trabeculae_with_a_sharp_edge_stand_darker_against_the_blood():
    """Beside the wall both are muscle; half way through the layer only the sharp one is."""
    scenes = [
        replace(
            s,
            anatomy=replace(s.anatomy, trabeculae_mm=3.0, papillary=(), trabecular_edge=edge),
            tissues=replace(s.tissues, mesh=1.0, swirl=0.0),
        )
        for s, edge in ((plain(scene_of(2, HEART)), 1.0), (plain(scene_of(2, HEART)), 0.2))
    ]
    even, sharp = (shot(s, short_axis(45.0), CLEAR) for s in scenes)
    inside = even.labels[0, 0] == CAVITY
    dark = [(p.pixels[0, 0][inside] < 0.6).mean() for p in (even, sharp)]
    assert (even.labels == sharp.labels).all()
    assert dark[1] > 1.4 * dark[0] > 0.02


def test_trabeculae_darken_the_rim_of_the_cavity_most_at_the_wall():
    bare, rough = (
        replace(s, anatomy=replace(s.anatomy, trabeculae_mm=t, papillary=()))
        for s, t in ((plain(scene_of(2, HEART)), 0.0), (plain(scene_of(2, HEART)), 3.0))
    )
    scenes = [replace(s, tissues=replace(s.tissues, mesh=1.0, swirl=0.0)) for s in (bare, rough)]
    pictures = [shot(s, short_axis(45.0), CLEAR).pixels[0, 0] for s in scenes]
    drop = pictures[0] - pictures[1]
    line = drop[drop.shape[0] // 2]
    middle, cavity = len(line) // 2, _labels(bare, 45.0, 0.0)[drop.shape[0] // 2] == 1
    rim = np.flatnonzero(cavity)[-1]
    assert abs(line[middle]) < 0.02 and line[rim - 1] > 0.15


def test_long_axis_labels_hold_the_left_atrium_above_the_ventricle():
    labels = shot(plain(scene_of(2, HEART)), long_axis(View.CH4, 20.0), CLEAR, reader=None).labels[0, 0]
    rows = [np.argwhere(labels == k)[:, 0].mean() for k in (CAVITY, LEFT_ATRIUM)]
    assert rows[0] < rows[1]  # unspun: the apex is on top
    area = (labels == CAVITY).sum() * 2.4**2
    assert area == pytest.approx(np.pi / 2 * 26 * 90, rel=0.03)  # half an ellipse


# ---- the window that spares the scanner points -------------------------------------------------
@pytest.mark.parametrize("seed", range(24))
def test_the_box_around_the_heart_never_cuts_it(seed, monkeypatch):
    scene = scene_of(seed, bend_mm=4.5)
    heart = scene.anatomy.heart
    protocol = replace(CLEAR, size=80, spacing_mm=2.5, through=1, phases=(0.0, float(heart.beat.systole)))
    planes = tuple(short_axis(float(z)) for z in (-38.0, -14.0, 0.2 * heart.length_mm, 0.8 * heart.length_mm))
    boxed = mr.render(scene, planes, protocol, np.random.default_rng(0)).pixels
    monkeypatch.setattr(mr, "bounds_mm", lambda *_: (-1e4, 1e4, -1e4, 1e4))
    everything = mr.render(scene, planes, protocol, np.random.default_rng(0)).pixels
    assert np.abs(boxed - everything).max() < 1e-6


# ---- bytes, libraries --------------------------------------------------------------------------
def test_same_seed_same_bytes_and_another_seed_another_picture():
    protocol = replace(CLEAR, noise=0.03, shift_mm=1.0, window=0.05)
    first, again, other = (
        shot(scene_of(s, bend_mm=3.0), short_axis(30.0), protocol).pixels.tobytes() for s in (7, 7, 8)
    )
    assert first == again != other
    assert shot(scene_of(7, bend_mm=3.0), short_axis(30.0), protocol, seed=6).pixels.tobytes() != first

"""Brightness of tissues follows physics where it is told to, and strays where it may."""

from dataclasses import fields, replace

import numpy as np
import pytest

from lvcine.phantom.bssfp import TIMES
from lvcine.phantom.heart import Heart
from lvcine.phantom.mr import bent
from lvcine.phantom.scene import Scene, Tissues, draw_scene

HEART = Heart(length_mm=90.0, radius_mm=25.0, wall_mm=9.0, ejection_fraction=0.6)


def scene_of(seed: int, **changes) -> Scene:
    return draw_scene(HEART, np.random.default_rng(seed), **changes)


def known_signal(tissue, flip: float, tr: float) -> float:
    """On-resonance balanced steady state at TR / 2 (Scheffler 2003)."""
    e1, e2 = np.exp(-tr / tissue.t1_ms), np.exp(-tr / tissue.t2_ms)
    bottom = 1 - (e1 - e2) * np.cos(flip) - e1 * e2
    return float(tissue.density * np.sqrt(e2) * (1 - e1) * np.sin(flip) / bottom)


@pytest.mark.parametrize("seed", range(8))
def test_without_spread_tissues_are_as_bright_as_physics_says(seed):
    s = scene_of(seed, spread=0.0)
    m = s.magnet
    (field,) = (f for f in TIMES if TIMES[f]["blood"] == m.blood)
    blood = known_signal(TIMES[field]["blood"], m.flip_rad, m.repetition_ms)
    for level, name in ((s.levels.liver, "liver"), (s.levels.fat, "fat"), (s.levels.muscle, "muscle")):
        assert level == pytest.approx(known_signal(TIMES[field][name], m.flip_rad, m.repetition_ms) / blood)
    assert s.tissues.lv == s.tissues.rv == s.tissues.la == 1.0
    assert m.shading == m.field_hz == 0.0


def test_muscle_is_darker_than_blood_and_brighter_than_lung_in_every_subject():
    scenes = [scene_of(s) for s in range(200)]
    muscle = np.array([s.tissues.myocardium for s in scenes])
    assert muscle.max() < 0.75 and np.median(muscle) == pytest.approx(0.35, abs=0.1)
    assert np.mean([s.tissues.myocardium > s.levels.lung for s in scenes]) > 0.97
    assert {TIMES[1.5]["blood"], TIMES[3.0]["blood"]} == {s.magnet.blood for s in scenes}


def test_no_brightness_is_negative():
    for seed in range(60):
        tissues = scene_of(seed).tissues
        assert all(getattr(tissues, f.name) >= 0.0 for f in fields(Tissues))


def test_same_seed_same_subject_and_another_seed_another():
    assert scene_of(3, bend_mm=4.0) == scene_of(3, bend_mm=4.0) != scene_of(4, bend_mm=4.0)


def test_bending_moves_points_smoothly_and_by_what_was_asked():
    s = scene_of(5)
    x, y = np.meshgrid(*[np.linspace(-80, 80, 161)] * 2)
    straight = bent(s, x, y, 0 * x)
    assert s.bend_mm == 0.0 and (straight[0] == x).all() and (straight[1] == y).all()
    bx, by = bent(replace(s, bend_mm=3.0), x, y, 0 * x)
    assert np.hypot(bx - x, by - y).mean() == pytest.approx(3.0 * np.sqrt(np.pi / 2), rel=0.35)
    # Nothing folds: the deformation keeps its orientation everywhere.
    xx, xy = np.gradient(bx, 1.0)[::-1]
    yx, yy = np.gradient(by, 1.0)[::-1]
    assert (xx * yy - xy * yx).min() > 0.0

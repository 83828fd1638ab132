"""Batches keep pictures and curves in step; what moves is found; the tiny net learns from them."""

import numpy as np
import pytest
import torch

from lvcine.systems.frames.decode import best_fit
from lvcine.systems.frames.prepare import as_input, heart_window
from lvcine.systems.frames.recipe import TINY
from lvcine.systems.frames.target import target_curve, target_of_clip
from lvcine.systems.frames.train.data import LabelledClip
from lvcine.systems.frames.train.sample import Sampler
from lvcine.systems.frames.train.task import TASK
from lvcine.training.fit import fit


def beating(curve: np.ndarray, size: int = 24) -> np.ndarray:
    y, x = np.indices((size, size)) - size / 2
    radius = (4.5 + 3.5 * np.nan_to_num(curve, nan=0.5)) * size / 24
    return np.where(np.hypot(y, x)[None] < radius[:, None, None], 200, 40).astype(np.uint8)


def cycle(frames: int, ed: float, es: float) -> LabelledClip:
    return LabelledClip("c", beating(target_curve(frames, ed, es)), True, np.array([ed]), np.array([es]))


def stretch(frames: int = 40) -> LabelledClip:
    eds, ess = np.array([3.0, 15.0, 27.0]), np.array([8.0, 20.0, 32.0])
    return LabelledClip(
        "s", beating(target_of_clip(np.arange(frames, dtype=float), eds, ess)), False, eds, ess
    )


@pytest.mark.parametrize("clips", [[cycle(17, 3, 9), cycle(30, 25, 8)], [stretch()]])
def test_curves_stay_in_step_with_the_pictures(clips):
    sampler = Sampler(clips, TINY, 0)
    for step in range(6):
        batch = sampler(step)
        assert batch.images.shape == (TINY.clips, TINY.frames, 24, 24) and batch.closed is clips[0].closed
        for x, y, known in zip(batch.images, batch.target, batch.known, strict=True):
            bright = x.flatten(1).mean(1)[known]
            if known.sum() > 4:
                assert float(torch.corrcoef(torch.stack([bright, y[known]]))[0, 1]) > 0.8


def test_the_tiny_net_learns_from_batches(tmp_path):
    rng = np.random.default_rng(2)
    clips = []
    for _ in range(12):
        frames, systole = int(rng.integers(12, 25)), rng.uniform(0.3, 0.5)
        ed = float(rng.integers(frames))
        clips.append(cycle(frames, ed, (ed + round(systole * frames)) % frames))
    net = fit(TASK, TINY, clips[:9], tmp_path / "run")
    off = []
    for clip in clips[9:]:
        with torch.no_grad():
            x = torch.from_numpy(as_input(clip.pixels, heart_window(clip.pixels, 24)))[None]
            found = best_fit(net(x, closed=True)[0].numpy().astype(float))
        count = len(clip.pixels)
        off += [
            min((a - b) % count, (b - a) % count) / count
            for a, b in ((found.ed, clip.eds[0]), (found.es, clip.ess[0]))
        ]
    assert np.mean(off) < 0.08


def test_what_moves_is_cut_out():
    clip = np.random.default_rng(0).normal(100, 2, (10, 200, 260)).astype(np.float32)
    clip[:, :, 200:] += 100  # bright and still
    clip[:, 50:130, 60:140] = beating(target_curve(10, 0, 4), 80)
    window = heart_window(clip, 64)
    assert window.centre == pytest.approx((89.5, 99.5), abs=4)
    assert 60 < window.step[0] * 64 < 160
    seen = as_input(clip, window)
    assert seen.shape == (10, 64, 64) and seen.min() >= -0.2 and seen.max() <= 2


def test_where_nothing_moves_the_middle_is_taken():
    assert heart_window(np.zeros((4, 50, 60), np.uint8), 32).centre == (24.5, 29.5)

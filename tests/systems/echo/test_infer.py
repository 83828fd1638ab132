"""The shipped form of a tiny net: the trained one's answers, on the clip's own grid."""

import numpy as np
import pytest
import torch

from lvcine.engine import Runtime, load
from lvcine.errors import NotACineError
from lvcine.study import Cine, Geometry, View
from lvcine.systems.echo.infer import segment_clip
from lvcine.systems.echo.prepare import as_input, find_sector
from lvcine.systems.echo.recipe import DRAW_FILE, TINY
from lvcine.systems.echo.stream import Steps
from lvcine.systems.echo.train.data import LabelledClip
from lvcine.systems.echo.train.net import EchoNet
from lvcine.systems.echo.train.task import TASK
from lvcine.training.fit import learn
from lvcine.training.items import write_item
from lvcine.training.ship import ship


def beating(frames: int, size: int) -> np.ndarray:
    y, x = np.indices((size, size)) - size / 2
    r = np.hypot(y, x)
    radii = size / 5 + size / 16 * np.cos(2 * np.pi * np.arange(frames) / frames)
    labels = np.stack([np.where(r < a, 1, np.where(r < a + size / 8, 2, 0)) for a in radii])
    noise = np.random.default_rng(0).normal(0, 6, labels.shape)
    return np.stack([np.clip(np.choose(labels, [90, 25, 190]) + noise, 0, 255), labels]).astype(np.uint8)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("echo")
    (folder / "pool").mkdir()
    for number, (view, frames) in enumerate((("A4C", 6), ("A3C", 9))):
        clip = LabelledClip(f"training-{number:06d}~{view}", view, *beating(frames, 32))
        write_item(folder / "pool", clip)
    learn(TASK, "tiny", folder / "pool", folder / "run", steps=120, rate=6e-3)
    ship(TASK, {"draw": folder / "run"}, folder / "weights")
    return folder


def test_step_by_step_the_shipped_net_answers_as_the_trained_clip(weights):
    from lvcine.training.loop import load_mean

    net = load_mean(weights / "run", EchoNet(TINY))
    clip = np.random.default_rng(1).random((5, 32, 32)).astype(np.float32)
    with torch.no_grad():
        logits, view, _ = net(torch.from_numpy(clip)[None, :, None], torch.ones(1))
    steps = Steps(load("echo", Runtime(weights=weights / "weights"), file=DRAW_FILE), "A3C")
    for _ in range(2):  # and once more after forgetting
        for t, frame in enumerate(clip):
            p, q = steps(frame)
            np.testing.assert_allclose(p, logits[0, t].softmax(0).numpy(), atol=5e-3)
            np.testing.assert_allclose(q, view[0, t].softmax(0).numpy(), atol=5e-3)
        steps.forget()


def test_a_clip_comes_back_on_its_own_grid(weights):
    pixels, labels = beating(6, 100)
    screen = np.zeros((1, 6, 140, 180), np.uint8)
    screen[0, :, 20:120, 50:150] = pixels
    cine = Cine(screen, Geometry.stack(1, (1.0, 1.0), 1.0), gated=False, view=View.A4C, modality="US")
    found = segment_clip(cine, Runtime(weights=weights / "weights"), flip="none")
    # A ring is a short axis, whatever is said.
    assert found.view is View.A4C and [f.code for f in found.findings] == ["view-doubtful"]
    assert found.view_confidence == 1.0
    truth = np.zeros_like(screen[0])
    truth[:, 20:120, 50:150] = labels
    ours = found.segmentation.mask.labels[0]
    both = 2 * ((ours == 1) & (truth == 1)).sum() / ((ours == 1).sum() + (truth == 1).sum())
    assert ours.shape == truth.shape and both > 0.7
    middle = found.segmentation.endo[0][0].points.mean(0)
    assert np.abs(middle - [69.5, 99.5]).max() < 5


def test_a_ring_is_no_apical_view():
    cine = Cine(beating(6, 64)[None, 0], Geometry.stack(1, (1.0, 1.0), 1.0), gated=False, modality="US")
    with pytest.raises(NotACineError, match="parasternal short axis"):
        segment_clip(cine)


def test_the_sector_is_cut_square_and_letters_are_left_out():
    rng = np.random.default_rng(0)
    y, x = np.indices((200, 300))
    sector = (np.hypot(y - 10, x - 120) < 160) & (np.abs(x - 120) < (y - 5) * 0.8)
    frames = rng.integers(20, 160, (8, 200, 300)) * sector
    frames[:, 5:15, 220:290] = 255
    found = find_sector(frames.astype(np.uint8), (1.0, 1.0), 64)
    assert not found.mask[5:15, 220:290].any()
    assert (found.mask & sector).sum() > 0.97 * sector.sum()
    seen = as_input(frames.astype(np.uint8), found)
    assert seen.shape == (8, 64, 64) and seen.max() <= 1 and seen[:, 32, 32].mean() > 0.1


def test_a_crop_that_is_picture_all_over_is_taken_whole():
    frames = np.random.default_rng(0).integers(20, 200, (5, 112, 112)).astype(np.uint8)
    found = find_sector(frames, (1.0, 1.0), 64)
    assert found.mask.mean() > 0.95 and found.window.centre == pytest.approx((55.5, 55.5), abs=2)

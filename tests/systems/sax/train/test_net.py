"""The net: shapes, the closed cycle, and that its tiny form learns."""

import numpy as np
import torch

from lvcine.systems.sax.prepare import normalise, with_neighbours
from lvcine.systems.sax.recipe import DEFAULT, TINY
from lvcine.systems.sax.train.net import OneClip, SaxNet
from lvcine.training.export import export
from lvcine.training.loop import Schedule, train
from lvcine.training.losses import partial_loss


def test_any_number_of_frames_and_any_multiple_of_sixteen_rows():
    net = SaxNet(DEFAULT).eval()
    with torch.no_grad():
        for frames in (1, 2, 5):
            assert net(torch.zeros(frames, 3, 32, 48)).shape == (frames, 4, 32, 48)


def test_where_the_cycle_starts_does_not_matter():
    torch.manual_seed(0)
    net = SaxNet(TINY).eval()
    clip = torch.randn(6, 3, 32, 32)
    with torch.no_grad():
        rolled = net(torch.roll(clip, 2, 0))
        assert torch.allclose(torch.roll(net(clip), 2, 0), rolled, atol=1e-5)


def test_clips_of_a_batch_do_not_mix():
    torch.manual_seed(0)
    net = SaxNet(TINY).eval()
    a, b = torch.randn(2, 4, 3, 32, 32)
    with torch.no_grad():
        together = net(torch.cat([a, b]), 2)
        assert torch.allclose(together[:4], net(a), atol=1e-5)


def test_the_tiny_recipe_learns_a_ring(tmp_path):
    torch.manual_seed(0)
    rows, columns = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")

    def batch() -> tuple[torch.Tensor, torch.Tensor]:
        centre = 12 + 8 * torch.rand(8, 2, 1, 1)
        radius = torch.hypot(rows - centre[:, 0], columns - centre[:, 1])
        y = torch.where(radius < 5, 1, torch.where(radius < 9, 2, 0))
        x = torch.where(y == 1, 1.0, torch.where(y == 2, 0.2, 0.5)) + 0.05 * torch.randn(8, 32, 32)
        return x[:, None].expand(-1, 3, -1, -1), y

    def loss_of(net, _step):
        x, y = batch()
        return partial_loss(net(x, 4), y)

    schedule = Schedule(TINY.steps, TINY.learning_rate, 0.0, TINY.ema, warm_up=5)
    net = train(SaxNet(TINY), loss_of, schedule, tmp_path)
    x, y = batch()
    with torch.no_grad():
        found = net(x, 4).argmax(1)
    dice = 2 * ((found == 1) & (y == 1)).sum() / ((found == 1).sum() + (y == 1).sum())
    assert dice > 0.85
    resumed = train(SaxNet(TINY), loss_of, schedule, tmp_path)  # nothing left to do: the same net
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), resumed.parameters(), strict=True))


def test_the_shipped_form_answers_as_the_net_does(tmp_path):
    from lvcine.engine.silent import onnxruntime

    torch.manual_seed(0)
    net = OneClip(SaxNet(TINY)).eval()
    axes = {0: "frames", 2: "rows", 3: "columns"}
    export(net, (2, 3, 32, 32), tmp_path / "n.onnx", axes, ("clip", "logits"))
    clip = torch.randn(5, 3, 48, 32)
    session = onnxruntime().InferenceSession(str(tmp_path / "n.onnx"))
    (answer,) = session.run(None, {"clip": clip.numpy()})
    with torch.no_grad():
        assert np.abs(answer - net(clip).numpy()).max() < 0.02  # weights are stored in half precision


def test_neighbours_stand_on_either_side_and_ends_see_nothing():
    stack = np.arange(3)[:, None, None, None] * np.ones((3, 2, 4, 4)) + 1
    assert with_neighbours(stack, 0)[0, :, 0, 0].tolist() == [0, 1, 2]
    assert with_neighbours(stack, 1)[1, :, 0, 0].tolist() == [1, 2, 3]


def test_the_scale_of_intensities_does_not_matter():
    clip = np.random.default_rng(0).gamma(2.0, 30.0, (4, 3, 32, 32))
    assert np.allclose(normalise(clip), normalise(clip * 17.0 + 300.0), atol=1e-4)

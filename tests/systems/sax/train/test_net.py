"""The net: shapes, the closed cycle, and that its tiny form learns."""

from dataclasses import replace

import numpy as np
import torch

from lvcine.engine.backends import onnxruntime_session
from lvcine.systems.sax.convention import CONVENTION
from lvcine.systems.sax.prepare import normalise, with_neighbours
from lvcine.systems.sax.recipe import DEFAULT, TINY
from lvcine.systems.sax.train.net import SaxNet
from lvcine.systems.sax.train.sample import REAL, Batch
from lvcine.systems.sax.train.task import TASK, graphs
from lvcine.training.export import export_graph
from lvcine.training.fit import fit
from lvcine.training.labelled import LabelledStudy
from lvcine.training.loop import Schedule


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


def test_what_readers_draw_is_told_frame_by_frame():
    torch.manual_seed(0)
    net = SaxNet(TINY).eval()
    clip, told = torch.randn(2, 3, 32, 32), torch.tensor([0.0, 1.0])
    with torch.no_grad():
        assert torch.equal(net(clip, 2, told), net(clip, 2))  # nothing is learned of readers yet
        for readers in net.readers:
            readers.normal_()
        plain, both = net(clip, 2), net(clip, 2, told)
    assert torch.allclose(both[0], plain[0], atol=1e-6) and not torch.allclose(both[1], plain[1], atol=1e-2)


def test_a_member_answers_as_the_net_does(tmp_path):
    torch.manual_seed(0)
    net = SaxNet(TINY).eval()
    with torch.no_grad():
        for readers in net.readers:
            readers.normal_()
    (graph,) = graphs(net, TINY, "3")
    file = tmp_path / graph.file
    assert file.name == "sax-3.onnx" and graph.bits == 8
    export_graph(graph, tmp_path)
    session = onnxruntime_session(file.read_bytes(), 1)
    clip, shares = torch.randn(5, 3, 48, 32), torch.tensor([0.0, 0.3, 1.0, 0.0, 0.5])
    for share in (torch.zeros(5), shares):
        (answer,) = session.run({"clip": clip.numpy(), CONVENTION: share.numpy()}).values()
        with torch.no_grad():
            wanted = net(clip, 1, share).numpy()
        assert np.abs(answer - wanted).max() < 0.03 * np.abs(wanted).max()


def test_the_tiny_net_learns_a_ring(tmp_path):
    """Through its own loss, from labels that tell the RV from nothing."""
    rows, columns = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")

    def batch(_step: int) -> Batch:
        centre = 12 + 8 * torch.rand(8, 2, 1, 1)
        radius = torch.hypot(rows - centre[:, 0], columns - centre[:, 1])
        y = torch.where(radius < 5, 1, torch.where(radius < 9, 2, 0))
        x = torch.where(y == 1, 1.0, torch.where(y == 2, 0.2, 0.5)) + 0.05 * torch.randn(8, 32, 32)
        return Batch(x[:, None].expand(-1, 3, -1, -1), y + REAL, 2)

    ring = LabelledStudy("training-000000~SAX", np.zeros(1, np.uint8), np.zeros(1, np.uint8))
    quick = Schedule(200, TINY.learning_rate, 0.0, TINY.ema, warm_up=5)
    net = fit(replace(TASK, sampler=lambda *_: batch, schedule=lambda r: quick), TINY, [ring], tmp_path)
    x, y, clips = batch(0)
    with torch.no_grad():
        found = net(x, clips).argmax(1)
    y = y - REAL
    dice = 2 * ((found == 1) & (y == 1)).sum() / ((found == 1).sum() + (y == 1).sum())
    assert dice > 0.85


def test_neighbours_stand_on_either_side_and_ends_see_nothing():
    stack = np.arange(3)[:, None, None, None] * np.ones((3, 2, 4, 4)) + 1
    assert with_neighbours(stack, 0)[0, :, 0, 0].tolist() == [0, 1, 2]
    assert with_neighbours(stack, 1)[1, :, 0, 0].tolist() == [1, 2, 3]


def test_the_scale_of_intensities_does_not_matter():
    clip = np.random.default_rng(0).gamma(2.0, 30.0, (4, 3, 32, 32))
    assert np.allclose(normalise(clip), normalise(clip * 17.0 + 300.0), atol=1e-4)

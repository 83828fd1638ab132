"""Training goes on from a shipped member: it says what the file says, before its first step."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import lvcine
from lvcine.engine.backends import onnxruntime_session
from lvcine.errors import WeightsError
from lvcine.systems.sax.convention import CONVENTION
from lvcine.systems.sax.recipe import TINY
from lvcine.systems.sax.train.net import SaxNet
from lvcine.systems.sax.train.sample import Batch
from lvcine.systems.sax.train.shipped import count_norms, norm_pairs, shipped
from lvcine.systems.sax.train.task import TASK, graphs
from lvcine.training.export import export_graph
from lvcine.training.task import Graph

WEIGHTS = Path(lvcine.__file__).parent / "weights"


def batch(seed: int) -> Batch:
    pictures = torch.rand(8, 3, 48, 48, generator=torch.Generator().manual_seed(seed))
    return Batch(pictures, torch.zeros(8, 48, 48, dtype=torch.long), 2)


def with_card(graph: Graph, folder: Path) -> None:
    digest = export_graph(graph, folder)
    files = f'[files]\n"{graph.file}" = "{digest}"\n'
    (folder / "sax.toml").write_text(f'name = "sax"\n{files}[training.1]\nrecipe = "tiny"\n')


def told(file: Path, clip: torch.Tensor) -> np.ndarray:
    session = onnxruntime_session(file.read_bytes(), 1)
    inputs = {"clip": clip.numpy(), CONVENTION: np.zeros(len(clip), np.float32)}
    (answer,) = session.run({name: inputs[name] for name in session.inputs}).values()
    return np.asarray(answer)


def trained_a_little(net: SaxNet) -> SaxNet:
    """With norms that are not those of a new net."""
    with torch.no_grad():
        for p in net.parameters():
            p += 0.05 * torch.randn(p.shape)
    net.train()
    for k in range(3):
        net(batch(k).images, 2)
    return net.eval()


@pytest.mark.parametrize("folded", [True, False])
def test_a_member_says_the_same_as_its_file_and_after_its_norms_were_counted(folded, tmp_path):
    torch.manual_seed(1)
    net = trained_a_little(SaxNet(TINY))
    (graph,) = graphs(net, TINY, "1")
    with_card(replace(graph, folded=folded), tmp_path)
    again, recipe = shipped(tmp_path, "1")
    again.eval()
    clip = batch(9).images[:4]
    with torch.no_grad():
        before = again(clip, 1).numpy()
    assert recipe == "tiny"
    assert np.abs(before - told(tmp_path / "sax-1.onnx", clip)).max() < 1e-3 * np.abs(before).max()
    empty = [pair for pair in norm_pairs(again) if not pair[1].running_mean.any()]
    assert bool(empty) is folded
    count_norms(again, empty, [batch(k) for k in range(3)])
    with torch.no_grad():
        after = again(clip, 1).numpy()
        again.train()
        learning = again(batch(0).images, 2)
        again.eval()
        using = again(batch(0).images, 2)
    assert np.abs(after - before).max() < 1e-3 * np.abs(before).max()
    # In training norms use their batch's own mean and spread: near what was counted, so near the same answer.
    assert not folded or float((learning - using).abs().mean()) < 0.3 * float(using.std())


def test_the_nets_in_the_package_can_be_trained_on():
    net, _ = shipped(WEIGHTS, "1")
    clip = torch.rand(2, 3, 112, 112)
    with torch.no_grad():
        ours = net.eval()(clip, 1).numpy()
    assert np.abs(ours - told(WEIGHTS / "sax-1.onnx", clip)).max() < 1e-3 * np.abs(ours).max()
    assert TASK.shipped is shipped


def test_a_file_without_a_parameter_is_refused(tmp_path):
    (graph,) = graphs(trained_a_little(SaxNet(replace(TINY, widths=(4, 8)))), TINY, "1")
    with_card(graph, tmp_path)
    with pytest.raises(WeightsError, match="without"):
        shipped(tmp_path, "1")

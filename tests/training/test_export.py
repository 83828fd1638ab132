"""What is exported computes what was trained, in half precision and in eight bits."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lvcine.engine.backends import onnxruntime_session
from lvcine.training.export import export_graph
from lvcine.training.task import Graph


def export(net: nn.Module, shape: tuple[int, ...], file: Path, bits: int) -> str:
    axes = {name: {0: "frames"} for name in ("clip", "logits")}
    graph = Graph(file.name, net, {"clip": torch.zeros(shape)}, ("logits",), axes, bits=bits)
    return export_graph(graph, file.parent)


def small() -> nn.Module:
    torch.manual_seed(3)
    layers = (
        nn.Conv2d(3, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 4, 1),
    )
    return nn.Sequential(*layers).eval()


@pytest.mark.parametrize(("bits", "off"), [(16, 1e-3), (8, 2e-2)])
def test_the_exported_net_answers_as_the_trained_one(tmp_path, bits, off):
    net, x = small(), torch.randn(2, 3, 12, 12)
    file = tmp_path / "net.onnx"
    export(net, (1, 3, 12, 12), file, bits)
    found = onnxruntime_session(file.read_bytes(), 1).run({"clip": x.numpy()})["logits"]
    with torch.no_grad():
        wanted = net(x).numpy()
    assert np.abs(found - wanted).max() < off * np.abs(wanted).max()


def test_eight_bits_are_half_the_size_of_sixteen(tmp_path):
    net = nn.Sequential(nn.Conv2d(64, 128, 3)).eval()
    sizes = []
    for bits in (16, 8):
        file = tmp_path / f"{bits}.onnx"
        export(net, (1, 64, 8, 8), file, bits)
        sizes.append(file.stat().st_size)
    assert sizes[1] < 0.53 * sizes[0]


def test_the_digest_is_that_of_the_file(tmp_path):
    import hashlib

    file = tmp_path / "net.onnx"
    digest = export(small(), (1, 3, 12, 12), file, 8)
    assert digest == hashlib.sha256(file.read_bytes()).hexdigest()

"""What is exported computes what was trained, in half precision and in eight bits."""

import numpy as np
import pytest
import torch
from torch import nn

from lvcine.engine.backends import onnxruntime_session
from lvcine.training.export import export


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
    export(net, (1, 3, 12, 12), file, {0: "frames"}, ("clip", "logits"), bits=bits)
    found = onnxruntime_session(file.read_bytes(), 1).run({"clip": x.numpy()})["logits"]
    with torch.no_grad():
        wanted = net(x).numpy()
    assert np.abs(found - wanted).max() < off * np.abs(wanted).max()


def test_eight_bits_are_half_the_size_of_sixteen(tmp_path):
    net = nn.Sequential(nn.Conv2d(64, 128, 3)).eval()
    sizes = []
    for bits in (16, 8):
        file = tmp_path / f"{bits}.onnx"
        export(net, (1, 64, 8, 8), file, {0: "frames"}, ("clip", "logits"), bits=bits)
        sizes.append(file.stat().st_size)
    assert sizes[1] < 0.53 * sizes[0]


def test_the_digest_is_that_of_the_file(tmp_path):
    import hashlib

    file = tmp_path / "net.onnx"
    digest = export(small(), (1, 3, 12, 12), file, {0: "frames"}, ("clip", "logits"), bits=8)
    assert digest == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_net_in_sixteen_bits_can_be_stored_again_in_eight(tmp_path):
    from lvcine.training.export import shrink_again

    net = nn.Sequential(nn.Conv2d(8, 64, 3), nn.ReLU(), nn.Conv2d(64, 64, 3)).eval()
    x = np.random.default_rng(0).normal(size=(1, 8, 9, 9)).astype(np.float32)
    half, less = tmp_path / "half.onnx", tmp_path / "less.onnx"
    export(net, x.shape, half, {0: "frames"}, ("clip", "logits"))
    shrink_again(half, less)
    answers = [onnxruntime_session(f.read_bytes(), 1).run({"clip": x})["logits"] for f in (half, less)]
    assert np.abs(answers[0] - answers[1]).max() < 2e-2 * np.abs(answers[0]).max()
    assert less.stat().st_size < 0.56 * half.stat().st_size

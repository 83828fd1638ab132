"""Shapes of the paper's layers, neighbours that count and no others, integrals of maps that are known."""

from dataclasses import replace

import pytest
import torch

from lvcine.systems.quantification.recipe import DEFAULT, DIRECT, PAPER, RAYS, TINY
from lvcine.systems.quantification.train.net import build, integrals


@pytest.mark.parametrize("kappa", [1, 3, 5, 7])
@pytest.mark.parametrize("shared", [True, False])
def test_the_printed_layers_add_up(kappa, shared):
    net = build(replace(PAPER, kappa=kappa, shared=shared)).eval()
    parts = net.parts
    (deep,) = parts.encode(torch.zeros(1, 1, 80, 80), 0)
    assert deep.shape == (1, 40, 16, 16)
    fused = parts.fusion(deep[:, :, None].repeat(1, 1, kappa, 1, 1))
    assert fused.shape == (1, 200, 1, 6, 6)
    assert len(parts.encoders) == (1 if shared else kappa)
    with torch.no_grad():
        told, maps = net(torch.rand(2, 2 + kappa - 1, 80, 80))
    assert told.shape == (2, 2, 13) and maps.numel() == 0


def test_parameters_of_the_nets():
    count = {r.kind: sum(p.numel() for p in build(r).parameters()) for r in (PAPER, DIRECT, DEFAULT)}
    # 5 encoders of 20,640 (two convolutions, two norms), fusions of 600,200 + 400 and 2,000,200 + 400,
    # branches of 1,080,200 + 400 + 79,211 and 200,040 + 80 + 410,240 + 1,282.
    encoder = (25 * 20 + 20 + 40) + (25 * 20 * 40 + 40 + 80)
    fused = (40 * 75 * 200 + 200 + 400) + (200 * 50 * 200 + 200 + 400)
    branches = (200 * 27 * 200 + 200 + 400) + (200 * 36 * 11 + 11)
    phase = (200 * 25 * 40 + 40 + 80) + (640 * 640 + 640) + (640 * 2 + 2)
    assert count["printed"] == 5 * encoder + fused + branches + phase
    assert count["maps"] < 1.0e6 and count["direct"] < 1.6e6


@pytest.mark.parametrize("recipe", [TINY, replace(TINY, shared=False), replace(TINY, kappa=3)])
def test_a_frame_is_told_from_its_neighbours_alone(recipe):
    net = build(recipe).eval()
    half = recipe.kappa // 2
    frames = torch.rand(1, 12, 80, 80)
    other = frames.clone()
    other[0, 7] += 1.0
    with torch.no_grad():
        changed = (net(other)[0] - net(frames)[0])[0].abs().amax(1) > 1e-6
    told = torch.arange(12 - 2 * half) + half
    assert (changed == ((told - 7).abs() <= half)).all()


def ellipse(size, middle, reach, edge):
    line = torch.arange(size) + 0.5
    y, x = line[:, None] - middle[0], line[None] - middle[1]
    far = torch.hypot(y / reach[0], x / reach[1])
    return ((1.0 - far) * min(reach) / edge + 0.5).clamp(0, 1)


def test_integrals_of_an_ellipse_off_the_middle():
    size = 80  # finer than the net's, so that the ellipse is sharp
    endo, epi = (ellipse(size, (44.0, 36.0), reach, 1.0) for reach in ((16.0, 12.0), (22.0, 18.0)))
    indices, radii = integrals(torch.stack([endo, epi])[None], torch.tensor([[0.0, -1.0]]))
    found = indices[0]
    assert float(found[0]) == pytest.approx(torch.pi * 16 * 12 / 6400, rel=0.01)
    assert float(found[1]) == pytest.approx(torch.pi * (22 * 18 - 16 * 12) / 6400, rel=0.02)
    # Chords at 30, 90 and 150 degrees from the left: I-A is the vertical one.
    assert float(found[3]) == pytest.approx(32 / 80, abs=0.004)
    slanted = 2 / (0.75 / 12**2 + 0.25 / 16**2) ** 0.5 / 80
    assert float(found[2]) == pytest.approx(slanted, abs=0.004)
    assert float(radii[0, 0, 0]) == pytest.approx(12 / 80, abs=0.003)
    assert float(radii[0, 1, RAYS // 4]) == pytest.approx(22 / 80, abs=0.003)


def test_sectors_turn_with_the_septum():
    """A wall that is thick towards the anterior septum alone, septum left and septum up."""
    size = 80
    line = torch.arange(size) + 0.5 - 40
    y, x = torch.meshgrid(line, line, indexing="ij")
    far, angle = torch.hypot(y, x), torch.atan2(-y, -x)  # 0 at the left, growing upwards
    thick = 6.0 + 6.0 * ((angle > 0) & (angle < torch.pi / 3))
    endo, epi = (14.0 - far + 0.5).clamp(0, 1), (14.0 + thick - far + 0.5).clamp(0, 1)
    maps = torch.stack([endo, epi])[None]
    left, _ = integrals(maps, torch.tensor([[0.0, -1.0]]))
    assert left[0, 5:].argmax() == 5 and float(left[0, 10]) == pytest.approx(12 / 80, rel=0.15)
    up, _ = integrals(torch.rot90(maps, -1, (2, 3)), torch.tensor([[-1.0, 0.0]]))
    assert torch.allclose(left, up, atol=2e-3)

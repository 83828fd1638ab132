"""Train the paper's net in the paper's order: the CNN, then the ConvLSTMs on its features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lvcine.papers.sax.circular import CircularNet
from lvcine.papers.sax.clips import Clip, ClipSampler, as_input
from lvcine.systems.sax.recipe import DEFAULT, Paper
from lvcine.systems.sax.train.net import SaxNet
from lvcine.training.loop import Schedule, train

ROWS = {"cnn": 0, "one-level": 1, "multi-level": 2}
"""Rows of Table 1 and the levels with memory."""
OURS = "2d+t u-net"
"""A row of our own: the room's shipped kind of net on the same input."""


@dataclass(frozen=True)
class Effort:
    """How long one net is trained: Adam, a cosine to zero.

    Attributes
    ----------
    steps : int
    learning_rate : float
    clips, frames : int
        Of a batch.
    """

    steps: int
    learning_rate: float
    clips: int
    frames: int


def build(row: str, paper: Paper) -> nn.Module:
    """The net of a row of the table; all take (clips * frames, 1, Y, X) and the number of clips."""
    if row == OURS:
        widths = DEFAULT.widths if paper.units > 1 else (4, 8, 8)
        return SaxNet(replace(DEFAULT, widths=widths, neighbours=1, classes=paper.classes))
    return CircularNet(replace(paper, memory=ROWS[row]))


def fit(
    row: str,
    paper: Paper,
    clips: Sequence[Clip],
    effort: Effort,
    run: Path,
    seed: int,
    start: nn.Module | None,
) -> nn.Module:
    """Train one row's net; resumes from ``run``.

    Parameters
    ----------
    row : str
        Of :data:`ROWS`, or :data:`OURS`.
    paper : Paper
    clips : sequence of Clip
        To learn from.
    effort : Effort
    run : Path
        Gets checkpoints and a log.
    seed : int
        Of the weights and of the batches.
    start : Module, optional
        Weights to begin with: all that have the same name and shape. A net with memory gets
        the features of a CNN and leaves them as they are, as in the paper.

    Returns
    -------
    Module
        In eval mode, on the processor.
    """
    torch.manual_seed(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    net = build(row, paper)
    if start is not None:
        net.load_state_dict(net.state_dict() | _shared(start, net))
    if isinstance(net, CircularNet) and net.memory_levels:
        net.hold_features()
    net = net.to(device).to(memory_format=torch.channels_last)
    sampler = ClipSampler(clips, paper.size, np.random.default_rng(seed))

    def loss_of(model: nn.Module, step: int) -> Tensor:
        x, y = sampler.batch(effort.clips, effort.frames)
        x = x.to(device).to(memory_format=torch.channels_last)
        with torch.autocast(device, dtype=torch.bfloat16):
            logits = model(x, effort.clips)
        return nn.functional.cross_entropy(logits.float(), y.to(device))

    schedule = Schedule(effort.steps, effort.learning_rate, weight_decay=0.0, ema=0.99, warm_up=20)
    return train(net, loss_of, schedule, run, every=100).cpu()


@torch.no_grad()
def look(nets: Sequence[nn.Module], clip: Clip, size: int) -> np.ndarray:
    """Labels (T, size, size) in the clip's middle; the nets' likelihoods are averaged."""
    margin = (clip.pixels.shape[1] - size) // 2
    inside = slice(margin, margin + size)
    x = as_input(clip.pixels[:, inside, inside])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        p = sum(net(x, 1).float().softmax(1) for net in nets)
    assert isinstance(p, Tensor)
    return p.argmax(1).to(torch.uint8).numpy()


def _shared(start: nn.Module, net: nn.Module) -> dict[str, Tensor]:
    own = net.state_dict()
    return {k: v for k, v in start.state_dict().items() if k in own and own[k].shape == v.shape}

"""Table 1 of the paper again: CNN, one level and two levels of circular ConvLSTM, left-one-out pigs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lvcine.papers.experiment import Cohort, Experiment, Preset, Trial, every_kth
from lvcine.papers.sax.circular import PAPER, PAPER_TINY, CircularNet, Paper
from lvcine.papers.sax.clips import Clip, ClipSampler, Scan, around_lv, as_input
from lvcine.papers.sax.cohort import pigs, subjects_in
from lvcine.papers.sax.figure import draw_figure
from lvcine.papers.sax.pigs import FRAMES, PIGS, SLICES, TIMES
from lvcine.papers.sax.score import ring_score
from lvcine.papers.sax.table import Scored, table
from lvcine.systems.sax.recipe import DEFAULT
from lvcine.systems.sax.train.net import SaxNet
from lvcine.systems.sax.train.sample import Batch
from lvcine.systems.sax.train.task import TASK
from lvcine.training.fit import fit
from lvcine.training.items import subject_of
from lvcine.training.loop import Schedule

ROWS = {"cnn": 0, "one-level": 1, "multi-level": 2}
"""Rows of Table 1 and the levels with memory."""
OURS = "2d+t u-net"
"""A row of our own: the shipped kind of net on the same input."""


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


# Efforts of a CNN and of a net with memory; every fold leaves one subject out.
PRESETS = {
    "full": Preset(
        "the protocol as printed: five members, every fold from random weights", PIGS, PIGS, 0, (),
        (Effort(6000, 1e-3, 4, 25), Effort(3000, 1e-3, 4, 25)), PAPER, members=5,
    ),
    "cpu": Preset(
        "one member instead of five; every fold goes on from nets that learned from 12 other pigs",
        PIGS, PIGS, 12, (Effort(700, 2e-3, 12, 2), Effort(200, 2e-3, 2, 25)),
        (Effort(100, 5e-4, 12, 2), Effort(60, 1e-3, 2, 25)), PAPER,
    ),
    "tiny": Preset(
        "a trial of the code, not of the method: a tiny net, a few steps, two pigs", 2, 2, 0, (),
        (Effort(30, 1e-2, 4, 5), Effort(15, 1e-2, 2, 5)), PAPER_TINY,
    ),
}  # fmt: skip


def cohort(preset: Preset, folder: Path, data: Path | None) -> Cohort:
    """The slices of virtual pigs, or of the subjects in a user's folder."""
    if data is None:
        text = (
            f"{preset.subjects} virtual pigs x {TIMES} scans x {SLICES} slices x {FRAMES} frames, "
            "seeds of the side `reporting`; "
            "the truth is the geometry's, 0.8 mm outside of the compact wall's border, as readers draw"
        )
        return Cohort(text, clips_of(preset, pigs(folder, preset.subjects, "reporting")))
    scans = list(subjects_in(data))
    subjects = len({subject_of(scan.name) for scan in scans})
    text = f"{subjects} subjects, {len(scans)} cines of the user's folder `{data.name}`"
    return Cohort(text, clips_of(preset, scans))


def clips_of(preset: Preset, scans: Iterator[Scan] | Sequence[Scan]) -> list[Clip]:
    """Every slice of some scans, cut around the LV."""
    return [clip for scan in scans for clip in around_lv(scan, preset.recipe)]


def rows(preset: Preset) -> list[str]:
    """``ROW MEMBER`` for every net of a fold."""
    return [f"{row} {member}" for member in range(preset.members) for row in (*ROWS, OURS)]


def build(row: str, paper: Paper) -> nn.Module:
    """The net of a row of the table; all take (clips * frames, 1, Y, X) and the number of clips.

    A net with memory gets the features of a CNN and leaves them as they are, as in the paper.
    """
    if row == OURS:
        widths = DEFAULT.widths if paper.units > 1 else (4, 8, 8)
        return SaxNet(replace(DEFAULT, widths=widths, neighbours=1, classes=paper.classes))
    net = CircularNet(replace(paper, memory=ROWS[row]))
    if net.memory_levels:
        net.hold_features()
    return net


def loss(net: nn.Module, batch: Batch, paper: Paper) -> Tensor:
    """Cross-entropy."""
    logits = net(batch.images.to(memory_format=torch.channels_last), batch.clips)
    return nn.functional.cross_entropy(logits.float(), batch.labels)


def train(trial: Trial) -> nn.Module:
    """One row's net; those with memory look through the CNN of the same fold and member."""
    preset = trial.preset
    row, _, member = trial.row.rpartition(" ")
    recurrent = ROWS.get(row, 0) > 0
    effort = (preset.first if trial.first else preset.fold)[recurrent]
    start = features_of(trial.nets[f"cnn {member}"], trial.start) if recurrent else trial.start
    task = replace(
        TASK, build=partial(build, row), loss=loss, every=lambda paper: 100, fast=lambda paper: True,
        sampler=partial(ClipSampler, count=effort.clips, frames=effort.frames),
        schedule=lambda paper: Schedule(effort.steps, effort.learning_rate, 0.0, 0.99, warm_up=20),
    )  # fmt: skip
    return fit(task, preset.recipe, trial.items, trial.folder, start=start, seed=100 + int(member))


def features_of(cnn: nn.Module, begun: nn.Module | None) -> nn.Module:
    """The CNN, or what was begun with the CNN's features put in."""
    if begun is None:
        return cnn
    features = {k: v for k, v in cnn.state_dict().items() if k.startswith("features.")}
    begun.load_state_dict(begun.state_dict() | features)
    return begun


def predict(preset: Preset, nets: Mapping[str, nn.Module], clip: Clip) -> dict[str, np.ndarray]:
    """Labels (T, size, size) in the clip's middle by every row."""
    members: dict[str, list[nn.Module]] = {}
    for name, net in nets.items():
        members.setdefault(name.rpartition(" ")[0], []).append(net)
    x = as_input(clip.middle(preset.recipe.size)[0])
    return {row: labels_of(of, x) for row, of in members.items()}


@torch.no_grad()
def labels_of(members: Sequence[nn.Module], x: Tensor) -> np.ndarray:
    """Labels (T, Y, X) of frames (T, 1, Y, X); the members' likelihoods are averaged."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        p = torch.stack([net(x, 1).float().softmax(1) for net in members]).sum(0)
    return np.asarray(p.argmax(1).to(torch.uint8).numpy())


def score(preset: Preset, row: str, found: np.ndarray, clip: Clip, fold: str) -> Iterator[Scored]:
    """Every frame in which there is an LV."""
    paper = preset.recipe
    margin = (clip.labels.shape[1] - paper.size) // 2
    whole = np.pad(found, [(0, 0), (margin, margin), (margin, margin)])
    for t, (ours, theirs) in enumerate(zip(whole, clip.labels, strict=True)):
        if theirs.any():
            of = ring_score(ours, theirs, paper.spacing_mm, clip.lost / len(clip.labels))
            yield Scored(row, subject_of(clip.name), clip.name, t, *astuple(of))


EXPERIMENT = Experiment(
    presets=PRESETS,
    cohort=cohort,
    others=lambda preset, folder: clips_of(preset, pigs(folder, preset.beginning, "training")),
    rows=rows,
    folds=lambda preset, subjects: every_kth(replace(preset, folds=len(subjects)), subjects),
    train=train,
    predict=predict,
    score=score,
    table=lambda result: table(result.scored, result.preset, result.chosen.text, result.cohort.text),
    figure=lambda file, preset, clips, found: draw_figure(file, clips, found, preset.recipe),
    data="SUBJECT/NAME.nii.gz and SUBJECT/NAME_gt.nii.gz (0, 1 cavity, 2 myocardium)",
)

"""Table 1 of the paper again: CNN, one level and two levels of circular ConvLSTM, left-one-out pigs."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from torch import nn

from lvcine.errors import UsageError
from lvcine.output import whole_text, write_whole
from lvcine.papers.sax.circular_train import OURS, ROWS, Effort, fit, look
from lvcine.papers.sax.clips import Clip, around_lv
from lvcine.papers.sax.cohort import Cohort, pigs, pigs_to_begin_with, subjects_in
from lvcine.papers.sax.figure import draw_figure
from lvcine.papers.sax.score import RingScore, ring_score
from lvcine.papers.sax.table import Scored, table
from lvcine.study.progress import Progress, Units
from lvcine.systems.sax.recipe import PAPER, PAPER_TINY, Paper
from lvcine.training.split import Split


@dataclass(frozen=True)
class Preset:
    """How much of the protocol is run.

    Attributes
    ----------
    text : str
        For the table's head.
    members : int
        Nets per row and fold, averaged.
    beginning : int
        Pigs of other seeds that one net per row learns from before the folds go on from it; 0: every fold
        from random weights, as printed.
    first, fold : (Effort, Effort)
        Of a CNN and of a net with memory, before the folds and in each.
    """

    text: str
    members: int
    beginning: int
    first: tuple[Effort, Effort]
    fold: tuple[Effort, Effort]
    paper: Paper = PAPER


PRESETS = {
    "full": Preset(
        "the protocol as printed: five members, every fold from random weights", 5, 0,
        (Effort(0, 0, 1, 1), Effort(0, 0, 1, 1)), (Effort(6000, 1e-3, 4, 25), Effort(3000, 1e-3, 4, 25)),
    ),
    "cpu": Preset(
        "one member instead of five; every fold goes on from nets that learned from 12 other pigs", 1, 12,
        (Effort(700, 2e-3, 12, 2), Effort(200, 2e-3, 2, 25)),
        (Effort(100, 5e-4, 12, 2), Effort(60, 1e-3, 2, 25)),
    ),
    "tiny": Preset(
        "a trial of the code, not of the method: a tiny net, a few steps, two pigs", 1, 0,
        (Effort(0, 0, 1, 1), Effort(0, 0, 1, 1)), (Effort(30, 1e-2, 4, 5), Effort(15, 1e-2, 2, 5)),
        PAPER_TINY,
    ),
}  # fmt: skip


def reproduce(
    output: Path, *, preset: str = "cpu", data: Path | None = None, progress: Progress | None = None
) -> Path:
    """Run the table; what is there already (cohort, nets, scores) is not made again.

    Parameters
    ----------
    output : Path
        Gets ``table.md``, ``scores.csv``, ``figure.png`` and what a stopped run goes on from.
    preset : {"cpu", "full", "tiny"}
    data : Path, optional
        Own pigs or people instead of the virtual ones; :func:`lvcine.papers.sax.cohort.subjects_in`
        says how the folder must look.
    progress : callable, optional
        Called with (what is done, units done, units in all).

    Returns
    -------
    Path
        Of the table.

    Raises
    ------
    UsageError
        No such preset.
    ReadError
        ``data`` cannot be read.
    """
    if preset not in PRESETS:
        raise UsageError(f"no preset is called {preset!r}", advice=f"one of {', '.join(PRESETS)}")
    chosen = PRESETS[preset]
    cohort = subjects_in(data) if data else pigs(output / "cohort", 2 if preset == "tiny" else 8)
    output.mkdir(parents=True, exist_ok=True)
    rows = [*ROWS, OURS]
    told = Units(progress, (len(cohort.subjects) * chosen.members + bool(chosen.beginning)) * len(rows))
    beginning = _begin(chosen, output, rows, told) if chosen.beginning else {}
    scored: list[Scored] = []
    shown: dict[str, list[np.ndarray]] = {}
    clips = _clips(cohort, chosen.paper)
    for subject in cohort.subjects:
        train = [c for c in clips if c.subject != subject]
        test = [c for c in clips if c.subject == subject]
        Split(tuple({c.subject for c in train}), (), tuple({c.subject for c in test}))
        for row, members in _fold(chosen, output / subject, train, beginning, rows, told).items():
            found = [look(members, clip, chosen.paper.size) for clip in test]
            scored += list(_scores(row, test, found, chosen.paper))
            shown.setdefault(row, []).extend(found)
    _write(output / "scores.csv", scored)
    order = [c for subject in cohort.subjects for c in clips if c.subject == subject]
    draw_figure(output / "figure.png", order, shown, chosen.paper)
    return write_whole(output / "table.md", table(scored, preset, chosen.text, cohort.text))


def _clips(cohort: Cohort, paper: Paper) -> list[Clip]:
    return [
        clip
        for study in cohort.studies()
        for clip in around_lv(
            study.subject, f"{study.subject} {study.when}", study.pixels, study.labels, paper
        )
    ]


def _begin(preset: Preset, output: Path, rows: Sequence[str], told: Units) -> dict[str, nn.Module]:
    cohort = pigs_to_begin_with(output / "cohort", preset.beginning)
    return _rows(preset, preset.first, output / "beginning", _clips(cohort, preset.paper), {}, rows, 0, told)


def _fold(
    preset: Preset, folder: Path, train: list[Clip], beginning: dict[str, nn.Module], rows: Sequence[str],
    told: Units,
) -> dict[str, list[nn.Module]]:  # fmt: skip
    """Row -> its members, trained on a fold."""
    members: dict[str, list[nn.Module]] = {row: [] for row in rows}
    for m in range(preset.members):
        nets = _rows(preset, preset.fold, folder / f"member-{m}", train, beginning, rows, m, told)
        for row, net in nets.items():
            members[row].append(net)
    return members


def _rows(
    preset: Preset, efforts: tuple[Effort, Effort], folder: Path, train: list[Clip],
    beginning: dict[str, nn.Module], rows: Sequence[str], seed: int, told: Units,
) -> dict[str, nn.Module]:  # fmt: skip
    """Row -> net; the nets with memory look through the CNN of the same fold and member."""
    nets: dict[str, nn.Module] = {}
    for row in rows:
        told(f"{folder.parent.name} {folder.name}: {row}")
        recurrent = row in ROWS and ROWS[row] > 0
        start = beginning.get(row)
        if recurrent:
            start = _features_of(nets["cnn"], start)
        nets[row] = fit(row, preset.paper, train, efforts[recurrent], folder / row, 100 + seed, start)
    return nets


def _features_of(cnn: nn.Module, begun: nn.Module | None) -> nn.Module:
    """The CNN, or what was begun with the CNN's features put in."""
    if begun is None:
        return cnn
    features = {k: v for k, v in cnn.state_dict().items() if k.startswith("features.")}
    begun.load_state_dict(begun.state_dict() | features)
    return begun


def _scores(row: str, test: list[Clip], found: list[np.ndarray], paper: Paper) -> Iterator[Scored]:
    for clip, labels in zip(test, found, strict=True):
        margin = (clip.labels.shape[1] - paper.size) // 2
        whole = np.pad(labels, [(0, 0), (margin, margin), (margin, margin)])
        for t, (ours, theirs) in enumerate(zip(whole, clip.labels, strict=True)):
            if theirs.any():
                score: RingScore = ring_score(ours, theirs, paper.spacing_mm, clip.lost / len(clip.labels))
                yield Scored(row, clip.subject, clip.name, t, *astuple(score))


def _write(file: Path, scored: list[Scored]) -> None:
    with whole_text(file) as stream:
        writer = csv.writer(stream)
        writer.writerow(["row", "subject", "clip", "frame", "dice", "hausdorff_mm", "average_mm"])
        writer.writerows(map(astuple, scored))

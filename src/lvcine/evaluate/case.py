"""One labelled study: where it lies, and how its analysis is scored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from lvcine.study import Analysis, Study


@dataclass(frozen=True)
class Score:
    """One figure of one subject, of one of its slices where ``slice`` is given.

    Attributes
    ----------
    metric : str
        e.g. ``dice_endo_ed``; its unit is part of the name where it has one.
    value : float
        NaN where it could not be had; counted as a failure, never skipped.
    slice : int or None
    """

    metric: str
    value: float
    slice: int | None = None


@dataclass(frozen=True)
class Case:
    """A study with a reader's labels.

    Attributes
    ----------
    subject : str
        As in the card's split.
    source : Path or Study
        What the pipeline is given.
    score : callable
        Analysis -> scores.
    group : str
        Of the subject, a disease as a rule; empty where it is not known.
    """

    subject: str
    source: Path | Study
    score: Callable[[Analysis], Iterable[Score]]
    group: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one case.

    Attributes
    ----------
    subject, side : str
        ``side`` of the card's split, ``unseen`` where the card does not name the subject.
    scores : tuple of Score
        Empty where the analysis failed.
    error : str
        Why it failed.
    group : str
        Of the case.
    """

    subject: str
    side: str
    scores: tuple[Score, ...] = ()
    error: str = ""
    group: str = ""

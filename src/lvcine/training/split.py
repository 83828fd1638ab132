"""Who is trained on, who chooses, who is reported: decided once, by subject."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lvcine.errors import SplitError
from lvcine.study.reviewed import PREFIX


@dataclass(frozen=True)
class Split:
    """Subjects (or seeds) for training, for choosing between models and for reporting.

    A reviewed study (:mod:`lvcine.study.reviewed`) is the user's own: where it is learned from, it stands
    on the side training.

    Raises
    ------
    SplitError
        When a name stands on two sides.

    Examples
    --------
    >>> Split(("a", "b"), ("c",), ("d",)).side("c")
    'choosing'
    """

    training: tuple[str, ...]
    choosing: tuple[str, ...]
    reporting: tuple[str, ...]

    def __post_init__(self) -> None:
        sides = (self.training, self.choosing, self.reporting)
        together = [name for side in sides for name in set(side)]
        twice = sorted({name for name in together if together.count(name) > 1})
        if twice:
            raise SplitError(f"on two sides of the split: {', '.join(twice)}")
        taken = sorted(name for name in together if name.startswith(PREFIX))
        if taken:
            raise SplitError(f"named like a reviewed study: {', '.join(taken)}")

    def side(self, name: str) -> str:
        for side in ("training", "choosing", "reporting"):
            if name in getattr(self, side):
                return side
        if name.startswith(PREFIX):
            return "training"
        raise SplitError(f"{name} stands on no side of the split")

    def only(self, side: str, names: Iterable[str]) -> None:
        """Raise unless every name stands on ``side``."""
        strays = sorted({n for n in names if self.side(n) != side})
        if strays:
            raise SplitError(f"not for {side}: {', '.join(strays)}")


SUNNYBROOK = Split(
    training=(
        "SC-HF-I-02", "SC-HF-I-04", "SC-HF-I-06", "SC-HF-I-07", "SC-HF-I-40", "SC-HF-NI-03", "SC-HF-NI-04",
        "SC-HF-NI-07", "SC-HF-NI-11", "SC-HF-NI-31", "SC-HF-NI-33", "SC-HF-NI-36", "SC-HYP-01", "SC-HYP-06",
        "SC-HYP-07", "SC-HYP-37", "SC-HYP-40", "SC-N-02", "SC-N-05", "SC-N-07", "pig-E774", "dsb-cavities",
    ),
    choosing=("SC-HF-I-08", "SC-HYP-03"),
    reporting=(
        "SC-HF-I-01", "SC-HF-I-05", "SC-HF-NI-34", "SC-HYP-08", "SC-HYP-38", "SC-N-03", "SC-N-40",
    ),
)  # fmt: skip
# SC-N-06 stands on no side: its contours lie beside the heart in the labelled file.
"""The labelled real subjects of `lvcine train sax`."""

"""Subjects of a net's training are not evaluated, unless they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lvcine.engine import Card
from lvcine.errors import UsageError
from lvcine.study import Analysis
from lvcine.study.reviewed import PREFIX, reviewed_subject

SEEN = ("training", "choosing")
"""Sides of the card's split whose subjects took part in making the net."""


def select(
    card: Card, subjects: Iterable[str], *, only: Sequence[str] = (), include_training: bool = False
) -> tuple[list[str], list[str]]:
    """Subjects to evaluate, and those that are left out because the net has seen them.

    Parameters
    ----------
    subjects : iterable of str
        Those that there are data of.
    only : sequence of str
        Named by the user; all by default.
    include_training : bool
        Evaluate seen subjects too; tables list them separately.

    Raises
    ------
    UsageError
        A subject named by the user has been seen and may not be evaluated.

    Examples
    --------
    >>> select(Card("net", "", {}, split={"training": ("a",)}), ["a", "b"])
    (['b'], ['a'])
    """
    wanted = [s for s in subjects if not only or s in only]
    seen = [] if include_training else [s for s in wanted if card.side(s) in SEEN]
    if seen and only:
        raise UsageError(
            f"the net {card.name} was made with {', '.join(seen)}",
            advice="pass --include-training, and read the figures as training figures",
        )
    return [s for s in wanted if s not in seen], seen


def reviewed_side(card: Card, analysis: Analysis) -> str:
    """The side of the card on which a scan stands by its pictures; ``unseen`` where no review was learned.

    A scan that was corrected and learned from is known again under whatever name a data set has it.
    """
    if not any(name.startswith(PREFIX) for side in SEEN for name in card.split.get(side, ())):
        return "unseen"
    cines = (analysis.cine, *analysis.study.cines)
    sides = {card.side(reviewed_subject(cine.pixels)) for cine in cines}
    return next((side for side in SEEN if side in sides), "unseen")

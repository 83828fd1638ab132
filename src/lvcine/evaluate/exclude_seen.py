"""Subjects of a net's training are not evaluated, unless they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lvcine.engine import Card
from lvcine.errors import UsageError

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

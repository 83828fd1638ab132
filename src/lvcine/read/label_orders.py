"""Which number of a mask means which structure: the orders of published data, by name, or the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from lvcine.errors import UsageError, plain_text
from lvcine.study import Bools
from lvcine.study.mask import CAVITY, LEFT_ATRIUM, MYOCARDIUM

STRUCTURES = ("cavity", "myocardium", "rv", "atrium")
"""LV cavity, LV myocardium, right ventricle, left atrium."""

_ALIASES = {"lv": "cavity", "endo": "cavity", "myo": "myocardium", "la": "atrium", "right ventricle": "rv"}
_LARGEST = 1_000_000
CLEARLY = 0.3
"""Another reading of the labels is put forward where it encloses its cavity better by this share."""
MOST_PICTURES = 60
"""In which the rim is looked at."""


@dataclass(frozen=True)
class LabelOrder:
    """What each number of a mask means; every other number is background where the order is the user's own.

    Attributes
    ----------
    name : str
    cavity, myocardium, rv, atrium : tuple of int
        Numbers of each structure; empty where masks do not hold it.
    closed : bool
        A published order: a number that is not in it is a sign that it is the wrong one.
    """

    name: str
    cavity: tuple[int, ...]
    myocardium: tuple[int, ...] = ()
    rv: tuple[int, ...] = ()
    atrium: tuple[int, ...] = ()
    closed: bool = field(default=True, compare=False)

    def numbers(self) -> dict[int, str]:
        """Number -> structure."""
        return {n: s for s in STRUCTURES for n in getattr(self, s)}

    def __str__(self) -> str:
        parts = (f"{s}={'+'.join(map(str, getattr(self, s)))}" for s in STRUCTURES if getattr(self, s))
        return ",".join(parts)


LVCINE = LabelOrder("lvcine", (CAVITY,), (MYOCARDIUM,))
LVCINE_CLIP = LabelOrder("lvcine", (CAVITY,), (MYOCARDIUM,), atrium=(LEFT_ATRIUM,))
ORDERS = {
    order.name: order
    for order in (
        LVCINE,
        # Bernard 2018, doi:10.1109/TMI.2018.2837502; nnU-Net's task of it and CineMA write the same.
        LabelOrder("acdc", (3,), (2,), rv=(1,)),
        LabelOrder("cinema", (3,), (2,), rv=(1,)),
        # Campello 2021, doi:10.1109/TMI.2021.3090082.
        LabelOrder("mnms", (1,), (2,), rv=(3,)),
        # Bai 2018, doi:10.1186/s12968-018-0471-x.
        LabelOrder("ukbb", (1,), (2,), rv=(3,)),
        # Leclerc 2019, doi:10.1109/TMI.2019.2900516.
        LabelOrder("camus", (1,), (2,), atrium=(3,)),
        # Zhuang 2019, doi:10.1109/TPAMI.2018.2869576.
        LabelOrder("mscmr", (500,), (200,), rv=(600,)),
    )
}
"""By name."""


def label_order(given: str | Mapping[str, object] | LabelOrder | None) -> LabelOrder | None:
    """An order by its name, or as ``cavity=3,myocardium=2``; ``2+4`` joins numbers. None stays None.

    Raises
    ------
    UsageError
        No such name or structure, no number, one number twice, no cavity.

    Examples
    --------
    >>> label_order("ACDC").cavity, str(label_order("cavity=3, myocardium=2+4"))
    ((3,), 'cavity=3,myocardium=2+4')
    """
    if given is None or isinstance(given, LabelOrder):
        return given
    if isinstance(given, str):
        if given.strip().lower() in ORDERS:
            return ORDERS[given.strip().lower()]
        pairs = [part.partition("=")[::2] for part in given.split(",") if part.strip()]
    else:
        pairs = [(str(name), _joined(numbers)) for name, numbers in given.items()]
    found: dict[str, tuple[int, ...]] = {}
    for name, numbers in pairs:
        structure = _ALIASES.get(name.strip().lower(), name.strip().lower())
        if structure not in STRUCTURES or structure in found:
            raise _unknown(given)
        found[structure] = _numbers(numbers, given)
    every = [n for numbers in found.values() for n in numbers]
    if "cavity" not in found or len(every) != len(set(every)):
        raise _unknown(given)
    return LabelOrder("given", **found, closed=False)


def _joined(numbers: object) -> str:
    return "+".join(map(str, numbers)) if isinstance(numbers, list | tuple) else str(numbers)


def _numbers(text: str, given: object) -> tuple[int, ...]:
    try:
        numbers = tuple(int(part) for part in text.split("+"))
    except ValueError:
        raise _unknown(given) from None
    if not all(0 < n <= _LARGEST for n in numbers):
        raise _unknown(given)
    return numbers


def _unknown(given: object) -> UsageError:
    return UsageError(
        f"labels {plain_text(given, 60)!r}",
        advice=f"name an order ({', '.join(ORDERS)}) or the numbers: cavity=3,myocardium=2",
    )


def chosen_order(labels: NDArray[np.integer], given: LabelOrder | None, *, ultrasound: bool) -> LabelOrder:
    """The order to read masks (Z, T, Y, X) in, checked against what encloses what.

    Without a word of the user the numbers are lvcine's own, as long as there are no others.

    Raises
    ------
    UsageError
        Numbers that the order does not know; no cavity; myocardium that another reading of the numbers
        would put around the cavity and this one does not.
    """
    present = [int(n) for n in np.unique(labels) if n != 0]
    if not present:
        raise UsageError("the masks are empty", advice="give masks in which the ventricle is drawn")
    order = given or (LVCINE_CLIP if ultrasound else LVCINE)
    known = order.numbers()
    strange = [n for n in present if n not in known]
    if strange and order.closed:
        raise UsageError(
            f"the masks hold the labels {_some(present)}; which is which is not known",
            advice=_advice(labels, present),
        )
    if not np.isin(labels, order.cavity).any():
        raise UsageError(
            f"no cavity (label {_some(order.cavity)}) in masks of the labels {_some(present)}",
            advice=_advice(labels, present),
        )
    if np.isin(labels, order.myocardium).any():
        _check_enclosed(labels, order, present)
    return order


def _check_enclosed(labels: NDArray[np.integer], order: LabelOrder, present: list[int]) -> None:
    """Raise where the myocardium lies around another label than the cavity."""
    own = enclosed(np.isin(labels, order.cavity), np.isin(labels, order.myocardium))
    best, cavity, wall = _best(labels, present)
    if best > own + CLEARLY and cavity not in order.cavity:
        raise UsageError(
            f"{own:.0%} of the border of label {_some(order.cavity)} is label {_some(order.myocardium)}, "
            f"but {best:.0%} of that of label {cavity} is label {wall}",
            advice=_advice(labels, present),
        )


def _best(labels: NDArray[np.integer], present: list[int]) -> tuple[float, int, int]:
    """The pair of labels of which one encloses the other best: share, inner, outer."""
    pairs = [(a, b) for a in present for b in present if a != b]
    return max(((enclosed(labels == a, labels == b), a, b) for a, b in pairs), default=(0.0, 0, 0))


def enclosed(inner: Bools, outer: Bools) -> float:
    """Share of the pixels around ``inner`` (Z, T, Y, X) that are ``outer``, over some pictures that have it.

    Examples
    --------
    >>> inner = np.zeros((1, 1, 9, 9), bool)
    >>> inner[..., 4, 4] = True
    >>> enclosed(inner, binary_dilation(inner, np.ones((1, 1, 3, 3))) & ~inner)
    1.0
    """
    places = np.argwhere(inner.any((2, 3)))
    places = places[:: max(1, len(places) // MOST_PICTURES)]
    held = total = 0
    for z, t in places:
        rim = binary_dilation(inner[z, t]) & ~inner[z, t]
        held, total = held + int(outer[z, t][rim].sum()), total + int(rim.sum())
    return held / total if total else 0.0


def _advice(labels: NDArray[np.integer], present: list[int]) -> str:
    share, inner, outer = _best(labels, present)
    if share < 0.5:
        return f"state them: --labels cavity=N,myocardium=N, or one of {', '.join(ORDERS)}"
    fits = [
        name for name, order in ORDERS.items()
        if order.cavity == (inner,) and order.myocardium == (outer,) and set(present) <= set(order.numbers())
    ]  # fmt: skip
    also = f" ({', '.join(fits)})" if fits else ""
    return f"state --labels cavity={inner},myocardium={outer}{also}: label {inner} lies within label {outer}"


def _some(numbers: object) -> str:
    every = [str(n) for n in numbers]  # type: ignore[attr-defined]
    return ", ".join(every[:6]) + (f" and {len(every) - 6} more" if len(every) > 6 else "")

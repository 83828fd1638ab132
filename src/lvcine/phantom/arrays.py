"""One code for one heart and for many at once.

Every function of the virtual heart that draws takes numbers or arrays. A batch of hearts is
the same dataclass with arrays of shape (B, 1, 1, ...) in place of its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Num = Any
"""A number, or an array."""

T = TypeVar("T")


def smoothstep(x: Num) -> Num:
    """0 before 0, 1 after 1, with flat ends."""
    c = np.clip(x, 0.0, 1.0)
    return c * c * (3.0 - 2.0 * c)


def smoothstep_slope(x: Num) -> Num:
    """Derivative of :func:`smoothstep`."""
    c = np.clip(x, 0.0, 1.0)
    return 6.0 * c * (1.0 - c)


def soft(inside: Num, edge: Num) -> Num:
    """Coverage 0..1 of a sample ``inside`` mm inside a boundary that is ``edge`` mm wide."""
    return np.clip(inside / edge + 0.5, 0.0, 1.0)


def together(items: Sequence[T], like: NDArray[np.floating], axes: int = 2) -> T:
    """Many dataclasses of numbers as one of arrays (B, 1, ..., 1) with ``axes`` trailing ones.

    Parameters
    ----------
    items : sequence of one frozen dataclass type; nested ones and tuples are followed
    like : array
        Gives the floating type.
    axes : int

    Raises
    ------
    ValueError
        Tuples of different lengths, or a value that is no number.

    Examples
    --------
    >>> from lvcine.phantom.beat import Beat
    >>> together([Beat(systole=0.3), Beat(systole=0.4)], np.zeros(1)).systole.shape
    (2, 1, 1)
    """
    first: Any = items[0]
    if is_dataclass(first):
        columns = {f.name: together([getattr(i, f.name) for i in items], like, axes) for f in fields(first)}
        return replace(first, **columns)  # type: ignore[type-var, return-value]
    if isinstance(first, tuple):
        return tuple(together(list(c), like, axes) for c in zip(*items, strict=True))  # type: ignore[return-value]
    if not isinstance(first, (int, float, np.generic)):
        raise ValueError(f"cannot put {type(first).__name__} into an array")
    return np.asarray(items, like.dtype).reshape(-1, *(1,) * axes)  # type: ignore[return-value]

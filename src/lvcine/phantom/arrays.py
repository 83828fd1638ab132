"""One code for NumPy and torch, for one heart and for many at once.

Every function of the virtual heart that draws takes numbers or arrays. A batch of hearts is
the same dataclass with arrays of shape (B, 1, 1, ...) in place of its numbers; which library
computes, and where, follows from the arrays; only functions are used that NumPy and torch share.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

Num = Any
"""A number, or an array of NumPy or torch."""

T = TypeVar("T")


def namespace(*values: Num) -> Any:
    """The library of the values: torch where one is its tensor, else NumPy.

    With torch every number that a function is given must be a tensor too (see :func:`together`).
    """
    torch = sys.modules.get("torch")  # never imported here: who has tensors has it
    if torch is not None and any(isinstance(v, torch.Tensor) for v in values):
        return torch
    return np


def smoothstep(x: Num) -> Num:
    """0 before 0, 1 after 1, with flat ends."""
    c = namespace(x).clip(x, 0.0, 1.0)
    return c * c * (3.0 - 2.0 * c)


def smoothstep_slope(x: Num) -> Num:
    """Derivative of :func:`smoothstep`."""
    c = namespace(x).clip(x, 0.0, 1.0)
    return 6.0 * c * (1.0 - c)


def soft(inside: Num, edge: Num) -> Num:
    """Coverage 0..1 of a sample ``inside`` mm inside a boundary that is ``edge`` mm wide."""
    return namespace(inside, edge).clip(inside / edge + 0.5, 0.0, 1.0)


def together(items: Sequence[T], like: Num, axes: int) -> T:
    """Many dataclasses of numbers as one of arrays (B, 1, ..., 1) with ``axes`` trailing ones.

    Parameters
    ----------
    items : sequence of one frozen dataclass type; nested ones and tuples are followed
    like : array
        Gives library, floating type and device.
    axes : int

    Raises
    ------
    ValueError
        Tuples of different lengths, or a value that is no number.

    Examples
    --------
    >>> from lvcine.phantom.beat import Beat
    >>> together([Beat(systole=0.3), Beat(systole=0.4)], np.zeros(1), axes=2).systole.shape
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
    column = np.asarray(items, np.float64).reshape(-1, *(1,) * axes)
    if namespace(like) is np:
        return column.astype(like.dtype)  # type: ignore[return-value]
    return like.new_tensor(column)

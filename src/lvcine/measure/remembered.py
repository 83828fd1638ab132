"""What was measured on a contour is kept for as long as the contour lives.

Contours do not change once they are made, so a number of one is that number for good. Without this a reader
who moves one contour of 360 would wait for all of them to be measured again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from lvcine.study import Contour

P = ParamSpec("P")
R = TypeVar("R")

_MOST = 8
"""Results of one function for one contour: of other spacings, other partners."""


def remembered(function: Callable[Concatenate[Contour, P], R]) -> Callable[Concatenate[Contour, P], R]:
    """A pure function of a contour, and of positional arguments that can be hashed, asked once for each.

    Examples
    --------
    >>> import numpy as np
    >>> asked = []
    >>> @remembered
    ... def corners(contour, more):
    ...     asked.append(more)
    ...     return len(contour.points) + more
    >>> triangle = Contour(np.eye(3)[:, :2])
    >>> corners(triangle, 1), corners(triangle, 1), asked
    (4, 4, [1])
    """
    kept: WeakKeyDictionary[Contour, dict[object, R]] = WeakKeyDictionary()

    def ask(contour: Contour, /, *more: P.args, **named: P.kwargs) -> R:
        assert not named, "positional arguments only"
        results = kept.setdefault(contour, {})
        if more not in results:
            if len(results) >= _MOST:
                results.clear()
            results[more] = function(contour, *more, **named)
        return results[more]

    return update_wrapper(ask, function)

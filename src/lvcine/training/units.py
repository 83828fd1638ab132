"""How far a long run of many nets has come."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with (what is done, units done, units in all)."""


class Units:
    """Counts units and tells each as it begins.

    Examples
    --------
    >>> told = []
    >>> units = Units(lambda what, done, total: told.append((what, done, total)), 2)
    >>> units("first"), units("second")
    (None, None)
    >>> told
    [('first', 0, 2), ('second', 1, 2)]
    """

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress or (lambda what, done, total: None), total, 0

    def __call__(self, what: str) -> None:
        self.progress(what, self.done, self.total)
        self.done += 1

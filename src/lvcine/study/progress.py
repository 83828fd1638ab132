"""How far a run has come, and how long each of its stages took."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, int, int], None]
"""Called with (what is done, steps done, steps in all)."""
Count = Callable[[int, int], None]
"""Called with (done, in all): pictures, slices, frames."""

_log = logging.getLogger(__name__)


class Stages:
    """Wall time per stage, and the progress of each under its name."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress or (lambda stage, done, total: None)
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[Count]:
        start = time.perf_counter()
        self.progress(stage, 0, 0)
        yield lambda done, total: self.progress(stage, done, total)
        self.seconds[stage] = time.perf_counter() - start
        _log.info("%s: %.2f s", stage, self.seconds[stage])


class Units:
    """Counts units and reports each as it begins.

    Examples
    --------
    >>> seen = []
    >>> units = Units(lambda what, done, total: seen.append((what, done, total)), 2)
    >>> units("first"), units("second")
    (None, None)
    >>> seen
    [('first', 0, 2), ('second', 1, 2)]
    """

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress or (lambda what, done, total: None), total, 0

    def __call__(self, what: str) -> None:
        self.progress(what, self.done, self.total)
        self.done += 1

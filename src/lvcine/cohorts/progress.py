"""How far a cohort is, and how long it will take: a sentence that changes every few seconds."""

from __future__ import annotations

import time

from lvcine.study.progress import Progress

_EVERY_S = 5.0


class Countdown:
    """Counts finished studies and says how many, how many without numbers, and the time left."""

    def __init__(self, progress: Progress | None, total: int, finished: int) -> None:
        self._progress, self._total = progress or (lambda *_: None), total
        self._before, self._done, self._without = finished, finished, 0
        self._start, self._said = time.monotonic(), float("-inf")
        self._text = f"{finished} of {total} studies finished"
        self._progress(self._text, finished, total)

    def __call__(self, measured: bool) -> None:
        """One more is finished; ``measured`` where it has numbers."""
        self._done += 1
        self._without += not measured
        now = time.monotonic()
        if now - self._said >= _EVERY_S or self._done == self._total:
            self._said = now
            each = (now - self._start) / (self._done - self._before)
            without = f", {self._without} without numbers" if self._without else ""
            left = f", {in_words(each * (self._total - self._done))} left" if self._done < self._total else ""
            self._text = f"{self._done} of {self._total} studies finished{without}{left}"
        self._progress(self._text, self._done, self._total)


def in_words(seconds: float) -> str:
    """A duration as a person says it.

    Examples
    --------
    >>> in_words(42), in_words(170), in_words(3 * 3600 + 60), in_words(3 * 86400)
    ('42 s', '3 min', '3 h 1 min', '72 h 0 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"

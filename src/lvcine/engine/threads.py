"""How many processor threads this process may use."""

from __future__ import annotations

import os


def available_threads() -> int:
    """Processors this process may run on, which may be fewer than the machine has.

    Examples
    --------
    >>> available_threads() >= 1
    True
    """
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1

"""How many processor threads this process may use."""

from __future__ import annotations

import os

from lvcine.errors import UsageError


def available_threads() -> int:
    """Processors this process may run on, which may be fewer than the machine has.

    Examples
    --------
    >>> available_threads() >= 1
    True
    """
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def threads_for(asked: int | None) -> int:
    """Threads that a net gets: as many as were asked for, never more than there are processors.

    Threads without a processor of their own wait for the others by spinning: 64 of them on two processors
    take many times the processor time of two, and are slower.

    Parameters
    ----------
    asked : int or None
        None asks for all.

    Raises
    ------
    UsageError
        Fewer than one.

    Examples
    --------
    >>> threads_for(1), threads_for(10**6) == threads_for(None) == available_threads()
    (1, True)
    """
    if asked is not None and asked < 1:
        raise UsageError(f"{asked} threads", advice="give 1 or more")
    return min(asked or available_threads(), available_threads())

"""What a child works on, and its bounds: memory, and processor time since it last got further.

In any other process than a child these functions do nothing, so that readers can be called directly.
"""

from __future__ import annotations

import mmap
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

SECONDS = 8.0
"""Of processor time without a step forward; a parser that takes longer is caught in a loop."""

NAME_BYTES = 8192
"""Room for the name of the file that is worked on."""

_board: mmap.mmap | None = None
_tell: Callable[[], None] | None = None
_told = 0.0


def working_on(path: Path | str) -> None:
    """Note the file that is read now: if the process dies, it is named."""
    if _board is not None:
        name = os.fsencode(path)[: NAME_BYTES - 4]
        _board[: 4 + len(name)] = len(name).to_bytes(4, "little") + name
    still_working()


def still_working() -> None:
    """Begin the time limit anew; to be called wherever a long job has got further."""
    global _told
    if _board is None:
        return
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
    if _tell is not None and (now := time.monotonic()) - _told > 1.0:
        _told = now
        _tell()


def own_folder() -> Path | None:
    """The child's own folder, relative to its working directory; None in any other process."""
    return None if _board is None else Path(".")


def file_in_work() -> str:
    """What this child reads now."""
    return "" if _board is None else named_on(_board)


def named_on(board: mmap.mmap) -> str:
    """The file that was noted last; empty if none was."""
    length = int.from_bytes(board[:4], "little")
    return os.fsdecode(board[4 : 4 + length])


def begin(board: mmap.mmap, tell: Callable[[], None] | None = None, seconds: float | None = None) -> None:
    """Make this process one whose steps are watched (called once, by a child that starts).

    ``board``, shared with the parent, holds the name of the file in work; ``tell`` says to the parent, once a
    second at most, that the child has got further; ``seconds`` go before :data:`SECONDS`, 0 for no bound.
    """
    global _board, _tell, SECONDS
    _board, _tell = board, tell
    SECONDS = SECONDS if seconds is None else seconds
    if hasattr(signal, "SIGPROF"):
        # The kernel ends the process: a handler in Python would wait for C code that never returns.
        signal.signal(signal.SIGPROF, signal.SIG_DFL)


def begin_alone() -> None:
    """As :func:`begin`, for a child that nobody asks which file it reads."""
    begin(mmap.mmap(-1, NAME_BYTES))


def rest() -> None:
    """No limit between two requests; no file in work."""
    if _board is not None:
        _board[:4] = bytes(4)
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, 0.0)


def limit_memory(size: int) -> None:
    """Let the process take no more than ``size`` bytes of address space, and leave no core file."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    soft = size if most == resource.RLIM_INFINITY else min(size, most)
    resource.setrlimit(resource.RLIMIT_AS, (soft, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))

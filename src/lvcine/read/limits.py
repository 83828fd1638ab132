"""How much a packed file may grow into."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How much an archive may grow into.

    Attributes
    ----------
    members : int
        Entries in all, those of nested archives included.
    total_bytes, member_bytes : int
        Inflated size of everything, and of one file.
    ratio : float
        Inflated bytes per byte read from the archive so far. Scans shrink 2 to 10 times;
        deflate reaches 1032, xz and bzip2 more.
    free_bytes : int
        The first bytes are not held against the ratio: a small archive of empty masks is harmless.
    depth : int
        Archives within archives; 1 = none inside.
    single_read : int
        Largest piece that a parser may ask for at once (zip directories, tar headers).
    """

    members: int = 30_000
    total_bytes: int = 16 << 30
    member_bytes: int = 4 << 30
    ratio: float = 100.0
    free_bytes: int = 64 << 20
    depth: int = 3
    single_read: int = 32 << 20


DEFAULT_LIMITS = Limits()

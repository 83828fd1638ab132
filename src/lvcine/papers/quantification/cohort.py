"""The subjects of the tables: the virtual LVQuan of 145 subjects, and its folds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lvcine.systems.quantification.train.data import OutlinedClip, load_clip, table_clip, write_clip

SUBJECTS, FRAMES = 145, 20
"""As in LVQuan 2018."""


def virtual_lvquan(folder: Path, side: str, count: int, first: int = 0) -> list[OutlinedClip]:
    """One mid-ventricular slice of 20 frames of each subject; drawn once, kept in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for number in range(first, first + count):
        there = sorted(folder.glob(f"{side}-{number:06d}-z*.npz"))
        if not there:
            there = [write_clip(folder, table_clip(number, side, FRAMES))]
        found.append(load_clip(there[0]))
    return found


def folds_of(subjects: int, folds: int) -> list[slice]:
    """Contiguous folds by subject, the larger ones first, as the challenge splits them.

    Examples
    --------
    >>> [s.stop - s.start for s in folds_of(145, 3)], [s.stop - s.start for s in folds_of(145, 7)]
    ([49, 48, 48], [21, 21, 21, 21, 21, 20, 20])
    """
    sizes = [subjects // folds + (k < subjects % folds) for k in range(folds)]
    ends = np.cumsum(sizes)
    return [slice(int(end - size), int(end)) for end, size in zip(ends, sizes, strict=True)]

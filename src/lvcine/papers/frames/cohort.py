"""The virtual patients of the table: gated cines of 20 frames, of every view, ED and ES at any frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lvcine.systems.frames.decode import nearest
from lvcine.systems.frames.train.data import LabelledClip, cycles_of, load_clip, write_clip

FRAMES = 20
"""As printed."""


@dataclass(frozen=True)
class Patient:
    """One virtual subject.

    Attributes
    ----------
    subject : str
    clips : tuple of LabelledClip
        Short-axis slices and a long axis.
    """

    subject: str
    clips: tuple[LabelledClip, ...]


def patients(folder: Path, side: str, count: int, first: int = 0, frames: int = FRAMES) -> list[Patient]:
    """The patients of a side's numbers from ``first``; drawn once, kept in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for number in range(first, first + count):
        files = sorted(folder.glob(f"{side}-{number:06d}-*.npz"))
        done = folder / f"{side}-{number:06d}.done"
        if not done.is_file():
            files = [write_clip(folder, clip, f"{side}-") for clip in cycles_of(number, side, frames)]
            done.touch()
        found.append(Patient(f"{side}-{number}", tuple(load_clip(file) for file in sorted(files))))
    return found


def marked(clip: LabelledClip) -> tuple[int, int]:
    """ED and ES as a reader marks them: the nearest frames."""
    count = len(clip.pixels)
    return nearest(clip.eds[0], count), nearest(clip.ess[0], count)

"""Virtual recordings of one beat with seven labelled frames, as the paper's readers labelled theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count as numbers_from
from pathlib import Path

import numpy as np

from lvcine.papers.experiment import virtual_items
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.ultrasound import virtual_clip
from lvcine.study import U8, Bools, Whole
from lvcine.systems.echo.prepare import as_input, find_sector
from lvcine.training.items import virtual_subject_name


@dataclass(frozen=True)
class Recording:
    """A clip of one beat as the net gets it.

    Attributes
    ----------
    name, view : str
        ``SUBJECT~VIEW``; A4C, A2C or A3C.
    pixels, labels : ndarray of uint8, shape (T, Y, X)
        Truth in every frame; the paper's readers drew ``labelled`` alone.
    sector : ndarray of bool, shape (Y, X)
    labelled : ndarray of int, shape (7,)
        ED, two frames in systole, ES, two in diastole, ED.
    pixel_mm : float
    """

    name: str
    view: str
    pixels: U8
    labels: U8
    sector: Bools
    labelled: Whole
    pixel_mm: float


def seven(ed: int, es: int, end: int) -> tuple[int, ...]:
    """Frames of a beat from ED over ES to the next ED that a reader labels.

    Examples
    --------
    >>> seven(0, 9, 24)
    (0, 3, 6, 9, 14, 19, 24)
    """
    systole = [round(ed + (es - ed) * k / 3) for k in range(3)]
    return (*systole, *(round(es + (end - es) * k / 3) for k in range(4)))


def recordings(folder: Path, side: str, count: int, frames: int = 56, size: int = 256) -> list[Recording]:
    """The first ``count`` hearts of a side whose clips hold a whole beat; made once, kept in ``folder``."""
    make = partial(recording_of, frames=frames, size=size)
    found: list[Recording] = []
    for number in numbers_from():
        if len(found) == count:
            break
        found += virtual_items(folder, make, Recording, side, range(number, number + 1))
    return found


def recording_of(number: int, side: str, frames: int, size: int) -> Iterator[Recording]:
    """A heart's recording from ED to the next ED; none where the clip holds no whole beat."""
    _, truth = virtual_clip(seed_of("echo-table", side, number), frames=frames, size=size)
    clip = truth.clip
    for ed in clip.ed_frames:
        es = next((t for t in clip.es_frames if t > ed + 2), None)
        end = next((t for t in clip.ed_frames if es is not None and t > es + 2), None)
        if es is None or end is None:
            continue
        found = find_sector(clip.pixels, (1.0, 1.0), size)
        view, beat = clip.view.value, slice(ed, end + 1)
        yield Recording(
            f"{virtual_subject_name(side, number)}~{view}", view,
            np.rint(as_input(clip.pixels, found) * 255).astype(np.uint8)[beat],
            found.window.resample_nearest(clip.reader_labels)[beat],
            found.window.resample_nearest(clip.sector),
            np.array(seven(ed, es, end)) - ed, float(clip.pixel_mm * found.window.step[0]),
        )  # fmt: skip
        return

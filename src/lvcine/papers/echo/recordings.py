"""Virtual recordings of one beat with seven labelled frames, as the paper's readers labelled theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.seeds import seed_of
from lvcine.phantom.ultrasound import virtual_clip
from lvcine.systems.echo.prepare import as_input, find_sector
from lvcine.systems.echo.recipe import VIEWS

U8 = NDArray[np.uint8]
LABELLED = 7


@dataclass(frozen=True)
class Recording:
    """A clip as the net sees it.

    Attributes
    ----------
    subject : str
    pixels, labels : ndarray of uint8, shape (T, Y, X)
        Truth in every frame; the paper's readers drew ``labelled`` alone.
    sector : ndarray of bool, shape (Y, X)
    labelled : tuple of int
        ED, two frames in systole, ES, two in diastole, ED.
    pixel_mm : float
    view : str
        A4C, A2C or A3C.
    """

    subject: str
    pixels: U8
    labels: U8
    sector: NDArray[np.bool_]
    labelled: tuple[int, ...]
    pixel_mm: float
    view: str


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
    """The first ``count`` hearts of a side whose clips hold a whole beat; drawn once, kept in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Recording] = []
    for one in _drawn(folder, side, frames, size):
        found.append(one)
        if len(found) == count:
            break
    return found


def _drawn(folder: Path, side: str, frames: int, size: int) -> Iterator[Recording]:
    number = 0
    while True:
        file = folder / f"{side}-{number}.npz"
        if not file.is_file():
            _draw(file, side, number, frames, size)
        stored = np.load(file)
        if len(stored["labelled"]):
            yield Recording(
                f"{side}-{number}", stored["pixels"], stored["labels"], stored["sector"],
                tuple(map(int, stored["labelled"])), float(stored["pixel_mm"]), VIEWS[int(stored["view"])],
            )  # fmt: skip
        number += 1


def _draw(file: Path, side: str, number: int, frames: int, size: int) -> None:
    """A recording from ED to the next ED; an empty one where the clip holds no whole beat."""
    _, truth = virtual_clip(seed_of("echo-table", side, number), frames=frames, size=size)
    clip = truth.clip
    found = find_sector(clip.pixels, (1.0, 1.0), size)
    pixels = np.rint(as_input(clip.pixels, found) * 255).astype(np.uint8)
    labels = found.window.resample_nearest(clip.drawn)
    sector = found.window.resample_nearest(clip.sector)
    labelled: tuple[int, ...] = ()
    for ed in clip.ed_frames:
        es = next((t for t in clip.es_frames if t > ed + 2), None)
        end = next((t for t in clip.ed_frames if es is not None and t > es + 2), None)
        if es is not None and end is not None:
            labelled = tuple(t - ed for t in seven(ed, es, end))
            pixels, labels = pixels[ed : end + 1], labels[ed : end + 1]
            break
    part = file.with_suffix(".part")
    with part.open("wb") as stream:
        np.savez_compressed(
            stream, pixels=pixels, labels=labels, sector=sector, labelled=np.array(labelled, int),
            pixel_mm=clip.pixel_mm * found.window.step[0], view=VIEWS.index(clip.view.value),
        )  # fmt: skip
    part.rename(file)

"""The pool: virtual clips for training, made from seeds and kept on disk.

python -m lvcine.systems.echo.train.data --clips 400
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.seeds import phantom_seed
from lvcine.phantom.ultrasound import virtual_clip
from lvcine.systems.echo.prepare import as_input, find_sector

FIRST = 300_000
"""Numbers of the ultrasound hearts, far from those of MR."""
FRAMES, SIZE = 24, 256
THIN_FROM = 560
"""From this number on all are four-chamber views of thin walls: on some scanners the septum is but a line."""
RIGHT_HEAVY_FROM = 780
"""From this number on the right ventricle is as large as the left one, too, and its atrium the larger: nets
without them took the ventricle below the larger atrium for the left one."""
UNTRACED = 255
"""Label of frames without a tracing, of real clips."""


def fill_pool(folder: Path, numbers: Iterable[int]) -> None:
    """Write the clips that are not in the pool yet: ``NUMBER-VIEW.npy``, (2, T, Y, X) pixels and labels."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        if any(folder.glob(f"{number:06d}-*.npy")):
            continue
        cine, truth = virtual_clip(
            phantom_seed("training", FIRST + number),
            *(("A4C", FRAMES, SIZE, "thin") if number >= THIN_FROM else (None, FRAMES, SIZE)),
            right_heavy=number >= RIGHT_HEAVY_FROM,
        )
        file = folder / f"{number:06d}-{truth.clip.view.value}.npy"
        part = file.with_suffix(".part")
        with part.open("wb") as stream:
            np.save(stream, as_seen(truth.clip.pixels, truth.clip.drawn))
        part.rename(file)


def as_seen(pixels: NDArray[np.uint8], labels: NDArray[np.uint8], size: int = SIZE) -> NDArray[np.uint8]:
    """A clip and its labels (T, Y, X) as (2, T, rows, columns): the sector cut square, as the net gets it."""
    sector = find_sector(pixels, (1.0, 1.0), size)
    seen = np.rint(as_input(pixels, sector) * 255).astype(np.uint8)
    return np.stack([seen, sector.window.resample_nearest(labels)])


def view_of(file: Path) -> str:
    """The view of a clip of the pool: A4C, A2C or A3C."""
    return file.stem.rpartition("-")[2]


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, default=Path("packs/echo"))
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--first", type=int, default=0)
    chosen = parser.parse_args()
    fill_pool(chosen.pool, range(chosen.first, chosen.first + chosen.clips))


if __name__ == "__main__":
    main()

"""The pool: virtual clips for training, made from seeds and kept on disk.

python -m lvcine.systems.echo.pool --clips 400
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from lvcine.phantom.ultrasound import virtual_clip
from lvcine.training.split import phantom_seed

FIRST = 300_000
"""Numbers of the ultrasound hearts, far from those of MR."""
FRAMES, SIZE = 24, 256


def fill_pool(folder: Path, numbers: Iterable[int]) -> None:
    """Write the clips that are not in the pool yet: ``NUMBER-VIEW.npy``, (2, T, Y, X) pixels and labels."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        if any(folder.glob(f"{number:06d}-*.npy")):
            continue
        cine, truth = virtual_clip(phantom_seed("training", FIRST + number), frames=FRAMES, size=SIZE)
        file = folder / f"{number:06d}-{truth.clip.view.value}.npy"
        part = file.with_suffix(".part")
        with part.open("wb") as stream:
            np.save(stream, np.stack([truth.clip.pixels, truth.clip.labels]))
        part.rename(file)


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

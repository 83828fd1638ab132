"""The pool: studies made from seeds for training, kept on disk.

python -m lvcine.training.pool --hearts 560 --rings 200
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from lvcine.training import synthetic_shapes, virtual_hearts
from lvcine.training.sunnybrook import LabelledStudy


def study(number: int) -> LabelledStudy:
    """The training side's study of a number: a virtual heart, or rings from ``synthetic_shapes.FIRST`` on."""
    if number >= synthetic_shapes.FIRST:
        return synthetic_shapes.ring_study(number - synthetic_shapes.FIRST)
    return virtual_hearts.virtual_study(number)


def fill_pool(folder: Path, numbers: Iterable[int]) -> None:
    """Write the studies that are not in the pool yet; a pool can be filled while it is used."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        file = folder / f"{number:06d}.npy"
        if not file.exists():
            made = study(number)
            part = file.with_suffix(".part")
            with part.open("wb") as stream:
                np.save(stream, np.stack([made.pixels, made.labels]))
            part.rename(file)


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, default=Path("packs/pool"))
    parser.add_argument("--hearts", type=int, default=0, help="how many virtual hearts")
    parser.add_argument("--rings", type=int, default=0, help="how many studies of rings")
    parser.add_argument("--first", type=int, default=0, help="number of the first of either")
    chosen = parser.parse_args()
    fill_pool(chosen.pool, range(chosen.first, chosen.first + chosen.hearts))
    start = synthetic_shapes.FIRST + chosen.first
    fill_pool(chosen.pool, range(start, start + chosen.rings))


if __name__ == "__main__":
    main()

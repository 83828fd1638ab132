"""Your own copy of CAMUS or EchoNet-Dynamic as a pool, to tune the ultrasound net on.

python -m lvcine.systems.echo.labelled --camus DIR --echonet DIR --pool packs/echo-real
python -m lvcine.systems.echo.train --pool packs/echo-real --start runs/echo --run runs/tuned
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import UsageError
from lvcine.read import open_study
from lvcine.read.echo_sets import camus_patients, echonet_videos, filled
from lvcine.systems.echo.losses import LV_ONLY
from lvcine.systems.echo.pool import UNTRACED, as_seen

U8 = NDArray[np.uint8]
LONGEST = 64
"""Frames of a video that are kept, around its tracings."""


def from_camus(folder: Path, kept_for_reporting: Collection[str] = ()) -> Iterator[tuple[str, U8]]:
    """(file's name, clip) of every view; patients ``kept_for_reporting`` are left out."""
    for views in camus_patients(folder):
        for view in views:
            if view.subject not in kept_for_reporting:
                yield f"{view.subject}-{view.cine.view.value}", as_seen(view.cine.pixels[0], view.labels)


def from_echonet(folder: Path) -> Iterator[tuple[str, U8]]:
    """(file's name, clip) of every video of the split TRAIN; only the ventricle is known, in two frames."""
    for video in echonet_videos(folder, "TRAIN"):
        pixels = open_study(video.path).cines[0].pixels[0].astype(np.uint8)
        labels = np.full(pixels.shape, UNTRACED, np.uint8)
        for frame, outline in video.outlines.items():
            labels[frame] = filled(outline, pixels.shape[1:]) + LV_ONLY
        first = max(0, min(min(video.outlines) - 4, len(pixels) - LONGEST))
        part = slice(first, first + LONGEST)
        yield f"{video.name}-A4C", as_seen(pixels[part], labels[part])


def write(clips: Iterator[tuple[str, U8]], pool: Path) -> int:
    """Put clips into a pool; returns how many."""
    pool.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, clip in clips:
        np.save(pool / f"{name}.npy", clip)
        count += 1
    return count


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--camus", type=Path)
    parser.add_argument("--echonet", type=Path)
    parser.add_argument("--testing", type=Path, help="CAMUS: a list of patients that are kept for reporting")
    parser.add_argument("--pool", type=Path, default=Path("packs/echo-real"))
    chosen = parser.parse_args()
    if chosen.camus is None and chosen.echonet is None:
        raise UsageError("no data set is named", advice="give --camus DIR or --echonet DIR")
    kept = chosen.testing.read_text().split() if chosen.testing else ()
    if chosen.camus is not None:
        write(from_camus(chosen.camus, kept), chosen.pool)
    if chosen.echonet is not None:
        write(from_echonet(chosen.echonet), chosen.pool)


if __name__ == "__main__":
    main()

"""Your own copy of CAMUS or EchoNet-Dynamic as a pool, to tune the ultrasound net on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.read import open_study
from lvcine.read.datasets.echo_sets import camus_patients, echonet_videos, filled
from lvcine.systems.echo.train.data import UNTRACED, as_seen
from lvcine.systems.echo.train.losses import LV_ONLY

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


def write(clips: Iterator[tuple[str, U8]], pool: Path) -> tuple[str, ...]:
    """Put clips into a pool; returns their subjects, each once."""
    pool.mkdir(parents=True, exist_ok=True)
    subjects: dict[str, None] = {}
    for name, clip in clips:
        np.save(pool / f"{name}.npy", clip)
        subjects[name.rpartition("-")[0]] = None
    return tuple(subjects)

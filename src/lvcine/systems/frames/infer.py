"""Any cine in, its curve and the frames of ED and ES out: from the pixels, without masks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import Net, load_all, provenance
from lvcine.localise import middle_slices
from lvcine.measure.beats import BeatFrames, find_beats
from lvcine.study import Cine
from lvcine.systems.frames.decode import Found, best_fit
from lvcine.systems.frames.prepare import as_input, heart_window
from lvcine.systems.frames.recipe import WARM_UP

Array = NDArray[np.float64]

SLICES = 5
"""Of a stack that are looked at; the middle ones, where the heart moves most."""


@dataclass(frozen=True)
class FramesResult:
    """What the room gives back.

    Attributes
    ----------
    curve : ndarray, shape (T,)
        About 1 at ED and 0 at ES; the mean over slices.
    slice_curves : ndarray, shape (S, T)
        Of the slices that were looked at.
    slices : tuple of int
        Which ones.
    beats : tuple of BeatFrames
        One for a gated cine; all whole beats of a free-running clip, none where nothing beats.
    found : Found or None
        Of a gated cine: ED and ES between frames, and a confidence; None otherwise.
    net : dict of str
    """

    curve: Array
    slice_curves: Array
    slices: tuple[int, ...]
    beats: tuple[BeatFrames, ...]
    found: Found | None
    net: dict[str, str]


def find_frames(
    cine: Cine, *, engine: str = "onnxruntime", threads: int | None = None, weights: Path | None = None
) -> FramesResult:
    """ED and ES of a cine of any view.

    Parameters
    ----------
    cine : Cine
        At least two frames; gated (one closed cycle) or free-running.
    engine : {"onnxruntime", "openvino"}
    threads : int, optional
    weights : Path, optional
        Another folder with nets and their card than lvcine's own.

    Returns
    -------
    FramesResult
    """
    encoder, over_time = load_all("frames", engine=engine, threads=threads, folder=weights)
    slices = tuple(middle_slices(cine.slices, SLICES))
    curves = np.stack([_curve(encoder, over_time, cine.pixels[z], cine.gated) for z in slices])
    curve = curves.mean(0)
    net = provenance((encoder, over_time))
    if cine.gated and cine.frames >= 3:
        found = best_fit(curve)
        pair = BeatFrames(*found.frames(cine.frames))
        return FramesResult(curve, curves, slices, (pair,), found, net)
    times = np.arange(cine.frames, dtype=np.float64) * (1000.0 / 30.0)
    if cine.times_ms is not None:
        times = cine.times_ms[0]
    return FramesResult(curve, curves, slices, find_beats(curve, times), None, net)


def _curve(encoder: Net, over_time: Net, clip: NDArray[np.generic], closed: bool) -> Array:
    size = encoder.card.contract.size[-1]
    seen = as_input(clip, heart_window(clip, size))
    features = encoder({"frames": seen})["features"]
    frames = len(features)
    rounds = math.ceil(WARM_UP / frames) if closed else 0
    values = over_time({"features": np.tile(features, (2 * rounds + 1, 1))})["values"]
    return np.asarray(values[rounds * frames : (rounds + 1) * frames], np.float64)

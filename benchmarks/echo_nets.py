"""Ultrasound nets side by side on virtual clips that none has seen: overlap, flicker, time.

python benchmarks/echo_nets.py FOLDER ... [--clips 20] [--side choosing]

Each FOLDER holds echo.onnx and its card. A net is looked at as a stream and as a clip that is there as a
whole (from both ends, steadied, strays mended); one without memory also with its likelihoods smoothed over
the frames that have come (each frame a third, the past two thirds).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import Runtime, load
from lvcine.measure.agreement import dice
from lvcine.papers.echo.recordings import Recording, recordings
from lvcine.papers.echo.score import STRUCTURES, score
from lvcine.systems.echo.bidirectional import predict_bidirectional
from lvcine.systems.echo.outlier_frames import replace_outliers
from lvcine.systems.echo.postprocess import whole
from lvcine.systems.echo.stream import Steps

FRESH = 1 / 3
STEADY = 1.0
"""SD of the smoothing of a clip, in frames."""
Look = Callable[[Steps, Recording], tuple[NDArray[np.uint8], list[float]]]


def looked_at(steps: Steps, clip: Recording, fresh: float) -> tuple[NDArray[np.uint8], list[float]]:
    """Labels (T, Y, X) and seconds a frame; ``fresh``: share of a frame in the smoothed likelihood."""
    steps.forget()
    kept: NDArray[np.float32] | None = None
    labels, seconds = [], []
    for frame in clip.pixels:
        started = time.perf_counter()
        likely, _ = steps(frame.astype(np.float32) / 255)
        kept = likely if kept is None else fresh * likely + (1 - fresh) * kept
        seconds.append(time.perf_counter() - started)
        labels.append(whole(kept))
    return np.stack(labels), seconds


def as_clip(steps: Steps, clip: Recording) -> tuple[NDArray[np.uint8], list[float]]:
    """Labels and seconds a frame of a clip that is there as a whole."""
    started = time.perf_counter()
    pictures = clip.pixels.astype(np.float32) / 255
    seen = predict_bidirectional(steps, lambda t: pictures[t], len(pictures), STEADY, replace_outliers)
    labels = np.stack([whole(likely) for likely, _ in seen])
    return labels, [(time.perf_counter() - started) / len(pictures)] * len(pictures)


def line(name: str, folder: Path, clips: list[Recording], look: Look) -> str:
    """One row of the table."""
    net = load("echo", Runtime(threads=2, weights=folder))
    scores, overlaps, seconds, follows = [], [], [], []
    for clip in clips:
        labels, spent = look(Steps(net), clip)
        scores.append(score(labels, clip))
        overlaps.append([dice(labels == k, clip.labels == k) for k in STRUCTURES.values()])
        seconds += spent[1:]
        areas = [(a == STRUCTURES["lv"]).sum((1, 2)).astype(float) for a in (labels, clip.labels)]
        follows.append(np.corrcoef(*areas)[0, 1])
    mean = np.mean(overlaps, 0)
    flicker = np.mean([s.flicker for s in scores])
    large = sum(s.large_error for s in scores)
    return (
        f"| {name} | {mean[0]:.3f} / {mean[1]:.3f} / {mean[2]:.3f} | {flicker:.4f} | {large} of {len(clips)} "
        f"| {np.median(follows):.3f} | {1000 * np.median(seconds):.1f} |"
    )


def main() -> None:
    """Command line of the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--side", choices=("choosing", "reporting"), default="choosing")
    parser.add_argument("--kept", type=Path, default=Path("runs/echo_clips"))
    chosen = parser.parse_args()
    clips = recordings(chosen.kept, chosen.side, chosen.clips)
    true = np.mean([(c.labels[1:] != c.labels[:-1])[:, c.sector].mean() for c in clips])
    print(f"{len(clips)} clips of one beat, side {chosen.side}; the truth itself changes {true:.4f} a frame")
    print("| net | Dice LV / wall / atrium | mFIP | large errors | r of the area | ms a frame |")
    print("| --- | --- | --- | --- | --- | --- |")
    for folder in chosen.folders:
        print(line(f"{folder.name}, stream", folder, clips, partial(looked_at, fresh=1.0)), flush=True)
        print(line(f"{folder.name}, clip", folder, clips, as_clip), flush=True)
        if not load("echo", Runtime(weights=folder)).card.results["states"]:
            print(
                line(f"{folder.name}, smoothed", folder, clips, partial(looked_at, fresh=FRESH)), flush=True
            )


if __name__ == "__main__":
    main()

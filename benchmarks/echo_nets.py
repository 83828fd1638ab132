"""Ultrasound nets side by side on virtual clips that none has seen: overlap, flicker, time.

python benchmarks/echo_nets.py FOLDER ... [--clips 20] [--side choosing]

Each FOLDER holds echo.onnx and its card. A net without memory is looked at twice: frame by frame, and with
its likelihoods smoothed over the frames that have come (each frame a third, the past two thirds).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import load
from lvcine.measure.agreement import dice
from lvcine.systems.echo.recordings import Recording, recordings
from lvcine.systems.echo.score import STRUCTURES, score
from lvcine.systems.echo.stream import Steps
from lvcine.systems.echo.tidy import whole

FRESH = 1 / 3


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


def line(name: str, folder: Path, clips: list[Recording], fresh: float) -> str:
    """One row of the table."""
    net = load("echo", folder=folder, threads=2)
    scores, overlaps, seconds, follows = [], [], [], []
    for clip in clips:
        labels, spent = looked_at(Steps(net), clip, fresh)
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
        print(line(folder.name, folder, clips, 1.0), flush=True)
        if not load("echo", folder=folder).card.results["states"]:
            print(line(f"{folder.name}, smoothed", folder, clips, FRESH), flush=True)


if __name__ == "__main__":
    main()

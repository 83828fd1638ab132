"""Milliseconds a frame of the ultrasound net on a stream, from the picture to the result and the net alone.

python benchmarks/echo_stream.py [--frames 300] [--threads 2] [--weights FOLDER]

Stateful, one frame at a time, 256 x 256; limits on two cores: p95 33 ms with ONNX Runtime, p50 13 ms with
OpenVINO.
"""

from __future__ import annotations

import argparse
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import Runtime
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.ultrasound import virtual_clip
from lvcine.systems.echo.live import Live

CLIP = seed_of("benchmarks", "reporting", 0)
WARM = 20


def one(engine: str, clip: NDArray[np.uint8], frames: int, threads: int, weights: Path | None) -> list[str]:
    """Two lines of the table."""
    live = Live(view="A4C", spacing_mm=(0.6, 0.6), runtime=Runtime(engine, threads, weights))
    whole, alone = [], []
    step = live.steps._step

    def timed(frame: NDArray[np.float32]) -> object:
        started = time.perf_counter()
        answer = step(frame)
        alone.append(time.perf_counter() - started)
        return answer

    live.steps._step = timed  # type: ignore[method-assign, assignment]
    for k in range(WARM + frames):
        started = time.perf_counter()
        live.push(clip[k % len(clip)], 33.0 * k)
        whole.append(time.perf_counter() - started)
    lines = []
    for name, spent in (("picture to result", whole), ("net alone", alone)):
        ms = 1000 * np.array(spent[-frames:])
        p50, p95, p99 = np.percentile(ms, [50, 95, 99])
        lines.append(f"| {engine} | {name} | {p50:.1f} | {p95:.1f} | {p99:.1f} |")
    return lines


def main() -> None:
    """Command line of the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--weights", type=Path)
    chosen = parser.parse_args()
    cine, _ = virtual_clip(CLIP, frames=50, size=256)
    print("| engine | what | p50 ms | p95 ms | p99 ms |\n| --- | --- | --- | --- | --- |")
    for engine in ("onnxruntime", "openvino", "openvino-bf16"):
        if engine == "onnxruntime" or find_spec("openvino"):
            print("\n".join(one(engine, cine.pixels[0], chosen.frames, chosen.threads, chosen.weights)))


if __name__ == "__main__":
    main()

"""Frame-to-frame jitter of the cavity's area: the whole cycle at once against every frame alone.

python benchmarks/flicker.py CINE... [--weights FOLDER]

Jitter is the root mean square of the area's second difference over the closed cycle, in mm2, mean over
slices that hold cavity in every frame; the same nets see the same pictures either way.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import Net, Runtime, load_members
from lvcine.localise import assemble
from lvcine.localise.postprocess import steady
from lvcine.measure.area import slice_areas
from lvcine.pipeline.choose import choose_short_axis
from lvcine.read import open_study
from lvcine.study import Cine
from lvcine.systems.sax import infer


class Alone:
    """A net that is shown one frame of a clip at a time."""

    def __init__(self, net: Net) -> None:
        self.net, self.card, self.provenance = net, net.card, net.provenance

    def __call__(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        frames = [self.net({"clip": frame[None]})["logits"] for frame in inputs["clip"]]
        return {"logits": np.concatenate(frames)}


class AllAlone:
    """The members of an ensemble, each of which is shown one frame at a time."""

    def __init__(self, name: str, runtime: Runtime) -> None:
        self.members = load_members(name, runtime)
        self.card, self.provenance = self.members.card, self.members.provenance

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[Alone]:
        return map(Alone, self.members)


def jitter_mm2(cine: Cine, weights: Path | None) -> tuple[float, int]:
    """Mean jitter, and over how many slices."""
    found = infer.segment(cine, Runtime(weights=weights)).segmentation
    area = slice_areas(found, cine.geometry, "include").cavity_mm2
    whole = area[(area > 0).all(1)]
    bend = np.roll(whole, -1, 1) - 2 * whole + np.roll(whole, 1, 1)
    return float(np.sqrt((bend**2).mean(1)).mean()), len(whole)


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cines", type=Path, nargs="+")
    parser.add_argument("--weights", type=Path)
    chosen = parser.parse_args()
    print("| cine | slices | whole cycle | frame by frame | ratio |\n| --- | --- | --- | --- | --- |")
    ratios = []
    for n, path in enumerate(chosen.cines, 1):
        _, cine = choose_short_axis(open_study(path))
        together, slices = jitter_mm2(cine, chosen.weights)
        infer.load_members = AllAlone  # type: ignore[assignment]
        assemble.steady = lambda likelihood: likelihood  # type: ignore[assignment]  # frame by frame there is no cycle to be steady over
        alone, _ = jitter_mm2(cine, chosen.weights)
        infer.load_members, assemble.steady = load_members, steady
        ratios.append(together / alone)
        print(f"| {n} | {slices} | {together:.1f} mm2 | {alone:.1f} mm2 | {ratios[-1]:.2f} |", flush=True)
    print(f"\nratio, mean of {len(ratios)}: {np.mean(ratios):.2f}")


if __name__ == "__main__":
    main()

"""Virtual short-axis studies for training, each from its seed, kept in a pool on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lvcine.phantom.mr import Protocol, render
from lvcine.phantom.population import draw_heart
from lvcine.phantom.scene import draw_scene
from lvcine.training.packs import SPACING_MM, LabelledStudy
from lvcine.training.split import phantom_seed

FRAMES = 6
HARD_BASE_FROM = 10_000
"""Studies from this number on have an atrium that is easily taken for the ventricle."""


def draw_protocol(rng: np.random.Generator, systole: float) -> Protocol:
    """A scanner's setting; ED and ES are always among the frames, the others are spread."""
    others = np.sort(rng.uniform(0.02, 0.98, FRAMES - 2))
    phases = np.sort(np.concatenate([[0.0, systole], others]))
    step = float(rng.uniform(5.0, 11.0))
    return Protocol(
        spacing_mm=SPACING_MM,
        step_mm=step,
        thickness_mm=float(min(step, rng.uniform(4.0, 10.0))),
        phases=tuple(float(p) for p in phases),
        slices_above=int(rng.integers(1, 4)),
        slices_below=int(rng.integers(0, 3)),
        blur_px=float(rng.uniform(0.25, 1.0)),
        noise=float(rng.uniform(0.008, 0.07)),
        shift_mm=float(rng.choice([0.3, 1.0, 2.5])),
        deform_px=float(rng.uniform(0.0, 3.5)),
    )


def virtual_study(number: int, side: str = "training") -> LabelledStudy:
    """Virtual study ``number`` of one side of the split (labels 0-3, RV included)."""
    rng = np.random.default_rng(phantom_seed(side, number))
    heart = draw_heart(rng)
    scene = draw_scene(heart, rng, hard_base=number >= HARD_BASE_FROM)
    stack = render(heart, scene, draw_protocol(rng, heart.beat.systole), rng)
    pixels = np.clip(stack.pixels * 120.0, 0, 255).astype(np.uint8)
    return LabelledStudy(f"virtual-{side}-{number}", pixels, stack.labels)


def fill_pool(folder: Path, first: int, count: int) -> None:
    """Write studies ``first`` .. ``first + count - 1`` that are not in the pool yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        file = folder / f"{number:06d}.npy"
        if not file.exists():
            study = virtual_study(number)
            part = file.with_suffix(".part")
            with part.open("wb") as stream:
                np.save(stream, np.stack([study.pixels, study.labels]))
            part.rename(file)


def main() -> None:
    """Command line: ``python -m lvcine.training.virtual --count 733``."""
    import argparse

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--pool", type=Path, default=Path("packs/pool"))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=733)
    chosen = parser.parse_args()
    fill_pool(chosen.pool, chosen.first, chosen.count)


if __name__ == "__main__":
    main()

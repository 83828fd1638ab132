"""How long a changed contour takes: all numbers of a 12-slice, 30-frame study again, in CPU time of one core.

python benchmarks/remeasure.py
"""

from __future__ import annotations

import time

import numpy as np

from lvcine.localise.drawn import redrawn
from lvcine.pipeline.measure_masks import measure_masks
from lvcine.pipeline.remeasure import remeasure
from lvcine.study import Cine, Contour, Geometry, Study, View

SLICES, FRAMES, SIZE, CHANGES = 12, 30, 192, 40
ANGLES = np.linspace(0, 2 * np.pi, 120, endpoint=False)
CIRCLE = np.stack([np.sin(ANGLES), np.cos(ANGLES)], 1)


def study() -> tuple[Study, np.ndarray]:
    """A cylinder that beats, and its masks."""
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2 + 0.3
    radii = 18 + 4 * np.cos(2 * np.pi * np.arange(FRAMES) / FRAMES)
    masks = np.zeros((SLICES, FRAMES, SIZE, SIZE), np.uint8)
    for t, radius in enumerate(radii):
        masks[:, t, np.hypot(y, x) < radius + 7] = 2
        masks[:, t, np.hypot(y, x) < radius] = 1
    pixels = np.where(masks == 1, 200, 60).astype(np.uint8)
    return Study((Cine(pixels, Geometry.stack(SLICES, (1.4, 1.4), 8.0), view=View.SAX),)), masks


def main() -> None:
    scan, masks = study()
    analysis = measure_masks(scan, masks, ed=0, es=15)
    taken = []
    for k in range(CHANGES):
        radius = 18 + 0.05 * k
        began = time.process_time()
        contours = (Contour(SIZE / 2 + CIRCLE * r) for r in (radius, radius + 7))
        analysis = remeasure(analysis, segmentation=redrawn(analysis.segmentation, k % SLICES, 3, *contours))
        taken.append(1000 * (time.process_time() - began))
    middle, most = np.percentile(taken, (50, 95))
    print(f"{middle:.0f} ms (median), {most:.0f} ms (95 %) of {CHANGES} changes")


if __name__ == "__main__":
    main()

"""Measurement: where Sunnybrook's contours lie in their images (`lvcine.read.datasets.sunnybrook`).

    .venv/bin/python benchmarks/sunnybrook_offset.py DATA

Edges are looked for along rays normal to the contours, up to 2.5 pixels inwards and outwards of them: where
blood turns to muscle for endocardia, where the signal changes most for epicardia. A contour's displacement is
the translation that fits its edges best, beside a common distance. A search about a wrong place finds edges
that are too near to it; so it is repeated about its own result, until that is the mean over subjects of
endocardia and epicardia. Prints displacements (rows, columns) in pixels from contours that count from 0.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from lvcine.evaluate import stills
from lvcine.read.datasets.sunnybrook import FIRST_PIXEL, STILLS
from lvcine.training.split import SUNNYBROOK

Array = NDArray[np.float64]
RANGE_PX, STEP_PX = 2.5, 0.1
POINTS, HARMONICS = 120, 8  # of a contour
STEEP_PX = 0.5  # edges farther from the fit than this count less


class Outline(NamedTuple):
    """A contour with its normals, (N, 2) each, on a smoothed image."""

    subject: str
    image: Array
    points: Array
    normals: Array
    epi: bool


def outlines(data: Path) -> Iterator[Outline]:
    """The contours of the subjects that train nets, as they would lie if they counted from 0."""
    for case in stills.cases(data / STILLS):
        if case.subject not in SUNNYBROOK.training:
            continue
        reference = case.score.args[0]  # type: ignore[attr-defined]
        for kind in ("endo", "epi"):
            for (z, t), contour in getattr(reference, kind).items():
                image = gaussian_filter(case.source.cines[0].pixels[z, t].astype(float), 1.0)  # type: ignore[union-attr]
                yield Outline(case.subject, image, *smooth(contour.points + FIRST_PIXEL), kind == "epi")


def smooth(points: Array) -> tuple[Array, Array]:
    """Even points on a contour of few harmonics, and its outward normals."""
    closed = np.vstack([points, points[:1]])
    along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(closed, axis=0).T))]
    even = np.linspace(0.0, along[-1], POINTS, endpoint=False)
    wave = np.fft.fft(np.interp(even, along, closed[:, 0]) + 1j * np.interp(even, along, closed[:, 1]))
    order = np.fft.fftfreq(POINTS, 1 / POINTS)
    wave[np.abs(order) > HARMONICS] = 0.0
    line, tangent = np.fft.ifft(wave), np.fft.ifft(1j * order * wave)
    normal = tangent / np.abs(tangent) * 1j
    normal *= np.sign(((line - line.mean()) * normal.conj()).real.sum())
    return np.stack([line.real, line.imag], 1), np.stack([normal.real, normal.imag], 1)


def displacement(outline: Outline, start: Array) -> Array:
    """Of one contour, searched about ``start``."""
    way = np.arange(-RANGE_PX, RANGE_PX + STEP_PX / 2, STEP_PX)
    rays = outline.points[:, None] + start + way[:, None] * outline.normals[:, None]
    profiles = map_coordinates(outline.image, np.moveaxis(rays, -1, 0), order=1, mode="nearest")
    fall = -np.gradient(profiles, axis=1)
    edge = way[(np.abs(fall) if outline.epi else fall).argmax(1)]
    seen = np.abs(edge) < RANGE_PX - STEP_PX / 2  # one at the end of its ray is none
    model, weight = np.c_[np.ones(seen.sum()), outline.normals[seen]], np.ones(seen.sum())
    for _ in range(6):
        root = np.sqrt(weight)
        fit = np.linalg.lstsq(model * root[:, None], edge[seen] * root, rcond=None)[0]
        weight = 1.0 / np.maximum(1.0, np.abs(edge[seen] - model @ fit) / STEEP_PX)
    return start + fit[1:]


def main() -> None:
    """Print the displacement and its standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    found = list(outlines(parser.parse_args().data))
    for start in (np.zeros(2), np.full(2, -1.0)):
        place = start
        for _ in range(6):
            by_subject: dict[tuple[str, bool], list[Array]] = defaultdict(list)
            for outline in found:
                by_subject[outline.subject, outline.epi].append(displacement(outline, place))
            subjects = sorted({o.subject for o in found})
            means = np.array([[np.mean(by_subject[s, epi], 0) for epi in (False, True)] for s in subjects])
            place = means.mean((0, 1))
        error = means.mean(1).std(0, ddof=1) / np.sqrt(len(means))
        print(f"from {start}: {place.round(2)}, standard error {error.round(2)}, {len(found)} contours of "
              f"{len(means)} subjects; endocardia {means[:, 0].mean(0).round(2)}, epicardia "
              f"{means[:, 1].mean(0).round(2)}")  # fmt: skip


if __name__ == "__main__":
    main()

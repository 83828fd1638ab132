"""Real apical clips and virtual ones by the same numbers: grey levels, contrast, speckle, its change.

python benchmarks/phantom_ultrasound_realism.py FOLDER [--clips 30]

FOLDER holds sequoia_a4c.dcm, sonosite_a4c.dcm and volunteer_data_apical4chvolunteer.mov. Where their
sector lies, and a patch of septum and of cavity in one frame, were read off the pictures by eye (below,
in pixels). Of virtual clips the sector, wall and cavity are known.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, gaussian_filter, map_coordinates

from lvcine.phantom.ultrasound import virtual_clip
from lvcine.phantom.ultrasound.screen import Screen
from lvcine.read import open_study

Array = NDArray[np.float64]

_STEP_MM, _STEP = 0.25, np.radians(0.25)
_NEAR, _FAR = (30.0, 70.0), (90.0, 130.0)
_LAG_MS = 34.0


@dataclass(frozen=True)
class Sector:
    """Meeting point of the beams (row, column), half angle, first and last range; pixels and rad."""

    row: float
    column: float
    half: float
    start: float
    stop: float
    pixel_mm: float


@dataclass(frozen=True)
class Seen:
    """A real clip: its sector, and in one frame a patch of septum and of LV cavity (rows, columns)."""

    file: str
    sector: Sector
    frame: int
    septum: tuple[slice, slice]
    cavity: tuple[slice, slice]


SEEN = {
    "Acuson Sequoia": Seen(
        "sequoia_a4c.dcm", Sector(31, 286, np.radians(45), 17, 361, 0.5248),
        5, (slice(150, 180), slice(240, 256)), (slice(150, 200), slice(280, 330)),
    ),
    "SonoSite": Seen(
        "sonosite_a4c.dcm", Sector(18, 170, np.radians(41), 5, 182, 1.021),
        3, (slice(85, 105), slice(147, 158)), (slice(85, 110), slice(165, 185)),
    ),
    # The film knows no mm: 15 cm of the depth scale beside the picture are 361 pixels.
    "Philips iE33": Seen(
        "volunteer_data_apical4chvolunteer.mov", Sector(84, 341, np.radians(43.5), 11, 366, 0.4152),
        3, (slice(205, 235), slice(316, 329)), (slice(160, 240), slice(345, 400)),
    ),
}  # fmt: skip


def polar(frames: NDArray[np.uint8], s: Sector) -> tuple[Array, Array]:
    """Frames over range and angle, (T, D, B), and the ranges in mm from where the beams meet."""
    ranges = np.arange(s.start * s.pixel_mm + 3.0, s.stop * s.pixel_mm - 3.0, _STEP_MM)
    angles = np.arange(-s.half + 0.03, s.half - 0.03, _STEP)
    r, a = np.meshgrid(ranges / s.pixel_mm, angles, indexing="ij")
    at = [s.row + r * np.cos(a), s.column + r * np.sin(a)]
    return np.stack([map_coordinates(f.astype(float), at, order=1) for f in frames]), ranges


def fine(picture: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Speckle without what is larger than 5 mm and 5 degrees, and where there is enough grey for it."""
    smooth = gaussian_filter(picture, (20, 20))
    return picture - smooth, (smooth > 25) & (smooth < 215)


def length(picture: Array, ranges: Array, band: tuple[float, float], axis: int) -> float:
    """Lag in mm at which the speckle's autocorrelation is a half."""
    rows = (ranges > band[0]) & (ranges < band[1])
    speckle, lit = fine(picture)
    speckle, lit = speckle[rows], lit[rows]
    if lit.sum() < 2000:
        return float("nan")
    speckle = np.where(lit, speckle - speckle[lit].mean(), 0.0)
    last = 1.0
    for lag in range(1, 40):
        one = np.take(speckle, range(speckle.shape[axis] - lag), axis)
        two = np.take(speckle, range(lag, speckle.shape[axis]), axis)
        both = (one != 0) & (two != 0)
        corr = (one * two)[both].mean() / (speckle[lit] ** 2).mean()
        if corr < 0.5:
            part = lag - 1 + (last - 0.5) / (last - corr)
            return part * (_STEP_MM if axis == 0 else _STEP * np.mean(band))
        last = corr
    return float("nan")


def alike(pictures: Array, lag: int) -> float:
    """Correlation of speckle with that ``lag`` frames later, the median over the clip."""
    out = []
    for one, two in zip(pictures[:-lag], pictures[lag:], strict=True):
        (a, lit), (b, _) = fine(one), fine(two)
        if lit.sum() > 2000:
            out.append(np.corrcoef(a[lit], b[lit])[0, 1])
    return float(np.median(out)) if out else float("nan")


def numbers(
    frames: NDArray[np.uint8], sector: Sector, step_ms: float, wall: Array, blood: Array
) -> list[float]:
    """The column of one clip in the table."""
    pictures, ranges = polar(frames[:12], sector)
    weights = np.repeat(ranges[:, None], pictures.shape[2], 1).ravel()  # area of a polar sample
    order = np.argsort(pictures[0].ravel())
    share = np.cumsum(weights[order]) / weights.sum()
    grey = [
        float(pictures[0].ravel()[order][np.searchsorted(share, q)]) for q in (0.25, 0.5, 0.75, 0.95, 0.99)
    ]
    lag = max(1, round(_LAG_MS / step_ms))
    return [
        *grey,
        float(wall.mean()), float(blood.mean()), float(wall.mean() - blood.mean()),
        float((wall.mean() - blood.mean()) / np.hypot(wall.std(), blood.std())),
        *(length(pictures[0], ranges, band, axis) for band in (_NEAR, _FAR) for axis in (0, 1)),
        alike(pictures, lag),
    ]  # fmt: skip


ROWS = (
    *(f"grey in the sector, {q}th percentile" for q in (25, 50, 75, 95, 99)),
    "septum, mean grey", "cavity, mean grey", "difference", "difference over spread",
    "speckle along the beam at 3-7 cm, mm", "across, mm",
    "speckle along the beam at 9-13 cm, mm", "across, mm",
    "correlation of speckle after 33 ms",
)  # fmt: skip


def real(folder: Path, seen: Seen) -> list[float]:
    """Numbers of a real clip."""
    cine = open_study(folder / seen.file).cines[0]
    frames = np.asarray(cine.pixels[0])
    frames = frames[..., 0] if frames.ndim == 4 else frames
    step_ms = 33.3 if cine.times_ms is None else float(np.diff(cine.times_ms[0]).mean())
    one = frames[seen.frame].astype(float)
    return numbers(frames, seen.sector, step_ms, one[seen.septum], one[seen.cavity])


def virtual(seed: int) -> list[float]:
    """Numbers of a virtual four-chamber clip."""
    _, truth = virtual_clip(seed, "A4C", frames=12)
    clip, p = truth.clip, truth.protocol
    down, across = Screen(p).plane_mm
    sector = Sector(
        float((-p.probe_mm - down[0, 0]) / clip.pixel_mm), float(-across[0, 0] / clip.pixel_mm), p.angle / 2,
        p.probe_mm / clip.pixel_mm, (p.depth_mm + p.probe_mm) / clip.pixel_mm, clip.pixel_mm,
    )  # fmt: skip
    one = clip.pixels[0].astype(float)
    wall, blood = (one[patch] for patch in _patches(clip.labels[0]))
    return numbers(clip.pixels, sector, float(np.diff(clip.times_ms).mean()), wall, blood)


def _patches(labels: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Septum and cavity at the middle of the ventricle, as the patches of the real clips lie."""
    cavity = labels == 1
    rows, columns = np.nonzero(cavity)
    row, column = np.indices(labels.shape)
    low, high = np.percentile(rows, (35, 65))
    middle = (row >= low) & (row <= high)
    left = column < np.median(columns)
    septum = binary_erosion(labels == 2, iterations=1) & middle & left
    return septum, binary_erosion(cavity, iterations=3) & middle


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=30)
    chosen = parser.parse_args()
    reals = np.array([real(chosen.folder, seen) for seen in SEEN.values()])
    virtuals = np.array([virtual(seed) for seed in range(7000, 7000 + chosen.clips)])
    print(f"| | {' | '.join(SEEN)} | virtual: 5th, 50th, 95th of {chosen.clips} |")
    print("| --- | " + "--- | " * (len(SEEN) + 1))
    for name, values, drawn in zip(ROWS, reals.T, virtuals.T, strict=True):
        spread = ", ".join(f"{v:.3g}" for v in np.nanpercentile(drawn, (5, 50, 95)))
        print(f"| {name} | {' | '.join(f'{v:.3g}' for v in values)} | {spread} |")


if __name__ == "__main__":
    main()

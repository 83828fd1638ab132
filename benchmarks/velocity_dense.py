"""The velocity curves on real tissue motion: cine DENSE, whose phase is displacement, taken both ways.

python benchmarks/velocity_dense.py FILE [-o PICTURE]

FILE is a DENSEanalysis workspace (MATLAB 5) with magnitude and phase along x, y and z. The wall is found
from the magnitude alone. The displacement of each pixel is differentiated to its velocity, lvcine's curve
code makes radial and circumferential curves of that, and their integrals stand beside the mean radial and
circumferential displacement read straight off the phase.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import scipy.io
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates

from lvcine.measure.anchor import Anchor
from lvcine.measure.velocity.components import slice_curves
from lvcine.measure.velocity.ring import find_ring
from lvcine.measure.velocity.unwrap import unwrap_channel
from lvcine.study.mask import CAVITY, MYOCARDIUM

Array = NDArray[np.float64]

FIRST = 3  # before it the blood is still as bright as the wall
RAYS = 72
RADII = np.arange(1.0, 16.0, 0.25)  # pixels
HARMONICS = 4


def read(path: Path) -> tuple[Array, Array, float, float, float]:
    """Magnitude (T, Y, X), phase in turns (2, T, Y, X), mm a turn, pixel in mm, ms between frames."""
    file = scipy.io.loadmat(path, struct_as_record=False, squeeze_me=True)
    dense, pictures = file["dns"], [np.moveaxis(np.asarray(p, float), -1, 0) for p in file["img"]]
    phase = np.stack(pictures[1:3]) / 4096.0 - 0.5
    phase[0] *= -1.0 if dense.NegFlag[0] else 1.0
    phase[1] *= -1.0 if dense.NegFlag[1] else 1.0
    turn = 1.0 / float(dense.EncFreq[0] * dense.Scale[0])
    return pictures[0], phase, turn, float(dense.PixelSpacing[0]), float(file["seq"][0].RepetitionTime)


def find_centre(magnitude: Array) -> tuple[float, float, float]:
    """(y, x) and radius in pixels of the dark hole with the brightest even ring around it."""
    mean = gaussian_filter(np.log1p(magnitude[FIRST:].mean(0)), 0.7)
    angles = 2.0 * np.pi * np.arange(24) / 24
    best, found = -np.inf, (0.0, 0.0, 0.0)
    for y in np.arange(24.0, mean.shape[0] - 24.0):
        for x in np.arange(24.0, mean.shape[1] - 24.0):
            profile = polar(mean, (y, x), angles)
            for k in range(16, 36, 2):  # rings of 5 to 10 pixels
                ring, hole, out = profile[:, k], profile[:, : max(k - 12, 1)].mean(1), profile[:, k + 14]
                score = float(np.percentile(ring - hole, 20) + np.percentile(ring - out, 20))
                if score > best:
                    best, found = score, (float(y), float(x), float(RADII[k]))
    return found


def polar(picture: Array, centre: tuple[float, float], angles: Array) -> Array:
    """Values (angle, radius) of :data:`RADII`."""
    y = centre[0] + np.sin(angles)[:, None] * RADII
    x = centre[1] + np.cos(angles)[:, None] * RADII
    return map_coordinates(picture, [y, x], order=1, mode="nearest")


def find_wall(magnitude: Array, centre: tuple[float, float], radius: float) -> NDArray[np.uint8]:
    """Labels (T, Y, X): along each ray the bright band about the ring, to half its height on either side."""
    angles = 2.0 * np.pi * np.arange(RAYS) / RAYS
    labels = np.zeros(magnitude.shape, np.uint8)
    y, x = np.indices(magnitude.shape[1:])
    r, at = np.hypot(y - centre[0], x - centre[1]), np.arctan2(y - centre[0], x - centre[1])
    smooth = gaussian_filter1d(magnitude, 1.0, axis=0, mode="nearest")
    for t, picture in enumerate(smooth):
        profile = gaussian_filter1d(polar(picture, centre, angles), 1.5, axis=0, mode="wrap")
        band = np.abs(RADII - radius) <= 3.0
        top = np.where(band, profile, -np.inf).argmax(1)
        top = np.rint(np.median([np.roll(top, k) for k in range(-4, 5)], axis=0)).astype(int)
        ends = np.array([half_height(line, k) for line, k in zip(profile, top, strict=True)])
        ends = gaussian_filter1d(
            np.median([np.roll(ends, k, axis=0) for k in range(-2, 3)], axis=0), 1.0, axis=0, mode="wrap"
        )
        inner, outer = (np.interp(at, angles, e, period=2.0 * np.pi) for e in ends.T)
        labels[t] = np.where(r < inner, CAVITY, np.where(r < outer, MYOCARDIUM, 0))
    return labels


def half_height(line: Array, top: int) -> tuple[float, float]:
    """Radii at which a profile has fallen half way to its lowest point inside, and outside."""
    inside, outside = line[: top + 1], line[top : top + 16]
    low = np.flatnonzero(inside < (line[top] + inside.min()) / 2.0)
    high = np.flatnonzero(outside < (line[top] + outside.min()) / 2.0)
    inner = RADII[low[-1]] if len(low) else RADII[0]
    outer = RADII[top + high[0]] if len(high) else RADII[min(top + 8, len(RADII) - 1)]
    return float(inner), float(outer)


def smooth_field(points: Array, values: Array, middle: Array, scale: float) -> Array:
    """Weights of a field that is linear over the depth and of low harmonics around, fitted to values."""
    return np.linalg.lstsq(basis(points, middle, scale), values, rcond=None)[0]


def basis(points: Array, middle: Array, scale: float) -> Array:
    dx, dy = (points - middle).T
    depth, angle = np.hypot(dx, dy) / scale - 1.0, np.arctan2(dy, dx)
    waves = [np.ones_like(angle)]
    for k in range(1, HARMONICS + 1):
        waves += [np.cos(k * angle), np.sin(k * angle)]
    return np.stack([w * d for w in waves for d in (np.ones_like(depth), depth)], axis=1)


def follow(start: Array, weights: Array, middle: Array, scale: float, guess: Array) -> Array:
    """Where pieces of tissue that began at ``start`` are, in a frame whose displacement field is known."""
    here = guess.copy()
    for _ in range(30):
        here = start + basis(here, middle, scale) @ weights
    return here


def displacements(
    phase: Array, labels: NDArray[np.uint8], turn: float, pixel: float
) -> list[tuple[Array, Array]]:
    """Of each frame the wall's pixels (N, 2) as (x, y) in mm, and how far each has come since frame 0."""
    wall = labels == MYOCARDIUM
    channels = [
        unwrap_channel(channel * turn, wall, turn / 2.0, cyclic=False).cm_s for channel in phase
    ]  # in mm here: the law of wraps is the same
    out = []
    for t, frame in enumerate(wall):
        y, x = np.nonzero(frame)
        out.append((np.stack([x, y], 1) * pixel, np.stack([c[t, y, x] for c in channels], 1)))
    return out


def velocities(
    moved: list[tuple[Array, Array]], shape: tuple[int, ...], pixel: float, step_ms: float
) -> Array:
    """Material velocity (3, T, Y, X) in cm/s of the wall's pixels: differences along each one's path."""
    field = np.zeros((3, len(moved), *shape))
    middles = [points.mean(0) for points, _ in moved]
    scales = [float(np.hypot(*(p - m).T).mean()) for (p, _), m in zip(moved, middles, strict=True)]
    weights = [smooth_field(*m, c, s) for m, c, s in zip(moved, middles, scales, strict=True)]
    for t, (points, _) in enumerate(moved):
        start = points - basis(points, middles[t], scales[t]) @ weights[t]
        ends = [min(max(t + k, 0), len(moved) - 1) for k in (-1, 1)]
        before, after = (follow(start, weights[e], middles[e], scales[e], points) for e in ends)
        speed = (after - before) / ((ends[1] - ends[0]) * step_ms) * 100.0
        x, y = np.rint(points / pixel).astype(int).T
        field[:2, t, y, x] = speed.T
    return field


def straight(moved: list[tuple[Array, Array]], labels: NDArray[np.uint8], pixel: float) -> Array:
    """Mean way inwards and clockwise (2, T) in mm, from the phase and the middles of the ring alone."""
    out = []
    for points, way in moved:
        origin = points - way
        at, began = points - even_middle(points), origin - even_middle(origin)
        r, r0 = np.hypot(*at.T), np.hypot(*began.T)
        turned = np.angle(np.exp(1j * (np.arctan2(*at.T[::-1]) - np.arctan2(*began.T[::-1]))))
        out.append([np.mean(r0 - r), np.mean(turned * (r + r0) / 2.0)])
    return np.array(out).T


def even_middle(points: Array) -> Array:
    """Middle of a ring of points whose directions count the same."""
    middle = points.mean(0)
    for _ in range(5):
        away = points - middle
        part = ((np.arctan2(*away.T[::-1]) / (2.0 * np.pi) % 1.0) * 24).astype(int)
        middle = np.mean([points[part == k].mean(0) for k in np.unique(part)], axis=0)
    return middle


def mean_radius(moved: list[tuple[Array, Array]]) -> Array:
    """Of the wall's pixels in mm, (T,): the magnitude's own word on the scale of the phase."""
    return np.array([np.hypot(*(points - even_middle(points)).T).mean() for points, _ in moved])


def main() -> None:
    """Command line of the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("-o", "--picture", type=Path, help="PNG of the wall and the curves")
    chosen = parser.parse_args()
    magnitude, phase, turn, pixel, step = read(chosen.file)
    *centre, radius = find_centre(magnitude)
    labels = find_wall(magnitude, (centre[0], centre[1]), radius)[FIRST:]
    moved = displacements(phase[:, FIRST:], labels, turn, pixel)
    field = velocities(moved, labels.shape[1:], pixel, step)
    ring = find_ring(labels, (pixel, pixel), Anchor(np.array([[0.0, -1.0]]), 1), 0)
    curves = slice_curves(field, ring, apex=-1, sense=1).whole[1:]
    ways = np.cumsum((curves[:, 1:] + curves[:, :-1]) / 2.0, axis=1) * step / 100.0
    ways = np.concatenate([np.zeros((2, 1)), ways], axis=1)
    direct = straight(moved, labels, pixel)
    direct = direct - direct[:, :1]
    wall = labels == MYOCARDIUM
    print(f"centre {centre}, ring of {radius * pixel:.0f} mm, {wall.sum((1, 2)).mean():.0f} pixels")
    print(
        f"mean radius of the wall in the pictures: {np.ptp(mean_radius(moved)):.2f} mm smaller at its least"
    )
    print("| | range, mm | correlation | RMS of the difference, mm |\n| --- | --- | --- | --- |")
    for name, a, b in zip(("radial", "circumferential"), ways, direct, strict=True):
        off = float(np.sqrt(np.mean((a - b) ** 2)))
        print(f"| {name} | {np.ptp(b):.2f} | {np.corrcoef(a, b)[0, 1]:.4f} | {off:.3f} |")
    if chosen.picture:
        draw(chosen.picture, magnitude[FIRST:], labels, ways, direct, curves, step)


def draw(
    path: Path,
    magnitude: Array,
    labels: NDArray[np.uint8],
    ways: Array,
    direct: Array,
    curves: Array,
    step: float,
) -> None:
    """The wall in four frames, ways both ways, and the velocity curves."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 4, figsize=(16, 8))
    y, x = np.nonzero(labels.any(0))
    box = slice(y.min() - 8, y.max() + 9), slice(x.min() - 8, x.max() + 9)
    for k, t in enumerate(np.linspace(0, len(labels) - 1, 4).astype(int)):
        axes[0, k].imshow(magnitude[t][box], cmap="gray")
        axes[0, k].contour(labels[t][box] == MYOCARDIUM, [0.5], colors="r", linewidths=0.8)
    times = np.arange(len(labels)) * step
    for k, name in enumerate(("radial", "circumferential")):
        axes[1, k].plot(times, direct[k], label="from the phase")
        axes[1, k].plot(times, ways[k], "--", label="integral of the curve")
        axes[1, k].set_title(f"{name}, mm")
        axes[1, k + 2].plot(times, curves[k])
        axes[1, k + 2].set_title(f"{name}, cm/s")
    axes[1, 0].legend()
    figure.savefig(path, dpi=60)


if __name__ == "__main__":
    main()

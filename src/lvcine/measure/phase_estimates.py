"""ED and ES from several estimates: curves that rise and fall with the cavity, each seen in another way.

The volume curve fails where a slice is outlined wrongly in some frames, temporal regression where a cine is
unlike those that it learned from, the motion of the pixels where they change for another reason. They seldom
fail together: the frame is taken that is nearest to all, each weighed by how sure it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lvcine.measure.curves import EdEs, bridged, find_ed_es, smoothed
from lvcine.study import Array, Bools, Cine, PhaseEstimate, Segmentation

SLOW = 3
"""Harmonics that a heart's curve consists of mostly; the share of the rest is taken for doubt."""
NEAR = 1
"""Frames about the agreed one among which the volume curve decides."""
SLICES = 5
"""Of the middle of the stack, in which motion is seen."""
MARGIN_MM = 8.0
"""Around the LV, in which motion is seen."""
FEWEST = 8
"""Frames of a cycle; with fewer the volume curve decides alone."""


def estimate_of(name: str, curve: Array, sureness: float = 1.0) -> PhaseEstimate:
    """The frames of a curve (T,) of one closed cycle that is high at ED and low at ES.

    Its sureness is that given times the share of its variance in the first :data:`SLOW` harmonics.

    Examples
    --------
    >>> curve = np.cos(2 * np.pi * (np.arange(20) / 20 - 0.3))
    >>> found = estimate_of("volume", curve)
    >>> found.ed, found.es, round(found.sureness, 3)
    (6, 16, 1.0)
    """
    whole = bridged(curve)
    power = np.abs(np.fft.rfft(whole))[1:] ** 2
    slow = float(power[:SLOW].sum() / max(power.sum(), 1e-12))
    # Only differences count: a curve of any scale is one of volumes.
    found = find_ed_es(whole - whole.min() + np.ptp(whole) + 1e-9, gated=True)
    return PhaseEstimate(name, found.ed, found.es, sureness * slow)


def agree(volume: Array, estimates: Sequence[PhaseEstimate]) -> EdEs:
    """ED and ES of a cycle from its volume curve (T,) and further estimates.

    The frame with the least distance to all round the cycle, each weighed by its sureness, is sought for ED
    and for ES by themselves; of the frames beside it (:data:`NEAR`) the one with the largest, or smallest,
    volume is taken. What is doubtful about the volume curve stays said.

    Examples
    --------
    >>> curve = 100 + 40 * np.cos(2 * np.pi * np.arange(20) / 20)
    >>> curve[4] = 20.0  # one frame went wrong
    >>> others = [PhaseEstimate("regression", 0, 10, 0.9), PhaseEstimate("motion", 0, 10, 0.9)]
    >>> abs(agree(curve, others).es - 10) <= 1
    True
    """
    alone = find_ed_es(volume, gated=True)
    if len(volume) < FEWEST or not estimates:
        return alone
    everyone = [estimate_of("volume", volume), *estimates]
    ed, es = (_nearest([(getattr(w, p), w.sureness) for w in everyone], len(volume)) for p in ("ed", "es"))
    slow = smoothed(volume)
    return EdEs(_extreme(slow, ed), _extreme(-slow, es), alone.findings)


def motion_curve(cine: Cine, segmentation: Segmentation, volume: Array) -> Array | None:
    """How the pixels about the LV change over the cycle, (T,): high at ED; None where nothing does.

    The first principal component over time of the pictures of the middle slices, each slice relative to its
    own brightness; its sign is that of the volume curve.
    """
    lv = segmentation.mask.labels > 0
    slices = np.flatnonzero(lv.any((1, 2, 3)))
    slices = slices[len(slices) // 2 - min(len(slices), SLICES) // 2 :][:SLICES]
    if not len(slices):
        return None
    window = _around(np.asarray(lv[slices].any((0, 1))), cine.geometry.pixel_spacing_mm)
    seen = np.asarray(cine.pixels[slices][:, :, window[0], window[1]], float)
    seen = seen / np.maximum(seen.mean((1, 2, 3), keepdims=True), 1e-9)
    frames = seen.swapaxes(0, 1).reshape(cine.frames, -1)
    frames = frames - frames.mean(0)
    if not np.abs(frames).max() > 1e-6:
        return None
    power, components = np.linalg.eigh(frames @ frames.T)
    curve = components[:, -1] * np.sqrt(power[-1])
    known = np.isfinite(volume)
    turned = float(np.sum((curve * (volume - np.nanmean(volume)))[known]))
    return np.asarray(curve if turned >= 0 else -curve)


def _around(mask: Bools, spacing_mm: tuple[float, float]) -> tuple[slice, slice]:
    """Rows and columns of a mask (Y, X) with a margin."""
    parts = []
    for axis, spacing in zip((1, 0), spacing_mm, strict=True):
        at = np.flatnonzero(mask.any(axis))
        margin = round(MARGIN_MM / spacing)
        parts.append(slice(max(int(at[0]) - margin, 0), int(at[-1]) + margin + 1))
    return parts[0], parts[1]


def _nearest(said: Sequence[tuple[int, float]], frames: int) -> int:
    """The frame with the least weighed distance round the cycle; the first estimate's of several such."""
    every = np.arange(frames)
    total = np.zeros(frames)
    for frame, weight in said:
        off = np.abs(every - frame)
        total += weight * np.minimum(off, frames - off)
    best = np.flatnonzero(total <= total.min() + 1e-9)
    off = np.abs(best - said[0][0])
    return int(best[np.minimum(off, frames - off).argmin()])


def _extreme(curve: Array, frame: int) -> int:
    """Where the curve is highest about a frame."""
    near = (frame + np.arange(-NEAR, NEAR + 1)) % len(curve)
    return int(near[curve[near].argmax()])

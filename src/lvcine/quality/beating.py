"""Is it one heart beat, in the order of time, in all slices together? From the pixels alone, before any net.

What changes in a slice is taken as its 5 % liveliest pixels, blurred. In a gated stack three things hold:
from one frame to the next they change little; most of the change is the first harmonic, once in the
cycle; and that harmonic, pixel by pixel, has the same phase in neighbouring slices, since walls that lie
above each other move together.

Measured on twelve gated stacks (five of Sunnybrook's and its pig, one of Siemens, five of ACDC's); in
brackets where a stack is doubted, and where it is refused:

- change from frame to frame, of that between any two frames: 0.04 to 0.18 (0.45, 0.6); shuffled 0.59 to 1.15;
- share of the first harmonic: 0.69 to 0.86 (0.5, 0.4); two beats 0.0, one and a half 0.20 to 0.46;
- agreement of neighbours: 0.84 to 1.00 (0.75, 0.5); slices that start anywhere in the cycle 0 on average, 0.5
  and more in 4 of 100 draws, 0.81 the largest of 720;
- change from slice to slice over that from frame to frame: 2.5 to 13 (refused below 0.8).

Frames and slices in the order of their numbers as text (1, 10, 11, ..., 2) become smoother where that is
undone, those in order rougher. Frames change 0.13 to 0.54 times as much then, of 11 to 13 frames 0.33 to 1.0
times (in order 0.99 and more; several beats, or none, are no smooth beat afterwards); slices of 80 stacks
0.55 to 0.88 times (in order 1.14 and more).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from lvcine.errors import MeasureError
from lvcine.study import F32, Array, Cine, Finding

FEWEST_FRAMES = 8
"""With fewer the order of frames cannot be told from their likeness."""
LIVELY = 0.05
BLUR_PIXELS = 1.5
LEAST_CHANGE = 0.15
"""Of the mean brightness, in the liveliest pixels. Ours: hearts 0.2 to 0.7, noise of 30 % in a still 0.08."""
MOST_ROUGH, ROUGH = 0.6, 0.45
LEAST_FIRST_HARMONIC, LOW_FIRST_HARMONIC = 0.4, 0.5
LEAST_TOGETHER, LITTLE_TOGETHER = 0.5, 0.75
"""Refused, and doubted: between the two lies no gated stack of ours, but twelve stacks are few."""
FEWEST_WOVEN, WOVEN, MOST_WOVEN = 5, 0.03, 0.8
"""Slices; by how much correlation with the next but one exceeds that with both neighbours, in how many.
Two stacks of Sunnybrook's woven have 0.33 and more; 36 of Sunnybrook's, ACDC's, M&Ms' -0.17 and less."""
MOST_SLICES_ALIKE = 0.8
"""Change from slice to slice over that from frame to frame, where the axes must have been exchanged."""
OUT_OF_STEP_DEG, ALIKE = 100.0, 0.35
SMOOTHER, SMOOTHER_OF_FEW, SMOOTHER_STACK = 0.6, 0.8, 0.95
"""Change from frame to frame (slice to slice) put back from the order of text, over that as they stand.

Of 11 to 13 frames (few) two to four stand at another place; others may be several beats that fit by chance.
"""
FEW = 13


_WOVEN = (
    "slices resemble the next but one more than their neighbours: two stacks are woven together",
    "give one stack alone",
)


@dataclass(frozen=True)
class Beating:
    """How a stack beats.

    Attributes
    ----------
    change : float
        Of the liveliest pixels, in parts of the mean brightness: median of the slices.
    roughness : float
        Change from frame to frame over that between any two frames: 1 where the order means nothing.
    first_harmonic : float
        Share of the change that happens once in the frames.
    together : float
        Agreement in phase of neighbouring slices, 1 to -1; 1 for a single slice.
    out_of_step : tuple of int
        Slices that move like both neighbours, but half a cycle apart from them.
    sorted_as_text : bool
        The frames stand in the order of their numbers as text, 1 (or 0) to T.
    """

    change: float
    roughness: float
    first_harmonic: float
    together: float
    out_of_step: tuple[int, ...] = ()
    sorted_as_text: bool = False


def require_one_beat(cine: Cine, *, stated: bool = False) -> tuple[Finding, ...]:
    """Doubts about the beat of a gated short-axis stack.

    Parameters
    ----------
    cine : Cine
    stated : bool
        The user says that the frames close one heart cycle: what was a refusal is a finding.

    Raises
    ------
    MeasureError
        The axes are exchanged; frames or slices are sorted as text; frames are in no order or hold more than
        a beat; slices do not beat together.

    Examples
    --------
    >>> from lvcine.study import Geometry
    >>> t = 2 * np.pi * np.arange(20) / 20
    >>> walls = 100 + 40 * np.cos(t)[:, None, None] * np.ones((20, 16, 16))
    >>> walls[:, :, 8:] = 100
    >>> stack = Cine(np.stack([walls, walls - 30, walls - 60]), Geometry.stack(3, (1.5, 1.5), 8.0))
    >>> require_one_beat(stack)
    ()
    """
    if woven(cine.pixels):
        return _refused(cine, _WOVEN, stated=stated)
    either_way = (cine.pixels, cine.pixels[::-1])  # files run from base to apex or the reverse
    if any(_slices_as_text(pixels, first) for pixels in either_way for first in (0, 1)):
        return _refused(cine, _as_text("slices"), stated=stated)
    if cine.phases_only or cine.frames < FEWEST_FRAMES:
        return ()
    beating = how_it_beats(cine.pixels)
    if beating.change < LEAST_CHANGE:
        return ()
    why = _why_not(cine, beating, MOST_ROUGH, LEAST_FIRST_HARMONIC, LEAST_TOGETHER)
    if why is not None:
        return _refused(cine, why, stated=stated)
    why = _why_not(cine, beating, ROUGH, LOW_FIRST_HARMONIC, LITTLE_TOGETHER)
    if why is not None:
        return (Finding("not-one-beat", "warning", why[0], why[1]),)
    if not beating.out_of_step:
        return ()
    names = ", ".join(map(str, beating.out_of_step))
    text = f"slice {names} beats half a cycle apart from its neighbours"
    return (
        Finding(
            "slice-out-of-step", "warning", text, "look at its times: volumes add frames of other phases"
        ),
    )


def _refused(cine: Cine, why: tuple[str, str], *, stated: bool) -> tuple[Finding, ...]:
    if not stated:
        raise MeasureError(why[0], where=cine.label, advice=why[1])
    return (Finding("not-one-beat", "warning", *why),)


def _as_text(what: str) -> tuple[str, str]:
    """What is wrong where numbers in names were sorted as text, and what to do."""
    return (
        f"the {what} are sorted by their numbers as text (1, 10, 11, ..., 2, 20, ...)",
        "put them together again in the order of the numbers (1, 2, 3, ...)",
    )


def _why_not(
    cine: Cine, beating: Beating, rough: float, first_harmonic: float, together: float
) -> tuple[str, str] | None:
    """What is wrong with the beat by these limits, and what to do; None if nothing is."""
    if _axes_exchanged(cine.pixels):
        return (
            f"slices change less than frames: the {cine.slices} slices seem to be frames, and the "
            f"{cine.frames} frames slices",
            "name the axes in the order of the file (--axes XYTZ), with --slice-step",
        )
    if beating.sorted_as_text:
        return _as_text("frames")
    if beating.roughness > rough:
        return (
            "the frames are in no order in which a heart moves: each differs from the next as from any other",
            "export the exam again with trigger times, or convert it with another tool",
        )
    gate = "give a gated cine; pass --gated if the frames do close one heart cycle"
    if beating.first_harmonic < first_harmonic:
        return "the frames hold more than one heart beat, or a part of one (not gated)", gate
    if beating.together < together:
        return (
            f"the slices do not beat together (agreement {beating.together:.2f}, gated stacks "
            f"{LITTLE_TOGETHER:g} to 1): each begins elsewhere in the cycle (real-time, not gated)",
            gate,
        )
    return None


def how_it_beats(pixels: NDArray[np.generic]) -> Beating:
    """What :func:`require_one_beat` judges by.

    Parameters
    ----------
    pixels : ndarray, shape (Z, T, Y, X)
    """
    lively = [_lively(_blurred(frames)) for frames in pixels]
    change, rough, first = np.median([_of_slice(frames) for frames in lively], axis=0)
    together, out_of_step = _of_neighbours([_first_harmonic(frames) for frames in pixels])
    texted = any(_sorted_as_text(lively, first) for first in (0, 1))
    return Beating(float(change), float(rough), float(first), together, out_of_step, texted)


def out_of_text(count: int, first: int) -> NDArray[np.intp] | None:
    """Order that undoes that of so many numbers as text, from ``first`` on; None where it is the same."""
    order = np.argsort(sorted(range(first, first + count), key=str))
    return None if (np.diff(order) == 1).all() else order


def _slices_as_text(pixels: NDArray[np.generic], first: int) -> bool:
    """Whether slices resemble their neighbours more where the order of their numbers as text is undone."""
    order = out_of_text(len(pixels), first)
    if order is None:
        return False
    means = _means(pixels)
    given, undone = (float((np.diff(series, axis=0) ** 2).mean()) for series in (means, means[order]))
    return undone < SMOOTHER_STACK * given


def woven(pixels: NDArray[np.generic]) -> bool:
    """Whether slices resemble the next but one more than the next, all along: of two stacks in turn.

    Parameters
    ----------
    pixels : ndarray, shape (Z, T, Y, X)
    """
    if len(pixels) < FEWEST_WOVEN:
        return False
    means = _means(pixels)
    flat = means.reshape(len(means), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    alike = flat @ flat.T
    next_one, but_one = (np.diagonal(alike, k) for k in (1, 2))
    more = but_one - np.maximum(next_one[:-1], next_one[1:])
    return bool(np.median(more) > WOVEN and (more > 0).mean() > MOST_WOVEN)


def _means(pixels: NDArray[np.generic]) -> F32:
    """Slices (Z, y, x), mean over the cycle, of mean brightness 1."""
    means = np.stack([frames[:, ::2, ::2].mean(axis=0, dtype=np.float32) for frames in pixels])
    return np.asarray(means / np.maximum(means.mean(axis=(1, 2), keepdims=True), 1e-12), np.float32)


def _sorted_as_text(lively: Sequence[F32], first: int) -> bool:
    """Whether frames become one smooth beat where the order of their numbers as text is undone.

    ``first`` is the number of the first frame.
    """
    order = out_of_text(len(lively[0]), first)
    if order is None:
        return False
    undone = [series[order] for series in lively]
    smoother = [
        _steps(u).mean() / max(_steps(given).mean(), 1e-12) for given, u in zip(lively, undone, strict=True)
    ]
    _, rough, harmonic = np.median([_of_slice(series) for series in undone], axis=0)
    most = SMOOTHER_OF_FEW if len(order) <= FEW else SMOOTHER
    return bool(np.median(smoother) < most and rough < ROUGH and harmonic > LOW_FIRST_HARMONIC)


def _blurred(frames: NDArray[np.generic], blur: float = BLUR_PIXELS) -> F32:
    """Frames (T, y, x), smoothed, half as many rows and columns, about 0 in time, of mean brightness 1."""
    smooth = np.stack([gaussian_filter(np.asarray(f, np.float32), blur)[::2, ::2] for f in frames])
    bright = float(np.abs(smooth).mean())
    return np.asarray((smooth - smooth.mean(0)) / (bright or 1.0), np.float32)


def _lively(frames: F32) -> F32:
    """The liveliest pixels (T, P)."""
    series = frames.reshape(len(frames), -1)
    spread = series.std(0)
    return series[:, spread >= np.quantile(spread, 1.0 - LIVELY)]


def _of_slice(series: F32) -> tuple[float, float, float]:
    """Change, roughness and share of the first harmonic of pixels (T, P)."""
    power = float((series**2).sum(1).mean())
    if power <= 0:
        return 0.0, 0.0, 1.0
    steps = np.sort(_steps(series))[:-1]  # a cycle need not close
    spectrum = (np.abs(np.fft.rfft(series, axis=0)) ** 2).sum(1)[1:]
    return (
        float(np.sqrt((series**2).mean())),
        float(steps.mean()) / (2 * power),
        float(spectrum[0] / spectrum.sum()),
    )


def _steps(series: F32) -> F32:
    """Squared change from each frame (T, P) to the next, and from the last to the first."""
    return np.asarray(((np.roll(series, -1, axis=0) - series) ** 2).sum(1), np.float32)


def _first_harmonic(frames: NDArray[np.generic]) -> NDArray[np.complex128]:
    """Of every pixel, blurred wide, as breath-holds shift."""
    wave = np.exp(-2j * np.pi * np.arange(len(frames)) / len(frames))
    return np.tensordot(wave, _blurred(frames, 2.5).astype(np.float64), axes=1)


def _of_neighbours(maps: Sequence[NDArray[np.complex128]]) -> tuple[float, tuple[int, ...]]:
    """Agreement in phase of neighbouring slices, weighted by what they have in common; slices out of step."""
    if len(maps) < 2:
        return 1.0, ()
    shared = np.array([np.vdot(b, a) for a, b in zip(maps, maps[1:], strict=False)])
    norms = np.array([np.linalg.norm(a) * np.linalg.norm(b) for a, b in zip(maps, maps[1:], strict=False)])
    alike = np.abs(shared) / np.maximum(norms, 1e-12)
    if not alike.any():
        return 1.0, ()
    # By the square of the likeness: where the ventricle ends and the atrium begins nothing is in common.
    agreement = float((alike**2 * np.cos(np.angle(shared))).sum() / (alike**2).sum())
    return agreement, _alone(shared, alike)


def _alone(shared: NDArray[np.complex128], alike: Array) -> tuple[int, ...]:
    """Slices whose phase is far from that of both neighbours, which move alike otherwise."""
    off = (np.abs(np.rad2deg(np.angle(shared))) > OUT_OF_STEP_DEG) & (alike > ALIKE)
    return tuple(int(z) for z in np.flatnonzero(off[:-1] & off[1:]) + 1)


def _axes_exchanged(pixels: NDArray[np.generic]) -> bool:
    if len(pixels) < 3:
        return False
    values = pixels.astype(np.float32)
    of_slices = float(np.abs(np.diff(values, axis=0)).mean())
    return of_slices < MOST_SLICES_ALIKE * float(np.abs(np.diff(values, axis=1)).mean())

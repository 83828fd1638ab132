"""Extremes of velocity curves between frames, and the phases of the cycle they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lvcine.study import Array, Bools
from lvcine.study.wall_velocity import COMPONENTS, PEAKS

if TYPE_CHECKING:
    from scipy.interpolate import CubicSpline

_SMOOTH = (
    0.05  # of the cycle to either side that a local parabola spans; 30 frames and fewer stay as they are
)
_BRIDGED = 0.2  # most frames without a value
_GAP = 2.5  # times the usual distance of frames: no peak is read off between such frames
_DIP = 0.15  # of the deepest: how far a second filling wave must stand out
_LEAST = 0.1  # of the curve's largest extreme: what is smaller is no peak
_TOP = 0.85  # of a peak's height from which its parabola is drawn
_STEPS = 400  # points a cycle
_SOME = 0.25  # of the slice's peak: a sector that moves less has no delay


_NOISE_SDS = 3.0  # that a peak must exceed
_HIGHEST_FLOOR = 0.25  # of the curve's largest extreme: with few frames its own bends look like noise
LEAST_FLOOR_CM_S = 0.2
"""Twice the mean error of a peak on virtual scans (docs/methods/velocity.md): a phase error of the background
that is left does not change from frame to frame, so no curve shows it."""


def noise_floor(values: Array) -> float:
    """Size in cm/s below which a peak of a curve (T,) is not told from noise.

    Three SDs of the noise from frame to frame, from the curve's fourth differences round the cycle (a smooth
    course leaves little in them, independent noise 70 times its variance), and no less than
    :data:`LEAST_FLOOR_CM_S`.

    Examples
    --------
    >>> t = np.arange(50) / 50
    >>> noise_floor(6 * np.sin(2 * np.pi * t))
    0.2
    >>> noisy = 6 * np.sin(2 * np.pi * t) + np.random.default_rng(2).normal(0, 0.3, 50)
    >>> bool(0.5 < noise_floor(noisy) < 1.4)
    True
    """
    known = values[np.isfinite(values)]
    if len(known) < 5:
        return LEAST_FLOOR_CM_S
    fourth = sum(c * np.roll(known, k) for k, c in enumerate((1, -4, 6, -4, 1)))
    sd = 1.4826 * float(np.median(np.abs(fourth))) / np.sqrt(70.0)
    return max(LEAST_FLOOR_CM_S, min(_NOISE_SDS * sd, _HIGHEST_FLOOR * float(np.abs(known).max())))


@dataclass(frozen=True)
class Phases:
    """When the ventricle ejects and fills, in ms after the R wave, round the cycle.

    Attributes
    ----------
    start_ms, end_ms : float
        Of systole.
    atrial_ms : float or None
        From when filling counts as late; None where the curves show one filling wave only.
    """

    start_ms: float
    end_ms: float
    atrial_ms: float | None


@dataclass(frozen=True, eq=False)
class Course:
    """A curve between its frames: a cyclic cubic spline.

    Attributes
    ----------
    spline : CubicSpline
    cycle_ms : float
    extremes_ms, extremes : ndarray, shape (N,)
        Where its slope is zero, 0..cycle, and its values there.
    """

    spline: CubicSpline
    cycle_ms: float
    extremes_ms: Array
    extremes: Array

    def within(self, start_ms: float, end_ms: float) -> Bools:
        """Which extremes lie between two times, round the cycle."""
        span = (end_ms - start_ms) % self.cycle_ms
        return np.asarray((self.extremes_ms - start_ms) % self.cycle_ms <= span)


def find_course(values: Array, times_ms: Array, cycle_ms: float) -> Course | None:
    """The course of a curve (T,); None where more than a fifth of its frames have no value."""
    known = np.isfinite(values)
    if known.mean() < 1.0 - _BRIDGED or known.sum() < 4:
        return None
    smooth = _smoothed(np.interp(times_ms, times_ms[known], values[known], period=cycle_ms))
    ends = np.append(times_ms, times_ms[0] + cycle_ms)
    spline = closed_spline(ends, np.append(smooth, smooth[0]))
    roots = spline.derivative().roots(discontinuity=False, extrapolate=False)
    roots = roots[np.isfinite(roots)]
    widths = np.diff(ends)
    usual = widths[np.clip(np.searchsorted(ends, roots, "right") - 1, 0, len(widths) - 1)]
    roots = roots[usual <= _GAP * np.median(widths)]
    return Course(spline, cycle_ms, roots % cycle_ms, spline(roots))


def closed_spline(at: Array, values: Array) -> CubicSpline:
    """A cubic spline whose end goes on as its beginning does."""
    # Loaded here: a quarter of a second that all but velocity mapping does without.
    from scipy.interpolate import CubicSpline

    return CubicSpline(at, values, bc_type="periodic")


def _smoothed(values: Array) -> Array:
    half = int(_SMOOTH * len(values))
    if half < 2:
        return values
    from scipy.signal import savgol_filter  # as above

    return np.asarray(savgol_filter(values, 2 * half + 1, 2, mode="wrap"))


def find_phases(longitudinal: Array, radial: Array, times_ms: Array, cycle_ms: float) -> Phases:
    """Systole, early and late diastole from the curves of the whole wall.

    Parameters
    ----------
    longitudinal, radial : ndarray, shape (T,)
        cm/s, positive in systole.
    times_ms : ndarray, shape (T,)

    Notes
    -----
    The sum of both is integrated over the cycle (its mean left out, for the wall comes back to where it
    was): systole ends where that way is longest and began where it is shortest. In the rest, each local
    minimum of the sum that stands out by a seventh of the deepest is a filling wave; with two or more,
    early and late part at the highest point before the last.

    Examples
    --------
    >>> t = np.arange(40) * 20.0
    >>> ejecting = np.where(t < 300, np.sin(np.pi * t / 300), 0)
    >>> filling = np.where((t > 320) & (t < 480), np.sin(np.pi * (t - 320) / 160), 0)
    >>> kick = np.where(t > 660, np.sin(np.pi * (t - 660) / 140), 0)
    >>> phases = find_phases(6 * ejecting, -9 * filling - 4 * kick, t, 800.0)
    >>> 280 < phases.end_ms < 340, 480 <= phases.atrial_ms <= 680
    (True, True)
    """
    both = find_course(longitudinal + radial, times_ms, cycle_ms)
    if both is None:
        return Phases(0.0, 0.4 * cycle_ms, None)
    grid = np.linspace(0.0, cycle_ms, 400, endpoint=False)
    speed = both.spline(grid)
    way = np.cumsum(speed - speed.mean())
    start, end = int(way.argmin()), int(way.argmax())
    order = (end + np.arange((start - end) % len(grid))) % len(grid)
    split = _between_waves(speed[order])
    return Phases(float(grid[start]), float(grid[end]), None if split is None else float(grid[order[split]]))


def _between_waves(speed: Array) -> int | None:
    """Index of the highest point between the last filling wave and the one before it."""
    if len(speed) < 3:
        return None
    need, waves, highest = -_DIP * float(speed.min()), [], 0
    deep = 0
    # A wave is a minimum from which the curve has risen by ``need`` and to which it had fallen by that.
    falling = True
    for i, v in enumerate(speed):
        if falling:
            deep = i if v <= speed[deep] else deep
            if v - speed[deep] >= need:
                waves.append(deep)
                falling, highest = False, i
        else:
            highest = i if v >= speed[highest] else highest
            if speed[highest] - v >= need:
                falling, deep = True, i
    if falling and speed[deep] < -need:
        waves.append(deep)
    waves = [w for w in waves if speed[w] < -need]
    if len(waves) < 2 or need <= 0:
        return None
    return waves[-2] + int(speed[waves[-2] : waves[-1]].argmax())


@dataclass(frozen=True)
class Extreme:
    """Value and time of a peak."""

    value_cm_s: float
    time_ms: float


def find_extremes(course: Course | None, component: str, phases: Phases) -> dict[str, Extreme]:
    """The peaks of one curve by :data:`lvcine.study.wall_velocity.PEAKS`; those it has not are left out.

    Longitudinal and radial: the highest local maximum of systole, the lowest local minimum of early and of
    late diastole. Circumferential, which turns either way: the extreme furthest from zero. Less than a
    tenth of the curve's largest extreme is none.
    """
    if course is None:
        return {}
    filling_ends = phases.start_ms if phases.atrial_ms is None else phases.atrial_ms
    windows = [(phases.start_ms, phases.end_ms), (phases.end_ms, filling_ends)]
    if phases.atrial_ms is not None:
        windows.append((phases.atrial_ms, phases.start_ms))
    found = {}
    for name, window in zip(PEAKS, windows, strict=False):
        size = _size(course, component, name) * course.within(*window)
        if len(size) and size.max() > _LEAST * np.abs(course.extremes).max():
            best = int(size.argmax())
            found[name] = _top(course, float(course.extremes_ms[best]), float(course.extremes[best]))
    return found


def _top(course: Course, time_ms: float, value: float) -> Extreme:
    """Vertex of the parabola through the top of a peak: noise moves it less than the highest point."""
    step = course.cycle_ms / _STEPS
    offsets = step * np.arange(-_STEPS // 4, _STEPS // 4 + 1)
    share = course.spline(time_ms + offsets) / value
    low = np.flatnonzero(share < _TOP)
    first = low[low < _STEPS // 4].max(initial=-1) + 1
    last = low[low > _STEPS // 4].min(initial=len(offsets))
    at, heights = offsets[first:last], share[first:last]
    if len(at) < 3:
        return Extreme(value, time_ms)
    square, slope, level = np.polyfit(at, heights, 2)
    vertex = -slope / (2.0 * square) if square < 0 else np.inf
    if not at[0] <= vertex <= at[-1]:
        return Extreme(value, time_ms)
    height = level - slope**2 / (4.0 * square)
    return Extreme(float(value * height), float((time_ms + vertex) % course.cycle_ms))


def _size(course: Course, component: str, phase: str) -> Array:
    """How much of a peak each extreme is; not above 0 for a minimum where a maximum is asked."""
    curved = np.sign(-course.spline(course.extremes_ms, 2))
    if component == COMPONENTS[2]:
        return np.where(curved * course.extremes > 0, np.abs(course.extremes), 0.0)
    sign = 1.0 if phase == PEAKS[0] else -1.0
    return np.where(sign * curved > 0, sign * course.extremes, 0.0)


def delays(peaks: list[Extreme | None], of_slice: Extreme | None, cycle_ms: float) -> Array:
    """When each of six sectors reaches its systolic peak, less the mean of the six, (6,) in ms.

    NaN for sectors without such a peak, or with less than a quarter of the slice's.
    """
    least = 0.0 if of_slice is None else _SOME * of_slice.value_cm_s
    has = np.array([p is not None and p.value_cm_s >= least for p in peaks])
    times = np.array([np.nan if p is None else p.time_ms for p in peaks])
    if not has.any() or of_slice is None:
        return np.full(len(peaks), np.nan)
    since = (times - of_slice.time_ms + cycle_ms / 2.0) % cycle_ms
    since = np.where(has, since, np.nan)
    return since - np.nanmean(since)

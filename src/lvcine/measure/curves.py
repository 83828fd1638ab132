"""End-diastole, end-systole and peak rates from the whole volume curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.errors import MeasureError, UsageError
from lvcine.study import Array, Finding

# Harmonics kept of the volume curve. Ours: on simulated curves (systole 30-45 %, rapid
# filling, diastasis, atrial kick; 20-50 frames; noise 0-5 % of the stroke) six lose less
# than half a frame when there is no noise and nearly halve the error of plain
# maximum and minimum when there is.
HARMONICS = 6
# Systole as a share of the cycle: outside of this a pair of frames pays. Ours, from
# systolic time intervals: about a third of the cycle at rest, half of it above 120/min.
SYSTOLE_SHARE = (0.25, 0.55)
PENALTY = 0.5  # of the stroke, per cycle outside the band: 20 % too long costs 10 % of the stroke
LATER = 0.02  # of the stroke, per cycle: on a plateau the last frame before ejection is ED
FLAT_STROKE = 0.05  # of the largest volume: below this ED and ES are guesses
MIN_FRAMES_FOR_RATES = 8


@dataclass(frozen=True)
class EdEs:
    """The frames of end-diastole and end-systole, from 0, and what is doubtful about them."""

    ed: int
    es: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class PeakRates:
    """Fastest ejection and filling.

    Attributes
    ----------
    ejection_ml_s, filling_ml_s : float
        Both positive: the speed of the volume's fall and rise.
    ejection_ms, filling_ms : float
        When, on the axis of the times given.
    """

    ejection_ml_s: float
    filling_ml_s: float
    ejection_ms: float
    filling_ms: float


def check_stated_frames(ed: int | None, es: int | None, frames: int) -> None:
    """Raise :class:`UsageError` for an ED or ES that the user states and the cine does not have."""
    for name, frame in (("ED", ed), ("ES", es)):
        if frame is not None and not 0 <= frame < frames:
            raise UsageError(f"{name} frame {frame} of a cine with frames 0 to {frames - 1}")


def find_ed_es(volume: Array, *, gated: bool) -> EdEs:
    """ED and ES from the whole curve; never from the number of a frame.

    Parameters
    ----------
    volume : ndarray, shape (T,)
        Cavity volume, or anything that rises and falls with it. NaN: nothing was found in
        that frame; such a frame is never ED or ES.
    gated : bool
        The frames close a cycle: the curve is smoothed by its first harmonics and the
        pair is sought around the cycle. Otherwise a local filter and the clip's own
        time axis are used.

    Returns
    -------
    EdEs
        With the finding ``flat-volume-curve`` where the stroke is below 5 % of the
        largest volume, ``systole-unusual`` where systole is not 20-60 % of the cycle,
        ``frames-without-lv`` where values are NaN.

    Raises
    ------
    MeasureError
        Fewer than two frames with a value, or no volume at all.

    Notes
    -----
    ED is the frame of the largest, ES of the smallest blood pool (Schulz-Menger 2020,
    doi:10.1186/s12968-020-00610-6). Of all pairs (i, j) the one is taken with the largest
    fall s_i - s_j of the smoothed curve s, less a small cost where the way from i to j is
    not a plausible systole: of two frames equally high in diastasis the one before
    ejection wins, and jitter on a plateau does not move ED by half a cycle. A cyclic
    shift of the curve shifts both frames by exactly that shift. Two frames: the larger
    and the smaller.

    Examples
    --------
    >>> phase = np.arange(20) / 20
    >>> pair = find_ed_es(100 + 40 * np.cos(2 * np.pi * (phase - 0.3)), gated=True)
    >>> pair.ed, pair.es
    (6, 16)
    """
    v = _checked(volume)
    cyclic = gated and len(v) > 2
    whole = bridged(v, cyclic)
    s = _harmonics(whole) if cyclic else _locally_smoothed(whole)
    ed, es = _best_pair(np.where(np.isfinite(v), s, np.nan), cyclic)
    return EdEs(ed, es, _doubts(v, ed, es, cyclic))


def peak_rates(volume: Array, times_ms: Array, cycle_ms: float) -> PeakRates:
    """Peak ejection and filling rate from a smooth cyclic fit of the curve.

    Parameters
    ----------
    volume : ndarray, shape (T,)
        mL; T >= 8; NaN in at most a fifth of the frames.
    times_ms : ndarray, shape (T,)
        Increasing, uneven steps allowed.
    cycle_ms : float
        Length of the heart cycle.

    Raises
    ------
    MeasureError
        Too few frames, times unknown or not increasing, a cycle shorter than the times.

    Notes
    -----
    Least squares of harmonics of the cycle at the true times (one per four frames, six at
    most); the rates are the extrema of the fit's derivative within the times sampled.

    Examples
    --------
    >>> t = np.arange(20) * 50.0
    >>> rates = peak_rates(100 + 40 * np.cos(2 * np.pi * t / 1000), t, 1000.0)
    >>> round(rates.ejection_ml_s, 3), round(rates.filling_ms)
    (251.327, 750)
    """
    v, t = _checked(volume), np.asarray(times_ms, float)
    _check_times(v, t, cycle_ms)
    v, t = v[np.isfinite(v)], t[np.isfinite(v)]
    k = np.arange(1.0, min(HARMONICS, len(v) // 4) + 1)
    fine = np.linspace(t[0], t[-1], 2000)
    weights = _least_squares(_basis(t, k, cycle_ms), v, k)
    rate = _slope(fine, k, cycle_ms) @ weights * 1000.0  # per ms -> per s
    down, up = int(rate.argmin()), int(rate.argmax())
    return PeakRates(float(-rate[down]), float(rate[up]), float(fine[down]), float(fine[up]))


def smoothed(volume: Array) -> Array:
    """A closed cycle's curve (T,) without frames of no value and without what beats faster than a heart.

    Examples
    --------
    >>> curve = 100 + 40 * np.cos(2 * np.pi * np.arange(20) / 20)
    >>> bool(np.allclose(smoothed(curve), curve))
    True
    """
    return _harmonics(bridged(_checked(volume), True))


def _checked(volume: Array) -> Array:
    v = np.asarray(volume, float)
    known = np.isfinite(v)
    if v.ndim != 1 or known.sum() < 2:
        raise MeasureError(
            f"a volume curve with {known.sum()} known frame(s) has no end-diastole and end-systole",
            advice="give a cine, or at least the two phases",
        )
    if not v[known].max() > 0:
        raise MeasureError("no left ventricle in any frame", advice="check the segmentation")
    return v


def bridged(v: Array, cyclic: bool = True) -> Array:
    """Frames without a value by a straight line between their neighbours."""
    known = np.flatnonzero(np.isfinite(v))
    return np.interp(np.arange(len(v)), known, v[known], period=len(v) if cyclic else None)


def _harmonics(v: Array) -> Array:
    """The first harmonics of a closed curve, (T,): shifts with it exactly."""
    spectrum = np.fft.rfft(v)
    spectrum[HARMONICS + 1 :] = 0
    return np.fft.irfft(spectrum, len(v))


def _locally_smoothed(v: Array) -> Array:
    """A free-running clip: weights 1 2 1 / 4, the ends kept; two or three frames untouched."""
    if len(v) <= 3:
        return v
    s = v.copy()
    s[1:-1] = (v[:-2] + 2 * v[1:-1] + v[2:]) / 4
    return s


def _best_pair(s: Array, cyclic: bool) -> tuple[int, int]:
    """The pair (ED, ES) with the largest plausible fall; frames that are NaN are out."""
    t, stroke = len(s), float(np.nanmax(s) - np.nanmin(s))
    lag = np.arange(t)[None, :] - np.arange(t)[:, None]
    if cyclic:
        share = (lag % t) / t
        low, high = SYSTOLE_SHARE
        cost = PENALTY * np.maximum(0, np.maximum(low - share, share - high)) + LATER * share
    else:
        cost = LATER * np.abs(lag) / t
    score = np.nan_to_num(s[:, None] - s[None, :] - stroke * cost, nan=-np.inf)
    ed, es = np.unravel_index(int(score.argmax()), score.shape)
    return int(ed), int(es)


def _doubts(v: Array, ed: int, es: int, cyclic: bool) -> tuple[Finding, ...]:
    found = []
    if np.isnan(v).any():
        text = f"no left ventricle found in frame {', '.join(map(str, np.flatnonzero(np.isnan(v))))}"
        found.append(Finding("frames-without-lv", "warning", text, "look at the contours in these frames"))
    if v[ed] - v[es] < FLAT_STROKE * np.nanmax(v):
        text = f"volume changes by less than {FLAT_STROKE:.0%} over the cycle: ED and ES uncertain"
        advice = "look at the contours over the frames, or state ED and ES"
        found.append(Finding("flat-volume-curve", "warning", text, advice))
    share = (es - ed) % len(v) / len(v)
    if cyclic and len(v) >= MIN_FRAMES_FOR_RATES and not 0.2 <= share <= 0.6:
        text = f"systole from frame {ed} to {es} takes {share:.0%} of the cycle"
        found.append(
            Finding("systole-unusual", "warning", text, "look at the volume curve, or state ED and ES")
        )
    return tuple(found)


def _check_times(v: Array, t: Array, cycle_ms: float) -> None:
    known = int(np.isfinite(v).sum())
    if known < max(MIN_FRAMES_FOR_RATES, 0.8 * len(v)):
        raise MeasureError(f"volumes of {known} of {len(v)} frames are too few for rates")
    if t.shape != v.shape or not np.isfinite(t).all() or not (np.diff(t) > 0).all():
        raise MeasureError("the frames' times are not known or do not increase")
    if not np.isfinite(cycle_ms) or cycle_ms <= t[-1] - t[0]:
        raise MeasureError(f"a cycle of {cycle_ms} ms does not hold times over {t[-1] - t[0]} ms")


def _basis(t: Array, k: Array, cycle_ms: float) -> Array:
    """1, cos and sin of the harmonics at times t: (T, 2K + 1)."""
    angle = 2 * np.pi * t[:, None] / cycle_ms * k
    return np.concatenate([np.ones((len(t), 1)), np.cos(angle), np.sin(angle)], axis=1)


def _slope(t: Array, k: Array, cycle_ms: float) -> Array:
    """The derivative of :func:`_basis` by time."""
    angle, w = 2 * np.pi * t[:, None] / cycle_ms * k, 2 * np.pi * k / cycle_ms
    return np.concatenate([np.zeros((len(t), 1)), -w * np.sin(angle), w * np.cos(angle)], axis=1)


def _least_squares(basis: Array, v: Array, k: Array) -> Array:
    """Weights of the basis; a trace of damping bridges a gap at the end of the cycle."""
    damping = 1e-3 * np.diag(np.concatenate([[0.0], k**2, k**2]) / k.max() ** 2)
    rows = np.concatenate([basis, damping])
    return np.linalg.lstsq(rows, np.concatenate([v, np.zeros(len(damping))]), rcond=None)[0]

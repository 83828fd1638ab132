"""A row of beats: the heart's state at any time in seconds.

Every beat has its own length and strength. Systole takes nearly the same time in each, so that
diastole gives or takes the difference; a beat that comes early finds the ventricle not yet full,
is weak, and is followed by a pause and a strong beat (post-extrasystolic potentiation: J Physiol 2008,
PMCID PMC2290033).

Between the ventricle's fullness at the start of a beat, at its end of systole and at the start of
the next, squeeze follows :meth:`lvcine.phantom.beat.Beat.at`. It is closed form, with closed rates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lvcine.phantom.beat import Beat, State
from lvcine.phantom.heart import Heart
from lvcine.phantom.population import Random

Array = NDArray[np.float64]

_STARLING = 0.5  # share of a stroke missing per share of diastole missing
_FULLEST, _EMPTIEST = -0.06, 0.55  # squeeze at the start of a beat after a pause, after an early beat
_SYSTOLE_POWER = 0.3  # systole grows with the beat's length to this power: far slower than diastole
_KEPT = 0.04  # share of the cavity's cross-section that is left at least


@dataclass(frozen=True)
class Rhythm:
    """Beats one after another.

    Attributes
    ----------
    beat : Beat
        Time course of the regular beat.
    period_s : float
        Length of the regular beat.
    starts_s : ndarray, shape (N + 1,)
        R waves, and the one after the last beat; the first lies at or before time 0.
    strengths : ndarray, shape (N,)
        Squeeze at the end of systole of each beat; 1 for the regular one.

    Examples
    --------
    >>> row = regular(Beat(), 0.9, 3)
    >>> row.end_systoles_s.round(3)
    array([0.324, 1.224, 2.124])
    >>> row.at(row.end_systoles_s).squeeze
    array([1., 1., 1.])
    """

    beat: Beat
    period_s: float
    starts_s: Array
    strengths: Array

    @property
    def periods_s(self) -> Array:
        """Length of each beat, shape (N,)."""
        return np.diff(self.starts_s)

    @property
    def end_systoles_s(self) -> Array:
        """Time of the end of systole of each beat, shape (N,)."""
        return np.asarray(self.starts_s[:-1] + self._systoles_s)

    @property
    def fullness(self) -> Array:
        """Squeeze at each R wave, shape (N + 1,): 0 full, above 0 not yet, below 0 after a pause."""
        diastole = (self.periods_s - self._systoles_s) / (self.period_s * (1.0 - float(self.beat.systole)))
        after = np.clip(_STARLING * (1.0 - diastole), _FULLEST, _EMPTIEST) * np.minimum(self.strengths, 1.0)
        return np.concatenate([[0.0], after])

    @property
    def _systoles_s(self) -> Array:
        share = self.periods_s / self.period_s
        systoles = float(self.beat.systole) * self.period_s * share**_SYSTOLE_POWER
        return np.minimum(systoles, 0.6 * self.periods_s)

    def at(self, seconds: ArrayLike) -> State:
        """State at times in seconds, any shape; before the first and after the last beat, these go on.

        The wall that lags does at a time what the other did ``beat.lag`` of a regular beat before.
        """
        t = np.asarray(seconds, np.float64)
        now, squeeze, rate, strength = self._course(t)
        _, late, late_rate, _ = self._course(t - float(self.beat.lag) * self.period_s)
        return State(
            squeeze=squeeze,
            late=late,
            twist=strength * now.twist,
            squeeze_rate=rate,
            late_rate=late_rate,
            twist_rate=strength * now.twist_rate,
            mitral=now.mitral,
            aortic=now.aortic * (strength > 0.05),
        )

    def _course(self, t: Array) -> tuple[State, Array, Array, Array]:
        """State of a full beat, and squeeze, its rate and strength in the row."""
        i = np.clip(np.searchsorted(self.starts_s, t, side="right") - 1, 0, len(self.strengths) - 1)
        period, systole = self.periods_s[i], (self._systoles_s / self.periods_s)[i]
        phase = (t - self.starts_s[i]) / period
        squeezing = phase % 1.0 < systole
        now = self._shape(period, systole).at(phase, period)
        full, peak = self.fullness, self.strengths[i]
        other = np.where(squeezing, full[:-1][i], full[1:][i])
        # Before the first beat and after the last the neighbours are like them.
        other = np.where(phase < 0.0, full[0], np.where(phase >= 1.0, full[-1], other))
        return now, other + (peak - other) * now.squeeze, (peak - other) * now.squeeze_rate, peak

    def _shape(self, period: Array, systole: Array) -> Beat:
        """The regular beat with its diastole fitted into the time that is left."""
        b, same = self.beat, self.period_s / period
        left = 1.0 - systole
        return Beat(
            systole=systole,
            rapid=np.minimum(float(b.rapid) * same, 0.7 * left),
            early=float(b.early),
            kick=np.maximum(1.0 - (1.0 - float(b.kick)) * same, systole + 0.35 * left),
            lag=0.0,
            untwist=np.minimum(float(b.untwist) * same, 0.9 * left),
        )


def regular(beat: Beat, period_s: float, count: int, start_s: float = 0.0) -> Rhythm:
    """``count`` equal beats."""
    return Rhythm(beat, period_s, start_s + period_s * np.arange(count + 1.0), np.ones(count))


def draw_rhythm(rng: Random, heart: Heart, period_s: float, duration_s: float) -> Rhythm:
    """Beats over a duration that differ in length and strength, now and then ectopic or all irregular.

    Parameters
    ----------
    rng : numpy.random.Generator
    heart : Heart
        Its wall bounds how strong a beat can be.
    period_s : float
        Length of the regular beat.
    duration_s : float
        The row covers 0 to this time and starts before 0.

    Examples
    --------
    >>> from lvcine.phantom import draw_heart
    >>> rng = np.random.default_rng(3)
    >>> row = draw_rhythm(rng, draw_heart(rng), 0.8, 4.0)
    >>> bool(row.starts_s[0] <= 0 and row.starts_s[-1] >= 4.0)
    True
    """
    irregular = rng.random() < 0.12  # as in atrial fibrillation
    spread = rng.uniform(0.12, 0.25) if irregular else rng.uniform(0.005, 0.05)
    power = rng.uniform(0.01, 0.07)
    ectopic_share = rng.uniform(0.05, 0.3) if rng.random() < 0.25 else 0.0
    lengths: list[float] = []
    strengths: list[float] = []
    while sum(lengths) < duration_s + 2.6 * period_s:
        length, strength = float(np.exp(rng.normal(0, spread))), 1.0 + rng.normal(0, power)
        lengths.append(length * period_s)
        strengths.append(strength)
        if rng.random() < ectopic_share:
            lengths[-1] *= rng.uniform(0.55, 0.8)
            lengths.append(rng.uniform(1.1, 1.5) * period_s)
            strengths.append(rng.uniform(0.4, 0.8))
            lengths.append(length * period_s)
            strengths.append(rng.uniform(1.03, 1.15))
    mean = np.clip(lengths, max(0.32, 0.45 * period_s), 2.0)
    starts = np.concatenate([[0.0], np.cumsum(mean)]) - rng.uniform(0.0, 1.0) * mean[0]
    return Rhythm(heart.beat, period_s, starts, np.clip(strengths, 0.2, _strongest(heart)))


def _strongest(heart: Heart) -> float:
    """The squeeze that leaves a little of the cavity everywhere."""
    most = float(heart.narrowing) * (1.0 + 0.5 * abs(float(heart.apical_gain)))
    return float(max(1.0, (1.0 - _KEPT) / max(most, 1e-6)))

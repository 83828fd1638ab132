"""When the heart does what: one beat, and a row of beats that differ.

Share of a cycle that systole takes, and rapid filling, diastasis and atrial kick after it:
Chung 2004, doi:10.1152/ajpheart.00404.2004, drawn wider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lvcine.phantom.arrays import Num, smoothstep, smoothstep_slope


@dataclass(frozen=True)
class State:
    """How far the ventricle is in its beat; the only thing of time that its shape depends on.

    Attributes
    ----------
    squeeze : 0 at ED, 1 at ES of a full beat
    late : the same for wall that lags
    twist : 0 at ED, 1 when fully twisted
    squeeze_rate, late_rate, twist_rate : their derivatives, per second
    mitral, aortic : opening of the valves, 0 closed to 1 open
    """

    squeeze: Num
    late: Num
    twist: Num
    squeeze_rate: Num
    late_rate: Num
    twist_rate: Num
    mitral: Num
    aortic: Num

    def each(self, change: Callable[[Num], Num]) -> State:
        """The state with each of its numbers or arrays changed."""
        return State(*(change(v) for v in vars(self).values()))


@dataclass(frozen=True)
class Beat:
    """Time course of one beat in phase 0 (R wave, ED) to 1.

    Attributes
    ----------
    systole : share of the cycle from ED to ES
    rapid : share of the cycle that rapid filling lasts
    early : share of the stroke that comes back in rapid filling; the atrium gives the rest
    kick : phase at which the atrium starts
    lag : share of the cycle by which late wall follows
    untwist : share of the cycle in which the twist is undone after ES; most of it before filling

    Examples
    --------
    >>> state = Beat().at(0.36)
    >>> round(float(state.squeeze), 6), round(float(state.squeeze_rate), 6)
    (1.0, 0.0)
    """

    systole: Num = 0.36
    rapid: Num = 0.22
    early: Num = 0.72
    kick: Num = 0.86
    lag: Num = 0.06
    untwist: Num = 0.16

    def contraction(self, phase: Num) -> Num:
        """Share of the full contraction at each phase (cyclic)."""
        p = phase % 1.0
        filling = self.early * smoothstep((p - self.systole) / self.rapid)
        atrial = (1.0 - self.early) * smoothstep((p - self.kick) / (1.0 - self.kick))
        return smoothstep(p / self.systole) - filling - atrial

    def _rate(self, phase: Num) -> Num:
        p = phase % 1.0
        filling = self.early / self.rapid * smoothstep_slope((p - self.systole) / self.rapid)
        atrial = (
            (1.0 - self.early) / (1.0 - self.kick) * smoothstep_slope((p - self.kick) / (1.0 - self.kick))
        )
        return smoothstep_slope(p / self.systole) / self.systole - filling - atrial

    def at(self, phase: Num, period_s: Num = 1.0, strength: Num = 1.0) -> State:
        """State at a phase of a beat that lasts ``period_s`` and is ``strength`` of a full one."""
        p = phase % 1.0
        back = (p - self.systole) / self.untwist
        twist = smoothstep(p / self.systole) - smoothstep(back)
        twisting = smoothstep_slope(p / self.systole) / self.systole - smoothstep_slope(back) / self.untwist
        pace = strength / period_s
        return State(
            squeeze=strength * self.contraction(p),
            late=strength * self.contraction(p - self.lag),
            twist=strength * twist,
            squeeze_rate=pace * self._rate(p),
            late_rate=pace * self._rate(p - self.lag),
            twist_rate=pace * twisting,
            mitral=self._mitral(p),
            aortic=smoothstep((p - 0.02) / 0.05) * smoothstep((self.systole - p) / 0.05),
        )

    def _mitral(self, p: Num) -> Num:
        """Open wide in rapid filling, half shut in diastasis, open again for the kick."""
        opened = smoothstep((p - self.systole - 0.02) / 0.05)
        drift = 0.65 * smoothstep((p - self.systole - 0.6 * self.rapid) / (0.6 * self.rapid))
        again = 0.45 * smoothstep((p - self.kick) / (0.4 * (1.0 - self.kick)))
        shut = smoothstep((p - 1.0 + 0.04) / 0.04)
        return np.clip(opened - drift + again - shut, 0.0, 1.0)

"""Signal of balanced steady-state free precession, the sequence of clinical cines.

Steady state with precession per repetition: Freeman and Hill 1971, J Magn Reson 4:366; contrast
and bands: Scheffler 2003 (doi:10.1007/s00330-003-1957-x). Relaxation times at 1.5 and 3 T:
Stanisz 2005 (doi:10.1002/mrm.20605); fat: de Bazelaire 2004 (doi:10.1148/radiol.2303021331).
Densities are ours: the water content of the tissues, roughly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.phantom.arrays import Num


@dataclass(frozen=True)
class Relaxation:
    """T1 and T2 in ms, and proton density over that of blood."""

    t1_ms: Num
    t2_ms: Num
    density: Num = 1.0


TIMES = {
    1.5: {
        "blood": Relaxation(1441.0, 290.0),
        "myocardium": Relaxation(1030.0, 40.0, 0.85),
        "muscle": Relaxation(1008.0, 44.0, 0.85),
        "liver": Relaxation(576.0, 46.0, 0.85),
        "fat": Relaxation(343.0, 58.0, 0.9),
    },
    3.0: {
        "blood": Relaxation(1932.0, 275.0),
        "myocardium": Relaxation(1471.0, 47.0, 0.85),
        "muscle": Relaxation(1412.0, 50.0, 0.85),
        "liver": Relaxation(812.0, 42.0, 0.85),
        "fat": Relaxation(382.0, 68.0, 0.9),
    },
}
"""By field strength in tesla."""


def steady_state(tissue: Relaxation, flip_rad: Num, repetition_ms: Num, off_resonance_hz: Num = 0.0) -> Num:
    """Magnitude of the echo at half the repetition time, 1 being the full magnetisation.

    ``off_resonance_hz`` counts from the middle of the pass band; signal bands lie at
    odd multiples of 1 / (2 TR).

    Examples
    --------
    >>> blood, muscle = (TIMES[1.5][n] for n in ("blood", "myocardium"))
    >>> ratio = steady_state(muscle, 0.96, 3.2) / steady_state(blood, 0.96, 3.2)
    >>> bool(0.2 < ratio < 0.4)
    True
    """
    e1, e2 = np.exp(-repetition_ms / tissue.t1_ms), np.exp(-repetition_ms / tissue.t2_ms)
    ca, sa = np.cos(flip_rad), np.sin(flip_rad)
    # Alternating pulses: on resonance the magnetisation turns by half a circle per repetition.
    turned = np.cos(2.0 * np.pi * off_resonance_hz * repetition_ms / 1000.0 + np.pi)
    c = e2 * (e1 - 1.0) * (1.0 + ca)
    d = (1.0 - e1 * ca) - (e1 - ca) * e2 * e2
    transverse = (1.0 - e1) * sa * np.sqrt(1.0 + e2 * e2 - 2.0 * e2 * turned) / (c * turned + d)
    return tissue.density * transverse * np.exp(-0.5 * repetition_ms / tissue.t2_ms)

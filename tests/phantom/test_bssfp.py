"""Steady state of balanced SSFP against its on-resonance formula and against Bloch's equations."""

import numpy as np
import pytest

from lvcine.phantom.bssfp import TIMES, Relaxation, steady_state

TISSUES = [(field, name) for field in TIMES for name in TIMES[field]]


def on_resonance(tissue: Relaxation, flip: float, tr: float) -> float:
    """Carr's formula for alternating pulses on resonance (Scheffler 2003), echo at TR / 2."""
    e1, e2 = np.exp(-tr / tissue.t1_ms), np.exp(-tr / tissue.t2_ms)
    bottom = 1 - (e1 - e2) * np.cos(flip) - e1 * e2
    return tissue.density * np.sqrt(e2) * (1 - e1) * np.sin(flip) / bottom


def bloch(tissue: Relaxation, flip: float, tr: float, off_hz: float) -> float:
    """Pulse by pulse with alternating sign until nothing changes; magnitude half-way to the next pulse."""
    c, s = np.cos(flip), np.sin(flip)

    def free(ms: float) -> tuple[np.ndarray, np.ndarray]:
        turn, e1, e2 = 2 * np.pi * off_hz * ms / 1000, np.exp(-ms / tissue.t1_ms), np.exp(-ms / tissue.t2_ms)
        spin = np.array(
            [
                [e2 * np.cos(turn), e2 * np.sin(turn), 0],
                [-e2 * np.sin(turn), e2 * np.cos(turn), 0],
                [0, 0, e1],
            ]
        )
        return spin, np.array([0, 0, 1 - e1])

    spin, regrown = free(tr)
    half, half_regrown = free(tr / 2)
    m, last = np.array([0.0, 0.0, 1.0]), np.inf
    for n in range(40000):
        sign = 1 if n % 2 else -1
        pulse = np.array([[1, 0, 0], [0, c, sign * s], [0, -sign * s, c]])
        m = pulse @ m
        echo = half @ m + half_regrown
        size = float(np.hypot(echo[0], echo[1]))
        m = spin @ m + regrown
        if n % 200 == 199:
            if abs(size - last) < 1e-9:
                break
            last = size
    return float(tissue.density * size)


@pytest.mark.parametrize(("field", "name"), TISSUES)
@pytest.mark.parametrize("flip_deg", [20.0, 50.0, 75.0])
def test_on_resonance_it_is_the_known_formula(field, name, flip_deg):
    flip, tissue = np.radians(flip_deg), TIMES[field][name]
    assert steady_state(tissue, flip, 3.3) == pytest.approx(on_resonance(tissue, flip, 3.3), rel=1e-12)


@pytest.mark.parametrize("off_hz", [0.0, 25.0, 80.0, 130.0, 150.0, 156.25, -80.0, 250.0])
@pytest.mark.parametrize(("field", "name", "flip_deg"), [(1.5, "myocardium", 55.0), (3.0, "fat", 40.0)])
def test_off_resonance_it_is_what_blochs_equations_settle_at(field, name, flip_deg, off_hz):
    tissue, tr, flip = TIMES[field][name], 3.2, np.radians(flip_deg)
    assert steady_state(tissue, flip, tr, off_hz) == pytest.approx(bloch(tissue, flip, tr, off_hz), rel=2e-5)


def test_the_signal_is_darkest_at_odd_multiples_of_half_the_rate_of_pulses():
    tr, blood = 4.0, TIMES[1.5]["blood"]
    off = np.linspace(0.0, 500.0, 4001)
    found = steady_state(blood, np.radians(50), tr, off)
    assert off[:2001][found[:2001].argmin()] == pytest.approx(1000 / (2 * tr), abs=0.2)
    assert off[2001:][found[2001:].argmin()] == pytest.approx(3 * 1000 / (2 * tr), abs=0.2)
    assert found.min() < 0.1 * found[0]
    assert found[:2001] == pytest.approx(found[2000:], rel=1e-9)  # again after 1 / TR


def test_blood_outshines_muscle_and_a_larger_flip_angle_more_so():
    ratios = []
    for flip in np.radians([30.0, 50.0, 70.0]):
        blood, muscle = (steady_state(TIMES[1.5][n], flip, 3.2) for n in ("blood", "myocardium"))
        ratios.append(blood / muscle)
    assert ratios == sorted(ratios) and ratios[0] > 1.5 and ratios[-1] < 5.0

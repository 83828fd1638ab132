"""The heart's closed form against closed forms of geometry."""

import numpy as np
import pytest

from lvcine.phantom import Beat, Heart, Scar, draw_heart

PLAIN = Heart(length_mm=90.0, radius_mm=25.0, wall_mm=9.0, ejection_fraction=0.6)


def test_ejection_fraction_is_the_one_asked_for():
    edv, esv = PLAIN.volumes_ml([0.0, PLAIN.beat.systole])
    assert 1 - esv / edv == pytest.approx(0.6, abs=1e-6)


def test_cavity_volume_agrees_with_a_stack_of_fine_discs():
    theta = np.linspace(-np.pi, np.pi, 720, endpoint=False)
    zeta = np.linspace(0, PLAIN.apex_epi_mm(), 20001)[:, None]
    endo, _ = PLAIN.surfaces(zeta, theta[None], 0.0)
    discs = np.trapezoid((np.pi * endo**2).mean(1), zeta[:, 0]) / 1000
    assert PLAIN.volumes_ml([0.0])[0] == pytest.approx(discs, rel=1e-3)


def test_blunt_profile_tends_to_the_cylinder():
    blunt = Heart(length_mm=90, radius_mm=20, wall_mm=9, ejection_fraction=0.5, taper=400.0)
    theta = np.linspace(-np.pi, np.pi, 36, endpoint=False)
    endo, _ = blunt.surfaces(60.0, theta, 0.0)
    assert endo == pytest.approx(20.0, rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_mass_is_kept_over_the_cycle(seed):
    heart = draw_heart(np.random.default_rng(seed))
    masses = [heart.mass_g(p) for p in np.linspace(0, 1, 7, endpoint=False)]
    assert max(masses) / min(masses) - 1 < 0.01


def test_contraction_closes_and_peaks_at_the_end_of_systole():
    beat = Beat()
    phases = np.linspace(0, 1, 1001)
    course = beat.contraction(phases)
    assert course[0] == pytest.approx(course[-1], abs=1e-9)
    assert phases[course.argmax()] == pytest.approx(beat.systole, abs=2e-3)
    assert course.min() >= -1e-9 and course.max() <= 1 + 1e-9


def test_a_scar_lowers_the_ejection_fraction_and_thins_the_wall():
    scar = Scar(theta=0.0, half_width=0.8, u=0.6, half_length=0.3, akinesia=1.0, thinning=0.5)
    hurt = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6, scar=scar)
    edv, esv = hurt.volumes_ml([0.0, hurt.beat.systole])
    assert 1 - esv / edv < 0.58
    endo, epi = hurt.surfaces(54.0, np.array([0.0, np.pi]), 0.0)
    assert (epi - endo)[0] < 0.7 * (epi - endo)[1]


def test_population_spans_the_clinical_range():
    hearts = [draw_heart(np.random.default_rng(s)) for s in range(120)]
    volumes = np.array([h.volumes_ml([0.0, h.beat.systole]) for h in hearts])
    ef = 100 * (1 - volumes[:, 1] / volumes[:, 0])
    assert volumes[:, 0].min() < 70 and volumes[:, 0].max() > 250
    assert ef.min() < 25 and ef.max() > 70
    assert len({round(v, 6) for v in volumes[:, 0]}) == 120

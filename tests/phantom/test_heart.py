"""Shape and motion of one heart: what its parameters promise."""

import numpy as np
import pytest

from lvcine.phantom.heart import Heart, Patch, Scar
from lvcine.phantom.population import KINDS, draw_heart

PLAIN = Heart(length_mm=90.0, radius_mm=25.0, wall_mm=9.0, ejection_fraction=0.6, taper=2.0, waist=0.0)
ED, ES = PLAIN.beat.at(0.0), PLAIN.beat.at(PLAIN.beat.systole)


def test_the_wall_is_as_thick_as_asked_for_and_thins_towards_a_round_apex():
    endo, epi = PLAIN.outline(np.array([0.0, 0.3, 0.6, 0.9]), 1.0, 0.0, ED)
    thick = epi - endo
    assert thick[0] == pytest.approx(9.0)
    assert (np.diff(thick[:3]) < 0).all() and (thick[1:3] > 6.0).all()
    # Outside, the same profile reaches to the epicardial apex: no step, no tip.
    u = np.linspace(0.5, float(PLAIN.end) - 1e-6, 400)
    _, outside = PLAIN.outline(u, 1.0, 0.0, ED)
    assert (np.diff(outside) < 0).all() and (np.diff(outside, 2) < 1e-9).all()


def test_every_level_of_a_plain_heart_ejects_the_same_share():
    u = np.linspace(0.05, 0.95, 10)
    ed, es = (PLAIN.outline(u, np.ones(10), np.zeros(10), s)[0] for s in (ED, ES))
    assert es**2 / ed**2 * (1 - PLAIN.shortening) == pytest.approx(np.full(10, 0.4))


def test_the_base_comes_down_and_the_apex_stays():
    assert PLAIN.base_mm(ES) == pytest.approx(0.15 * 90)
    assert PLAIN.height(1.0, ES) == pytest.approx(90.0)
    assert PLAIN.height(0.0, ES) == pytest.approx(PLAIN.base_mm(ES))


@pytest.mark.parametrize("state", [ED, ES])
def test_level_is_the_inverse_of_height_and_grows_everywhere(state):
    u = np.linspace(-0.1, 1.05, 100)
    assert PLAIN.level(PLAIN.height(u, state), state) == pytest.approx(u)
    assert (np.diff(PLAIN.level(np.linspace(-120, 140, 5000), state)) > 0).all()


def test_level_has_no_jumps():
    z = np.linspace(-120, 140, 26001)
    assert np.diff(PLAIN.level(z, ES)).max() < 3 * 0.01 / 90


@pytest.mark.parametrize("kind", list(KINDS))
def test_epicardium_lies_outside_endocardium_everywhere(kind):
    angle = np.linspace(0, 2 * np.pi, 90)
    u = np.linspace(-0.1, 0.999, 60)[:, None] + 0 * angle
    for seed in range(4):
        heart = draw_heart(np.random.default_rng(seed), kind)
        for phase in (0.0, 0.2, heart.beat.systole, 0.7):
            endo, epi = heart.outline(u, np.cos(angle) + 0 * u, np.sin(angle) + 0 * u, heart.beat.at(phase))
            assert (epi > endo).all() and (endo > 0).all()


def test_a_scar_moves_less_and_is_thinner():
    hurt = Heart(90, 25, 9, 0.6, scars=(Scar(Patch(cos=1.0, sin=0.0, u=0.5), akinesia=1.0, thinning=0.5),))
    u, cos, sin = np.array([0.5, 0.5]), np.array([1.0, -1.0]), np.zeros(2)
    (ed, ed_epi), (es, _) = (hurt.outline(u, cos, sin, s) for s in (ED, ES))
    assert es[0] == pytest.approx(ed[0]) and es[1] < 0.75 * ed[1]
    thin, healthy = ed_epi - ed
    assert 7.5 < healthy < 9.0
    # Half of what is asked for at the base; the rest is the outer cap, wider than the inner one.
    assert thin == pytest.approx(healthy / 2, rel=0.06)


def test_a_dyskinetic_scar_bulges_in_systole():
    hurt = Heart(90, 25, 9, 0.6, scars=(Scar(Patch(u=0.5), akinesia=1.15),))
    ed, es = (hurt.outline(np.array([0.5]), np.ones(1), np.zeros(1), s)[0] for s in (ED, ES))
    assert es > ed


def test_late_wall_is_behind_in_systole_and_ahead_in_filling():
    late = Heart(90, 25, 9, 0.6, slow=Patch(u=0.5), slowness=1.0)
    at = np.full(2, 0.5), np.array([1.0, -1.0]), np.zeros(2)
    early, filling = (late.kept(*at, late.beat.at(p)) for p in (0.15, 0.48))
    assert early[0] > early[1] and filling[0] < filling[1]


def test_twist_turns_the_tissue_about_its_axis():
    turning = Heart(90, 25, 9, 0.6, twist_base=0.1, twist_apex=-0.2, bend_mm=(3.0, 1.0), swing_mm=(1.0, 2.0))
    for u in (0.0, 0.5, 1.0):
        x, y, _ = turning.position(u, np.array([1.0]), np.array([0.0]), 0.5, ES)
        cx, cy = turning.centre(u, ES)
        assert np.arctan2(y - cy, x - cx) == pytest.approx(0.1 - 0.3 * u)


def test_a_tilted_base_is_higher_on_its_side():
    tilted = Heart(90, 25, 9, 0.6, tilt_mm=(8.0, 0.0))
    below = tilted.locate(np.array([28.0, -28.0]), np.zeros(2), np.zeros(2), ED).below_base
    assert below == pytest.approx([-8.0, 8.0], abs=1e-6)


def test_points_of_the_axis_have_finite_numbers():
    place = PLAIN.locate(np.zeros(3), np.zeros(3), np.array([-90.0, 40.0, 120.0]), ES)
    assert all(np.isfinite(getattr(place, f)).all() for f in ("u", "cos", "sin", "radius", "endo", "epi"))

"""Strain against closed forms of a tube, and its laws on any heart."""

from dataclasses import replace

import numpy as np
import pytest

from lvcine.phantom.heart import Heart, Patch, Scar
from lvcine.phantom.population import KINDS, draw_heart
from lvcine.phantom.strain import strain
from lvcine.phantom.truth import find_timing

TUBE = Heart(90.0, 25.0, 9.0, 0.6, taper=4000.0, waist=0.0, apex_wall_mm=9.0)


def test_a_tube_strains_as_its_radii_and_length_do():
    found = strain(TUBE, [TUBE.beat.systole])
    kept, stretch, ring = 0.4 / 0.85, 1 / 0.85, 34**2 - 25**2
    middle = np.sqrt(25**2 * kept + 0.5 * ring * stretch) / np.sqrt(25**2 + 0.5 * ring) - 1
    thick = (np.sqrt(25**2 * kept + ring * stretch) - 25 * np.sqrt(kept)) / 9 - 1
    basal = slice(0, 6)
    assert found.longitudinal_segments[0, basal] == pytest.approx(np.full(6, -15.0), abs=1e-3)
    assert found.circumferential_segments[0, basal] == pytest.approx(np.full(6, 100 * middle), abs=1e-3)
    assert found.radial_segments[0, basal] == pytest.approx(np.full(6, 100 * thick), abs=1e-3)


def test_the_endocardium_of_a_tube_shortens_by_the_root_of_its_area():
    found = strain(TUBE, [TUBE.beat.systole], depth=0.0)
    assert found.circumferential[0] == pytest.approx(100 * (np.sqrt(0.4 / 0.85) - 1), abs=0.05)


@pytest.mark.parametrize("kind", list(KINDS))
def test_there_is_no_strain_at_ed(kind):
    heart = draw_heart(np.random.default_rng(5), kind)
    found = strain(heart, [find_timing(heart).ed])
    for name in ("longitudinal", "circumferential", "radial", "twist_deg"):
        assert np.abs(getattr(found, name)).max() < 1e-9


def test_strain_does_not_depend_on_size():
    heart = draw_heart(np.random.default_rng(2), "normal")
    heart = replace(heart, tilt_mm=(0.0, 0.0), saddle_mm=0.0, bend_mm=(0.0, 0.0), swing_mm=(0.0, 0.0))
    size = {k: 1.5 * getattr(heart, k) for k in ("length_mm", "radius_mm", "wall_mm", "apex_wall_mm")}
    a, b = (strain(h, [0.2, 0.3]) for h in (heart, replace(heart, **size)))
    for name in ("longitudinal", "circumferential", "radial", "twist_deg"):
        assert getattr(a, name) == pytest.approx(getattr(b, name), abs=1e-6)
    assert a.torsion_deg_cm == pytest.approx(1.5 * b.torsion_deg_cm)


def test_an_akinetic_segment_neither_shortens_nor_thickens_much():
    scar = Scar(Patch(cos=0.0, sin=-1.0, half_width=1.2, u=0.5, half_length=0.4), akinesia=1.0)
    found = strain(replace(TUBE, scars=(scar,), shortening=0.0), [TUBE.beat.systole])
    anterior, inferior = 6, 9  # mid anterior is segment 7, mid inferior segment 10
    assert abs(found.circumferential_segments[0, anterior]) < 1.0
    assert found.circumferential_segments[0, inferior] < -15.0
    assert found.radial_segments[0, anterior] < 3.0 < 30.0 < found.radial_segments[0, inferior]


def test_twist_is_positive_where_the_apex_turns_anticlockwise_seen_from_itself():
    # Seen from the apex x points right and y down: anticlockwise leads from y to x, a negative angle.
    found = strain(replace(TUBE, twist_base=np.radians(3), twist_apex=np.radians(-10)), [TUBE.beat.systole])
    assert found.rotation_apex_deg[0] > 0 > found.rotation_base_deg[0]
    assert found.rotation_base_deg[0] == pytest.approx(-(3 - 13 / 6))
    assert found.twist_deg[0] == pytest.approx(13 * 4 / 6)
    assert found.torsion_deg_cm[0] == pytest.approx(found.twist_deg[0] / 6.0)


def test_hearts_of_the_population_strain_the_way_hearts_do():
    for seed in range(8):
        heart = draw_heart(np.random.default_rng(seed), "normal")
        found = strain(heart, [find_timing(heart).es])
        assert -30 < found.longitudinal[0] < -5 and -35 < found.circumferential[0] < -8
        assert 15 < found.radial[0] < 120 and 0 < found.twist_deg[0] < 25

"""Wall thickness between circles and ellipses in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.measure.area import largest_contour
from lvcine.measure.segments import APICAL, BASAL, MID, ray_angles
from lvcine.measure.wall import is_whole_ring, segment_means, wall_thickness

RAYS = np.stack([np.sin(ray_angles()), np.cos(ray_angles())], axis=1)


def test_concentric_circles_are_equally_thick_everywhere(circle):
    found = wall_thickness(circle((40, 50), 22.0), circle((40, 50), 31.5), RAYS)
    assert found == pytest.approx(9.5, rel=1e-4)
    assert is_whole_ring(found)


def test_eccentric_circles_in_closed_form(circle):
    off = np.array([3.0, -2.0])
    found = wall_thickness(circle((40, 50), 20.0), circle((43, 48), 30.0), RAYS)
    along = RAYS @ off
    assert found == pytest.approx(along + np.sqrt(900 - off @ off + along**2) - 20, rel=1e-4)


def test_confocal_like_ellipses_in_closed_form(circle):
    found = wall_thickness(circle((40, 50), (24.0, 20.0)), circle((40, 50), (33.0, 28.0)), RAYS)
    inner, outer = (1 / np.hypot(RAYS[:, 0] / a, RAYS[:, 1] / b) for a, b in ((24.0, 20.0), (33.0, 28.0)))
    assert found == pytest.approx(outer - inner, rel=1e-4)


@pytest.mark.parametrize("spacing", [1.2, 1.5, 1.9])
def test_soft_masks_at_clinical_spacing_give_every_sector_to_a_tenth_of_a_pixel(blurred_disc, spacing):
    inner, outer = (
        largest_contour(blurred_disc((64, 64), (31.2, 32.7), (r / spacing, r / spacing))).scaled(
            (spacing,) * 2
        )
        for r in (22.0, 31.0)
    )
    sectors = segment_means(wall_thickness(inner, outer, RAYS))
    assert list(sectors.values()) == pytest.approx([9.0] * 6, abs=0.1 * spacing)
    assert np.mean(list(sectors.values())) == pytest.approx(9.0, rel=5e-3)


def test_sector_means_of_a_harmonic_wall_are_its_integrals():
    a = ray_angles()
    sectors = segment_means(8 + 2 * np.cos(a) + 1 * np.sin(a), MID)
    low = {8: 0, 7: 60, 12: 120, 11: 180, 10: 240, 9: 300}
    for number, degrees in low.items():
        b, e = np.deg2rad([degrees, degrees + 60])
        integral = 8 + (2 * (np.sin(e) - np.sin(b)) + np.cos(b) - np.cos(e)) / (e - b)
        assert sectors[number] == pytest.approx(integral, rel=1e-4)


def test_a_level_of_several_slices_is_the_mean_of_its_slices_and_skips_what_is_missing():
    thick, gone = np.full(360, 10.0), np.full(360, np.nan)
    assert segment_means(np.stack([thick, thick - 4]), APICAL) == pytest.approx(
        dict.fromkeys(range(13, 17), 8.0)
    )
    assert segment_means(np.stack([thick, gone]), BASAL) == pytest.approx(dict.fromkeys(range(1, 7), 10.0))
    assert segment_means(gone) == {}


def test_an_open_ring_is_no_ring(circle):
    touching = wall_thickness(circle((40, 50), 20.0), circle((40, 46), 24.0), RAYS)
    assert touching.min() == pytest.approx(0.0, abs=0.01)
    assert not is_whole_ring(touching)
    crossing = wall_thickness(circle((40, 50), 20.0), circle((40, 44), 22.0), RAYS)
    assert crossing.min() == 0.0
    assert not is_whole_ring(np.full(360, np.nan))

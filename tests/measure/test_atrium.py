"""Left atrium: a body of revolution whose volume is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from tests.measure.test_apical import clip, outline, squeeze

from lvcine.measure.apical import measure_apical
from lvcine.measure.atrium import atrial_numbers
from lvcine.study import Contour

LENGTH, RADIUS = 52.0, 21.0


def half_ellipse(turn: float = 0.0) -> tuple[Contour, tuple[np.ndarray, np.ndarray]]:
    """The annulus above, the roof below, in mm."""
    angle = np.linspace(0, np.pi, 300)
    shape = np.stack([LENGTH * np.sin(angle), RADIUS * np.cos(angle)], 1)
    moved = shape @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + [130.0, 100.0]
    return Contour(moved), (moved[0], moved[-1])


@pytest.mark.parametrize("turn", [0.0, 0.4])
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.8, 0.5)])
def test_a_half_ellipsoid_has_its_volume_and_length(turn, spacing):
    drawn, hinges = half_ellipse(turn)
    pixels = Contour(drawn.points / spacing), tuple(hinge / spacing for hinge in hinges)
    found = {m.name: m.value for m in atrial_numbers(*pixels, spacing)}
    assert found["la_volume_ml"] == pytest.approx(2 / 3 * np.pi * RADIUS**2 * LENGTH / 1000, rel=0.01)
    assert found["la_length_mm"] == pytest.approx(LENGTH, rel=0.01)


def test_it_is_measured_at_end_systole_and_only_where_it_was_outlined():
    still, _ = half_ellipse()
    larger = Contour((still.points - [130.0, 100.0]) * 1.1 + [130.0, 100.0])
    beat = squeeze(150)
    drawn = [outline(s) for s in beat]
    atrium = [larger if s == beat.max() else still for s in beat]
    endo, hinges = [c for c, _ in drawn], [h for _, h in drawn]
    whole = measure_apical(clip(), endo, hinges, atrium=[larger] * len(beat))
    once = measure_apical(clip(), endo, hinges, atrium=atrium)
    for found in (whole, once):
        volume = next(m.value for m in found.measurements if m.name == "la_volume_ml")
        assert volume == pytest.approx(1.1**3 * 2 / 3 * np.pi * RADIUS**2 * LENGTH / 1000, rel=0.02)
    none = (
        measure_apical(clip(), endo, hinges),
        measure_apical(clip(spacing=None), endo, hinges, atrium=atrium),
    )
    assert not [m for found in none for m in found.measurements if m.name.startswith("la_")]

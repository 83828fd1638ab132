"""Mass from volume."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.measure.mass import myocardial_mass_g


def test_myocardium_weighs_a_little_more_than_water():
    assert myocardial_mass_g(np.array([0.0, 100.0])) == pytest.approx([0.0, 105.0])

"""Slices that readers would not agree on are not taught."""

import numpy as np
import pytest

from lvcine.phantom.heart import Heart
from lvcine.training.virtual import in_doubt

HEART = Heart(length_mm=90.0, radius_mm=25.0, wall_mm=9.0, ejection_fraction=0.6, apex_wall_mm=6.0)
ES = HEART.beat.systole


@pytest.mark.parametrize("phase", [0.0, ES])
def test_only_slices_that_hold_the_base_or_the_tip_are_in_doubt(phase):
    base = 0.0 if phase == 0.0 else 0.15 * 90.0
    tip, apex = 90.0, base + (1 + 6.0 / 90.0) * (90.0 - base)
    for height in np.arange(-30.0, 110.0, 0.7):
        wanted = base - 4.0 < height < base + 4.0 or tip - 4.0 < height < apex
        if min(abs(height - e) for e in (base - 4.0, base + 4.0, tip - 4.0, apex)) > 0.05:
            assert in_doubt(HEART, height, 8.0, phase) == wanted, height


def test_a_thinner_slice_leaves_less_in_doubt():
    heights = np.arange(-20.0, 100.0, 0.5)
    share = [np.mean([in_doubt(HEART, z, t, 0.0) for z in heights]) for t in (2.0, 6.0, 10.0)]
    assert share == sorted(share) and share[0] < share[2]

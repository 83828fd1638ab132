"""Virtual hearts for training: their settings and seeds."""

import numpy as np

from lvcine.phantom.seeds import SIDES, phantom_seed
from lvcine.training import virtual_hearts as virtual
from lvcine.training.labelled import SPACING_MM
from lvcine.training.virtual_hearts import virtual_subject


def test_protocols_hold_end_diastole_and_end_systole_and_are_on_the_nets_grid():
    for n in range(40):
        scene, protocol, _ = virtual_subject(phantom_seed("training", n))
        assert 0.0 in protocol.phases and float(scene.anatomy.heart.beat.systole) in protocol.phases
        assert list(protocol.phases) == sorted(protocol.phases) and len(protocol.phases) == virtual.FRAMES
        assert protocol.spacing_mm == SPACING_MM
        assert protocol.thickness_mm <= protocol.step_mm
        assert 0.0 <= scene.bend_mm <= virtual.BEND_MM


def test_sides_never_share_a_seed():
    starts = sorted(SIDES.values())
    assert min(np.diff(starts)) >= 1_000_000

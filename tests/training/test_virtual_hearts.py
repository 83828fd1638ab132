"""Virtual studies for training: their settings, their pool."""

from dataclasses import replace

import numpy as np
import pytest

from lvcine.errors import SplitError
from lvcine.phantom.seeds import SIDES, phantom_seed
from lvcine.training import virtual_hearts as virtual
from lvcine.training.sunnybrook import SPACING_MM
from lvcine.training.virtual_hearts import draw_protocol, virtual_study, virtual_subject


@pytest.fixture
def quick(monkeypatch):
    """Scanner settings small enough for a test."""

    def small(rng, heart):
        return replace(draw_protocol(rng, heart), size=40, spacing_mm=3.0, step_mm=25.0, through=1)

    monkeypatch.setattr(virtual, "draw_protocol", small)


def test_protocols_hold_end_diastole_and_end_systole_and_are_on_the_nets_grid():
    for n in range(40):
        scene, protocol, _ = virtual_subject(phantom_seed("training", n))
        assert 0.0 in protocol.phases and float(scene.anatomy.heart.beat.systole) in protocol.phases
        assert list(protocol.phases) == sorted(protocol.phases) and len(protocol.phases) == virtual.FRAMES
        assert protocol.spacing_mm == SPACING_MM
        assert protocol.thickness_mm <= protocol.step_mm
        assert 0.0 <= scene.bend_mm <= virtual.BEND_MM


def test_a_study_has_bright_cavity_in_dark_wall(quick):
    study = virtual_study(3)
    assert study.pixels.dtype == study.labels.dtype == np.uint8
    assert study.pixels.shape == study.labels.shape and study.pixels.shape[1:] == (virtual.FRAMES, 40, 40)
    assert set(np.unique(study.labels)) <= {0, 1, 2, 3}
    blood, wall = (np.median(study.pixels[study.labels == k]) for k in (1, 2))
    assert wall < 0.75 * blood and 50 < blood < 160


def test_a_number_gives_one_subject_per_side(quick):
    same = [virtual_study(5).pixels.tobytes() for _ in range(2)]
    assert same[0] == same[1] != virtual_study(5, "choosing").pixels.tobytes()
    with pytest.raises(SplitError, match="virtual heart"):
        virtual_study(1_000_000)


def test_sides_never_share_a_seed():
    starts = sorted(SIDES.values())
    assert min(np.diff(starts)) >= 1_000_000


def test_slices_that_the_base_has_left_are_background_at_es(quick):
    fewer = 0
    for number in range(6):
        study = virtual_study(number)
        scene, protocol, _ = virtual_subject(phantom_seed("training", number))
        es = protocol.phases.index(float(scene.anatomy.heart.beat.systole))
        held = (study.labels == 1).any((2, 3)).sum(0)
        assert held[es] <= held[0]
        fewer += held[es] < held[0]
    assert fewer >= 3

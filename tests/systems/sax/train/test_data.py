"""Items by their number: virtual hearts and, from a number on, synthetic shapes."""

from dataclasses import replace

import numpy as np
import pytest

from lvcine.errors import SplitError
from lvcine.phantom.seeds import seed_of
from lvcine.systems.sax.train.data import make, virtual_study
from lvcine.systems.sax.train.synthetic_shapes import FIRST, shapes_study
from lvcine.training import virtual_hearts
from lvcine.training.virtual_hearts import draw_protocol, virtual_subject


@pytest.fixture
def quick(monkeypatch):
    """Scanner settings small enough for a test."""

    def small(rng, heart):
        return replace(draw_protocol(rng, heart), size=40, spacing_mm=3.0, step_mm=25.0, through=1)

    monkeypatch.setattr(virtual_hearts, "draw_protocol", small)


def test_a_number_says_whether_it_is_a_heart_or_shapes(quick):
    (heart,), (shapes,) = make(7, "choosing"), make(FIRST + 4, "choosing")
    assert heart.name == "choosing-000007~SAX" and shapes.name == "choosing-500004~SAX"
    assert (heart.pixels == virtual_study(7, "choosing").pixels).all()
    assert (shapes.pixels == shapes_study(4, "choosing").pixels).all()


def test_a_study_has_bright_cavity_in_dark_wall(quick):
    study = virtual_study(3)
    frames = virtual_hearts.FRAMES
    assert study.pixels.dtype == study.labels.dtype == np.uint8
    assert study.pixels.shape == study.labels.shape and study.pixels.shape[1:] == (frames, 40, 40)
    assert set(np.unique(study.labels)) <= {0, 1, 2, 3}
    blood, wall = (np.median(study.pixels[study.labels == k]) for k in (1, 2))
    assert wall < 0.75 * blood and 50 < blood < 160


def test_a_number_gives_one_subject_per_side(quick):
    same = [virtual_study(5).pixels.tobytes() for _ in range(2)]
    assert same[0] == same[1] != virtual_study(5, "choosing").pixels.tobytes()
    with pytest.raises(SplitError, match="virtual heart"):
        virtual_study(FIRST - 1)


def test_slices_that_the_base_has_left_are_background_at_es(quick):
    fewer = 0
    for number in range(6):
        study = virtual_study(number)
        scene, protocol, _ = virtual_subject(seed_of("sax", "training", number))
        es = protocol.phases.index(float(scene.anatomy.heart.beat.systole))
        held = (study.labels == 1).any((2, 3)).sum(0)
        assert held[es] <= held[0]
        fewer += held[es] < held[0]
    assert fewer >= 3

"""By whose convention a frame is drawn."""

import numpy as np
import pytest

from lvcine.systems.sax.convention import CONVENTION, OPEN, share_of
from lvcine.systems.sax.infer import _run


def test_a_cavity_that_empties_is_drawn_farther_in():
    share = share_of(np.array([60.0, 120.0, 90.0, 30.0, 0.0], np.float32))
    assert share[1] == pytest.approx(OPEN) and (share[[0, 3, 4]] == 0).all() and 0 < share[2] < OPEN


def test_a_heart_that_hardly_contracts_keeps_its_convention():
    """One border at both times, or its EF would be that of the two conventions."""
    share = share_of(np.array([200.0, 190.0], np.float32))
    assert share[1] > 0.85 * share[0]


def test_a_single_frame_and_one_without_a_cavity_are_drawn_as_at_ed():
    assert share_of(np.array([50.0], np.float32)) == pytest.approx(OPEN)
    assert share_of(np.zeros(3, np.float32)) == pytest.approx(OPEN)


class _Told:
    """Stands in for a net: remembers what it was given."""

    def __init__(self, *inputs: str) -> None:
        self.session, self.seen = self, {}
        self.inputs = dict.fromkeys(inputs, np.dtype("float32"))

    def __call__(self, inputs):
        self.seen = inputs
        return {"logits": np.zeros((len(inputs["clip"]), 4, 16, 16), np.float32)}


def test_nets_are_told_where_they_know_of_it_and_nets_of_before_are_not():
    pictures = np.random.default_rng(0).random((1, 2, 16, 16), np.float32)
    share = np.array([0.3, 0.0], np.float32)
    new, old = _Told("clip", CONVENTION), _Told("clip")
    _run(new, pictures, 0, (0,), share)
    _run(old, pictures, 0, (0,), share)
    assert (new.seen[CONVENTION] == share).all() and set(old.seen) == {"clip"}
    _run(new, pictures, 0, (0,))
    assert (new.seen[CONVENTION] == 0).all()

"""What the net is given turns with the heart: a contracting ring contracts whatever way it lies."""

import numpy as np
import pytest
from tests.systems.velocity.rings import contracting, inwards

from lvcine.localise import Orientation
from lvcine.systems.velocity.prepare import as_input, augment, turned, undo_augment


@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("flip_y", [False, True])
@pytest.mark.parametrize("flip_x", [False, True])
def test_velocities_turn_with_a_stack(transpose, flip_y, flip_x):
    one = contracting(24)
    turn = Orientation(transpose, flip_y, flip_x, False)
    v = turned(turn, one.velocity_cm_s[:, None])[:, 0]
    labels = turn.apply(one.labels[None])[0]
    x = as_input(np.zeros_like(one.magnitude), v)
    assert inwards(x, labels) > 0.3
    mirrored = transpose ^ flip_y ^ flip_x
    assert float(x[:, 3][labels == 2].mean()) * (-1 if mirrored else 1) > 0


def test_an_augmented_picture_keeps_what_moves_inwards_and_is_undone():
    one = contracting(24, shift=2.0)
    x = as_input(one.magnitude, one.velocity_cm_s)
    straight = inwards(x, one.labels)
    for quarters in range(4):
        for mirrored in (False, True):
            pictures = augment(x, quarters, mirrored)
            labels = augment(np.repeat(one.labels[:, None], 4, 1).astype(np.float32), quarters, mirrored)
            assert inwards(pictures, np.abs(labels[:, 0])) == pytest.approx(straight, rel=1e-3)
            assert (undo_augment(pictures[:, :1], quarters, mirrored) == x[:, :1]).all()

"""One ventricle per frame, and the hinges of its valve."""

import numpy as np
import pytest

from lvcine.localise.outline import outline
from lvcine.systems.echo.postprocess import annulus, level, whole


def heart(size: int = 128) -> np.ndarray:
    """An apical view drawn with an ellipse: wall round the cavity but for its base, an atrium beneath."""
    y, x = np.indices((size, size), float)
    inner = ((y - 55) / 35) ** 2 + ((x - 64) / 18) ** 2
    outer = ((y - 55) / 44) ** 2 + ((x - 64) / 27) ** 2
    labels = np.zeros((size, size), int)
    labels[(outer < 1) & (y < 82)] = 2
    labels[(inner < 1) & (y < 82)] = 1
    labels[(y >= 82) & (((y - 95) / 16) ** 2 + ((x - 64) / 16) ** 2 < 1)] = 3
    return labels


def likelihood(labels: np.ndarray) -> np.ndarray:
    p = np.full((4, *labels.shape), 0.02, np.float32)
    np.put_along_axis(p, labels[None], 0.94, 0)
    return p


def test_specks_are_left_out_and_holes_filled():
    labels = heart()
    spoilt = labels.copy()
    spoilt[50:53, 62:66] = 0
    spoilt[110:114, 10:16], spoilt[5:9, 5:9], spoilt[118:125, 100:120] = 1, 2, 3
    np.testing.assert_array_equal(whole(likelihood(spoilt)), labels)


def test_too_little_is_no_ventricle():
    labels = np.zeros((128, 128), int)
    labels[60:66, 60:66] = 1
    assert not whole(likelihood(labels)).any()


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_hinges_are_the_ends_of_the_wall(quarter):
    labels = np.ascontiguousarray(np.rot90(heart(), quarter)).astype(np.uint8)
    points = outline(level(likelihood(labels.astype(int))[1], labels == 1))
    found = annulus(points, labels)
    # At row 82 the inner ellipse is 18 * sqrt(1 - (27/35)^2) = 11.5 wide on either side.
    wanted = np.array([[81.5, 64 - 11.5], [81.5, 64 + 11.5]])
    for _ in range(quarter):  # a quarter turn takes (y, x) to (127 - x, y)
        wanted = np.stack([127 - wanted[:, 1], wanted[:, 0]], 1)
    off = [min(np.hypot(*(f - w)) for f in found) for w in wanted]
    assert max(off) < 5


def test_wall_all_round_or_nowhere_has_no_hinges():
    y, x = np.indices((96, 96)) - 48
    r = np.hypot(y, x)
    closed = np.where(r < 20, 1, np.where(r < 30, 2, 0)).astype(np.uint8)
    points = outline(level(likelihood(closed.astype(int))[1], closed == 1))
    assert annulus(points, closed) is None
    assert annulus(points, np.where(closed == 2, 0, closed)) is None

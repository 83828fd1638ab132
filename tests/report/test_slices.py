"""Order, sides and scale of the pictures; planes of the stack on another view; labels off the curves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lvcine.report.labels import Rectangle, Room
from lvcine.report.long_axis import cuts
from lvcine.report.slices import base_first, edge_letters
from lvcine.study import Geometry


def test_a_stack_stored_either_way_round_is_shown_from_base_to_apex(ring):
    """The ring narrows from its first slice to its last."""
    assert base_first(ring) == (0, 1, 2, 3)
    backwards = replace(ring.cine, geometry=ring.cine.geometry.take([3, 2, 1, 0]))
    labels = type(ring.segmentation.mask)(ring.segmentation.mask.labels[::-1])
    turned = replace(ring, cine=backwards, segmentation=replace(ring.segmentation, mask=labels))
    assert base_first(turned) == (3, 2, 1, 0)


def test_an_oblique_picture_has_two_letters_at_an_edge():
    """Columns run halfway between left and posterior: DICOM's axes are left, posterior, head."""
    across = np.array([1.0, 1.0, 0.0]) / np.sqrt(2)
    oblique = Geometry(np.zeros((1, 3)), np.array([0.0, 0.0, -1.0]), across)
    found = edge_letters(oblique)
    assert set(found["right"]) == {"L", "P"} and set(found["left"]) == {"R", "A"}
    assert (found["top"], found["bottom"]) == ("H", "F")
    assert edge_letters(Geometry.stack(1, (1.0, 1.0), 1.0)) == {}


def test_the_line_of_a_plane_lies_in_both_planes(ring):
    basis, _ = np.linalg.qr(np.array([[0.2, 0.3, -1.0], [1.0, 0.4, 0.1], [0.0, 1.0, 0.0]]).T)
    view = Geometry(np.array([[-50.0, -20.0, 130.0]]), 1.3 * basis[:, 0], 1.1 * basis[:, 1])
    stack = ring.cine.geometry
    found = cuts(ring, view, 0)
    assert found
    for cut in found:
        points = view.to_patient(0, cut.ends[:, ::-1])  # in the view by construction
        np.testing.assert_allclose((points - stack.origins_mm[cut.slice]) @ stack.normal, 0.0, atol=1e-6)
        assert len(cut.wall)
        for x, y in cut.wall:
            at = view.to_patient(0, np.array([[y, x]]))[0]
            assert abs((at - stack.origins_mm[cut.slice]) @ stack.normal) < 1e-6


def test_labels_stand_inside_off_the_curve_and_off_each_other():
    x = np.linspace(0, 200, 60)
    curve = np.stack([x, 60 + 40 * np.sin(x / 18)], 1)
    area = Rectangle(0, 0, 200, 120)
    room = Room(area, [curve])
    boxes = [room.place(float(a), float(b), ["ED 164"], 12.0) for a, b in curve[::12]]
    dense = np.stack([np.linspace(0, 200, 2000), 60 + 40 * np.sin(np.linspace(0, 200, 2000) / 18)], 1)
    for k, box in enumerate(boxes):
        assert not box.holds(dense).any()
        assert box.left >= 0 and box.left + box.width <= 200 and box.top >= 0 and box.top + box.height <= 120
        assert not any(box.meets(other) for other in boxes[:k])


@pytest.mark.parametrize("apart", [0.0, 30.0])
def test_rectangles_know_whether_they_meet(apart):
    assert Rectangle(0, 0, 20, 10).meets(Rectangle(apart, 0, 20, 10)) is (apart < 20)

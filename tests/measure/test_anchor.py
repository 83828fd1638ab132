"""The septum and the anterior side, on every way to lay the grid."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from lvcine.errors import UsageError
from lvcine.measure.anchor import Anchor, Insertion, find_anchor
from lvcine.measure.area import polygon_centroid

WAYS = [
    {"flip": (z, y, x), "swap": swap, "turn_deg": turn}
    for z, y, x, swap in product((False, True), repeat=4)
    for turn in (0.0, 130.0)
]


def in_patient(scan, anchor: Anchor, angle: float) -> np.ndarray:
    """The direction of an angle in slice 0, as a patient vector."""
    g = scan.cine.geometry
    y, x = anchor.directions(0, np.array([angle]))[0]
    return y * g.row_step_mm / g.pixel_spacing_mm[0] + x * g.column_step_mm / g.pixel_spacing_mm[1]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_septum_and_anterior_are_the_patients_on_every_grid(scan, way):
    turned = scan(frames=2, systole=1, slices=3, step_mm=24.0, **way)
    anchor = find_anchor(turned.segmentation, turned.cine.geometry, 0)
    septum, anterior = in_patient(turned, anchor, 0.0), in_patient(turned, anchor, np.pi / 2)
    assert anchor.findings == ()
    # up and forward is anterior, right and forward is the septum; both by construction of the heart
    assert anterior @ [0.0, -1.0, 1.0] > 0.9
    assert septum @ [-1.0, -1.0, 0.0] > 0.9
    assert abs(anterior @ septum) < 1e-9


def test_without_place_in_the_patient_the_display_is_trusted_and_said(scan):
    shown = scan(frames=2, systole=1, slices=3, step_mm=24.0).with_geometry(placed=False)
    anchor = find_anchor(shown.segmentation, shown.cine.geometry, 0)
    assert anchor.directions(0, np.array([np.pi / 2])) == pytest.approx(np.array([[-1.0, 0.0]]))  # up
    assert [f.code for f in anchor.findings] == ["anterior-assumed"]


def test_slices_without_septum_take_it_from_their_neighbours(scan):
    seen = scan(frames=2, systole=1, slices=5, step_mm=14.0)
    directions = seen.segmentation.rv_direction.copy()
    whole = find_anchor(seen.segmentation, seen.cine.geometry, 0).septum
    directions[[0, 2]] = np.nan
    holed = find_anchor(replace(seen.segmentation, rv_direction=directions), seen.cine.geometry, 0)
    assert holed.septum == pytest.approx(whole)
    assert holed.findings == ()


def test_a_septum_halfway_between_two_directions_is_in_the_middle(scan):
    seen = scan(frames=2, systole=1, slices=3, step_mm=24.0)
    directions = np.array([[0.0, -1.0], [np.nan, np.nan], [-1.0, 0.0]])
    anchor = find_anchor(replace(seen.segmentation, rv_direction=directions), seen.cine.geometry, 0)
    assert anchor.septum[1] == pytest.approx([-np.sqrt(0.5), -np.sqrt(0.5)])


def test_a_septum_that_jumps_is_said(scan):
    seen = scan(frames=2, systole=1, slices=5, step_mm=14.0)
    directions = seen.segmentation.rv_direction.copy()
    directions[3] = -directions[3]
    anchor = find_anchor(replace(seen.segmentation, rv_direction=directions), seen.cine.geometry, 0)
    assert [f.code for f in anchor.findings] == ["septum-direction-jumps"]


@pytest.mark.parametrize("way", WAYS[::5], ids=str)
def test_an_unseen_septum_is_put_to_the_right_and_front_of_the_patient(scan, way):
    blind = scan(frames=2, systole=1, slices=3, step_mm=24.0, **way).without(rv_direction=None)
    anchor = find_anchor(blind.segmentation, blind.cine.geometry, 0)
    assert in_patient(blind, anchor, 0.0) @ np.array([-1.0, -1.0, 0.0]) > 0.9
    assert [f.code for f in anchor.findings] == ["septum-assumed"]


def test_an_unseen_septum_without_place_is_put_at_the_left_of_the_image(scan):
    blind = scan(frames=2, systole=1, slices=3, step_mm=24.0).without(rv_direction=np.full((3, 2), np.nan))
    blind = blind.with_geometry(placed=False)
    anchor = find_anchor(blind.segmentation, blind.cine.geometry, 0)
    assert anchor.septum == pytest.approx(np.tile([0.0, -1.0], (3, 1)))
    assert {f.code for f in anchor.findings} == {"septum-assumed", "anterior-assumed"}


@pytest.mark.parametrize("way", WAYS[::3], ids=str)
@pytest.mark.parametrize("in_slice", [None, 1])
def test_the_insertion_point_lies_60_degrees_before_the_middle_of_the_septum(scan, way, in_slice):
    pointed = scan(frames=2, systole=1, slices=3, step_mm=24.0, spacing_mm=(1.4, 1.1), **way)
    g = pointed.cine.geometry
    true = find_anchor(pointed.segmentation, g, 0)
    centre = polygon_centroid(pointed.segmentation.endo[1][0].points)
    point = centre + 40 * true.directions(1, np.deg2rad([60.0]))[0] / g.pixel_spacing_mm
    blind = replace(pointed.segmentation, rv_direction=None)
    anchor = find_anchor(blind, g, 0, Insertion(float(point[0]), float(point[1]), in_slice))
    assert anchor.septum == pytest.approx(true.septum, abs=1e-6)
    assert anchor.findings == ()


def test_an_insertion_point_that_points_nowhere_is_refused(scan):
    pointed = scan(frames=2, systole=1, slices=3, step_mm=24.0)
    centre = polygon_centroid(pointed.segmentation.endo[1][0].points)
    with pytest.raises(UsageError, match="has no LV"):
        find_anchor(pointed.segmentation, pointed.cine.geometry, 0, Insertion(5, 5, slice=7))
    with pytest.raises(UsageError, match="centre"):
        find_anchor(pointed.segmentation, pointed.cine.geometry, 0, Insertion(*centre, slice=1))


@pytest.mark.parametrize("turn", [0.0, 130.0])
def test_a_header_that_puts_the_right_ventricle_on_the_left_is_doubted(scan, turn):
    """Row and column steps with the other sign: the picture is turned by half a circle against the header."""
    seen = scan(frames=2, systole=1, slices=3, step_mm=24.0, turn_deg=turn)
    g = seen.cine.geometry
    lied = replace(g, row_step_mm=-g.row_step_mm, column_step_mm=-g.column_step_mm)
    assert [f.code for f in find_anchor(seen.segmentation, lied, 0).findings] == ["orientation-doubtful"]
    assert find_anchor(seen.segmentation, g, 0).findings == ()

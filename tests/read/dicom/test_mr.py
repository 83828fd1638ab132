"""Pictures into stacks, by place and time only."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.read.dicom.mr import sort_images
from lvcine.read.dicom.planes import parallel_sets, slices


@pytest.fixture(autouse=True)
def all_pixels_differ(monkeypatch):
    """These pictures have no files; copies are tested with real ones in test_dicom_stack."""
    monkeypatch.setattr("lvcine.read.dicom.planes._pixel_digest", lambda image: str(id(image)))


def turned(axes, degrees):
    """Row and column turned about the row axis."""
    a = np.deg2rad(degrees)
    row, column = axes
    normal = np.cross(row, column)
    return np.stack([row, np.cos(a) * column + np.sin(a) * normal])


def cine(dicom, z=0.0, frames=10, *, step=8.0, cycle=800.0, **facts):
    """One slice at height z steps, its pixels never opened."""
    position = dicom.ORIGIN + z * step * dicom.NORMAL
    facts = {
        "position_mm": position,
        "interval_ms": cycle,
        "series": f"{z}",
        "series_number": f"{int(z)}",
        **facts,
    }
    return [dicom.picture(trigger_ms=cycle * t / frames, instance=float(t), **facts) for t in range(frames)]


def stack(dicom, heights, **facts):
    return [image for z in heights for image in cine(dicom, float(z), **facts)]


def heights(found):
    return np.round(found.heights_mm - found.heights_mm[0], 6).tolist()


def test_parallel_slices_are_one_stack_and_crossing_ones_another(dicom):
    axes = np.stack([dicom.ROW, dicom.COLUMN])
    long = cine(dicom, axes=turned(axes, 80.0), series="long", series_number="9")
    found = sort_images(stack(dicom, range(5)) + long)
    assert sorted(len(s.runs) for s in found.stacks) == [1, 5] and not found.left_aside


def test_a_few_degrees_between_breath_holds_do_not_split_a_stack(dicom):
    axes = np.stack([dicom.ROW, dicom.COLUMN])
    images = stack(dicom, range(4)) + cine(dicom, 4.0, axes=turned(axes, 3.0))
    (found,) = sort_images(images).stacks
    assert len(found.runs) == 5
    images[-10:] = cine(dicom, 4.0, axes=turned(axes, 8.0))
    assert sorted(len(s.runs) for s in sort_images(images).stacks) == [1, 4]


def test_opposite_normals_are_parallel(dicom):
    flipped = np.stack([-dicom.ROW, dicom.COLUMN])
    images = [dicom.picture(), dicom.picture(axes=flipped)]
    assert len(parallel_sets(images)) == 1


def test_slices_are_told_apart_by_position_not_by_number(dicom):
    images = stack(dicom, [2, 0, 1])
    assert [len(group) for group in slices(images)] == [10, 10, 10]
    (found,) = sort_images(images).stacks
    assert heights(found) == [0.0, 8.0, 16.0] and found.series_numbers == ("0", "1", "2")


def test_without_positions_the_slice_location_orders(dicom):
    images = [
        dicom.picture(position_mm=None, location_mm=5.0 * z, trigger_ms=80.0 * t, interval_ms=800.0)
        for z in (1, 0, 2)
        for t in range(10)
    ]
    (found,) = sort_images(images).stacks
    assert found.heights_mm.tolist() == [0.0, 5.0, 10.0]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"image_type": ("ORIGINAL", "PRIMARY", "P", "RETRO")}, "phase"),
        ({"image_type": ("ORIGINAL", "PRIMARY", "VELOCITY MAP", "P", "PCA")}, "phase"),
        ({"image_type": ("ORIGINAL", "PRIMARY", "OTHER", "PHASE")}, "phase"),
        ({"image_type": ("ORIGINAL", "PRIMARY", "R_FFE", "R", "FFE")}, "real or imaginary"),
        ({"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")}, "localiser"),
        ({"image_type": ("DERIVED", "SECONDARY", "MPR")}, "derived"),
    ],
)
def test_what_must_not_enter_a_stack(dicom, facts, reason):
    found = sort_images(stack(dicom, range(3)) + cine(dicom, 3.0, **facts))
    (only,) = found.stacks
    assert len(only.runs) == 3
    (aside,) = found.left_aside
    assert reason in aside.reason and aside.files == 10 and aside.label == "series 3"


def test_magnitude_beside_phase_is_kept(dicom):
    magnitude = stack(dicom, range(3), image_type=("ORIGINAL", "PRIMARY", "M", "RETRO"))
    phase = stack(dicom, range(3), image_type=("ORIGINAL", "PRIMARY", "P", "RETRO"))
    (only,) = sort_images(magnitude + phase).stacks
    assert only.frames == 10 and all("M" in image.image_type for image in only.images)


def test_another_sequence_in_the_same_planes_is_another_stack(dicom):
    tagged = stack(dicom, range(3), sequence="GR SP", series_number="70")
    found = sort_images(stack(dicom, range(3), sequence="GR SS") + tagged)
    assert [s.reference.sequence for s in found.stacks] in (["GR SS", "GR SP"], ["GR SP", "GR SS"])


def test_stills_in_the_same_planes_are_left_aside(dicom):
    stills = [dicom.picture(position_mm=dicom.ORIGIN, series="late", series_number="50", trigger_ms=600.0)]
    found = sort_images(stack(dicom, range(3)) + stills)
    assert len(found.stacks) == 1
    assert [(a.label, a.reason) for a in found.left_aside] == [("series 50", "one frame only")]


class TestRepeats:
    def test_of_equal_repeats_the_later_is_read(self, dicom):
        first = cine(dicom, 1.0, series="old", series_number="20", acquired_s=100.0)
        second = cine(dicom, 1.0, series="new", series_number="21", acquired_s=200.0)
        found = sort_images(stack(dicom, [0, 2]) + second + first)
        (only,) = found.stacks
        assert only.runs[1].images[0].series == "new" and only.repeated == (1,)
        assert [a.label for a in found.left_aside] == ["series 20"]

    def test_the_more_complete_one_is_read(self, dicom):
        aborted = cine(dicom, 1.0, frames=4, series="late", series_number="30", acquired_s=300.0)
        found = sort_images(stack(dicom, range(3)) + aborted)
        assert [run.frames for run in found.stacks[0].runs] == [10, 10, 10]
        assert found.stacks[0].repeated == (1,)

    def test_a_slightly_moved_repeat_is_the_same_slice(self, dicom):
        moved = cine(dicom, 1.15, series="moved", series_number="40", acquired_s=1.0)  # 1.2 mm of 8
        (only,) = sort_images(stack(dicom, range(3)) + moved).stacks
        assert len(only.runs) == 3 and only.repeated == (1,)

    def test_two_whole_stacks_are_not_woven_into_one(self, dicom):
        one = stack(dicom, range(4), series="whole a", series_number="1")
        other = stack(dicom, [z + 0.4 for z in range(4)], series="whole b", series_number="2")
        found = sort_images(one + other)
        assert [heights(s) for s in found.stacks] == [[0.0, 8.0, 16.0, 24.0]] * 2


class TestFilling:
    def test_a_stack_acquired_in_two_parts_is_one(self, dicom):
        base = stack(dicom, [0, 1, 2, 3, 4], series="base", series_number="1")
        apex = stack(dicom, [4, 5, 6, 7], series="apex", series_number="2", cycle=780.0)
        found = sort_images(base + apex)
        assert heights(found.stacks[0]) == [8.0 * z for z in range(8)]
        assert found.stacks[0].repeated == (4,) and found.stacks[0].series_numbers == ("1", "2")

    def test_a_slice_with_a_frame_less_completes_the_stack(self, dicom):
        found = sort_images(stack(dicom, [0, 1, 3]) + cine(dicom, 2.0, frames=9))
        (only,) = found.stacks
        assert [run.frames for run in only.runs] == [10, 10, 9, 10] and only.frames == 10

    def test_a_slice_with_hardly_any_frames_does_not(self, dicom):
        found = sort_images(stack(dicom, [0, 1, 3]) + cine(dicom, 2.0, frames=3))
        assert len(found.stacks[0].runs) == 3

    def test_a_slice_with_rows_and_columns_swapped_completes_the_stack(self, dicom):
        swapped = cine(dicom, 3.0, rows=10, columns=12, axes=np.stack([dicom.COLUMN, dicom.ROW]),
                       spacing_mm=dicom.SPACING[::-1])  # fmt: skip
        (only,) = sort_images(stack(dicom, range(3)) + swapped).stacks
        assert len(only.runs) == 4 and only.reference.rows == 12

    def test_two_phases_do_not_stand_in_for_a_full_cycle(self, dicom):
        pair = stack(dicom, range(6), frames=2, series="pair", series_number="60")
        found = sort_images(stack(dicom, range(5)) + pair)
        assert found.stacks[0].frames == 10 and len(found.stacks[0].runs) == 5

    def test_a_slice_far_away_is_not_part_of_the_stack(self, dicom):
        found = sort_images(stack(dicom, [0, 1, 2, 3, 4, 9]))
        assert sorted(len(s.runs) for s in found.stacks) == [1, 5]

    def test_a_missing_slice_does_not_cut_the_stack(self, dicom):
        (only,) = sort_images(stack(dicom, [0, 1, 3, 4])).stacks
        assert heights(only) == [0.0, 8.0, 24.0, 32.0]


def test_exams_are_not_mixed(dicom):
    other = stack(dicom, range(3), study="other")
    assert len(sort_images(stack(dicom, range(3)) + other).stacks) == 2


def test_the_order_of_files_changes_nothing(dicom):
    images = stack(dicom, range(4)) + cine(dicom, 2.0, series="again", acquired_s=9.0)
    rng = np.random.default_rng(0)
    plans = []
    for _ in range(4):
        found = sort_images([images[k] for k in rng.permutation(len(images))])
        plans.append([[(i.series, i.trigger_ms) for i in s.images] for s in found.stacks])
    assert all(plan == plans[0] for plan in plans)

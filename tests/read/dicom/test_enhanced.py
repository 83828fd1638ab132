"""Enhanced multi-frame MR: order from the functional groups, never from the order of frames."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from lvcine.errors import ReadError
from lvcine.read import open_study


def only_cine(ds, dicom, tmp_path):
    (cine,) = open_study(dicom.save(ds, tmp_path / "one.dcm")).cines
    return cine


def test_shuffled_frames_come_out_in_place_and_time(dicom, tmp_path):
    cine = only_cine(dicom.enhanced(4, 6), dicom, tmp_path)
    assert np.allclose(cine.pixels, dicom.stack_values(4, 6) * 2.0 - 10.0)
    assert np.allclose(cine.times_ms, np.tile(np.arange(6) * 800.0 / 6, (4, 1)))
    assert np.allclose(cine.cycle_ms, 800.0) and not cine.findings


def test_geometry_from_shared_and_per_frame_groups(dicom, tmp_path):
    g = only_cine(dicom.enhanced(4, 6), dicom, tmp_path).geometry
    assert g.pixel_spacing_mm == pytest.approx(dicom.SPACING) and g.thickness_mm == dicom.STEP
    assert np.allclose(g.origins_mm, dicom.ORIGIN + np.arange(4)[:, None] * dicom.STEP * dicom.NORMAL)


def test_a_per_frame_group_wins_over_the_shared_one(dicom, tmp_path):
    ds = dicom.enhanced(3, 4)
    for group in ds.PerFrameFunctionalGroupsSequence:
        group.PixelMeasuresSequence = dicom.item(PixelSpacing=[3.0, 2.0], SliceThickness=6.0)
    assert only_cine(ds, dicom, tmp_path).geometry.pixel_spacing_mm == pytest.approx((3.0, 2.0))


def test_temporal_position_orders_where_there_is_no_delay(dicom, tmp_path):
    ds = dicom.enhanced(3, 6)
    for group in ds.PerFrameFunctionalGroupsSequence:
        del group.CardiacSynchronizationSequence
    cine = only_cine(ds, dicom, tmp_path)
    assert np.allclose(cine.pixels, dicom.stack_values(3, 6) * 2.0 - 10.0) and cine.times_ms is None
    assert {"order-without-trigger", "no-frame-times"} <= {f.code for f in cine.findings}


def test_phase_frames_beside_magnitude_frames_are_left_aside(dicom, tmp_path):
    ds = dicom.enhanced(3, 6)
    ds.NumberOfFrames = 36
    ds.PixelData = ds.PixelData * 2
    groups = ds.PerFrameFunctionalGroupsSequence
    for k in range(18):
        group = copy.deepcopy(groups[k])
        group.MRImageFrameTypeSequence = dicom.item(
            ComplexImageComponent="PHASE", FrameType=["ORIGINAL", "PRIMARY"]
        )
        groups.append(group)
    study = open_study(dicom.save(ds, tmp_path / "x"))
    assert study.cines[0].frames == 6 and study.left_aside[0].files == 18
    assert "phase" in study.left_aside[0].reason


def test_fewer_groups_than_frames_is_damage(dicom, tmp_path):
    ds = dicom.enhanced(2, 4)
    del ds.PerFrameFunctionalGroupsSequence[-1]
    with pytest.raises(ReadError, match="functional groups for 7"):
        open_study(dicom.save(ds, tmp_path / "x"))


def test_several_frames_without_any_groups_are_left_aside(dicom, tmp_path):
    ds = dicom.enhanced(2, 4)
    del ds.PerFrameFunctionalGroupsSequence
    with pytest.raises(ReadError, match="without a description"):
        open_study(dicom.save(ds, tmp_path / "x"))


def test_one_enhanced_file_per_slice_is_one_stack(dicom, tmp_path):
    whole = dicom.enhanced(3, 5)
    frame_bytes = 12 * 10 * 2
    for z in range(3):
        at = dicom.ORIGIN + z * dicom.STEP * dicom.NORMAL
        mine = [
            k
            for k, group in enumerate(whole.PerFrameFunctionalGroupsSequence)
            if np.allclose(group.PlanePositionSequence[0].ImagePositionPatient, at)
        ]
        part = dicom.enhanced(3, 5)
        part.SeriesInstanceUID, part.SeriesNumber, part.SOPInstanceUID = f"1.2.{z}", z + 1, f"1.9.{z}"
        part.PixelData = b"".join(whole.PixelData[k * frame_bytes : (k + 1) * frame_bytes] for k in mine)
        groups = whole.PerFrameFunctionalGroupsSequence
        part.PerFrameFunctionalGroupsSequence = type(groups)([groups[k] for k in mine])
        part.NumberOfFrames = 5
        dicom.save(part, tmp_path / f"{z}")
    (cine,) = open_study(tmp_path).cines
    assert np.allclose(cine.pixels, dicom.stack_values(3, 5) * 2.0 - 10.0)

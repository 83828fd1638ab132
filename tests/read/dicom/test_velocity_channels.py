"""Channels are found by place and time; of several acquisitions the magnitude's own is taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from tests.read.velocity_scans import is_phase, patient_difference, scan, step_cm_s, written

from lvcine.read import open_study


def again(folder: Path, study, *, numbers: int, hour: int) -> Path:
    """The same patient scanned once more, in series of their own, at another time."""
    for path in sorted(written(folder / f"scan {numbers}", "siemens", study).iterdir()):
        ds = pydicom.dcmread(path)
        ds.SeriesNumber, ds.SeriesInstanceUID = ds.SeriesNumber + numbers, f"1.2.{numbers}.{ds.SeriesNumber}"
        ds.SOPInstanceUID = f"1.2.{numbers}.{ds.SeriesNumber}.{ds.InstanceNumber}"
        ds.AcquisitionTime = ds.ContentTime = f"{hour:02d}{int(ds.AcquisitionNumber):02d}00"
        ds.save_as(path)
    return folder


def slower():
    """The same magnitude scanned as the heart moves half as much, with other noise."""
    s = scan()
    noise = np.random.default_rng(2).uniform(0.9, 1.1, s.magnitude.shape).astype(np.float32)
    return replace(s, velocity_cm_s=0.5 * s.velocity_cm_s, magnitude=s.magnitude * noise)


@pytest.mark.parametrize("first_is_later", [False, True])
def test_of_two_acquisitions_velocities_and_magnitude_are_of_one(first_is_later, tmp_path):
    again(tmp_path, scan(), numbers=0, hour=12 if first_is_later else 10)
    again(tmp_path, slower(), numbers=100, hour=11)
    chosen = scan() if first_is_later else slower()
    (cine,) = [cine for cine in open_study(tmp_path).cines if cine.velocity is not None]
    assert patient_difference(cine, chosen) < step_cm_s("siemens")
    heights = cine.geometry.slice_positions_mm, chosen.geometry.slice_positions_mm
    order = [int(np.argmin(abs(heights[1] - h))) for h in heights[0]]
    assert np.array_equal(cine.pixels, chosen.cine.pixels[order])


def test_a_copied_folder_changes_nothing(tmp_path):
    once = open_study(written(tmp_path / "a", "philips"))
    written(tmp_path / "b", "philips")
    twice = open_study(tmp_path)
    assert np.array_equal(once.cines[0].velocity.cm_s, twice.cines[0].velocity.cm_s)


def test_three_series_along_one_direction_are_no_channels(tmp_path):
    """A flow scan tried with three VENCs, as for an aorta: nothing to ask the user about."""
    for path in written(tmp_path, "siemens").iterdir():
        ds = pydicom.dcmread(path)
        if is_phase(ds):
            ds[0x0051, 0x1014].value = f"v{100 + 50 * (ds.SeriesNumber % 4)}in"
            ds.save_as(path)
    study = open_study(tmp_path)
    assert study.cines[0].velocity is None and sum(a.files for a in study.left_aside) == 18
    assert not {f.code for f in study.findings} & {"no-venc", "velocity-incomplete"}
    assert all("three directions" in a.reason for a in study.left_aside)


def test_directions_that_no_file_names_are_not_taken_for_three_where_a_venc_is_stated(tmp_path):
    for path in written(tmp_path, "siemens").iterdir():
        ds = pydicom.dcmread(path)
        if is_phase(ds):
            ds[0x0051, 0x1014].value = "v150"
            ds.save_as(path)
    assert open_study(tmp_path).cines[0].velocity is None


def test_an_older_magnitude_has_the_velocities_of_its_own_acquisition(tmp_path):
    again(tmp_path, scan(), numbers=0, hour=10)
    again(tmp_path, slower(), numbers=100, hour=11)
    for path in sorted((tmp_path / "scan 100").iterdir()):
        if not is_phase(pydicom.dcmread(path)):
            path.unlink()
    (cine,) = open_study(tmp_path).cines
    assert patient_difference(cine, scan()) < step_cm_s("siemens")

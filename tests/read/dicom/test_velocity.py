"""Velocity scans of every maker give the velocities that were scanned, in the patient's own axes."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from tests.read.velocity_scans import (
    VENDORS,
    edited,
    flipped,
    is_phase,
    patient_difference,
    scan,
    step_cm_s,
    tilted,
    transposed,
    written,
)

from lvcine.errors import ReadError
from lvcine.read import ReadOptions, catalogue, open_study

CLASSIC = VENDORS[:3]


def codes(study):
    return {f.code for f in (*study.findings, *(f for cine in study.cines for f in cine.findings))}


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_makers_files_give_the_velocities_in_the_patient(vendor, tmp_path):
    study = open_study(written(tmp_path, vendor))
    (cine,) = study.cines
    assert patient_difference(cine, scan()) < step_cm_s(vendor)
    assert cine.velocity.venc_cm_s == pytest.approx(scan().venc_cm_s)
    assert not study.left_aside and not catalogue(tmp_path).left_aside
    assert ("velocity-directions-assumed" in codes(study)) == (vendor != "enhanced")
    assert not codes(study) & {"velocity-scale-assumed", "velocity-directions-unknown", "no-venc"}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("turn", [flipped, transposed, tilted])
def test_however_the_pictures_lie_the_patients_velocities_stay(turn, vendor, tmp_path):
    other = turn(scan())
    (cine,) = open_study(written(tmp_path, vendor, other)).cines
    if turn is not tilted:
        other = scan()
    assert patient_difference(cine, other) < step_cm_s(vendor)


def turn_name(ds):
    """rl for lr, in for out; the picture for its negative."""
    text = str(ds[0x0051, 0x1014].value)
    turned = {"in": "out", "rl": "lr", "lr": "rl", "ap": "pa", "pa": "ap", "fh": "hf", "hf": "fh"}
    name = next(name for name in turned if text.endswith(name))
    ds[0x0051, 0x1014].value = text.removesuffix(name) + turned[name]
    ds.PixelData = (4096 - ds.pixel_array.astype(int)).clip(0, 4095).astype("<u2").tobytes()


def turn_component(ds):
    ds[0x2001, 0x101A].value = [-v for v in ds[0x2001, 0x101A].value]
    ds.PixelData = (4095 - ds.pixel_array).astype("<u2").tobytes()


@pytest.mark.parametrize(("vendor", "turn"), [("siemens", turn_name), ("philips", turn_component)])
def test_a_reversed_sign_in_the_header_reverses_the_values(vendor, turn, tmp_path):
    (cine,) = open_study(edited(written(tmp_path, vendor), turn)).cines
    assert patient_difference(cine, scan()) < 2 * step_cm_s(vendor)


@pytest.mark.parametrize("vendor", VENDORS)
def test_names_and_order_of_files_mean_nothing(vendor, tmp_path):
    plain = open_study(written(tmp_path / "a", vendor))
    files = sorted((tmp_path / "a").iterdir())
    (tmp_path / "b").mkdir()
    for number, path in zip(random.Random(5).sample(range(999), len(files)), files, strict=True):
        shutil.copy(path, tmp_path / "b" / f"{number}.x")
    again = open_study(tmp_path / "b")
    assert again.digest == plain.digest
    assert np.array_equal(again.cines[0].velocity.cm_s, plain.cines[0].velocity.cm_s)
    assert np.array_equal(again.cines[0].velocity.directions, plain.cines[0].velocity.directions)


def silence(ds):
    """Nothing of the encoding is left."""
    for tag in ((0x0051, 0x1014), (0x2001, 0x101A), (0x0019, 0x10CC)):
        if tag in ds:
            del ds[tag]
    ds.SequenceName = "*fl2d1"
    for frame in ds.get("PerFrameFunctionalGroupsSequence", []):
        del frame.MRVelocityEncodingSequence


@pytest.mark.parametrize("vendor", ["siemens", "philips", "enhanced"])
def test_without_a_venc_the_user_is_asked_and_then_believed(vendor, tmp_path):
    folder = edited(written(tmp_path, vendor), silence)
    with pytest.raises(ReadError, match=r"VENC.*--venc") as raised:
        open_study(folder)
    assert "series" in raised.value.where
    assert catalogue(folder).groups[0].frames == 3  # the headers can still be listed
    told = open_study(folder, ReadOptions(venc_cm_s=scan().venc_cm_s))
    assert patient_difference(told.cines[0], scan()) < step_cm_s(vendor)
    assert {"given-by-user", "velocity-directions-unknown"} <= codes(told) and "no-venc" not in codes(told)


def test_a_told_venc_goes_before_the_files_and_scales_the_phase(tmp_path):
    folder = written(tmp_path, "siemens")
    stated = open_study(folder).cines[0].velocity
    told = open_study(folder, ReadOptions(venc_cm_s="42,50,60"))
    velocity = told.cines[0].velocity
    assert velocity.venc_cm_s == (42.0, 50.0, 60.0)
    assert velocity.cm_s == pytest.approx(2.0 * stated.cm_s, abs=1e-4)
    assert np.array_equal(velocity.directions, stated.directions)
    assert any("VENC 42, 50, 60" in f.text for f in told.cines[0].findings if f.code == "given-by-user")


def test_several_vencs_in_one_channel_are_an_error_until_the_user_says_one(tmp_path):
    def mixed(ds):
        if ds.InstanceNumber % 2 and str(ds[0x0051, 0x1014].value).endswith("in"):
            ds[0x0051, 0x1014].value = "v90in"

    folder = edited(written(tmp_path, "siemens"), mixed)
    with pytest.raises(ReadError, match=r"30 and 90 cm/s.*--venc"):
        open_study(folder)
    told = open_study(folder, ReadOptions(venc_cm_s=scan().venc_cm_s))
    assert patient_difference(told.cines[0], scan()) < step_cm_s("siemens")


def drop(folder: Path, unwanted) -> Path:
    for path in sorted(folder.iterdir()):
        ds = pydicom.dcmread(path)
        if is_phase(ds) and unwanted(ds):
            path.unlink()
    return folder


@pytest.mark.parametrize("change", [None, silence])
def test_two_directions_are_left_aside_and_the_magnitude_is_a_cine(change, tmp_path):
    folder = drop(written(tmp_path, "ge"), lambda ds: ds.SeriesNumber == 4)
    if change is not None:
        edited(folder, lambda ds: (change(ds), setattr(ds, "ImageType", ["ORIGINAL", "PRIMARY", "P"])))
    study = open_study(folder)
    (cine,) = study.cines
    assert cine.velocity is None and cine.pixels.shape == scan().magnitude.shape
    assert sum(aside.files for aside in study.left_aside) == 12
    assert ("no-venc" in codes(study)) == (change is not None)


def test_a_channel_that_lacks_a_slice_is_no_channel_and_that_is_said(tmp_path):
    first = np.round(scan().geometry.origins_mm[0], 3)
    folder = drop(
        written(tmp_path, "philips"),
        lambda ds: (
            np.allclose(np.array(ds.ImagePositionPatient, float), first, atol=0.01)
            and ds[0x2001, 0x101A].value[0]
        ),
    )
    study = open_study(folder)
    assert study.cines[0].velocity is None and "velocity-incomplete" in codes(study)


def test_another_moment_is_no_channel_of_the_magnitude(tmp_path):
    def later(ds):
        ds.TriggerTime = str(float(ds.TriggerTime) + 0.6 * float(ds.NominalInterval) / 3)

    study = open_study(edited(written(tmp_path, "siemens"), later))
    assert study.cines[0].velocity is None and "velocity-incomplete" in codes(study)


def test_velocities_beyond_the_venc_are_refused(tmp_path):
    def too_small(ds):
        ds[0x2001, 0x101A].value = [v / 10 for v in ds[0x2001, 0x101A].value]

    with pytest.raises(ReadError, match=r"with a VENC of 2\.\d+ cm/s.*--venc"):
        open_study(edited(written(tmp_path, "philips"), too_small))


def test_phase_without_a_rescale_is_read_about_the_middle_and_that_is_said(tmp_path):
    def bare(ds):
        del ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType

    study = open_study(edited(written(tmp_path, "siemens"), bare))
    assert patient_difference(study.cines[0], scan()) < step_cm_s("siemens")
    assert "velocity-scale-assumed" in codes(study)


def test_weighted_phase_is_never_guessed(tmp_path):
    def weighted(ds):
        ds[0x0043, 0x1032].value = 4

    study = open_study(edited(written(tmp_path, "ge"), weighted))
    (cine,) = study.cines
    assert cine.velocity is None and np.array_equal(np.sort(cine.pixels, 0), np.sort(scan().cine.pixels, 0))
    assert "velocity-unreadable" in codes(study) and any("weighted" in a.reason for a in study.left_aside)


def test_a_slice_stored_turned_over_has_its_channels_turned_back(tmp_path):
    g = scan().geometry
    above = g.origins_mm[0] + np.array([[0.0], [9.0]]) * g.normal  # so that all voxels lie on one grid
    study = replace(scan(), geometry=replace(g, origins_mm=above))
    (tmp_path / "both").mkdir()
    for z, part in enumerate((study, flipped(study))):
        for path in written(tmp_path / str(z), "siemens", part).iterdir():
            place = np.array(pydicom.dcmread(path).ImagePositionPatient, float)
            if np.allclose(place, part.geometry.origins_mm[z], atol=0.01):
                shutil.copy(path, tmp_path / "both" / f"{z}{path.name}")
    (cine,) = open_study(tmp_path / "both").cines
    assert cine.slices == 2 and patient_difference(cine, study) < step_cm_s("siemens")


def test_velocities_on_another_grid_are_not_mixed_across_a_wrap(tmp_path):
    """A slice stored half a pixel aside takes its nearest values: the mean of two may be none of them."""
    g = scan().geometry
    origins = g.origins_mm[0] + np.array([[0.0], [9.0]]) * g.normal
    board = np.where(np.indices((32, 32)).sum(axis=0) % 2, 15.0, -15.0).astype(np.float32)
    study = replace(
        scan(),
        velocity_cm_s=np.broadcast_to(board, scan().velocity_cm_s.shape),
        geometry=replace(g, origins_mm=origins),
    )
    aside = replace(study, geometry=replace(g, origins_mm=origins - 0.4 * g.row_step_mm))
    (tmp_path / "both").mkdir()
    for z, part in enumerate((study, flipped(aside))):
        for path in written(tmp_path / str(z), "siemens", part).iterdir():
            place = np.array(pydicom.dcmread(path).ImagePositionPatient, float)
            if np.allclose(place, part.geometry.origins_mm[z], atol=0.01):
                shutil.copy(path, tmp_path / "both" / f"{z}{path.name}")
    (cine,) = open_study(tmp_path / "both").cines
    cm_s = cine.velocity.cm_s
    assert "slices-resampled" in {f.code for f in cine.findings}
    assert np.allclose(np.abs(cm_s[np.isfinite(cm_s)]), 15.0, atol=0.02)
    assert np.isfinite(cm_s).mean() > 0.9


def test_one_damaged_velocity_file_costs_the_velocities_not_the_cine(tmp_path):
    folder = written(tmp_path, "siemens")
    path = max(folder.iterdir())
    path.write_bytes(path.read_bytes()[:-600])
    study = open_study(folder)
    assert study.cines[0].velocity is None and "unreadable-files" in codes(study)


def test_a_magnitude_picture_that_is_damaged_leaves_the_other_slices_their_velocities(tmp_path):
    folder = written(tmp_path, "siemens")
    magnitude = [p for p in sorted(folder.iterdir()) if not is_phase(pydicom.dcmread(p))]
    for path in magnitude[:3]:
        path.write_bytes(path.read_bytes()[:-600])
    (cine,) = open_study(folder).cines
    assert cine.slices == 1 and patient_difference(cine, scan()) < step_cm_s("siemens")


def test_velocities_count_among_the_pixels_that_are_allowed(tmp_path):
    folder = written(tmp_path, "siemens")
    size = scan().magnitude.size
    assert open_study(folder, ReadOptions(max_pixels=4 * size)).cines[0].velocity is not None
    with pytest.raises(ReadError, match="max_pixels"):
        open_study(folder, ReadOptions(max_pixels=4 * size - 1))

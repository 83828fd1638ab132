"""What every reader promises: the same beating picture in, the same cine out, whatever the format.

The truth is a cine made here; the files are written by the virtual scanner, which shares no
code with the readers.
"""

from __future__ import annotations

import itertools
import json
import random
import shutil
import tarfile
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from lvcine.errors import LvcineError
from lvcine.phantom import write
from lvcine.read import ReadOptions, catalogue, open_study
from lvcine.study import Cine, Geometry, Subject, View

AXIS = np.array([0.6, -0.67, -0.43]) / np.linalg.norm([0.6, -0.67, -0.43])
ROW = np.cross(AXIS, [0.0, 0.0, 1.0]) / np.linalg.norm(np.cross(AXIS, [0.0, 0.0, 1.0]))
SUBJECT = Subject(height_m=1.7, weight_kg=65.0, sex="F", age_years=50.0)


def truth(slices: int = 3, frames: int = 5) -> Cine:
    """Noise that no two places share, on an oblique grid, each slice with a heart rate of its own."""
    pixels = np.random.default_rng(1).integers(0, 256, (slices, frames, 24, 20)).astype(np.uint16)
    cycle = 800.0 + 20.0 * np.arange(slices)
    return Cine(
        pixels,
        Geometry(
            origins_mm=np.array([10.0, -70.0, 30.0]) + 8.0 * np.arange(slices)[:, None] * AXIS,
            row_step_mm=np.cross(AXIS, ROW) * 1.5,
            column_step_mm=ROW * 1.25,
            thickness_mm=8.0,
        ),
        times_ms=np.arange(frames) / frames * cycle[:, None],
        cycle_ms=cycle,
        view=View.SAX,
    )


@dataclass(frozen=True)
class Format:
    """A way of writing a cine and what that way can carry."""

    name: str
    placed: bool = True
    own_heart_rates: bool = True
    slices: int = 3

    def cine(self) -> Cine:
        return truth(self.slices)

    def write(self, cine: Cine, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        if self.name in ("ge", "siemens", "philips"):
            write.write_dicom_mr(cine, folder, vendor=self.name, subject=SUBJECT)  # type: ignore[arg-type]
        elif self.name == "enhanced":
            write.write_enhanced_mr(cine, folder / "scan.dcm", subject=SUBJECT)
        elif self.name == "nifti":
            write.write_nifti(cine, folder / "scan.nii.gz")
        elif self.name == "ultrasound":
            write.write_ultrasound(replace(cine, modality="US"), folder / "clip.dcm", colour=True)
        elif self.name == "npz":
            g = cine.geometry
            np.savez(folder / "scan.npz", pixels=cine.pixels, spacing_mm=g.pixel_spacing_mm,
                     step_mm=g.slice_step_mm, times_ms=cine.times_ms)  # fmt: skip
        else:
            write.write_video(cine, folder / f"scan.{self.name}")
        return folder


STACKS = [
    Format("ge"), Format("siemens"), Format("philips"), Format("enhanced"),
    Format("nifti", own_heart_rates=False), Format("npz", placed=False),
]  # fmt: skip
CLIPS = [Format("ultrasound", placed=False, slices=1)]
FILMS = [Format(suffix, placed=False, slices=1) for suffix in ("avi", "mp4", "mov", "gif")]
MR = STACKS[:4]


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """Every format written once, for the tests that only read."""
    written: dict[str, Path] = {}

    def folder(form: Format) -> Path:
        if form.name not in written:
            written[form.name] = form.write(form.cine(), tmp_path_factory.mktemp(form.name))
        return written[form.name]

    return folder


def named(formats):
    return pytest.mark.parametrize("form", formats, ids=lambda form: form.name)


@named([form for form in STACKS + CLIPS if form.name != "nifti"])
def test_every_pixel_comes_out_at_its_slice_and_frame(form, scans):
    (read,) = open_study(scans(form)).cines
    assert np.array_equal(read.pixels, form.cine().pixels)


@named([form for form in STACKS if form.placed])
def test_every_voxel_is_where_it_was_in_the_patient(form, scans):
    (read,) = open_study(scans(form)).cines
    assert read.geometry.placed
    assert_same_places(read, truth())


def assert_same_places(read: Cine, cine: Cine) -> None:
    """Voxels drawn at random: the same point of the patient has the same course of brightness in both."""
    draw = np.random.default_rng(3).integers(0, (cine.slices, *cine.pixels.shape[2:]), (20, 3))
    for z, y, x in draw.tolist():
        place = cine.geometry.to_patient(z, np.array([[y, x]]))
        heights = read.geometry.slice_positions_mm
        there = int(np.argmin(np.abs(heights - float(place[0] @ read.geometry.normal))))
        at = read.geometry.to_pixels(there, place)
        row, column = np.rint(at[0]).astype(int)
        assert np.allclose(read.geometry.to_patient(there, np.array([[row, column]])), place, atol=1e-3)
        assert np.array_equal(read.pixels[there, :, row, column], cine.pixels[z, :, y, x])


@named(FILMS)
def test_a_film_keeps_order_and_brightness_within_its_loss(form, tmp_path):
    cine = form.cine()
    ramp = np.indices(cine.pixels.shape[2:]).sum(axis=0) * 3
    levels = np.stack([ramp + 15 * t for t in range(cine.frames)]).astype(np.uint16)
    (read,) = open_study(form.write(replace(cine, pixels=levels[None]), tmp_path)).cines
    assert read.pixels.shape == cine.pixels.shape
    scaled = read.pixels[0] / read.pixels.max() * levels.max()
    for frame, shown in enumerate(scaled):
        away = [float(np.abs(shown - level).mean()) for level in levels]
        assert int(np.argmin(away)) == frame and away[frame] < 8.0  # of 255


@named(STACKS + CLIPS)
def test_lengths_are_those_of_the_scan(form, scans):
    g = open_study(scans(form)).cines[0].geometry
    assert g.calibrated and g.pixel_spacing_mm == pytest.approx((1.5, 1.25), abs=1e-5)
    if form.slices > 1:
        assert g.slice_step_mm == pytest.approx(8.0, abs=1e-4)


@named(STACKS)
def test_times_and_heart_rates_survive(form, scans):
    cine = truth()
    (read,) = open_study(scans(form)).cines
    if form.own_heart_rates:
        assert np.allclose(read.times_ms, cine.times_ms, atol=0.01)
    else:  # one time step for all slices is all that the format has
        assert np.allclose(np.diff(read.times_ms), np.mean(np.diff(cine.times_ms)), atol=0.01)
    assert read.gated and (np.diff(read.times_ms, axis=1) > 0).all()
    assert read.heart_rate_bpm == pytest.approx(60000 / np.median(cine.cycle_ms), rel=0.02)


@named(MR)
def test_the_view_follows_from_geometry(form, scans):
    assert open_study(scans(form)).cines[0].view is View.SAX


@named(STACKS + CLIPS + FILMS[:1])
def test_names_folders_and_packing_mean_nothing(form, scans, tmp_path):
    files = sorted(path for path in scans(form).rglob("*") if path.is_file())
    random.Random(2).shuffle(files)
    renamed = tmp_path / "renamed"
    for k, path in enumerate(files):
        target = renamed / f"{k % 3}" / "x" / f"{k * 7919 % 1000:03d}.pdf"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    zipped, tarred = tmp_path / "zipped", tmp_path / "tarred"
    with zipfile.ZipFile(zipped, "w") as archive, tarfile.open(tarred, "w:gz") as tar:
        for path in files:
            archive.write(path, f"exam/{path.name}")
            tar.add(path, f"exam/{path.name}")
    plain = open_study(scans(form))
    for other in (renamed, zipped, tarred):
        again = open_study(other)
        assert again.digest == plain.digest
        assert np.array_equal(again.cines[0].pixels, plain.cines[0].pixels)


@named(STACKS + CLIPS)
def test_the_catalogue_agrees_with_what_is_read(form, scans):
    told, study = catalogue(scans(form)), open_study(scans(form))
    (group,), (cine,) = told.groups, study.cines
    assert (group.slices, group.frames, group.rows, group.columns) == cine.pixels.shape
    assert (group.view, group.label, group.modality) == (cine.view, cine.label, cine.modality)
    assert group.findings == cine.findings
    json.dumps(told.to_dict())


@named(MR)
def test_the_person_is_known_by_size_and_not_by_name(form, scans):
    study = open_study(scans(form))
    assert (study.subject.height_m, study.subject.weight_kg, study.subject.sex) == (1.7, 65.0, "F")
    said = json.dumps(catalogue(scans(form)).to_dict()) + repr(study.findings) + repr(study.left_aside)
    assert study.identity.name and study.identity.name not in said + study.cines[0].label


@named(STACKS + CLIPS)
def test_what_the_user_says_scales_lengths_and_nothing_else(form, scans):
    plain = open_study(scans(form)).cines[0]
    told = open_study(scans(form), ReadOptions(spacing_mm=(3.0, 2.5), slice_step_mm=16.0)).cines[0]
    assert told.geometry.pixel_spacing_mm == pytest.approx((3.0, 2.5))
    assert told.geometry.slice_step_mm == pytest.approx(16.0)
    assert np.array_equal(told.pixels, plain.pixels)
    assert "given-by-user" in {finding.code for finding in told.findings}


def one_file(folder: Path) -> bytes:
    return next(path for path in sorted(folder.rglob("*")) if path.is_file()).read_bytes()


@named(STACKS + CLIPS + FILMS)
def test_a_file_cut_anywhere_is_read_or_refused_with_a_reason(form, scans, tmp_path):
    data = one_file(scans(form))
    for length in np.random.default_rng(0).integers(1, len(data), 10):
        (tmp_path / "broken").write_bytes(data[:length])
        assert outcome(tmp_path / "broken")


@named(STACKS + CLIPS + FILMS)
def test_a_file_with_wrong_bytes_is_read_or_refused_with_a_reason(form, scans, tmp_path):
    data = one_file(scans(form))
    rng = np.random.default_rng(0)
    for _ in range(15):
        broken = bytearray(data)
        for at in rng.integers(0, min(len(data), 2500), 6):
            broken[at] = int(rng.integers(0, 256))
        (tmp_path / "broken").write_bytes(broken)
        assert outcome(tmp_path / "broken")


def outcome(path: Path) -> str:
    """Read, or refused with a reason; anything else fails the test by itself."""
    try:
        study = open_study(path, ReadOptions(max_pixels=10**7))
    except LvcineError as error:
        assert str(path.parent) not in str(error)
        return str(error)
    return study.digest


WAYS = list(itertools.product((False, True), (False, True), (False, True), (False, True)))


@named(MR)
def test_turned_and_mirrored_storage_keeps_every_value_in_its_place(form, tmp_path):
    cine = truth(2, 3)
    for number, way in enumerate(WAYS):
        (read,) = open_study(form.write(stored_as(cine, *way), tmp_path / f"{number}")).cines
        assert_same_places(read, cine)


def stored_as(cine: Cine, transposed: bool, flip_y: bool, flip_x: bool, flip_z: bool) -> Cine:
    """The same voxels in the same places, rows and columns and slices counted another way."""
    g, pixels = cine.geometry, cine.pixels
    origins, row, column = g.origins_mm, g.row_step_mm, g.column_step_mm
    if flip_z:
        origins, pixels = origins[::-1], pixels[::-1]
        times, cycle = cine.times_ms[::-1], cine.cycle_ms[::-1]
    else:
        times, cycle = cine.times_ms, cine.cycle_ms
    if flip_y:
        origins, row, pixels = origins + row * (pixels.shape[2] - 1), -row, pixels[:, :, ::-1]
    if flip_x:
        origins, column, pixels = origins + column * (pixels.shape[3] - 1), -column, pixels[..., ::-1]
    if transposed:
        row, column, pixels = column, row, pixels.swapaxes(2, 3)
    geometry = Geometry(np.ascontiguousarray(origins), row, column, g.thickness_mm)
    return replace(
        cine, pixels=np.ascontiguousarray(pixels), geometry=geometry, times_ms=times, cycle_ms=cycle
    )

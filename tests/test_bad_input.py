"""Whatever is thrown at the command: one clear error or a named finding, a documented exit code,
and nothing half-written."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian

from lvcine.cli.main import run
from lvcine.phantom import virtual_study
from lvcine.phantom.write import write_dicom_mr, write_nifti, write_ultrasound
from lvcine.study import Cine, Geometry

from .pipeline.conftest import cylinder

SLICES, FRAMES = 5, 8


@pytest.fixture(scope="session")
def cine():
    found, _ = virtual_study(7, frames=FRAMES, size=64, spacing_mm=2.8, step_mm=20.0)
    return replace(
        found,
        pixels=found.pixels[:SLICES],
        geometry=found.geometry.take(list(range(SLICES))),
        times_ms=found.times_ms[:SLICES],
        cycle_ms=found.cycle_ms[:SLICES],
    )


@pytest.fixture
def scan(cine, tmp_path):
    """A sound study of 5 slices x 8 frames, one file each; file z * 8 + t is slice z, frame t."""
    folder = tmp_path / "scan"
    return write_dicom_mr(cine, folder, vendor="ge")


@pytest.fixture(autouse=True)
def quick_net(monkeypatch):
    monkeypatch.setattr("lvcine.pipeline.short_axis.segment", cylinder)


def analyze(path, out, *options) -> int:
    return run(["analyze", str(path), "-o", str(out), "--quiet", "--movie", "none", *options])


def refused(path, tmp_path, capsys, code: int, *options) -> str:
    """The one line that the command says; the output folder must not have come into being."""
    out = tmp_path / "out"
    assert analyze(path, out, *options) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    said = printed.err.strip()
    assert said.startswith("lvcine: ") and "Suggestion: " in said and "Traceback" not in said
    assert "\n" not in said
    assert str(tmp_path) not in said  # folders carry names
    assert not out.exists() and not list(tmp_path.glob(".lvcine*"))
    return said


def measured(path, tmp_path, *options) -> dict:
    """What the command measured all the same."""
    assert analyze(path, tmp_path / "out", *options) == 0
    return json.loads((tmp_path / "out" / "measurements.json").read_text())


def codes(result) -> set[str]:
    return {finding["code"] for finding in result["findings"]}


def change(files, edit) -> None:
    for index, path in enumerate(files):
        picture = pydicom.dcmread(path)
        if edit(picture, *divmod(index, FRAMES)) is not False:
            picture.save_as(path)


# ---- nothing to measure --------------------------------------------------------------------------


def test_nothing_there(tmp_path, capsys):
    assert "nobody" in refused(tmp_path / "nobody", tmp_path, capsys, 2)


def test_an_empty_folder(tmp_path, capsys):
    (tmp_path / "scan").mkdir()
    refused(tmp_path / "scan", tmp_path, capsys, 3)


def test_a_folder_of_other_things(tmp_path, capsys):
    (tmp_path / "scan").mkdir()
    (tmp_path / "scan" / "letter.txt").write_text("Dear colleague")
    (tmp_path / "scan" / "table.csv").write_text("a,b\n1,2\n")
    assert analyze(tmp_path / "scan", tmp_path / "out") in (3, 4)
    assert "Suggestion: " in capsys.readouterr().err


def test_one_frame_of_every_slice(scan, tmp_path, capsys):
    for index, path in enumerate(scan):
        if index % FRAMES:
            path.unlink()
    refused(scan[0].parent, tmp_path, capsys, 4)


def test_one_single_picture(scan, tmp_path, capsys):
    refused(scan[0], tmp_path, capsys, 4)


def test_a_document_instead_of_pictures(scan, tmp_path, capsys):
    def without_pixels(picture, z, t):
        del picture.PixelData

    change(scan, without_pixels)
    assert analyze(scan[0].parent, tmp_path / "out") in (3, 4)
    assert "Suggestion: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_ultrasound_without_a_ventricle_is_refused(tmp_path, capsys):
    grey = np.random.default_rng(1).integers(0, 60, (1, 8, 90, 120)).astype(np.uint8)
    geometry, times = Geometry.stack(1, (0.8, 0.8), 1.0), np.arange(8.0)[None] * 33
    clip = Cine(grey, geometry, times, gated=False, modality="US")
    path = write_ultrasound(clip, tmp_path / "clip.dcm")
    assert "no apical view of the left ventricle" in refused(path, tmp_path, capsys, 4)


def test_a_long_axis_is_told_what_it_is(scan, tmp_path, capsys):
    assert "4CH" in refused(scan[0].parent, tmp_path, capsys, 4, "--view", "4CH")


# ---- damage --------------------------------------------------------------------------------------


def test_every_file_cut_off(scan, tmp_path, capsys):
    for path in scan:
        path.write_bytes(path.read_bytes()[:700])
    refused(scan[0].parent, tmp_path, capsys, 3)


def test_one_file_cut_off(scan, tmp_path):
    scan[3].write_bytes(scan[3].read_bytes()[:-2000])
    assert codes(measured(scan[0].parent, tmp_path)) >= {"unreadable-files"}


def test_a_transfer_syntax_that_nobody_knows(scan, tmp_path, capsys):
    known = ExplicitVRLittleEndian.encode()
    for path in scan:
        path.write_bytes(path.read_bytes().replace(known, known[:-1] + b"9"))
    refused(scan[0].parent, tmp_path, capsys, 3)


def test_a_declared_size_that_no_memory_holds(scan, tmp_path, capsys):
    def huge(picture, z, t):
        picture.Rows = picture.Columns = 65535
        picture.NumberOfFrames = 30000

    change(scan, huge)
    refused(scan[0].parent, tmp_path, capsys, 3)


def test_a_nifti_that_declares_terabytes(cine, tmp_path, capsys):
    path = write_nifti(cine, tmp_path / "scan.nii")
    with open(path, "r+b") as file:
        file.seek(40)
        file.write(struct.pack("<5h", 4, 32000, 32000, 500, 500))
    refused(path, tmp_path, capsys, 3)


def test_a_nifti_cut_off(cine, tmp_path, capsys):
    path = write_nifti(cine, tmp_path / "scan.nii.gz")
    path.write_bytes(path.read_bytes()[:5000])
    refused(path, tmp_path, capsys, 3)


def test_a_mask_instead_of_a_scan(tmp_path, capsys):
    nib.save(nib.Nifti1Image(np.zeros((20, 20, 4, 8), np.uint8), np.eye(4)), tmp_path / "mask.nii.gz")
    assert analyze(tmp_path / "mask.nii.gz", tmp_path / "out") in (3, 4)
    assert "Suggestion: " in capsys.readouterr().err


# ---- hostile archives ----------------------------------------------------------------------------


def test_a_bomb(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "scan.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros.dcm", "w", force_zip64=True) as entry:
            for _ in range(160):
                entry.write(bytes(1 << 20))
    refused(tmp_path / "scan.zip", tmp_path, capsys, 3)


@pytest.mark.parametrize("name", ["../../escaped.dcm", "/escaped.dcm", "a/../../escaped.dcm"])
def test_a_path_that_climbs_out(scan, name, tmp_path, capsys):
    with tarfile.open(tmp_path / "scan.tar", "w") as archive:
        archive.add(scan[0], name, filter=lambda entry: entry.replace(name=name, deep=False))
    refused(tmp_path / "scan.tar", tmp_path, capsys, 3)
    assert not list(tmp_path.parent.rglob("escaped.dcm"))


def test_an_archive_cut_off(scan, tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "scan.zip", "w") as archive:
        for path in scan:
            archive.write(path, path.name)
    (tmp_path / "scan.zip").write_bytes((tmp_path / "scan.zip").read_bytes()[:-300])
    refused(tmp_path / "scan.zip", tmp_path, capsys, 3)


# ---- doubtful, but measurable --------------------------------------------------------------------


def test_a_sound_study_has_none_of_these_doubts(scan, tmp_path):
    structural = {
        "missing-slice", "missing-phases", "duplicate-frames", "two-acquisitions", "slices-resampled",
        "unreadable-files", "gap-in-time", "no-pixel-spacing", "unequal-frames",
    }  # fmt: skip
    result = measured(scan[0].parent, tmp_path)
    assert not codes(result) & structural
    assert result["edv_ml"] > 0


def test_a_missing_slice(scan, tmp_path):
    for path in scan[2 * FRAMES : 3 * FRAMES]:
        path.unlink()
    assert "missing-slice" in codes(measured(scan[0].parent, tmp_path))


def test_missing_phases(scan, tmp_path):
    scan[2 * FRAMES + 5].unlink()
    assert codes(measured(scan[0].parent, tmp_path)) & {"missing-phases", "unequal-frames", "gap-in-time"}


def test_a_gap_in_time(scan, tmp_path):
    for z in range(SLICES):
        for t in (3, 4):
            scan[z * FRAMES + t].unlink()
    assert "gap-in-time" in codes(measured(scan[0].parent, tmp_path))


def test_duplicate_frames(scan, tmp_path):
    (scan[5].parent / "again.dcm").write_bytes(scan[5].read_bytes())
    result = measured(scan[0].parent, tmp_path)
    assert "duplicate-frames" in codes(result) and result["frames"] == FRAMES


def test_two_heart_beats_of_one_slice(scan, tmp_path):
    """The same slice again, later, with other pictures: one of the two is measured, and it is said."""
    for index, path in enumerate(scan[:FRAMES]):
        picture = pydicom.dcmread(path)
        picture.SOPInstanceUID = pydicom.uid.generate_uid(entropy_srcs=[str(index)])
        picture.file_meta.MediaStorageSOPInstanceUID = picture.SOPInstanceUID
        picture.InstanceNumber = 900 + index
        picture.AcquisitionNumber = 2
        picture.PixelData = (picture.pixel_array + np.uint16(3)).tobytes()
        picture.save_as(path.with_name(f"again{index}.dcm"))
    result = measured(scan[0].parent, tmp_path)
    assert "two-acquisitions" in codes(result)
    assert (result["slices"], result["frames"]) == (SLICES, FRAMES)


def test_slices_of_unequal_size(scan, tmp_path):
    def smaller(picture, z, t):
        if z != 3:
            return False
        picture.PixelData = np.ascontiguousarray(picture.pixel_array[8:56, 8:56]).tobytes()
        picture.Rows = picture.Columns = 48

    change(scan, smaller)
    result = measured(scan[0].parent, tmp_path)
    assert codes(result) & {"slices-resampled", "missing-slice"}


def test_no_pixel_spacing(scan, tmp_path):
    def bare(picture, z, t):
        del picture.PixelSpacing

    change(scan, bare)
    result = measured(scan[0].parent, tmp_path)
    assert "no-pixel-spacing" in codes(result)
    assert "edv_ml" not in result and "lv_mass_g" not in result
    units = Counter(line.split(",")[2] for line in (tmp_path / "out" / "measurements.csv").open())
    assert units["px2"] and not units["mm2"] and not units["mL"]


def test_no_pixel_spacing_but_the_user_knows_it(scan, tmp_path):
    def bare(picture, z, t):
        del picture.PixelSpacing

    change(scan, bare)
    result = measured(scan[0].parent, tmp_path, "--spacing", "2.8", "2.8")
    assert result["edv_ml"] > 0 and "given-by-user" in codes(result)


def test_a_stack_out_of_order(scan, cine, tmp_path):
    """Names, numbers and order in the folder say nothing; position and trigger time say it all."""
    sound = measured(scan[0].parent, tmp_path / "sound")
    mixed = tmp_path / "mixed"
    write_dicom_mr(cine, mixed, vendor="ge", shuffle_seed=5)
    numbers = np.random.default_rng(0).permutation(SLICES * FRAMES) + 1
    for number, path in zip(numbers, sorted(mixed.rglob("*")), strict=True):
        picture = pydicom.dcmread(path)
        picture.InstanceNumber = int(number)
        picture.save_as(path)
    result = measured(mixed, tmp_path / "mixed_out")
    numbers_of = {k: v for k, v in result.items() if isinstance(v, int | float)}
    assert numbers_of == {k: v for k, v in sound.items() if isinstance(v, int | float)}


# ---- the output folder ---------------------------------------------------------------------------


def test_a_folder_in_use_is_left_as_it_was(scan, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    assert analyze(scan[0].parent, out) == 2
    assert "not empty" in capsys.readouterr().err
    assert {p.name: p.read_text() for p in out.iterdir()} == {"notes.txt": "mine"}


def test_a_failure_while_writing_leaves_nothing(scan, tmp_path, monkeypatch, capsys):
    made = []

    def disk_full(folder):
        made.extend(p.name for p in folder.iterdir())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lvcine.output.swap.sync", disk_full)  # the files are written, the disk refuses
    assert analyze(scan[0].parent, tmp_path / "out") == 2
    assert "No space left" in capsys.readouterr().err
    assert "report.html" in made and not (tmp_path / "out").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["scan"]


# ---- as a process --------------------------------------------------------------------------------


@pytest.mark.parametrize("json_wanted", [False, True])
def test_the_process_itself_ends_with_the_code_and_no_traceback(tmp_path, json_wanted):
    (tmp_path / "scan").mkdir()
    command = [sys.executable, "-m", "lvcine", "analyze", str(tmp_path / "scan"), "-o", str(tmp_path / "out")]
    done = subprocess.run(
        command + ["--json"] * json_wanted, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr + done.stdout
    if json_wanted:
        assert json.loads(done.stdout)["exit_code"] == 3
    assert [p.name for p in Path(tmp_path).iterdir()] == ["scan"]

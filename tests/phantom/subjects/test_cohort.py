"""Virtual subjects as folders: whole or not at all, the same from the same number, readable as scans."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest
from scipy.io import loadmat
from tests.pipeline.conftest import cylinder

from lvcine.errors import UsageError
from lvcine.output import hold
from lvcine.phantom.seeds import SIDES, phantom_seed
from lvcine.phantom.subjects.cohort import make_cohort
from lvcine.phantom.subjects.render import apical_clip, cine_mr
from lvcine.phantom.subjects.subject import VIEWS, PhantomOptions, draw_subject
from lvcine.phantom.truth import function
from lvcine.pipeline.analyze import analyze
from lvcine.read import ReadOptions, catalogue, open_study

TINY = {"frames": 2, "size": 32, "spacing_mm": 5.0}


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def told(folder: Path, number: int) -> dict:
    return json.loads((folder / f"subject-{number:06d}" / "truth.json").read_text())


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> Path:
    """Subjects 4 and 5."""
    out = tmp_path_factory.mktemp("cohort") / "pair"
    make_cohort(out, first=4, count=2, options=PhantomOptions(**TINY), jobs=1)
    return out


def test_every_subject_has_its_scan_its_labels_and_its_numbers(pair):
    assert {p.name for p in pair.iterdir()} == {
        "cohort.json",
        "cohort.csv",
        "subject-000004",
        "subject-000005",
    }
    subject = pair / "subject-000005"
    assert {p.name for p in subject.iterdir()} == {"scan", "truth", "truth.json"}
    truth = told(pair, 5)
    assert truth["seed"] == 5_000_005 and truth["views"]["SAX"]["files"] == "scan/SAX"
    assert truth["sv_ml"] == pytest.approx(truth["edv_ml"] - truth["esv_ml"], abs=0.002)
    slices = truth["views"]["SAX"]["slices"]
    assert len(list((subject / "scan" / "SAX").iterdir())) == slices * 2
    assert nib.load(subject / "truth" / "SAX.nii.gz").shape == (32, 32, slices, 2)


def test_the_table_has_a_line_per_subject(pair):
    with (pair / "cohort.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["subject"] for row in rows] == ["subject-000004", "subject-000005"]
    assert [float(row["edv_ml"]) for row in rows] == [told(pair, n)["edv_ml"] for n in (4, 5)]


def test_the_labels_hold_the_volumes_that_the_numbers_say(tmp_path):
    options = PhantomOptions(kind="normal", frames=8, size=72, spacing_mm=2.0, format="nifti")
    make_cohort(tmp_path / "out", first=2, options=options)
    image = nib.load(tmp_path / "out" / "subject-000002" / "truth" / "SAX.nii.gz")
    counted = (np.asarray(image.dataobj) == 1).sum((0, 1, 2)) * np.prod(image.header.get_zooms()[:3]) / 1000
    view = told(tmp_path / "out", 2)["views"]["SAX"]
    # A reader leaves out the slice that the base half fills: up to half a slice of 9 mm.
    assert counted == pytest.approx(view["volumes_ml"], rel=0.15)
    assert view["ed_frame"] == counted.argmax() and view["es_frame"] == counted.argmin()


def test_the_same_number_is_the_same_bytes_in_whatever_process(pair, tmp_path):
    cohort = make_cohort(tmp_path / "again", first=4, count=2, options=PhantomOptions(**TINY), jobs=2)
    assert cohort.made == 2
    assert contents(tmp_path / "again") == contents(pair)


def test_what_is_finished_stays_and_what_is_half_written_is_made_again(pair, tmp_path, monkeypatch):
    out = tmp_path / "out"
    options = PhantomOptions(**TINY)
    make_cohort(out, first=4, options=options)
    (out / "subject-000004" / "truth.json").unlink()
    (out / "subject-000004" / "scan" / "SAX" / "stray.dcm").write_bytes(b"half")
    (out / ".part-subject-000005").mkdir()
    assert make_cohort(out, first=4, count=2, options=options, jobs=1).made == 2
    assert contents(out) == contents(pair)
    monkeypatch.setattr("lvcine.phantom.subjects.cohort.make_subject", lambda *a: pytest.fail("made again"))
    cohort = make_cohort(out, first=5, options=options)
    assert (cohort.asked, cohort.made, cohort.subjects) == (("subject-000005",), 0, 2)


def test_other_options_in_the_same_folder_are_refused_until_overwritten(tmp_path):
    out = tmp_path / "out"
    make_cohort(out, first=4, options=PhantomOptions(**TINY))
    before = contents(out)
    with pytest.raises(UsageError, match="other options: kind None"):
        make_cohort(out, first=5, options=PhantomOptions(**TINY, kind="dilated"))
    assert contents(out) == before
    make_cohort(out, first=5, options=PhantomOptions(**TINY, kind="dilated"), overwrite=True)
    assert [p.name for p in sorted(out.glob("subject-*"))] == ["subject-000005"]
    assert told(out, 5)["kind"] == "dilated"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_something_else_is_left_alone(tmp_path, overwrite):
    (tmp_path / "subject-000000").mkdir()
    (tmp_path / "subject-000000" / "precious.txt").write_text("mine")
    with pytest.raises(UsageError, match="other things|no cohort"):
        make_cohort(tmp_path, options=PhantomOptions(**TINY), overwrite=overwrite)
    assert contents(tmp_path) == {"subject-000000/precious.txt": b"mine"}


@pytest.mark.parametrize("failure", [RuntimeError("wheel came off"), KeyboardInterrupt()])
def test_a_run_that_fails_leaves_nothing_half_written(tmp_path, monkeypatch, failure):
    def scan(subject, folder, options):
        folder.mkdir()
        (folder / "half.dcm").write_bytes(b"half")
        raise failure

    monkeypatch.setattr("lvcine.phantom.subjects.cohort.scan_subject", scan)
    with pytest.raises(type(failure)):
        make_cohort(tmp_path / "deep" / "out", options=PhantomOptions(**TINY))
    assert not (tmp_path / "deep" / "out").exists()


def test_two_runs_do_not_write_into_one_folder(tmp_path):
    with hold(tmp_path / "out"), pytest.raises(UsageError, match="another run is writing there"):
        make_cohort(tmp_path / "out", options=PhantomOptions(**TINY))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("overwrite", [False, True])
def test_own_files_among_the_subjects_stay(tmp_path, overwrite):
    out = tmp_path / "out"
    make_cohort(out, options=PhantomOptions(**TINY))
    (out / "subject-0-notes.txt").write_text("mine")
    make_cohort(out, options=PhantomOptions(**TINY), overwrite=overwrite)
    names = ["cohort.csv", "cohort.json", "subject-0-notes.txt", "subject-000000"]
    assert sorted(p.name for p in out.iterdir()) == names


def processes(text: str) -> list[str]:
    """Process numbers of those that have a text in their command line, but for those that ended."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (
                text in (folder / "cmdline").read_text()
                and "State:\tZ" not in (folder / "status").read_text()
            ):
                found.append(folder.name)
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are listed otherwise there")
def test_a_killed_run_leaves_no_process_and_the_next_one_completes_the_cohort(pair, tmp_path):
    out = tmp_path / "out"
    call = [
        sys.executable,
        "-m",
        "lvcine",
        "phantom",
        "--seed",
        "4",
        "--count",
        "2",
        "--jobs",
        "2",
        "--quiet",
    ]
    more = ["--frames", "2", "--size", "32", "--spacing", "5", "-o", str(out)]
    run = subprocess.Popen([*call, *more])
    child = f"parent_pid={run.pid}"
    while not processes(child) and run.poll() is None:
        time.sleep(0.01)
    time.sleep(1.0)
    run.kill()
    run.wait()
    until = time.monotonic() + 30
    while (left := processes(str(out)) + processes(child)) and time.monotonic() < until:
        time.sleep(0.1)
    assert left == []
    make_cohort(out, first=4, count=2, options=PhantomOptions(**TINY), jobs=1)
    assert contents(out) == contents(pair)
    assert not list(tmp_path.rglob(".*"))


def test_processes_import_nothing_from_the_folder_they_are_started_in(tmp_path):
    here = tmp_path / "here"
    (here / "lvcine").mkdir(parents=True)
    told = tmp_path / "told"
    planted = f"open({str(told)!r}, 'a').write(__name__ + '\\n')\nraise SystemExit(3)\n"
    for name in ("json", "numpy", "multiprocessing", "csv", "threading", "lvcine/__init__"):
        (here / f"{name}.py").write_text(planted)
    # As the console script: its own folder is on the path, not the current one.
    (tmp_path / "script").mkdir()
    script = tmp_path / "script" / "lvcine-script.py"
    script.write_text("from lvcine.cli.main import main\nif __name__ == '__main__':\n    main()\n")
    call = [
        "phantom",
        "-o",
        "../out",
        "--count",
        "2",
        "--jobs",
        "2",
        "--frames",
        "2",
        "--size",
        "32",
        "--quiet",
    ]
    env = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, str(script), *call], cwd=here, env=env, capture_output=True, text=True
    )
    assert not told.exists(), told.read_text()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "subject-000001" / "truth.json").is_file()


def test_a_disk_that_refuses_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="not a folder"):
        make_cohort(tmp_path / "file", options=PhantomOptions(**TINY))
    with pytest.raises(UsageError, match="could not be written"):
        make_cohort(tmp_path / "file" / "below", options=PhantomOptions(**TINY))


@pytest.mark.parametrize(
    "wrong",
    [
        {"views": ("5CH",)},
        {"views": ()},
        {"views": ("SAX", "SAX")},
        {"kind": "broken"},
        {"format": "jpeg"},
        {"vendor": "acme"},
        {"frames": 1},
        {"size": 5000},
        {"side": "mine"},
        {"views": ("velocity",), "format": "avi"},
        {"views": ("SAX", "4CH"), "format": "lvquan18"},
        {"size": 100, "format": "lvquan18"},
    ],
)
def test_options_that_make_no_sense_are_refused(wrong):
    with pytest.raises(UsageError):
        PhantomOptions(**wrong)


@pytest.mark.parametrize(
    "numbers", [{"first": -1}, {"count": 0}, {"first": 999_999, "count": 2}, {"jobs": 0}]
)
def test_numbers_that_no_side_has_are_refused_before_anything_is_written(tmp_path, numbers):
    with pytest.raises(UsageError):
        make_cohort(tmp_path / "out", **numbers)
    assert not (tmp_path / "out").exists()


def test_the_users_hearts_are_nobody_elses():
    sides = [range(phantom_seed(s, 0), phantom_seed(s, 999_999) + 1) for s in SIDES]
    assert all(a.stop <= b.start or b.stop <= a.start for a in sides for b in sides if a is not b)
    assert draw_subject(3, PhantomOptions()).heart != draw_subject(3, PhantomOptions(side="training")).heart


@pytest.mark.parametrize("kind", [None, "hypertrophic"])
def test_every_mr_view_cuts_the_subjects_own_heart(kind):
    options = PhantomOptions(kind=kind, **TINY)
    subject = draw_subject(8, options)
    for view in ("SAX", "2CH", "3CH", "4CH"):
        assert cine_mr(subject, view, options)[1].anatomy == subject.anatomy


def test_ultrasound_sees_the_subjects_own_heart():
    options = PhantomOptions(kind="normal", size=48, frames=40)
    subject = draw_subject(9, options)
    _, clip, beats = apical_clip(subject, "A2C", options)
    assert clip.labels.shape == (40, 48, 48) and (clip.labels == 1).any()
    # Beats differ in strength and filling by a few percent.
    assert beats["volumes_ml"].max() == pytest.approx(function(subject.heart).edv_ml, rel=0.1)


@pytest.fixture
def net(monkeypatch):
    """Analyses answer at once: a cylinder in every slice."""
    monkeypatch.setattr("lvcine.pipeline.short_axis.segment", cylinder)


def test_a_nifti_subject_is_analysed_like_a_scan(net, tmp_path):
    options = PhantomOptions(frames=4, size=32, spacing_mm=5.0, format="nifti")
    make_cohort(tmp_path / "out", first=6, options=options)
    found = analyze(tmp_path / "out" / "subject-000006" / "scan")
    assert_same_pixels(found.cine, cine_mr(draw_subject(6, options), "SAX", options)[0])


def assert_same_pixels(found, made):
    """Whatever the order of slices, and the scale that the file keeps."""
    assert found.view == "SAX" and found.pixels.shape == made.pixels.shape
    sums = [np.sort(pixels.astype(float).sum((1, 2, 3))) for pixels in (found.pixels, made.pixels)]
    assert sums[0] == pytest.approx(sums[1], rel=1e-3)


@pytest.mark.parametrize("vendor", ["ge", "siemens", "philips", "enhanced"])
def test_an_exam_of_all_views_is_read_and_analysed_like_a_scan(vendor, net, tmp_path):
    views = (*VIEWS[:4], "A4C", "velocity") if vendor == "siemens" else VIEWS[:4]
    options = PhantomOptions(views=views, vendor=vendor, frames=4, size=32, spacing_mm=5.0)
    make_cohort(tmp_path / "out", first=1, options=options)
    scan = tmp_path / "out" / "subject-000001" / "scan"
    groups = catalogue(scan, ReadOptions()).groups
    assert sorted(g.view for g in groups if g.modality == "MR") == ["2CH", "3CH", "4CH", "SAX"]
    assert sum(g.modality == "US" for g in groups) == ("A4C" in views)
    found, subject = analyze(scan), draw_subject(1, options)
    assert_same_pixels(found.cine, cine_mr(subject, "SAX", options)[0])
    assert found.cine.heart_rate_bpm == pytest.approx(subject.person.rate_bpm, rel=0.01)
    assert found.study.subject == subject.body
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in scan.rglob("*.dcm")]
    assert len({ds.StudyInstanceUID for ds in headers}) == 1
    assert len({ds.SOPInstanceUID for ds in headers}) == len(headers)
    labels = {p.name for p in (scan.parent / "truth").iterdir()}
    assert {f"{view}.nii.gz" for view in views} <= labels
    assert {f"velocity-{c}.nii.gz" for c in "xyz"} <= labels or "velocity" not in views


def test_a_velocity_scan_as_nifti_is_opened_with_its_velocities(tmp_path):
    options = PhantomOptions(views=("velocity",), format="nifti", **TINY)
    make_cohort(tmp_path / "out", options=options)
    (cine,) = open_study(tmp_path / "out" / "subject-000000" / "scan").cines
    view = told(tmp_path / "out", 0)["views"]["velocity"]
    assert view["files"] == "scan/velocity.velocity.json"
    assert cine.velocity.venc_cm_s == pytest.approx(view["venc_cm_s"], abs=0.01)
    assert np.nanmax(np.abs(cine.velocity.cm_s)) > 1.0


@pytest.mark.parametrize("suffix", ["avi", "mp4"])
def test_films_have_one_file_per_slice(suffix, tmp_path):
    options = PhantomOptions(views=("SAX", "4CH", "A4C"), format=suffix, **TINY)
    make_cohort(tmp_path / "out", options=options)
    truth = told(tmp_path / "out", 0)
    scan = tmp_path / "out" / "subject-000000" / "scan"
    assert len(list((scan / "SAX").glob(f"slice-*.{suffix}"))) == truth["views"]["SAX"]["slices"]
    assert (scan / f"4CH.{suffix}").is_file() and (scan / f"A4C.{suffix}").is_file()


@pytest.mark.parametrize("name", ["lvquan18", "lvquan19"])
def test_lvquan_holds_a_middle_slice_and_its_indices(name, tmp_path):
    options = PhantomOptions(
        kind="normal", format=name, size=None if name == "lvquan18" else 64, spacing_mm=2.0
    )
    make_cohort(tmp_path / "out", first=2, options=options)
    subject = tmp_path / "out" / "subject-000002"
    data, view = loadmat(subject / "scan" / f"{name}.mat"), told(tmp_path / "out", 2)["views"]["SAX"]
    side = 80 if name == "lvquan18" else 64
    cavity = data["endo_LV" if name == "lvquan18" else "endo"]
    assert cavity.shape == (side, side, 20)
    # The mask's area is the closed form's, to the coarseness of pixels of 2 mm.
    assert cavity.sum((0, 1)) * 4.0 == pytest.approx(np.array(view["areas_mm2"])[:, 0], rel=0.05)
    assert data["areas"][0] * (side * 2.0) ** 2 == pytest.approx(np.array(view["areas_mm2"])[:, 0], rel=1e-3)
    assert view["systole"][0] is False and any(view["systole"])

"""What the README tells a newcomer to type works, typed as it stands there."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import nibabel
import numpy as np
import pytest
from tests.cohorts.small_study import write_study

from lvcine.phantom import virtual_study
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.ultrasound import virtual_clip
from lvcine.phantom.velocity import virtual_velocity
from lvcine.phantom.write import write_dicom_mr, write_dicom_velocity, write_ultrasound
from lvcine.report import FILES, VELOCITY_FILES, VIEWER_FILES

ROOT = Path(__file__).parents[1]
MANY = ("cohort", "compare")
READ_EDV_ML = {"anna": 90.0, "bert": 110.0, "cora": 130.0}
"""Studies in the folder ``scans``, and what ``readings.csv`` says of them."""
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.S)


def lvcine_lines(*, many: bool = False) -> list[str]:
    """Those of one study, or those of many."""
    lines = [line.split("#")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("lvcine ") and (line.split()[1] in MANY) == many]


ENV = {**os.environ, "OMP_NUM_THREADS": "1", "BROWSER": "true"}
"""A page that is to be opened is not: the browser is a program that does nothing."""


def typed(args: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run with this Python's lvcine, whatever the shell would find, and without matplotlib."""
    return subprocess.run(
        [sys.executable, *args], cwd=folder, env=ENV, capture_output=True, text=True, timeout=300
    )


def served(args: list[str], folder: Path) -> str:
    """The page of a command that serves one until Ctrl-C."""
    with subprocess.Popen(
        [sys.executable, *args], cwd=folder, env=ENV, stdout=subprocess.PIPE, text=True
    ) as run:
        try:
            assert run.stdout is not None
            said = run.stdout.readline()  # the command's end, if it fails
            page = urlopen(re.search(r"http://\S+", said).group(), timeout=60).read().decode()
            run.send_signal(signal.SIGINT)
            assert run.wait(60) == 0
            return page
        finally:
            run.kill()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """``exam.zip``, ``clip.dcm``, ``mapping.zip`` and ``scans``: small virtual hearts as scanners' DICOM."""
    place = tmp_path_factory.mktemp("newcomer")
    cine, _ = virtual_study(5, frames=6, size=112, step_mm=14.0)
    write_dicom_mr(cine, place / "exam", vendor="siemens")
    shutil.make_archive(str(place / "exam"), "zip", place / "exam")
    shutil.rmtree(place / "exam")
    clip, _ = virtual_clip(
        seed_of("tests-ultrasound", "reporting", 0), "A4C", frames=40, size=160, kind="normal"
    )
    write_ultrasound(clip, place / "clip.dcm")
    mapped, _ = virtual_velocity(seed_of("tests-velocity", "reporting", 1_000), 1, 16, 96, 1.6, kind="normal")
    write_dicom_velocity(mapped, place / "mapping", vendor="philips")
    shutil.make_archive(str(place / "mapping"), "zip", place / "mapping")
    shutil.rmtree(place / "mapping")
    for number, label in enumerate(READ_EDV_ML):
        write_study(place / "scans" / label, 7 + number, frames=6)
    lines = (f"{label},{edv}" for label, edv in READ_EDV_ML.items())
    (place / "readings.csv").write_text("\n".join(["study,LVEDV (mL)", *lines]) + "\n")
    # The folder stands first on the path: whoever imports matplotlib stops here.
    (place / "matplotlib.py").write_text("raise ImportError('no picture of an analysis needs matplotlib')")
    return place


def test_the_readme_shows_both_ways_in():
    assert {line.split()[1] for line in lvcine_lines()} >= {"info", "analyze", "phantom"}
    assert [line.split()[1] for line in lvcine_lines(many=True)] == ["cohort", "compare"]
    assert len(blocks("python")) == 1


@pytest.mark.parametrize("line", lvcine_lines())
def test_commands(line, folder):
    if "-o results" in line:
        shutil.rmtree(folder / "results", ignore_errors=True)
    if line.startswith("lvcine review"):
        assert "<title>" in served(["-m", *shlex.split(line)], folder)
        return
    making = line.startswith("lvcine phantom")
    small = ["--frames", "2", "--size", "32", "--spacing", "5"] if making else []
    done = typed(["-m", *shlex.split(line), *small], folder)
    assert done.returncode == 0, done.stderr
    assert ("1 subject made" if making else "A4C" if "clip.dcm" in line else "SAX") in done.stdout
    if "-o results" in line:
        assert set(os.listdir(folder / "results")) == set(FILES) - {
            "contours.mp4",
            *VELOCITY_FILES,
            *VIEWER_FILES,
        }


def test_cohort_and_compare(folder):
    """One after the other: the second is told the folder that the first wrote."""
    cohort, compare = lvcine_lines(many=True)
    done = typed(["-m", *shlex.split(cohort)], folder)
    assert done.returncode == 0, done.stderr
    assert "3 studies: 3 measured, 0 refused, 0 failed" in done.stdout
    with (folder / "cohort" / "cohort.csv").open(newline="") as stream:
        ours = {row["label"]: float(row["edv_ml"]) for row in csv.DictReader(stream)}
    assert set(ours) == set(READ_EDV_ML)
    page = (folder / "cohort" / "cohort.html").read_text(encoding="utf-8")
    for label in ours:
        assert label in page
        assert (folder / "cohort" / "studies" / label / "report.html").is_file()
    done = typed(["-m", *shlex.split(compare)], folder)
    assert done.returncode == 0, done.stderr
    apart = [ours[label] - read for label, read in READ_EDV_ML.items()]
    bias, spread = statistics.mean(apart), 1.96 * statistics.stdev(apart)
    said = re.search(
        r"edv_ml, lvcine less .*, n 3: bias (\S+), limits of agreement (\S+) to (\S+), ICC", done.stdout
    )
    assert said, done.stdout
    expected = (bias, bias - spread, bias + spread)
    assert [float(text) for text in said.groups()] == pytest.approx(expected, abs=0.011)


def test_unchanged_masks_measure_as_the_analysis_that_drew_them(folder):
    """After the commands: `analyze -o results`, and `measure` of its masks."""
    first, again = (
        json.loads((folder / name / "measurements.json").read_text()) for name in ("results", "corrected")
    )
    for name in ("edv_ml", "esv_ml", "lv_mass_g"):
        assert again[name] == pytest.approx(first[name], rel=5e-3), name
    for name in ("ed_frame", "es_frame"):
        assert again[name] == first[name]
    assert again["masks"] is None and first["masks"] is None  # unchanged, they are the net's still
    assert "masks-unchanged" in {finding["code"] for finding in again["findings"]}
    # The masks alone, without the contours beside them.
    shutil.copy(folder / "results" / "segmentation.nii.gz", folder / "alone.nii.gz")
    done = typed(["-m", *shlex.split("lvcine measure exam.zip --mask alone.nii.gz --json --quiet")], folder)
    alone = json.loads(done.stdout)
    for name in ("edv_ml", "esv_ml", "lv_mass_g"):
        assert alone[name] == pytest.approx(first[name], rel=5e-3), name
    for name in ("ed_frame", "es_frame"):
        assert alone[name] == first[name]
    assert alone["masks"]["by"] == "the user"
    done = typed(["-m", "lvcine", "measure", "results", "--json", "--quiet"], folder)
    same = json.loads(done.stdout)
    for name, value in first.items():
        if isinstance(value, int | float) and name in same:
            assert same[name] == pytest.approx(value, rel=1e-3), name


def test_unchanged_masks_of_a_clip_measure_as_the_analysis_that_drew_them(folder):
    """After `analyze -o beats`: its masks alone, as they are and after a viewer that writes 16 bits."""
    first = json.loads((folder / "beats" / "measurements.json").read_text())
    shutil.copy(folder / "beats" / "segmentation.nii.gz", folder / "clip_alone.nii.gz")
    image = nibabel.load(folder / "clip_alone.nii.gz")
    image.header.set_data_dtype(np.int16)
    labels = np.asarray(image.dataobj).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(labels, image.affine, image.header), folder / "clip_16bit.nii.gz")
    nibabel.save(nibabel.Nifti1Image(labels, image.affine), folder / "clip_bare.nii.gz")
    for name, near in (("alone", 5e-3), ("16bit", 5e-3), ("bare", 4e-2)):
        line = f"lvcine measure clip.dcm --mask clip_{name}.nii.gz --json --quiet"
        found = json.loads(typed(["-m", *shlex.split(line)], folder).stdout)
        for number in ("edv_ml", "esv_ml", "long_axis_ed_mm", "long_axis_es_mm"):
            assert found[number] == pytest.approx(first[number], rel=near), (name, number)
        # As many pixels as the contours have area, whatever the header holds.
        for number in ("cavity_area_ed_mm2", "cavity_area_es_mm2"):
            assert found[number] == pytest.approx(first[number], rel=2e-3), (name, number)
        assert (found["ed_frame"], found["es_frame"]) == (first["ed_frame"], first["es_frame"])
        assert found["masks"]["by"] == "the user"


def test_python(folder):
    shutil.rmtree(folder / "results", ignore_errors=True)
    done = typed(["-c", blocks("python")[0]], folder)
    assert done.returncode == 0, done.stderr
    assert 0 <= float(done.stdout.split()[0]) <= 100
    assert (folder / "results" / "report.html").is_file()


def test_the_files_it_promises_are_the_files_there_are():
    promised = set(re.findall(r"^\| `([\w.]+)` \|", README, flags=re.M))
    assert promised and promised <= set(FILES)


def test_the_pages_it_links_to_are_there():
    links = re.findall(r"\]\(((?!https?:)[^)#]+)", README)
    assert links and not [link for link in links if not (ROOT / link).exists()]

from __future__ import annotations

import json
import os
from dataclasses import replace

import numpy as np
import pytest

from lvcine.engine import read_card
from lvcine.errors import LvcineError, NotACineError, UsageError
from lvcine.pipeline.analyze import analyze, save
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.report import FILES, VELOCITY_FILES, VIEWER_FILES
from lvcine.study import Cine, Finding, Mask, Segmentation, Study, Subject
from lvcine.systems.sax.infer import SaxResult

from .conftest import make_cine

STUDY = Study((make_cine(),))


def test_the_numbers_are_those_of_the_cylinder(net):
    headline = analyze(STUDY).headline()
    edv, esv = (4 * np.pi * r**2 * 10 / 1000 for r in (12, 8))  # four slices of 10 mm
    assert headline["edv_ml"] == pytest.approx(edv, rel=5e-3)
    assert headline["ef_percent"] == pytest.approx(100 * (1 - esv / edv), abs=0.1)
    assert (headline["ed_frame"], headline["es_frame"]) == (0, 10)


def test_frames_stated_by_the_user_are_used(net):
    analysis = analyze(STUDY, ed=5, es=12)
    assert (analysis.ed_frame, analysis.es_frame) == (5, 12)


def test_everything_goes_into_one_folder(net, tmp_path):
    analyze(STUDY, output=tmp_path / "out", movie="none")
    left_out = {"contours.gif", "contours.mp4", *VELOCITY_FILES, *VIEWER_FILES}
    assert {p.name for p in (tmp_path / "out").iterdir()} == set(FILES) - left_out
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert run["net"]["name"] == "cylinder" and run["options"]["movie"] == "none"


def test_every_net_that_had_a_part_is_named_with_its_hash(net, tmp_path):
    analysis = analyze(STUDY, output=tmp_path / "out", movie="none")
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert [n["name"] for n in run["nets"]] == ["cylinder", "frames", "quantification"]
    for name in ("frames", "quantification"):
        card = read_card(name)
        (used,) = (n for n in run["nets"] if n["name"] == name)
        assert used["sha256"].split() == [card.sha256[file] for file in used["file"].split()]
        assert set(used["file"].split()) == set(card.sha256)
    page = (tmp_path / "out" / "report.html").read_text()
    assert all(digest[:16] in page for n in analysis.nets for digest in n["sha256"].split())


def test_stills_name_the_net_of_the_contours_alone(net):
    stills = replace(make_cine(), phases_only=True)
    assert [n["name"] for n in analyze(Study((stills,))).nets] == ["cylinder"]


def test_a_folder_of_weights_that_lacks_a_net_is_said(net, tmp_path):
    (tmp_path / "sax.toml").touch()
    told = [f.text for f in analyze(STUDY, weights=tmp_path).findings if f.code == "shipped-net-used"]
    assert [text.split(":")[0].split()[-1] for text in told] == ["frames.toml", "quantification.toml"]
    assert not [f for f in analyze(STUDY).findings if f.code == "shipped-net-used"]


def test_a_frames_time_is_one_number_everywhere(net, tmp_path):
    beats = np.array([700.0, 800.0, 800.0, 800.0, 800.0, 1000.0])
    cine = replace(make_cine(), times_ms=np.arange(20) / 20 * beats[:, None], cycle_ms=beats)
    analysis = analyze(Study((cine,)), output=tmp_path / "out", movie="none", ed=1, es=10)
    headline = analysis.headline()
    assert (headline["ed_time_ms"], headline["es_time_ms"]) == (pytest.approx(40.0), pytest.approx(400.0))
    page = (tmp_path / "out" / "report.html").read_text()
    assert "ED frame 1 (40 ms), ES frame 10 (400 ms)" in page and '"times": [0, 40, 80' in page


def test_nothing_is_written_without_an_output_folder(net, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    analyze(STUDY)
    assert not list(tmp_path.iterdir())


def test_an_analysis_can_be_saved_later(net, tmp_path):
    files = save(analyze(STUDY), tmp_path / "out", AnalyzeOptions(movie="none"))
    assert files and all(f.is_file() for f in files)


def test_keywords_go_before_options(net):
    options = AnalyzeOptions(ed=3, es=9)
    analysis = analyze(STUDY, options=options, ed=4)
    assert (analysis.ed_frame, analysis.es_frame) == (4, 9)


def test_findings_of_every_room_come_once(net):
    note = Finding("given-by-user", "info", "spacing: given by the user")
    cine = make_cine(frames=8).with_findings(note)
    codes = [f.code for f in analyze(Study((cine,), findings=(note,))).findings]
    assert codes.count("given-by-user") == 1
    assert {"lv-hard-to-find", "not-indexed", "few-frames"} <= set(codes)


def test_stages_are_timed_and_told(net, tmp_path):
    steps = []
    analysis = analyze(STUDY, output=tmp_path / "o", movie="none", progress=lambda *step: steps.append(step))
    assert list(analysis.seconds) == ["read", "segment", "frames", "measure", "direct regression", "report"]
    assert min(analysis.seconds.values()) >= 0
    assert list(dict.fromkeys(stage for stage, _, _ in steps)) == list(analysis.seconds)
    assert ("segment", 4, 6) in steps


def test_what_the_user_says_of_the_subject_goes_before_the_header(net):
    study = Study((make_cine(),), subject=Subject(height_m=1.60, weight_kg=60.0))
    told = analyze(study, height_m=1.80)
    assert told.headline()["bsa_m2"] == pytest.approx(np.sqrt(180 * 60 / 3600))
    assert any(f.code == "given-by-user" and "height 1.8 m" in f.text for f in told.findings)
    assert analyze(study).headline()["bsa_m2"] == pytest.approx(np.sqrt(160 * 60 / 3600))


def test_no_ventricle_is_refused_and_nothing_written(monkeypatch, tmp_path):
    def blind(cine: Cine, *options: object, **more: object) -> SaxResult:
        empty = tuple((None,) * cine.frames for _ in range(cine.slices))
        return SaxResult(Segmentation(Mask(np.zeros(cine.pixels.shape, np.uint8)), empty, empty), (), {})

    monkeypatch.setattr("lvcine.pipeline.short_axis.segment", blind)
    with pytest.raises(NotACineError, match="no left ventricle"):
        analyze(STUDY, output=tmp_path / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong",
    [
        {"papillary": "both"}, {"movie": "film"}, {"height_m": 0.0}, {"weight_kg": -3.0}, {"threads": 0},
    ],
    ids=str,
)  # fmt: skip
def test_options_that_make_no_sense_are_refused_before_the_work(wrong, no_net):
    with pytest.raises(UsageError):
        analyze(STUDY, **wrong)


def test_an_option_that_does_not_exist_is_a_mistake_in_the_call(no_net):
    with pytest.raises(TypeError, match="papilary"):
        analyze(STUDY, papilary="include")


def test_an_output_folder_in_use_is_refused_before_the_work(no_net, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        analyze(STUDY, output=tmp_path)
    with pytest.raises(UsageError, match="a file"):
        analyze(STUDY, output=tmp_path / "notes.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_results_never_land_in_the_scans_own_folder(no_net, tmp_path):
    with pytest.raises(UsageError, match="one folder"):
        analyze(tmp_path, output=tmp_path, overwrite=True)


@pytest.mark.skipif(os.name != "posix", reason="rights are kept otherwise there")
def test_a_folder_without_rights_is_refused_before_the_work(no_net, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(UsageError, match="cannot be written"):
        analyze(STUDY, output=tmp_path / "out")


def test_a_place_below_a_file_is_no_place(no_net, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LvcineError):
        analyze(STUDY, output=tmp_path / "file" / "out")

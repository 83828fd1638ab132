"""``lvcine analyze``: every option reaches the pipeline, every number reaches stdout."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lvcine.cli.main import run
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.read import ReadOptions
from lvcine.study import Finding, Measurement, VelocityPeak, View, WallVelocity


def test_options_not_given_are_the_pipelines_own_defaults(analyzer):
    assert run(["analyze", "study", "--quiet"]) == 0
    assert analyzer.args == (Path("study"),)
    assert analyzer.options["options"] == AnalyzeOptions()
    assert analyzer.options["output"] is None


GIVEN = {
    "--papillary exclude": AnalyzeOptions(papillary="exclude"),
    "--series 4": AnalyzeOptions(series=4),
    "--spacing 1.25 1.5": AnalyzeOptions(read=ReadOptions(spacing_mm=(1.25, 1.5))),
    "--slice-step 8": AnalyzeOptions(read=ReadOptions(slice_step_mm=8.0)),
    "--frame-ms 33.5": AnalyzeOptions(read=ReadOptions(frame_ms=33.5)),
    "--view 4ch": AnalyzeOptions(read=ReadOptions(view=View.CH4)),
    "--axes TYX": AnalyzeOptions(read=ReadOptions(axes="TYX")),
    "--venc 20,20,30": AnalyzeOptions(read=ReadOptions(venc_cm_s=(20.0, 20.0, 30.0))),
    "--free-running": AnalyzeOptions(read=ReadOptions(gated=False)),
    "--height 1.8 --weight 75": AnalyzeOptions(height_m=1.8, weight_kg=75.0),
    "--sex F --age 61": AnalyzeOptions(sex="F", age_years=61.0),
    "--ed 0 --es 9": AnalyzeOptions(ed=0, es=9),
    "--base 1 2 --apex 9 8": AnalyzeOptions(base=(1, 2), apex=(9, 8)),
    "--insertion 60.5 71": AnalyzeOptions(insertion=(60.5, 71.0)),
    "--engine openvino --threads 2": AnalyzeOptions(engine="openvino", threads=2),
    "--movie none": AnalyzeOptions(movie="none"),
    "--label P017": AnalyzeOptions(label="P017"),
    "--identify": AnalyzeOptions(identify=True),
    "--overwrite": AnalyzeOptions(overwrite=True),
}


@pytest.mark.parametrize("words", GIVEN)
def test_every_option_reaches_the_pipeline(words, analyzer):
    assert run(["analyze", "study", "-o", "out", "--quiet", *words.split()]) == 0
    assert analyzer.options["options"] == GIVEN[words]
    assert analyzer.options["output"] == Path("out")


def test_an_unknown_view_names_the_ones_there_are(analyzer, capsys):
    assert run(["analyze", "study", "--view", "sagittal"]) == 2
    assert "SAX, 2CH, 3CH, 4CH" in capsys.readouterr().err


def test_numbers_and_doubts_on_stdout_progress_on_stderr(analyzer, capsys):
    assert run(["analyze", "study", "-o", "out"]) == 0
    printed = capsys.readouterr()
    assert "End-diastolic volume 152 mL" in " ".join(printed.out.split()) and "edv_ml" not in printed.out
    assert "cavity_area_mm2" not in printed.out
    doubt = "warning: a slice is missing after slice 3. Suggestion: scan it again [missing-slice]"
    assert doubt in printed.out
    assert printed.out.endswith(f"report: {Path('out', 'report.html')}\n")
    assert printed.err.splitlines() == ["read ...", "segment ..."]


def test_numbers_come_first_then_findings_and_details_only_where_asked_for(analyzer, analysis, capsys):
    jumps = [
        Finding("contour-jumps-in-time", "warning", f"cavity jumps in slice {z}", "look at it")
        for z in range(5)
    ]
    noted = Finding("not-indexed", "info", "height or weight not known", "state height and weight")
    edv = Measurement("edv_ml", 152.25, "mL", "discs", low=130.0, high=174.0)
    analyzer.outcome = replace(analysis, findings=(noted, *jumps), measurements=(edv,))
    assert run(["analyze", "study", "--quiet"]) == 0
    short = capsys.readouterr().out
    numbers, doubts, note = (
        short.index(text) for text in ("152 mL  130-174", "warning:", "noted: not-indexed")
    )
    assert numbers < doubts < note and short.count("contour-jumps-in-time") == 1
    assert "slice 2; and 2 more" in short and "height or weight" not in short
    assert run(["analyze", "study", "--quiet", "--verbose"]) == 0
    everything = capsys.readouterr().out
    assert "info: height or weight not known" in everything and "EDV (edv_ml)" in everything
    assert "slice 4" in everything


@pytest.mark.parametrize(("papillary", "place"), [("include", "cavity"), ("exclude", "myocardium")])
def test_the_convention_is_said(papillary, place, analyzer, analysis, capsys):
    analyzer.outcome = replace(analysis, papillary=papillary)
    assert run(["analyze", "study", "--quiet"]) == 0
    assert f"papillary muscles belong to the {place}" in capsys.readouterr().out


def test_the_peaks_of_a_velocity_scan_are_a_table(analyzer, analysis, capsys):
    empty = np.full((3, 2, 6, 3), np.nan)
    wall = WallVelocity(
        np.arange(3.0), empty[:, 0, 0], empty[:, :, 0], empty, empty[:2, :, 0],
        (
            VelocityPeak("longitudinal", "systolic", 7.24, 141.6),
            VelocityPeak("longitudinal", "systolic", 9.31, 150.2, 1),
            VelocityPeak("radial", "early diastolic", -3.06, 502.0, 0),
            VelocityPeak("radial", "early diastolic", -4.4, 510.0, 0, "IS"),
        ),
        empty[:2, :, :, 0], np.zeros((3, 2, 3, 4, 5), np.float32),
    )  # fmt: skip
    peak = Measurement("peak_systolic_longitudinal_velocity_cm_s", 7.24, "cm/s", "extreme")
    analyzer.outcome = replace(analysis, velocity=wall, measurements=(peak,))
    assert run(["analyze", "study", "--quiet"]) == 0
    printed = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert "whole wall slice 0 slice 1" in lines
    assert "longitudinal, systolic 7.2 (142) - 9.3 (150)" in lines
    assert "radial, early diastolic - -3.1 (502) -" in lines
    assert "-4.4" not in printed and "papillary" not in printed and peak.name not in printed


def test_quiet_says_nothing_on_stderr(analyzer, capsys):
    assert run(["analyze", "study", "-o", "out", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_one_object_for_scripts(analyzer, capsys):
    assert run(["analyze", "study", "-o", "out", "--json", "--quiet"]) == 0
    said = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert said["edv_ml"] == 152.25
    assert said["ef_percent"] is None
    assert (said["ed_frame"], said["es_frame"], said["exit_code"]) == (0, 2, 0)
    assert said["findings"][0]["code"] == "missing-slice"
    assert said["report"] == str(Path("out", "report.html"))

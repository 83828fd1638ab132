"""The ultrasound table: the command on tiny clips."""

from dataclasses import replace
from shutil import copytree

import pytest

from lvcine.errors import UsageError
from lvcine.papers.echo import experiment as paper
from lvcine.papers.echo.experiment import EXPERIMENT
from lvcine.papers.echo.table import PAPERS
from lvcine.papers.experiment import run


def test_the_command_makes_the_table_and_goes_on_where_it_stopped(tmp_path, cohort_folder, monkeypatch):
    copytree(cohort_folder, tmp_path / "cohort")
    short = replace(EXPERIMENT.presets["tiny"], subjects=2, fold=(60, 8))
    experiment = replace(EXPERIMENT, presets={"tiny": short})
    units = []
    file = run(
        experiment, tmp_path, preset="tiny", progress=lambda what, done, total: units.append((done, total))
    )
    text = file.read_text()
    lines = [line for line in text.splitlines() if line.startswith(tuple(f"| {row} |" for row in PAPERS))]
    assert len(lines) == 4 and "0.013" in lines[0] and units[0] == (0, 7) and units[-1] == (6, 7)
    flicker = [float(line.split("|")[2].split("[")[0]) for line in lines]
    assert flicker[2] < flicker[1]  # an average over frames changes less than the frames
    assert len((tmp_path / "scores.csv").read_text().splitlines()) == 1 + 4 * 2 * 3
    monkeypatch.setattr(paper.TableSampler, "__call__", lambda *a: pytest.fail("trained again"))
    assert run(experiment, tmp_path, preset="tiny").read_text() == text


def test_errors_say_what_to_do(tmp_path):
    with pytest.raises(UsageError, match="preset"):
        run(EXPERIMENT, tmp_path / "out", preset="huge")
    with pytest.raises(UsageError, match="virtual"):
        run(EXPERIMENT, tmp_path / "out", preset="tiny", data=tmp_path)
    assert not (tmp_path / "out").exists()

"""``lvcine quantify``: what it prints and writes of what was told."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from scipy.io import loadmat

from lvcine.cli.main import run
from lvcine.measure.lvquan_indices import INDICES
from lvcine.pipeline.quantify import CineIndices
from lvcine.study import Cine, Finding, Geometry, View
from lvcine.systems.quantification.infer import Reading, SliceReading
from lvcine.systems.quantification.prepare import Form


@pytest.fixture(autouse=True)
def pipeline(monkeypatch):
    asked = {}
    cine = Cine(np.zeros((2, 4, 8, 8)), Geometry.stack(2, (1.0, 1.0), 8.0), view=View.SAX, label="series 5")
    form = Form((4.0, 4.0), 100.0, (0.0, -1.0), 1, (1.0, 1.0))
    values = np.tile(np.arange(1.0, 12.0), (4, 1)) * 10
    read = SliceReading(1, form, values, np.array([0.1, 0.9, 0.8, 0.2]))
    doubt = Finding("septum-assumed", "warning", "no RV", "state it")

    def quantify(path, *, as_is, options, progress):
        asked.update(path=path, as_is=as_is, options=options)
        return (CineIndices(cine, Reading((read,), {}, {"name": "quantification"}), (doubt,)),)

    monkeypatch.setattr("lvcine.pipeline.quantify.quantify", quantify)
    return asked


def test_means_over_the_cycle_are_printed_with_every_doubt(capsys, pipeline):
    assert run(["quantify", "exam", "--as-is", "--spacing", "1.2", "1.3", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "slice 1, 2 frames of systole" in out and "[septum-assumed]" in out
    numbers = [line.split() for line in out.splitlines() if line.strip().startswith(INDICES)]
    assert numbers[:2] == [["cavity_area", "10"], ["myocardium_area", "20"]]
    assert pipeline["as_is"] is True and pipeline["options"].read.spacing_mm == (1.2, 1.3)


def test_places_that_cannot_be_are_refused_before_the_work(capsys, tmp_path, pipeline):
    exam, table = tmp_path / "exam", tmp_path / "a.csv"
    exam.mkdir()
    (exam / "lv.mat").write_text("pixels")
    for more in (
        ["--csv", tmp_path / "nowhere" / "a.csv"],
        ["--csv", exam],
        ["--mat", exam / "lv.mat"],
        ["--csv", exam / "lv.mat"],
        ["--csv", table, "--mat", table],
    ):
        assert run(["quantify", str(exam), *map(str, more), "--quiet"]) == 2
        assert "unexpected" not in capsys.readouterr().err
    assert not pipeline and (exam / "lv.mat").read_text() == "pixels" and not table.exists()


def test_json_csv_and_the_challenges_form_hold_the_same(capsys, tmp_path, pipeline):
    table, mat = tmp_path / "a.csv", tmp_path / "a.mat"
    assert run(["quantify", "exam", "--json", "--csv", str(table), "--mat", str(mat)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["cines"][0]["slices"][0]["indices"]["dimension_i_a"] == [40.0] * 4
    with table.open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 4 and rows[1]["dimension_i_a"] == "40.000"
    assert rows[1]["systole_likelihood"] == "0.900" and [r["systole"] for r in rows] == ["0", "1", "1", "0"]
    back = loadmat(mat)
    assert back["dims_hat"][1].tolist() == [0.4] * 4 and back["areas_hat"][0, 0] == 10 / 100**2
    assert back["lv_phase_hat"].tolist() == [[0, 1, 1, 0]]
    assert pipeline["as_is"] is None

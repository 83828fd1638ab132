"""measurements.json and measurements.csv."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from lvcine.report.tables import COLUMNS, SCHEMA, findings, measurements_csv, measurements_json
from lvcine.study import Finding


def read_csv(analysis):
    return list(csv.DictReader(io.StringIO(measurements_csv(analysis))))


def ring_edv_ml(slices=4, step_mm=8.0):
    return sum(np.pi * (24.0 - 2.0 * z) ** 2 for z in range(slices)) * step_mm / 1000.0


def test_headline_numbers_are_flat_keys(ring):
    told = json.loads(measurements_json(ring))
    assert told["edv_ml"] == pytest.approx(ring_edv_ml(), rel=1e-8)
    assert told["ef_percent"] == pytest.approx(100 * (1 - 0.62**2), rel=1e-8)
    assert (told["ed_frame"], told["es_frame"]) == (0, 4)
    assert isinstance(told["ed_frame"], int)


def test_the_json_says_how_to_read_its_numbers(ring):
    told = json.loads(measurements_json(ring))
    assert told["papillary"] == "include" and told["view"] == "SAX" and told["schema"] == SCHEMA
    assert (told["slices"], told["frames"]) == (4, 8)
    assert told["units"]["edv_ml"] == "mL" and told["methods"]["edv_ml"] == "slice summation"
    assert told["intervals"] == {
        "edv_ml": [pytest.approx(ring_edv_ml() - 9), pytest.approx(ring_edv_ml() + 9)]
    }
    assert set(told["units"]) <= set(told)


def test_nan_is_null_in_json_and_empty_in_csv(ring):
    def refuse(constant):
        raise AssertionError(f"{constant} in JSON")

    told = json.loads(measurements_json(ring), parse_constant=refuse)
    assert told["strangeness_1"] is None
    assert "nan" not in measurements_csv(ring).lower()
    assert next(r for r in read_csv(ring) if r["name"] == "strangeness_1")["value"] == ""


def test_the_csv_is_tidy(ring):
    rows = read_csv(ring)
    assert tuple(rows[0]) == COLUMNS
    area = [r for r in rows if r["name"] == "cavity_area_mm2" and (r["slice"], r["frame"]) == ("1", "0")]
    assert len(area) == 1 and area[0]["segment"] == ""
    assert float(area[0]["value"]) == pytest.approx(np.pi * 22.0**2, rel=1e-8)
    edv = next(r for r in rows if r["name"] == "edv_ml")
    assert float(edv["high"]) - float(edv["low"]) == pytest.approx(18.0)


def test_the_csv_holds_every_curve_once(ring):
    rows = [r for r in read_csv(ring) if r["name"] == "volume_ml"]
    assert [r["frame"] for r in rows] == [str(t) for t in range(8)]
    assert float(rows[0]["value"]) == pytest.approx(ring_edv_ml(), rel=1e-8)


def test_findings_come_from_the_whole_way_gravest_first_and_once(ring):
    grave = Finding("no-spacing", "error", "no pixel spacing")
    twice = replace(
        ring, cine=ring.cine.with_findings(grave, ring.findings[0]), findings=(*ring.findings, grave)
    )
    assert [f.code for f in findings(twice)] == ["no-spacing", "missing-slice", "two-beats"]
    assert [f["severity"] for f in json.loads(measurements_json(twice))["findings"]] == [
        "error",
        "warning",
        "info",
    ]

"""One number is the same wherever it is read: page, JSON, CSV, terminal."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from lvcine.cli.result import print_analysis
from lvcine.report.headline import _LINES, _OF_CLIP
from lvcine.report.page import report_html
from lvcine.report.picture import tiles_of
from lvcine.report.tables import measurements_csv, measurements_json
from lvcine.study import Measurement, View

VALUES = {  # with intervals where a number can have one; no two alike at any rounding
    "edv_ml": (187.4, 151.6, 223.2, "mL"), "edvi_ml_m2": (97.4, 78.8, 116.0, "mL/m2"),
    "esv_ml": (71.8, 60.2, 83.4, "mL"), "esvi_ml_m2": (37.3, 31.3, 43.4, "mL/m2"),
    "sv_ml": (115.6, 91.2, 140.0, "mL"), "svi_ml_m2": (61.2, 47.4, 72.8, "mL/m2"),
    "ef_percent": (61.68, 55.07, 68.29, "%"), "cardiac_output_l_min": (8.35, 6.59, 10.12, "L/min"),
    "cardiac_index_l_min_m2": (4.34, 3.42, 5.26, "L/min/m2"),
    "lv_mass_g": (129.7, 101.1, 158.3, "g"), "lv_mass_index_g_m2": (67.4, 52.5, 82.3, "g/m2"),
    "max_wall_thickness_ed_mm": (11.38, 9.16, 13.61, "mm"),
    "la_volume_ml": (58.6, 44.3, 72.9, "mL"), "la_volume_index_ml_m2": (30.4, 23.0, 37.9, "mL/m2"),
}  # fmt: skip
DECIMALS = {"mL": 0, "mL/m2": 0, "g": 0, "g/m2": 0, "%": 1, "L/min": 1, "L/min/m2": 1, "mm": 1}


class Rows(HTMLParser):
    """The first table's rows, as text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows, self._in = [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append("")

    def handle_data(self, data):
        if self.rows:
            self.rows[-1] += f" {data.strip()}"


def printed(value: float, unit: str) -> str:
    return f"{value:.{DECIMALS[unit]}f}"


@pytest.fixture(params=["MR", "US"])
def analysis(request, make_ring):
    ring = make_ring(slices=1 if request.param == "US" else 3)
    lines = _OF_CLIP if request.param == "US" else _LINES
    names = [name for line in lines for name in line[2:] if name]
    numbers = tuple(
        Measurement(name, value, unit, "stated", low=low, high=high)
        for name, (value, low, high, unit) in VALUES.items()
        if name in names
    )
    view = View.A4C if request.param == "US" else View.SAX
    cine = replace(ring.cine, modality=request.param, view=view)
    assert len(numbers) == len(names)  # every headline number is looked at
    return replace(ring, cine=cine, measurements=numbers)


def test_every_headline_number_and_its_interval_is_the_same_everywhere(analysis, capsys):
    flat = json.loads(measurements_json(analysis))
    lines = csv.DictReader(io.StringIO(measurements_csv(analysis)))
    table = {row["name"]: row for row in lines if not row["slice"]}
    page = report_html(analysis, tiles_of(analysis), None)
    head = page[page.index('<table class="headline">') :]
    rows = " \n ".join(Rows(head[: head.index("</table>")]).rows)
    print_analysis(analysis, None, as_json=False)
    terminal = capsys.readouterr().out
    print_analysis(analysis, None, as_json=True)
    said = json.loads(capsys.readouterr().out)
    for m in analysis.measurements:
        assert flat[m.name] == said[m.name] == float(table[m.name]["value"]) == m.value
        assert flat["intervals"][m.name] == [m.low, m.high]
        assert [float(table[m.name][end]) for end in ("low", "high")] == [m.low, m.high]
        assert flat["units"][m.name] == table[m.name]["unit"] == m.unit
        value, low, high = (printed(v, m.unit) for v in (m.value, m.low, m.high))
        assert re.search(rf"\s{value}\s+\S+\s+90 %: {low}–{high}\s", rows), m.name
        assert re.search(rf"\s{value} \S+\s+{low}-{high}(\s|$)", terminal), m.name

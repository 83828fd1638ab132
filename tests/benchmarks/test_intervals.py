"""Intervals are fitted on one side's hearts and counted on another's, against what a reader would draw."""

import tomllib

import numpy as np
import pytest
from benchmarks.intervals import NUMBERS, THICKNESS, fitted, heart, rows, table, write

from benchmarks import intervals
from lvcine.engine import read_card
from lvcine.errors import NotACineError
from lvcine.measure.intervals import with_intervals
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.pipeline.short_axis import CineMeasurements
from lvcine.study import Measurement

CARD = """\
name = "sax"
first_line = "x"

[files]
"a.onnx" = "0"

[results]
see = "docs"
"""


def known(number: int) -> dict:
    values = (150.0 + number, 60.0, 90.0 + number, 100 * (90.0 + number) / (150.0 + number), 110.0)
    truths = {(name, None): v for name, v in zip(NUMBERS, values, strict=True)}
    return truths | {(THICKNESS, segment): 8.5 for segment in range(1, 17)}


def reader(limits, error: float):
    """Measures the truth with an error of its own on every heart and members that spread as much."""
    rng = np.random.default_rng(0)

    def measure(study, cine, options):
        truth = reader.truths.pop(0)
        values = [truth[name, None] for name in NUMBERS]
        off = rng.normal(0, error, len(NUMBERS))
        numbers = [Measurement(n, v + e, "", "t") for n, v, e in zip(NUMBERS, values, off, strict=True)]
        numbers.append(Measurement("ed_frame", 2, "", "t"))
        numbers.append(Measurement(THICKNESS, 8.0, "mm", "t", frame=2, segment=7))
        numbers.append(Measurement(THICKNESS, 99.0, "mm", "t", slice=1, frame=2, segment=7))
        members = [
            tuple(Measurement(m.name, m.value + d, "", "t", m.slice, m.frame, m.segment) for m in numbers)
            for d in rng.normal(0, error / 2, 5)
        ]
        return CineMeasurements(with_intervals(numbers, members, limits), tuple(members))

    return measure


@pytest.fixture
def hearts(monkeypatch):
    reader.truths = []

    def make(side, number):
        reader.truths.append(known(number))
        return "a cine", known(number)

    monkeypatch.setattr(intervals, "heart", make)
    return monkeypatch


def test_what_is_fitted_on_some_hearts_holds_on_others(hearts, tmp_path):
    hearts.setattr(intervals, "measure_cine", reader({}, 6.0))
    limits = fitted(list(rows("choosing", range(25), AnalyzeOptions())))
    assert set(limits) == {*NUMBERS, THICKNESS}
    hearts.setattr(intervals, "measure_cine", reader(limits, 6.0))
    found = list(rows("reporting", range(25), AnalyzeOptions()))
    held = [r.held for r in found if r.name in NUMBERS]
    assert 0.8 <= np.mean(held) <= 1.0 and None not in held
    # A sector of a single slice is no AHA segment.
    assert all(r.value == 8.0 for r in found if r.name == THICKNESS)
    assert "| edv_ml | 25 | 0 |" in table(found)


def test_a_heart_that_fails_counts_as_failed(hearts):
    def refuse(study, cine, options):
        raise NotACineError("no left ventricle")

    hearts.setattr(intervals, "measure_cine", refuse)
    found = list(rows("reporting", range(2), AnalyzeOptions()))
    assert {r.name for r in found} == {*NUMBERS, THICKNESS} and all(np.isnan(r.value) for r in found)


def test_the_fit_is_written_into_the_card_once(tmp_path):
    card = tmp_path / "sax.toml"
    card.write_text(CARD)
    write({"edv_ml": (1.5, 4.0)}, card)
    write({"edv_ml": (1.7, 3.0), "ef_percent": (2.0, 1.0)}, card)
    assert tomllib.loads(card.read_text())["results"]["see"] == "docs"
    assert dict(read_card("sax", tmp_path).intervals) == {"edv_ml": [1.7, 3.0], "ef_percent": [2.0, 1.0]}


@pytest.fixture(scope="module")
def drawn():
    """Small: the truth is counted on the pictures' own pixels, whatever their size."""
    return heart("choosing", 0)


def test_a_heart_has_what_a_reader_would_measure(drawn):
    cine, truths = drawn
    assert cine.frames >= 6 and 1.2 <= cine.geometry.pixel_spacing_mm[0] <= 1.8
    edv, esv, sv, ef, mass = (truths[name, None] for name in NUMBERS)
    assert 30 < edv < 500 and 0 < esv < edv and sv == pytest.approx(edv - esv)
    assert ef == pytest.approx(100 * sv / edv) and 30 < mass < 400
    assert all(2.0 < truths[THICKNESS, segment] < 30.0 for segment in range(1, 17))


def test_each_side_and_number_has_a_heart_of_its_own(drawn):
    other, more = heart("choosing", 1), heart("reporting", 0)
    assert len({pair[1]["edv_ml", None] for pair in (drawn, other, more)}) == 3

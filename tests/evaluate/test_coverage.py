"""Intervals are fitted on one side's hearts and counted on another's, against exact truth."""

import tomllib

import numpy as np
import pytest

from lvcine.engine import read_card
from lvcine.errors import NotACineError
from lvcine.evaluate import coverage
from lvcine.evaluate.coverage import NUMBERS, THICKNESS, fitted, heart, rows, table, write
from lvcine.measure.intervals import with_intervals
from lvcine.pipeline import AnalyzeOptions
from lvcine.pipeline.flow import Alone
from lvcine.study import Measurement

CARD = """\
name = "sax"
first_line = "x"

[files]
"a.onnx" = "0"

[results]
see = "docs"
"""


def small(side: str, number: int):
    from lvcine.phantom.study import virtual_study
    from lvcine.training.split import phantom_seed

    return virtual_study(phantom_seed(side, number), frames=4, size=48, spacing_mm=3.5, step_mm=12.0)


def reader(limits, error: float):
    """Measures the truth with an error of its own on every heart and members that spread as much."""
    rng = np.random.default_rng(0)

    def measure(study, cine, options):
        truth = reader.truths.pop(0)
        values = (truth.edv_ml, truth.esv_ml, truth.edv_ml - truth.esv_ml, truth.ef_percent, truth.mass_g)
        off = rng.normal(0, error, len(NUMBERS))
        numbers = [Measurement(n, v + e, "", "t") for n, v, e in zip(NUMBERS, values, off, strict=True)]
        numbers.append(Measurement("ed_frame", truth.ed_frame, "", "t"))
        numbers.append(Measurement(THICKNESS, 8.0, "mm", "t", frame=truth.ed_frame, segment=7))
        numbers.append(Measurement(THICKNESS, 99.0, "mm", "t", slice=1, frame=truth.ed_frame, segment=7))
        members = [
            tuple(Measurement(m.name, m.value + d, "", "t", m.slice, m.frame, m.segment) for m in numbers)
            for d in rng.normal(0, error / 2, 5)
        ]
        return Alone(with_intervals(numbers, members, limits), tuple(members))

    return measure


@pytest.fixture
def hearts(monkeypatch):
    reader.truths = []

    drawn = {side: [small(side, n) for n in range(3)] for side in ("choosing", "reporting")}

    def make(side, number):
        cine, truth = drawn[side][number % 3]
        reader.truths.append(truth)
        return cine, truth

    monkeypatch.setattr(coverage, "heart", make)
    return monkeypatch


def test_what_is_fitted_on_some_hearts_holds_on_others(hearts, tmp_path):
    hearts.setattr(coverage, "measure_cine", reader({}, 6.0))
    limits = fitted(list(rows("choosing", range(25), AnalyzeOptions())))
    assert set(limits) == {*NUMBERS, THICKNESS}
    hearts.setattr(coverage, "measure_cine", reader(limits, 6.0))
    found = list(rows("reporting", range(25), AnalyzeOptions()))
    held = [r.held for r in found if r.name in NUMBERS]
    assert 0.8 <= np.mean(held) <= 1.0 and None not in held
    # A sector of a single slice is no AHA segment.
    assert all(r.value == 8.0 for r in found if r.name == THICKNESS)
    assert "| edv_ml | 25 | 0 |" in table(found)


def test_a_heart_that_fails_counts_as_failed(hearts):
    def refuse(study, cine, options):
        raise NotACineError("no left ventricle")

    hearts.setattr(coverage, "measure_cine", refuse)
    found = list(rows("reporting", range(2), AnalyzeOptions()))
    assert {r.name for r in found} == {*NUMBERS, THICKNESS} and all(np.isnan(r.value) for r in found)


def test_the_fit_is_written_into_the_card_once(tmp_path):
    card = tmp_path / "sax.toml"
    card.write_text(CARD)
    write({"edv_ml": (1.5, 4.0)}, card)
    write({"edv_ml": (1.7, 3.0), "ef_percent": (2.0, 1.0)}, card)
    assert tomllib.loads(card.read_text())["results"]["see"] == "docs"
    assert dict(read_card("sax", tmp_path).intervals) == {"edv_ml": [1.7, 3.0], "ef_percent": [2.0, 1.0]}


def test_each_side_and_number_has_a_heart_of_its_own(monkeypatch):
    monkeypatch.setattr(coverage, "virtual_study", lambda seed, **protocol: (seed, protocol["step_mm"]))
    drawn = [heart(side, number) for side in ("choosing", "reporting") for number in (0, 1)]
    assert len({seed for seed, _ in drawn}) == len({step for _, step in drawn}) == 4

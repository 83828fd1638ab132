"""What the user may decide: every number and word is looked at where the options are made."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.errors import UsageError
from lvcine.measure import Insertion
from lvcine.pipeline.options import AnalyzeOptions, with_user_facts
from lvcine.study import Cine, Geometry, Study

NONSENSE = (0, -1, np.nan, np.inf, float("1e400"), 1e9, "tall")


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("height_m", NONSENSE, r"height_m \(--height\) of .* 0.1 to 2.72 m"),
        ("weight_kg", NONSENSE, r"weight_kg \(--weight\) of .* 0.01 to 700 kg"),
        ("age_years", NONSENSE, r"age_years \(--age\) of .* 0.001 to 130 years"),
        ("ed", (-1, 0.5, np.nan, 10**20, "x"), r"ed \(--ed\) of "),
        ("es", (-1, 0.5, np.nan, 10**20, "x"), r"es \(--es\) of "),
        ("threads", (0, -2, 1.5, np.inf), r"threads \(--threads\) of .* 1 to 1,000,000"),
        (
            "insertion",
            (5, (1.0,), (1.0, 2.0, 3.0), (np.nan, 1.0), (1.0, -9.0), (1e9, 1.0)),
            r"\(--insertion\)",
        ),
        ("insertion", (Insertion(np.inf, 2.0),), r"\(--insertion\) of inf"),
        ("series", ("", "  ", "x" * 100, 2.5, np.nan, 10**20), r"series \(--series\)"),
        ("papillary", ("both",), "include, exclude"),
        ("movie", ("avi",), "gif, mp4, none"),
        ("engine", ("tpu", "\x1b[2J"), "onnxruntime, cuda"),
        ("sex", ("X", "m"), "one of M, F"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(name, values, told):
    for value in values:
        with pytest.raises(UsageError, match=told) as caught:
            AnalyzeOptions(**{name: value})
        assert str(caught.value).isprintable()


def test_what_can_be_is_taken():
    options = AnalyzeOptions(
        height_m=1, weight_kg=0.02, age_years=0.01, ed=0, threads=64, series="series 3 [2]"
    )
    assert (options.height_m, options.threads, options.series) == (1.0, 64, "series 3 [2]")
    assert AnalyzeOptions(series=-5).series == -5 and AnalyzeOptions(insertion=(0, 71.5)).insertion == (
        0,
        71.5,
    )


def test_a_study_from_memory_is_judged_too():
    cine = Cine(np.zeros((1, 20, 64, 64)), Geometry.stack(1, (300.0, 300.0), 8.0))
    study = with_user_facts(Study((cine,)), AnalyzeOptions(height_m=1.8))
    assert not study.cines[0].geometry.calibrated and study.subject.height_m == 1.8


def test_weights_may_be_named_by_text(tmp_path):
    with pytest.raises(UsageError, match="no card"):
        AnalyzeOptions(weights=str(tmp_path))
    (tmp_path / "sax.toml").touch()
    assert AnalyzeOptions(weights=str(tmp_path)).weights == tmp_path

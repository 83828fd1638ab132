"""A tagged series is doubted, whichever way it comes; a cine is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lvcine.phantom import virtual_study
from lvcine.pipeline.analyze import analyze
from lvcine.pipeline.choose import choose_short_axis
from lvcine.quality import require_no_tags
from lvcine.study import Study, View


@pytest.fixture(scope="module")
def cine():
    return virtual_study(6, frames=9, size=96, spacing_mm=2.0, step_mm=26.0)[0]


def tagged(cine, period_mm=7.0, grid=False, start=0):
    """Lines that lie in the tissue from frame ``start`` on and fade until they come again."""
    y, x = np.mgrid[:96, :96] * 2.0
    waves = np.cos(2 * np.pi * (x + y) / np.sqrt(2) / period_mm)
    if grid:
        waves = np.minimum(waves, np.cos(2 * np.pi * (x - y) / np.sqrt(2) / period_mm))
    depth = 0.9 * np.exp(-((np.arange(9) - start) % 9) / 9)[:, None, None]
    return replace(cine, pixels=cine.pixels * (1 - depth * (0.5 - 0.5 * waves)))


def test_a_cine_has_no_tags(cine):
    assert require_no_tags(cine) == ()


@pytest.mark.parametrize("period_mm", [5.0, 7.0, 9.0])
@pytest.mark.parametrize("grid", [False, True])
@pytest.mark.parametrize("start", [0, 4])
def test_tags_are_doubted(cine, period_mm, grid, start):
    assert [f.code for f in require_no_tags(tagged(cine, period_mm, grid, start))] == ["tag-lines"]


def test_one_slice_with_lines_is_doubted(cine):
    lines = tagged(cine)
    middle = cine.slices // 2
    one = replace(
        lines, pixels=lines.pixels[middle : middle + 1], geometry=cine.geometry.take([middle]),
        times_ms=None, cycle_ms=None,
    )  # fmt: skip
    (doubt,) = require_no_tags(one)
    assert doubt.code == "tag-lines" and doubt.severity == "warning"


def test_a_tagged_series_alone_is_not_measured_in_silence(cine):
    found = analyze(tagged(cine).pixels, spacing_mm=(2.0, 2.0), slice_step_mm=26.0, view="SAX")
    assert "tag-lines" in {f.code for f in found.findings}


def test_a_cine_goes_before_tags_with_more_frames(cine):
    lines = replace(tagged(cine), label="tags", view=View.SAX)
    longer = replace(lines, pixels=np.concatenate([lines.pixels] * 2, axis=1), times_ms=None, cycle_ms=None)
    plain = replace(cine, label="cine", view=View.SAX)
    assert choose_short_axis(Study((longer, plain)))[1].label == "cine"

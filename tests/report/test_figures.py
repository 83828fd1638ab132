"""The report's drawings."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from lvcine.report.figures import bulls_eye_svg, curve_svg, still_svg, ticks
from lvcine.report.picture import tiles_of
from lvcine.study import Curve


def drawn(svg):
    return ET.fromstring(str(svg))


def test_the_curve_marks_ed_highest_and_es_lowest(ring):
    svg = drawn(curve_svg(ring.curves[0], 0, 4))
    rings = {
        float(c.get("cx")): float(c.get("cy")) for c in svg.iter("circle") if c.get("class") == "phase-dot"
    }
    dots = [float(c.get("cy")) for c in svg.iter("circle") if c.get("class") == "dot"]
    assert len(dots) == 8
    assert sorted(rings.values()) == [min(dots), max(dots)]  # y grows downwards
    assert [t.text for t in svg.iter("text") if t.get("class", "").startswith("phase-name")] == [
        "ED 45",
        "ES 17",
    ]


def test_the_cursor_knows_the_place_of_every_frame(ring):
    cursor = next(
        e for e in drawn(curve_svg(ring.curves[0], 0, 4)).iter("line") if e.get("class") == "cursor"
    )
    places = [float(x) for x in cursor.get("data-x").split(",")]
    assert len(places) == 8 and np.diff(places) == pytest.approx(np.full(7, np.diff(places)[0]), abs=0.11)


def test_a_curve_without_times_counts_frames_and_gaps_are_skipped():
    values = np.array([100.0, 80.0, np.nan, 50.0, 70.0])
    svg = drawn(curve_svg(Curve("cavity_area_sum_px2", "px2", None, values), 0, 3))
    words = [t.text for t in svg.iter("text")]
    assert "frame" in words and "Cavity area sum (px²)" in words
    assert len([c for c in svg.iter("circle") if c.get("class") == "dot"]) == 4
    assert "nan" not in ET.tostring(svg, "unicode")


def test_ticks_are_round_and_cover():
    for low, high in ((0.0, 3.2), (0.0, 152.0), (0.0, 1780.0)):
        found = ticks(low, high)
        assert found[0] <= low and found[-1] >= high and 3 <= len(found) <= 7


def segment_texts(svg):
    """Value -> (x, y up) of the bull's-eye."""
    texts = [t for t in drawn(svg).iter("text") if t.get("class") == "value"]
    return {t.text: (float(t.get("x")), 5 - float(t.get("y"))) for t in texts}


@pytest.mark.parametrize(
    ("segment", "degrees"),
    [
        (1, 90),
        (2, 150),
        (3, 210),
        (4, 270),
        (5, 330),
        (6, 30),
        (8, 150),
        (13, 90),
        (14, 180),
        (15, 270),
        (16, 0),
    ],
)
def test_segments_stand_where_the_aha_puts_them(segment, degrees):
    """Cerqueira 2002, figure 4: anterior up, septum left, inferior down, lateral right."""
    x, y = segment_texts(bulls_eye_svg({segment: 9.5}, "wall"))["9.5"]
    assert (
        np.hypot(
            x - np.cos(np.deg2rad(degrees)) * np.hypot(x, y), y - np.sin(np.deg2rad(degrees)) * np.hypot(x, y)
        )
        < 0.2
    )


def test_basal_is_outside_apical_is_inside():
    placed = segment_texts(bulls_eye_svg({1: 1.0, 7: 2.0, 13: 3.0}, "wall"))
    assert placed["1.0"][1] > placed["2.0"][1] > placed["3.0"][1] > 0


def test_a_segment_without_value_is_left_empty():
    svg = drawn(bulls_eye_svg({1: 9.0, 2: float("nan")}, "wall"))
    fills = [p.get("fill") for p in svg.iter("path")]
    assert len(fills) == 16 and fills.count("none") == 15
    assert [t.text for t in svg.iter("text") if t.get("class") == "value"].count("–") == 15


def test_the_still_has_both_contours_of_every_slice(ring):
    svg = drawn(still_svg(tiles_of(ring), 0, "ED"))
    kinds = [p.get("class") for p in svg.iter("polygon")]
    assert kinds.count("endo") == kinds.count("epi") == 4
    assert re.match("data:image/jpeg;base64,", next(svg.iter("image")).get("href"))

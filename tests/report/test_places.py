"""Findings lead to the slices and frames that they name."""

from __future__ import annotations

import re

import pytest

from lvcine.report.places import linked


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("cavity jumps in slice 2 after frame 5, slice 3 after frame 0 and 2 more", [(2, 5), (3, 0)]),
        ("no left ventricle at ES in slice 1, 2 between slices that have it", [(1, 4), (2, 4)]),
        ("no left ventricle in frame 1, 3, 5 and 2 more", [(None, 1), (None, 3), (None, 5)]),
        ("1 missing between slices 0 and 1", [(0, None), (1, None)]),
        ("slice 3 at ED outlined: ventricle with likelihood 0.62", [(3, 0)]),
        ("at ED slice 0 outlined (likelihood 0.62); at ES slice 1 left out", [(0, 0), (1, 4)]),
        ("12 slices x 25 frames; slice 40 and frame 99 are of another cine", []),
        ("ED: frame 4 is used, 6 by temporal regression", [(None, 4)]),
    ],
)
def test_every_place_of_the_cine_is_a_link_and_nothing_else(ring, text, places):
    html = str(linked(text, ring))  # 4 slices, 8 frames, ED 0, ES 4
    found = []
    for link in re.findall(r"<a [^>]*>", html):
        z, frame = (re.search(rf'data-{kind}="(\d+)"', link) for kind in ("slice", "frame"))
        found.append((z and int(z[1]), frame and int(frame[1])))
    assert found == places
    assert re.sub(r"<[^>]+>", "", html) == text


def test_what_a_header_says_stays_text(ring):
    assert "<b>" not in str(linked("<b>slice 1</b>", ring))

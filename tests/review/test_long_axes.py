"""Long axes on the page: the planes drawn where geometry has them, every number within its picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lvcine.review.open_result import open_result
from lvcine.review.run import Review
from lvcine.review.session import Session
from lvcine.study import Cine, Geometry, Study, View

from .conftest import FRAMES, MM, SLICES, STEP_MM, radius_mm
from .page import ReviewPage

SIZE = 120


def long_axis(stack: Cine) -> Cine:
    """A plane along the axis of the rings: rows go from base to apex, 1 mm each."""
    g = stack.geometry
    across = g.column_step_mm / np.linalg.norm(g.column_step_mm)
    # Contours of the rings lie about pixel 36 of the file's grid.
    middle = g.origins_mm[0] + 36 * g.row_step_mm + 36 * g.column_step_mm
    along = (g.origins_mm[-1] - g.origins_mm[0]) / (STEP_MM * (SLICES - 1))
    origin = middle - 40 * along - SIZE / 2 * across
    place = Geometry(origin[None], along, across, 6.0)
    grey = np.random.default_rng(3).integers(80, 160, (1, FRAMES, SIZE, SIZE)).astype(np.uint16)
    return Cine(grey, place, view=View.CH4, label="series 9")


@pytest.fixture
def page(browser, folder):
    opened = open_result(folder)
    cines = (opened.original.cine, long_axis(opened.original.cine))
    session = Session(replace(opened, study=Study(cines)))
    with Review(session) as review, review.serving() as address:
        shown = ReviewPage(browser, address)
        shown.run("document.getElementById('long-axis-box').open = true")
        shown.wait(lambda: shown.page.locator("#long-axis svg").count())
        yield shown
        assert shown.said == []
        shown.close()


def test_planes_and_walls_lie_where_geometry_has_them(page):
    assert page.page.inner_text("#long-axis figcaption") == "Four-chamber, series 9, frame 0"
    lines = page.run(
        "[...document.querySelectorAll('#long-axis .plane')].map((l) => [+l.dataset.slice,"
        " ...l.getAttribute('points').trim().split(/[ ,]+/).map(Number)])"
    )
    assert len(lines) == SLICES
    rows = {int(z): (y0, y1) for z, _, y0, _, y1 in lines}
    for z in range(SLICES):
        assert rows[z][0] == pytest.approx(rows[z][1], abs=0.05)  # across, as the plane stands
        assert rows[z][0] - rows[0][0] == pytest.approx(STEP_MM * z, abs=0.1)
    across = page.run(
        "[...document.querySelectorAll('#long-axis .wall-point')].map((c) => +c.getAttribute('cx'))"
    )
    assert len(across) == 4 * SLICES
    inner, outer = radius_mm(0), radius_mm(0) + 9
    wide = sorted(across)[-1] - sorted(across)[0]
    assert wide == pytest.approx(2 * outer, abs=2 * MM)
    assert sorted(across)[2 * SLICES] - sorted(across)[2 * SLICES - 1] == pytest.approx(2 * inner, abs=2 * MM)


def test_every_number_and_letter_is_within_its_picture(page):
    outside = page.run(
        "[...document.querySelectorAll('#long-axis svg')].flatMap((svg) => {"
        " const [x, y, w, h] = svg.getAttribute('viewBox').split(' ').map(Number);"
        " return [...svg.querySelectorAll('text')].filter((t) => { const b = t.getBBox();"
        " return t.textContent && (b.x < x - 1 || b.x + b.width > x + w + 1); })"
        ".map((t) => t.textContent); })"
    )
    assert outside == []
    assert page.page.locator("#long-axis .plane-number").count() == SLICES

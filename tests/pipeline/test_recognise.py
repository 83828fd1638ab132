"""The clips of an exam get their views from how they look, those that are not apical are left aside."""

import numpy as np
import pytest

from lvcine.engine import Runtime
from lvcine.pipeline import recognise
from lvcine.pipeline.choose import choose
from lvcine.study import Cine, Geometry, Study, View
from lvcine.systems.echo.recipe import FIVE_CHAMBER, VIEWS
from lvcine.systems.echo.view import Look

LOOKS = {
    "four": [0.9, 0.05, 0.05, 0.0, 0.0], "two": [0.1, 0.85, 0.05, 0.0, 0.0],
    "short": [0.05, 0.05, 0.0, 0.9, 0.0], "unsure": [0.4, 0.35, 0.25, 0.0, 0.0],
    "five": [0.29, 0.01, 0.0, 0.0, 0.7],
}  # fmt: skip


def clip(label: str, view: View = View.UNKNOWN) -> Cine:
    pixels = np.zeros((1, 4, 8, 8), np.uint8)
    geometry = Geometry.stack(1, (1.0, 1.0), 1.0)
    return Cine(pixels, geometry, gated=False, view=view, modality="US", label=label)


@pytest.fixture
def looked(monkeypatch):
    seen = []

    def look_of(cine, runtime):
        seen.append(cine.label)
        return Look((*VIEWS, "parasternal short axis", FIVE_CHAMBER), np.array(LOOKS[cine.label]), 0.0, 0.0)

    monkeypatch.setattr(recognise, "look_of", look_of)
    return seen


def named(*clips: Cine) -> Study:
    return recognise.with_views(Study(clips), Runtime())


def test_both_planes_of_an_exam_are_measured_together(looked):
    selected = choose(named(clip("short"), clip("two"), clip("four")))
    assert selected.cine.label == "four" and selected.cine.view is View.A4C
    assert selected.across is not None and selected.across.view is View.A2C
    assert {f.code for f in selected.cine.findings} == {"view-guessed"}
    assert [(a.label, "parasternal short axis" in a.reason) for a in selected.study.left_aside] == [
        ("short", True)
    ]


def test_five_chambers_are_not_taken_for_the_four_chamber_plane(looked):
    selected = choose(named(clip("five"), clip("two"), clip("four")))
    assert selected.cine.label == "four" and selected.across is not None
    assert named(clip("five"), clip("two")).cines[0].view is View.UNKNOWN


def test_what_is_stated_is_not_looked_at_and_what_is_unsure_stays_so(looked):
    study = named(clip("stated", View.A4C), clip("unsure"))
    assert looked == ["unsure"]
    assert [c.view for c in study.cines] == [View.A4C, View.UNKNOWN]


def test_one_clip_alone_and_an_exam_without_any_apical_view_are_left_as_they_are(looked):
    alone = Study((clip("four"),))
    assert recognise.with_views(alone, Runtime()) is alone and not looked
    assert len(named(clip("short"), clip("short")).cines) == 2

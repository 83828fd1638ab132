"""Which view a clip shows: refused by name, turned and said, or as the user says."""

import numpy as np
import pytest

from lvcine.errors import NotACineError
from lvcine.study import Cine, Geometry, View
from lvcine.systems.echo.recipe import FIVE_CHAMBER, VIEWS
from lvcine.systems.echo.view import FLIPS, Look, decide, flipped

NAMES = (*VIEWS, "parasternal short axis", "M-mode", "noise")


def look(likelihood, upside_down=0.01, mirrored=0.01) -> Look:
    return Look(NAMES, np.asarray(likelihood, float), upside_down, mirrored)


def clip(view: View = View.UNKNOWN) -> Cine:
    pixels = np.zeros((1, 4, 8, 8), np.uint8)
    return Cine(
        pixels, Geometry.stack(1, (1.0, 1.0), 1.0), gated=False, view=view, modality="US", label="clip"
    )


APICAL, SHORT_AXIS, M_MODE = (
    [0.7, 0.2, 0.05, 0.05, 0, 0],
    [0.1, 0.1, 0, 0.75, 0.05, 0],
    [0, 0, 0, 0.2, 0.8, 0],
)


def test_the_likeliest_apical_view_is_taken_and_said():
    found = decide(look(APICAL), clip())
    assert found.view is View.A4C and found.flip == "none"
    assert found.confidence == pytest.approx(0.7 / 0.95)
    assert [f.code for f in found.findings] == ["view-guessed"]


@pytest.mark.parametrize(
    ("likelihood", "name"), [(SHORT_AXIS, "a parasternal short axis"), (M_MODE, "an M-mode")]
)
def test_what_is_no_apical_view_is_refused_by_name(likelihood, name):
    with pytest.raises(NotACineError, match=f"it looks like {name}") as refused:
        decide(look(likelihood), clip())
    assert "--view" in str(refused.value)


def test_five_chambers_are_apical_and_measured_with_a_doubt_by_name():
    names = (*VIEWS, "noise", FIVE_CHAMBER)
    found = decide(Look(names, np.array([0.2, 0.0, 0.05, 0.05, 0.7]), 0.0, 0.0), clip())
    assert found.view is View.A4C and [f.code for f in found.findings] == ["view-doubtful"]
    assert FIVE_CHAMBER in found.findings[0].text
    sure = decide(Look(names, np.array([0.6, 0.0, 0.0, 0.05, 0.35]), 0.0, 0.0), clip())
    assert [f.code for f in sure.findings] == ["view-guessed"]


def test_a_stated_view_is_measured_with_a_doubt_where_it_looks_otherwise():
    doubted = decide(look(SHORT_AXIS), clip(View.A2C))
    assert doubted.view is View.A2C and [f.code for f in doubted.findings] == ["view-doubtful"]
    assert not decide(look(APICAL), clip(View.A2C)).findings


@pytest.mark.parametrize(
    ("down", "aside", "turn"),
    [(0.1, 0.1, "none"), (0.95, 0.1, "vertical"), (0.1, 0.95, "horizontal"), (0.95, 0.95, "both")],
)
def test_a_turned_picture_is_turned_back_and_said(down, aside, turn):
    found = decide(look(APICAL, down, aside), clip(View.A4C))
    assert found.flip == turn and ("clip-turned" in {f.code for f in found.findings}) == (turn != "none")
    assert decide(look(APICAL, down, aside), clip(View.A4C), "none").flip == "none"


def test_two_chambers_mirrored_look_alike_and_are_left():
    assert decide(look([0.1, 0.9, 0, 0, 0, 0], 0.1, 0.99), clip()).flip == "none"


@pytest.mark.parametrize("flip", FLIPS[1:])
def test_turning_twice_gives_the_picture_back(flip):
    pictures = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    once = flipped(pictures, flip)
    assert np.array_equal(flipped(once, flip), pictures) and (flip == "none") == np.array_equal(
        once, pictures
    )
    corner = {"none": (0, 0), "vertical": (2, 0), "horizontal": (0, 3), "both": (2, 3)}[flip]
    assert once[0][corner] == pictures[0, 0, 0]

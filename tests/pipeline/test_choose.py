from __future__ import annotations

import pytest

from lvcine.errors import NotACineError
from lvcine.pipeline import choose_short_axis
from lvcine.study import LeftAside, Study, View

from .conftest import make_cine


def choose(*cines, **options):
    return choose_short_axis(Study(cines), **options)


def test_the_short_axis_goes_before_everything_else():
    sax = make_cine(slices=3, label="series 2")
    _, cine = choose(make_cine(9, view=View.UNKNOWN), sax, make_cine(12, view=View.CH4))
    assert cine is not None and cine.label == "series 2"


def test_a_full_cycle_goes_before_single_phases_and_size_decides_between_equals():
    two = make_cine(slices=12, frames=2, phases_only=True, label="phases")
    small, large = make_cine(slices=4, label="small"), make_cine(slices=9, label="large")
    assert choose(two, small, large)[1].label == "large"
    assert choose(two, small)[1].label == "small"


def test_every_other_cine_is_left_aside_with_a_reason():
    earlier = LeftAside("series 9", "localiser", 3)
    study = Study(
        (
            make_cine(label="series 1"),
            make_cine(1, view=View.CH4, label="series 2"),
            make_cine(3, label="series 3"),
        ),
        left_aside=(earlier,),
    )
    study, cine = choose_short_axis(study)
    reasons = {a.label: a.reason for a in study.left_aside}
    assert list(reasons) == ["series 9", "series 2", "series 3"]
    assert "4CH" in reasons["series 2"] and "series 1 is the larger" in reasons["series 3"]
    assert [f.code for f in cine.findings] == ["other-short-axis"]


def test_an_unknown_view_is_measured_but_said():
    _, cine = choose(make_cine(view=View.UNKNOWN, modality="UNKNOWN"))
    assert [f.code for f in cine.findings] == ["short-axis-assumed"]
    assert choose(make_cine(view=View.UNKNOWN), by_hand=True)[1].findings == ()


@pytest.mark.parametrize(
    "cine, words",
    [
        (make_cine(1, view=View.A4C, modality="US"), "US A4C"),
        (make_cine(1, view=View.UNKNOWN, modality="US"), "US UNKNOWN"),
        (make_cine(2, view=View.CH2), "MR 2CH, 2 slices x 20 frames"),
        (make_cine(8, 1), "8 slices x 1 frame"),
    ],
    ids=["apical", "ultrasound", "long axis", "one frame"],
)
def test_what_is_no_short_axis_cine_is_refused_by_name(cine, words):
    with pytest.raises(NotACineError, match=words) as caught:
        choose(cine)
    assert "short axis only" in caught.value.advice

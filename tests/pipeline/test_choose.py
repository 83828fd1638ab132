from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lvcine.errors import NotACineError
from lvcine.pipeline.choose import choose as choose_any
from lvcine.pipeline.choose import choose_short_axis
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
    assert "apical ultrasound" in caught.value.advice


def apical(view=View.A4C, **facts):
    return make_cine(1, view=view, modality="US", **facts)


def test_the_short_axis_goes_before_an_apical_clip_and_that_before_other_planes():
    assert not choose_any(Study((apical(), make_cine()))).apical
    assert choose_any(Study((make_cine(1, view=View.CH4), apical()))).apical


def test_of_apical_clips_the_four_chamber_view_is_measured_and_the_two_chamber_view_beside_it():
    clips = (apical(View.A2C, label="two"), apical(View.A3C, label="three"), apical(label="four"))
    chosen = choose_any(Study(clips))
    assert chosen.cine.label == "four" and chosen.across is not None and chosen.across.label == "two"
    assert [a.label for a in chosen.study.left_aside] == ["three"]


def test_a_video_with_a_sector_on_black_is_ultrasound_and_a_full_picture_is_not():
    y, x = np.mgrid[:48, :48]
    sector = np.hypot(y, x - 24) * (np.abs(x - 24) < 0.7 * y) * (np.hypot(y, x - 24) < 46) > 4
    rng = np.random.default_rng(0)
    lit = (rng.integers(40, 255, (1, 20, 48, 48)) * sector).astype(np.uint8)
    video = replace(make_cine(1, view=View.UNKNOWN, modality="UNKNOWN"), pixels=lit)
    chosen = choose_any(Study((video,)))
    assert chosen.apical and [f.code for f in chosen.cine.findings] == ["ultrasound-assumed"]
    full = replace(video, pixels=rng.integers(40, 255, lit.shape).astype(np.uint8))
    assert not choose_any(Study((full,))).apical

from __future__ import annotations

import numpy as np
import pytest

from lvcine.errors import NotACineError
from lvcine.quality import check, require_lv
from lvcine.quality.coverage import ends_in_doubt
from lvcine.quality.wall import implausible_thickening
from lvcine.study import Extent, Measurement

ED, ES = 0, 10


def codes(heart, measurements=()):
    return {f.code for f in check(heart.cine, heart.segmentation, tuple(measurements), ED, ES)}


def test_a_good_heart_raises_no_doubt(heart):
    assert codes(heart) == set()


def test_every_finding_says_what_to_do(heart):
    heart.radius_mm[3] = 0
    found = check(heart.cine, heart.segmentation, (), ED, ES)
    assert found and all(f.advice and f.text for f in found)


def test_no_lv_at_all_is_refused_with_advice(heart):
    heart.radius_mm[:] = 0
    with pytest.raises(NotACineError, match="no left ventricle.*Suggestion") as caught:
        require_lv(heart.segmentation)
    assert caught.value.exit_code == 4


def test_one_contour_is_enough_to_go_on(heart):
    heart.radius_mm[:] = 0
    heart.radius_mm[2, 3] = 20
    require_lv(heart.segmentation)


def test_a_ventricle_at_the_images_edge(heart):
    heart.centre[2, :, 1] = 10
    assert codes(heart) >= {"lv-at-border"}


@pytest.mark.parametrize("backwards", [False, True])
def test_a_stack_that_starts_below_the_base(heart, backwards):
    heart.radius_mm = heart.radius_mm[1:]
    heart.centre = heart.centre[1:]
    if backwards:
        heart.radius_mm, heart.step_mm = heart.radius_mm[::-1], 7.0
    assert codes(heart) == {"base-missing"}


def test_a_stack_that_ends_above_the_apex(heart):
    heart.radius_mm, heart.centre = heart.radius_mm[:4], heart.centre[:4]
    assert codes(heart) >= {"apex-missing"}


def test_a_lost_slice_between_others(heart):
    heart.radius_mm[3, ES] = 0
    assert codes(heart) == {"lv-gap"}


def test_all_slices_in_doubt_are_named_in_one_line(heart):
    likely = np.ones((heart.cine.slices, heart.cine.frames), np.float32)
    likely[0, ED], likely[0, ES], likely[1, ES] = 0.62, 0.31, 0.44
    extent = Extent(likely, 500 * likely, 300 * likely, likely)
    (doubt,) = ends_in_doubt(heart.cine, extent, {"ED": ED, "ES": ES})
    assert doubt.code == "base-in-doubt" and "at ED slice 0 outlined (likelihood 0.62" in doubt.text
    assert "at ES slice 0 left out (likelihood 0.31, 155 mm2 of cavity), slice 1 left out" in doubt.text
    assert ends_in_doubt(heart.cine, Extent(*[np.ones_like(likely)] * 4), {"ED": ED, "ES": ES}) == []


def test_too_few_slices(heart):
    heart.radius_mm[4:] = 0
    assert "few-slices" in codes(heart)


def test_too_few_frames():
    from .conftest import Heart

    heart = Heart(frames=12)
    found = check(heart.cine, heart.segmentation, (), 0, 6)
    assert {f.code for f in found} == {"few-frames"}


def test_a_radius_that_jumps_between_frames(heart):
    heart.radius_mm[3, 6] += 9
    assert codes(heart) == {"contour-jumps-in-time"}


def test_a_jump_from_the_last_frame_to_the_first_counts(heart):
    heart.centre[3] = SMOOTH = heart.centre[3] + np.linspace(0, 8, 20)[:, None]
    steps = np.linalg.norm(np.diff(SMOOTH, axis=0), axis=1) * 1.5
    assert steps.max() < 8  # no jump but the one that closes the cycle
    assert codes(heart) == {"contour-jumps-in-time"}


def test_a_slice_that_stands_aside(heart):
    heart.centre[3] += 8  # 17 mm
    assert codes(heart) == {"contour-jumps-between-slices"}


def test_a_leaning_ventricle_is_no_jump(heart):
    heart.centre += np.arange(8)[:, None, None] * 2.5  # 3.75 mm per slice of 10 mm, both ways
    assert codes(heart) == set()


def test_a_slice_that_comes_and_goes(heart):
    heart.radius_mm[1, [3, 7, 12]] = 0
    assert codes(heart) == {"lv-flickers"}


def test_a_base_that_leaves_its_slice_in_systole_is_no_flicker(heart):
    heart.radius_mm[1, 6:14] = 0
    assert codes(heart) == set()


def test_a_wall_too_thin_and_too_thick():
    from .conftest import Heart

    walls = [
        Measurement("wall_thickness_mm", value, "mm", "", frame=ED, segment=segment)
        for segment, value in ((1, 2.0), (2, 8.0), (3, 40.0))
    ]
    found = [
        f
        for f in check(Heart().cine, Heart().segmentation, tuple(walls), ED, ES)
        if f.code == "wall-implausible"
    ]
    assert len(found) == 1
    assert "1 (2.0 mm), 3 (40.0 mm)" in found[0].text


def test_an_open_ring(heart):
    segmentation = heart.segmentation
    labels = segmentation.mask.labels
    labels[3, ED, :, 60:][labels[3, ED, :, 60:] == 2] = 0
    found = {f.code: f.text for f in check(heart.cine, segmentation, (), ED, ES)}
    assert set(found) == {"ring-broken"}
    assert "ED in slice 3" in found["ring-broken"]


@pytest.mark.parametrize(
    ("percent", "doubted"), [(-9.0, False), (-30.0, True), (149.0, False), (180.0, True)]
)
def test_a_segment_that_thickens_as_no_muscle_does_is_doubted(percent, doubted):
    usual = [Measurement("wall_thickening_percent", 60.0, "%", "", segment=s) for s in range(1, 16)]
    found = implausible_thickening(
        (*usual, Measurement("wall_thickening_percent", percent, "%", "", segment=16))
    )
    assert [f.code for f in found] == ["thickening-implausible"] * doubted
    assert not doubted or f"16 ({percent:.0f} %)" in found[0].text

"""Who is heard about ED and ES, and what is said when volume and pixels part."""

import pytest

from lvcine.pipeline.ed_es import compare_beats, settle
from lvcine.study import Beat
from lvcine.systems.frames.infer import FramesBeat


def pixels(ed: int, es: int, confidence: float = 0.95) -> FramesBeat:
    return FramesBeat(ed, es, float(ed), float(es), None, None, None, None, confidence)


@pytest.mark.parametrize("seen", [(0, 8), (19, 8), (1, 9)])
def test_within_a_frame_the_volume_decides_and_nothing_is_said(seen):
    assert settle((0, 8), pixels(*seen), 20, None) == ((0, 8), ())


def test_pixels_that_are_sure_are_heard_and_both_are_told():
    pair, (finding,) = settle((3, 8), pixels(0, 8), 20, 50.0)
    assert pair == (0, 8) and finding.code == "frames-disagree"
    assert "frame 3" in finding.text and "0 is used" in finding.text and "--ed" in finding.advice


def test_pixels_that_are_not_sure_are_told_but_not_heard():
    pair, (finding,) = settle((3, 8), pixels(0, 8, 0.4), 20, 50.0)
    assert pair == (3, 8) and "3 is used" in finding.text


def test_at_short_frames_forty_milliseconds_count():
    assert settle((3, 20), pixels(0, 20), 50, 20.0)[1][0].code == "frames-disagree"
    assert settle((2, 20), pixels(0, 20), 50, 20.0) == ((2, 20), ())


def test_ed_and_es_never_become_one_frame():
    pair, _ = settle((8, 12), pixels(3, 8), 20, 50.0)
    assert pair == (3, 8)


def test_a_beat_too_many_is_told():
    beats = [Beat(2, 9, 60.0), Beat(22, 29, 60.0)]
    assert compare_beats(beats, [pixels(2, 9), pixels(22, 29)], 40.0) == ()
    (finding,) = compare_beats(beats, [pixels(2, 9)], 40.0)
    assert (
        finding.code == "beats-disagree" and "2 beats" in finding.text and "1 by the pixels" in finding.text
    )
    (finding,) = compare_beats(beats, [pixels(2, 9), pixels(22, 33)], 40.0)
    assert finding.code == "frames-disagree" and "33" in finding.text

"""ED and ES of the volume curve beside those of temporal regression: what is said where they differ."""

import numpy as np
import pytest

from lvcine.pipeline.ed_es import compare_beats
from lvcine.study import Beat, Cine, Geometry
from lvcine.systems.frames.infer import FramesBeat, FramesResult


def regression(*beats: tuple[int, int], confidence: float = 0.99) -> FramesResult:
    found = (FramesBeat(ed, es, float(ed), float(es), None, None, None, None, confidence) for ed, es in beats)
    return FramesResult(np.zeros(20), np.zeros((1, 20)), (0,), tuple(found), (), {})


def cine(frames: int = 20, step_ms: float | None = 50.0, gated: bool = True) -> Cine:
    times = None if step_ms is None else np.arange(frames)[None] * step_ms
    return Cine(np.zeros((1, frames, 2, 2)), Geometry.stack(1, (1.0, 1.0), 8.0), times, gated=gated)


def beat(ed: int, es: int) -> Beat:
    return Beat(ed, es, 60.0)


@pytest.mark.parametrize("seen", [(0, 8), (19, 8), (1, 9)])
def test_within_a_frame_nothing_is_said(seen):
    assert compare_beats([beat(0, 8)], regression(seen), cine(step_ms=None)) == ()


@pytest.mark.parametrize("confidence", [0.4, 0.99])
def test_a_difference_is_said_with_the_frame_in_use_however_confident_the_regression(confidence):
    (finding,) = compare_beats([beat(3, 8)], regression((0, 8), confidence=confidence), cine())
    assert finding.code == "frames-disagree" and "--ed" in finding.advice
    assert finding.text.startswith("ED: frame 3 is used, 0 by temporal regression")
    assert f"confidence {confidence:.2f}" in finding.text


def test_of_a_gated_cine_both_are_said_of_a_clip_the_first():
    both = compare_beats([beat(3, 8)], regression((0, 12)), cine())
    assert [f.text[:2] for f in both] == ["ED", "ES"]
    (one,) = compare_beats([beat(3, 8)], regression((0, 12)), cine(gated=False))
    assert one == both[0]


def test_the_frames_of_a_gated_cine_close_a_circle_those_of_a_clip_do_not():
    assert compare_beats([beat(0, 8)], regression((19, 8)), cine()) == ()
    assert len(compare_beats([beat(0, 8)], regression((19, 8)), cine(gated=False))) == 1


def test_at_short_frames_forty_milliseconds_count():
    short = cine(50, 20.0)
    assert compare_beats([beat(3, 20)], regression((0, 20)), short)[0].code == "frames-disagree"
    assert compare_beats([beat(2, 20)], regression((0, 20)), short) == ()


def test_a_beat_too_many_is_said():
    beats, clip = [beat(2, 9), beat(22, 29)], cine(40, 40.0, gated=False)
    assert compare_beats(beats, regression((2, 9), (22, 29)), clip) == ()
    (finding,) = compare_beats(beats, regression((2, 9)), clip)
    assert finding.code == "beats-disagree"
    assert finding.text == "2 beats by the volume curve, 1 by temporal regression"
    (finding,) = compare_beats(beats, regression((2, 9), (22, 33)), clip)
    assert finding.code == "frames-disagree" and "33" in finding.text

"""An apical clip of half ellipses that breathe: volumes, beats and EF follow from their radii."""

from dataclasses import replace

import numpy as np
import pytest

from lvcine.errors import MeasureError, UsageError
from lvcine.measure.apical import measure_apical, measure_biplane
from lvcine.study import Cine, Contour, Geometry, View

FRAMES, RATE = 150, 50.0


def squeeze(frames: int = FRAMES) -> np.ndarray:
    """0 at ED, 1 at ES; ED at 0.2, 1.0, 1.8 ... s, ES 0.3 s later."""
    phase = (np.arange(frames) / RATE - 0.2) % 0.8
    return np.where(
        phase < 0.3,
        np.sin(np.pi / 2 * phase / 0.3) ** 2,
        np.cos(np.pi / 2 * np.minimum((phase - 0.3) / 0.4, 1)) ** 2,
    )


def outline(s: float, turn: float = 0.0) -> tuple[Contour, tuple[np.ndarray, np.ndarray]]:
    length, radius = 90 - 10 * s, 24 - 6 * s
    angle = np.linspace(0, np.pi, 400)
    shape = np.stack([-length * np.sin(angle), radius * np.cos(angle)], 1)  # the apex above
    c, q = np.cos(turn), np.sin(turn)
    moved = shape @ np.array([[c, q], [-q, c]]) + [130.0, 100.0]
    return Contour(moved), (moved[0], moved[-1])


def volume(s: float) -> float:
    return 2 / 3 * np.pi * (24 - 6 * s) ** 2 * (90 - 10 * s) / 1000


def clip(spacing: float | None = 1.0, frames: int = FRAMES) -> Cine:
    geometry = Geometry.stack(1, (spacing or 1.0,) * 2, 1.0, calibrated=spacing is not None)
    times = np.arange(frames)[None] * 1000 / RATE
    return Cine(
        np.zeros((1, frames, 8, 8), np.uint8), geometry, times, gated=False, view=View.A4C, modality="US"
    )


def measured(cine: Cine, turn: float = 0.0, lose=()):
    drawn = [outline(s, turn) for s in squeeze(cine.frames)]
    endo = [None if t in lose else c for t, (c, _) in enumerate(drawn)]
    return measure_apical(cine, endo, [None if t in lose else h for t, (_, h) in enumerate(drawn)])


@pytest.mark.parametrize("turn", [0.0, 0.5])
def test_volumes_and_ef_of_every_beat(turn):
    found = measured(clip(), turn)
    head = {m.name: m.value for m in found.measurements}
    ef = 100 * (1 - volume(1) / volume(0))
    assert len(found.beats) == 4 == head["beats"]
    assert head["edv_ml"] == pytest.approx(volume(0), rel=0.01) and head["esv_ml"] == pytest.approx(
        volume(1), rel=0.01
    )
    assert head["ef_percent"] == pytest.approx(ef, abs=0.7) and head["ef_sd_percent"] < 0.5
    assert head["heart_rate_bpm"] == pytest.approx(75, abs=2)
    for beat, at in zip(found.beats, (0.2, 1.0, 1.8, 2.6), strict=True):
        assert abs(beat.ed_frame - at * RATE) <= 2 and abs(beat.es_frame - (at + 0.3) * RATE) <= 1
    assert not found.findings
    assert head["long_axis_ed_mm"] == pytest.approx(90, abs=0.5)


def test_spacing_goes_with_its_cube_and_ef_not_at_all():
    one, two = ({m.name: m.value for m in measured(clip(k)).measurements} for k in (1.0, 1.5))
    assert two["edv_ml"] == pytest.approx(1.5**3 * one["edv_ml"]) and two["ef_percent"] == pytest.approx(
        one["ef_percent"]
    )


def test_without_spacing_there_are_no_millilitres():
    found = measured(clip(None))
    head = {m.name: m.value for m in found.measurements}
    assert "edv_ml" not in head and head["ef_percent"] == pytest.approx(
        100 * (1 - volume(1) / volume(0)), abs=0.7
    )
    assert found.beats[0].edv_ml is None
    assert found.curves[0].name == "volume_percent" and np.nanmax(found.curves[0].values) == 100


def test_lost_frames_are_bridged_and_many_are_said():
    few, many = measured(clip(), lose=range(40, 44)), measured(clip(), lose=range(0, FRAMES, 2))
    assert len(few.beats) == 4 and len(many.beats) == 4


def test_a_valve_that_is_never_seen_is_said():
    drawn = [outline(s)[0] for s in squeeze()]
    found = measure_apical(clip(), drawn, [None] * FRAMES)
    assert [f.code for f in found.findings] == ["valve-not-seen"]
    head = {m.name: m.value for m in found.measurements}
    assert head["ef_percent"] == pytest.approx(100 * (1 - volume(1) / volume(0)), abs=4)


def test_a_valve_seen_at_the_apex_in_one_frame_is_bridged():
    drawn = [outline(s) for s in squeeze()]
    hinges = [h for _, h in drawn]
    apex = drawn[7][0].points[200]
    hinges[7] = (apex, apex + 1.0)
    found = measure_apical(clip(), [c for c, _ in drawn], hinges)
    plain = measured(clip())
    assert found.curves[0].values == pytest.approx(plain.curves[0].values, rel=0.05)
    assert [f.code for f in found.findings] == [f.code for f in plain.findings]


def test_a_clip_that_was_stored_slowed_down_says_so():
    usual = clip()
    assert "clip-slowed" not in {f.code for f in measured(usual).findings}
    slow = replace(usual, times_ms=2.5 * usual.times_ms)
    assert "clip-slowed" in {f.code for f in measured(slow).findings}
    assert "clip-slowed" not in {f.code for f in measured(replace(usual, times_ms=None)).findings}


def test_two_stills():
    drawn = [outline(s) for s in (1.0, 0.0)]
    found = measure_apical(clip(frames=2), [c for c, _ in drawn], [h for _, h in drawn])
    assert (found.ed_frame, found.es_frame) == (1, 0) and len(found.beats) == 1


def test_a_ball_is_said_to_be_foreshortened():
    angle = np.linspace(0, np.pi, 200)
    drawn = []
    for s in squeeze():
        r = 30 - 6 * s
        shape = np.stack([-r * np.sin(angle), r * np.cos(angle)], 1) + 100
        drawn.append((Contour(shape), (shape[0], shape[-1])))
    found = measure_apical(clip(), [c for c, _ in drawn], [h for _, h in drawn])
    assert [f.code for f in found.findings] == ["apex-foreshortened"]


def test_errors():
    with pytest.raises(MeasureError, match="no left ventricle"):
        measure_apical(clip(), [None] * FRAMES, [None] * FRAMES)
    still = [outline(0.0)] * FRAMES
    with pytest.raises(MeasureError, match="nothing beats"):
        measure_apical(clip(), [c for c, _ in still], [h for _, h in still])


def test_a_clip_from_end_systole_to_end_diastole_has_an_ef_and_a_doubt():
    filling = [outline(s) for s in np.linspace(1, 0, FRAMES)]
    found = measure_apical(clip(), [c for c, _ in filling], [h for _, h in filling])
    assert (found.ed_frame, found.es_frame) == (FRAMES - 1, 0) and len(found.beats) == 1
    assert "beat-cut" in {f.code for f in found.findings}
    two = [outline(s) for s in (0.0, 1.0)]
    stills = measure_apical(clip(frames=2), [c for c, _ in two], [h for _, h in two])
    assert found.beats[0].ef_percent == pytest.approx(stills.beats[0].ef_percent)


def test_frames_that_the_user_set_are_the_only_beat():
    drawn = [outline(s) for s in squeeze()]
    found = measure_apical(clip(), [c for c, _ in drawn], [h for _, h in drawn], ed=10, es=25)
    assert [(b.ed_frame, b.es_frame) for b in found.beats] == [(10, 25)] == [(found.ed_frame, found.es_frame)]


@pytest.mark.parametrize("ed, es", [(10, None), (None, 25), (10, 999), (-1, 25)])
def test_half_a_beat_or_a_frame_that_is_not_there_is_refused(ed, es):
    drawn = [outline(s) for s in squeeze()]
    with pytest.raises(UsageError):
        measure_apical(clip(), [c for c, _ in drawn], [h for _, h in drawn], ed=ed, es=es)


def plane(wide: float, long: float = 1.0, spacing: float | None = 1.0):
    drawn = [outline(s) for s in squeeze()]
    shaped = [Contour((c.points - [130, 100]) * [long, wide] + [130, 100]) for c, _ in drawn]
    hinges = [tuple((h - [130, 100]) * [long, wide] + [130, 100] for h in pair) for _, pair in drawn]
    return measure_apical(clip(spacing), shaped, hinges)


def test_two_planes_of_a_half_ellipsoid_give_its_volume():
    found, doubts = measure_biplane(plane(1.0), plane(1.25))
    head = {m.name: m.value for m in found.measurements}
    assert head["edv_ml"] == pytest.approx(1.25 * volume(0), rel=0.01)
    assert head["esv_ml"] == pytest.approx(1.25 * volume(1), rel=0.01) and not doubts
    assert head["ef_percent"] == pytest.approx(100 * (1 - volume(1) / volume(0)), abs=0.7)
    assert sum(m.name == "edv_ml" for m in found.measurements) == 1
    assert head["ef_first_plane_percent"] == pytest.approx(head["ef_second_plane_percent"], abs=0.1)


def test_planes_of_different_length_are_doubted_and_the_longer_counts():
    found, doubts = measure_biplane(plane(1.0), plane(1.0, long=0.8))
    assert [f.code for f in doubts] == ["planes-differ"]
    assert {m.name: m.value for m in found.measurements}["edv_ml"] == pytest.approx(volume(0), rel=0.01)


def test_two_planes_without_spacing_have_no_common_scale():
    with pytest.raises(MeasureError, match="scale"):
        measure_biplane(plane(1.0), plane(1.0, spacing=None))

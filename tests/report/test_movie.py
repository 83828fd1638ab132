"""contours.gif and contours.mp4."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PIL import Image

from lvcine.output import FILM_MARK, is_own_film
from lvcine.report.movie import ENDO, EPI, PALETTE, gif, mp4, pictures, shown_frames
from lvcine.report.picture import tiles_of
from lvcine.study import Beat


def frames_of(data):
    image = Image.open(io.BytesIO(data))
    found = []
    for frame in range(image.n_frames):
        image.seek(frame)
        found.append((np.asarray(image.convert("RGB")), image.info["duration"]))
    return found, image.info.get("loop")


def near(rgb, colour):
    return (np.abs(rgb.astype(int) - colour).max(axis=-1) < 60).sum()


def test_the_gif_plays_the_cycle_for_ever_at_the_hearts_speed(ring):
    found, loop = frames_of(gif(ring, tiles_of(ring)))
    assert len(found) == 8 and loop == 0
    assert {duration for _, duration in found} == {100}  # 800 ms in 8 frames


def test_both_contours_are_on_every_frame_and_shrink_in_systole(ring):
    found, _ = frames_of(gif(ring, tiles_of(ring)))
    counts = [(near(rgb, ENDO), near(rgb, EPI)) for rgb, _ in found]
    assert all(endo > 200 and epi > 200 for endo, epi in counts)
    # The length of the endocardium falls by 38 % to frame 4, whatever the line's width.
    assert counts[4][0] / counts[0][0] == pytest.approx(0.62, abs=0.08)


def test_lines_lie_on_the_ring_with_square_pixels(ring):
    """The outermost blue pixels of slice 0 at ED: a circle of 33 mm, in x as in y."""
    tiles = tiles_of(ring)
    page = PALETTE[pictures(ring, tiles)[0]]
    height, width = (page.shape[0] - 22) // 2, page.shape[1] // 2
    tile = page[22 : 22 + height, :width]
    y, x = np.nonzero(np.abs(tile.astype(int) - EPI).max(axis=-1) < 60)
    scale = width / (tiles.box.width * 1.2)  # screen pixels per mm
    assert np.ptp(x) / scale == pytest.approx(66.0, abs=2.0)
    assert np.ptp(y) / scale == pytest.approx(66.0, abs=2.0)


def test_a_film_says_whose_it_is(ring, tmp_path):
    tiles = tiles_of(ring)
    for name, film in (("a.gif", gif(ring, tiles)), ("a.mp4", mp4(ring, tiles))):
        (tmp_path / name).write_bytes(film)
        assert is_own_film(tmp_path / name)
    assert Image.open(tmp_path / "a.gif").info["comment"] == FILM_MARK
    with av.open(tmp_path / "a.mp4") as film:
        assert film.metadata["comment"] == FILM_MARK.decode()


def test_two_phases_are_shown_slowly(make_ring):
    two = make_ring(frames=2)
    two = replace(two, cine=replace(two.cine, phases_only=True, times_ms=None, cycle_ms=None))
    found, _ = frames_of(gif(two, tiles_of(two)))
    assert [duration for _, duration in found] == [800, 800]


def test_ed_and_es_are_written_on_the_picture(ring):
    tiles = tiles_of(ring)
    plain = replace(ring, ed_frame=1, es_frame=2)
    labelled, unlabelled = pictures(ring, tiles)[0], pictures(plain, tiles)[0]
    assert (labelled[:22] != unlabelled[:22]).any()
    assert np.array_equal(labelled[22:], unlabelled[22:])


def test_the_film_lasts_some_seconds_and_shows_the_picture(ring):
    tiles = tiles_of(ring)
    with av.open(io.BytesIO(mp4(ring, tiles))) as film:
        stream = film.streams.video[0]
        decoded = [f.to_ndarray(format="rgb24") for f in film.decode(stream)]
        assert stream.codec_context.name == "mpeg4" and float(stream.average_rate) == pytest.approx(10.0)
    assert len(decoded) % 8 == 0 and 5.0 <= len(decoded) / 10.0 <= 6.0
    still = PALETTE[pictures(ring, tiles)[0]][: decoded[0].shape[0], : decoded[0].shape[1]]
    assert np.abs(decoded[0].astype(int) - still).mean() < 8.0


def test_of_a_long_clip_the_film_shows_the_beat_of_middle_ef():
    def shown(frames, beats, ed, es):
        clip = SimpleNamespace(cine=SimpleNamespace(frames=frames), beats=beats, ed_frame=ed, es_frame=es)
        return shown_frames(clip)

    beats = (Beat(5, 15, 50.0), Beat(35, 46, 55.0), Beat(66, 75, 60.0))
    assert shown(100, beats, 35, 46) == range(35, 66)
    assert shown(100, beats, 66, 75) == range(66, 93)
    assert shown(100, (), 35, 46) == range(100)
    assert shown(50, beats[:1], 5, 15) == range(50)

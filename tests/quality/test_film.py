"""A clip is one film: what was joined, frozen, doubled or mixed is seen in its pixels."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.errors import MeasureError
from lvcine.quality import film as film_module
from lvcine.quality import one_film
from lvcine.study import Cine, Geometry

SIZE, FRAMES, STEP_MS = 80, 36, 40.0
Y, X = np.mgrid[:SIZE, :SIZE]
FAN = (np.abs(X - SIZE / 2) < 0.6 * Y) & (np.hypot(Y, X - SIZE / 2) < 0.95 * SIZE)


def echo(seed=0, frames=FRAMES):
    """A clip (T, Y, X): speckle that moves, and a cavity that beats every 20 frames."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(-6, 6, 2) + (44, 40)
    tissue = np.kron(rng.uniform(60, 220, (27, 27)), np.ones((3, 3)))[:SIZE, :SIZE]
    radius = 11 + 3 * np.cos(2 * np.pi * np.arange(frames) / 20)
    noise = rng.normal(0, 4, (frames, SIZE, SIZE))
    pictures = [np.where(np.hypot(Y - at[0], X - at[1]) < r, 20, tissue) for r in radius]
    return (np.clip(np.stack(pictures) + noise, 1, 255) * FAN).astype(np.uint8)


def clip(pixels, step_ms=STEP_MS):
    times = None if step_ms is None else np.arange(len(pixels))[None] * step_ms
    return Cine(pixels[None], Geometry.stack(1, (1.0, 1.0), 1.0), times_ms=times, gated=False, modality="US")


def codes(cine):
    return [finding.code for finding in cine.findings]


@pytest.mark.parametrize("step", [1, 2])
def test_a_film_is_left_as_it_is(step):
    cine = clip(echo()[::step], STEP_MS * step)
    assert one_film(cine) is cine or (codes(one_film(cine)) == [] and one_film(cine).frames == cine.frames)


@pytest.mark.parametrize("second", ["heart", "gain", "shift"])
def test_of_joined_clips_the_longest_is_kept(second):
    other = {
        "heart": echo(5, 12),
        "gain": (echo(0, 48)[36:] * 0.5).astype(np.uint8),
        "shift": np.roll(echo(0, 48)[36:], 10, axis=2),
    }[second]
    film = one_film(clip(np.concatenate([echo(), other])))
    assert np.array_equal(film.pixels[0], echo()) and codes(film) == ["clip-cut"]
    film = one_film(clip(np.concatenate([other, echo()])))
    assert np.array_equal(film.pixels[0], echo()) and film.times_ms[0, 0] == 0.0


@pytest.mark.parametrize("first", [30, 50, 61])
def test_of_a_long_film_some_frames_are_compared_at_a_time(first, monkeypatch):
    """The same cut, wherever the parts of a film end."""
    monkeypatch.setattr(film_module, "AT_ONCE", 20)
    whole = clip(np.concatenate([echo(0, first), echo(5, 28)]))
    kept = one_film(whole)
    assert np.array_equal(kept.pixels[0], echo(0, first)) and codes(kept) == ["clip-cut"]


def test_a_pause_is_left_out_with_its_time():
    paused = np.concatenate([echo()[:12], echo()[11:12].repeat(30, 0), echo()[12:]])
    film = one_film(clip(paused))
    assert np.array_equal(film.pixels[0], echo()) and codes(film) == ["clip-paused"]
    assert np.allclose(film.times_ms[0], np.arange(FRAMES) * STEP_MS)


def test_a_clip_that_freezes_ends_there():
    film = one_film(clip(np.concatenate([echo()[:24], echo()[23:24].repeat(30, 0)])))
    assert np.array_equal(film.pixels[0], echo()[:24]) and codes(film) == ["clip-paused"]


def test_frames_that_are_doubled_count_once_at_their_times():
    film = one_film(clip(echo().repeat(2, 0), STEP_MS / 2))
    assert np.array_equal(film.pixels[0], echo()) and codes(film) == ["clip-paused"]
    assert np.allclose(film.times_ms[0], np.arange(FRAMES) * STEP_MS)


def test_a_single_frame_that_was_repeated_is_no_pause():
    pixels = np.insert(echo(), 9, echo()[8], axis=0)
    assert one_film(clip(pixels)).frames == FRAMES + 1


@pytest.mark.parametrize("step_ms", [STEP_MS, None])
def test_shuffled_frames_are_refused_and_doubted_without_times(step_ms):
    shuffled = clip(echo()[np.random.default_rng(2).permutation(FRAMES)], step_ms)
    if step_ms is None:
        assert "frames-unordered" in codes(one_film(shuffled))
    else:
        with pytest.raises(MeasureError, match="in no order") as stop:
            one_film(shuffled)
        assert stop.value.exit_code == 5


@pytest.mark.parametrize("first", [0, 1])
def test_frames_in_the_order_of_text_are_refused(first):
    order = [int(n) - first for n in sorted(map(str, range(first, first + FRAMES)))]
    with pytest.raises(MeasureError, match="as text"):
        one_film(clip(echo()[order]))


def test_stills_and_a_few_frames_are_not_asked():
    assert one_film(clip(echo()[[0, 10, 3, 17]])).findings == ()

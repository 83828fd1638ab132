"""Films: frames and times as they play, doubts said aloud, damage refused."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from lvcine.errors import NotACineError, ReadError
from lvcine.phantom.write import write_video
from lvcine.read.options import ReadOptions
from lvcine.read.video import read_video
from lvcine.study import Cine, Geometry, View

SUFFIXES = (".avi", ".mp4", ".mov", ".gif")


def film(path: Path, frames: int = 12, step_ms: float = 40.0, shape=(64, 48)) -> Path:
    """A grey ramp with a bright bar that moves down."""
    pixels = np.broadcast_to(np.linspace(20, 100, shape[1]), (1, frames, *shape)).astype(np.uint8).copy()
    for t in range(frames):
        pixels[0, t, 4 * t : 4 * t + 4] = 220
    times = np.arange(frames)[None] * step_ms
    return write_video(Cine(pixels, Geometry.stack(1, (1.0, 1.0), 1.0), times_ms=times), path)


def uneven(path: Path, ticks: list[int]) -> Path:
    """A film whose frames start at the given milliseconds."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=Fraction(1000))
        stream.width, stream.height, stream.pix_fmt = 48, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, tick in enumerate(ticks):
            picture = np.full((64, 48), 10 * number, np.uint8)
            picture[16:48] = 200  # a first frame that is all black is left out
            frame = av.VideoFrame.from_ndarray(picture, "gray")
            frame.pts, frame.time_base = tick, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def codes(cine: Cine) -> list[str]:
    return [f.code for f in cine.findings]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_frames_and_times_are_those_of_the_film(suffix: str, tmp_path: Path) -> None:
    cine = read_video(film(tmp_path / f"a{suffix}"))
    assert cine.pixels.shape == (1, 12, 64, 48) and cine.pixels.dtype == np.uint8
    assert cine.times_ms is not None and cine.times_ms[0] == pytest.approx(np.arange(12) * 40.0)
    for t in range(12):
        rows = np.argwhere(cine.pixels[0, t].mean(axis=1) > 160).ravel()
        assert (rows.min(), rows.max()) == (4 * t, 4 * t + 3)
    assert not cine.gated and cine.cycle_ms is None and cine.modality == "UNKNOWN"
    assert not cine.geometry.calibrated and codes(cine) == ["no-pixel-spacing", "film-clock"]


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    assert read_video(film(tmp_path / "a.mov").rename(tmp_path / "a.txt")).frames == 12


def test_the_user_is_heard(tmp_path: Path) -> None:
    told = ReadOptions(spacing_mm=(0.4, 0.3), frame_ms=20.0, gated=True, view=View.A4C)
    cine = read_video(film(tmp_path / "a.mp4"), told)
    assert cine.geometry.calibrated and cine.geometry.pixel_spacing_mm == pytest.approx((0.4, 0.3))
    assert cine.times_ms is not None and cine.times_ms[0, 11] == 220.0
    assert cine.gated and cine.cycle_ms is not None and cine.cycle_ms[0] == 240.0
    assert cine.view is View.A4C and set(codes(cine)) == {"given-by-user"}


def test_uneven_frames_keep_their_times(tmp_path: Path) -> None:
    ticks = [0, 33, 83, 116, 166, 199]
    cine = read_video(uneven(tmp_path / "a.mp4", ticks))
    assert cine.times_ms is not None and cine.times_ms[0] == pytest.approx(ticks, abs=0.6)


@pytest.mark.parametrize("step_ms", [1000.0, 1.0])
def test_a_frame_rate_that_no_heart_is_filmed_at_is_not_used(step_ms: float, tmp_path: Path) -> None:
    cine = read_video(film(tmp_path / "a.mp4", step_ms=step_ms))
    assert cine.times_ms is None and "frame-rate-implausible" in codes(cine)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_cut_off_films_are_refused_without_a_word_on_the_terminal(suffix, tmp_path: Path, capfd) -> None:
    whole = film(tmp_path / f"a{suffix}", frames=14, shape=(256, 200)).read_bytes()
    for share in (0.05, 0.3, 0.6):
        (tmp_path / "cut").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(ReadError):
            read_video(tmp_path / "cut")
    assert capfd.readouterr() == ("", "")


def test_a_few_lost_frames_are_a_finding(tmp_path: Path) -> None:
    raw = bytearray(film(tmp_path / "a.avi", frames=14).read_bytes())
    at = raw.index(b"avih") + 8 + 16  # dwTotalFrames of the main header
    raw[at : at + 4] = (15).to_bytes(4, "little")
    at = raw.index(b"strh") + 8 + 32  # dwLength of the stream
    raw[at : at + 4] = (15).to_bytes(4, "little")
    (tmp_path / "b.avi").write_bytes(raw)
    cine = read_video(tmp_path / "b.avi")
    assert cine.frames == 14 and "film-damaged" in codes(cine)


@pytest.mark.parametrize("data", [b"", b"hello, this is a letter" * 20, b"RIFF\x00\x00\x00\x00WAVEfmt "])
def test_something_else_is_not_a_film(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(data)
    with pytest.raises(ReadError, match=r"not a film \(a.mp4\)"):
        read_video(tmp_path / "a.mp4")


def test_a_play_list_is_not_followed(tmp_path: Path) -> None:
    target = film(tmp_path / "target.mp4")
    (tmp_path / "list.mp4").write_text(f"ffconcat version 1.0\nfile {target.name}\n")
    with pytest.raises(ReadError, match="not a film"):
        read_video(tmp_path / "list.mp4")


def test_size_is_judged_before_and_while_decoding(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi")
    with pytest.raises(ReadError, match="48 x 64 pixels and 12 or more"):
        read_video(path, ReadOptions(max_pixels=12 * 48 * 64 - 1))
    assert read_video(path, ReadOptions(max_pixels=12 * 48 * 64)).frames == 12
    undeclared = film(tmp_path / "a.gif")  # a GIF does not say how many pictures it holds
    with pytest.raises(ReadError, match="and 12 or more"):
        read_video(undeclared, ReadOptions(max_pixels=12 * 48 * 64 - 1))


def test_a_giant_canvas_is_refused(tmp_path: Path) -> None:
    raw = bytearray(film(tmp_path / "a.gif").read_bytes())
    raw[6:10] = b"\xff\xff\xff\xff"  # logical screen, GIF89a section 18
    (tmp_path / "b.gif").write_bytes(raw)
    with pytest.raises(ReadError):
        read_video(tmp_path / "b.gif")


def test_a_single_picture_is_not_a_cine(tmp_path: Path) -> None:
    with pytest.raises(NotACineError, match="one picture"):
        read_video(film(tmp_path / "a.gif", frames=1))


def test_sound_alone_is_not_a_film(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.avi"), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    with pytest.raises(ReadError, match="sound"):
        read_video(tmp_path / "a.avi")


def test_flow_in_colour_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "flow.avi"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuvj420p"
        for t in range(24):
            picture = np.full((64, 96, 3), 60, np.uint8)
            picture[16:48, 32:64] = (220, 30, 20) if t % 12 < 6 else (20, 40, 220)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        out.mux(stream.encode())
    with pytest.raises(NotACineError, match="colour Doppler"):
        read_video(path)

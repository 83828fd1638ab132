"""Small valid films: every container and coding that is read and can be written here."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from lvcine.phantom.write import write_video
from lvcine.study import Cine, Geometry

Files = dict[str, bytes]

_SIDE, _FRAMES = 32, 6
_CODINGS = {  # name: container, encoder, pixel format
    "avi-mpeg4": ("avi", "mpeg4", "yuv420p"),
    "avi-raw": ("avi", "rawvideo", "bgr24"),
    "avi-msmpeg4": ("avi", "msmpeg4", "yuv420p"),
    "avi-cinepak": ("avi", "cinepak", "rgb24"),
    "avi-msvideo1": ("avi", "msvideo1", "rgb555le"),
    "avi-msrle": ("avi", "msrle", "pal8"),
    "avi-huffyuv": ("avi", "huffyuv", "yuv422p"),
    "avi-ffvhuff": ("avi", "ffvhuff", "yuv420p"),
    "avi-utvideo": ("avi", "utvideo", "yuv422p"),
    "avi-wmv2": ("avi", "wmv2", "yuv420p"),
    "mp4-h264": ("mp4", "libx264", "yuv420p"),
    "mp4-hevc": ("mp4", "libx265", "yuv420p"),
    "mov-mjpeg": ("mov", "mjpeg", "yuvj420p"),
    "mov-png": ("mov", "png", "rgb24"),
    "mov-qtrle": ("mov", "qtrle", "rgb24"),
    "mov-prores": ("mov", "prores", "yuv422p10le"),
    "mkv-vp8": ("matroska", "libvpx", "yuv420p"),
    "mkv-vp9": ("matroska", "libvpx-vp9", "yuv420p"),
    "mkv-ffv1": ("matroska", "ffv1", "yuv420p"),
    "mkv-av1": ("matroska", "libsvtav1", "yuv420p"),
    "mpeg-1": ("mpeg", "mpeg1video", "yuv420p"),
    "mpeg-2": ("mpeg", "mpeg2video", "yuv420p"),
}
_PIPED = {
    "pipe-y4m": ("yuv4mpegpipe", "rawvideo", "yuv420p"),
    "pipe-mjpeg": ("mjpeg", "mjpeg", "yuvj420p"),
    "pipe-ts": ("mpegts", "mpeg2video", "yuv420p"),
    "pipe-ts-h264": ("mpegts", "libx264", "yuv420p"),
    "pipe-mkv": ("matroska", "mjpeg", "yuvj420p"),
}
_SIDES = {"libsvtav1": 64, "libx265": 64}


def film_scans(work: Path) -> dict[str, Files]:
    """Films by name: the virtual heart's own four, then every other coding; ``work`` is an empty folder."""
    pixels = np.stack(list(_pictures(_SIDE)))
    cine = Cine(
        pixels[None], Geometry.stack(1, (1.0, 1.0), 1.0), times_ms=np.arange(float(_FRAMES))[None] * 40
    )
    scans = {}
    for suffix in ("avi", "mp4", "mov", "gif"):
        path = write_video(cine, work / f"film.{suffix}")
        scans[suffix] = {path.name: path.read_bytes()}
    for name, coding in (_CODINGS | _PIPED).items():
        scans[name] = {"film": encoded(*coding)}
    return scans


def encoded(container: str, codec: str, pixel_format: str, **options: str) -> bytes:
    """A short film as bytes."""
    os.environ["SVT_LOG"] = "0"
    stream_of_bytes, side = io.BytesIO(), _SIDES.get(codec, _SIDE)
    with av.open(stream_of_bytes, "w", format=container, options={"fflags": "+bitexact"}) as film:
        stream: Any = film.add_stream(codec, rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = side, side, pixel_format
        quiet = {"x265-params": "log-level=none", "svtav1-params": "lp=1"}
        stream.codec_context.options = {"flags": "+bitexact", "threads": "1", **quiet, **options}
        for picture in _pictures(side):
            film.mux(stream.encode(_frame(picture, pixel_format)))
        film.mux(stream.encode())
    return stream_of_bytes.getvalue()


def _frame(picture: np.ndarray, pixel_format: str) -> av.VideoFrame:
    if pixel_format == "pal8":
        table = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, axis=1)
        return av.VideoFrame.from_ndarray((picture, table), format="pal8")
    return av.VideoFrame.from_ndarray(picture, format="gray").reformat(format=pixel_format)


def _pictures(side: int) -> Iterator[np.ndarray]:
    """A bright bar that moves down a ramp."""
    for t in range(_FRAMES):
        picture = np.broadcast_to(np.linspace(20, 100, side), (side, side)).astype(np.uint8).copy()
        picture[3 * t : 3 * t + 3] = 220
        yield picture

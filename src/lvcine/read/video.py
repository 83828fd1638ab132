"""Films: AVI, MP4, MOV, GIF (and Matroska, MPEG) of one plane, as workstations export them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np

from lvcine.errors import NotACineError, ReadError
from lvcine.isolated import still_working
from lvcine.read.colour import DOPPLER, SAMPLED, shows_flow, thinned
from lvcine.read.options import DEFAULTS, ReadOptions
from lvcine.read.packed import naming
from lvcine.read.user_facts import NO_SPACING, NO_TIMES, with_user_facts
from lvcine.study import U8, Array, Cine, Finding, Geometry

_LARGEST_PICTURE = 1 << 24  # pixels; a decoder takes memory for whole pictures at once
_FPS = (5.0, 300.0)
_FEWEST_BITS = 0.1  # per pixel; clips from scanners have 0.17 and more, at 0.06 EF was half
_ENOUGH = 0.9  # share of the declared frames without which a film counts as cut off

# Containers and codecs by name, and no protocol: FFmpeg knows hundreds, among them play lists and session
# descriptions that open other files and connections.
_CODECS = frozenset(
    """
    av1 libdav1d cinepak dvvideo ffv1 gif h264 hevc huffyuv ffvhuff mjpeg mpeg1video mpeg2video mpeg4 msmpeg4
    msmpeg4v1 msmpeg4v2 msrle msvideo1 png prores qtrle rawvideo rle utvideo vp8 vp9 libvpx libvpx-vp9
    wmv1 wmv2 wmv3
    """.split()
)
_CONTAINERS = ("avi", "gif", "matroska", "mov", "mpeg", "mpegts", "mjpeg", "yuv4mpegpipe")
_OPTIONS = {
    "codec_whitelist": ",".join(sorted(_CODECS)),
    "format_whitelist": ",".join(_CONTAINERS),
    "protocol_whitelist": "none",
}

_HEAD = 189  # bytes: MPEG-TS shows itself by a mark every 188
_PIPED: dict[str, Callable[[bytes], bool]] = {
    "yuv4mpegpipe": lambda head: head.startswith(b"YUV4MPEG2 "),
    "mjpeg": lambda head: head.startswith(b"\xff\xd8\xff"),
    "matroska": lambda head: head.startswith(b"\x1aE\xdf\xa3"),
    "mpegts": lambda head: head[:1] == b"G" == head[188:189],
    "avi": lambda head: head.startswith(b"RIFF") and head[8:12] == b"AVI ",
    "mov": lambda head: head[4:8] == b"ftyp",
}
_PIPE_ADVICE = "pipe YUV4MPEG, MJPEG, MPEG-TS or Matroska"

_FILM_CLOCK = Finding(
    "film-clock",
    "warning",
    "times are those at which the film plays, which need not be those at which the heart beat",
    "pass the time between frames in ms if it is known",
)


def read_video(path: Path | str, options: ReadOptions = DEFAULTS) -> Cine:
    """Read a film as a free-running clip of one plane.

    Parameters
    ----------
    path : Path
        The kind is known from the first bytes; of several pictures streams the first is taken.
    options : ReadOptions
        A film says nothing of millimetres: without ``spacing_mm`` the cine is uncalibrated.

    Returns
    -------
    Cine
        Grey, uint8, (1, T, Y, X), modality ``UNKNOWN``; times from the presentation time stamps,
        which may be uneven.

    Raises
    ------
    ReadError
        Not a film, damaged, cut off, or larger than ``options.max_pixels``.
    NotACineError
        A single picture, or flow in colour over the pictures.

    Notes
    -----
    The decoder is given an open file and a fixed container, never a name: a play list or a
    reference inside the film opens no other file and no address.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "clip.avi"
    >>> with av.open(str(path), "w") as film:
    ...     stream = film.add_stream("mjpeg", rate=40)
    ...     stream.width, stream.height, stream.pix_fmt = 32, 24, "yuvj420p"
    ...     for level in range(8):
    ...         picture = np.full((24, 32), 20 + level, np.uint8)
    ...         picture[:8] = 0
    ...         film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "gray")))
    >>> cine = read_video(path)
    >>> cine.pixels.shape, cine.times_ms[0, :3].tolist(), cine.geometry.calibrated
    ((1, 8, 24, 32), [0.0, 25.0, 50.0], False)
    """
    path = Path(path)
    try:
        with naming(path), open(path, "rb") as raw:
            kind = _container(raw.read(16), raw)
            with av.open(raw, "r", format=kind, options=_OPTIONS, metadata_errors="ignore") as film:
                pixels, stamps, findings = _decoded(film, options.max_pixels)
    except (av.error.FFmpegError, OSError) as error:
        raise ReadError("film damaged or cut off", where=path.name, advice="export it again") from error
    times, doubt = _times(stamps)
    geometry = Geometry.stack(1, (1.0, 1.0), 1.0, calibrated=False)
    findings += _smeared(8 * path.stat().st_size / pixels.size)
    findings += (NO_SPACING, doubt) if options.frame_ms is None else (NO_SPACING,)
    cine = Cine(
        pixels[None],
        geometry,
        times_ms=times,
        gated=False,
        modality="UNKNOWN",
        label="film",
        findings=findings,
    )
    return with_user_facts(cine, options)


def film_frames(raw: BinaryIO) -> Iterator[tuple[U8, float | None]]:
    """Grey frames (Y, X) of a film as it comes, with the time in ms where the film has it.

    Parameters
    ----------
    raw : binary file
        A pipe, read forwards only: YUV4MPEG, MJPEG, MPEG-TS, Matroska.

    Raises
    ------
    ReadError
        Not a film, or damaged.
    """
    head = raw.read(_HEAD)
    kind = next((name for name, fits in _PIPED.items() if fits(head)), None)
    if kind is None:
        raise ReadError("not a film of a kind that is read", advice=_PIPE_ADVICE)
    try:
        with av.open(_Ahead(head, raw), "r", format=kind, options=_OPTIONS, metadata_errors="ignore") as film:
            stream = _pictures_of(film)
            for frame in film.decode(stream):
                _check_size(frame.width, frame.height, 1, _LARGEST_PICTURE)
                grey = upright(np.asarray(frame.to_ndarray(format="gray"), np.uint8), frame)
                yield grey, None if frame.time is None else 1000.0 * frame.time
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise ReadError("not a film, or it is damaged", advice=_PIPE_ADVICE) from error


def frames_of_stream(raw: BinaryIO, coding: str) -> Iterator[U8]:
    """Frames (Y, X, 3), red, green and blue, of a film within another file.

    Parameters
    ----------
    raw : binary file
    coding : str
        ``h264`` or ``hevc``: a plain stream of it, or MP4 or MPEG-TS that holds one.

    Raises
    ------
    ReadError
        Not such a film, or damaged.
    """
    head = raw.read(_HEAD)
    raw.seek(0)
    kind = next((name for name in ("mov", "mpegts") if _PIPED[name](head)), coding)
    options = {**_OPTIONS, "format_whitelist": f"{_OPTIONS['format_whitelist']},{coding}"}
    try:
        with av.open(raw, "r", format=kind, options=options, metadata_errors="ignore") as film:
            for frame in film.decode(_pictures_of(film)):
                still_working()
                _check_size(frame.width, frame.height, 1, _LARGEST_PICTURE)
                yield upright(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8), frame)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise ReadError("not a film, or it is damaged", advice="export the clip uncompressed") from error


class _Ahead:
    """A pipe of which the first bytes were looked at."""

    def __init__(self, head: bytes, raw: BinaryIO) -> None:
        self._head, self._raw = head, raw

    def read(self, size: int) -> bytes:
        given, self._head = self._head[:size], self._head[size:]
        return given or self._raw.read1(size)  # type: ignore[attr-defined]


def upright(picture: U8, frame: Any) -> U8:
    """A picture (Y, X) or (Y, X, 3) turned as the film says that it is to be shown.

    The display matrix (ISO/IEC 14496-12, 8.3.2) is in quarter turns where cameras and converters write it;
    other angles are passed over.
    """
    turns = round(float(getattr(frame, "rotation", 0) or 0) / 90.0) % 4
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture


def _pictures_of(film: Any) -> Any:
    """The first stream of pictures, if its coding is one of :data:`_CODECS`."""
    if not film.streams.video:
        raise ReadError("no pictures in the film, sound at most", advice="export it again")
    stream = film.streams.video[0]
    context = stream.codec_context
    if context is None or context.codec.name not in _CODECS:
        raise ReadError("the film's coding is not read", advice="export it as MP4 (H.264) or AVI (MJPEG)")
    return stream


def _container(head: bytes, raw: Any) -> str:
    """FFmpeg's name for the kind of film that starts with these bytes; the file is back at its start."""
    raw.seek(0)
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"skip", b"free", b"pnot"):
        return "mov"
    if head.startswith(b"GIF8"):
        _check_trailer(raw)
    starts = {b"GIF8": "gif", b"\x1aE\xdf\xa3": "matroska", b"\x00\x00\x01\xba": "mpeg"}
    if head[:4] in starts:
        return starts[head[:4]]
    raise ReadError("not a film", advice="give AVI, MP4, MOV or GIF")


def _check_trailer(raw: Any) -> None:
    """A GIF does not count its pictures: the semicolon at its end says that none is missing (section 27)."""
    size = raw.seek(0, 2)
    raw.seek(max(size - 64, 0))
    whole = raw.read().rstrip(b"\0").endswith(b";")
    raw.seek(0)
    if not whole:
        raise ReadError("the film breaks off", advice="export it again")


def _decoded(film: Any, max_pixels: int) -> tuple[U8, list[float | None], tuple[Finding, ...]]:
    """Pixels (T, Y, X), presentation times in s, and what is wrong with the film."""
    stream = _pictures_of(film)
    width, height, declared = stream.codec_context.width, stream.codec_context.height, stream.frames
    _check_size(width, height, max(declared, 1), max_pixels)
    pictures = bytearray()
    stamps: list[float | None] = []
    coloured: list[U8] = []
    corrupt = 0
    shape: tuple[int, ...] = ()
    for frame in film.decode(stream):
        still_working()
        count = len(stamps)
        if (frame.width, frame.height) != (width, height):
            raise ReadError(f"the picture changes its size at frame {count}", advice="cut the film there")
        _check_size(width, height, count + 1, max_pixels)
        if count % max(1, declared // SAMPLED or SAMPLED) == 0 and len(coloured) < SAMPLED:
            coloured.append(thinned(frame.to_ndarray(format="rgb24")))
        shown = upright(frame.to_ndarray(format="gray"), frame)
        shape = shape or shown.shape
        if shown.shape != shape:
            raise ReadError(f"the picture turns at frame {count}", advice="cut the film there")
        pictures += shown.tobytes()
        stamps.append(None if frame.time is None else float(frame.time))
        corrupt += bool(frame.is_corrupt)
    if shows_flow(coloured):
        raise NotACineError(DOPPLER, advice="give a clip without colour")
    return _clip(pictures, shape), stamps, _damage(len(stamps), declared, corrupt)


def _check_size(width: int, height: int, frames: int, max_pixels: int) -> None:
    if width * height > _LARGEST_PICTURE or width * height * frames > max_pixels:
        raise ReadError(
            f"a film of {width} x {height} pixels and {frames} or more frames",
            advice="crop or shorten it, or raise max_pixels",
        )


def _clip(pictures: bytearray, shape: tuple[int, ...]) -> U8:
    """Pixels (T, Y, X)."""
    if not pictures:
        raise ReadError("no picture in the film can be decoded", advice="export it again")
    frames = np.frombuffer(pictures, np.uint8).reshape(-1, *shape)
    if len(frames) == 1:
        raise NotACineError("a film of one picture", advice="give the whole clip")
    return frames


def _damage(decoded: int, declared: int, corrupt: int) -> tuple[Finding, ...]:
    """Findings for a few lost frames; an error when many are."""
    if decoded < _ENOUGH * declared:
        raise ReadError(f"the film breaks off after {decoded} of {declared} frames", advice="export it again")
    lost = max(declared - decoded, 0)
    if not lost + corrupt:
        return ()
    text = f"of {max(declared, decoded)} frames {lost} are missing and {corrupt} are damaged"
    return (Finding("film-damaged", "warning", text, "export the film again"),)


def _smeared(bits_per_pixel: float) -> tuple[Finding, ...]:
    """A doubt about a film that was compressed until its speckle is gone."""
    if bits_per_pixel >= _FEWEST_BITS:
        return ()
    text = f"the film is compressed to {bits_per_pixel:.2g} bits per pixel: borders are smeared"
    advice = "export it in better quality: volumes and EF may be far too small"
    return (Finding("film-compressed", "warning", text, advice),)


def _times(stamps: list[float | None]) -> tuple[Array | None, Finding]:
    """Times (1, T) in ms from the first frame on, if the stamps can be those of a heart."""
    seconds = np.array([math.nan if s is None else s for s in stamps])
    steps = np.diff(seconds)
    if not (np.isfinite(seconds).all() and (steps > 0).all()):
        return None, NO_TIMES
    fps = 1.0 / float(steps.mean())
    if not _FPS[0] <= fps <= _FPS[1]:
        text = f"{fps:.3g} frames per second are no heart film's: times not used"
        return None, Finding("frame-rate-implausible", "warning", text, "pass the time between frames in ms")
    return ((seconds - seconds[0]) * 1000.0)[None], _FILM_CLOCK

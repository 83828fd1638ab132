"""One slice of a cine as a film."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from lvcine.errors import UsageError
from lvcine.phantom.write.dicom_modules import eight_bit
from lvcine.study import Cine

# container, codec and pixel format by file suffix
_FORMATS = {
    ".avi": ("avi", "mjpeg", "yuvj420p"),
    ".mp4": ("mp4", "mpeg4", "yuv420p"),
    ".mov": ("mov", "mpeg4", "yuv420p"),
    ".gif": ("gif", "gif", "gray"),
}
_ASSUMED_FPS = 25
_BITS_PER_PIXEL = 4
"""So that speckle is as it was; what is not used is not written."""


def write_video(cine: Cine, path: Path | str, *, slice_index: int = 0) -> Path:
    """Write one slice as ``.avi``, ``.mp4``, ``.mov`` or ``.gif``.

    Parameters
    ----------
    cine : Cine
        Its brightest pixel becomes white. Frames follow at their mean distance, 25 per second
        without ``times_ms``; a film knows no millimetres.
    path : Path
    slice_index : int

    Raises
    ------
    UsageError
        Another suffix.

    Examples
    --------
    >>> import tempfile
    >>> from lvcine.study import Geometry
    >>> cine = Cine(np.zeros((1, 5, 32, 32), np.uint8), Geometry.stack(1, (1.0, 1.0), 1.0))
    >>> write_video(cine, Path(tempfile.mkdtemp()) / "clip.mp4").stat().st_size > 0
    True
    """
    path = Path(path)
    if path.suffix.lower() not in _FORMATS:
        raise UsageError(f"no film of kind {path.suffix}", advice=f"use one of {', '.join(_FORMATS)}")
    container, codec, pixel_format = _FORMATS[path.suffix.lower()]
    pixels = cine.pixels[slice_index]
    frames = pixels if pixels.dtype == np.uint8 else eight_bit(pixels)
    with av.open(str(path), "w", format=container, options={"fflags": "+bitexact"}) as film:
        stream: Any = film.add_stream(codec, rate=_rate(cine))
        stream.height, stream.width = frames.shape[1:]
        stream.pix_fmt = pixel_format
        stream.bit_rate = int(_BITS_PER_PIXEL * frames[0].size * stream.average_rate)
        stream.codec_context.options = {"flags": "+bitexact", "threads": "1", "qscale": "2"}
        for frame in frames:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        film.mux(stream.encode())
    return path


def _rate(cine: Cine) -> Fraction:
    """Frames per second."""
    if cine.times_ms is None or cine.frames < 2:
        return Fraction(_ASSUMED_FPS)
    step_ms = float(np.diff(cine.times_ms[0]).mean())
    return Fraction(1000.0 / step_ms).limit_denominator(1000)

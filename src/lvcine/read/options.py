"""What the user may give a reader that the files do not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lvcine.errors import UsageError, plain_text
from lvcine.read.ranges import (
    FRAME_MS,
    MOST_OBLONG,
    PIXEL_MM,
    SLICE_MM,
    VENC_CM_S,
    Range,
    require,
    require_count,
)
from lvcine.study import View

_MOST_PIXELS = Range(1, 1e12, "pixels")


@dataclass(frozen=True)
class ReadOptions:
    """Facts from the user; each overrides the file and is named in a finding when used.

    Attributes
    ----------
    spacing_mm : (float, float) or None
        Pixel spacing (between rows, between columns).
    slice_step_mm : float or None
        Distance between slice centres.
    frame_ms : float or None
        Time between frames.
    view : View or None
        Or its name, in any case.
    gated : bool or None
        Whether the frames close a heart cycle.
    axes : str or None
        Axis order of a NumPy array or NIfTI file, letters of ``ZTYX`` in any case (e.g. ``TYX``, ``YXZT``).
    venc_cm_s : (float, float, float) or None
        VENC of three velocity channels in cm/s, in the order of their series and instance numbers
        (DICOM), or as they are stored. Or as text: ``V`` for all three, or ``X,Y,Z``.
    reversed_channels : tuple of int
        Numbers (1, 2, 3) of the velocity channels whose sign is the other way round than the file says.
        Or as text: ``1,3``.
    max_pixels : int
        Largest rows x columns x frames x slices that will be decoded; it also bounds the memory that
        reading may take (:mod:`lvcine.read.opening`). The default holds 20 slices of 75 frames of 512 x 512.

    Raises
    ------
    UsageError
        No view is called so; a number that is none or outside of :mod:`lvcine.read.ranges`; axes or a
        velocity channel that are none.

    Examples
    --------
    >>> ReadOptions(view="a4c").view
    <View.A4C: 'A4C'>
    """

    spacing_mm: tuple[float, float] | None = None
    slice_step_mm: float | None = None
    frame_ms: float | None = None
    view: View | None = None
    gated: bool | None = None
    axes: str | None = None
    venc_cm_s: tuple[float, float, float] | None = None
    reversed_channels: tuple[int, ...] = ()
    max_pixels: int = 400_000_000

    def __post_init__(self) -> None:
        for name, checked in (
            ("spacing_mm", spacing_named),
            ("slice_step_mm", lambda given: require("slice_step_mm (--slice-step)", given, SLICE_MM)),
            ("frame_ms", lambda given: require("frame_ms (--frame-ms)", given, FRAME_MS)),
            ("view", view_named),
            ("axes", axes_named),
            ("venc_cm_s", vencs_named),
            ("reversed_channels", channels_named),
            ("max_pixels", lambda given: require_count("max_pixels (--max-pixels)", given, _MOST_PIXELS)),
        ):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, checked(getattr(self, name)))


def spacing_named(given: Any) -> tuple[float, float]:
    """Pixel spacing between rows and between columns, mm.

    Raises
    ------
    UsageError
        Not two numbers of a pixel's size.

    Examples
    --------
    >>> spacing_named([1.5, 1.25])
    (1.5, 1.25)
    """
    name = "spacing_mm (--spacing)"
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise UsageError(f"{name} of {plain_text(given, 40)}", advice=f"give two numbers, {PIXEL_MM}")
    rows, columns = (require(name, size, PIXEL_MM) for size in given)
    if max(rows, columns) > MOST_OBLONG * min(rows, columns):
        raise UsageError(
            f"{name} of {rows:g} and {columns:g}",
            advice=f"give two numbers of which one is at most {MOST_OBLONG:g} times the other",
        )
    return rows, columns


def axes_named(given: str) -> str:
    """Axes by their letters, in upper case.

    Raises
    ------
    UsageError
        Other letters than Z, T, Y and X, or one of them twice. Whether they fit, the file's reader knows.

    Examples
    --------
    >>> axes_named("yxt")
    'YXT'
    """
    letters = str(given).upper()
    if len(set(letters)) != len(letters) or not 3 <= len(letters) <= 4 or not set(letters) <= set("ZTYX"):
        raise UsageError(
            f"axes (--axes) {plain_text(given, 40)!r}",
            advice='name each axis by a letter of Z (slice), T (frame), Y, X, e.g. "TYX" or "YXZT"',
        )
    return letters


def vencs_named(given: str | float | Sequence[float]) -> tuple[float, float, float]:
    """VENC of three channels from numbers, or from the text ``V`` or ``X,Y,Z``; cm/s.

    Raises
    ------
    UsageError
        Not one or three numbers that can be a VENC.

    Examples
    --------
    >>> vencs_named("30"), vencs_named("20, 20, 30")
    ((30.0, 30.0, 30.0), (20.0, 20.0, 30.0))
    """
    parts = given.split(",") if isinstance(given, str) else np.ravel(given).tolist()
    if len(parts) not in (1, 3):
        raise UsageError(
            f"a VENC (--venc) of {plain_text(given, 40)}", advice="give one number in cm/s, or three: X,Y,Z"
        )
    values = [require("a VENC (--venc)", part, VENC_CM_S) for part in parts]
    return values[0], values[len(values) // 2], values[-1]


def channels_named(given: str | tuple[int, ...]) -> tuple[int, ...]:
    """Numbers of velocity channels from numbers, or from text.

    Raises
    ------
    UsageError
        Others than 1, 2 and 3.

    Examples
    --------
    >>> channels_named("3, 1"), channels_named(())
    ((1, 3), ())
    """
    parts = given.split(",") if isinstance(given, str) else given
    names = {str(part).strip() for part in parts}
    if not names <= {"1", "2", "3"}:
        raise UsageError(
            f"velocity channels (--reverse) {plain_text(given, 40)!r}",
            advice="give numbers of 1 to 3: 3, or 1,3",
        )
    return tuple(sorted(int(name) for name in names))


def view_named(name: str) -> View:
    """The view of that name, in any case.

    Raises
    ------
    UsageError
        There is none.
    """
    try:
        return View(str(name).upper())
    except ValueError:
        shown = plain_text(name, 40)
        raise UsageError(f"no view is called {shown!r}", advice=f"choose one of {', '.join(View)}") from None


DEFAULTS = ReadOptions()
"""Nothing from the user."""

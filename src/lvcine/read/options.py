"""What the user may tell a reader that the files do not say."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lvcine.errors import UsageError
from lvcine.study import View


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
        Axis order of a NumPy array, letters of ``ZTYX`` (e.g. ``TYX``, ``YXZT``).
    venc_cm_s : (float, float, float) or None
        VENC of three velocity channels in cm/s, in the order of their series and instance numbers
        (DICOM), or as they are stored. Or as text: ``V`` for all three, or ``X,Y,Z``.
    reversed_channels : tuple of int
        Numbers (1, 2, 3) of the velocity channels whose sign is the other way round than the file says.
        Or as text: ``1,3``.
    max_pixels : int
        Largest rows x columns x frames x slices that will be decoded.

    Raises
    ------
    UsageError
        No view is called so; a VENC that is not positive; a channel that is none.

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
    max_pixels: int = 1_500_000_000

    def __post_init__(self) -> None:
        if self.view is not None:
            object.__setattr__(self, "view", view_named(self.view))
        if self.venc_cm_s is not None:
            object.__setattr__(self, "venc_cm_s", vencs_named(self.venc_cm_s))
        object.__setattr__(self, "reversed_channels", channels_named(self.reversed_channels))


def vencs_named(given: str | tuple[float, ...]) -> tuple[float, float, float]:
    """VENC of three channels from numbers, or from the text ``V`` or ``X,Y,Z``; cm/s.

    Raises
    ------
    UsageError
        Not one or three positive numbers.

    Examples
    --------
    >>> vencs_named("30"), vencs_named("20, 20, 30")
    ((30.0, 30.0, 30.0), (20.0, 20.0, 30.0))
    """
    try:
        values = [float(part) for part in (given.split(",") if isinstance(given, str) else given)]
    except (TypeError, ValueError):
        values = []
    if len(values) not in (1, 3) or not all(math.isfinite(v) and v > 0 for v in values):
        raise UsageError(f"a VENC of {given!r}", advice="give one number in cm/s, or three: X,Y,Z")
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
        raise UsageError(f"velocity channels {given!r}", advice="give numbers of 1 to 3: 3, or 1,3")
    return tuple(sorted(int(name) for name in names))


def view_named(name: str) -> View:
    """The view of that name, in any case.

    Raises
    ------
    UsageError
        There is none.
    """
    try:
        return View(name.upper())
    except ValueError:
        raise UsageError(f"no view is called {name!r}", advice=f"choose one of {', '.join(View)}") from None

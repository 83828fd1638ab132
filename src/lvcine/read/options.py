"""What the user may tell a reader that the files do not say."""

from __future__ import annotations

from dataclasses import dataclass

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
    gated : bool or None
        Whether the frames close a heart cycle.
    axes : str or None
        Axis order of a NumPy array, letters of ``ZTYX`` (e.g. ``TYX``, ``YXZT``).
    max_pixels : int
        Largest rows x columns x frames x slices that will be decoded.
    """

    spacing_mm: tuple[float, float] | None = None
    slice_step_mm: float | None = None
    frame_ms: float | None = None
    view: View | None = None
    gated: bool | None = None
    axes: str | None = None
    max_pixels: int = 1_500_000_000

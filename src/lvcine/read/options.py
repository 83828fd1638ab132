"""What the user may tell a reader that the files do not say."""

from __future__ import annotations

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
    max_pixels : int
        Largest rows x columns x frames x slices that will be decoded.

    Raises
    ------
    UsageError
        No view is called so.

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
    max_pixels: int = 1_500_000_000

    def __post_init__(self) -> None:
        if self.view is not None:
            object.__setattr__(self, "view", view_named(self.view))


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

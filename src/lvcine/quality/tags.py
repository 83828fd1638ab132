"""A tagged series is no cine to measure: its lines hide the border of the cavity."""

from __future__ import annotations

from lvcine.errors import MeasureError
from lvcine.read.tags import TAGGED, share_of_lines
from lvcine.study import Cine, Finding

_SURE_SLICES = 3
"""In fewer pictures anatomy may have a period by chance: eleven cropped cines, slice by slice, to 0.67."""


def require_no_tags(cine: Cine) -> tuple[Finding, ...]:
    """Doubts about lines over a short-axis cine of one or two slices.

    Raises
    ------
    MeasureError
        Tag lines over three slices or more.

    Examples
    --------
    >>> import numpy as np
    >>> from lvcine.study import Geometry
    >>> y, x = np.mgrid[:96, :96]
    >>> lines = 400 + 300 * np.cos(2 * np.pi * (x + y) / 7) * (np.hypot(y - 48, x - 48) < 40)
    >>> tagged = Cine(np.broadcast_to(lines, (3, 9, 96, 96)), Geometry.stack(3, (1.4, 1.4), 8.0))
    >>> require_no_tags(tagged)
    Traceback (most recent call last):
    lvcine.errors.MeasureError: tag lines over the pictures (tagging, SPAMM): ...
    """
    spacing = cine.geometry.pixel_spacing_mm if cine.geometry.calibrated else (1.4, 1.4)
    looks = range(0, cine.frames, max(1, cine.frames // 3))  # a cine may begin anywhere, and tags fade
    if max(share_of_lines(cine.pixels[:, t], spacing) for t in looks) <= TAGGED:
        return ()
    text = "tag lines over the pictures (tagging, SPAMM): they hide the border of the cavity"
    advice = "give the cine without tags"
    if cine.slices >= _SURE_SLICES:
        raise MeasureError(text, where=cine.label, advice=advice)
    return (Finding("tag-lines", "warning", text, advice),)

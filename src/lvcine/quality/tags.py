"""Tag lines hide the border of the cavity: a doubt about a series that seems to have them."""

from __future__ import annotations

from lvcine.read.tags import TAGGED, share_of_lines
from lvcine.study import Cine, Finding


def require_no_tags(cine: Cine) -> tuple[Finding, ...]:
    """Doubts about lines over a short-axis cine.

    It is not refused: anatomy in coarse pictures may have a period too (virtual exams of 3 mm pixels do).

    Examples
    --------
    >>> import numpy as np
    >>> from lvcine.study import Geometry
    >>> y, x = np.mgrid[:96, :96]
    >>> lines = 400 + 300 * np.cos(2 * np.pi * (x + y) / 7) * (np.hypot(y - 48, x - 48) < 40)
    >>> tagged = Cine(np.broadcast_to(lines, (3, 9, 96, 96)), Geometry.stack(3, (1.4, 1.4), 8.0))
    >>> [finding.code for finding in require_no_tags(tagged)]
    ['tag-lines']
    """
    spacing = cine.geometry.pixel_spacing_mm if cine.geometry.calibrated else (1.4, 1.4)
    looks = range(0, cine.frames, max(1, cine.frames // 3))  # a cine may begin anywhere, and tags fade
    if max(share_of_lines(cine.pixels[:, t], spacing) for t in looks) <= TAGGED:
        return ()
    text = "tag lines over the pictures (tagging, SPAMM): they hide the border of the cavity"
    return (Finding("tag-lines", "warning", text, "give the cine without tags"),)

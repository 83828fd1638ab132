"""Doubts about the ventricle that was found in an apical clip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import distance_transform_edt

from lvcine.measure.area import polygon_area
from lvcine.study import Bools, Cine, Contour, Finding, Geometry, Segmentation, listed

AT_EDGE = 0.06
"""Share of the endocardium's points beside the sector's edge beyond which a wall is cut off. Ours: a
lateral wall that lies along the edge over a tenth of the outline's length is not seen there."""
NEAR_PX = 2.5
JUMP = 0.2
"""Change of the cavity's area from one frame to the next, of the clip's largest. Ours: a stroke takes some
40 % of the area within 300 ms, 5 % in a frame of 40 ms; four times as fast is no heart."""

DEPTH_MM = (45.0, 320.0)
"""Of the picture, from the probe down: children's 50 to 100 mm, adults' 100 to 240. Less may be a mouse's."""
OBLONG = 1.25
"""Long side of a pixel over its short one; old screens reach 1.2."""
NARROW, CUT_OFF = 0.6, 0.5
"""Width of a fan a quarter of the way down, of its greatest, and of its last row, where an arc ends."""


def believed_scale(cine: Cine, sector: Bools) -> Cine:
    """The clip, without a pixel size that no ultrasound has; what is merely unusual is doubted.

    Parameters
    ----------
    sector : ndarray of bool, shape (Y, X)

    Examples
    --------
    >>> from lvcine.study import Geometry
    >>> clip = Cine(np.zeros((1, 2, 256, 256), np.uint8), Geometry.stack(1, (3.0, 3.0), 1.0), gated=False)
    >>> scaled = believed_scale(clip, np.ones((256, 256), bool))
    >>> scaled.geometry.calibrated, scaled.findings[0].code
    (False, 'spacing-implausible')
    """
    if not cine.geometry.calibrated:
        return cine
    rows = np.flatnonzero(sector.any(1))
    row_mm, column_mm = cine.geometry.pixel_spacing_mm
    depth = float(rows[-1] - rows[0] + 1) * row_mm
    if depth > DEPTH_MM[1]:
        text = (
            f"a picture {depth:.0f} mm deep: no ultrasound reaches as far: pixel spacing not used, no volumes"
        )
        doubt = Finding("spacing-implausible", "error", text, "pass the true pixel spacing in mm (--spacing)")
        geometry = Geometry.stack(1, (row_mm / column_mm, 1.0), 1.0, calibrated=False)
        return replace(cine, geometry=geometry).with_findings(doubt)
    doubts = []
    if depth < DEPTH_MM[0]:
        doubts.append(f"picture only {depth:.3g} mm deep")
    if max(row_mm, column_mm) > OBLONG * min(row_mm, column_mm):
        doubts.append(f"pixels of {row_mm:.3g} x {column_mm:.3g} mm, not square")
    advice = "check the unit of the pixel spacing (mm, cm, m) and both its numbers; pass --spacing"
    return cine.with_findings(*(Finding("spacing-unusual", "warning", text, advice) for text in doubts))


def check_apical(
    cine: Cine, segmentation: Segmentation, sector: Bools, ed: int, atrium: Contour | None = None
) -> tuple[Finding, ...]:
    """Every doubt about the outlines of a clip.

    Parameters
    ----------
    segmentation : Segmentation
        Of one slice.
    sector : ndarray of bool, shape (Y, X)
        Where the scanner draws.
    ed : int
        Frame from 0.
    atrium : Contour or None
        Of the left atrium at ES.

    Returns
    -------
    tuple of Finding
        ``picture-cropped``, ``lv-at-border``, ``atrium-at-border``, ``frames-without-lv``,
        ``contour-jumps-in-time``.
    """
    return (
        *_cropped(sector),
        *_cut(segmentation, sector, ed),
        *_atrium_cut(atrium, sector),
        *_missing(segmentation),
        *_jumps(cine, segmentation),
    )


def _cropped(sector: Bools) -> list[Finding]:
    """Whether a fan goes on below, beyond the screen or the file's region: valve and base may lie there."""
    widths = sector.sum(1)
    rows = np.flatnonzero(widths)
    opens = widths[rows[len(rows) // 4]] < NARROW * widths.max()
    if not opens or widths[rows[-1]] <= CUT_OFF * widths.max():
        return []
    text = "the ultrasound picture is cut off below: mitral valve and base may be missing"
    return [
        Finding("picture-cropped", "warning", text, "give the whole picture: volumes and EF may be too small")
    ]


def _cut(segmentation: Segmentation, sector: Bools, ed: int) -> list[Finding]:
    share = _share_at_edge(segmentation.endo[0][ed], sector)
    if share <= AT_EDGE:
        return []
    text = f"{100 * share:.0f} % of the endocardium at the edge of the sector at ED"
    return [Finding("lv-at-border", "warning", text, "expect volumes too small: a wall is cut off")]


def _atrium_cut(atrium: Contour | None, sector: Bools) -> list[Finding]:
    share = _share_at_edge(atrium, sector)
    if share <= AT_EDGE:
        return []
    text = f"{100 * share:.0f} % of the left atrium's outline at the edge of the sector at ES"
    return [Finding("atrium-at-border", "warning", text, "expect its volume too small: a part is cut off")]


def _share_at_edge(contour: Contour | None, sector: Bools) -> float:
    """Share of an outline's points that lie within :data:`NEAR_PX` of the sector's edge, or beyond it."""
    if contour is None:
        return 0.0
    # The screen's own edge is an edge of the sector too.
    depth = distance_transform_edt(np.pad(sector, 1))[1:-1, 1:-1]
    rows, columns = np.round(contour.points).astype(int).T
    inside = (rows >= 0) & (rows < sector.shape[0]) & (columns >= 0) & (columns < sector.shape[1])
    at_edge = ~inside
    at_edge[inside] = depth[rows[inside], columns[inside]] < NEAR_PX
    return float(at_edge.mean())


def _missing(segmentation: Segmentation) -> list[Finding]:
    lost = [t for t, contour in enumerate(segmentation.endo[0]) if contour is None]
    if not lost:
        return []
    text = f"no left ventricle in frame {listed(lost)}"
    return [Finding("frames-without-lv", "warning", text, "look at the contours")]


def _jumps(cine: Cine, segmentation: Segmentation) -> list[Finding]:
    area = np.array([np.nan if c is None else polygon_area(c.points) for c in segmentation.endo[0]])
    if cine.phases_only or len(area) < 3 or not np.isfinite(area).any():
        return []
    wild = np.flatnonzero(np.abs(np.diff(area)) > JUMP * np.nanmax(area))
    if not len(wild):
        return []
    text = f"cavity area jumps after frame {listed(wild)}"
    return [Finding("contour-jumps-in-time", "warning", text, "look at the contours of these frames")]

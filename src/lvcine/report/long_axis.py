"""Long-axis views of the same exam, with the planes of the short-axis stack drawn on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from lvcine.report.diverging import picture
from lvcine.report.figures import drawing, points_of, scale_bar
from lvcine.report.picture import Box, windowed
from lvcine.report.slices import bar_mm, base_first, edge_letters
from lvcine.study import Analysis, Array, Cine, Geometry, View

_LONG = (View.CH4, View.CH2, View.CH3, View.LAX)
_NAMES = {View.CH4: "Four-chamber", View.CH2: "Two-chamber", View.CH3: "Three-chamber", View.LAX: "Long axis"}
_CROSSES = 0.5  # |cosine| of the two normals beyond which planes cut each other too obliquely to be drawn
_MARGIN_MM = 25.0  # around what the stack outlines
_TYPE = 0.042  # size of the letters over the picture's width
_APART = 0.7  # of a letter's size: numbers that lie nearer together cannot be told apart


@dataclass(frozen=True)
class Cut:
    """Where a short-axis plane meets a long-axis picture.

    Attributes
    ----------
    slice : int
    ends : ndarray, shape (2, 2)
        (x, y) of the line's ends in pixels of the picture, pixel centres at integers.
    holds : bool
        The ventricle is outlined in this slice.
    wall : ndarray, shape (N, 2)
        (x, y) where the contours of that slice pass through the picture's plane.
    """

    slice: int
    ends: Array
    holds: bool
    wall: Array


@dataclass(frozen=True)
class LongAxisPicture:
    """A long-axis cine as the page shows it: its label in the study, its caption, its drawing."""

    label: str
    caption: str
    drawing: Markup


def long_axis_views(analysis: Analysis) -> Iterator[LongAxisPicture]:
    """The picture of each long-axis cine at end-diastole; nothing where positions are not known."""
    cine = analysis.cine
    if cine.modality != "MR" or cine.slices < 2 or not cine.geometry.placed:
        return
    views = [c for c in analysis.study.cines if c.view in _LONG and c.modality == "MR" and c.velocity is None]
    for view in sorted(views, key=lambda c: _LONG.index(c.view)):
        if not (view.geometry.placed and view.geometry.calibrated):
            continue
        z = view.slices // 2
        found = cuts(analysis, view.geometry, z)
        if any(cut.holds for cut in found):
            frame = same_phase(analysis.ed_frame, cine, view)
            name = f"{_NAMES[view.view]}, {view.label}, frame {frame}"
            yield LongAxisPicture(view.label, name, _drawn(view, z, frame, found, name))


def same_phase(frame: int, cine: Cine, other: Cine) -> int:
    """The frame of another cine at the same share of the cycle.

    Examples
    --------
    >>> from lvcine.study import Geometry
    >>> def cine(frames):
    ...     flat = Geometry.stack(slices=1, spacing_mm=(1.0, 1.0), step_mm=1.0)
    ...     return Cine(np.zeros((1, frames, 2, 2)), flat)
    >>> same_phase(10, cine(20), cine(30)), same_phase(19, cine(20), cine(5))
    (15, 0)
    """
    return round(frame / cine.frames * other.frames) % other.frames


def cuts(analysis: Analysis, plane: Geometry, z: int) -> list[Cut]:
    """Every short-axis plane that meets slice ``z`` of another geometry, from base to apex."""
    stack, ed = analysis.cine.geometry, analysis.ed_frame
    if abs(float(stack.normal @ plane.normal)) > _CROSSES:
        return []
    found = []
    for s in base_first(analysis):
        lines = [side[s][ed] for side in (analysis.segmentation.endo, analysis.segmentation.epi)]
        outlined = [stack.to_patient(s, c.points) for c in lines if c is not None]
        across = [plane.to_pixels(z, _through(points, plane, z))[:, ::-1] for points in outlined]
        wall = np.concatenate([*across, np.zeros((0, 2))])
        found.append(Cut(s, _line(stack, s, plane, z), bool(outlined), wall))
    return found


def _through(points_mm: Array, plane: Geometry, z: int) -> Array:
    """Where a closed curve (N, 3) in the patient passes through a plane, (M, 3)."""
    height = (points_mm - plane.origins_mm[z]) @ plane.normal
    after = np.roll(points_mm, -1, 0)
    above = np.roll(height, -1)
    crossed = (height <= 0) != (above <= 0)
    share = (height / np.where(height == above, 1.0, height - above))[crossed, None]
    return points_mm[crossed] + share * (after[crossed] - points_mm[crossed])


def _line(stack: Geometry, s: int, plane: Geometry, z: int) -> Array:
    """Two points (x, y) far apart on the line in which the planes meet, in pixels of ``plane``.

    Of the pixels (x, y) of the picture those with n . (origin + x column + y row - place) = 0.
    """
    n = stack.normal
    a, b = float(n @ plane.column_step_mm), float(n @ plane.row_step_mm)
    level = float(n @ (stack.origins_mm[s] - plane.origins_mm[z]))
    foot = np.array([a, b]) * level / (a * a + b * b)
    along = np.array([-b, a]) / np.hypot(a, b)
    return np.stack([foot - 4000.0 * along, foot + 4000.0 * along])


def _drawn(view: Cine, z: int, frame: int, found: list[Cut], name: str) -> Markup:
    rows, columns = view.pixels.shape[2:]
    row_mm, column_mm = view.geometry.pixel_spacing_mm
    seen = np.concatenate([cut.wall for cut in found])
    margin = _MARGIN_MM / np.array([column_mm, row_mm])
    left, top = np.maximum(np.floor(seen.min(0) - margin), 0).astype(int) if len(seen) else (0, 0)
    right, bottom = np.minimum(np.ceil(seen.max(0) + margin), (columns, rows)).astype(int)
    box = Box(int(top), int(bottom), int(left), int(right))
    if box.height < 2 or box.width < 2:
        box = Box(0, rows, 0, columns)
    grey = windowed(view.pixels[z : z + 1], box)[0, frame]
    aspect = row_mm / column_mm
    width, height = float(box.width), box.height * aspect
    opaque = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    parts = [
        f'<image href="{picture(opaque)}" width="{width}" height="{height:.2f}" preserveAspectRatio="none"/>'
    ]
    offset, stretch = np.array([box.left - 0.5, box.top - 0.5]), np.array([1.0, aspect])
    numbered: list[tuple[float, float]] = []
    for cut in found:
        parts += _cut_drawn(cut, offset, stretch, (width, height), numbered)
    bar = bar_mm(width * column_mm)
    size, pad = _TYPE * width, 0.015 * width
    sides = edge_letters(view.geometry)
    parts.append(f'<g class="edges" font-size="{size:.1f}">')
    parts.append(f'<text class="edge left" x="{pad:.1f}" y="{height / 2:.1f}">{sides["left"]}</text>')
    parts.append(f'<text class="edge top middle" x="{width / 2:.1f}" y="{size:.1f}">{sides["top"]}</text>')
    parts += scale_bar(2 * pad, height - 2 * pad, bar / column_mm, bar, pad)
    return drawing(width, height, [*parts, "</g>"], name, "long-axis")


def _cut_drawn(
    cut: Cut, offset: Array, stretch: Array, size: tuple[float, float], numbered: list[tuple[float, float]]
) -> list[str]:
    """A plane's line within the picture, its number at the end, and the wall's points on it.

    ``numbered``: places of numbers; one that would lie on another one is left out, and joins them if not.
    """
    width, height = size
    ends = _clipped((cut.ends - offset) * stretch, width, height)
    if ends is None:
        return []
    kind = "plane" if cut.holds else "plane empty"
    (x, y), letter = ends[int(ends[0, 0] < ends[1, 0])], _TYPE * width
    x, y = min(x, width - 0.2 * letter), min(max(y, letter), height - 0.2 * letter)
    dots = [
        f'<circle class="wall-point" cx="{a:.2f}" cy="{b:.2f}" r="{0.008 * width:.2f}"/>'
        for a, b in (cut.wall - offset) * stretch
    ]
    drawn = [f'<polyline class="{kind}" data-slice="{cut.slice}" points="{points_of(ends)}"/>', *dots]
    if all(np.hypot(x - a, y - b) > _APART * letter for a, b in numbered):
        numbered.append((float(x), float(y)))
        place = f'x="{x:.1f}" y="{y:.1f}" font-size="{letter:.1f}"'
        drawn.append(f'<text class="plane-number end" {place}>{cut.slice}</text>')
    return drawn


def _clipped(ends: Array, width: float, height: float) -> Array | None:
    """The part of a line (2, 2) in the picture (Liang and Barsky 1984, doi:10.1145/357332.357333)."""
    start, step = ends[0], ends[1] - ends[0]
    low, high = 0.0, 1.0
    for place, move, size in ((start[0], step[0], width), (start[1], step[1], height)):
        if abs(move) < 1e-12:
            if not 0 <= place <= size:
                return None
            continue
        first, last = sorted(((0 - place) / move, (size - place) / move))
        low, high = max(low, first), min(high, last)
    return np.stack([start + low * step, start + high * step]) if low < high else None

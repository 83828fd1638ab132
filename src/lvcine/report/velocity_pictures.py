"""The myocardium with its velocity: arrows in the plane of the picture, colour along the heart's axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from lvcine.report.diverging import colours, picture, symmetric_limit
from lvcine.report.figures import drawing, ticks
from lvcine.report.picture import Tiles
from lvcine.study import F32, Array, Bools, Segmentation
from lvcine.study.wall_velocity import WallVelocity

_ARROWS = 70  # about so many on the wall of a slice: each is the mean of a small block of pixels
_LONGEST = 0.12  # of the picture's width
_AROUND = 1.3  # width of the picture over that of the wall
_HEAD = 0.32  # of an arrow's length
_BARB = 0.55  # half a head's width over its length


@dataclass(frozen=True, eq=False)
class WallMotion:
    """The wall's pixels of one slice and frame, cut to the ventricle.

    Attributes
    ----------
    along_cm_s : ndarray, shape (h, w)
        Longitudinal, positive from base to apex; NaN beside the wall.
    start, vector_cm_s : ndarray, shape (N, 2)
        (x, y) of the arrows: where they begin in pixels, and the velocity in the plane there, without
        the motion of the whole ring.
    """

    along_cm_s: F32
    start: Array
    vector_cm_s: Array


def wall_motion(
    wall: WallVelocity, seg: Segmentation, tiles: Tiles, z: int, frame: int, apex: int
) -> WallMotion:
    """What is drawn of one slice and frame; ``apex`` is that of :func:`apex_along_z`."""
    box = tiles.box
    cut = np.s_[..., z, frame, box.top : box.bottom, box.left : box.right]
    field = wall.field_cm_s[cut]
    there = seg.mask.myocardium[cut] & np.isfinite(field).all(0)
    along = np.where(there, apex * field[2], np.nan)
    y, x = np.nonzero(there)
    bulk = np.nan_to_num(wall.bulk_cm_s[:, z, frame])
    in_plane = field[:2, y, x].T - bulk
    side = max(1, round(float(np.sqrt(len(x) / _ARROWS))))
    blocks = (y // side) * (tiles.box.width // side + 1) + x // side
    _, member = np.unique(blocks, return_inverse=True)
    count = np.bincount(member)
    full = 2 * count >= side * side  # a sliver at the wall's edge tells little
    rows = np.stack([x + 0.5, y + 0.5, *in_plane.T])
    means = np.stack([np.bincount(member, row) / count for row in rows], 1)[full] if len(x) else rows.T
    return WallMotion(along.astype(np.float32), means[:, :2], means[:, 2:])


def window(motions: Iterable[WallMotion], tiles: Tiles) -> tuple[float, float, float, float]:
    """Left, top, width and height in pixels, the same for all pictures, that hold every wall shown."""
    h, w = tiles.grey.shape[2:]
    there: Bools = np.zeros((h, w), bool)
    for motion in motions:
        there |= np.isfinite(motion.along_cm_s)
    if not there.any():
        return 0.0, 0.0, float(w), float(h)
    y, x = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    middle_x, middle_y = (x.min() + x.max() + 1) / 2, (y.min() + y.max() + 1) / 2
    across, down = float(np.ptp(x) + 1), float(np.ptp(y) + 1) * tiles.aspect
    half = _AROUND * max(across, down) / 2
    left, right = max(middle_x - half, 0.0), min(middle_x + half, float(w))
    top, bottom = max(middle_y - half / tiles.aspect, 0.0), min(middle_y + half / tiles.aspect, float(h))
    return left, top, right - left, bottom - top


def arrow_scale(motions: Iterable[WallMotion], width: float) -> tuple[float, float]:
    """Pixels per cm/s that suit all pictures, and a round velocity for the arrow of the legend.

    Examples
    --------
    >>> moving = WallMotion(np.zeros((2, 2), np.float32), np.zeros((1, 2)), np.array([[3.0, 4.0]]))
    >>> arrow_scale([moving], 100.0)
    (2.4, 5.0)
    """
    sizes = np.concatenate([np.hypot(*m.vector_cm_s.T) for m in motions] or [np.zeros(0)])
    fastest = max(float(np.percentile(sizes, 98)) if sizes.size else 0.0, 0.1)
    return _LONGEST * width / fastest, ticks(0.0, fastest, 1)[1]


@dataclass(frozen=True)
class Look:
    """What all pictures of the wall in motion have in common.

    Attributes
    ----------
    view : (float, float, float, float)
        Of :func:`window`.
    limit_cm_s : float
        At the ends of the colours.
    scale : float
        Pixels per cm/s of an arrow.
    legend_cm_s : float
        Of the arrow in the corner.
    """

    view: tuple[float, float, float, float]
    limit_cm_s: float
    scale: float
    legend_cm_s: float


def common_look(motions: Sequence[WallMotion], tiles: Tiles) -> Look:
    """A look in which every one of the pictures can be read."""
    view = window(motions, tiles)
    along = np.concatenate([m.along_cm_s.ravel() for m in motions])
    along = np.abs(along[np.isfinite(along)])
    # One noisy pixel shall not pale all others.
    limit = symmetric_limit(np.percentile(along, [99.0]) if along.size else along)
    return Look(view, limit, *arrow_scale(motions, view[2]))


def motion_svg(tiles: Tiles, z: int, frame: int, motion: WallMotion, look: Look) -> Markup:
    """The magnitude with the wall coloured and its arrows on it, one arrow of known size in the corner."""
    grey = tiles.grey[z, frame]
    h, w = grey.shape
    left, top, across, down = look.view
    place = f'width="{w}" height="{h}" preserveAspectRatio="none"'
    magnitude = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    move = f"translate({-left:.2f} {-top * tiles.aspect:.2f})"
    parts = [f'<g transform="{move}"><g transform="scale(1 {tiles.aspect:.5f})">']
    parts.append(f'<image href="{picture(magnitude)}" {place}/>')
    parts.append(f'<image href="{picture(colours(motion.along_cm_s, look.limit_cm_s), 4)}" {place}/></g>')
    start, scale = motion.start * (1.0, tiles.aspect), look.scale
    path = "".join(arrow_path(a, v * scale) for a, v in zip(start, motion.vector_cm_s, strict=True))
    parts += [f'<path class="halo" d="{path}"/>', f'<path class="arrow" d="{path}"/></g>']
    parts += _known_arrow(look.legend_cm_s, scale, across, down * tiles.aspect)
    name = f"Velocities of the wall, slice {z}, frame {frame}"
    return drawing(across, down * tiles.aspect, parts, name, "motion")


def _known_arrow(cm_s: float, scale: float, width: float, height: float) -> list[str]:
    """An arrow in the lower left corner and its velocity."""
    corner, length = np.array((0.05 * width, height - 0.06 * width)), cm_s * scale
    at = f'x="{corner[0] + length + 0.025 * width:.1f}" y="{corner[1] + 0.018 * width:.1f}"'
    return [
        f'<path class="known" d="{arrow_path(corner, np.array((length, 0.0)))}"/>',
        f'<text {at} font-size="{0.055 * width:.1f}">{cm_s:g} cm/s</text>',
    ]


def arrow_path(start: Array, vector: Array) -> str:
    """A line from ``start`` along ``vector`` with a head at its end, as the data of a path."""
    end = start + vector
    head, across = _HEAD * vector, _HEAD * _BARB * np.array([-vector[1], vector[0]])
    wings = end - head + across, end - head - across
    points = [" ".join(f"{v:.2f}" for v in p) for p in (start, end, wings[0], end, wings[1])]
    return "M{}L{}M{}L{}L{}".format(*points)

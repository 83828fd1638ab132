"""Which plane is it? From where the slices lie in the patient, never from words.

The left ventricle's long axis runs from base to apex to the left, forwards and downwards
[1]_. The short-axis stack is the one whose normal is that axis and to which the long-axis
planes of the exam are perpendicular. A long-axis plane contains the axis; which one it is
shows in the angle at which it cuts the short-axis circle. On the clock of the AHA's
17-segment model [2]_ (0 degrees: lateral, 90: anterior) the four-chamber plane passes the
inferoseptal and anterolateral segments (30 and 210 degrees), the two-chamber plane the
anterior and inferior ones (90, 270), the three-chamber plane the anteroseptal and
inferolateral ones (150, 330). In the patient, "anterior" on that clock is the direction
perpendicular to the axis that goes most nearly straight up.

Measured on one complete exam and five short-axis stacks: axes 1 to 14 degrees from the one
below; the three long-axis planes of the exam at 34, 92 and 155 degrees; its right-ventricular
planes tilted by 16 and 21 degrees and 38 and 20 mm beside the middle of the stack.

References
----------
.. [1] Foster JE et al., Determination of left ventricular long-axis orientation using MRI,
   Clin Physiol Funct Imaging 25(5):286-292, 2005.
.. [2] Cerqueira MD et al., Standardized myocardial segmentation, Circulation 105:539-542,
   2002, doi:10.1161/hc0402.102975.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lvcine.study import Array, Cine, Finding, View

USUAL_AXIS = np.array([0.60, -0.67, -0.43])
"""Base to apex in patient LPS: left, anterior, inferior. Ours: mean of six human short-axis stacks."""
USUAL_AXIS /= np.linalg.norm(USUAL_AXIS)

CLOCK_DEG = {View.CH4: 30.0, View.CH2: 90.0, View.CH3: 150.0}

_NAMED_DEG = 20.0  # from the clock; the three planes stand 60 degrees apart
_CONTAINS_DEG = 15.0  # tilt at which a plane still contains the axis
_SLANTED_DEG = 25.0  # tilt beyond which it is no long-axis plane at all
_ALIGNED_DEG = 25.0  # of a normal to the axis: a short-axis plane
_BESIDE_MM = 30.0  # a long-axis plane this far from the middle of the stack misses the LV;
_BESIDE_TILTED_MM = 15.0  # a tilted one misses it sooner
_UNUSUAL_DEG = 40.0  # of a stack's normal to the usual axis
_CLEAR_SCORE = 0.2

Named = tuple[View, tuple[Finding, ...]]


@dataclass(frozen=True, eq=False)
class _Plane:
    """What naming needs of one cine."""

    normal: Array
    centres: Array  # (Z, 3), middle of every slice
    span_mm: float
    weight: int

    @classmethod
    def of(cls, cine: Cine) -> _Plane:
        g = cine.geometry
        rows, columns = cine.pixels.shape[2:]
        middle = g.row_step_mm * (rows - 1) / 2 + g.column_step_mm * (columns - 1) / 2
        span = float(np.ptp(g.slice_positions_mm))
        return cls(g.normal, g.origins_mm + middle, span, weight(cine))

    @property
    def slices(self) -> int:
        return len(self.centres)


def weight(cine: Cine) -> int:
    """How much of a heart a cine shows: slices times frames, frames counting up to 8."""
    return cine.slices * min(cine.frames, 8)


def name_views(cines: Sequence[Cine]) -> list[Named]:
    """View of every cine of one exam.

    Parameters
    ----------
    cines : sequence of Cine
        Pixels are not looked at. Cines that are not placed in the patient, and ultrasound, keep
        the view they have.

    Returns
    -------
    list of (View, findings)
        ``SAX`` for the short-axis stack and what is parallel to it; ``2CH``, ``3CH``, ``4CH``;
        ``LAX`` with a finding where the plane holds the axis but is not clearly one of these;
        ``OTHER`` for planes that do not hold the axis or pass beside the LV.
    """
    placed = [index for index, cine in enumerate(cines) if cine.geometry.placed and cine.modality != "US"]
    named: list[Named] = [(cine.view, ()) for cine in cines]
    if not placed:
        return named
    planes = {index: _Plane.of(cines[index]) for index in placed}
    short, doubts = _short_axis(planes)
    axis = _towards_apex(planes[short].normal) if short is not None else _crossing(list(planes.values()))
    for index, plane in planes.items():
        middle = planes[short].centres.mean(axis=0) if short is not None else None
        named[index] = (
            (View.SAX, doubts) if index == short else _name(plane, axis, middle, certain=not doubts)
        )
    return named


def _degrees_off(a: Array, b: Array) -> float:
    """Angle between two lines, 0 to 90 degrees."""
    return float(np.rad2deg(np.arccos(np.clip(abs(a @ b), 0.0, 1.0))))


def _towards_apex(normal: Array) -> Array:
    return normal if normal @ USUAL_AXIS > 0 else -normal


def _short_axis(planes: dict[int, _Plane]) -> tuple[int | None, tuple[Finding, ...]]:
    """Index of the short-axis stack, and what makes the choice doubtful."""
    stacks = [index for index, plane in planes.items() if plane.slices >= 3]
    if not stacks:
        lone = min(planes, key=lambda index: _degrees_off(planes[index].normal, USUAL_AXIS))
        found = _degrees_off(planes[lone].normal, USUAL_AXIS) <= _UNUSUAL_DEG
        return (lone if found else None), ()
    score = {index: _short_axis_score(index, planes) for index in stacks}
    best = max(stacks, key=lambda index: score[index])
    rivals = [index for index in stacks if score[best] - score[index] < _CLEAR_SCORE]
    longest = max(rivals, key=lambda index: planes[index].span_mm)
    alike = [r for r in rivals if _degrees_off(planes[r].normal, planes[longest].normal) <= _ALIGNED_DEG]
    chosen = max(alike, key=lambda index: planes[index].weight)
    crosswise = [r for r in rivals if _degrees_off(planes[r].normal, planes[chosen].normal) > _ALIGNED_DEG]
    if crosswise:
        spans = planes[chosen].span_mm, planes[crosswise[0]].span_mm
        return chosen, (_guessed(*spans),)
    off = _degrees_off(planes[chosen].normal, USUAL_AXIS)
    return chosen, ((_unusual(off),) if off > _UNUSUAL_DEG else ())


def _short_axis_score(index: int, planes: dict[int, _Plane]) -> float:
    """Nearness to the usual axis (0 to 1) plus the share of other planes that are perpendicular to it."""
    normal = planes[index].normal
    near = abs(float(normal @ USUAL_AXIS))
    others = [plane.normal for plane in planes.values() if _degrees_off(plane.normal, normal) > _ALIGNED_DEG]
    if not others:
        return near
    return near + float(np.mean([_degrees_off(other, normal) > 90 - _ALIGNED_DEG for other in others]))


def _guessed(span_mm: float, other_mm: float) -> Finding:
    return Finding(
        "short-axis-guessed",
        "warning",
        f"two crossing stacks, neither in the usual direction: the longer one taken for the short axis "
        f"({span_mm:.0f} mm against {other_mm:.0f} mm)",
        "look at the pictures; choose the other stack by its series if this is wrong",
    )


def _unusual(degrees: float) -> Finding:
    return Finding(
        "short-axis-unusual",
        "warning",
        f"the stack's normal is {degrees:.0f} degrees from the usual long axis of the heart",
        "check that the pictures are short-axis slices",
    )


def _crossing(planes: list[_Plane]) -> Array:
    """The line in which long-axis planes cross; the usual axis where they say nothing better."""
    best, widest = USUAL_AXIS, 30.0
    for i, one in enumerate(planes):
        for other in planes[i + 1 :]:
            line = np.cross(one.normal, other.normal)
            angle = _degrees_off(one.normal, other.normal)
            if angle > widest:
                line /= np.linalg.norm(line)
                if _degrees_off(line, USUAL_AXIS) < _UNUSUAL_DEG:
                    best, widest = _towards_apex(line), angle
    return best


def _name(plane: _Plane, axis: Array, middle: Array | None, *, certain: bool) -> Named:
    """View of one cine beside the short-axis stack."""
    off = _degrees_off(plane.normal, axis)
    tilt = 90.0 - off
    if off <= _ALIGNED_DEG:
        return View.SAX, ()
    if tilt > _SLANTED_DEG:
        return _doubtful(View.OTHER, f"the plane is tilted {tilt:.0f} degrees against the LV's long axis")
    beside = 0.0 if middle is None else float(np.abs((plane.centres - middle) @ plane.normal).min())
    if beside > (_BESIDE_TILTED_MM if tilt > _CONTAINS_DEG else _BESIDE_MM):
        return _doubtful(View.OTHER, f"the plane passes {beside:.0f} mm beside the middle of the LV")
    if tilt > _CONTAINS_DEG:
        return _doubtful(View.LAX, f"the plane is tilted {tilt:.0f} degrees against the LV's long axis")
    if not certain:
        return _doubtful(View.LAX, "the long axis itself is not certain")
    angle = clock_angle_deg(plane.normal, axis)
    view = min(CLOCK_DEG, key=lambda v: _apart(angle, CLOCK_DEG[v]))
    if _apart(angle, CLOCK_DEG[view]) > _NAMED_DEG:
        return _doubtful(View.LAX, f"the plane stands at {angle:.0f} degrees, between the standard views")
    return view, ()


def _apart(a: float, b: float) -> float:
    """Difference of two directions of lines, 0 to 90 degrees."""
    return abs((a - b + 90.0) % 180.0 - 90.0)


def clock_angle_deg(normal: Array, axis: Array) -> float:
    """Where a long-axis plane cuts the short-axis circle, 0 to 180 degrees.

    Parameters
    ----------
    normal : ndarray (3,)
        Of the long-axis plane, patient LPS.
    axis : ndarray (3,)
        Unit vector from base to apex.

    Examples
    --------
    A plane that holds the axis and goes straight up is at 90 degrees:

    >>> axis = np.array([0.8, -0.6, 0.0])
    >>> round(clock_angle_deg(np.array([0.6, 0.8, 0.0]), axis), 6)
    90.0
    """
    up = np.array([0.0, 0.0, 1.0]) - axis[2] * axis
    up /= np.linalg.norm(up)
    lateral = np.cross(up, axis)
    cut = np.cross(normal, axis)
    return float(np.rad2deg(np.arctan2(cut @ up, cut @ lateral)) % 180.0)


def _doubtful(view: View, why: str) -> Named:
    return view, (
        Finding("view-uncertain", "info", f"{why}: named {view}", "name the view yourself (--view)"),
    )

"""Which way the septum and the anterior wall lie in each slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.errors import UsageError
from lvcine.measure.apex import apex_by_axes
from lvcine.measure.area import polygon_centroid
from lvcine.study import Array, Finding, Geometry, Segmentation

# Patient axes (LPS): the right ventricle lies to the right and in front of the left one.
_RIGHT_VENTRICLE = np.array([-1.0, -1.0, 0.0]) / np.sqrt(2)
_IN_PLANE = 0.3  # of that direction must lie in the slice's plane to say anything
# The septum takes 120 degrees: its anterior end is 60 degrees from its middle.
_HALF_SEPTUM = np.deg2rad(60.0)
_JUMP_DEGREES = 60.0
_WRONG_SIDE = -0.2  # cosine of septum and right front; in any heart it is positive


@dataclass(frozen=True)
class Insertion:
    """The anterior insertion of the RV, as the user points at it.

    Attributes
    ----------
    y, x : float
        Pixel of the cine's grid (row, column).
    slice : int or None
        The slice it was seen in; None: the average centre of the LV is used.
    """

    y: float
    x: float
    slice: int | None = None


@dataclass(frozen=True, eq=False)
class Anchor:
    """Angles around the LV: 0 at the middle of the septum, growing towards anterior.

    Attributes
    ----------
    septum : ndarray, shape (Z, 2)
        Unit vectors (y, x; mm) from the LV centre to the middle of the septum.
    sense : int
        +1 where anterior follows the septum clockwise on the grid as displayed (rows down,
        columns right), as in every image viewed from the apex; -1 in its mirror image.
    findings : tuple of Finding
    """

    septum: Array
    sense: int
    findings: tuple[Finding, ...] = ()

    def directions(self, z: int, angles: Array) -> Array:
        """Unit vectors (R, 2) as (y, x; mm) of angles (R,) in radians in slice z."""
        s = self.septum[z]
        anterior = self.sense * np.array([s[1], -s[0]])
        return np.cos(angles)[:, None] * s + np.sin(angles)[:, None] * anterior


def find_anchor(
    segmentation: Segmentation,
    geometry: Geometry,
    frame: int,
    insertion: Insertion | tuple[float, float] | None = None,
) -> Anchor:
    """The septum's direction in each slice, and the side on which anterior lies.

    Parameters
    ----------
    segmentation : Segmentation
        ``rv_direction`` where the RV was seen; slices without it take it from their
        neighbours.
    frame : int
        The frame whose contours give the LV centre for ``insertion`` (ED).
    insertion : Insertion or (y, x), optional
        Goes before what the image says.

    Returns
    -------
    Anchor
        With findings ``septum-assumed``, ``septum-direction-jumps``, ``anterior-assumed``.

    Raises
    ------
    UsageError
        ``insertion`` names a slice without LV, or the LV's own centre.

    Notes
    -----
    The side of the anterior wall follows from handedness: seen from the apex, septum to
    the left, anterior is up. Which end is the apex follows from the patient's axes, so
    turning or mirroring the grid changes nothing. That holds for any tilt of the heart,
    where "forward" alone does not: in a heart that lies flat the anterior wall points up.
    """
    sense, sense_findings = _sense(geometry)
    if insertion is not None:
        point = insertion if isinstance(insertion, Insertion) else Insertion(*insertion)
        septum = _septum_of_insertion(segmentation, geometry, frame, point, sense)
        return Anchor(septum, sense, sense_findings)
    septum, findings = _septum(segmentation.rv_direction, geometry)
    return Anchor(septum, sense, sense_findings + findings)


def _sense(geometry: Geometry) -> tuple[int, tuple[Finding, ...]]:
    apex = apex_by_axes(geometry)
    if apex:
        # An image viewed from the apex has its normal (rows down, columns right) pointing
        # away from the viewer, to the base.
        return -apex, ()
    text = "anterior and inferior not distinguished by the patient's axes"
    advice = "exchange anterior and inferior segments if the image is mirrored"
    doubt = f"{text}: image taken as viewed from the apex"
    return 1, (Finding("anterior-assumed", "warning", doubt, advice),)


def _septum_of_insertion(
    segmentation: Segmentation, geometry: Geometry, frame: int, insertion: Insertion, sense: int
) -> Array:
    contours = {z: frames[frame] for z, frames in enumerate(segmentation.endo)}
    centres = {z: polygon_centroid(c.points) for z, c in contours.items() if c is not None}
    if insertion.slice is not None and insertion.slice not in centres:
        raise UsageError(
            f"the insertion point names slice {insertion.slice}, which has no LV in frame {frame}"
        )
    centre = np.mean(list(centres.values()), axis=0) if insertion.slice is None else centres[insertion.slice]
    towards = (np.array([insertion.y, insertion.x]) - centre) * geometry.pixel_spacing_mm
    if not np.linalg.norm(towards) > 0:
        raise UsageError("the insertion point lies on the centre of the LV", advice="point at the RV's edge")
    unit = towards / np.linalg.norm(towards)
    alone = Anchor(unit[None], sense)  # angle 0 at the insertion: the septum's middle is 60 degrees back
    return np.repeat(alone.directions(0, np.array([-_HALF_SEPTUM])), len(segmentation.endo), axis=0)


def _septum(seen: Array | None, geometry: Geometry) -> tuple[Array, tuple[Finding, ...]]:
    if seen is None or not np.isfinite(seen).all(axis=1).any():
        return _assumed_septum(geometry)
    known = np.isfinite(seen).all(axis=1) & (np.linalg.norm(np.nan_to_num(seen), axis=1) > 0)
    unit = np.asarray(seen, float)[known]
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    filled = _between(unit, geometry.slice_positions_mm[known], geometry.slice_positions_mm)
    return filled, (*_jumps(unit), *_against_header(unit, geometry))


def _between(unit: Array, known_mm: Array, all_mm: Array) -> Array:
    """Directions at every slice: from the neighbours seen, the nearest one beyond the ends."""
    order = np.argsort(known_mm)
    vectors = np.stack([np.interp(all_mm, known_mm[order], unit[order, i]) for i in (0, 1)], axis=1)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    # Halfway between opposite directions there is none: the mean of all stands in.
    return np.where(length > 0.1, vectors / np.maximum(length, 0.1), _mean_direction(unit))


def _mean_direction(unit: Array) -> Array:
    total = unit.sum(axis=0)
    return total / np.linalg.norm(total) if np.linalg.norm(total) > 1e-6 else unit[0]


def _jumps(unit: Array) -> tuple[Finding, ...]:
    cosine = np.clip(unit @ _mean_direction(unit), -1, 1)
    worst = float(np.rad2deg(np.arccos(cosine)).max())
    if worst <= _JUMP_DEGREES:
        return ()
    text = f"direction of the septum differs by {worst:.0f} degrees between slices"
    advice = "look at the segments in the report, or state the anterior insertion point of the RV"
    return (Finding("septum-direction-jumps", "warning", text, advice),)


def _against_header(unit: Array, geometry: Geometry) -> tuple[Finding, ...]:
    """Whether the right ventricle that is seen lies where the header puts the patient's left or back."""
    y, x = _mean_direction(unit)
    axes = np.stack([geometry.row_step_mm, geometry.column_step_mm])
    rows, columns = axes / np.linalg.norm(axes, axis=1, keepdims=True)
    towards = float((y * rows + x * columns) @ _RIGHT_VENTRICLE)
    if not geometry.placed or towards > _WRONG_SIDE:
        return ()
    text = "the right ventricle lies to the left or behind by the header: its axes are wrong, or mirrored"
    advice = "check the affine or the orientation: segments, base and apex may be exchanged"
    return (Finding("orientation-doubtful", "warning", text, advice),)


def _assumed_septum(geometry: Geometry) -> tuple[Array, tuple[Finding, ...]]:
    """No RV seen: towards the patient's right and front, or left of the image."""
    axes = np.stack([geometry.row_step_mm, geometry.column_step_mm])
    in_plane = axes / np.linalg.norm(axes, axis=1, keepdims=True) @ _RIGHT_VENTRICLE
    patient = geometry.placed and bool(np.linalg.norm(in_plane) >= _IN_PLANE)
    direction = in_plane / np.linalg.norm(in_plane) if patient else np.array([0.0, -1.0])
    place = "towards the patient's right and front" if patient else "at the left of the image"
    text = f"right ventricle not found: septum assumed {place}"
    finding = Finding("septum-assumed", "warning", text, "state the anterior insertion point of the RV")
    return np.repeat(direction[None], geometry.slices, axis=0), (finding,)

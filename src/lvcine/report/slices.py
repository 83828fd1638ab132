"""In which order slices are shown, which way round, and how long a scale bar is."""

from __future__ import annotations

import numpy as np

from lvcine.measure.apex import find_apex
from lvcine.study import Analysis, Array, Geometry, Segmentation
from lvcine.study.wall_velocity import WallVelocity

_LETTERS = (("L", "R"), ("P", "A"), ("H", "F"))  # towards + and - of x, y and z (DICOM PS3.3 C.7.6.1.1.1)
_SHOWS = 0.38  # cosine from which a direction gets a second letter: within 67 degrees of that axis
_BARS_MM = (100.0, 50.0, 20.0, 10.0, 5.0)
_LONGEST_BAR = 0.4  # of the picture's width


def base_first(analysis: Analysis) -> tuple[int, ...]:
    """Slices from base to apex, by their numbers in the scan.

    As they come where a velocity-mapping scan does not say where its slices lie.
    """
    cine = analysis.cine
    if cine.slices == 1:
        return (0,)
    if analysis.velocity is not None:
        if not cine.geometry.placed:
            return tuple(range(cine.slices))
        towards = apex_along_z(analysis.velocity, analysis.segmentation)
    else:
        outer = (analysis.segmentation.mask.labels[:, analysis.ed_frame] > 0).sum((1, 2)).astype(float)
        towards, _ = find_apex(outer * cine.geometry.pixel_area_mm2, cine.geometry)
    return tuple(int(z) for z in np.argsort(towards * cine.geometry.slice_positions_mm, kind="stable"))


def apex_along_z(wall: WallVelocity, seg: Segmentation) -> int:
    """+1 where the apex lies along z of the picture, -1 against it: as the curves have it.

    The field is along the picture's axes, the curves are not, and only they know where the apex is. -1
    where no curve tells: the picture is seen from the apex, as short-axis pictures are.
    """
    there = seg.mask.myocardium & np.isfinite(wall.field_cm_s[2])
    count = there.sum((-2, -1))
    sums = np.where(there, wall.field_cm_s[2], 0.0).sum((-2, -1), dtype=float)
    alike = float(np.nansum(sums / np.maximum(count, 1) * wall.slice_cm_s[0]))
    return 1 if alike > 0 else -1


def edge_letters(geometry: Geometry) -> dict[str, str]:
    """Where the patient lies at each edge of a picture: left, right, top, bottom; empty where not known.

    R right, L left, A anterior, P posterior, H head, F feet; two letters where the edge lies between two.

    Examples
    --------
    >>> flat = Geometry(np.zeros((1, 3)), np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]))
    >>> edge_letters(flat)
    {'left': 'R', 'right': 'L', 'top': 'A', 'bottom': 'P'}
    """
    if not geometry.placed:
        return {}
    across, down = geometry.column_step_mm, geometry.row_step_mm
    return {
        "left": _towards(-across),
        "right": _towards(across),
        "top": _towards(-down),
        "bottom": _towards(down),
    }


def _towards(direction: Array) -> str:
    """Letters of a direction in the patient (LPS), the nearest axis first."""
    unit = np.asarray(direction, float) / np.linalg.norm(direction)
    strongest = np.argsort(-np.abs(unit), kind="stable")
    shown = [axis for rank, axis in enumerate(strongest[:2]) if rank == 0 or abs(unit[axis]) >= _SHOWS]
    return "".join(_LETTERS[axis][int(unit[axis] < 0)] for axis in shown)


def bar_mm(width_mm: float) -> float:
    """Length of a scale bar that suits a picture this wide.

    Examples
    --------
    >>> bar_mm(130.0), bar_mm(60.0)
    (50.0, 20.0)
    """
    return next((bar for bar in _BARS_MM if bar <= _LONGEST_BAR * width_mm), _BARS_MM[-1])


def bar_text(length_mm: float) -> str:
    """A bar's length as it is printed.

    Examples
    --------
    >>> bar_text(50.0), bar_text(5.0)
    ('5 cm', '5 mm')
    """
    return f"{length_mm / 10:g} cm" if length_mm >= 10 else f"{length_mm:g} mm"

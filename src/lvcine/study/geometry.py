"""Grid <-> patient millimetres: the only affine code in lvcine.

Patient space is DICOM's LPS (x to the patient's Left, y Posterior, z Superior, mm);
the NIfTI affine is the same in RAS. Grid index order is (slice z, row y, column x),
indices name pixel *centres* (DICOM PS3.3 C.7.6.2.1.1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from lvcine.errors import ReadError
from lvcine.study.arrays import Array, Whole

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False, repr=False)
class Geometry:
    """Where the pixels of a stack of parallel slices lie.

    Attributes
    ----------
    origins_mm : ndarray, shape (Z, 3)
        Patient position of the centre of pixel (row 0, column 0) of every slice.
        Slices may be unevenly spaced and shifted in plane.
    row_step_mm, column_step_mm : ndarray, shape (3,)
        Displacement when the row index y, or the column index x, grows by one.
    thickness_mm : float or None
        Slice thickness as the scanner states it.
    calibrated : bool
        False where the file has no pixel spacing: then steps are 1 "mm" per pixel
        and no length, area or volume may be reported in millimetres.
    placed : bool
        False where the file has no patient position: then the origins only say the
        distance between slices, and nothing is known about left or anterior.

    Raises
    ------
    ReadError
        Numbers that are none, steps or a thickness that are not above 0, rows along the columns.

    Examples
    --------
    >>> g = Geometry.stack(slices=3, spacing_mm=(1.5, 1.5), step_mm=10.0)
    >>> g.pixel_spacing_mm, g.slice_step_mm
    ((1.5, 1.5), 10.0)
    """

    origins_mm: Array
    row_step_mm: Array
    column_step_mm: Array
    thickness_mm: float | None = None
    calibrated: bool = True
    placed: bool = True

    def __post_init__(self) -> None:
        if self.origins_mm.ndim != 2 or self.origins_mm.shape[1] != 3:
            raise ReadError(f"slice origins of shape {self.origins_mm.shape}, expected (Z, 3)")
        if not np.isfinite(self.origins_mm).all():
            raise ReadError("slice positions that are no numbers", advice="export the images again")
        with np.errstate(all="ignore"):  # what overflows is refused
            sizes = np.array([*self.pixel_spacing_mm, self.pixel_area_mm2])
        if not (np.isfinite(sizes) & (sizes > 0)).all():
            raise ReadError(
                f"pixels of {sizes[0]:g} x {sizes[1]:g} mm, an area of {sizes[2]:g} mm2",
                advice="pass the pixel spacing in mm",
            )
        thick = self.thickness_mm
        if thick is not None and not (np.isfinite(thick) and thick > 0):
            raise ReadError(f"slices of {thick:g} mm", advice="pass the distance between slices in mm")

    def __repr__(self) -> str:
        row_mm, column_mm = self.pixel_spacing_mm
        unit = "mm" if self.calibrated else "pixels"
        place = "in the patient" if self.placed else "of unknown place"
        size = (
            f"{self.slices} slices every {self.slice_step_mm:.3g}, pixels of {row_mm:.3g} x {column_mm:.3g}"
        )
        return f"<Geometry: {size} {unit}, {place}>"

    @classmethod
    def stack(
        cls,
        slices: int,
        spacing_mm: tuple[float, float],
        step_mm: float,
        *,
        thickness_mm: float | None = None,
        calibrated: bool = True,
    ) -> Geometry:
        """Evenly spaced slices of unknown place in the patient (arrays, video)."""
        origins = np.zeros((slices, 3))
        origins[:, 2] = np.arange(slices) * step_mm
        return cls(
            origins,
            np.array([0.0, spacing_mm[0], 0.0]),
            np.array([spacing_mm[1], 0.0, 0.0]),
            thickness_mm,
            calibrated=calibrated,
            placed=False,
        )

    @classmethod
    def from_ras_affine(cls, affine: Array, slices: int, **known: object) -> Geometry:
        """From a NIfTI affine that maps voxel (x, y, z, 1) to RAS mm."""
        lps = LPS_TO_RAS @ np.asarray(affine, float)
        origins = lps[:3, 3] + np.arange(slices)[:, None] * lps[:3, 2]
        return cls(origins, lps[:3, 1].copy(), lps[:3, 0].copy(), **known)  # type: ignore[arg-type]

    @property
    def slices(self) -> int:
        return int(self.origins_mm.shape[0])

    @cached_property
    def pixel_spacing_mm(self) -> tuple[float, float]:
        """(between rows, between columns), DICOM's order."""
        return float(np.linalg.norm(self.row_step_mm)), float(np.linalg.norm(self.column_step_mm))

    @property
    def pixel_area_mm2(self) -> float:
        return float(np.linalg.norm(np.cross(self.row_step_mm, self.column_step_mm)))

    @property
    def normal(self) -> Array:
        """Unit vector column x row (right-handed with them), shape (3,)."""
        n = np.cross(self.column_step_mm, self.row_step_mm)
        return n / np.linalg.norm(n)

    @property
    def slice_positions_mm(self) -> Array:
        """Position of every slice along :attr:`normal`, shape (Z,)."""
        return self.origins_mm @ self.normal

    @property
    def slice_step_mm(self) -> float:
        """Typical distance between neighbouring slices (median), thickness for one slice.

        NaN where neither is known.
        """
        if self.slices > 1:
            return float(np.median(np.diff(np.sort(self.slice_positions_mm))))
        return float(self.thickness_mm) if self.thickness_mm else float("nan")

    def ras_affine(self) -> Array:
        """NIfTI affine (4, 4) for an array (X, Y, Z): the best even spacing of the slices."""
        step = self.normal * self.slice_step_mm
        if self.slices > 1:
            step = (self.origins_mm[-1] - self.origins_mm[0]) / (self.slices - 1)
        if not np.isfinite(step).all() or not np.linalg.norm(step) > 0:
            step = self.normal
        lps = np.eye(4)
        lps[:3, 0], lps[:3, 1], lps[:3, 2] = self.column_step_mm, self.row_step_mm, step
        lps[:3, 3] = self.origins_mm[0]
        return LPS_TO_RAS @ lps

    def to_patient(self, z: int, points_yx: Array) -> Array:
        """Pixel coordinates (N, 2) as (y, x) in slice z -> patient LPS mm (N, 3)."""
        p = np.asarray(points_yx, float)
        return self.origins_mm[z] + p[:, :1] * self.row_step_mm + p[:, 1:] * self.column_step_mm

    def to_pixels(self, z: int, points_mm: Array) -> Array:
        """Patient LPS mm (N, 3) -> pixel coordinates (N, 2) as (y, x) of slice z (projected)."""
        basis = np.stack([self.row_step_mm, self.column_step_mm], axis=1)
        return np.linalg.lstsq(basis, (np.asarray(points_mm, float) - self.origins_mm[z]).T, rcond=None)[0].T

    def take(self, order: list[int] | Whole) -> Geometry:
        """The same grid with slices chosen and ordered by index."""
        return replace(self, origins_mm=self.origins_mm[np.asarray(order, int)])

    def crop(self, y0: float, x0: float) -> Geometry:
        """The grid whose pixel (0, 0) is this one's (y0, x0)."""
        shift = y0 * self.row_step_mm + x0 * self.column_step_mm
        return replace(self, origins_mm=self.origins_mm + shift)

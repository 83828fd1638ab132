"""A cine: the moving picture of one stack of slices, and the exam it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import MOST_NAME, MOST_TEXT, ReadError, plain_text
from lvcine.study.arrays import Array
from lvcine.study.geometry import Geometry
from lvcine.study.results import Finding
from lvcine.study.velocity import Velocity


class View(StrEnum):
    """Imaging plane, from geometry (MR) or the user; never from words in a description."""

    SAX = "SAX"
    CH2 = "2CH"
    CH3 = "3CH"
    CH4 = "4CH"
    LAX = "LAX"  # long axis, which one is not known
    A2C = "A2C"
    A3C = "A3C"
    A4C = "A4C"
    APICAL = "APICAL"  # ultrasound, view not known
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, eq=False)
class FileGrid:
    """How the pixels lay in the file, so that a mask can be written back onto it.

    Attributes
    ----------
    axes : tuple of int
        File axis (0, 1 or 2) of the cine's (Z, Y, X). DICOM is written as (X, Y, Z): (2, 1, 0).
    ras_affine : ndarray (4, 4) or None
        The file's own affine, voxel of the *file's* axes -> RAS mm.
    flips : tuple of bool
        Whether the cine's (Z, Y, X) runs against its file axis.

    Examples
    --------
    >>> grid = FileGrid(axes=(0, 1, 2), flips=(True, False, False))
    >>> grid.to_file_axes(np.arange(12).reshape(2, 3, 1, 2)).shape  # (Z, T, Y, X) -> (Z, Y, X, T)
    (2, 1, 2, 3)
    """

    axes: tuple[int, int, int] = (2, 1, 0)
    ras_affine: Array | None = None
    flips: tuple[bool, bool, bool] = (False, False, False)

    def to_file_axes(self, array_ztyx: NDArray[Any]) -> NDArray[Any]:
        """Pixels or labels (Z, T, Y, X) of the cine -> (i, j, k, T), as the file orders them."""
        zyxt = np.moveaxis(array_ztyx, 1, 3)
        return np.flip(zyxt, self._flipped).transpose(*np.argsort(self.axes), 3)

    def from_file_axes(self, array_ijkt: NDArray[Any]) -> NDArray[Any]:
        """The inverse: (i, j, k, T) in the file's order -> (Z, T, Y, X) of the cine."""
        zyxt = np.flip(array_ijkt.transpose(*self.axes, 3), self._flipped)
        return np.moveaxis(zyxt, 3, 1)

    @property
    def _flipped(self) -> tuple[int, ...]:
        return tuple(axis for axis, backwards in enumerate(self.flips) if backwards)


@dataclass(frozen=True, eq=False, repr=False)
class Cine:
    """One stack of slices over the heart cycle.

    Attributes
    ----------
    pixels : ndarray, shape (Z, T, Y, X)
        Stored intensities (rescaled), any real dtype; grey.
    geometry : Geometry
    times_ms : ndarray, shape (Z, T), or None
        Time of each frame after its own slice's R wave (each breath-hold has its own
        heart rate); increasing along T. None where the file does not say, NaN where a slice's
        is not known.
    cycle_ms : ndarray, shape (Z,), or None
        Length of the heart cycle of each slice, above 0; NaN where it is not known.
    gated : bool
        True: the frames close a cycle (frame -1 is the neighbour of frame 0).
        False: a free-running clip.
    phases_only : bool
        True: only single phases (ED and ES), not a full cycle.
    view : View
    modality : str
        ``MR`` or ``US`` or ``UNKNOWN``.
    label : str
        Neutral name for messages: ``series 3``; never from patient data. Made plain
        (:func:`lvcine.errors.plain_text`), as a series number is text of the file.
    file_grid : FileGrid
    findings : tuple of Finding
        What the reader had to note or assume.
    velocity : Velocity or None
        Three velocity channels beside the pixels, which then are the magnitude.
    instances : tuple of tuple of str, indexed [z][t]
        Which DICOM object (SOP Instance UID) each picture is, for contours that other programs drew; empty
        text where its pixels are interpolated. In memory alone, never part of a result. Empty where it is not
        known, or where frames were left out since.

    Raises
    ------
    ReadError
        Shapes that do not fit each other; times without end, a cycle that is not above 0.
    """

    pixels: NDArray[np.generic]
    geometry: Geometry
    times_ms: Array | None = None
    cycle_ms: Array | None = None
    gated: bool = True
    phases_only: bool = False
    view: View = View.UNKNOWN
    modality: str = "MR"
    label: str = "cine"
    file_grid: FileGrid = field(default_factory=FileGrid)
    findings: tuple[Finding, ...] = ()
    velocity: Velocity | None = None
    instances: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4:
            raise ReadError(f"pixels of shape {self.pixels.shape}, expected (slice, frame, row, column)")
        z, t = self.pixels.shape[:2]
        if self.geometry.slices != z:
            raise ReadError(f"{z} slices of pixels but {self.geometry.slices} slice positions")
        if self.times_ms is not None and self.times_ms.shape != (z, t):
            raise ReadError(f"times of shape {self.times_ms.shape}, expected {(z, t)}")
        if self.cycle_ms is not None and self.cycle_ms.shape != (z,):
            raise ReadError(f"cycle lengths of shape {self.cycle_ms.shape}, expected {(z,)}")
        if self.velocity is not None and self.velocity.cm_s.shape[1:] != self.pixels.shape:
            raise ReadError(
                f"velocities of shape {self.velocity.cm_s.shape} beside pixels of {self.pixels.shape}"
            )
        if [len(row) for row in self.instances] != [t] * z:
            object.__setattr__(self, "instances", ())
        self._check_clock()
        for name in ("label", "modality"):
            object.__setattr__(self, name, plain_text(getattr(self, name), MOST_NAME))

    def _check_clock(self) -> None:
        """Times and cycles are numbers or NaN, not known; no function after this one asks again."""
        cure = "pass the time between frames in ms"
        if self.times_ms is not None and np.isinf(self.times_ms).any():
            raise ReadError("frame times without end", advice=cure)
        if self.cycle_ms is not None and (np.isinf(self.cycle_ms) | (self.cycle_ms <= 0)).any():
            raise ReadError(f"heart cycles of {np.nanmin(self.cycle_ms):g} ms and more", advice=cure)

    def __repr__(self) -> str:
        z, t, rows, columns = self.pixels.shape
        row_mm, column_mm = self.geometry.pixel_spacing_mm
        pixel = f"{row_mm:.3g} x {column_mm:.3g} mm" if self.geometry.calibrated else "no pixel spacing"
        size = f"{z} slices x {t} frames of {rows} x {columns}, {pixel}"
        return f"<Cine {self.label}: {self.modality} {self.view.value}, {size}>"

    @property
    def slices(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def frames(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def heart_rate_bpm(self) -> float | None:
        """60000 / the slices' median cycle length, or None."""
        if self.cycle_ms is None or not np.isfinite(self.cycle_ms).any():
            return None
        return float(60000.0 / np.nanmedian(self.cycle_ms))

    @property
    def file_affine(self) -> Array:
        """Affine (4, 4) from voxels of the file's axes to RAS mm.

        The file's own where it had one; else the geometry's, its columns ordered and turned as
        the file's axes are; the identity where nothing is calibrated.
        """
        grid = self.file_grid
        if grid.ras_affine is not None:
            return np.asarray(grid.ras_affine, float)
        xyz = self.geometry.ras_affine() if self.geometry.calibrated else np.eye(4)
        affine = xyz.copy()
        sizes = (self.slices, self.pixels.shape[2], self.pixels.shape[3])
        for axis, column in enumerate((2, 1, 0)):  # the cine's Z, Y, X are the affine's columns 2, 1, 0
            step = xyz[:3, column]
            if grid.flips[axis]:
                affine[:3, 3] += step * (sizes[axis] - 1)
                step = -step
            affine[:3, grid.axes[axis]] = step
        return affine

    def phases(self, frames: Sequence[int]) -> Cine:
        """These frames alone, in this order: single phases, no cycle."""
        chosen = list(frames)
        times = None if self.times_ms is None else self.times_ms[:, chosen]
        return replace(self, pixels=self.pixels[:, chosen], times_ms=times, phases_only=True, instances=())

    def with_findings(self, *more: Finding) -> Cine:
        return replace(self, findings=self.findings + more)


@dataclass(frozen=True)
class Subject:
    """What the header says about the person that numbers depend on (never who it is).

    Raises
    ------
    ReadError
        A size, a weight or an age that is no number above 0.
    """

    height_m: float | None = None
    weight_kg: float | None = None
    sex: str | None = None  # "M", "F"
    age_years: float | None = None

    def __post_init__(self) -> None:
        for name in ("height_m", "weight_kg", "age_years"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value > 0):
                raise ReadError(f"{name} of {value:g}", advice="leave out what is not known")

    @property
    def bsa_m2(self) -> float | None:
        """Body surface by Mosteller: sqrt(cm * kg / 3600) (doi:10.1056/NEJM198710223171717)."""
        if not self.height_m or not self.weight_kg:
            return None
        return float(np.sqrt(self.height_m * 100.0 * self.weight_kg / 3600.0))


@dataclass(frozen=True)
class Identity:
    """Who it is, as plain text. Kept separately, written nowhere unless the user asks for it."""

    name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    study_date: str = ""

    def __post_init__(self) -> None:
        for name, text in vars(self).items():
            object.__setattr__(self, name, plain_text(text))


@dataclass(frozen=True)
class LeftAside:
    """A series or file that was met but not used, and why.

    Attributes
    ----------
    label : str
        Neutral, as of a cine: ``series 3``, ``DICOM file``.
    reason : str
    files : int
    file : str
        Name without folders of a file that is damaged, for whoever has to copy it again. Names may be
        patients': it is shown on the terminal alone and written nowhere.
    """

    label: str
    reason: str
    files: int = 1
    file: str = ""

    def __post_init__(self) -> None:
        for name, most in (("label", MOST_NAME), ("reason", MOST_TEXT), ("file", MOST_NAME)):
            object.__setattr__(self, name, plain_text(getattr(self, name), most))


@dataclass(frozen=True, repr=False)
class Study:
    """The cines of one exam.

    Attributes
    ----------
    cines : tuple of Cine
    subject : Subject
    left_aside : tuple of LeftAside
    findings : tuple of Finding
        About the exam as a whole.
    digest : str
        SHA-256 over the contents of the files read, independent of names and order.
    identity : Identity
    label : str
        What the user calls it, as plain text: stands in the results' titles. Empty: nothing was said.
    """

    cines: tuple[Cine, ...]
    subject: Subject = field(default_factory=Subject)
    left_aside: tuple[LeftAside, ...] = ()
    findings: tuple[Finding, ...] = ()
    digest: str = ""
    identity: Identity = field(default_factory=Identity)
    label: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", plain_text(self.label, MOST_NAME))

    def __repr__(self) -> str:
        aside = f", {len(self.left_aside)} not used" if self.left_aside else ""
        return f"<Study of {len(self.cines)} cine{'s' * (len(self.cines) != 1)}{aside}: {list(self.cines)}>"

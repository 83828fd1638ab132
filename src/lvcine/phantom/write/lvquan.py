"""Virtual slices in the files of the LVQuan challenges of 2018 and 2019.

2018: all subjects in one file of 80 x 80 pictures, 20 frames each, lengths over 80 and areas over 6400
pixels of these pictures (https://lvquan18.github.io). 2019: one file a patient at the scanner's size,
with ``pix_spacing``; that its indices are scaled by the picture's size in the same way is our reading,
as no published reader says otherwise (https://lvquan19.github.io).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import savemat

from lvcine.errors import UsageError
from lvcine.phantom.indices import SliceIndices

FRAMES = 20
"""Of every subject."""

SIZE = 80
"""Rows and columns of a picture of 2018."""


@dataclass(frozen=True, eq=False)
class LVQuanSubject:
    """One short-axis slice over the cycle with its indices.

    Attributes
    ----------
    images : ndarray, shape (T, Y, X)
        Grey; scaled to 0..1 when written.
    endo, epi : ndarray of bool, shape (T, Y, X)
        Inside the endo- and the epicardium; ``epi`` holds the cavity too.
    areas_mm2 : ndarray, shape (T, 2)
        Cavity, myocardium.
    dims_mm : ndarray, shape (T, 3)
        IS-AL, I-A, IL-AS.
    rwt_mm : ndarray, shape (T, 6)
        Regional wall thickness of IS, I, IL, AL, A, AS.
    systole : ndarray of bool, shape (T,)
    spacing_mm : float
        Of square pixels.

    Raises
    ------
    UsageError
        Shapes that do not belong together, or an index that is not a number.
    """

    images: NDArray[np.generic]
    endo: NDArray[np.bool_]
    epi: NDArray[np.bool_]
    areas_mm2: NDArray[np.float64]
    dims_mm: NDArray[np.float64]
    rwt_mm: NDArray[np.float64]
    systole: NDArray[np.bool_]
    spacing_mm: float

    def __post_init__(self) -> None:
        frames = len(self.images)
        expected = {
            "endo": self.images.shape, "epi": self.images.shape, "areas_mm2": (frames, 2),
            "dims_mm": (frames, 3), "rwt_mm": (frames, 6), "systole": (frames,),
        }  # fmt: skip
        for name, shape in expected.items():
            found = getattr(self, name)
            if found.shape != shape:
                raise UsageError(f"{name} of shape {found.shape}", advice=f"expected {shape}")
            if not np.isfinite(found).all():
                raise UsageError(f"{name} holds values that are no numbers", advice="leave such slices out")

    @classmethod
    def of(
        cls,
        images: NDArray[np.generic],
        endo: NDArray[np.bool_],
        epi: NDArray[np.bool_],
        indices: Sequence[SliceIndices],
        spacing_mm: float,
    ) -> LVQuanSubject:
        """From the closed-form indices of every frame (:func:`lvcine.phantom.indices.cine_indices`)."""
        columns = np.stack([found.lvquan for found in indices])
        systole = np.array([found.phase == 1 for found in indices])
        return cls(
            images, endo, epi, columns[:, :2], columns[:, 2:5], columns[:, 5:], systole, float(spacing_mm)
        )


def write_lvquan18(path: Path | str, studies: Sequence[LVQuanSubject]) -> Path:
    """Write the one file of 2018: ``images_LV, endo_LV, epi_LV, areas, dims, rwt, lv_phase``.

    Parameters
    ----------
    path : Path
    studies : sequence of LVQuanSubject
        Of 20 frames of 80 x 80 pixels each. Their pixel spacing is not written: the format has no place.

    Raises
    ------
    UsageError
        No subject, or one of another size.

    Examples
    --------
    >>> import tempfile
    >>> still = np.zeros((20, 80, 80))
    >>> subject = LVQuanSubject(still, still > 0, still > 0, np.full((20, 2), 1800.0), np.full((20, 3), 48.0),
    ...                         np.full((20, 6), 9.0), np.arange(20) < 8, spacing_mm=1.5)
    >>> from scipy.io import loadmat
    >>> data = loadmat(write_lvquan18(tempfile.mkdtemp() + "/lv.mat", [subject, subject]))
    >>> data["images_LV"].shape, float(data["areas"][0, 0]), float(data["dims"][0, 0])
    ((80, 80, 40), 0.125, 0.4)
    """
    if not studies:
        raise UsageError("no subject to write")
    for subject in studies:
        if subject.images.shape != (FRAMES, SIZE, SIZE):
            raise UsageError(
                f"a subject of shape {subject.images.shape}", advice=f"crop it to {(FRAMES, SIZE, SIZE)}"
            )
    parts = [_indices(s) for s in studies]
    values = {
        "images_LV": np.concatenate([_grey(s.images) for s in studies], axis=2),
        "endo_LV": np.concatenate([_last(s.endo) for s in studies], axis=2),
        "epi_LV": np.concatenate([_last(s.epi) for s in studies], axis=2),
        **{name: np.concatenate([part[name] for part in parts], axis=1) for name in parts[0]},
    }
    savemat(path, values, do_compression=True)
    return Path(path)


def write_lvquan19(path: Path | str, study: LVQuanSubject) -> Path:
    """Write one patient's file of 2019: ``image, endo, epi, areas, dims, rwt, lv_phase, pix_spacing``.

    Parameters
    ----------
    path : Path
    study : LVQuanSubject
        Of 20 square frames of any size.

    Raises
    ------
    UsageError
        Another number of frames, or pictures that are not square.
    """
    frames, rows, columns = study.images.shape
    if frames != FRAMES or rows != columns:
        raise UsageError(f"a subject of shape {study.images.shape}", advice="give 20 square frames")
    values = {
        "image": _grey(study.images), "endo": _last(study.endo), "epi": _last(study.epi),
        **_indices(study), "pix_spacing": np.array([[study.spacing_mm]]),
    }  # fmt: skip
    savemat(path, values, do_compression=True)
    return Path(path)


def _indices(s: LVQuanSubject) -> dict[str, NDArray[np.float64]]:
    """Lengths over the picture's side and areas over its area, frames last; phase 1 is systole."""
    side_mm = s.images.shape[1] * s.spacing_mm
    return {
        "areas": (s.areas_mm2 / side_mm**2).T,
        "dims": (s.dims_mm / side_mm).T,
        "rwt": (s.rwt_mm / side_mm).T,
        "lv_phase": s.systole.astype(np.float64)[None],
    }


def _grey(images: NDArray[np.generic]) -> NDArray[np.float64]:
    """0..1 of the subject's brightest pixel, frames last."""
    values = np.asarray(images, np.float64)
    low, high = min(0.0, float(values.min())), float(values.max())
    return _last((values - low) / ((high - low) or 1.0)).astype(np.float64)


def _last(frames_first: NDArray[np.generic]) -> NDArray[np.float64]:
    return np.moveaxis(np.asarray(frames_first, np.float64), 0, 2)

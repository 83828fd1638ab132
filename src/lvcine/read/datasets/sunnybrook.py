"""Sunnybrook Cardiac Data: short-axis cine MR with a reader's contours (Radau 2009, hdl:10380/3070).

A complete cine is a folder or archive of one subject with DICOM files ``NNNN.dcm``, 20 frames a slice, and
text files ``IM-0001-NNNN-icontour-manual.txt`` (endocardium; ``ocontour``: epicardium), one vertex "x y" per
line. ``sunnybrook_labelled.npz`` holds ED and ES frames of 30 subjects without their cycle: ``image``
(N, 256, 256), ``endo`` and ``epi`` masks of the same shape, ``has_epi``, ``subject``, ``dicom_index`` (slice
and frame). It has no pixel spacing.

**The contour files count pixels from 1** (:data:`FIRST_PIXEL`), as MATLAB does. The files do not say so; the
images do. Edges along rays through the drawn contours, inwards and outwards, lie at (-0.94, -1.28) pixels
(rows, columns) from contours that are taken to count from 0, standard error over subjects (0.04, 0.04): 538
contours of the 20 subjects that train nets. Endocardia alone give (-0.96, -1.06), epicardia (-0.91, -1.51);
what lies at the edges (papillary muscles, fat, the right ventricle) displaces these by tenths, so that one
whole pixel in both directions is taken. ``benchmarks/sunnybrook_offset.py`` measures it.

**The masks hold the contour's own pixels**: they are half a pixel too large all round (6.4 % of the area) and
lie (0.31, 0.25) pixels before the contours that they were made from. :func:`contour_depth` and
:data:`MASK_TO_PIXEL` take back both.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from lvcine.errors import ReadError
from lvcine.study import U8, Array, Bools, Contour

SUBJECT = re.compile(r"SC-(?:HF-N?I|HYP|N)-\d+")
STILLS = "sunnybrook_labelled.npz"
FRAMES = 20
"""Of a cycle: file ``NNNN`` shows slice (NNNN - 1) // 20 at frame (NNNN - 1) % 20."""

STILLS_SPACING_MM = 1.35
"""Assumed for the labelled frames; the spacing of these subjects is between 1.25 and 1.45 mm."""

FIRST_PIXEL = 1.0
"""The number of the first pixel in the contour files."""

MASK_TO_PIXEL = (0.31 - FIRST_PIXEL, 0.25 - FIRST_PIXEL)
"""Added to a place (y, x) on a mask of the labelled frames gives the place in its image."""

_MASK_GROWTH_PX = 0.5
_CONTOUR = re.compile(r"IM-\d+-(\d+)-([io])contour.*\.txt$")
_ARRAYS = ("image", "endo", "epi", "has_epi", "subject", "dicom_index")


def subjects(data: Path) -> dict[str, Path]:
    """Subject -> the folder or archive of its complete cine, of those in a folder."""
    named = {found.group(): path for path in sorted(data.iterdir()) if (found := SUBJECT.search(path.name))}
    return {subject: p for subject, p in named.items() if p.is_dir() or tarfile.is_tarfile(p)}


def images(folder: Path) -> dict[int, Path]:
    """The DICOM files of a cine by their number, ascending; ``NNNN.dcm`` or ``INNNN.dcm``."""
    numbered = ((re.fullmatch(r"I?(\d+)", path.stem), path) for path in folder.rglob("*.dcm"))
    return dict(sorted((int(match[1]), path) for match, path in numbered if match))


def contour_files(folder: Path) -> Iterator[tuple[int, str, Path]]:
    """(number of the DICOM file, "i" endocardium or "o" epicardium, file) of every contour."""
    for path in sorted(folder.rglob("*contour*.txt")):
        if match := _CONTOUR.search(path.name):
            yield int(match.group(1)), match.group(2), path


def read_contour(path: Path) -> Contour:
    """The contour of a text file in pixels of its image, (y, x).

    Raises
    ------
    ReadError
        Not a list of three points or more.
    """
    try:
        xy = np.loadtxt(path, ndmin=2)
    except ValueError as error:
        raise ReadError("not a list of points", where=path.name) from error
    if xy.ndim != 2 or xy.shape[1] != 2 or len(xy) < 3:
        raise ReadError(f"points of shape {xy.shape}, expected (N, 2)", where=path.name)
    return Contour(xy[:, ::-1] - FIRST_PIXEL)


@dataclass(frozen=True, eq=False)
class Stills:
    """The labelled ED and ES frames of one subject.

    Attributes
    ----------
    subject : str
    pixels : ndarray of uint8, shape (Z, 2, Y, X)
        The two frames in the order of their numbers. Where a slice was labelled in one of them alone, that
        one stands for both.
    endo, epi : ndarray of bool, shape (Z, 2, Y, X)
        Masks as in the file; empty where nothing was drawn.
    ed : int
        Which of the two is ED: the one with more cavity.
    """

    subject: str
    pixels: U8
    endo: Bools
    epi: Bools
    ed: int


def read_stills(file: Path) -> Iterator[Stills]:
    """The labelled frames of ``sunnybrook_labelled.npz``, subject by subject.

    Raises
    ------
    ReadError
        Another file; a subject with more or fewer than two labelled phases.
    """
    with np.load(file, allow_pickle=False) as archive:
        try:
            data = {name: archive[name] for name in _ARRAYS}
        except KeyError as error:
            raise ReadError(f"no array {error}", where=file.name) from error
    for subject in np.unique(data["subject"]):
        rows = data["subject"] == subject
        yield _stills(str(subject), {name: array[rows] for name, array in data.items()}, file.name)


def _stills(subject: str, data: dict[str, NDArray[np.generic]], where: str) -> Stills:
    number = data["dicom_index"].astype(int) - 1
    slices, z = np.unique(number // FRAMES, return_inverse=True)
    frames, t = np.unique(number % FRAMES, return_inverse=True)
    if len(frames) != 2:
        raise ReadError(f"{len(frames)} labelled phases, expected ED and ES", where=where)
    shape = (len(slices), 2, *data["image"].shape[1:])
    pixels, endo, epi = np.zeros(shape, np.uint8), np.zeros(shape, bool), np.zeros(shape, bool)
    has_epi = data["has_epi"].astype(bool)
    pixels[z, 1 - t] = data["image"]
    pixels[z, t] = data["image"]
    endo[z, t] = data["endo"]
    epi[z[has_epi], t[has_epi]] = data["epi"][has_epi]
    return Stills(subject, pixels, endo, epi, int(endo.sum((0, 2, 3)).argmax()))


def signed_depth(mask: Bools) -> Array:
    """Depth inside a mask in pixels, negative outside, 0 on the boundary between pixels."""
    if not mask.any():
        return np.full(mask.shape, -99.0)
    return np.where(mask, distance_transform_edt(mask) - 0.5, 0.5 - distance_transform_edt(~mask))


def contour_depth(mask: Bools) -> Array:
    """Depth in pixels inside the contour that a mask (Y, X) of the labelled frames was filled from."""
    return signed_depth(mask) - _MASK_GROWTH_PX

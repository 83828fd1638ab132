"""Real labelled scans as stacks on the pixel grid that nets learn on."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from lvcine.errors import ReadError
from lvcine.read.datasets import sunnybrook
from lvcine.read.datasets.sunnybrook import signed_depth
from lvcine.study import U8, Array, Bools, Contour

SPACING_MM = 1.4
UNLABELLED = 255
"""Marks frames without a contour."""
ENDO_ONLY = 16
"""Added to labels where the endocardium alone was drawn."""

_PIG, _PIG_ARCHIVE = "pig-E774", "pig_exam_sax_lax.tar.xz"
_FINER = 4  # raster of a polygon, per pixel and axis


@dataclass(frozen=True)
class LabelledStudy:
    """One subject's stack with what a reader drew.

    Attributes
    ----------
    name : str
    pixels : ndarray of uint8, shape (Z, T, Y, X)
    labels : ndarray of uint8, shape (Z, T, Y, X)
        As in :mod:`lvcine.study.mask`; :data:`UNLABELLED` and :data:`ENDO_ONLY` mark what was not drawn.
    """

    name: str
    pixels: U8
    labels: U8


def studies_of(data: Path) -> Iterator[LabelledStudy]:
    """All labelled scans in a folder: Sunnybrook's and a pig's.

    Subjects whose complete cine is there (``sunnybrook_SC-*.tar.xz``) come with all frames, the others with
    their labelled ED and ES frames alone.

    Raises
    ------
    ReadError
        When a file is missing.
    """
    cines = sunnybrook.subjects(data)
    yield from (study for study in stills(data) if study.name not in cines)
    for name, archive in cines.items():
        with _unpacked(archive) as folder:
            yield contoured_cine(folder, folder, name)
    yield pig_cine(data)


def stills(data: Path) -> Iterator[LabelledStudy]:
    """Sunnybrook's labelled frames as stacks of two phases (0 = ED, 1 = ES).

    Raises
    ------
    ReadError
        When the file is missing.
    """
    for found in sunnybrook.read_stills(_there(data / sunnybrook.STILLS)):
        order = [found.ed, 1 - found.ed]
        pixels = np.array([[resample(found.pixels[z, t], sunnybrook.STILLS_SPACING_MM) for t in order]
                           for z in range(len(found.pixels))])  # fmt: skip
        labels = np.full(pixels.shape, UNLABELLED, np.uint8)
        for z, k in np.ndindex(pixels.shape[:2]):
            endo, epi = found.endo[z, order[k]], found.epi[z, order[k]]
            if endo.any():
                labels[z, k] = _labels(_still_depth(endo), _still_depth(epi) if epi.any() else None)
        yield LabelledStudy(found.subject, as_grey(pixels), labels)


def pig_cine(data: Path) -> LabelledStudy:
    """The pig's short-axis cine without the contours that a program drew above the ventricle.

    Seen by eye: slices 0-3 cut great vessels and atria (their contours jump tenfold from frame to frame), 4
    and 5 the basal plane. The first are taken as no LV, the second as not labelled.

    Raises
    ------
    ReadError
        When the file is missing.
    """
    with _unpacked(_there(data / _PIG_ARCHIVE)) as folder:
        pig = contoured_cine(folder / "E774S5-shortAxis", folder / "lvContours", _PIG)
    pig.labels[:4] = 0
    pig.labels[4:6] = UNLABELLED
    return pig


def contoured_cine(dicoms: Path, contours: Path, name: str) -> LabelledStudy:
    """A complete cine with its contours: every slice and frame, those without a contour unlabelled."""
    import pydicom

    files = [pydicom.dcmread(file) for file in sunnybrook.images(dicoms).values()]
    spacing = float(files[0].PixelSpacing[0])
    count = len(files) // sunnybrook.FRAMES * sunnybrook.FRAMES
    pixels = np.array([resample(file.pixel_array, spacing) for file in files[:count]])
    labels = np.full(pixels.shape, UNLABELLED, np.uint8)
    depths: dict[int, dict[str, Array]] = {}
    for number, kind, path in sunnybrook.contour_files(contours):
        depth = polygon_depth(sunnybrook.read_contour(path), pixels.shape[1:], spacing)
        depths.setdefault(number, {})[kind] = depth
    for number, drawn in depths.items():
        if "i" in drawn and number <= count:
            labels[number - 1] = _labels(drawn["i"], drawn.get("o"))
    shape = (-1, sunnybrook.FRAMES, *pixels.shape[1:])
    return LabelledStudy(name, as_grey(pixels).reshape(shape), labels.reshape(shape))


def marked_frames(labels: U8) -> tuple[int, int]:
    """ED and ES of a stack (Z, T, Y, X): of the frames with contours, those of the most and the least cavity.

    Compared over the slices that have a contour in all of these frames: readers draw fewer slices at ES.
    """
    areas = cavity(labels).sum((2, 3))
    drawn = areas > 0
    # A frame in which a slice or two were drawn is a slip of the file's numbers, not a phase.
    phases = np.flatnonzero(drawn.sum(0) > 0.4 * drawn.sum(0).max())
    shared = drawn[:, phases].all(1)
    volume = areas[shared][:, phases].sum(0)
    return int(phases[volume.argmax()]), int(phases[volume.argmin()])


def cavity(labels: U8) -> Bools:
    """Where the cavity was drawn, of labels with the codes of a labelled study."""
    return (labels != UNLABELLED) & (labels % ENDO_ONLY == 1)


def resample(
    image: NDArray[np.generic], spacing_mm: float, shift_px: tuple[float, float] = (0.0, 0.0)
) -> Array:
    """Linear resampling of (Y, X) to :data:`SPACING_MM`; ``shift_px`` moves the content by as much."""
    step = SPACING_MM / spacing_mm
    size = [int(n / step) for n in image.shape]
    grid = np.meshgrid(*(np.arange(n) * step - s for n, s in zip(size, shift_px, strict=True)), indexing="ij")
    return np.asarray(map_coordinates(np.asarray(image, float), grid, order=1, mode="nearest"))


def polygon_depth(contour: Contour, shape: tuple[int, ...], spacing_mm: float) -> Array:
    """Signed depth (Y, X) in a contour on the resampled grid, from a 4-fold finer raster."""
    from matplotlib.path import Path as Polygon

    y, x = (((np.arange(n * _FINER) + 0.5) / _FINER - 0.5) * SPACING_MM / spacing_mm for n in shape)
    grid = np.stack(np.meshgrid(y, x, indexing="ij"), -1).reshape(-1, 2)
    inside = Polygon(contour.points).contains_points(grid).reshape(len(y), len(x))
    depth = signed_depth(inside) / _FINER
    return np.asarray(depth.reshape(shape[0], _FINER, shape[1], _FINER).mean((1, 3)))


def _still_depth(mask: Bools) -> Array:
    depth = sunnybrook.contour_depth(mask)
    return resample(depth, sunnybrook.STILLS_SPACING_MM, sunnybrook.MASK_TO_PIXEL)


def _labels(endo: Array, epi: Array | None) -> U8:
    labels = np.zeros(endo.shape, np.uint8)
    if epi is not None:
        labels[epi > 0] = 2
    labels[endo > 0] = 1
    return labels if epi is not None else labels + np.uint8(ENDO_ONLY)


def as_grey(stack: NDArray[Any]) -> U8:
    """Grey values as they are kept: 0 to 255, the brightest 2 in 1000 cut off."""
    high = np.percentile(stack, 99.8)
    return np.clip(stack / max(high, 1e-6) * 255.0, 0, 255).astype(np.uint8)


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The folder itself, or a temporary one with what an archive holds."""
    if path.is_dir():
        yield path
        return
    with TemporaryDirectory() as folder, tarfile.open(path) as tar:
        tar.extractall(folder, filter="data")
        yield Path(folder)


def _there(file: Path) -> Path:
    if not file.is_file():
        raise ReadError(
            "a file of the labelled scans is missing", where=file.name,
            advice="give their folder, or one of results that were reviewed (docs/develop/training.md)",
        )  # fmt: skip
    return file

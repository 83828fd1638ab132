"""MATLAB files of the LVQuan challenges: short-axis slices of 20 frames, one subject or all of them.

2018: ``images_LV`` (80, 80, 20 N) without pixel spacing. 2019: ``image`` (H, W, 20) with
``pix_spacing`` (``pix_spa`` occurs too) in mm. Contours and indices in the file are not read.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.read.given import NO_SPACING, NO_TIMES, with_user_facts
from lvcine.read.options import ReadOptions
from lvcine.read.sound import sound_pixels
from lvcine.study import Cine, Geometry, View

_FRAMES = 20
_PICTURES = ("images_lv", "image", "images")
_SPACINGS = ("pix_spacing", "pix_spa")


def read_lvquan(path: Path | str, options: ReadOptions | None = None) -> list[Cine]:
    """One short-axis cine per subject, in the file's order, labelled ``subject 1`` and up.

    Parameters
    ----------
    path : Path
        MATLAB 5 to 7.2. Nothing in it is run.
    options : ReadOptions, optional

    Returns
    -------
    list of Cine
        Uncalibrated where the file has no pixel spacing. Frames have no times.

    Raises
    ------
    ReadError
        Damaged, MATLAB 7.3 (HDF5), without the pictures of these challenges, or with pictures whose number
        is no multiple of 20.
    """
    path, options = Path(path), options or ReadOptions()
    try:
        pictures, spacing = _load(path, options.max_pixels)
        subjects = pictures.reshape(-1, 1, _FRAMES, *pictures.shape[1:])
        return [_cine(pixels, spacing, k + 1, options) for k, pixels in enumerate(subjects)]
    except ReadError as error:
        error.where = error.where or path.name
        raise


def _cine(pixels: NDArray[Any], spacing: float | None, number: int, options: ReadOptions) -> Cine:
    pixels, doubts = sound_pixels(np.ascontiguousarray(pixels))
    known = spacing or 1.0
    cine = Cine(
        pixels,
        Geometry.stack(1, (known, known), 1.0, calibrated=spacing is not None),
        view=View.SAX,
        label=f"subject {number}",
        findings=(*(() if spacing else (NO_SPACING,)), NO_TIMES, *doubts),
    )
    return with_user_facts(cine, options)


def _load(path: Path, max_pixels: int) -> tuple[NDArray[Any], float | None]:
    """Pictures (20 N, Y, X) and pixel spacing in mm."""
    from scipy.io import loadmat, whosmat  # slow to import, seldom needed

    with path.open("rb") as file:
        if file.read(10) == b"MATLAB 7.3":
            raise ReadError("MATLAB 7.3, which is not read", advice="save it again with -v7")
    try:
        shapes = {name: shape for name, shape, _ in whosmat(path)}
        name = _named(shapes, _PICTURES)
        if name is not None:
            _check(shapes[name], max_pixels)
            wanted = [name, *filter(None, [_named(shapes, _SPACINGS)])]
            values = loadmat(path, variable_names=wanted)
    except ReadError:
        raise
    except Exception as error:  # whatever the parser stumbles over costs this file
        raise ReadError("damaged MATLAB file", advice="copy it again") from error
    if name is None:
        raise ReadError(
            "a MATLAB file without pictures of the LVQuan challenges",
            advice="give the pixels as a NumPy array (.npz) with spacing_mm and times_ms",
        )
    return _frames_first(values[name]), _spacing([values[other] for other in wanted[1:]])


def _named(shapes: dict[str, tuple[int, ...]], names: tuple[str, ...]) -> str | None:
    """The file's spelling of the first of ``names`` that it has."""
    spelled = {name.lower(): name for name in shapes}
    return next((spelled[name] for name in names if name in spelled), None)


def _check(shape: tuple[int, ...], max_pixels: int) -> None:
    if 0 in shape or math.prod(shape) > max_pixels:
        raise ReadError(f"pictures of shape {shape}", advice=f"give 1 to {max_pixels:,} pixels")
    if len(shape) != 3 or (shape[2] % _FRAMES and shape[0] % _FRAMES):
        raise ReadError(f"pictures of shape {shape}", advice="expected (rows, columns, 20 per subject)")


def _frames_first(pictures: NDArray[Any]) -> NDArray[Any]:
    if pictures.dtype.kind not in "uif":
        raise ReadError(f"pictures of type {pictures.dtype}", advice="give numbers")
    return pictures if pictures.shape[2] % _FRAMES else np.moveaxis(pictures, 2, 0)


def _spacing(found: list[NDArray[Any]]) -> float | None:
    """Of square pixels; None where it is absent or no length."""
    values = (
        np.asarray(found[0], np.float64).ravel() if found and found[0].dtype.kind in "uif" else np.zeros(0)
    )
    same = len(values) > 0 and np.isfinite(values).all() and values.min() > 0 and np.ptp(values) < 1e-6
    return float(values[0]) if same else None

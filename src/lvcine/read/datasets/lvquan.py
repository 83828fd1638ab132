"""MATLAB files of the LVQuan challenges: short-axis slices of 20 frames, one subject or all of them.

2018: ``images_LV`` (80, 80, 20 N) without pixel spacing. 2019: ``image`` (H, W, 20) with
``pix_spacing`` (``pix_spa`` occurs too) in mm. :func:`read_lvquan` reads the pictures,
:func:`read_lvquan_truth` what readers drew and measured on them, :func:`write_lvquan_reading` writes what was
found in the form that the challenge of 2018 took.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.output import whole
from lvcine.read.options import DEFAULTS, ReadOptions
from lvcine.read.packed import naming
from lvcine.read.user_facts import NO_SPACING, NO_TIMES, with_user_facts
from lvcine.read.valid_pixels import valid_pixels
from lvcine.study import Array, Bools, Cine, Geometry, View

_FRAMES = 20
_PICTURES = ("images_lv", "image", "images")
_SPACINGS = ("pix_spacing", "pix_spa")
_ENDO, _EPI = ("endo_lv", "endo"), ("epi_lv", "epi")
_NUMBERS = {"areas": 2, "dims": 3, "rwt": 6, "lv_phase": 1}
_HATS = ("areas_hat", "dims_hat", "rwt_hat", "lv_phase_hat")


@dataclass(frozen=True, eq=False)
class LVQuanTruth:
    """One subject of a challenge's file with what its readers found.

    Attributes
    ----------
    subject : str
        ``subject 1`` and up.
    pictures : ndarray, shape (20, Y, X)
    endo, epi : ndarray of bool, shape (20, Y, X)
        Inside the endo- and the epicardium (``epi`` holds the cavity too).
    indices : ndarray, shape (20, 11)
        Two areas over the picture's area; three dimensions and six wall thicknesses over its side; in the
        order IS-AL, I-A, IL-AS and IS, I, IL, AL, A, AS. The challenge's page contradicts itself on the
        second; this is the order of its tables.
    systole : ndarray of bool, shape (20,)
    spacing_mm : float or None
        Of the pixels; None where the file does not say.
    """

    subject: str
    pictures: NDArray[Any]
    endo: Bools
    epi: Bools
    indices: Array
    systole: Bools
    spacing_mm: float | None


def read_lvquan_truth(path: Path | str, *, max_pixels: int = DEFAULTS.max_pixels) -> list[LVQuanTruth]:
    """Pictures, outlines and indices of every subject of a challenge's file.

    Parameters
    ----------
    path : Path
        Spelling is taken as it comes, whatever its case; indices may lie (n, frames) or (frames, n).

    Raises
    ------
    ReadError
        As :func:`read_lvquan`, and where outlines or indices are missing (it says which).

    Examples
    --------
    >>> from lvcine.phantom.write.lvquan import LVQuanSubject, write_lvquan18
    >>> import tempfile
    >>> still = np.zeros((20, 80, 80))
    >>> one = LVQuanSubject(still, still > 0, still > 0, np.full((20, 2), 1800.0), np.full((20, 3), 48.0),
    ...                     np.full((20, 6), 9.0), np.arange(20) < 8, spacing_mm=1.5)
    >>> truth = read_lvquan_truth(write_lvquan18(tempfile.mkdtemp() + "/lv.mat", [one, one]))
    >>> len(truth), truth[1].indices[0, [0, 2, 5]].round(3)
    (2, array([0.125, 0.4  , 0.075]))
    """
    from lvcine.read.opening import in_child

    found: list[LVQuanTruth] = in_child(
        "lvcine.read.datasets.lvquan:truth_of", Path(path), max_pixels=max_pixels
    )
    return found


def truth_of(path: Path, max_pixels: int) -> list[LVQuanTruth]:
    """As :func:`read_lvquan_truth`, in this process: SciPy's parser is native, and damage can crash it."""
    with naming(path):
        pictures, spacing = _load(path, max_pixels)
        values = _truth_values(path, pictures.shape)
    indices = np.concatenate([values["areas"], values["dims"], values["rwt"]], axis=1)
    rows = [slice(k, k + _FRAMES) for k in range(0, len(pictures), _FRAMES)]
    return [
        LVQuanTruth(
            f"subject {k + 1}", pictures[r], values["endo"][r] > 0.5, values["epi"][r] > 0.5, indices[r],
            values["lv_phase"][r, 0] > 0.5, spacing,
        )
        for k, r in enumerate(rows)
    ]  # fmt: skip


def write_lvquan_reading(path: Path, indices: Sequence[Array], systole: Sequence[Bools]) -> Path:
    """What was found, as ``areas_hat, dims_hat, rwt_hat, lv_phase_hat``; whole or not at all.

    Parameters
    ----------
    indices : sequence of ndarray, shape (T, 11)
        Of each slice, as shares of the picture's side and area (:class:`LVQuanTruth`).
    systole : sequence of ndarray of bool, shape (T,)
    """
    from scipy.io import savemat

    columns = np.concatenate(indices).T
    parts = columns[:2], columns[2:5], columns[5:], np.concatenate(systole)[None].astype(float)
    with whole(path) as stream:
        savemat(stream, dict(zip(_HATS, parts, strict=True)), do_compression=True)
    return path


def _truth_values(path: Path, shape: tuple[int, ...]) -> dict[str, Array]:
    """Outlines (20 N, Y, X) and numbers (20 N, n) by their usual name."""
    from scipy.io import loadmat

    try:
        stored = {name.lower(): value for name, value in loadmat(path).items() if name[0] != "_"}
    except Exception as error:
        raise ReadError("damaged MATLAB file", advice="copy it again") from error
    found: dict[str, Array] = {}
    for name, spelled in (("endo", _ENDO), ("epi", _EPI), *((n, (n,)) for n in _NUMBERS)):
        value = next((stored[s] for s in spelled if s in stored), None)
        if value is None or value.dtype.kind not in "uifb":
            raise ReadError(f"no numbers called {' or '.join(spelled)}", advice="give a file with its labels")
        found[name] = np.asarray(value, np.float64)
    for name in ("endo", "epi"):
        found[name] = _frames_first(found[name])
        if found[name].shape != shape:
            raise ReadError(f"{name} of shape {found[name].shape} on pictures of {shape}")
    for name, count in _NUMBERS.items():
        value = found[name] if found[name].shape[0] == count else found[name].T
        if value.shape != (count, shape[0]):
            raise ReadError(f"{name} of shape {found[name].shape}, expected {(count, shape[0])}")
        found[name] = value.T
    return found


def read_lvquan(path: Path | str, options: ReadOptions = DEFAULTS) -> list[Cine]:
    """One short-axis cine per subject, in the file's order, labelled ``subject 1`` and up.

    Parameters
    ----------
    path : Path
        MATLAB 5 to 7.2. Nothing in it is run.
    options : ReadOptions

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
    path = Path(path)
    with naming(path):
        pictures, spacing = _load(path, options.max_pixels)
        subjects = pictures.reshape(-1, 1, _FRAMES, *pictures.shape[1:])
        return [_cine(pixels, spacing, k + 1, options) for k, pixels in enumerate(subjects)]


def _cine(pixels: NDArray[Any], spacing: float | None, number: int, options: ReadOptions) -> Cine:
    pixels, doubts = valid_pixels(np.ascontiguousarray(pixels))
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

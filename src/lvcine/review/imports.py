"""Contours that others drew, to start a review from: cvi42, Sunnybrook, NIfTI masks, lvcine's JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from lvcine.errors import ReadError, UsageError
from lvcine.localise.drawn import Contours, segmentation_of
from lvcine.pipeline.drawing import Given, drawing_of
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.read.datasets import sunnybrook
from lvcine.read.label_orders import label_order
from lvcine.review.cvi42 import MOST_BYTES, read_cvi42
from lvcine.review.shapes import MOST_POINTS, thinned
from lvcine.review.state import Place, Side
from lvcine.study import Analysis, Array, Cine
from lvcine.study.mask import CAVITY, MYOCARDIUM

Found = dict[Place, Array]
_SIDES: dict[str, Side] = {"i": "endo", "o": "epi"}


def read_contours(path: Path, analysis: Analysis, labels: str | None = None) -> tuple[Found, str]:
    """Contours from a file or folder, on the grid of a cine.

    Parameters
    ----------
    path : Path
        ``.cvi42wsx`` or ``.xml`` of cvi42; ``contours.json`` of lvcine; NIfTI masks; or a folder with
        Sunnybrook's contour files (``IM-0001-0080-icontour-manual.txt``) and the DICOM files that they name.
    analysis : Analysis
        On its scan.
    labels : str, optional
        Which number in masks is what, as ``lvcine measure --labels`` takes it.

    Returns
    -------
    dict
        Place -> points (N, 2) as (y, x) in pixels.
    str
        What they are from, in words, without a path.

    Raises
    ------
    UsageError
        Nothing there, or contours of another scan.
    ReadError
        The file is none of these, or damaged.
    """
    if not path.exists():
        raise UsageError("no such file", where=path.name, advice="name the file with the contours")
    name = path.name.lower()
    if path.is_dir():
        found, words = _of_sunnybrook(path, analysis.cine), "Sunnybrook's contour files"
    elif name.endswith((".nii", ".nii.gz")):
        found, words = _of_masks(path, analysis, labels), "NIfTI masks"
    elif name.endswith(".json"):
        found, words = _of_record(path, analysis), "contours.json"
    elif name.endswith((".cvi42wsx", ".xml")):
        found, words = _of_cvi42(path, analysis.cine), "cvi42"
    else:
        raise ReadError(
            "contours of an unknown kind", where=path.name,
            advice="give .cvi42wsx, .xml, .json, .nii, .nii.gz, or a folder of Sunnybrook's",
        )  # fmt: skip
    if not found:
        raise UsageError(
            "none of these contours is of this scan",
            where=path.name,
            advice="give those of the scan under review",
        )
    return {place: thinned(points, MOST_POINTS // 2) for place, points in found.items()}, words


def as_request(found: Found, words: str) -> dict[str, Any]:
    """Contours as one correction (:mod:`lvcine.review.corrections`)."""
    contours = [[*place, np.round(points, 3).ravel().tolist()] for place, points in found.items()]
    return {"do": "import", "text": f"{len(contours)} contours from {words}", "contours": contours}


def _of_cvi42(path: Path, cine: Cine) -> Found:
    places = _places(cine, path)
    with path.open("rb") as stream:
        known = read_cvi42(stream.read(MOST_BYTES + 1), path.name)
    return {
        (_side(side), *places[uid]): points
        for uid, sides in known.items()
        if uid in places
        for side, points in sides.items()
    }


def _side(side: str) -> Side:
    return "endo" if side == "endo" else "epi"


def _places(cine: Cine, path: Path) -> dict[str, tuple[int, int]]:
    """SOP Instance UID -> slice and frame; a picture that stands for several frames: the first."""
    places: dict[str, tuple[int, int]] = {}
    for z, row in enumerate(cine.instances):
        for t, uid in enumerate(row):
            if uid:
                places.setdefault(uid, (z, t))
    if not places:
        raise UsageError(
            "the scan does not say which DICOM object each picture is", where=path.name,
            advice="give the DICOM scan that the contours were drawn on, one file for each picture",
        )  # fmt: skip
    return places


def _of_sunnybrook(folder: Path, cine: Cine) -> Found:
    import pydicom
    from pydicom.errors import InvalidDicomError

    places, files = _places(cine, folder), sunnybrook.images(folder)
    found: Found = {}
    for number, kind, path in sunnybrook.contour_files(folder):
        if number not in files:
            raise ReadError(
                "a contour without its picture", where=path.name,
                advice="name the subject's folder, with its DICOM files and its contours",
            )  # fmt: skip
        try:
            header = pydicom.dcmread(files[number], stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
            uid = str(header.SOPInstanceUID)
        except (OSError, InvalidDicomError, AttributeError, ValueError) as error:
            raise ReadError("no DICOM file", where=files[number].name) from error
        if uid in places:
            found[_SIDES[kind], *places[uid]] = sunnybrook.read_contour(path).points
    return found


def _of_masks(path: Path, analysis: Analysis, labels: str | None) -> Found:
    drawing = drawing_of(Given(path, label_order(labels), "", None), analysis.cine, AnalyzeOptions())
    seg, _ = segmentation_of(drawing.labels == CAVITY, drawing.labels == MYOCARDIUM, analysis.cine)
    return _every(seg.endo, seg.epi)


def _every(endo: Contours, epi: Contours) -> Found:
    sides: tuple[tuple[Side, Contours], ...] = (("endo", endo), ("epi", epi))
    return {
        (side, z, t): contour.points
        for side, contours in sides
        for z, frames in enumerate(contours)
        for t, contour in enumerate(frames)
        if contour is not None
    }


def _of_record(path: Path, analysis: Analysis) -> Found:
    try:
        with path.open("rb") as stream:
            record = json.loads(stream.read(MOST_BYTES))
        if tuple(record["shape"]) != analysis.cine.pixels.shape:
            raise UsageError("contours of another scan", where=path.name, advice="give those of this one")
        sides: tuple[Side, ...] = ("endo", "epi")
        return {
            (side, z, t): np.asarray(line, float).reshape(-1, 2)
            for side in sides
            for z, frames in enumerate(record[side])
            for t, line in enumerate(frames)
            if line is not None
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ReadError("no contours.json of lvcine", where=path.name) from error

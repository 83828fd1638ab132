"""Contours in the XML of a cvi42 workspace (``.cvi42wsx``): which DICOM object, which contour, its points.

What is read and written is the part that published readers agree on: in ``ImageStates`` an item for each
SOP Instance UID, in it ``Contours`` with an item for each contour by name, in that ``Points`` (x, y) in
parts of a pixel, and ``SubpixelResolution``, how many parts a pixel has. Circle publishes no description;
points are taken as places in pixels whose centres are whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

import numpy as np

from lvcine.errors import ReadError
from lvcine.study import Array

MOST_BYTES = 256 << 20
SIDES = {"saendocardialContour": "endo", "saepicardialContour": "epi"}
"""Names of the contours that are read and written, and which they are."""
_PARTS = 64  # of a pixel, in what is written
_SPACE = "http://www.circlecvi.com/cvi42/Workspace/"
_KEY, _COUNT, _ITEM = f"{{{_SPACE}Hash/}}key", f"{{{_SPACE}Hash/}}count", f"{{{_SPACE}Hash/}}item"
_ENTRY, _LENGTH = f"{{{_SPACE}List/}}item", f"{{{_SPACE}List/}}count"


def read_cvi42(data: bytes, where: str = "") -> dict[str, dict[str, Array]]:
    """Contours by DICOM object.

    Parameters
    ----------
    data : bytes
        The XML. Entities, and documents elsewhere that it refers to, are refused.
    where : str
        Name of the file, for messages.

    Returns
    -------
    dict
        SOP Instance UID -> side (``endo``, ``epi``) -> points (N, 2) as (y, x) in pixels.

    Raises
    ------
    ReadError
        No XML, XML that could do harm, or none of cvi42's.

    Examples
    --------
    >>> ring = np.array([[10.0, 20.0], [10.0, 30.0], [20.0, 25.0]])
    >>> found = read_cvi42(write_cvi42({"1.2.3": {"endo": ring}}))
    >>> found["1.2.3"]["endo"].tolist()
    [[10.0, 20.0], [10.0, 30.0], [20.0, 25.0]]
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    if len(data) > MOST_BYTES:
        raise ReadError("a larger file than any workspace", where=where)
    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise ReadError("XML with entities or a document type, which could do harm", where=where) from error
    except (ParseError, ValueError, RecursionError) as error:
        raise ReadError("no XML", where=where, advice="export the workspace as .cvi42wsx") from error
    found: dict[str, dict[str, Array]] = {}
    for states in _keyed(root, "ImageStates"):
        for image in states:
            contours = {
                side: points
                for part in image
                if _key(part) == "Contours"
                for contour in part
                if (side := SIDES.get(_key(contour))) and (points := _points(contour, where)) is not None
            }
            if contours:
                found.setdefault(_key(image), {}).update(contours)
    if not found:
        raise ReadError(
            "no short-axis contours of cvi42", where=where,
            advice="export a workspace with saendocardialContour or saepicardialContour",
        )  # fmt: skip
    return found


def _keyed(root: Any, key: str) -> Iterator[Any]:
    return (element for element in root.iter() if _key(element) == key)


def _key(element: Any) -> str:
    """The item's key, whatever the file calls its name spaces."""
    return next((str(v) for name, v in element.attrib.items() if name.rpartition("}")[2] == "key"), "")


def _points(contour: Any, where: str) -> Array | None:
    parts = {_key(child): child for child in contour}
    if "Points" not in parts:
        return None
    try:
        scale = float(parts["SubpixelResolution"].text) if "SubpixelResolution" in parts else 1.0
        xy = [
            [float(next(c.text for c in point if c.tag.rpartition("}")[2] == axis)) for axis in "yx"]
            for point in parts["Points"]
        ]
        if not scale > 0:
            raise ValueError("parts of a pixel")
        points = np.asarray(xy, float).reshape(-1, 2) / scale
    except (TypeError, ValueError, StopIteration) as error:
        raise ReadError("a contour of cvi42 that is damaged", where=where) from error
    if not np.isfinite(points).all():
        raise ReadError("a contour of cvi42 whose points are no numbers", where=where)
    return points if len(points) >= 3 else None


def write_cvi42(contours: Mapping[str, Mapping[str, Array]]) -> bytes:
    """Contours by DICOM object as XML that :func:`read_cvi42`, and other readers of cvi42's, take.

    Parameters
    ----------
    contours : mapping
        As :func:`read_cvi42` gives them. Points are written to 1/64 of a pixel.
    """
    for prefix, space in (("Hash", "Hash/"), ("List", "List/"), ("Point", "Point/"), ("Workspace", "")):
        register_namespace(prefix, f"{_SPACE}{space}")
    root = Element(f"{{{_SPACE}}}Workspace")
    states = _item(root, "ImageStates", len(contours))
    names = {side: name for name, side in SIDES.items()}
    for uid, sides in contours.items():
        image = _item(states, uid, 1)
        held = _item(image, "Contours", len(sides))
        for side, points in sides.items():
            contour = _item(held, names[side], 2)
            listed = SubElement(contour, _ITEM, {_KEY: "Points", _LENGTH: str(len(points))})
            for y, x in np.round(np.asarray(points, float) * _PARTS).tolist():
                entry = SubElement(listed, _ENTRY)
                for name, value in (("x", x), ("y", y)):
                    SubElement(entry, f"{{{_SPACE}Point/}}{name}").text = f"{value:.0f}"
            SubElement(contour, _ITEM, {_KEY: "SubpixelResolution"}).text = str(_PARTS)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root) + b"\n"


def _item(parent: Element, key: str, count: int) -> Element:
    return SubElement(parent, _ITEM, {_KEY: key, _COUNT: str(count)})

"""Values out of a DICOM header, forgiving where writers are careless.

pydicom parses the file; the values are decoded here from its raw bytes, because a
thousand headers must take less than two seconds and because a malformed number in one
element (PS3.5 section 6.2) must cost that element, not the file.
"""

from __future__ import annotations

import functools
import math
import re
import struct
from collections.abc import Iterator
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

_BINARY = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d"}

# GE's GEMS_PARM_01 block: 0 magnitude, 1 phase, 2 real, 3 imaginary.
_PRIVATE = {"GERawDataType": (0x0043102F, "SS")}

_DECIMAL_COMMA = re.compile(r"^(\s*[+-]?\d*),(\d+(?:[eE][+-]?\d+)?\s*)$")
"""Of writers that ran under a locale; the standard knows the point alone (PS3.5 section 6.2, DS)."""

PRIVATE_BLOCKS = range(0x10, 0x14)
"""Blocks (PS3.5 section 7.8.1) in which a maker's elements are looked for; the first is the rule."""

_PRIVATE_ELEMENTS = {
    0x0019: (0xCB, 0xCC, 0xE2), 0x0021: (0x29,), 0x0043: (0x32,), 0x0051: (0x14,), 0x2001: (0x1A,),
}  # fmt: skip
PRIVATE_TAGS = [
    tag
    for group, elements in _PRIVATE_ELEMENTS.items()
    for block in PRIVATE_BLOCKS
    for tag in (group << 16 | block, *(group << 16 | block << 8 | element for element in elements))
]
"""Tags of the velocity encoding's private elements and of the creators of their blocks."""


def tag_and_vr(keyword: str) -> tuple[int, str]:
    """Tag and value representation of a keyword of the DICOM dictionary (PS3.6).

    Examples
    --------
    >>> hex(tag_and_vr("TriggerTime")[0]), tag_and_vr("TriggerTime")[1]
    ('0x181060', 'DS')
    """
    if keyword in _PRIVATE:
        return _PRIVATE[keyword]
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return tag, str(dictionary_VR(tag)).split(" ")[0]


class Fields:
    """One dataset (or one item of a sequence) by keyword.

    Parameters
    ----------
    dataset : pydicom Dataset

    Examples
    --------
    >>> ds = Dataset()
    >>> ds.TriggerTime, ds.PixelSpacing, ds.ImageType = "37.5", [1.4, 1.3], ["ORIGINAL", "PRIMARY"]
    >>> f = Fields(ds)
    >>> f.number("TriggerTime"), f.numbers("PixelSpacing"), f.texts("ImageType"), f.number("Rows")
    (37.5, (1.4, 1.3), ('ORIGINAL', 'PRIMARY'), None)
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    @functools.cached_property
    def _elements(self) -> dict[int, Any]:
        """By plain numbers: pydicom makes a tag of every key that it is asked for, which takes its time."""
        return {int(tag): element for tag, element in self.dataset.items()}

    def _element(self, keyword: str) -> tuple[Any, str]:
        tag, vr = _known(keyword)
        element = self._elements.get(tag)
        return (None, vr) if element is None else (element, element.VR or vr)

    def texts(self, keyword: str) -> tuple[str, ...]:
        """All values as stripped text; empty if absent."""
        return _texts(self._element(keyword)[0])

    def text(self, keyword: str) -> str:
        """First value as text, empty if absent."""
        return next(iter(self.texts(keyword)), "")

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """All values as finite numbers; empty if absent or if any of them is not a number."""
        element, vr = self._element(keyword)
        return _numbers(element, _known(keyword)[1] if vr == "UN" else vr)

    def number(self, keyword: str) -> float | None:
        """First value as a number, None if absent."""
        return next(iter(self.numbers(keyword)), None)

    def vector(self, keyword: str, length: int) -> tuple[float, ...] | None:
        """Exactly ``length`` numbers, or None."""
        values = self.numbers(keyword)
        return values if len(values) == length else None

    def private_texts(self, group: int, creator: str, element: int) -> tuple[str, ...]:
        """All values of a private element as text; the creator tells which block is its maker's."""
        return _texts(self._private(group, creator, element))

    def private_numbers(self, group: int, creator: str, element: int, vr: str) -> tuple[float, ...]:
        """All values of a private element as numbers; ``vr`` where the file does not say it."""
        found = self._private(group, creator, element)
        stated = None if found is None else found.VR
        return _numbers(found, vr if stated in (None, "UN") else str(stated))

    def _private(self, group: int, creator: str, element: int) -> Any:
        for block in PRIVATE_BLOCKS:
            names = _texts(self._elements.get(group << 16 | block))
            if names and names[0].upper().startswith(creator.upper()):
                found = self._elements.get(group << 16 | block << 8 | element)
                if found is not None:
                    return found
        return None

    def items(self, keyword: str) -> Iterator[Fields]:
        """Items of a sequence; none if absent."""
        tag, _ = _known(keyword)
        if tag in self.dataset and self.dataset[tag].VR == "SQ":
            for item in self.dataset[tag].value or ():
                yield Fields(item)

    def item(self, keyword: str) -> Fields:
        """First item of a sequence, an empty one if absent."""
        return next(self.items(keyword), Fields(Dataset()))


_known = functools.cache(tag_and_vr)


def _texts(element: Any) -> tuple[str, ...]:
    if element is None or element.value is None:
        return ()
    value = element.value
    if isinstance(element, RawDataElement) or isinstance(value, bytes):
        text = bytes(value).decode("latin-1").strip(" \0")
        return tuple(part.strip(" \0") for part in text.split("\\")) if text else ()
    parts = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else value
    return tuple(str(part).strip(" \0") for part in parts)


def _numbers(element: Any, vr: str) -> tuple[float, ...]:
    if isinstance(element, RawDataElement) and vr in _BINARY:
        return _finite(_unpack(element, vr))
    try:
        return _finite([float(_DECIMAL_COMMA.sub(r"\1.\2", part)) for part in _texts(element)])
    except ValueError:
        return ()


def _unpack(element: RawDataElement, vr: str) -> list[float]:
    code = _BINARY[vr]
    data = bytes(element.value or b"")
    size = struct.calcsize(code)
    order = "<" if element.is_little_endian else ">"
    count = len(data) // size
    return [float(v) for v in struct.unpack(f"{order}{count}{code}", data[: count * size])]


def _finite(values: list[float]) -> tuple[float, ...]:
    return tuple(values) if all(math.isfinite(v) for v in values) else ()


def seconds_of_day(text: str) -> float | None:
    """DICOM TM or the time part of DT (``HHMMSS.FFFFFF``) in seconds, None if malformed.

    Examples
    --------
    >>> seconds_of_day("083929.5"), seconds_of_day("20090101083929"), seconds_of_day("")
    (31169.5, 31169.0, None)
    """
    digits = re.split("[+-]", text.replace(":", ""))[0]  # without the time zone
    whole, _, fraction = digits.partition(".")
    whole = whole[8:14] if len(whole) >= 12 else whole
    if not _digits(whole) or len(whole) < 4:
        return None
    whole = whole.ljust(6, "0")
    part = float(f"0.{fraction}") if _digits(fraction) else 0.0
    return int(whole[:2]) * 3600.0 + int(whole[2:4]) * 60.0 + int(whole[4:6]) + part


def _digits(text: str) -> bool:
    """Whether ``int`` takes it; of other digits, a superscript 2 among them, it takes some."""
    return text.isascii() and text.isdecimal()

"""A DICOM file as a tree of elements that can be written again, whatever was done to it.

pydicom refuses to write much of what a fuzzer wants to write; here nothing is checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"UC", b"UN", b"UR", b"UT", b"SV", b"UV"}
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXELS = 0x7FE00010
_SYNTAX = 0x00020010
IMPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"


@dataclass
class Element:
    """One element; ``items`` where it is a sequence, ``lie`` where its length shall be another."""

    tag: int
    vr: bytes
    value: bytes = b""
    items: list[list[Element]] | None = None
    undefined: bool = False
    lie: int | None = None


@dataclass
class Form:
    """How elements are written."""

    implicit: bool = False
    big: bool = False

    @property
    def order(self) -> str:
        return "big" if self.big else "little"


@dataclass
class Tree:
    """A file: what comes before its elements, the group of its syntax, its data set."""

    prefix: bytes
    meta: list[Element]
    body: list[Element]
    form: Form = field(default_factory=Form)

    def lists(self) -> list[list[Element]]:
        """All lists of elements, those within items too."""
        return [self.meta, *_lists(self.body)]


def _lists(elements: list[Element]) -> list[list[Element]]:
    found = [elements]
    for element in elements:
        for item in element.items or ():
            found += _lists(item)
    return found


def parsed(data: bytes) -> Tree:
    """The tree of a sound file, with or without preamble; raises anything where it is none."""
    prefix = data[:132] if data[128:132] == b"DICM" else b""
    at, meta, form = len(prefix), [], Form()
    if data[at : at + 2] == b"\x02\x00":
        meta, at = _elements(data, at, len(data), Form(), stop_group=2)
        syntax = next((e.value.rstrip(b"\0").decode() for e in meta if e.tag == _SYNTAX), "")
        form = Form(implicit=syntax == IMPLICIT, big=syntax == BIG)
    elif not data[at + 4 : at + 6].isalpha():
        form = Form(implicit=True)
    body, at = _elements(data, at, len(data), form)
    return Tree(prefix, meta, body, form)


def written(tree: Tree) -> bytes:
    """The file of a tree."""
    return tree.prefix + _written(tree.meta, Form()) + _written(tree.body, tree.form)


def _elements(
    data: bytes, at: int, end: int, form: Form, stop_group: int | None = None
) -> tuple[list[Element], int]:
    found: list[Element] = []
    while at + 8 <= end:
        tag = _tag(data, at, form)
        if tag in (_ITEM_END, _SEQUENCE_END) or (stop_group is not None and tag >> 16 != stop_group):
            break
        vr, length, start = _head(data, at, form)
        element = Element(tag, vr, undefined=length == _UNDEFINED)
        stop = min(start + length, end) if length != _UNDEFINED else end
        if vr == b"SQ" or (form.implicit and _tag(data, start, form) == _ITEM and tag != _PIXELS):
            element.items, at = _items(data, start, stop, form, element.undefined)
        else:
            element.value, at = data[start:stop], stop
        found.append(element)
    return found, at


def _items(data: bytes, at: int, end: int, form: Form, undefined: bool) -> tuple[list[list[Element]], int]:
    items: list[list[Element]] = []
    while at + 8 <= end:
        tag, length = _tag(data, at, form), int.from_bytes(data[at + 4 : at + 8], form.order)
        at += 8
        if tag != _ITEM:
            break
        stop = end if length == _UNDEFINED else min(at + length, end)
        item, at = _elements(data, at, stop, form)
        if length == _UNDEFINED:
            at += 8
        items.append(item)
    return items, at if undefined else end


def _tag(data: bytes, at: int, form: Form) -> int:
    group, element = data[at : at + 2], data[at + 2 : at + 4]
    return int.from_bytes(group, form.order) << 16 | int.from_bytes(element, form.order)


def _head(data: bytes, at: int, form: Form) -> tuple[bytes, int, int]:
    """Value representation, length, and where the value begins."""
    if form.implicit:
        return b"", int.from_bytes(data[at + 4 : at + 8], form.order), at + 8
    vr = data[at + 4 : at + 6]
    if vr in _LONG:
        return vr, int.from_bytes(data[at + 8 : at + 12], form.order), at + 12
    return vr, int.from_bytes(data[at + 6 : at + 8], form.order), at + 8


def _written(elements: list[Element], form: Form) -> bytes:
    return b"".join(_one(element, form) for element in elements)


def _one(element: Element, form: Form) -> bytes:
    value = element.value
    if element.items is not None:
        value = b"".join(_item(item, form, element.undefined) for item in element.items)
        if element.undefined:
            value += _mark(_SEQUENCE_END, 0, form)
    length = _UNDEFINED if element.undefined else len(value)
    length = length if element.lie is None else element.lie
    tag = (element.tag >> 16).to_bytes(2, form.order) + (element.tag & 0xFFFF).to_bytes(2, form.order)
    if form.implicit:
        return tag + (length & _UNDEFINED).to_bytes(4, form.order) + value
    if element.vr in _LONG:
        return tag + element.vr + bytes(2) + (length & _UNDEFINED).to_bytes(4, form.order) + value
    return tag + element.vr[:2].ljust(2) + (length & 0xFFFF).to_bytes(2, form.order) + value


def _item(item: list[Element], form: Form, undefined: bool) -> bytes:
    body = _written(item, form)
    if undefined:
        return _mark(_ITEM, _UNDEFINED, form) + body + _mark(_ITEM_END, 0, form)
    return _mark(_ITEM, len(body), form) + body


def _mark(tag: int, length: int, form: Form) -> bytes:
    head = (tag >> 16).to_bytes(2, form.order) + (tag & 0xFFFF).to_bytes(2, form.order)
    return head + length.to_bytes(4, form.order)

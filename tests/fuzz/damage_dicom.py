"""A DICOM file with elements that no scanner writes."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.uid import UID_dictionary

from . import absurd, damage
from .dicom_tree import Element, Tree, parsed, written

_TEXTS_OF_NUMBERS = {b"DS", b"IS"}
_BINARY = {b"US": 2, b"SS": 2, b"UL": 4, b"SL": 4, b"AT": 4, b"FL": 4, b"FD": 8, b"SV": 8, b"UV": 8}
_VRS = (
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"OB", b"OW",
    b"PN", b"SH",
    b"SL", b"SQ", b"SS", b"ST", b"TM", b"UI", b"UL", b"UN", b"US", b"UT", b"UV", b"XX", b"\0\0", b"sq",
)  # fmt: skip
_MOST_BYTES = 1 << 20
_SYNTAX = 0x00020010
_PIXELS = 0x7FE00010
_ROWS, _COLUMNS = 0x00280010, 0x00280011
_START_OF_FRAME = re.compile(rb"(\xff[\xc0-\xc3\xf7]..[\x08-\x10])....", re.DOTALL)  # JPEG and JPEG-LS
_SIZE_OF_IMAGE = re.compile(rb"(\xff\x4f\xff\x51....).{16}(.{8})", re.DOTALL)  # JPEG 2000

# What is read, and what changes how the rest is read.
_KEYWORDS = """
    SpecificCharacterSet SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID SeriesNumber
    InstanceNumber
    AcquisitionNumber Modality ImageType PatientID PatientName PatientSize PatientWeight PatientSex PatientAge
    PatientBirthDate Rows Columns NumberOfFrames SamplesPerPixel PlanarConfiguration BitsAllocated
    BitsStored HighBit
    PixelRepresentation PhotometricInterpretation PixelSpacing SliceThickness SpacingBetweenSlices
    ImagePositionPatient ImageOrientationPatient SliceLocation TriggerTime NominalCardiacTriggerDelayTime
    TemporalPositionIdentifier TemporalPositionIndex NominalInterval HeartRate AcquisitionTime
    AcquisitionDateTime
    ContentTime EchoTime InversionTime SequenceName ComplexImageComponent RescaleSlope RescaleIntercept
    RescaleType
    FrameTime FrameTimeVector CineRate RecommendedDisplayFrameRate ActualFrameDuration RegionLocationMinX0
    RegionLocationMinY0 RegionLocationMaxX1 RegionLocationMaxY1 PhysicalDeltaX PhysicalDeltaY
    RegionSpatialFormat
    SequenceOfUltrasoundRegions SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence
    RealWorldValueMappingSequence ExtendedOffsetTable ExtendedOffsetTableLengths LossyImageCompression
    RedPaletteColorLookupTableDescriptor RedPaletteColorLookupTableData
    SegmentedRedPaletteColorLookupTableData
    FloatPixelData VelocityEncodingMaximumValue VelocityEncodingDirection FrameAcquisitionDateTime
""".split()
_KNOWN = [(tag_for_keyword(k), dictionary_VR(k).split(" ")[0].encode()) for k in _KEYWORDS]
_PRIVATE = [(0x00510014, b"SH"), (0x00511014, b"SH"), (0x001910CC, b"SS"), (0x0043102F, b"SS"),
(0x2001101A, b"FL"),
            (0x00190010, b"LO"), (0x001910CB, b"SS"), (0x001910E2, b"DS"), (0x00211029, b"DS"),
            (0x00431032, b"SS")]  # fmt: skip
_SYNTAXES = [uid for uid, what in UID_dictionary.items() if what[1] == "Transfer Syntax"]


def damaged_dicom(data: bytes, rng: random.Random) -> bytes:
    """One to some dozen elements changed; bytes alone where it is no tree."""
    try:
        tree = parsed(data)
    except Exception:
        return damage.damaged(data, rng)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 10))):
        rng.choice(_WAYS)(tree, rng)
        if len(data := written(tree)) > _MOST_BYTES:
            break
    return data


def _any_list(tree: Tree, rng: random.Random) -> list[Element]:
    lists = [elements for elements in tree.lists() if elements] or [tree.body]
    return tree.body if rng.random() < 0.4 and tree.body else rng.choice(lists)


def _any(tree: Tree, rng: random.Random) -> Element:
    elements = _any_list(tree, rng)
    return rng.choice(elements) if elements else Element(0, b"UN")


def value_for(vr: bytes, rng: random.Random, order: str = "little") -> bytes:
    """A value of some representation, of one part or of many."""
    count = rng.choice((1, 1, 1, 2, 3, 6, 0, 500))
    if vr in _BINARY and rng.random() < 0.9:
        if vr in (b"FL", b"FD"):
            parts = [absurd.packed_float(rng, "f" if vr == b"FL" else "d", "<" if order == "little" else ">")
                     for _ in range(count)]  # fmt: skip
        else:
            parts = [absurd.integer(rng, _BINARY[vr]).to_bytes(_BINARY[vr], order) for _ in range(count)]  # type: ignore[arg-type]
        return b"".join(parts)[: rng.choice((1 << 20, 1 << 20, 3))]
    if vr in _TEXTS_OF_NUMBERS or rng.random() < 0.3:
        parts = [absurd.number_text(rng).encode("utf-8") for _ in range(count)]
    else:
        parts = [absurd.text_bytes(rng) for _ in range(min(count, 6))]
    value = b"\\".join(parts)
    return value + b" " * (len(value) % 2) if rng.random() < 0.8 else value


def _new_value(tree: Tree, rng: random.Random) -> None:
    element = _any(tree, rng)
    element.items = None
    element.value = value_for(element.vr or rng.choice(_VRS), rng, tree.form.order)


def _bent_value(tree: Tree, rng: random.Random) -> None:
    """A value a little changed: what is plausible goes further than what is absurd."""
    element = _any(tree, rng)
    if element.items is None:
        element.value = damage.damaged(element.value, rng)


def _wrong_vr(tree: Tree, rng: random.Random) -> None:
    _any(tree, rng).vr = rng.choice(_VRS)


def _wrong_length(tree: Tree, rng: random.Random) -> None:
    element = _any(tree, rng)
    element.lie = rng.choice(
        (0, 1, len(element.value) + 2, absurd.integer(rng, 2), absurd.integer(rng, 4), 0xFFFFFFFF)
    )


def _gone(tree: Tree, rng: random.Random) -> None:
    elements = _any_list(tree, rng)
    if elements:
        elements.pop(rng.randrange(len(elements)))


def _doubled(tree: Tree, rng: random.Random) -> None:
    elements = _any_list(tree, rng)
    if elements:
        elements.insert(rng.randrange(len(elements) + 1), rng.choice(elements))


def _exchanged(tree: Tree, rng: random.Random) -> None:
    one, other = _any(tree, rng), _any(tree, rng)
    one.value, other.value = other.value, one.value


def _put(tree: Tree, rng: random.Random) -> None:
    """An element that is read is added, or replaced where it stands."""
    tag, vr = rng.choice(_KNOWN + _PRIVATE)
    elements = tree.body if rng.random() < 0.7 else _any_list(tree, rng)
    elements[:] = [element for element in elements if element.tag != tag]
    elements.append(Element(int(tag or 0), vr, value_for(vr, rng, tree.form.order)))
    if rng.random() < 0.9:
        elements.sort(key=lambda element: element.tag)


def _nested(tree: Tree, rng: random.Random) -> None:
    """A sequence in a sequence in a sequence."""
    order, depth = tree.form.order, rng.choice((3, 20, 200, 1200, 6000))
    tag = rng.choice([element for element in tree.body if element.items] or [Element(0x00081140, b"SQ")]).tag
    head = (tag >> 16).to_bytes(2, order) + (tag & 0xFFFF).to_bytes(2, order)  # type: ignore[arg-type]
    head += (b"" if tree.form.implicit else b"SQ\0\0") + b"\xff" * 4
    item = (0xFFFE).to_bytes(2, order) + (0xE000).to_bytes(2, order) + b"\xff" * 4  # type: ignore[arg-type]
    _replace(tree, Element(tag, b"SQ", item + (head + item) * depth, undefined=True))


def _many_items(tree: Tree, rng: random.Random) -> None:
    target = [element for element in tree.body if element.items]
    count = rng.choice((0, 1, 50, 3000, 3000, 40_000))
    if not target or rng.random() < 0.3:
        _replace(
            tree, Element(int(rng.choice(_KNOWN[-14:-9])[0] or 0), b"SQ", items=[[] for _ in range(count)])
        )
        return
    element = rng.choice(target)
    assert element.items is not None
    element.items = (element.items * (1 + count // len(element.items)))[: min(count, 1000)]


def _replace(tree: Tree, element: Element) -> None:
    tree.body[:] = sorted([e for e in tree.body if e.tag != element.tag] + [element], key=lambda e: e.tag)


def _undefined(tree: Tree, rng: random.Random) -> None:
    element = _any(tree, rng)
    element.undefined = not element.undefined


def _syntax(tree: Tree, rng: random.Random) -> None:
    uid = rng.choice(_SYNTAXES).encode() if rng.random() < 0.8 else absurd.text_bytes(rng)
    tree.meta[:] = [element for element in tree.meta if element.tag != _SYNTAX]
    tree.meta.append(Element(_SYNTAX, b"UI", uid + b"\0" * (len(uid) % 2)))


def _pixels(tree: Tree, rng: random.Random) -> None:
    """The coded pixels are damaged where decoders look first."""
    for element in tree.body:
        if element.tag == _PIXELS:
            element.value = damage.damaged(element.value, rng)


def _resized(tree: Tree, rng: random.Random) -> None:
    """Another size of the picture, in the header and in the coded pixels alike."""
    rows, columns = (rng.choice((0, 1, 7, 31, 33, 64, 300, 1024, 3000, 12_000, 65_535)) for _ in range(2))
    frame, image = struct.pack(">HH", rows, columns), struct.pack(">II", columns, rows)
    for element in tree.body:
        if element.tag in (_ROWS, _COLUMNS):
            element.value = (rows if element.tag == _ROWS else columns).to_bytes(2, tree.form.order)  # type: ignore[arg-type]
        elif element.tag == _PIXELS:
            element.value = _START_OF_FRAME.sub(lambda found: found[1] + frame, element.value)
            element.value = _SIZE_OF_IMAGE.sub(
                lambda found: found[1] + image + bytes(8) + rng.choice((image, found[2])), element.value
            )


def _prefix(tree: Tree, rng: random.Random) -> None:
    tree.prefix = rng.choice((b"", tree.prefix, damage.damaged(tree.prefix, rng), b"\0" * 128 + b"DICM"))


def _other_form(tree: Tree, rng: random.Random) -> None:
    """The data set in another form than the syntax says."""
    tree.form.implicit, tree.form.big = rng.choice(((True, False), (False, True), (False, False)))


_WAYS: tuple[Callable[[Tree, random.Random], None], ...] = (
    _new_value, _new_value, _new_value, _new_value, _bent_value, _bent_value, _wrong_vr, _wrong_length, _gone,
    _doubled, _exchanged, _put, _put, _put, _put, _nested, _many_items, _undefined, _syntax, _pixels, _pixels,
    _prefix, _other_form, _resized, _resized,
)  # fmt: skip

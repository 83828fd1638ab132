"""Pixels of a DICOM file as grey numbers: one fixed decoder per transfer syntax."""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.encaps import generate_fragments, generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import UID

from lvcine.isolated import still_working
from lvcine.read.colour import DOPPLER, SAMPLED, as_rgb, shows_flow
from lvcine.read.dicom.cures import DECOMPRESS
from lvcine.read.dicom.h264 import H264, h264_frames
from lvcine.read.dicom.header import Header, UnusableError
from lvcine.read.dicom.jpeg12 import EXTENDED, deep_frames, is_deep
from lvcine.read.dicom.stored_bits import stored_value

logger = logging.getLogger(__name__)

Pixels = NDArray[Any]

# Lossy decoders differ in the last bit, so the order is ours and not that of what is installed.
_JPEG = {".50": ("pillow",), ".51": ("pillow",), ".57": ("gdcm",), ".70": ("gdcm",)}
_JPEG_LS = {".80": ("gdcm",), ".81": ("gdcm",)}
_JPEG_2000 = {f".{n}": ("pylibjpeg", "gdcm") for n in (90, 91)}
_HIGH_THROUGHPUT = {f".{n}": ("pylibjpeg",) for n in (201, 202, 203)}
PLUGINS: dict[str, tuple[str, ...]] = {
    "1.2.840.10008.1.2": ("",),
    "1.2.840.10008.1.2.1": ("",),
    "1.2.840.10008.1.2.2": ("",),
    "1.2.840.10008.1.2.5": ("pydicom",),
    **{
        f"1.2.840.10008.1.2.4{end}": order
        for end, order in (_JPEG | _JPEG_LS | _JPEG_2000 | _HIGH_THROUGHPUT).items()
    },
}

_PIXEL_KEYWORDS = """
    Rows Columns NumberOfFrames SamplesPerPixel PlanarConfiguration BitsAllocated BitsStored HighBit
    PixelRepresentation PhotometricInterpretation PixelData ExtendedOffsetTable ExtendedOffsetTableLengths
    RedPaletteColorLookupTableDescriptor GreenPaletteColorLookupTableDescriptor
    BluePaletteColorLookupTableDescriptor RedPaletteColorLookupTableData GreenPaletteColorLookupTableData
    BluePaletteColorLookupTableData SegmentedRedPaletteColorLookupTableData
    SegmentedGreenPaletteColorLookupTableData SegmentedBluePaletteColorLookupTableData
""".split()

# Of a coded picture: a decoder takes time and memory for as many pixels as are declared, however few come.
_LARGEST_PICTURE = 1 << 25
_FREE_PIXELS = 1 << 20
_PIXELS_A_BYTE = 100

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as YBR_FULL (PS3.3 C.7.6.3.1.2)


def check_syntax(header: Header) -> None:
    """Refuse a transfer syntax that no decoder here reads.

    Raises
    ------
    UnusableError
        Names the syntax and what to do.
    """
    if header.syntax not in PLUGINS and header.syntax not in H264:
        name = UID(header.syntax).name
        known = f"{header.syntax} ({name})" if name != header.syntax else "of an unknown kind"
        raise UnusableError(
            f"transfer syntax {known} is not read",
            broken=True, where=header.path.name, advice="convert it to explicit little endian",
        )  # fmt: skip


def decode(data: bytes, syntax: str, frames: Sequence[int], name: str) -> list[Pixels]:
    """Grey pictures of the wanted frames, by the codecs in this process.

    Parameters
    ----------
    data : bytes
        The whole file.
    syntax : str
        Its transfer syntax.
    frames : sequence of int
        Indices from 0, ascending.
    name : str
        Of the file, for the error.

    Returns
    -------
    list of ndarray, shape (Y, X)
        Stored values; colour as luma, a palette looked up, MONOCHROME1 inverted.

    Raises
    ------
    UnusableError
        The pixels are damaged, coded in another size than the header declares, or show flow in colour.
    """
    try:
        dataset = pydicom.dcmread(io.BytesIO(data), force=True, specific_tags=_PIXEL_KEYWORDS)
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
        if any(
            element.VR == "SQ" for element in dataset.values()
        ):  # of thousands of items, to be built in vain
            raise UnusableError("a sequence where a value belongs", broken=True, where=name)
        if syntax in H264:
            return _all_grey(h264_frames(dataset, frames, name), dataset, len(frames))
        _check_coded_size(dataset, name)
        if syntax == EXTENDED and is_deep(dataset):
            wanted = set(frames)
            coded = (frame for k, frame in enumerate(_coded_frames(dataset, name)) if k in wanted)
            return _all_grey(deep_frames(dataset, coded), dataset, len(frames))
        return _decoded(dataset, frames)
    except UnusableError:
        raise
    except Exception as error:  # codecs raise anything; one bad file must cost one file
        raise UnusableError(_undecoded(syntax), broken=True, where=name, advice=DECOMPRESS) from error


def _undecoded(syntax: str) -> str:
    """What failed: the codec where there is one, else the pixels."""
    known = UID(syntax)
    return f"pixels cannot be decoded ({known.name})" if known.is_compressed else "pixels cannot be decoded"


def _decoded(dataset: FileDataset, frames: Sequence[int]) -> list[Pixels]:
    """All wanted frames, grey, by the first decoder that manages them."""
    syntax = dataset.file_meta.TransferSyntaxUID
    decoder = get_decoder(syntax)
    failure: Exception | None = None
    for plugin in PLUGINS[syntax]:
        try:
            pairs = decoder.iter_array(
                dataset, indices=frames, decoding_plugin=plugin, raw=True, correct_unused_bits=False
            )
            return _all_grey((array for array, _ in pairs), dataset, len(frames))
        except UnusableError:
            raise
        except Exception as error:
            logger.debug("decoder %s failed", plugin, exc_info=True)
            failure = failure or error
    raise failure or RuntimeError("no decoder")


def _check_coded_size(dataset: FileDataset, name: str) -> None:
    """A compressed frame may itself claim any size: compare before a codec allocates it."""
    if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    for frame in _coded_frames(dataset, name):
        if rows * columns > min(_LARGEST_PICTURE, _FREE_PIXELS + _PIXELS_A_BYTE * len(frame)):
            raise UnusableError(
                f"a picture of {rows} x {columns} pixels in {len(frame)} bytes", broken=True, where=name
            )
        size = coded_size(frame[:65536])
        if size is not None and size != (rows, columns):
            raise UnusableError(
                f"pixels coded as {size[0]} x {size[1]} but declared as {rows} x {columns}",
                broken=True, where=name,
            )  # fmt: skip


def _coded_frames(dataset: FileDataset, name: str) -> Iterator[bytes]:
    """The coded frames, as many as are declared.

    Raises
    ------
    UnusableError
        Fewer: the file lost its end or states another number.
    """
    declared = int(dataset.get("NumberOfFrames") or 1)
    count = 0
    try:
        for frame in generate_frames(dataset.PixelData, number_of_frames=declared):
            count += 1
            yield frame
    except UnusableError:
        raise
    except ValueError as error:
        fragments = sum(1 for _ in generate_fragments(dataset.PixelData)) - 1
        raise _too_few(max(count, fragments), declared, name) from error
    if count < declared:
        raise _too_few(count, declared, name)


def _too_few(count: int, declared: int, name: str) -> UnusableError:
    return UnusableError(
        f"cut short: {declared} frames declared, {count} in the file", broken=True, where=name
    )


def coded_size(stream: bytes) -> tuple[int, int] | None:
    """(rows, columns) that a JPEG, JPEG-LS or JPEG 2000 stream declares; None if it has no such header.

    JPEG: start-of-frame segment (ITU-T T.81 B.2.2, JPEG-LS T.87); JPEG 2000: SIZ segment
    (T.800 A.5.1).

    Examples
    --------
    >>> coded_size(bytes.fromhex("ffd8 ffe0 0004 0000 ffc0 000b 08 0100 0200"))
    (256, 512)
    """
    siz = stream.find(b"\xff\x4f\xff\x51")
    if siz >= 0 and len(stream) >= siz + 24:
        right, bottom, left, top = struct.unpack(">4I", stream[siz + 8 : siz + 24])
        return bottom - top, right - left
    at = 2
    while stream[:2] == b"\xff\xd8" and at + 9 <= len(stream) and stream[at] == 0xFF:
        marker = stream[at + 1]
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            rows, columns = struct.unpack(">HH", stream[at + 5 : at + 9])
            return rows, columns
        at += 1 if marker == 0xFF else 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
    return None


def _all_grey(arrays: Iterable[Pixels], dataset: FileDataset, count: int) -> list[Pixels]:
    """Grey planes (Y, X) of what the decoder gives, unless a few of them show flow in colour."""
    grey, seen = [], []
    for number, array in enumerate(arrays):
        still_working()
        if array.ndim == 3:
            array = as_rgb(array, str(dataset.PhotometricInterpretation))
        if array.ndim == 3 and array.dtype == np.uint8 and number % max(1, count // SAMPLED) == 0:
            seen.append(array)
        grey.append(_grey(array, dataset))
    if shows_flow(seen):
        raise UnusableError(DOPPLER)
    return grey


def _grey(array: Pixels, dataset: FileDataset) -> Pixels:
    """One grey plane (Y, X) from what the decoder gave."""
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    photometric = str(dataset.PhotometricInterpretation)
    if photometric == "PALETTE COLOR":
        array = apply_color_lut(array, dataset)
    if array.ndim == 3:
        luma = np.rint(array.astype(np.float32) @ _LUMA)
        return luma.astype(array.dtype)
    if photometric != "PALETTE COLOR":
        stored = int(dataset.get("BitsStored") or 8 * array.dtype.itemsize)
        high = dataset.get("HighBit")
        array = stored_value(
            array,
            stored=stored,
            high=stored - 1 if high is None else int(high),
            signed=bool(dataset.PixelRepresentation),
        )
    if photometric == "MONOCHROME1":
        top = (1 << int(dataset.BitsStored)) - 1
        return (top - array).astype(array.dtype) if not dataset.PixelRepresentation else ~array
    return array

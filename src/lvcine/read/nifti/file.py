"""The bytes of a NIfTI file: header and voxels, with nothing believed that was not measured.

Header fields: https://nifti.nimh.nih.gov/nifti-1 (nifti1.h).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.isolated import still_working
from lvcine.read.packed import DAMAGE, opened

_HEADER_BYTES = {348: nib.Nifti1Header, 540: nib.Nifti2Header}
_CHUNK = 8 << 20
_LONGEST_PREAMBLE = 64 << 20  # header extensions before the voxels; kilobytes in practice
_GREY = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
_NOT_GREY = {32: "complex", 1792: "complex", 2048: "complex", 128: "colour", 2304: "colour"}


@dataclass(frozen=True, eq=False)
class NiftiFile:
    """A file's header and voxels.

    Attributes
    ----------
    header : nibabel Nifti1Header or Nifti2Header
    voxels : ndarray, axes as in the file
        Scaled by ``scl_slope`` and ``scl_inter``; trailing axes of one sample dropped, down to
        three axes.
    preamble : bytes
        What lies between header and voxels: header extensions.
    """

    header: Any
    voxels: NDArray[Any]
    preamble: bytes = b""


def read_file(path: Path, max_pixels: int) -> NiftiFile:
    """Read ``.nii``, alone or compressed by gzip, bzip2 or xz.

    Raises
    ------
    ReadError
        Not NIfTI, truncated, colour or complex, more than ``max_pixels`` (known from the header,
        before the voxels are inflated).
    """
    try:
        with opened(path) as stream:
            header, used = _header(stream, path.name)
            shape = _shape(header, path.name, max_pixels)
            dtype = _dtype(header, path.name)
            preamble = _preamble(stream, float(header["vox_offset"]) - used, path.name)
            data = _exactly(stream, math.prod(shape) * dtype.itemsize, path.name)
            _to_the_end(stream)
    except DAMAGE as error:
        raise ReadError(
            "NIfTI file truncated or damaged", where=path.name, advice="copy it again from its source"
        ) from error
    voxels = np.frombuffer(data, dtype).reshape(shape, order="F")
    return NiftiFile(header, _scaled(_squeezed(voxels), header), preamble)


def _header(stream: IO[bytes], where: str) -> tuple[Any, int]:
    """The header and its length in bytes; byte order known from its first number, the length."""
    first = stream.read(4)
    lengths = int.from_bytes(first, "little"), int.from_bytes(first, "big")
    kind = next((n for n in _HEADER_BYTES if n in lengths), None)
    if kind is None:
        raise ReadError("not a NIfTI file", where=where, advice="give a .nii or .nii.gz file")
    header = _HEADER_BYTES[kind](first + _exactly(stream, kind - 4, where), check=False)
    magic = bytes(header["magic"])
    if magic[:3] in (b"ni1", b"ni2"):
        raise ReadError(
            "a NIfTI header without its voxels (.hdr and .img)",
            where=where,
            advice="convert the pair to .nii",
        )
    if magic[:3] not in (b"n+1", b"n+2"):
        raise ReadError("not a NIfTI file", where=where, advice="give a .nii or .nii.gz file")
    return header, kind


def _shape(header: Any, where: str, max_pixels: int) -> tuple[int, ...]:
    axes = int(header["dim"][0])
    shape = tuple(int(n) for n in header["dim"][1 : axes + 1]) if 1 <= axes <= 7 else ()
    if len(shape) < 3 or min(shape) < 1:
        raise ReadError(f"a NIfTI file of shape {shape}", where=where, advice="give (x, y, slice, time)")
    if math.prod(shape) > max_pixels:
        size = " x ".join(map(str, shape))
        raise ReadError(
            f"the header declares {size} pixels, more than {max_pixels:,}",
            where=where,
            advice="raise max_pixels if the file is really that large",
        )
    return shape


def _dtype(header: Any, where: str) -> np.dtype[Any]:
    code = int(header["datatype"])
    if code in _NOT_GREY:
        raise ReadError(f"{_NOT_GREY[code]} voxels", where=where, advice="give the magnitude images, in grey")
    if code not in _GREY:
        raise ReadError(f"voxels of unknown type {code}", where=where, advice="convert the file")
    return np.dtype(_GREY[code]).newbyteorder(header.endianness)


def _preamble(stream: IO[bytes], size: float, where: str) -> bytes:
    if not size <= _LONGEST_PREAMBLE:  # NaN too
        raise ReadError("the header says that the voxels start beyond reason", where=where)
    return bytes(_exactly(stream, max(int(size), 0), where))


def _to_the_end(stream: IO[bytes]) -> None:
    """Read what follows the voxels, since a compressed stream ends with its checksum."""
    left = _LONGEST_PREAMBLE
    while left > 0 and (piece := stream.read(_CHUNK)):
        left -= len(piece)


def _exactly(stream: IO[bytes], size: int, where: str) -> bytearray:
    """Read in pieces, so that memory is taken for bytes that exist, not for bytes declared."""
    data = bytearray()
    while len(data) < size:
        piece = stream.read(min(_CHUNK, size - len(data)))
        if not piece:
            raise EOFError(where)
        data += piece
        still_working()
    return data


def _squeezed(voxels: NDArray[Any]) -> NDArray[Any]:
    """Without axes of one sample beyond the third: (x, y, z, 1, t) and (x, y, z, t, 1) are 4-D."""
    extra = tuple(a for a in range(3, voxels.ndim) if voxels.shape[a] == 1)
    return voxels.squeeze(axis=extra)


def _scaled(voxels: NDArray[Any], header: Any) -> NDArray[Any]:
    """Stored value x slope + intercept; a slope of 0 or NaN means none (nifti1.h, scl_slope)."""
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    inter = inter if math.isfinite(inter) else 0.0
    native = voxels.astype(voxels.dtype.newbyteorder("="), copy=False)
    if native.dtype.kind == "f" and native.dtype.itemsize > 4:
        native = native.astype(np.float32)
    if not math.isfinite(slope) or slope == 0.0 or (slope, inter) == (1.0, 0.0):
        return native
    return native.astype(np.float32) * np.float32(slope) + np.float32(inter)

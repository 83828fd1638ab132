"""What kind of file is this? Decided by its first bytes, never by its name."""

from __future__ import annotations

import tarfile
import zipfile
from enum import StrEnum
from pathlib import Path

from lvcine.read.packed import DAMAGE, is_packed, opened

HEAD_BYTES = 2048
TAR_BLOCK = 512


class Kind(StrEnum):
    """The readers that a file can go to."""

    DICOM = "DICOM"
    NIFTI = "NIfTI"
    VIDEO = "video"
    ARRAY = "NumPy array"
    MATLAB = "MATLAB file"
    VELOCITY = "velocity scan"  # the JSON that joins its NIfTI files
    PICTURE = "still picture"  # a frame of a clip that is a folder of them
    ARCHIVE = "archive"
    OTHER = "other"


def sniff(path: Path) -> Kind:
    """Kind of a plain file from its content.

    Parameters
    ----------
    path : Path
        An existing regular file.

    Returns
    -------
    Kind
        ``OTHER`` for whatever no reader of lvcine takes (text, tables, programs ...).

    Raises
    ------
    OSError
        The file cannot be opened.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "holiday.txt")
    ...     _ = path.write_bytes(b"GIF89a" + bytes(100))
    ...     print(sniff(path))
    video
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.startswith(b"PK\x03\x04"):
        return Kind.ARRAY if _is_npz(path, head) else Kind.ARCHIVE
    if is_packed(head):
        return Kind.NIFTI if _is_nifti(_unpacked_head(path)) else Kind.ARCHIVE
    return _plain(head)


def foreign(head: bytes) -> str:
    r"""Name of a format of medical pictures that no reader takes; empty for whatever else.

    Examples
    --------
    >>> foreign(b"NRRD0004\n# Complete"), foreign(b"ObjectType = Image\nNDims = 4"), foreign(b"name,value")
    ('NRRD', 'MetaImage', '')
    """
    if head.startswith(b"NRRD00"):
        return "NRRD"
    if b"NDims" in head[:400] and (b"ObjectType" in head[:400] or b"DimSize" in head):
        return "MetaImage"
    if 348 in (int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big")) and len(head) >= 348:
        return "Analyze"
    if b"DATA DESCRIPTION FILE" in head[:400]:
        return "Philips PAR/REC"
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "HDF5 (MINC, ISMRMRD, MATLAB 7.3)"
    return ""


def foreign_kind(path: Path) -> str:
    """:func:`foreign` of a file, one layer of compression removed; empty where it cannot be opened."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        return foreign(_unpacked_head(path) if is_packed(head) else head)
    except OSError:
        return ""


def _plain(head: bytes) -> Kind:
    """Kind of a file that is not compressed."""
    if is_dicom(head):
        return Kind.DICOM
    if _is_nifti(head):
        return Kind.NIFTI
    if head.startswith(b"\x93NUMPY"):
        return Kind.ARRAY
    if head.startswith((b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file")):
        return Kind.MATLAB
    if head.startswith((b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"PK\x05\x06")) or is_tar(head[:TAR_BLOCK]):
        return Kind.ARCHIVE
    if head.lstrip().startswith(b"{") and b'"magnitude"' in head and b'"velocity"' in head:
        return Kind.VELOCITY
    if _is_picture(head):
        return Kind.PICTURE
    return Kind.VIDEO if _is_video(head) else Kind.OTHER


def is_dicom(head: bytes) -> bool:
    """Whether a file that starts with these bytes is DICOM, with or without the preamble.

    The preamble and ``DICM`` are DICOM PS3.10 section 7.1. Older exports lack them and start with
    the first element of group 0002 or 0008, explicit (two letters of VR) or implicit (a short length).
    """
    if head[128:132] == b"DICM":
        return True
    if len(head) < 16 or head[0:2] not in (b"\x02\x00", b"\x08\x00") or head[3] != 0:
        return False
    vr = head[4:6]
    explicit = vr.isalpha() and vr.isupper()
    return explicit or int.from_bytes(head[4:8], "little") <= 1024


def _is_nifti(head: bytes) -> bool:
    """NIfTI-1 (header of 348 bytes, magic at 344) or NIfTI-2 (540 bytes, magic at 4), either byte order."""
    sizes = {int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big")}
    if 348 in sizes:
        return head[344:347] in (b"n+1", b"ni1")
    return 540 in sizes and head[4:7] in (b"n+2", b"ni2")


def _is_picture(head: bytes) -> bool:
    """PNG, JPEG, BMP (whose header has 40 bytes or more), TIFF."""
    if head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")):
        return True
    return head.startswith(b"BM") and head[15:18] == b"\x00\x00\x00" and head[14:15] >= b"\x28"


def _is_video(head: bytes) -> bool:
    if head.startswith((b"GIF87a", b"GIF89a", b"\x1aE\xdf\xa3", b"\x00\x00\x01\xba")):
        return True
    if head.startswith(b"RIFF"):
        return head[8:12] == b"AVI "
    # ISO base media and QuickTime name their first box at byte 4; ftyp also starts HEIC and AVIF pictures
    if head[4:8] == b"ftyp":
        return head[8:12] not in (b"heic", b"heix", b"mif1", b"avif", b"jp2 ", b"crx ")
    return head[4:8] in (b"moov", b"mdat", b"wide", b"skip", b"pnot")


def is_tar(block: bytes) -> bool:
    """Whether the first block is a tar's: its header has a checksum, of old tars without ``ustar`` too."""
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


def _is_npz(path: Path, head: bytes) -> bool:
    """NumPy's archive: a zip with arrays only, which the name of its first entry (at byte 30) tells."""
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if not name.endswith(b".npy"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except Exception:  # damaged, or of a version that Python does not know: as an archive it is explained
        return False
    return bool(names) and all(name.endswith(".npy") for name in names)


def _unpacked_head(path: Path) -> bytes:
    """First bytes under one layer of compression; empty where it is broken."""
    try:
        with opened(path) as stream:
            return stream.read(HEAD_BYTES)
    except DAMAGE:
        return b""

"""Open zip and tar archives from anywhere without trusting a word of what they declare.

Bytes are counted while they inflate, so that an archive that grows without end is stopped
after some megabytes whatever its headers say; names that climb out, links and devices are
refused; everything lies in a temporary folder that is removed in any case.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import re
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

from lvcine.errors import ReadError
from lvcine.isolated import private_folder, still_working
from lvcine.read.packed import DEFAULT_LIMITS, Limits
from lvcine.read.sniff import TAR_BLOCK, is_tar

_CHUNK = 1 << 20
_MOST_EMPTY = 1000  # entries that become files: some lost pictures are worth a word, a bomb of them is not
_MAGIC = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gz",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
}
_INFLATE: dict[str, Callable[[Any], IO[bytes]]] = {
    "gz": lambda raw: gzip.GzipFile(fileobj=raw),  # type: ignore[dict-item,return-value]
    "bz2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
}
_OPENED = ("zip", "tar", *_INFLATE)
_DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error,
    EOFError, LookupError, OSError, RuntimeError, ValueError,
)  # fmt: skip


def is_archive(path: Path | str) -> bool:
    """Whether the first bytes are those of an archive (one that :func:`unpacked` opens, 7z or rar)."""
    with open(path, "rb") as raw:
        return _kind(raw) is not None


@contextmanager
def unpacked(
    path: Path | str, limits: Limits = DEFAULT_LIMITS, *, work: Path | None = None
) -> Iterator[Path]:
    """Unpack an archive into a folder that lives as long as the ``with`` block.

    Parameters
    ----------
    path : Path
        zip, tar, tar.gz, tar.bz2, tar.xz, or one file compressed by gzip, bzip2 or xz. The kind
        is known from the first bytes, never by the name.
    limits : Limits
    work : Path, optional
        Where to unpack: a folder that does not exist yet. A temporary one by default.

    Yields
    ------
    Path
        A temporary folder of plain files without sub-folders, named ``000001_scan.dcm`` in the
        order of the archive. Archives inside are unpacked too, up to ``limits.depth``;
        ``__MACOSX``, ``.DS_Store`` and ``._*`` are left out.

    Raises
    ------
    ReadError
        Not an archive, truncated or damaged, encrypted; an entry is a link or a device, or its
        name is absolute or climbs out; a limit was passed.

    Notes
    -----
    Paths that climb out: GHSA-9rg3-9pvr-6p27; declared sizes believed: CVE-2026-5439.

    Examples
    --------
    >>> import tempfile, zipfile
    >>> archive = Path(tempfile.mkdtemp()) / "exam.zip"
    >>> with zipfile.ZipFile(archive, "w") as z:
    ...     z.writestr("series/1.dcm", b"pixels")
    >>> with unpacked(archive) as folder:
    ...     [p.name for p in folder.iterdir()]
    ['000001_1.dcm']
    """
    source = Path(path)
    with private_folder() if work is None else _made(work) as folder:
        unpacker = _Unpacker(folder, limits, source.name)
        try:
            unpacker.open_outermost(source)
        except _DAMAGE as error:
            raise _explain(error, source.name) from error
        yield unpacker.files


@contextmanager
def _made(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kind(raw: IO[bytes]) -> str | None:
    """zip, tar, gz, bz2, xz, 7z, rar or None; the stream is back at its start."""
    head = raw.read(TAR_BLOCK)
    raw.seek(0)
    if is_tar(head):
        return "tar"
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def _explain(error: Exception, where: str) -> ReadError:
    code = getattr(error, "errno", None)
    if code == errno.ENOSPC:
        return ReadError("no room in the temporary folder", where=where, advice="free space or set TMPDIR")
    if code is not None:
        return ReadError(
            "archive cannot be opened", where=where, advice="check that it exists and is readable"
        )
    return ReadError("archive truncated or damaged", where=where, advice="copy it again from its source")


class _Metered(io.RawIOBase):
    """A stream that reports every byte read, and refuses absurd single reads.

    ``skim``: forward seeks read, since in a compressed stream skipping costs as much as reading.
    """

    def __init__(self, raw: Any, work: _Unpacker, note: Callable[[int], None], *, skim: bool = False) -> None:
        self._raw, self._work, self._note, self._skim = raw, work, note, skim
        self.last = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(self._raw.tell())

    def read(self, size: int = -1) -> bytes:
        most = self._work.limits.single_read
        if size > most:
            self._work.refuse("its headers ask for an absurd amount of data")
        self.last = self._raw.read(most if size < 0 else size)
        self._note(len(self.last))
        return self.last

    def seek(self, offset: int, whence: int = 0) -> int:
        if not self._skim:
            return int(self._raw.seek(offset, whence))
        while self.tell() < offset and self.read(min(_CHUNK, offset - self.tell())):
            pass
        return int(self._raw.seek(offset)) if self.tell() > offset else self.tell()


class _Unpacker:
    """One run over one outermost archive: its counters and its output folder."""

    def __init__(self, folder: Path, limits: Limits, where: str) -> None:
        self.limits, self.where = limits, where
        self.files, self._inner = folder / "files", folder / "inner"
        self.files.mkdir()
        self._inner.mkdir()
        self._members = self._inflated = self._consumed = self._empty = 0

    def refuse(self, why: str, advice: str = "") -> NoReturn:
        cure = advice or "check where the archive comes from; if you trust it, unpack it and give the folder"
        raise ReadError(f"archive refused: {why}", where=self.where, advice=cure)

    def _paid(self, size: int) -> None:
        """Note bytes read from the outermost archive: they alone pay for what inflates."""
        self._consumed += size

    def _grown(self, size: int) -> None:
        """Note bytes inflated, at any depth."""
        self._inflated += size
        if self._inflated > self.limits.total_bytes:
            self.refuse(f"it inflates to more than {self.limits.total_bytes:,} bytes")
        if self._inflated > self.limits.free_bytes + self.limits.ratio * self._consumed:
            self.refuse(f"it inflates to more than {self.limits.ratio:g} times its size")

    def open_outermost(self, source: Path) -> None:
        with open(source, "rb") as raw:
            kind = _kind(raw)
            if kind is None:
                raise ReadError("not an archive", where=self.where, advice="give a zip or tar file")
            if kind not in _OPENED:
                self.refuse(f"{kind} is not opened here", "pack the files as zip or tar")
            self._open(_Metered(raw, self, self._paid), kind, source.name, depth=1)

    def _open(self, raw: _Metered, kind: str, name: str, depth: int) -> None:
        if depth > self.limits.depth:
            self.refuse(f"archives nested more than {self.limits.depth} deep")
        if kind == "zip":
            self._zip(raw, depth)
        elif kind == "tar":
            self._tar(_Metered(raw, self, self._grown, skim=True), depth)
        else:
            self._compressed(raw, _INFLATE[kind], name, depth)

    def _zip(self, raw: _Metered, depth: int) -> None:
        with zipfile.ZipFile(raw) as archive:
            if self._members + len(archive.infolist()) > self.limits.members:
                self._refuse_members()
            for entry in archive.infolist():
                if not self._wanted(entry.filename, entry.filename.endswith("/")):
                    continue
                self._check_zip(entry)
                with archive.open(entry) as stream:
                    self._store(_Metered(stream, self, self._grown), entry.filename, depth)

    def _check_zip(self, entry: zipfile.ZipInfo) -> None:
        if entry.flag_bits & 0x1:
            self.refuse("it is encrypted", "unpack it with its password and give the folder")
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            self.refuse("an entry is a link or a device")
        # Python inflates the other methods' entries in one piece, whatever their size.
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            self.refuse(
                "an entry is compressed by an unusual method", "pack it again with plain zip (deflate)"
            )

    def _tar(self, stream: _Metered, depth: int) -> None:
        with tarfile.TarFile(fileobj=stream) as archive:
            for entry in archive:
                if not self._wanted(entry.name, entry.isdir()):
                    continue
                if not entry.isreg() or entry.issparse():
                    self.refuse("an entry is a link, a device or a file with holes")
                data = archive.extractfile(entry)
                assert data is not None  # true of every regular entry
                self._store(data, entry.name, depth)
            # Python stops without a word at anything that is no header; only zeros are a proper end.
            if len(stream.last) != TAR_BLOCK or any(stream.last):
                raise tarfile.ReadError("no end marker")
            while stream.read(_CHUNK):  # to the end, where the checksum is
                pass

    def _compressed(self, raw: _Metered, inflate: Callable[[Any], IO[bytes]], name: str, depth: int) -> None:
        packs_tar = is_tar(inflate(raw).read(TAR_BLOCK))
        raw.seek(0)
        stream = _Metered(inflate(raw), self, self._grown, skim=True)
        if packs_tar:
            self._tar(stream, depth)
        elif self._wanted(name, is_dir=False):
            self._store(stream, name.rpartition(".")[0] or name, depth)

    def _wanted(self, name: str, is_dir: bool) -> bool:
        """Count an entry and judge its name: refuse, leave out (False) or take (True)."""
        self._members += 1
        still_working()
        if self._members > self.limits.members:
            self._refuse_members()
        parts = name.replace("\\", "/").split("/")
        if parts[0] == "" or ".." in parts or re.match(r"[A-Za-z]:", name):
            self.refuse("an entry's name is absolute or climbs out of the archive")
        litter = "__MACOSX" in parts or parts[-1] == ".DS_Store" or parts[-1].startswith("._")
        return not (is_dir or litter)

    def _refuse_members(self) -> NoReturn:
        self.refuse(f"it holds more than {self.limits.members:,} entries")

    def _store(self, stream: Any, name: str, depth: int) -> None:
        """Write one entry, then unpack it in its turn if it is an archive."""
        safe = re.sub(r"[^A-Za-z0-9._-]+", "_", re.split(r"[\\/]", name)[-1])[-80:]
        target = self.files / f"{self._members:06d}_{safe}"
        written = 0
        chunk = stream.read(_CHUNK)
        self._empty += not chunk
        if not chunk and self._empty > _MOST_EMPTY:
            return
        # .npz is a zip to numpy alone
        kind = None if target.suffix.lower() == ".npz" else _kind(io.BytesIO(chunk[:TAR_BLOCK]))
        with open(target, "xb") as out:
            while chunk:
                written += len(chunk)
                still_working()
                if written > self.limits.member_bytes:
                    self.refuse(f"an entry inflates to more than {self.limits.member_bytes:,} bytes")
                out.write(chunk)
                chunk = stream.read(_CHUNK)
        if kind in _OPENED:
            inner = target.rename(self._inner / target.name)
            with open(inner, "rb") as raw:
                self._open(_Metered(raw, self, lambda _: None), str(kind), safe, depth + 1)
            inner.unlink()

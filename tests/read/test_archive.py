"""Archives: what is inside comes out unharmed; what is hostile is refused early, and nothing stays behind."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import tempfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvcine.errors import ReadError
from lvcine.read.archive import Limits, is_archive, unpacked

FILES = {"exam/s1/0001.dcm": b"first" * 400, "exam/s2/0001.dcm": b"second" * 300, "exam/empty": b""}


@pytest.fixture(autouse=True)
def nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield
    assert list(scratch.iterdir()) == []


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w", format: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=format) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def with_entry(entry: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(entry)
    return out.getvalue()


def contents(data: bytes, tmp_path: Path, limits: Limits | None = None, name: str = "any") -> list[bytes]:
    path = tmp_path / name
    path.write_bytes(data)
    with unpacked(path, limits or Limits()) as folder:
        assert all(p.is_file() and not p.is_symlink() for p in folder.iterdir())
        return [p.read_bytes() for p in sorted(folder.iterdir())]


@pytest.mark.parametrize(
    "archive",
    [
        zipped(FILES),
        zipped(FILES, zipfile.ZIP_STORED),
        tarred(FILES),
        tarred(FILES, format=tarfile.GNU_FORMAT),
        tarred(FILES, "w:gz"),
        tarred(FILES, "w:bz2"),
        tarred(FILES, "w:xz"),
    ],
    ids=["zip", "zip stored", "tar", "gnu tar", "tar.gz", "tar.bz2", "tar.xz"],
)
def test_files_of_the_same_name_come_out_apart_and_unchanged(archive: bytes, tmp_path: Path) -> None:
    assert contents(archive, tmp_path) == list(FILES.values())


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_single_compressed_file_loses_its_suffix(pack, tmp_path: Path) -> None:
    path = tmp_path / "scan.nii.z"
    path.write_bytes(pack(b"voxels"))
    with unpacked(path) as folder:
        (only,) = folder.iterdir()
        assert only.name.endswith("_scan.nii") and only.read_bytes() == b"voxels"


def test_an_old_tar_without_its_magic_word_is_still_a_tar(tmp_path: Path) -> None:
    header = bytearray(tarred({"a": b"x"}, format=tarfile.USTAR_FORMAT))
    header[257:265] = bytes(8)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    assert contents(bytes(header), tmp_path) == [b"x"]


def test_archives_inside_archives_are_opened_up_to_the_depth(tmp_path: Path) -> None:
    nest = zipped({"deep.tar.gz": tarred({"a": b"a"}, "w:gz"), "b": b"b", "c.gz": gzip.compress(b"c")})
    assert contents(tarred({"nest.zip": nest}), tmp_path) == [b"a", b"b", b"c"]
    with pytest.raises(ReadError, match="nested"):
        contents(tarred({"nest.zip": nest}), tmp_path, Limits(depth=2))


def test_numpy_bundles_stay_whole(tmp_path: Path) -> None:
    bundle = zipped({"pixels.npy": b"numbers"})
    assert contents(zipped({"cine.npz": bundle}), tmp_path) == [bundle]


def test_what_a_mac_adds_is_left_out(tmp_path: Path) -> None:
    litter = {"__MACOSX/exam/._1.dcm": b"x", "exam/.DS_Store": b"x", "exam/._1.dcm": b"x", "exam/1.dcm": b"1"}
    assert contents(zipped(litter), tmp_path) == [b"1"]
    assert contents(tarred(litter), tmp_path) == [b"1"]


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../up", "a/../../up", "a\\..\\..\\up", "\\\\host\\share", "C:\\x", "c:x"]
)
def test_names_that_climb_out_are_refused(name: str, tmp_path: Path) -> None:
    for archive in (zipped({name: b"x"}), tarred({name: b"x"})):
        with pytest.raises(ReadError, match="climbs out"):
            contents(archive, tmp_path)


def test_an_entry_without_a_name_is_refused(tmp_path: Path) -> None:
    data = zipped({"a": b"x"}).replace(b"a", b"\0")
    with pytest.raises(ReadError, match="climbs out"):
        contents(data, tmp_path)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar_are_refused(kind: bytes, tmp_path: Path) -> None:
    entry = tarfile.TarInfo("innocent")
    entry.type, entry.linkname = kind, "/etc/passwd"
    with pytest.raises(ReadError, match="link"):
        contents(with_entry(entry), tmp_path)


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("innocent")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(ReadError, match="link"):
        contents(out.getvalue(), tmp_path)


def test_an_encrypted_zip_says_that_a_password_is_missing(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.dcm": b"x"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the directory's "encrypted" bit, APPNOTE 4.4.4
    with pytest.raises(ReadError, match="encrypted.*password"):
        contents(bytes(data), tmp_path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_methods_that_inflate_in_one_piece_are_refused(method: int, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="unusual method"):
        contents(zipped({"a": b"x"}, method), tmp_path)


@pytest.mark.parametrize("mode", ["zip", "w", "w:gz", "w:bz2", "w:xz"])
def test_an_archive_cut_off_anywhere_is_damaged_never_half_read(mode: str, tmp_path: Path) -> None:
    noise = {f"{i}.dcm": bytes((j * j * (i + 3)) % 251 for j in range(3000)) for i in range(3)}
    whole = zipped(noise) if mode == "zip" else tarred(noise, mode)
    end = len(whole) if mode != "w" else 3 * (512 + 3072)  # before the zeros that close a plain tar
    for cut in (end // 10, end // 3, end // 2, 512 + 3072 if mode == "w" else end - 5, end - 1):
        with pytest.raises(ReadError, match="damaged|not an archive"):
            contents(whole[:cut], tmp_path)


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    for whole in (zipped(FILES), tarred(FILES, "w:gz"), tarred(FILES, "w:xz")):
        data = bytearray(whole)
        data[len(data) // 3] ^= 0xFF
        with pytest.raises(ReadError):
            contents(bytes(data), tmp_path)


def gzip_of_zeros(gigabytes: int) -> bytes:
    """Deflate data can be repeated: one block of zeros, compressed once, over and over."""
    block = bytes(1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    once = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return head + once * (1024 * gigabytes) + packer.flush() + bytes(8)


def zip_of_zeros(gigabytes: int, declared: int) -> bytes:
    """A zip whose directory claims ``declared`` bytes for an entry that inflates to gigabytes."""
    body = gzip_of_zeros(gigabytes)[10:-8]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("zeros.dcm")
        archive.writestr(entry, body)
        entry.compress_type, entry.file_size = zipfile.ZIP_DEFLATED, declared
        archive.filelist[:] = [entry]
    data = bytearray(out.getvalue())
    data[8:10] = b"\x08\x00"  # the local header's method
    return bytes(data)


@pytest.mark.parametrize(
    "bomb", [lambda: gzip_of_zeros(4), lambda: zip_of_zeros(4, 4 << 30)], ids=["gz", "zip"]
)
def test_four_gigabytes_of_zeros_are_stopped_early_and_cheaply(bomb, tmp_path: Path) -> None:
    data = bomb()
    assert len(data) < 8 << 20
    tracemalloc.start()
    with pytest.raises(ReadError, match="times its size"):
        contents(data, tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 48 << 20


def test_a_declared_size_that_lies_is_not_believed(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="damaged"):
        contents(zip_of_zeros(1, declared=10), tmp_path)


def test_a_bomb_wrapped_in_archives_is_stopped_too(tmp_path: Path) -> None:
    inner = zipped({"zeros": bytes(8 << 20)})
    nest = zipped({f"{i}.zip": inner for i in range(20)})
    with pytest.raises(ReadError, match="times its size"):
        contents(nest, tmp_path, Limits(free_bytes=1 << 20))


def test_zeros_in_an_entry_that_is_left_out_count_as_well(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="times its size"):
        contents(tarred({"__MACOSX/x": bytes(8 << 20)}, "w:gz"), tmp_path, Limits(free_bytes=1 << 20))


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (Limits(members=2), "entries"),
        (Limits(total_bytes=2500), "inflates to more than 2,500 bytes"),
        (Limits(member_bytes=1900), "an entry inflates"),
    ],
)
def test_every_limit_holds(limits: Limits, what: str, tmp_path: Path) -> None:
    for archive in (zipped(FILES), tarred(FILES), tarred(FILES, "w:gz")):
        with pytest.raises(ReadError) as refusal:
            contents(archive, tmp_path, limits)
        assert what in str(refusal.value)


def test_a_header_that_asks_for_gigabytes_is_refused(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 3 << 30
    bomb = gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + bytes(4096))
    with pytest.raises(ReadError, match="absurd"):
        contents(bomb, tmp_path)


def test_a_tar_with_holes_is_refused(tmp_path: Path) -> None:
    header = tarfile.TarInfo("holes")
    header.type = tarfile.GNUTYPE_SPARSE
    block = bytearray(header.tobuf(tarfile.GNU_FORMAT))
    block[483:495] = b"%011o\0" % (2 << 30)  # the real size behind the holes
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    with pytest.raises(ReadError, match="holes"):
        contents(bytes(block) + bytes(1024), tmp_path)


@pytest.mark.parametrize("data", [b"", b"plain text", bytes(2000)])
def test_something_else_is_not_an_archive(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="not an archive"):
        contents(data, tmp_path)
    assert not is_archive(tmp_path / "any")


def test_other_kinds_are_named_and_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="7z.*zip or tar"):
        contents(b"7z\xbc\xaf\x27\x1c" + bytes(100), tmp_path)
    with pytest.raises(ReadError, match="exists"), unpacked(tmp_path / "gone.zip"):
        pass


def test_the_folder_goes_when_the_caller_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(FILES))
    with pytest.raises(KeyError), unpacked(path) as folder:
        raise KeyError(folder.name)


def test_names_on_disk_are_plain(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"x/Schnitt 1\n*ü?.dcm": b"1", "x/" + "n" * 200: b"2"}))
    with unpacked(path) as folder:
        names = sorted(p.name for p in folder.iterdir())
    assert names == ["000001_Schnitt_1_.dcm", "000002_" + "n" * 80]

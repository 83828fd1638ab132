"""Files made to do harm: bombs, loops, films that point elsewhere. Refused early, and the others are read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate

from lvcine.errors import LvcineError, ReadError
from lvcine.read import ReadOptions, catalogue, open_study, opening
from lvcine.read.video import film_frames
from lvcine.read.video_pipe import piped_frames

MB = 1 << 20
MOST_BYTES = 900 * MB
MOST_SECONDS = 10.0


def nifti_header(shape: tuple[int, ...]) -> bytes:
    """Of int16 voxels with a slope, by the layout in nifti1.h."""
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, len(shape), *shape, *[1] * (7 - len(shape)))
    struct.pack_into("<2h", head, 70, 4, 16)
    struct.pack_into("<8f", head, 76, 1, 1.5, 1.5, 8, 0.03, 1, 1, 1)
    struct.pack_into("<2f", head, 108, 352, 2.0)
    head[344:348] = b"n+1\0"
    return bytes(head)


def small_nifti() -> bytes:
    noise = np.random.default_rng(0).integers(0, 999, 24 * 20 * 3 * 9).astype("<i2")
    return nifti_header((24, 20, 3, 9)) + noise.tobytes()


def packed_nifti(pack: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda folder: _write(
        folder / "a.nii.z", pack(nifti_header((1000, 1000, 12, 25)) + bytes(200 * MB))
    )


def long_tail(folder: Path) -> None:
    _write(folder / "a.nii.gz", gzip.compress(small_nifti() + bytes(200 * MB), 1))


def npz(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("pixels.npy", "w") as member:
            facts = {"descr": "<f8", "fortran_order": False, "shape": (10, 3, 1000, 1000)}
            np.lib.format.write_array_header_1_0(member, facts)
            for _ in range(30):
                member.write(bytes(8_000_000))


def pictures(folder: Path) -> None:
    file = io.BytesIO()
    Image.fromarray(np.zeros((4000, 4000), np.uint8)).save(file, "PNG")
    for k in range(20):
        _write(folder / f"{k}.png", file.getvalue())


def gif(folder: Path) -> None:
    """A canvas of 32 million pixels and thousands of frames of one pixel."""
    frame = b"\x21\xf9\x04\0\x05\0\0\0" + b"\x2c" + struct.pack("<4H", 0, 0, 1, 1) + b"\0\x02\x02D\x01\0"
    screen = b"GIF89a" + struct.pack("<2H", 5700, 5700) + b"\xf0\0\0" + b"\0\0\0\xff\xff\xff"
    _write(folder / "a.gif", screen + frame * 3000 + b";")


def dicom(**changes) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.4", "1.2.3", "MR"
    ds.Rows = ds.Columns = ds.SamplesPerPixel = 1
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.PixelRepresentation, ds.PhotometricInterpretation = 7, 0, "MONOCHROME2"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SeriesNumber = "1.2", "1.2.4", 1
    ds.PixelData = b"\0\0"
    for name, value in changes.items():
        setattr(ds, name, value)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    return ds


def dicom_bytes(ds: Dataset) -> bytes:
    file = io.BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return file.getvalue()


def declared_frames(folder: Path) -> None:
    ds = dicom(Modality="US", NumberOfFrames=1_400_000_000, FrameTime="30")
    ds.file_meta.TransferSyntaxUID = pydicom.uid.JPEGBaseline8Bit
    ds.PixelData = encapsulate([b"\xff\xd8\xff\xd9"])
    ds["PixelData"].is_undefined_length = True
    _write(folder / "a", dicom_bytes(ds))


def items(defined: bool) -> Callable[[Path], None]:
    """Two million items in the frames' sequence."""

    def write(folder: Path) -> None:
        whole = dicom_bytes(dicom(NumberOfFrames=2))
        at = whole.index(b"\xe0\x7f\x10\x00")
        many = struct.pack("<HHL", 0xFFFE, 0xE000, 0) * 2_000_000
        head = struct.pack("<HH2sHL", 0x5200, 0x9230, b"SQ", 0, len(many) if defined else 0xFFFFFFFF)
        end = b"" if defined else struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
        _write(folder / "a", whole[:at] + head + many + end + whole[at:])

    return write


def nested(folder: Path) -> None:
    whole = dicom_bytes(dicom(NumberOfFrames=2))
    at = whole.index(b"\xe0\x7f\x10\x00")
    level = struct.pack("<HH2sHL", 0x5200, 0x9230, b"SQ", 0, 0xFFFFFFFF)
    level += struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    _write(folder / "a", whole[:at] + level * 50_000 + whole[at:])


def deflated(pad: int) -> Callable[[Path], None]:
    """The transfer syntax lies beyond the first bytes that a look would take."""

    def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
        size = struct.pack("<HL", 0, len(value)) if vr == b"OB" else struct.pack("<H", len(value))
        return struct.pack("<HH2s", group, number, vr) + size + value

    def write(folder: Path) -> None:
        meta = element(2, 1, b"OB", bytes(pad)) + element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1.99")
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        body = deflate.compress(bytes(200 * MB)) + deflate.flush()
        length = element(2, 0, b"UL", struct.pack("<L", len(meta)))
        _write(folder / "a", bytes(128) + b"DICM" + length + meta + body)

    return write


def tar_entries(folder: Path) -> None:
    with tarfile.open(folder / "a.tar.gz", "w:gz", compresslevel=1) as archive:
        for k in range(31_000):
            archive.addfile(tarfile.TarInfo(str(k)))


def zip_entries(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for k in range(31_000):
            archive.writestr(str(k), b"")


def greedy_xz(folder: Path) -> None:
    """A dictionary of 4 GB (XZ file format 1.2.0, section 5.3.1) for a file of a kilobyte."""
    _write(folder / "greedy.nii.xz", asking_for_4_gb(small_nifti()))


def asking_for_4_gb(content: bytes) -> bytes:
    data = bytearray(lzma.compress(content))
    size = (data[12] + 1) * 4  # of the block header, after the stream header of 12 bytes
    header = data[12 : 12 + size]
    at = bytes(header).index(b"\x21\x01") + 2  # LZMA2's one property
    header[at] = 40
    header[-4:] = struct.pack("<L", zlib.crc32(header[:-4]))
    data[12 : 12 + size] = header
    return bytes(data)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


BOMBS = {
    "nii.gz": packed_nifti(lambda data: gzip.compress(data, 1)),
    "nii.bz2": packed_nifti(bz2.compress),
    "nii.xz": packed_nifti(lambda data: lzma.compress(data, preset=0)),
    "nii.gz with a tail": long_tail,
    "npz": npz,
    "PNG": pictures,
    "GIF": gif,
    "1.4e9 frames": declared_frames,
    "two million items": items(defined=True),
    "two million items, undefined length": items(defined=False),
    "nested sequences": nested,
    "deflated": deflated(2),
    "deflated, told late": deflated(40_000),
    "tar of many entries": tar_entries,
    "zip of many entries": zip_entries,
    "xz that asks for 4 GB": greedy_xz,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_before_it_takes_memory_or_time(name, tmp_path):
    BOMBS[name](tmp_path)
    opening._child.stop()
    opening.begin()
    start = processor_seconds()
    with pytest.raises(ReadError) as caught:
        open_study(tmp_path)
    assert caught.value.found
    if opening._child._process is not None:  # else it ran into its limit and is gone
        assert peak_bytes(opening._child._process.pid) < MOST_BYTES
    assert processor_seconds() - start < MOST_SECONDS


def processor_seconds() -> float:
    """Of the children that have ended and of the one that lives."""
    times = os.times()
    alive = opening._child._process
    fields = [] if alive is None else Path(f"/proc/{alive.pid}/stat").read_text().rpartition(")")[2].split()
    return times.children_user + sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def peak_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("no /proc here")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text()).group(1)) << 10


def test_a_file_that_takes_all_memory_is_named_and_the_others_are_read(tmp_path):
    greedy_xz(tmp_path)
    _write(tmp_path / "good.nii", small_nifti())
    study = open_study(tmp_path)
    assert study.cines[0].pixels.shape == (3, 9, 20, 24)
    assert any("memory" in aside.reason for aside in study.left_aside)
    with pytest.raises(ReadError, match=r"memory .*\(greedy.nii.xz\)"):
        open_study(tmp_path / "greedy.nii.xz")


def test_many_files_that_stop_their_parser_end_the_reading(tmp_path):
    for k in range(8):
        _write(tmp_path / f"{k}.nii.xz", asking_for_4_gb(small_nifti()))
    start = time.monotonic()
    with pytest.raises(ReadError, match="no parser survives"):
        open_study(tmp_path)
    assert time.monotonic() - start < 60


PLAY_LISTS = {
    "session description": "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=video 15004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
    "list of files": "ffconcat version 1.0\nfile {film}\n",
    "stream list": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{film}\n#EXT-X-ENDLIST\n",
    "subtitles": "WEBVTT\n\n00:00.000 --> 00:01.000\nx\n",
}


@pytest.mark.parametrize("name", PLAY_LISTS)
def test_a_pipe_that_points_elsewhere_is_no_film(name, tmp_path):
    text = PLAY_LISTS[name].format(film=tmp_path / "other.avi").encode()
    with pytest.raises(ReadError, match="not a film"):
        list(piped_frames(io.BytesIO(text)))
    with pytest.raises(ReadError, match="not a film"):
        list(film_frames(io.BytesIO(text)))
    _write(tmp_path / "clip.mp4", text)
    with pytest.raises(LvcineError):
        open_study(tmp_path / "clip.mp4")


def test_a_coding_that_is_not_on_the_list_is_refused(tmp_path):
    import av

    film = io.BytesIO()
    with av.open(film, "w", format="matroska") as out:
        stream = out.add_stream("snow", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        stream.codec_context.options = {"strict": "-2"}
        for _ in range(4):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32), np.uint8), "gray")))
        out.mux(stream.encode())
    with pytest.raises(ReadError):
        list(film_frames(io.BytesIO(film.getvalue())))


def test_planted_modules_do_not_run_when_the_scan_is_the_current_folder(tmp_path):
    exam, mark = tmp_path / "exam", tmp_path / "mark"
    (exam / "lvcine").mkdir(parents=True)
    _write(exam / "good.nii", small_nifti())
    for name in ("json.py", "numpy.py", "pydicom.py", "nibabel.py", "lvcine/__init__.py", "sitecustomize.py"):
        (exam / name).write_text(f"open({str(mark)!r}, 'a').write({name!r})\n")
    # As the console script does: its own folder, not the current one, is searched first.
    code = "import sys; sys.path = [p for p in sys.path if p]; from lvcine.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "info", "."], cwd=exam, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0 and "3 slices x 9 frames" in done.stdout
    assert not mark.exists()


@pytest.mark.parametrize("version", [45 + 1, 99])
def test_a_zip_of_an_unknown_version_is_one_bad_file(version, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.npy", b"x")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[data.index(b"PK\x01\x02") + 6] = data[4] = version
    _write(tmp_path / "a.zip", bytes(data))
    with pytest.raises(ReadError):
        catalogue(tmp_path / "a.zip")
    _write(tmp_path / "good.nii", small_nifti())
    assert catalogue(tmp_path).groups


def test_links_pipes_and_deep_folders_do_no_harm(tmp_path):
    os.symlink("loop", tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    here = os.getcwd()
    try:
        os.chdir(tmp_path)
        for _ in range(3000):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)
    _write(tmp_path / "good.nii", small_nifti())
    found = catalogue(tmp_path)
    assert len(found.groups) == 1
    reasons = " ".join(aside.reason for aside in found.left_aside)
    assert "pipe or a device" in reasons and "nowhere" in reasons and "cannot be read" in reasons
    subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)  # deeper than Python's own can go


def test_a_pipe_instead_of_a_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LvcineError, match="a pipe or a device"):
        open_study(tmp_path / "pipe")


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed to be kept out")
def test_a_folder_that_cannot_be_listed_is_said(tmp_path):
    """Run as nobody: root may read everything."""
    exam = tmp_path / "exam"
    (exam / "closed").mkdir(parents=True)
    _write(exam / "good.nii", small_nifti())
    _write(exam / "closed" / "more.nii", small_nifti())
    (exam / "closed").chmod(0)
    code = (
        "import os, sys, xml.etree.ElementTree, nibabel; from pathlib import Path\n"
        "from lvcine.read.exam import list_exam; from lvcine.read import ReadOptions\n"
        "from lvcine.read.nifti import reader, velocity\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "print([a.reason for a in list_exam(Path(sys.argv[1]), ReadOptions()).left_aside])"
    )
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and len(folder.parts) > 2:
            folder.chmod(folder.stat().st_mode | 0o055)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, str(exam)], capture_output=True, text=True, timeout=120
        )
    finally:
        (exam / "closed").chmod(0o700)
    assert "cannot be read: Permission denied" in done.stdout, done.stderr


def test_lvcines_own_results_are_no_scan(tmp_path):
    (tmp_path / "out").mkdir()
    _write(tmp_path / "out" / "run.json", b'{"lvcine_version": "0.1.0"}')
    _write(tmp_path / "out" / "segmentation.nii.gz", gzip.compress(small_nifti()))
    _write(tmp_path / "good.nii", small_nifti())
    found = catalogue(tmp_path)
    assert len(found.groups) == 1
    assert [(aside.label, aside.files) for aside in found.left_aside] == [("result of lvcine", 2)]


def test_the_pixels_allowed_bound_the_memory(tmp_path):
    _write(tmp_path / "good.nii", small_nifti())
    with pytest.raises(ReadError, match="pixels"):
        open_study(tmp_path / "good.nii", ReadOptions(max_pixels=1000))

"""Files with bytes changed or lost at random: read, or refused by name; never another error."""

from __future__ import annotations

import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lvcine.errors import ReadError
from lvcine.phantom.write import write_nifti, write_video
from lvcine.read.archive import unpacked
from lvcine.read.arrays import read_array
from lvcine.read.nifti.reader import read_nifti
from lvcine.read.options import ReadOptions
from lvcine.read.video import read_video
from lvcine.study import Cine, Geometry

TRIES = 60
OPTIONS = ReadOptions(max_pixels=2_000_000)


def cine() -> Cine:
    pixels = np.random.default_rng(0).integers(0, 255, (2, 8, 32, 24)).astype(np.uint8)
    return Cine(pixels, Geometry.stack(2, (1.5, 1.5), 8.0), times_ms=np.tile(np.arange(8) * 40.0, (2, 1)))


def save_npy(path: Path) -> None:
    np.save(path, cine().pixels)


def save_npz(path: Path) -> None:
    np.savez(path, pixels=cine().pixels, spacing_mm=[1.5, 1.5], step_mm=8.0, times_ms=np.arange(8) * 40.0)


def save_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a", "b", "c"):
            archive.writestr(name, bytes(range(256)) * 9)


def save_tar(path: Path) -> None:
    save_zip(path.with_name("inner.zip"))
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        archive.add(path.with_name("inner.zip"), "inner.zip")


def unpack(path: Path) -> None:
    with unpacked(path) as folder:
        assert folder.is_dir()


WRITERS: dict[str, tuple[Callable[[Path], object], Callable[[Path], object]]] = {
    "a.nii": (lambda p: write_nifti(cine(), p), lambda p: read_nifti(p, OPTIONS)),
    "a.nii.gz": (lambda p: write_nifti(cine(), p), lambda p: read_nifti(p, OPTIONS)),
    "a.avi": (lambda p: write_video(cine(), p), lambda p: read_video(p, OPTIONS)),
    "a.mp4": (lambda p: write_video(cine(), p), lambda p: read_video(p, OPTIONS)),
    "a.gif": (lambda p: write_video(cine(), p), lambda p: read_video(p, OPTIONS)),
    "a.npy": (save_npy, lambda p: read_array(p, OPTIONS)),
    "a.npz": (save_npz, lambda p: read_array(p, OPTIONS)),
    "a.zip": (save_zip, unpack),
    "a.tar": (save_tar, unpack),
    "a.tar.gz": (save_tar, unpack),
}


def damaged(whole: bytes, draw: random.Random) -> bytes:
    """One to five bytes changed, most of them near the start, where headers are; some files cut off too."""
    data = bytearray(whole)
    reach = min(len(data), 600) if draw.random() < 0.7 else len(data)
    for _ in range(draw.choice([1, 2, 5])):
        data[draw.randrange(reach)] = draw.choice([0, 1, 127, 128, 255, draw.randrange(256)])
    return bytes(data[: draw.randrange(len(data))] if draw.random() < 0.2 else data)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", WRITERS)
def test_damage_never_ends_in_a_traceback(name: str, tmp_path: Path) -> None:
    write, read = WRITERS[name]
    write(tmp_path / name)
    read(tmp_path / name)
    draw, refused = random.Random(name), 0
    whole = (tmp_path / name).read_bytes()
    for _ in range(TRIES):
        (tmp_path / name).write_bytes(damaged(whole, draw))
        try:
            read(tmp_path / name)
        except ReadError as error:
            refused += name in str(error)
    assert refused > TRIES / 20

"""Real labelled scans as one small file of studies on the net's pixel grid.

A pack is an ``.npz`` with, for every study, ``<name>/pixels`` (Z, T, Y, X) uint8 and
``<name>/labels`` (Z, T, Y, X) uint8; :data:`UNLABELLED` marks frames without a contour and
:data:`ENDO_ONLY` is added to labels where only the endocardium was drawn. Packs hold real
scans: they stay out of the repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, map_coordinates

from lvcine.errors import ReadError

SPACING_MM = 1.4
UNLABELLED = 255
ENDO_ONLY = 16
NPZ_SPACING_MM = 1.35  # the npz has no spacing; its subjects lie between 1.25 and 1.45 mm
MASK_GROWTH_PX = 0.50  # the npz masks hold the contour's own pixels: 6.4 % too large, see data README
# Where the readers' contours stand off the pictures (rows, columns), from 29 subjects: a net that
# sees every picture turned and mirrored at random cannot learn a direction, and its cavities lie
# beside the drawn ones by this much (standard error 0.09 pixels); edges along rays say the same.
POLYGON_SHIFT_PX = (-0.85, -0.55)
MASK_SHIFT_PX = (-0.60, -0.30)


@dataclass(frozen=True)
class LabelledStudy:
    """One subject's stack; see the module for the label codes."""

    name: str
    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def signed_depth(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Depth inside a mask in pixels, negative outside, 0 on the boundary between pixels."""
    if not mask.any():
        return np.full(mask.shape, -99.0)
    inner, outer = distance_transform_edt(mask), distance_transform_edt(~mask)
    return np.where(mask, inner - 0.5, 0.5 - outer)


def resample(
    image: NDArray[np.generic], spacing_mm: float, shift_px: tuple[float, float] = (0.0, 0.0)
) -> NDArray[np.float64]:
    """Linear resampling of (Y, X) to :data:`SPACING_MM`; ``shift_px`` moves the content by as much."""
    step = SPACING_MM / spacing_mm
    size = [int(n / step) for n in image.shape]
    grid = np.meshgrid(*(np.arange(n) * step - s for n, s in zip(size, shift_px, strict=True)), indexing="ij")
    return np.asarray(map_coordinates(np.asarray(image, float), grid, order=1, mode="nearest"))


def _to_uint8(stack: NDArray[np.float64]) -> NDArray[np.uint8]:
    high = np.percentile(stack, 99.8)
    return np.clip(stack / max(high, 1e-6) * 255.0, 0, 255).astype(np.uint8)


def _labels(endo: NDArray[np.float64], epi: NDArray[np.float64] | None) -> NDArray[np.uint8]:
    labels = np.zeros(endo.shape, np.uint8)
    if epi is not None:
        labels[epi > 0] = 2
    labels[endo > 0] = 1
    return labels if epi is not None else labels + np.uint8(ENDO_ONLY)


def sunnybrook_stills(npz: Path) -> Iterator[LabelledStudy]:
    """The labelled ED and ES frames of every subject, as stacks of two phases (0 = ED, 1 = ES).

    Frames with an epicardium are ED. A slice that lacks a phase is :data:`UNLABELLED` there and
    shows its other phase.
    """
    data = np.load(npz, allow_pickle=False)
    for name in sorted(set(data["subject"].tolist())):
        rows = np.flatnonzero(data["subject"] == name)
        slices = sorted({int(data["dicom_index"][i] - 1) // 20 for i in rows})
        first = resample(data["image"][rows[0]], NPZ_SPACING_MM)
        pixels = np.zeros((len(slices), 2, *first.shape))
        labels = np.full(pixels.shape, UNLABELLED, np.uint8)
        phase_of = _phases(data, rows)
        for i in rows:
            z, t = slices.index(int(data["dicom_index"][i] - 1) // 20), phase_of[int(i)]
            pixels[z, t] = resample(data["image"][i], NPZ_SPACING_MM)
            endo, epi = (_npz_depth(data[k][i]) for k in ("endo", "epi"))
            labels[z, t] = _labels(endo, epi if data["has_epi"][i] else None)
        for z in range(len(slices)):
            for t in range(2):
                if (labels[z, t] == UNLABELLED).all():
                    pixels[z, t] = pixels[z, 1 - t]
        yield LabelledStudy(name, _to_uint8(pixels), labels)


def _phases(data: np.lib.npyio.NpzFile, rows: NDArray[np.intp]) -> dict[int, int]:
    """0 (ED) for the frames of the phase that carries epicardia, 1 (ES) for the others."""
    phase = (data["dicom_index"][rows] - 1) % 20
    with_epi = phase[data["has_epi"][rows]]
    ed = np.bincount(with_epi).argmax() if with_epi.size else np.bincount(phase).argmax()
    return {int(i): int(min(abs(p - ed), 20 - abs(p - ed)) > 2) for i, p in zip(rows, phase, strict=True)}


def _npz_depth(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    return resample(signed_depth(mask) - MASK_GROWTH_PX, NPZ_SPACING_MM, MASK_SHIFT_PX)


def polygon_mask_depth(
    points_xy: NDArray[np.float64], shape: tuple[int, int], spacing_mm: float
) -> NDArray[np.float64]:
    """Signed depth in a polygon on the resampled grid, from a 4-fold finer raster."""
    from matplotlib.path import Path as Polygon

    step = SPACING_MM / spacing_mm
    fine = 4
    ys = (np.arange(shape[0] * fine) + 0.5) / fine - 0.5
    xs = (np.arange(shape[1] * fine) + 0.5) / fine - 0.5
    grid = np.stack(np.meshgrid(ys * step, xs * step, indexing="ij"), -1)[..., ::-1].reshape(-1, 2)
    inside = Polygon(points_xy).contains_points(grid).reshape(len(ys), len(xs))
    depth = signed_depth(inside) / fine
    return np.asarray(depth.reshape(shape[0], fine, shape[1], fine).mean((1, 3)))


def contoured_cine(
    dicoms: Path, contours: Path, name: str, shift_px: tuple[float, float] = (0.0, 0.0)
) -> LabelledStudy:
    """A complete cine with its polygons: every slice and frame, the others unlabelled.

    Files are slice by slice, 20 phases each, in the order of their number, which is also the
    number in the contour's name (checked for these sets in their README).
    """
    import pydicom

    files = sorted(dicoms.glob("*.dcm"), key=lambda f: int(re.sub(r"\D", "", f.stem)))
    images = [pydicom.dcmread(f) for f in files]
    spacing = float(images[0].PixelSpacing[0])
    frames = 20
    count = len(images) // frames
    first = resample(images[0].pixel_array, spacing)
    pixels = np.zeros((count, frames, *first.shape))
    labels = np.full(pixels.shape, UNLABELLED, np.uint8)
    for n, image in enumerate(images[: count * frames]):
        pixels[n // frames, n % frames] = resample(image.pixel_array, spacing)
    for n, outlines in _polygons(contours).items():
        if n > count * frames:
            continue
        depths = {
            k: polygon_mask_depth(np.loadtxt(f) + shift_px[::-1], first.shape, spacing)
            for k, f in outlines.items()
        }
        if "i" in depths:
            labels[(n - 1) // frames, (n - 1) % frames] = _labels(depths["i"], depths.get("o"))
    return LabelledStudy(name, _to_uint8(pixels), labels)


def _polygons(folder: Path) -> dict[int, dict[str, Path]]:
    found: dict[int, dict[str, Path]] = {}
    for file in sorted(folder.rglob("*contour-*.txt")):
        match = re.search(r"-(\d{4})-([io])contour", file.name)
        if match:
            found.setdefault(int(match[1]), {})[match[2]] = file
    return found


def without_false_slices(pig: LabelledStudy) -> LabelledStudy:
    """The pig's stack without the contours that its program drew above the ventricle.

    Seen by eye: slices 0-3 cut great vessels and atria (their contours jump tenfold from frame
    to frame), 4 and 5 the basal plane. The first are taken as no LV, the second as not labelled.
    """
    labels = pig.labels.copy()
    labels[:4] = 0
    labels[4:6] = UNLABELLED
    return LabelledStudy(pig.name, pig.pixels, labels)


def save(studies: list[LabelledStudy], file: Path) -> None:
    """Write studies as one compressed pack."""
    arrays = {f"{s.name}/{k}": getattr(s, k) for s in studies for k in ("pixels", "labels")}
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(file, **arrays)


def load(file: Path) -> list[LabelledStudy]:
    """Studies of a pack.

    Raises
    ------
    ReadError
        When the file is missing.
    """
    if not file.is_file():
        raise ReadError(
            "no pack of labelled scans", where=file.name, advice="make it with lvcine.training.sunnybrook"
        )
    data = np.load(file, allow_pickle=False)
    names = sorted({k.rsplit("/", 1)[0] for k in data.files})
    return [LabelledStudy(n, data[f"{n}/pixels"], data[f"{n}/labels"]) for n in names]


def make(data: Path, out: Path) -> None:
    """Both packs from the folder of the labelled scans (``sunnybrook_*``, ``pig_exam_*``).

    Raises
    ------
    ReadError
        When a file is missing.
    """
    import tarfile
    import tempfile

    save(list(sunnybrook_stills(_there(data / "sunnybrook_labelled.npz"))), out / "stills.npz")
    cines = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for archive in sorted(data.glob("sunnybrook_SC-*.tar.xz")):
            name = archive.name.removeprefix("sunnybrook_").removesuffix(".tar.xz")
            with tarfile.open(archive) as tar:
                tar.extractall(root, filter="data")
            cines.append(
                contoured_cine(root / name / "dicom", root / name / "contours", name, POLYGON_SHIFT_PX)
            )
        with tarfile.open(_there(data / "pig_exam_sax_lax.tar.xz")) as tar:
            tar.extractall(root, filter="data")
        pig = contoured_cine(root / "E774S5-shortAxis", root / "lvContours", "pig-E774")
        cines.append(without_false_slices(pig))
    save(cines, out / "cines.npz")


def _there(file: Path) -> Path:
    if not file.is_file():
        raise ReadError("a file of the labelled scans is missing", where=file.name)
    return file


def main() -> None:
    """Command line: ``python -m lvcine.training.sunnybrook DATA -o packs``."""
    import argparse

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path("packs"))
    chosen = parser.parse_args()
    make(chosen.data, chosen.out)


if __name__ == "__main__":
    main()

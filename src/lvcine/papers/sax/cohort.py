"""Whose scans the table is made of: virtual pigs, or a user's own folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError, UsageError
from lvcine.localise import Window
from lvcine.papers.sax.pigs import PIGS, TIMES, PigStudy, pig_study
from lvcine.read import open_study
from lvcine.systems.sax.recipe import PAPER


@dataclass(frozen=True)
class Cohort:
    """Subjects, and a way through their studies that keeps one in memory at a time."""

    text: str
    subjects: tuple[str, ...]
    studies: Callable[[], Iterator[PigStudy]]


def pigs(folder: Path, count: int = PIGS, side: str = "reporting") -> Cohort:
    """Virtual pigs, kept in ``folder`` once made."""
    text = (
        f"{count} virtual pigs x {TIMES} scans x 6 slices x 25 frames, seeds of the side `{side}`; "
        "the truth is the geometry's, 0.8 mm outside of the compact wall's border, as readers draw"
    )
    names = tuple(f"pig-{side}-{n}" for n in range(count))
    return Cohort(text, names, lambda: _kept(folder, count, side))


def pigs_to_begin_with(folder: Path, count: int) -> Cohort:
    """Pigs of the training side's seeds: none of them is in the table."""
    return pigs(folder, count, "training")


def _kept(folder: Path, count: int, side: str) -> Iterator[PigStudy]:
    folder.mkdir(parents=True, exist_ok=True)
    for pig in range(count):
        for when in range(TIMES):
            file = folder / f"{side}-{pig}-{when}.npz"
            if not file.is_file():
                made = pig_study(pig, when, side=side)
                part = file.with_suffix(".part")
                with part.open("wb") as stream:
                    np.savez_compressed(stream, pixels=made.pixels, labels=made.labels)
                part.replace(file)
            with np.load(file) as stored:
                yield PigStudy(f"pig-{side}-{pig}", when, stored["pixels"], stored["labels"])


def subjects_in(folder: Path) -> Cohort:
    """A folder of one folder per subject with short-axis cines and their masks.

    ``SUBJECT/NAME.nii.gz`` is a cine and ``SUBJECT/NAME_gt.nii.gz`` its labels on the same grid
    in every frame: 0 background, 1 cavity, 2 myocardium. Slices without any label are left out.

    Raises
    ------
    UsageError
        No such folder.
    ReadError
        Fewer than two subjects, a mask without its cine, another grid, other labels.
    """
    if not folder.is_dir():
        raise UsageError("no such folder", where=folder.name, advice="name a folder of subjects")
    found = sorted(folder.glob("*/*_gt.nii*"))
    subjects = tuple(sorted({file.parent.name for file in found}))
    if len(subjects) < 2:
        raise ReadError(
            f"{len(subjects)} subjects with masks, at least 2 are needed to leave one out",
            where=folder.name,
            advice="SUBJECT/NAME.nii.gz and SUBJECT/NAME_gt.nii.gz (0, 1 cavity, 2 myocardium)",
        )
    text = f"{len(subjects)} subjects, {len(found)} cines of the user's folder `{folder.name}`"
    return Cohort(text, subjects, lambda: (_read(file, n) for n, file in enumerate(found)))


def _read(masks: Path, number: int) -> PigStudy:
    import nibabel

    stem = masks.name[: masks.name.index("_gt.nii")]
    scan = next((p for e in (".nii.gz", ".nii") if (p := masks.with_name(stem + e)).is_file()), None)
    if scan is None:
        raise ReadError("masks without their cine", where=masks.name)
    cine = open_study(scan).cines[0]
    stored = np.asanyarray(nibabel.load(masks).dataobj)  # type: ignore[attr-defined]
    stored = stored[..., None] if stored.ndim == 3 else stored
    labels = cine.file_grid.from_file_axes(stored).astype(np.uint8)
    if labels.shape != cine.pixels.shape:
        raise ReadError(f"masks of shape {labels.shape} on a cine of {cine.pixels.shape}", where=masks.name)
    if not set(np.unique(labels).tolist()) <= {0, 1, 2}:
        raise ReadError("labels other than 0, 1 (cavity) and 2 (myocardium)", where=masks.name)
    drawn = (labels > 0).any((1, 2, 3))
    return _resampled(
        masks.parent.name, number, cine.pixels[drawn], labels[drawn], cine.geometry.pixel_spacing_mm
    )


def _resampled(
    subject: str,
    when: int,
    pixels: NDArray[np.generic],
    labels: NDArray[np.uint8],
    spacing: tuple[float, float],
) -> PigStudy:
    """At the paper's 1 mm, 8 bits; a label keeps its place to half a pixel."""
    step = (PAPER.spacing_mm / spacing[0], PAPER.spacing_mm / spacing[1])
    window = Window.whole(pixels.shape[2:], step, 1)
    top = float(np.percentile(pixels.astype(np.float32), 99.8))
    grey = np.clip(window.resample(pixels) * (255.0 / max(top, 1e-6)), 0, 255).astype(np.uint8)
    whole = window.resample((labels > 0).astype(np.float32)) > 0.5
    cavity = window.resample((labels == 1).astype(np.float32)) > 0.5
    return PigStudy(subject, when, grey, np.where(cavity, 1, np.where(whole, 2, 0)).astype(np.uint8))

"""Whose scans the table is made of: virtual pigs, or a user's own folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError, UsageError
from lvcine.localise import Window
from lvcine.papers.experiment import virtual_items
from lvcine.papers.sax.circular import PAPER
from lvcine.papers.sax.clips import Scan
from lvcine.papers.sax.pigs import make
from lvcine.read import open_study
from lvcine.study import U8


def pigs(folder: Path, count: int, side: str) -> Iterator[Scan]:
    """Scans of virtual pigs, kept in ``folder`` once made; one pig is in memory at a time."""
    for number in range(count):
        yield from virtual_items(folder, make, Scan, side, range(number, number + 1))


def subjects_in(folder: Path) -> Iterator[Scan]:
    """Scans in a folder of one folder per subject with short-axis cines and their masks.

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
    subjects = len({file.parent.name for file in found})
    if subjects < 2:
        raise ReadError(
            f"{subjects} subjects with masks, at least 2 are needed to leave one out",
            where=folder.name,
            advice="SUBJECT/NAME.nii.gz and SUBJECT/NAME_gt.nii.gz (0, 1 cavity, 2 myocardium)",
        )
    yield from (_read(file, n) for n, file in enumerate(found))


def _read(masks: Path, number: int) -> Scan:
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
    labelled = (labels > 0).any((1, 2, 3))
    return _resampled(
        f"{masks.parent.name}~{number}",
        cine.pixels[labelled],
        labels[labelled],
        cine.geometry.pixel_spacing_mm,
    )


def _resampled(name: str, pixels: NDArray[np.generic], labels: U8, spacing: tuple[float, float]) -> Scan:
    """At the paper's 1 mm, 8 bits; a label keeps its place to half a pixel."""
    step = (PAPER.spacing_mm / spacing[0], PAPER.spacing_mm / spacing[1])
    window = Window.whole(pixels.shape[2:], step, 1)
    top = float(np.percentile(pixels.astype(np.float32), 99.8))
    grey = np.clip(window.resample(pixels) * (255.0 / max(top, 1e-6)), 0, 255).astype(np.uint8)
    whole = window.resample((labels > 0).astype(np.float32)) > 0.5
    cavity = window.resample((labels == 1).astype(np.float32)) > 0.5
    return Scan(name, grey, np.where(cavity, 1, np.where(whole, 2, 0)).astype(np.uint8))

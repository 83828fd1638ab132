"""Folders of reviewed results as what readers said: found in a tree, read with their scans.

Which slices and frames count as read, and why:

- those whose contours the reader changed, drew, deleted or carried over: they are hers;
- all slices at ED and at ES of a review that was saved under a name: its EDV, ESV, EF and mass are the
  reader's word, and they stand on these contours, and on where there are none: base and apex;
- never an excluded slice or frame: it was found unfit to be drawn in.

All others are the net's own contours that nobody is known to have looked at.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lvcine.errors import LvcineError, ReadError, UsageError
from lvcine.localise.drawn import rasterised
from lvcine.output import is_result
from lvcine.pipeline.corrected import CORRECTED, Saved, mark, saved_review
from lvcine.pipeline.find_scan import ScanFinder
from lvcine.pipeline.measure_masks import on_scan
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.pipeline.remeasure import is_clip
from lvcine.report.record import read_record
from lvcine.report.slices import base_first
from lvcine.study import Analysis, Bools
from lvcine.study.reviewed import Reviewed, reviewed_subject


def reviewed_folders(place: Path) -> list[Path]:
    """Folders of results with a saved review, in a tree or the place itself, in the order of their names.

    Empty where no results lie there at all.

    Raises
    ------
    UsageError
        Results, but none of them reviewed.
    """
    results = sorted(results_in(place))
    reviewed = [folder for folder in results if saved_review(folder) is not None]
    if results and not reviewed:
        raise UsageError(
            f"none of {len(results)} folders of results holds a saved review", where=place.name,
            advice="correct them with lvcine review OUT and save, then try again",
        )  # fmt: skip
    return reviewed


def results_in(place: Path) -> Iterator[Path]:
    """Folders of results in a tree, or the place itself, corrected ones within them not counted."""
    for home, folders, _ in os.walk(place):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if is_result(Path(home)):
            folders[:] = [name for name in folders if name != CORRECTED]
            yield Path(home)


def read_reviewed(folder: Path, finder: ScanFinder, options: AnalyzeOptions | None = None) -> Reviewed:
    """One reviewed folder of results with its scan.

    Parameters
    ----------
    folder : Path
        Of the analysis, with ``corrected`` in it.
    finder : ScanFinder
        Finds the scan, by its digest.

    Raises
    ------
    UsageError
        No saved review there, one of an earlier analysis or of a version that did not say what was read; the
        scan is not found or another one.
    ReadError
        Results or scan cannot be read.
    """
    saved = saved_review(folder)
    if saved is None:
        raise UsageError("no saved review there", where=folder.name, advice="lvcine review, then save")
    if saved.corrected_from != mark(folder):
        raise UsageError(
            f"{CORRECTED} holds corrections of an earlier analysis in this folder", where=folder.name,
            advice=f"move {CORRECTED} away",
        )  # fmt: skip
    if saved.reader is None:
        raise UsageError(
            "the review does not say what was read: saved by an earlier version", where=folder.name,
            advice="open it with lvcine review and save it again",
        )  # fmt: skip
    record = read_record(folder / CORRECTED)
    if record.velocity:
        raise ReadError("velocity mapping is not reviewed", where=folder.name)
    study = finder.scan_of(folder, record)
    analysis = on_scan(record.analysis, study, options or AnalyzeOptions())
    analysis = replace(analysis, segmentation=rasterised(analysis.segmentation, analysis.atrium))
    order, geometry = list(base_first(analysis)), analysis.cine.geometry
    seg = analysis.segmentation
    return Reviewed(
        subject=reviewed_subject(analysis.cine.pixels),
        reader=saved.reader,
        view=analysis.cine.view,
        clip=is_clip(analysis.cine),
        pixels=analysis.cine.pixels[order],
        spacing_mm=geometry.pixel_spacing_mm if geometry.calibrated else None,
        endo=tuple(seg.endo[z] for z in order),
        epi=tuple(seg.epi[z] for z in order),
        read=_read(analysis, saved)[order],
    )


def read_all(
    folders: Sequence[Path], finder: ScanFinder, note: Callable[[str], None]
) -> Iterator[tuple[Path, Reviewed]]:
    """Every reviewed folder with its study; what cannot be read is noted with its reason and left out."""
    for folder in folders:
        try:
            yield folder, read_reviewed(folder, finder)
        except LvcineError as error:
            note(f"left out: {error}")


def _read(analysis: Analysis, saved: Saved) -> Bools:
    """Slices and frames (Z, T) that count as read."""
    read = np.zeros(analysis.cine.pixels.shape[:2], bool)
    for z, t in saved.changed:
        read[z, t] = True
    if saved.reader:
        read[:, [analysis.ed_frame, analysis.es_frame]] = True
    read[list(saved.no_slices)] = False
    read[:, list(saved.no_frames)] = False
    return read

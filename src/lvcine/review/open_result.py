"""A folder of results with its scan, ready to be reviewed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lvcine.errors import UsageError
from lvcine.localise.drawn import rasterised
from lvcine.output import is_result
from lvcine.pipeline.apical import plane_of_analysis
from lvcine.pipeline.choose import choose
from lvcine.pipeline.drawing import Given, drawing_of, sector_of, within
from lvcine.pipeline.find_scan import ScanFinder
from lvcine.pipeline.measure_masks import OWN_MASKS, on_scan
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.pipeline.remeasure import Decisions, is_clip, remeasure
from lvcine.pipeline.source import open_source
from lvcine.report.record import Record, crc32, read_record
from lvcine.study import Analysis, Bools, Mask, Segmentation, Study
from lvcine.study.progress import Progress, Stages


@dataclass(frozen=True, eq=False)
class Opened:
    """A result with its scan.

    Attributes
    ----------
    folder : Path
    original : Analysis
        Measured again from its own contours, on its scan.
    sector : ndarray of bool, shape (Y, X), or None
        Of a clip.
    study : Study
        All cines of the scan.
    across : Opened or None
        The second apical plane as a result of its own, whose volumes are of both planes.
    second : bool
        It is that one.
    """

    folder: Path
    original: Analysis
    sector: Bools | None
    study: Study
    across: Opened | None = None
    second: bool = False


def open_result(
    folder: Path,
    scan: Path | None = None,
    options: AnalyzeOptions | None = None,
    *,
    progress: Progress | None = None,
) -> Opened:
    """Open a folder of results to review it.

    Parameters
    ----------
    folder : Path
        As ``lvcine analyze -o`` and ``lvcine measure -o`` write them.
    scan : Path, optional
        Sought beside the results and in the working folder where it is not given.
    options : AnalyzeOptions, optional
        How the scan is read: ``series``, ``read``.

    Raises
    ------
    UsageError
        No results there, results that cannot be reviewed, the scan not found or another one.
    ReadError
        Results or scan cannot be read.
    """
    chosen, stages = options or AnalyzeOptions(), Stages(progress)
    _check_result(folder)
    record = read_record(folder)
    if record.velocity:
        raise UsageError(
            "velocity mapping cannot be reviewed on a page", where=folder.name,
            advice="correct the masks in a viewer, then lvcine measure SCAN --mask",
        )  # fmt: skip
    # Files are read by another process: meanwhile a stack is measured, which asks no pixel.
    with ThreadPoolExecutor(1) as beside:
        early = None if is_clip(record.analysis.cine) else beside.submit(_measured, record.analysis, None)
        with stages("read") as steps:
            study = open_source(scan, chosen, steps) if scan else ScanFinder(chosen).scan_of(folder, record)
            scanned = on_scan(record.analysis, study, chosen)
            sector = sector_of(scanned.cine)
            shown, _ = within(scanned.cine, sector)
            scanned = replace(scanned, cine=shown)
        with stages("contours"):
            _check_masks(folder, record, chosen)
        with stages("measure"):
            measured = early.result() if early else _measured(scanned, sector)
    original = replace(measured, study=scanned.study, cine=scanned.cine)
    return Opened(folder, original, sector, study, _across(folder, original, study, chosen))


def _across(folder: Path, first: Analysis, study: Study, chosen: AnalyzeOptions) -> Opened | None:
    """The second plane of an apical exam; None where there is none, or results that hold its discs alone."""
    second = first.second_plane
    if second is None or second.cine is None:
        return None
    found = choose(study, by_hand=chosen.series is not None).across
    if found is None or found.pixels.shape != second.cine.pixels.shape:
        return None
    cine = replace(second.cine, pixels=found.pixels, instances=found.instances)
    sector = sector_of(cine)
    shown, _ = within(cine, sector)
    none = (None,) * cine.frames
    drawn = Segmentation(Mask(np.zeros(cine.pixels.shape, np.uint8)), (second.endo,), (none,))
    alone = replace(
        first, cine=shown, segmentation=drawn, hinges=second.hinges, atrium=(), basis=(), stated=(),
        masks=None, second_plane=plane_of_analysis(first),
    )  # fmt: skip
    return Opened(folder, _measured(alone, sector), sector, study, second=True)


def _measured(analysis: Analysis, sector: Bools | None) -> Analysis:
    """The analysis measured again from its own contours, its labels drawn from them."""
    drawn = replace(analysis, segmentation=rasterised(analysis.segmentation, analysis.atrium))
    return remeasure(drawn, Decisions(phases=(drawn.ed_frame, drawn.es_frame)), sector=sector)


def _check_result(folder: Path) -> None:
    if not folder.exists():
        raise UsageError("no such folder", where=folder.name, advice="name a folder of results")
    if not is_result(folder):
        raise UsageError(
            "no results of lvcine there", where=folder.name,
            advice="name the folder that lvcine analyze -o wrote",
        )  # fmt: skip


def _check_masks(folder: Path, record: Record, chosen: AnalyzeOptions) -> None:
    """Refuse masks that were changed in a viewer: it is not known which of both corrections is meant.

    Raises
    ------
    UsageError
    """
    masks = folder / OWN_MASKS
    if not masks.exists():
        return
    given = Given(masks, None, "", None)
    drawing = drawing_of(given, record.analysis.cine, chosen, record.mask_crc32)
    if not bool((crc32(drawing.labels) == record.mask_crc32).all()):
        raise UsageError(
            f"{OWN_MASKS} was changed since the analysis", where=folder.name,
            advice="measure it into a folder of its own (lvcine measure OUT --scan SCAN -o NEW), review that",
        )  # fmt: skip

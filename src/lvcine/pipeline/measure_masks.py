"""Numbers from masks that somebody drew or corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from lvcine.errors import MOST_NAME, UsageError, plain_text
from lvcine.localise.drawn import rasterised
from lvcine.output import claim, is_result, old_results
from lvcine.pipeline.analyze import output_options
from lvcine.pipeline.choose import Selected, choose
from lvcine.pipeline.corrected import CORRECTED, corrected_folder, marked
from lvcine.pipeline.drawing import (
    UNNAMED,
    Drawing,
    Given,
    drawing_of,
    drawn_of,
    recorded_beside,
    sector_of,
    with_changes,
    within,
)
from lvcine.pipeline.ed_es import estimates_of, regress_frames
from lvcine.pipeline.keywords import Keywords, options_of, with_keywords
from lvcine.pipeline.options import AnalyzeOptions, with_user_facts
from lvcine.pipeline.remeasure import SINGLE_PHASES, Decisions, is_clip, remeasure
from lvcine.pipeline.result import Result, result_of
from lvcine.pipeline.source import Source, open_source
from lvcine.read.label_orders import label_order
from lvcine.read.masks import MaskSource
from lvcine.read.user_facts import with_user_facts as facts_of_cine
from lvcine.report import fill
from lvcine.report.record import Record, crc32, read_record
from lvcine.study import Analysis, Bools, Finding, MaskOrigin, Study
from lvcine.study.progress import Progress, Stages

OWN_MASKS = "segmentation.nii.gz"
"""Of a folder of results."""


@with_keywords
def measure_masks(
    source: Source,
    masks: MaskSource | None = None,
    *,
    labels: str | Mapping[str, Any] | None = None,
    by: str = "",
    scan: Source | None = None,
    output: str | Path | None = None,
    options: AnalyzeOptions | None = None,
    progress: Progress | None = None,
    **keywords: Unpack[Keywords],
) -> Result:
    """Measure the left ventricle on masks that somebody drew or corrected; no net outlines anything.

    Parameters
    ----------
    source : path, ndarray or Study
        The scan that the masks belong to, as in :func:`lvcine.analyze`; or a folder of results, whose
        contours are then measured again, those of a changed slice and frame from the masks.
    masks : path, sequence or mapping of paths, or ndarray
        NIfTI, 4-D or one file for each frame: :func:`lvcine.read.masks.read_masks`. Of a folder of results
        its own ``segmentation.nii.gz`` by default, which may have been changed in a viewer, or what
        ``lvcine review`` saved beside it.
    labels : str or mapping, optional
        What each number means: ``acdc``, ``cinema``, ``mnms``, ``ukbb``, ``camus``, ``mscmr``, or
        ``cavity=3,myocardium=2``. lvcine's own (1 cavity, 2 myocardium) by default.
    by : str
        Who drew the masks, for the results.
    scan : path, ndarray or Study, optional
        The scan of a folder of results: for the pictures of a report, and for papillary muscles in slices
        that were changed.
    output : path, optional
        Folder for the results; nothing is written without it.
    options : AnalyzeOptions, optional
        ``ed``, ``es``, ``base``, ``apex``, ``insertion``, facts of the subject, and how the scan is read.
    progress : callable, optional
        Called with (stage, steps done, steps in all).
    **keywords
        Options of the command under their names there, over ``options``: ``axes="TYX"``, ``ed=3``. Without
        ``papillary`` here a folder of results keeps its own.

    Returns
    -------
    Result

    Raises
    ------
    UsageError
        Masks, labels or frames that do not fit the scan, another scan than that of the results, or an output
        folder that cannot be used.
    ReadError
        The scan, the masks or the results cannot be read.
    MeasureError
        The numbers asked for cannot be had.

    Notes
    -----
    ED and ES of a whole cycle are decided as by :func:`lvcine.analyze`; temporal regression, the one net that
    is asked then, sees the pixels alone. It is not asked where ``ed`` and ``es`` are stated or were recorded.

    Examples
    --------
    A cylinder in four slices, 12 pixels wide at ED and 8 at ES:

    >>> import lvcine, numpy as np
    >>> y, x = np.mgrid[:48, :48] - 24
    >>> masks = np.zeros((4, 2, 48, 48), int)
    >>> for t, radius in enumerate((12, 8)):
    ...     masks[:, t][:, np.hypot(y, x) < radius + 6] = 2
    ...     masks[:, t][:, np.hypot(y, x) <= radius] = 1
    >>> pixels = np.random.default_rng(0).normal(100, 20, masks.shape)
    >>> scan = {"axes": "ZTYX", "spacing": (1, 1), "slice_step": 10, "view": "SAX"}
    >>> numbers = lvcine.measure_masks(pixels, masks, **scan).headline()
    >>> round(numbers["edv_ml"]), round(np.pi * 12**2 * 40 / 1000)
    (18, 18)
    """
    chosen = options_of(options, keywords)
    order = label_order(labels)
    stages = Stages(progress)
    folder = Path(source) if isinstance(source, str | Path) and is_result(Path(source)) else None
    if output is not None and folder is not None and scan is None:
        raise UsageError(
            "the pictures of a report need the scan, which results do not hold",
            where=folder.name, advice="give it with --scan (scan=...), or leave out -o (output)",
        )  # fmt: skip

    def work() -> Analysis:
        who = plain_text(by.strip(), MOST_NAME)
        given = Given(masks, order, who, keywords.get("papillary"))
        if folder is not None:
            return _of_results(folder, given, scan, chosen, stages)
        return _of_scan(source, given, chosen, stages)

    if output is None:
        return result_of(work())
    read = Path(source) if isinstance(source, str | Path) else None
    with claim(Path(output), old_results(overwrite=chosen.overwrite), source=read) as place:
        analysis = work()
        with stages("report"):
            fill(place, analysis, **output_options(chosen))
            place.commit()
    return replace(result_of(analysis), seconds=dict(stages.seconds))


def _of_scan(source: Source, given: Given, chosen: AnalyzeOptions, stages: Stages) -> Analysis:
    if given.masks is None:
        raise UsageError(
            "no masks to measure",
            advice="give them with --mask (masks=...), or a folder of results of lvcine",
        )
    with stages("read") as steps:
        study = with_user_facts(open_source(source, chosen, steps), chosen)
        selected = choose(study, by_hand=chosen.series is not None)
        cine = selected.cine
        record = recorded_beside(given.masks, selected)
        drawing = drawing_of(given, cine, chosen, None if record is None else record.mask_crc32)
        sector = sector_of(cine)
        cine, hidden = within(cine, sector)
    if record is not None:
        with stages("contours"):
            analysis = _of_record(record, drawing, replace(selected, cine=cine), given, chosen)
        return _numbers(analysis, given, chosen, stages, sector, kept=_unchanged(record, drawing))
    with stages("contours"):
        drawn = drawn_of(drawing, cine)
    origin = MaskOrigin(given.by or UNNAMED, str(drawing.order), drawing.masks.sha256, drawing.masks.files)
    text = f"contours from masks by {origin.by}, labels {origin.labels}"
    noted = Finding("masks-given", "info", text)
    analysis = Analysis(
        study=selected.study,
        cine=cine,
        segmentation=drawn.segmentation,
        ed_frame=0,
        es_frame=0,
        papillary=given.papillary or chosen.papillary,
        measurements=(),
        curves=(),
        findings=(),
        nets=(),
        seconds={},
        masks=origin,
        hinges=drawn.hinges,
        atrium=drawn.atrium,
        basis=(noted, *drawing.masks.findings, *drawn.findings, *hidden),
    )
    mark = drawing.masks.mark
    if mark is not None and mark.papillary == analysis.papillary and max(mark.ed, mark.es) < cine.frames:
        # Masks that an analysis wrote: what it found with more than they hold is not sought again.
        analysis = replace(analysis, ed_frame=mark.ed, es_frame=mark.es)
        return _numbers(analysis, given, chosen, stages, sector, kept=True)
    with stages("frames"):
        analysis = _with_estimates(analysis, chosen)
    return _numbers(analysis, given, chosen, stages, sector)


def _of_record(
    record: Record, drawing: Drawing, selected: Selected, given: Given, chosen: AnalyzeOptions
) -> Analysis:
    """The analysis that wrote the masks, on its scan: its contours where the masks are as it wrote them."""
    known = record.analysis
    analysis = replace(
        known,
        study=selected.study,
        cine=replace(selected.cine, view=known.cine.view),
        papillary=given.papillary or chosen.papillary,
    )
    changed = with_changes(analysis, drawing, record, given.by, pixels=True)
    if not _unchanged(record, drawing):
        return changed
    who = given.by or UNNAMED
    text = f"masks given by {who} are those of the analysis beside them: its contours are measured"
    return replace(changed, basis=(*changed.basis, Finding("masks-unchanged", "info", text)))


def _unchanged(record: Record, drawing: Drawing | None) -> bool:
    return drawing is None or bool((crc32(drawing.labels) == record.mask_crc32).all())


def _with_estimates(analysis: Analysis, chosen: AnalyzeOptions) -> Analysis:
    """Where temporal regression sees ED and ES, if they are to be found and masks hold the cycle."""
    cine, drawn = analysis.cine, analysis.segmentation.mask.labels.any((0, 2, 3)).sum()
    stated = chosen.ed is not None and chosen.es is not None
    if stated or is_clip(cine) or cine.velocity is not None or drawn <= SINGLE_PHASES:
        return analysis
    regression = regress_frames(cine, chosen.runtime)
    if regression is None:
        return analysis
    return replace(
        analysis,
        estimates=estimates_of(regression, cine),
        nets=(regression.net,),
        basis=(*analysis.basis, *chosen.runtime.supplements("frames")),
    )


def _of_results(
    folder: Path, given: Given, scan: Source | None, chosen: AnalyzeOptions, stages: Stages
) -> Analysis:
    place, notes = (folder, ()) if given.masks is not None else corrected_folder(folder)
    with stages("read") as steps:
        study = None if scan is None else open_source(scan, chosen, steps)
    measured = _of_folder(place, given, study, chosen, stages)
    measured = replace(measured, findings=(*measured.findings, *notes))
    if place == folder:
        return measured
    _check_unchanged(folder, given, chosen)
    return marked(measured, _of_folder(folder, given, study, chosen, Stages(None)))


def _check_unchanged(folder: Path, given: Given, chosen: AnalyzeOptions) -> None:
    """Refuse two corrections of one analysis, on the page and in a viewer: which is meant is not known.

    Raises
    ------
    UsageError
    """
    masks = folder / OWN_MASKS
    if not masks.exists():
        return
    record = read_record(folder)
    drawing = drawing_of(replace(given, masks=masks), record.analysis.cine, chosen, record.mask_crc32)
    if not _unchanged(record, drawing):
        raise UsageError(
            f"both {OWN_MASKS} and the page's {CORRECTED} hold corrections", where=folder.name,
            advice=f"name the folder {CORRECTED}, or give the masks with --mask",
        )  # fmt: skip


def _of_folder(
    folder: Path, given: Given, study: Study | None, chosen: AnalyzeOptions, stages: Stages
) -> Analysis:
    with stages("contours"):
        record = read_record(folder)
        analysis, sector = record.analysis, None
        if study is not None:
            analysis = on_scan(analysis, study, chosen)
            sector = sector_of(analysis.cine)
            shown, _ = within(analysis.cine, sector)  # what it hides is noted in the record
            analysis = replace(analysis, cine=shown)
        elif record.velocity:
            raise UsageError(
                "velocities are not in the results", where=folder.name, advice="give the scan with --scan"
            )
        analysis = replace(analysis, study=with_user_facts(analysis.study, chosen))
        own = folder / OWN_MASKS
        masks = own if given.masks is None and own.exists() else given.masks
        drawing = None
        if masks is not None:
            drawing = drawing_of(replace(given, masks=masks), analysis.cine, chosen, record.mask_crc32)
        if drawing is None:
            analysis = replace(analysis, segmentation=rasterised(analysis.segmentation, analysis.atrium))
        else:
            analysis = with_changes(analysis, drawing, record, given.by, pixels=study is not None)
    # Behind the masks, which lie on the grid that the results were written with.
    stated = facts_of_cine(analysis.cine, replace(chosen.read, view=None))
    analysis = replace(analysis, cine=replace(stated, findings=tuple(dict.fromkeys(stated.findings))))
    return _numbers(analysis, given, chosen, stages, sector, kept=_unchanged(record, drawing))


def on_scan(known: Analysis, study: Study, chosen: AnalyzeOptions) -> Analysis:
    """The analysis with the pixels of its scan."""
    if known.study.digest and study.digest and study.digest != known.study.digest:
        raise UsageError("another scan than that of the results", advice="give the scan that was analysed")
    selected = choose(study, by_hand=chosen.series is not None)
    if selected.cine.pixels.shape != known.cine.pixels.shape:
        shapes = f"a cine of {selected.cine.pixels.shape} for results of {known.cine.pixels.shape}"
        raise UsageError(
            f"{shapes} (slice, frame, row, column)",
            advice="give the scan that was analysed, with the same --series and --axes",
        )
    found = selected.cine
    cine = replace(known.cine, pixels=found.pixels, velocity=found.velocity, instances=found.instances)
    return replace(known, study=replace(known.study, left_aside=selected.study.left_aside), cine=cine)


def _numbers(
    analysis: Analysis,
    given: Given,
    chosen: AnalyzeOptions,
    stages: Stages,
    sector: Bools | None = None,
    *,
    kept: bool = False,
) -> Analysis:
    """``kept``: the contours are those on which the analysis found its ED and ES."""
    same = kept and not chosen.ends and given.papillary in (None, analysis.papillary)
    decisions = Decisions(
        given.papillary, chosen.ed, chosen.es, chosen.base, chosen.apex, chosen.insertion,
        (analysis.ed_frame, analysis.es_frame) if same else None,
    )  # fmt: skip
    with stages("measure"):
        measured = remeasure(analysis, decisions, sector=sector)
    return replace(measured, seconds=dict(stages.seconds))

"""Areas, dimensions, wall thickness and phase of every short-axis cine by direct regression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Unpack

from lvcine.engine import Runtime
from lvcine.errors import LvcineError, MeasureError, NotACineError
from lvcine.measure import measure_short_axis
from lvcine.pipeline.choose import cine_left_out, sound_stack
from lvcine.pipeline.keywords import Keywords, options_of, with_keywords
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.pipeline.regression_check import regress_indices
from lvcine.pipeline.source import Source, open_source
from lvcine.quality import require_lv
from lvcine.read.datasets.lvquan import read_lvquan
from lvcine.study import Cine, Finding, Study, Subject, View
from lvcine.study.progress import Progress, Stages
from lvcine.systems.quantification.infer import FEW, Reading, read_indices, whole_pictures
from lvcine.systems.quantification.recipe import SIZE
from lvcine.systems.sax.infer import segment


@dataclass(frozen=True)
class CineIndices:
    """A cine, what was predicted of it, and what is doubtful about that."""

    cine: Cine
    reading: Reading
    findings: tuple[Finding, ...] = ()


@with_keywords
def quantify(
    source: Source,
    *,
    as_is: bool | None = None,
    options: AnalyzeOptions | None = None,
    progress: Progress | None = None,
    **keywords: Unpack[Keywords],
) -> tuple[CineIndices, ...]:
    """Indices of every gated short-axis cine of a source, slice by slice and frame by frame.

    Parameters
    ----------
    source : path, ndarray or Study
        As in :func:`lvcine.analyze`; files of the LVQuan challenges too.
    as_is : bool, optional
        The pictures are in the form of LVQuan 2018 already: the LV in the middle, the septum on the left,
        anterior up. By default those of one slice of 80 x 80 pixels are, and a finding says so. In others
        the LV is found by the masks' net.
    options : AnalyzeOptions, optional
        Of these ``read``, ``series``, ``engine``, ``threads`` and ``weights`` count.
    progress : callable, optional
        Called with (stage, steps done, steps in all).
    **keywords
        Options of the command under their names there, over ``options``.

    Returns
    -------
    tuple of CineIndices

    Raises
    ------
    UsageError, ReadError
        As in :func:`lvcine.analyze`.
    NotACineError
        No short-axis cine of four frames or more; no slice whose ring of wall is whole.
    MeasureError
        The only such cine is a stack that does not beat as one (:func:`lvcine.quality.require_one_beat`).
    """
    chosen = options_of(options, keywords)
    stages = Stages(progress)
    with stages("read") as steps:
        study = _read(source, chosen, steps)
    cines = [c for c in study.cines if c.view in (View.SAX, View.UNKNOWN) and c.frames >= FEW]
    cines = [c for c in cines if c.gated and not c.phases_only and c.modality != "US"]
    if not cines:
        labels = ", ".join(f"{c.label}: {c.view.value}, {c.frames}" for c in study.cines)
        raise NotACineError(
            f"no gated short-axis cine of {FEW} frames or more ({labels})",
            advice="give one of the whole cycle",
        )
    found: list[CineIndices] = []
    refused: list[LvcineError] = []
    with stages("quantify") as steps:
        for done, cine in enumerate(cines, 1):
            try:
                doubted = sound_stack(cine, gated=chosen.read.gated is True)
                found.append(_of_cine(doubted, as_is, chosen.runtime))
            except (NotACineError, MeasureError) as error:  # one of several need not hold a whole ventricle
                error.where = error.where or cine.label
                refused.append(error)
            steps(done, len(cines))
    if not found:
        raise refused[0]
    left_out = map(cine_left_out, refused)
    return (replace(found[0], findings=(*found[0].findings, *left_out)), *found[1:])


def _of_cine(cine: Cine, as_is: bool | None, runtime: Runtime) -> CineIndices:
    shipped = runtime.supplements("quantification")
    assumed = as_is is None and cine.pixels.shape[0] == 1 and cine.pixels.shape[2:] == (SIZE, SIZE)
    if as_is or assumed:
        reading = read_indices(cine, whole_pictures(cine), runtime.supplemented("quantification"))
        return CineIndices(cine, reading, (_ASSUMED, *shipped) if assumed else shipped)
    masks = segment(cine, runtime)
    require_lv(masks.segmentation)
    measured = measure_short_axis(cine, masks.segmentation, Subject())
    read = regress_indices(cine, masks.segmentation, measured.measurements, measured.ed_frame, runtime)
    if read is None:
        raise NotACineError(
            "no slice whose ring of wall is whole over the cycle", where=cine.label,
            advice="look at the contours of `lvcine analyze`",
        )  # fmt: skip
    about = (f for f in measured.findings if f.code.startswith(("septum", "anterior")))
    return CineIndices(cine, read, (*about, *shipped))


_ASSUMED = Finding(
    "form-assumed",
    "info",
    f"pictures of {SIZE} x {SIZE} pixels are taken as they are: LV in the middle, septum left, anterior up",
    "--no-as-is has the LV found",
)


def _read(source: Source, options: AnalyzeOptions, steps: Callable[[int, int], None]) -> Study:
    path = Path(source) if isinstance(source, str) else source
    if isinstance(path, Path) and path.suffix.lower() == ".mat" and path.is_file() and options.series is None:
        return Study(tuple(read_lvquan(path, options.read)))  # many subjects, each by itself
    return open_source(path, options, steps)

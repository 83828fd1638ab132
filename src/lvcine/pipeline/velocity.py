"""From a velocity-mapping scan to its analysis."""

from __future__ import annotations

import numpy as np

from lvcine.measure.curves import check_stated_frames, find_ed_es
from lvcine.measure.velocity import measure_velocity
from lvcine.pipeline.options import AnalyzeOptions, stated_by
from lvcine.quality import require_lv
from lvcine.quality.velocity import check_velocity
from lvcine.study import Analysis, Cine, Finding, Segmentation, Study
from lvcine.study.progress import Stages
from lvcine.systems.velocity.infer import segment_velocity


def analyze_velocity(study: Study, cine: Cine, options: AnalyzeOptions, stages: Stages) -> Analysis:
    """Outline the wall and measure how fast it moves; the stages' seconds are the caller's to add.

    Raises
    ------
    NotACineError
        No left ventricle in it.
    MeasureError
        Too few frames, or frames without times.
    """
    check_stated_frames(options.ed, options.es, cine.frames)
    with stages("segment") as steps:
        found = segment_velocity(cine, options.runtime, progress=steps)
        require_lv(found.segmentation)
    with stages("measure"):
        measured = measure_velocity(cine, found.segmentation, insertion=options.insertion)
        ed, es, doubts = ed_es_of_areas(found.segmentation, cine, options.ed, options.es)
    return Analysis(
        study=study,
        cine=cine,
        segmentation=found.segmentation,
        ed_frame=ed,
        es_frame=es,
        papillary=options.papillary,
        measurements=measured.measurements,
        curves=measured.curves,
        findings=(*found.findings, *measured.findings, *doubts, *check_velocity(cine, found.segmentation)),
        nets=(found.net,),
        seconds={},
        velocity=measured.wall,
        basis=found.findings,
        **stated_by(options),
    )


def ed_es_of_areas(
    segmentation: Segmentation, cine: Cine, ed: int | None, es: int | None
) -> tuple[int, int, tuple[Finding, ...]]:
    """From the cavity's area over all slices, where the user does not say: three slices have no volume."""
    area = segmentation.mask.cavity.sum((0, 2, 3)).astype(float)
    pair = find_ed_es(np.where(area > 0, area, np.nan), gated=cine.gated)
    return pair.ed if ed is None else ed, pair.es if es is None else es, pair.findings

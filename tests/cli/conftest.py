"""A finished analysis, and a pipeline that hands it out without analysing anything."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.study import (
    Analysis,
    Cine,
    Finding,
    Geometry,
    Mask,
    Measurement,
    Segmentation,
    Study,
    View,
)


@pytest.fixture
def analysis() -> Analysis:
    shape = (2, 3, 4, 5)
    cine = Cine(
        np.zeros(shape),
        Geometry.stack(slices=2, spacing_mm=(1.5, 1.5), step_mm=10.0),
        view=View.SAX,
        label="series 3",
    )
    no_contours = tuple((None,) * 3 for _ in range(2))
    return Analysis(
        study=Study((cine,)),
        cine=cine,
        segmentation=Segmentation(Mask(np.zeros(shape, np.uint8)), no_contours, no_contours),
        ed_frame=0,
        es_frame=2,
        papillary="include",
        measurements=(
            Measurement("edv_ml", 152.25, "mL", "slice summation"),
            Measurement("ef_percent", float("nan"), "%", "slice summation"),
            Measurement("cavity_area_mm2", 700.0, "mm2", "polygon", slice=1, frame=0),
        ),
        curves=(),
        findings=(Finding("missing-slice", "warning", "a slice is missing after slice 3", "scan it again"),),
        nets=({"name": "sax", "sha256": "0" * 64, "engine": "onnxruntime"},),
        seconds={"read": 0.5},
    )


class Recorder:
    """Stands in for a pipeline function: keeps how it was called, returns or raises what it was told."""

    def __init__(self, outcome: object) -> None:
        self.outcome = outcome
        self.args: tuple[object, ...] = ()
        self.options: dict[str, object] = {}

    def __call__(self, *args: object, **options: object) -> object:
        self.args, self.options = args, options
        options["progress"]("read", 0, 2)
        options["progress"]("segment", 1, 2)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.fixture
def analyzer(monkeypatch, analysis) -> Recorder:
    recorder = Recorder(analysis)
    monkeypatch.setattr("lvcine.pipeline.analyze.analyze", recorder)
    return recorder

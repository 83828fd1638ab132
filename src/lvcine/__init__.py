"""lvcine: the left ventricle from cine MR and ultrasound, from scanner file to report.

Everything is loaded when it is first used, so that ``import lvcine`` costs next to nothing.

Examples
--------
>>> import lvcine
>>> "analyze" in dir(lvcine)
True
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lvcine.cohorts.run import cohort
    from lvcine.comparison.run import compare
    from lvcine.pipeline.analyze import analyze
    from lvcine.pipeline.frames import frames
    from lvcine.pipeline.measure_masks import measure_masks
    from lvcine.pipeline.options import AnalyzeOptions
    from lvcine.pipeline.quantify import quantify
    from lvcine.pipeline.result import Result
    from lvcine.read import ReadOptions, open_study
    from lvcine.read.opening import catalogue as info

__version__ = "0.1.0"

# ONNX Runtime reports to its maker when it is imported; this stops it (lvcine.engine.silent), also where a
# script that uses lvcine imports it on its own account.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# Name here -> (module, name there). Text, not imports: a reader of `lvcine.__version__` deep in the
# house must not pull in the roof.
_LAZY = {
    "analyze": ("lvcine.pipeline.analyze", "analyze"),
    "AnalyzeOptions": ("lvcine.pipeline.options", "AnalyzeOptions"),
    "cohort": ("lvcine.cohorts.run", "cohort"),
    "compare": ("lvcine.comparison.run", "compare"),
    "frames": ("lvcine.pipeline.frames", "frames"),
    "measure_masks": ("lvcine.pipeline.measure_masks", "measure_masks"),
    "info": ("lvcine.read", "catalogue"),
    "open_study": ("lvcine.read", "open_study"),
    "Result": ("lvcine.pipeline.result", "Result"),
    "quantify": ("lvcine.pipeline.quantify", "quantify"),
    "ReadOptions": ("lvcine.read", "ReadOptions"),
}

__all__ = [
    "AnalyzeOptions", "ReadOptions", "Result", "__version__", "analyze", "cohort", "compare", "frames",
    "info", "measure_masks", "open_study", "quantify",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'lvcine' has no attribute {name!r}")
    module, there = _LAZY[name]
    return getattr(import_module(module), there)


def __dir__() -> list[str]:
    return sorted(__all__)

"""What is analysed: a path, an array or a study, opened in one way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lvcine.pipeline.options import AnalyzeOptions
from lvcine.read import open_study
from lvcine.study import Study

Source = str | Path | NDArray[Any] | Study


def open_source(
    source: Source, options: AnalyzeOptions, progress: Callable[[int, int], None] | None = None
) -> Study:
    """The study itself, or what :func:`lvcine.read.open_study` gives for the options."""
    if isinstance(source, Study):
        return source
    return open_study(source, options.read, series=options.series, progress=progress)

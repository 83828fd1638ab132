"""The one way through the house: read, choose, segment, measure, doubt, report."""

from lvcine.pipeline.choose import choose, choose_short_axis
from lvcine.pipeline.cohort import Cohort, make_cohort
from lvcine.pipeline.flow import analyze, save
from lvcine.pipeline.indices import CineIndices, quantify
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.pipeline.phases import CineFrames, frames
from lvcine.pipeline.stages import Progress
from lvcine.pipeline.subject import PhantomOptions
from lvcine.pipeline.virtual import demo

__all__ = [
    "AnalyzeOptions", "CineFrames", "CineIndices", "Cohort", "PhantomOptions", "Progress",
    "analyze", "choose", "choose_short_axis", "demo", "frames", "make_cohort", "quantify",
    "save",
]  # fmt: skip

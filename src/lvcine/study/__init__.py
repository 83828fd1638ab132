"""Types that flow through the house: geometry, cine, mask, results. numpy only."""

from lvcine.study.analysis import Analysis, Curve, IndexComparison, MaskOrigin, Papillary, SecondPlane
from lvcine.study.arrays import F32, U8, Array, Bools, Whole
from lvcine.study.cine import Cine, FileGrid, Identity, LeftAside, Study, Subject, View
from lvcine.study.geometry import Geometry
from lvcine.study.mask import (
    BACKGROUND,
    CAVITY,
    LABEL_NAMES,
    LEFT_ATRIUM,
    MYOCARDIUM,
    Contour,
    Extent,
    Mask,
    Segmentation,
)
from lvcine.study.results import Beat, Finding, Measurement, PhaseEstimate, Quantity, listed
from lvcine.study.velocity import Velocity
from lvcine.study.wall_velocity import VelocityPeak, WallVelocity

__all__ = [
    "BACKGROUND", "CAVITY", "F32", "LABEL_NAMES", "LEFT_ATRIUM", "MYOCARDIUM", "Analysis", "Array",
    "Beat", "Bools", "Cine", "Contour", "Curve", "Extent", "FileGrid", "Finding", "Geometry", "Identity",
    "IndexComparison", "LeftAside", "Mask", "MaskOrigin", "Measurement", "Papillary", "PhaseEstimate",
    "Quantity", "SecondPlane", "Segmentation", "Study", "Subject", "U8", "Velocity", "VelocityPeak", "View",
    "WallVelocity", "Whole", "listed",
]  # fmt: skip

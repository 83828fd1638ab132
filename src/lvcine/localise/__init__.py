"""Find the LV, resample it on a net's grid, and the way back."""

from lvcine.localise.find import Place, doubts_of, find_place, middle_slices, spread_frames
from lvcine.localise.motion import find_by_motion
from lvcine.localise.orient import Orientation, orientation
from lvcine.localise.window import Window

__all__ = [
    "Orientation", "Place", "Window", "doubts_of", "find_by_motion", "find_place", "middle_slices",
    "orientation", "spread_frames",
]  # fmt: skip

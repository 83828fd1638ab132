"""Apical ultrasound of the virtual heart: clips whose speckle moves with the wall, with labels and truth."""

from lvcine.phantom.ultrasound.clip import Clip, ClipTruth, scan, virtual_clip
from lvcine.phantom.ultrasound.protocol import Echogenicity, UltrasoundProtocol, draw_protocol
from lvcine.phantom.ultrasound.window import Window, draw_window, good_window

__all__ = [
    "Clip", "ClipTruth", "Echogenicity", "UltrasoundProtocol", "Window",
    "draw_protocol", "draw_window", "good_window", "scan", "virtual_clip",
]  # fmt: skip

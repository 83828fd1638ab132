"""The virtual heart: a beating left ventricle with exact truth, and the scanners that draw it."""

from lvcine.phantom.beat import Beat, State
from lvcine.phantom.heart import Heart, Patch, Scar
from lvcine.phantom.population import draw_heart
from lvcine.phantom.study import Truth, virtual_long_axis, virtual_study

__all__ = [
    "Beat", "Heart", "Patch", "Scar", "State", "Truth", "draw_heart", "virtual_long_axis", "virtual_study",
]  # fmt: skip

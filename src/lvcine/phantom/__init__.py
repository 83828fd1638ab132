"""The virtual heart: a beating left ventricle with exact truth, and a scanner that draws it."""

from lvcine.phantom.heart import Beat, Heart, Scar
from lvcine.phantom.population import draw_heart
from lvcine.phantom.study import Truth, virtual_study

__all__ = ["Beat", "Heart", "Scar", "Truth", "draw_heart", "virtual_study"]

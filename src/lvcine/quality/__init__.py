"""Doubts about a segmentation: each becomes a Finding, never silence.

What the numbers themselves make doubtful (EF out of range, ED = ES, mass at ED against ES) is
noted where they are made, in :mod:`lvcine.measure.plausibility`.
"""

from lvcine.quality.beating import require_one_beat
from lvcine.quality.check import check, require_lv
from lvcine.quality.film import one_film
from lvcine.quality.tags import require_no_tags

__all__ = ["check", "one_film", "require_lv", "require_no_tags", "require_one_beat"]

"""Doubts about the wall that was found in a velocity-mapping scan."""

from __future__ import annotations

from lvcine.quality.continuity import flickers, jumps_in_time
from lvcine.quality.coverage import leaves_image
from lvcine.quality.outline import outline
from lvcine.study import Cine, Finding, Segmentation


def check_velocity(cine: Cine, segmentation: Segmentation) -> tuple[Finding, ...]:
    """The checks of a short-axis stack that hold for slices far from each other: those over time."""
    lv = outline(segmentation, cine.geometry)
    closed = cine.gated and not cine.phases_only
    return (
        *leaves_image(segmentation, cine.pixels.shape[2:]),
        *jumps_in_time(lv, closed=closed),
        *flickers(lv, closed=closed),
    )

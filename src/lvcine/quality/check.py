"""All doubts about the LV that was found in a cine, in one call."""

from __future__ import annotations

from lvcine.errors import NotACineError
from lvcine.quality.continuity import flickers, jumps_between_slices, jumps_in_time
from lvcine.quality.coverage import (
    ends_cut_off,
    ends_in_doubt,
    few_frames,
    few_slices,
    gaps,
    leaves_image,
    stated_without_lv,
)
from lvcine.quality.members import members_disagree
from lvcine.quality.outline import outline
from lvcine.quality.wall import broken_ring, implausible_thickening, implausible_thickness
from lvcine.study import Cine, Finding, Measurement, Segmentation


def require_lv(segmentation: Segmentation) -> None:
    """Refuse a segmentation without any left ventricle.

    Raises
    ------
    NotACineError
        When no slice has an endocardial contour in any frame.
    """
    if not any(contour is not None for frames in segmentation.endo for contour in frames):
        raise NotACineError(
            "no left ventricle found in any slice and frame",
            advice="check with `lvcine info` that this is a short-axis cine of the heart, "
            "or choose another with --series",
        )


def check(
    cine: Cine, segmentation: Segmentation, measurements: tuple[Measurement, ...], ed: int, es: int
) -> tuple[Finding, ...]:
    """Every doubt about the LV's outline and wall (``docs/use/findings.md``); ``ed``, ``es`` count from 0."""
    lv = outline(segmentation, cine.geometry)
    return (
        *leaves_image(segmentation, cine.pixels.shape[2:]),
        *ends_cut_off(lv, ed),
        *ends_in_doubt(cine, segmentation.extent, {"ED": ed, "ES": es}),
        *stated_without_lv(segmentation.extent, {"ED": ed, "ES": es}),
        *gaps(lv, {"ED": ed, "ES": es}),
        *few_slices(lv, ed),
        *few_frames(cine),
        *jumps_in_time(lv, closed=cine.gated and not cine.phases_only),
        *jumps_between_slices(lv, ed),
        *flickers(lv, closed=cine.gated and not cine.phases_only),
        *implausible_thickness(measurements, {"ED": ed, "ES": es}),
        *implausible_thickening(measurements),
        *broken_ring(segmentation, lv, {"ED": ed, "ES": es}),
        *members_disagree(measurements),
    )

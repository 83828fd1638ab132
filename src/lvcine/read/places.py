"""Doubts about where the slices of a stack lie, for every reader that puts slices together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lvcine.study import Finding, Geometry

_WIDE_GAP = 1.8
"""Of the thickness. Gaps of a quarter to a half are usual; with as much gap as slice volumes still hold."""


def step_findings(geometry: Geometry) -> Iterator[Finding]:
    """Missing slices (a step that is a multiple of the others), uneven ones, and wide gaps everywhere.

    Examples
    --------
    >>> sparse = Geometry.stack(5, (1.4, 1.4), 17.7, thickness_mm=6.0)
    >>> [finding.code for finding in step_findings(sparse)]
    ['wide-gaps']
    """
    if geometry.slices < 2:
        return
    steps = np.diff(geometry.slice_positions_mm)
    typical = float(np.median(steps))
    if geometry.thickness_mm and typical > _WIDE_GAP * geometry.thickness_mm:
        yield Finding(
            "wide-gaps", "warning",
            f"slices {geometry.thickness_mm:g} mm thick every {typical:.1f} mm: "
            f"{1 - geometry.thickness_mm / typical:.0%} of the ventricle lies between them, unseen",
            "expect rough volumes and mass; check that no series is missing",
        )  # fmt: skip
    if geometry.slices < 3:
        return
    ratio = steps / typical
    whole = np.rint(ratio)
    missing = (whole >= 2) & (np.abs(ratio - whole) < 0.15)
    gaps = [
        f"{int(whole[z]) - 1} missing between slices {z} and {z + 1} ({steps[z]:.1f} mm apart"
        for z in np.flatnonzero(missing)
    ]
    if gaps:
        yield Finding(
            "missing-slice", "warning", f"{'), '.join(gaps)}, the others {typical:.1f} mm)",
            "look for the series that was not exported; volumes bridge the gap",
        )  # fmt: skip
    uneven = np.flatnonzero(~missing & (np.abs(ratio - 1) > 0.1))
    if len(uneven):
        yield Finding(
            "uneven-slices", "warning",
            f"slice distances from {steps.min():.1f} to {steps.max():.1f} mm; true positions are used",
            "check that the slices belong to one stack",
        )  # fmt: skip

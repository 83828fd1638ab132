"""A study that is measured in seconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lvcine.phantom import virtual_study
from lvcine.phantom.write import write_dicom_mr


def write_study(folder: Path, seed: int, frames: int = 4) -> None:
    """Three slices of a small virtual heart as DICOM."""
    cine, _ = virtual_study(seed, frames=frames, size=64, spacing_mm=2.8, step_mm=20.0)
    few = [1, 2, 3]
    taken = {name: getattr(cine, name)[few] for name in ("pixels", "times_ms", "cycle_ms")}
    write_dicom_mr(replace(cine, geometry=cine.geometry.take(few), **taken), folder, vendor="ge", seed=seed)

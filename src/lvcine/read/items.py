"""A cine that can be read, and all that was found of them; before any is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lvcine.read.catalogue import Group
from lvcine.read.dicom.decoder import Decoder
from lvcine.read.dicom.header import Header
from lvcine.read.dicom.stack import Loaded
from lvcine.study import Cine, Finding, LeftAside


@dataclass(frozen=True, eq=False)
class Item:
    """One cine that can be read.

    Attributes
    ----------
    cine : Cine
        All but the pixels, which are zeros for DICOM.
    load : callable
        Decodes it.
    files : int
    header : Header or None
        Of one of its files; None if not DICOM.
    exam : str
        Study UID.
    series : tuple of str
        Series numbers.
    timing : str
        What the order in time is from.
    velocities : bool
        Three velocity channels lie beside the pictures.
    real_time : bool
        The header's times say that the frames were taken one after the other, over more than a beat.
    probe : callable or None
        Decodes a picture of every series, to find out whether they can be.
    """

    cine: Cine
    load: Callable[[Decoder], Loaded]
    files: int
    header: Header | None = None
    exam: str = ""
    series: tuple[str, ...] = ()
    timing: str = ""
    velocities: bool = False
    real_time: bool = False
    probe: Callable[[Decoder], None] | None = None

    def group(self) -> Group:
        """For the catalogue."""
        cine, grid = self.cine, self.cine.geometry
        step = grid.slice_step_mm
        steps_ms = None if cine.times_ms is None or cine.frames < 2 else np.diff(cine.times_ms, axis=1)
        return Group(
            label=cine.label,
            modality=cine.modality,
            view=cine.view,
            slices=cine.slices,
            frames=cine.frames,
            rows=int(cine.pixels.shape[2]),
            columns=int(cine.pixels.shape[3]),
            spacing_mm=grid.pixel_spacing_mm if grid.calibrated else None,
            slice_step_mm=step if np.isfinite(step) and cine.slices > 1 else None,
            thickness_mm=grid.thickness_mm,
            frame_ms=None if steps_ms is None else float(np.median(steps_ms)),
            cycle_ms=None if cine.cycle_ms is None else float(np.median(cine.cycle_ms)),
            heart_rate_bpm=cine.heart_rate_bpm,
            timing=self.timing,
            gated=cine.gated,
            phases_only=cine.phases_only,
            files=self.files,
            findings=cine.findings,
            velocities=self.velocities or cine.velocity is not None,
        )


@dataclass
class Inventory:
    """What was found.

    Attributes
    ----------
    items : list of Item
    left_aside : list of LeftAside
    broken : dict of Path -> str
        Files that should have been readable, with the reason.
    findings : list of Finding
        About the files as a whole.
    """

    items: list[Item] = field(default_factory=list)
    left_aside: list[LeftAside] = field(default_factory=list)
    broken: dict[Path, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def leave(self, label: str, reason: str, files: int, file: str = "") -> None:
        """Note files as not analysed, if there are any."""
        if files:
            self.left_aside.append(LeftAside(label, reason, files, file))

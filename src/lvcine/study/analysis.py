"""Everything one run found out about one cine: what the report writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lvcine.study.arrays import Array
from lvcine.study.cine import Cine, Study
from lvcine.study.mask import Segmentation
from lvcine.study.results import Beat, Finding, Measurement
from lvcine.study.wall_velocity import WallVelocity

Papillary = Literal["include", "exclude"]


@dataclass(frozen=True)
class Curve:
    """A quantity over the frames of the cycle.

    Attributes
    ----------
    name, unit : str
        e.g. ``volume_ml``, ``mL``.
    times_ms : ndarray, shape (T,) or None
        After the R wave; None where the file does not say (then frames are the axis).
    values : ndarray, shape (T,)
    """

    name: str
    unit: str
    times_ms: Array | None
    values: Array


@dataclass(frozen=True)
class IndexComparison:
    """One index by contours and by direct regression, mean over the slices and frames that have both.

    Attributes
    ----------
    name, unit : str
        e.g. ``cavity_area``, ``mm2``.
    masks, pixels : float
        Measured on the contours; by direct regression from the pixels.
    low, high : float or None
        95 % limits of agreement of ``pixels - masks``, measured on virtual hearts; None where not known.
    """

    name: str
    unit: str
    masks: float
    pixels: float
    low: float | None = None
    high: float | None = None

    @property
    def exceeds_limits(self) -> bool:
        """The two differ by more than the limits."""
        if self.low is None or self.high is None:
            return False
        return not self.low <= self.pixels - self.masks <= self.high


@dataclass(frozen=True)
class Analysis:
    """The result of ``lvcine.analyze`` for one cine.

    Attributes
    ----------
    study, cine, segmentation
        What was read, the cine that was measured, the LV in it.
    ed_frame, es_frame : int
        From 0, on the cine's own frame axis.
    papillary : {"include", "exclude"}
        include: papillary muscles belong to the cavity (SCMR option, Sunnybrook, ACDC);
        exclude: to the myocardium.
    measurements, curves, findings
    nets : tuple of dict
        ``name``, ``file``, ``sha256``, ``engine`` of every net that had a part in a number; first that of the
        contours.
    seconds : dict
        Wall time per stage.
    beats : tuple of Beat
        Of a free-running clip; empty for gated cines, which show one mean beat.
    comparisons : tuple of IndexComparison
        Contours beside direct regression, of short-axis cines.
    velocity : WallVelocity or None
        Of a velocity-mapping scan.
    """

    study: Study
    cine: Cine
    segmentation: Segmentation
    ed_frame: int
    es_frame: int
    papillary: Papillary
    measurements: tuple[Measurement, ...]
    curves: tuple[Curve, ...]
    findings: tuple[Finding, ...]
    nets: tuple[dict[str, str], ...]
    seconds: dict[str, float]
    beats: tuple[Beat, ...] = ()
    comparisons: tuple[IndexComparison, ...] = ()
    velocity: WallVelocity | None = None

    @property
    def net(self) -> dict[str, str]:
        """The net of the contours."""
        return self.nets[0]

    def headline(self) -> dict[str, float]:
        """Flat name -> value of the numbers of the whole study (no slice, frame, segment)."""
        return {
            m.name: m.value
            for m in self.measurements
            if m.slice is None and m.frame is None and m.segment is None
        }

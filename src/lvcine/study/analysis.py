"""Everything one run found out about one cine: what the report writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lvcine.study.arrays import Array
from lvcine.study.cine import Cine, Study
from lvcine.study.mask import Contour, Segmentation
from lvcine.study.results import Beat, Finding, Measurement, PhaseEstimate, Quantity
from lvcine.study.wall_velocity import WallVelocity

Papillary = Literal["include", "exclude"]


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        return f"<Curve {self.name}: {len(self.values)} frames, {self.unit}>"


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
class MaskOrigin:
    """Whose masks the numbers were measured on, where they are not a net's.

    Attributes
    ----------
    by : str
        As the user names it: a reader, a program. Written into the results.
    labels : str
        Which number was which structure: ``cavity=3,myocardium=2``.
    sha256 : str
        Of the masks; empty where contours were changed in memory.
    files : int
    changed : tuple of (slice, frame)
        Where they differ from the masks of the analysis that they were made from; empty where there was none.
    """

    by: str
    labels: str = ""
    sha256: str = ""
    files: int = 0
    changed: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, eq=False)
class SecondPlane:
    """What a second apical plane adds to volumes by discs.

    Attributes
    ----------
    discs : dict
        ``ed`` and ``es`` -> (diameters from base to apex, length of the long axis), mm.
    ef_percent : float
        Of this plane alone.
    method : str
    cine : Cine or None
        The plane's clip, its pixels blank, and behind it what the discs were measured on: endocardium and
        hinge points of the mitral valve of every frame. None in results of an earlier version.
    endo : tuple of Contour or None, one per frame
    hinges : tuple of ((y, x), (y, x)) or None, one per frame
    """

    discs: dict[str, tuple[Array, float]]
    ef_percent: float
    method: str
    cine: Cine | None = None
    endo: tuple[Contour | None, ...] = ()
    hinges: tuple[tuple[Array, Array] | None, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
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
    masks : MaskOrigin or None
        Where the contours are not a net's, or are no longer.
    hinges : tuple of ((y, x), (y, x)) or None, per frame
        Hinge points of the mitral valve in a clip's pixels.
    atrium : tuple of Contour or None, per frame
        Left atrium in a clip's pixels; empty in views in which it is not measured.
    second_plane : SecondPlane or None
        Where volumes are of two apical clips.
    estimates : tuple of PhaseEstimate
        Of ED and ES of a gated cine beside its volume curve.
    basis : tuple of Finding
        Of the findings, those of outlining and of the nets: they stay when numbers are measured again.
    stated : tuple of str
        Of ``ed`` and ``es``, what the user stated.
    insertion : (y, x, slice or None), or None
        Anterior insertion of the RV, where the user stated it.
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
    masks: MaskOrigin | None = None
    hinges: tuple[tuple[Array, Array] | None, ...] = ()
    atrium: tuple[Contour | None, ...] = ()
    second_plane: SecondPlane | None = None
    estimates: tuple[PhaseEstimate, ...] = ()
    basis: tuple[Finding, ...] = ()
    stated: tuple[str, ...] = ()
    insertion: tuple[float, float, int | None] | None = None

    @property
    def net(self) -> dict[str, str]:
        """The net of the contours; empty where no net drew them."""
        return self.nets[0] if self.nets and (self.masks is None or self.masks.changed) else {}

    def headline(self) -> dict[str, Quantity | int]:
        """Flat name -> number of the whole study (no slice, frame, segment), with unit and interval.

        Frames and counts are whole numbers.
        """
        return {
            m.name: m.value if isinstance(m.value, int) else Quantity(m.value, m.unit, m.low, m.high)
            for m in self.measurements
            if m.slice is None and m.frame is None and m.segment is None
        }

    def __repr__(self) -> str:
        found = self.headline()
        names = {"edv_ml": "EDV", "esv_ml": "ESV", "ef_percent": "EF", "lv_mass_g": "mass"}
        numbers = [f"{words} {found[name]}" for name, words in names.items() if name in found]
        grave = sum(f.severity != "info" for f in self.findings)
        doubts = f"{grave} warning{'s' * (grave != 1)}" if grave else "no warning"
        frames = f"ED frame {self.ed_frame}, ES frame {self.es_frame}"
        return f"<{type(self).__name__} of {self.cine.label}: {', '.join([*numbers, frames, doubts])}>"

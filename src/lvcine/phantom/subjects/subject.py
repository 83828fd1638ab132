"""One virtual subject: what is asked for, who it is, and every exact number of its heart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from lvcine.errors import UsageError
from lvcine.phantom.anatomy import Anatomy, draw_anatomy
from lvcine.phantom.heart import Heart
from lvcine.phantom.indices import segment_thickness
from lvcine.phantom.population import KINDS, Person, draw_heart
from lvcine.phantom.population import draw_subject as draw_owner
from lvcine.phantom.seeds import SIDES, phantom_seed
from lvcine.phantom.segments import scar_segments
from lvcine.phantom.strain import strain
from lvcine.phantom.truth import find_timing, function
from lvcine.study import Subject

Format = Literal["dicom", "nifti", "avi", "mp4", "lvquan18", "lvquan19"]
Maker = Literal["ge", "siemens", "philips", "enhanced"]

LONG_AXIS = ("2CH", "3CH", "4CH")
APICAL = ("A4C", "A2C", "A3C")
VELOCITY = "velocity"
VIEWS = ("SAX", *LONG_AXIS, *APICAL, VELOCITY)
"""What a virtual subject can be scanned for: cine MR, apical ultrasound, velocity mapping."""

FILMS = ("avi", "mp4")
LVQUAN = ("lvquan18", "lvquan19")


@dataclass(frozen=True)
class PhantomOptions:
    """How virtual subjects are drawn and written; every default lives here and nowhere else.

    Attributes
    ----------
    views : tuple of str
        Of :data:`VIEWS`.
    format : {"dicom", "nifti", "avi", "mp4", "lvquan18", "lvquan19"}
        Films have one file per slice and know no millimetres. The LVQuan files hold one short-axis
        slice of 20 frames with its indices.
    vendor : {"ge", "siemens", "philips", "enhanced"}
        Whose DICOM, of MR.
    kind : str or None
        Of :data:`lvcine.phantom.population.KINDS`; any, in the population's shares, by default.
    frames : int or None
        Per cine; by default 25 of cine MR, 60 of ultrasound, 50 of velocity mapping.
    size : int or None
        Rows and columns; by default 176 of cine MR, 256 of ultrasound, 128 of velocity mapping.
    spacing_mm : float
        Of the pixels of MR; in ultrasound the depth decides.
    side : str
        Of :data:`lvcine.phantom.seeds.SIDES`. The others than "user" hold the hearts that the
        shipped nets learned from, were chosen by or are reported on.

    Raises
    ------
    UsageError
        A value that is none of these, or a view that the format cannot hold.

    Examples
    --------
    >>> PhantomOptions(views=("SAX", "4CH")).format
    'dicom'
    """

    views: tuple[str, ...] = ("SAX",)
    format: Format = "dicom"
    vendor: Maker = "ge"
    kind: str | None = None
    frames: int | None = None
    size: int | None = None
    spacing_mm: float = 1.4
    side: str = "user"

    def __post_init__(self) -> None:
        for view in self.views or ("",):
            _one_of("view", view, VIEWS)
        if len(set(self.views)) < len(self.views):
            raise UsageError("a view is asked for twice", advice="name each once")
        _one_of("format", self.format, get_args(Format))
        _one_of("vendor", self.vendor, get_args(Maker))
        _one_of("kind", self.kind or "normal", KINDS)
        _one_of("side", self.side, SIDES)
        for name, least, most in (("frames", 2, 1000), ("size", 32, 1024), ("spacing_mm", 0.3, 10.0)):
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise UsageError(f"{name} of {value:g}", advice=f"give {least} to {most}")
        self._check_format()

    def _check_format(self) -> None:
        if self.format in FILMS and VELOCITY in self.views:
            raise UsageError(f"velocity in {self.format}", advice="write it as dicom or nifti")
        if self.format not in LVQUAN:
            return
        if self.views != ("SAX",):
            raise UsageError(f"{', '.join(self.views)} in {self.format}", advice="it holds SAX alone")
        if self.frames not in (None, 20) or (self.format == "lvquan18" and self.size not in (None, 80)):
            raise UsageError(
                f"another number of frames or pixels in {self.format}",
                advice="leave out --frames and --size: 20 frames; lvquan18 is 80 pixels wide",
            )


def _one_of(what: str, value: str, known: Any) -> None:
    if value not in known:
        raise UsageError(f"no {what} is called {value!r}", advice=f"choose of {', '.join(known)}")


@dataclass(frozen=True)
class VirtualSubject:
    """A heart with its neighbours and its owner, before anyone scans it.

    Attributes
    ----------
    number : int
        Of its side, 0 to 999,999.
    seed : int
    kind : str
    anatomy : Anatomy
        Without a trabecular layer, so that there is one endocardium.
    person : Person
    """

    number: int
    seed: int
    kind: str
    anatomy: Anatomy
    person: Person

    @property
    def name(self) -> str:
        return subject_name(self.number)

    @property
    def heart(self) -> Heart:
        return self.anatomy.heart

    @property
    def cycle_ms(self) -> float:
        return 60000.0 / self.person.rate_bpm

    @property
    def body(self) -> Subject:
        """What a header says about the owner."""
        height = None if np.isnan(self.person.height_cm) else round(self.person.height_cm / 100.0, 2)
        return Subject(height_m=height, weight_kg=round(self.person.weight_kg, 1), sex=self.person.sex)


def subject_name(number: int) -> str:
    """Name and folder of subject ``number``."""
    return f"subject-{number:06d}"


def draw_subject(number: int, options: PhantomOptions) -> VirtualSubject:
    """Subject ``number`` of a side; the same for every view, format and size.

    Raises
    ------
    UsageError
        A number that no side has.

    Examples
    --------
    >>> subject = draw_subject(7, PhantomOptions(kind="dilated"))
    >>> subject.name, subject.seed, subject.kind
    ('subject-000007', 5000007, 'dilated')
    """
    if not 0 <= number < 1_000_000:
        raise UsageError(f"virtual subject {number}", advice="give 0 to 999,999")
    seed = phantom_seed(options.side, number)
    owner = draw_owner(np.random.default_rng(seed), options.kind)
    # As every scanner draws them from the seed: the heart, then its neighbours.
    rng = np.random.default_rng(seed)
    anatomy = draw_anatomy(draw_heart(rng, options.kind), rng)
    return VirtualSubject(number, seed, owner.kind, replace(anatomy, trabeculae_mm=0.0), owner.person)


def subject_truth(subject: VirtualSubject) -> dict[str, Any]:
    """What is exactly known of a heart over its whole beat, in continuous time.

    Returns
    -------
    dict
        Plain numbers, lists and text under keys that end in their unit; ``docs/develop/phantom.md`` has
        the table.

    Examples
    --------
    >>> truth = subject_truth(draw_subject(7, PhantomOptions(kind="dilated")))
    >>> truth["kind"], bool(truth["edv_ml"] > 150), len(truth["wall_ed_mm"])
    ('dilated', True, 17)
    """
    heart, anatomy = subject.heart, subject.anatomy
    whole, timing = function(heart), find_timing(heart)
    ed, es = (heart.beat.at(phase) for phase in (timing.ed, timing.es))
    wall = segment_thickness(anatomy, ed, es)
    septum = float(anatomy.rv_direction[0]), float(anatomy.rv_direction[1])
    moved = strain(heart, [timing.es], septum=septum)
    return {
        "subject": subject.name,
        "seed": subject.seed,
        "kind": subject.kind,
        "sex": subject.person.sex,
        "height_cm": short(subject.person.height_cm),
        "weight_kg": short(subject.person.weight_kg),
        "heart_rate_bpm": short(subject.person.rate_bpm),
        "cycle_ms": short(subject.cycle_ms),
        "papillary": "cavity",
        "edv_ml": short(whole.edv_ml),
        "esv_ml": short(whole.esv_ml),
        "sv_ml": short(whole.stroke_volume_ml),
        "ef_percent": short(100.0 * whole.ejection_fraction),
        "lv_mass_g": short(whole.mass_g),
        "ed_ms": short(timing.ed * subject.cycle_ms),
        "es_ms": short(timing.es * subject.cycle_ms),
        "length_ed_mm": short(heart.length_mm - heart.base_mm(ed)),
        "length_es_mm": short(heart.length_mm - heart.base_mm(es)),
        "wall_ed_mm": shorts(wall.ed_mm),
        "wall_es_mm": shorts(wall.es_mm),
        "max_wall_ed_mm": short(wall.max_ed_mm),
        "longitudinal_strain_es_percent": short(moved.longitudinal[0]),
        "circumferential_strain_es_percent": short(moved.circumferential[0]),
        "radial_strain_es_percent": short(moved.radial[0]),
        "twist_es_deg": short(moved.twist_deg[0]),
        "scars": [
            {"segments": list(numbers), "akinesia": short(scar.akinesia), "thinning": short(scar.thinning)}
            for scar, numbers in zip(heart.scars, scar_segments(heart, septum), strict=True)
            if numbers
        ],
    }


def short(value: Any) -> float | None:
    """A number to three decimals; None where there is none.

    Examples
    --------
    >>> short(np.float32(1 / 3)), short(float("nan"))
    (0.333, None)
    """
    return round(float(value), 3) if np.isfinite(value) else None


def shorts(values: Any) -> list[Any]:
    """Numbers of any shape as nested lists of three decimals."""
    array = np.asarray(values, np.float64)
    return [short(v) if array.ndim == 1 else shorts(v) for v in array]

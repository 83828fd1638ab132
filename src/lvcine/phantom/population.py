"""Hearts drawn from a seed: normal, dilated, thick-walled, infarcted, human and pig.

What is drawn are the numbers that a reader reports (EDV, EF, wall thickness, length); the
shape is then solved for them. Healthy adults: volumes and EF Petersen 2017
(doi:10.1186/s12968-017-0327-9: EDV 80-232 mL over both sexes, EF 58 +/- 5 % in men and 61 +/- 5 % in
women), wall Kawel 2012 (doi:10.1161/CIRCIMAGING.112.973560: mean 5.3 +/- 0.9 mm in women and 6.3 +/-
1.1 mm in men), twist Young 2012 (doi:10.1186/1532-429X-14-49: the apex turns about 10 degrees
anticlockwise as seen from the apex, the base about 3 clockwise). Hypertrophic walls reach 30 mm and
more (Spirito 2000, doi:10.1056/NEJM200006153422403). The diseased kinds and ``wide`` go beyond, to EDV
50-350 mL and EF 10-80 %, so that a net meets the extremes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lvcine.phantom.beat import Beat
from lvcine.phantom.heart import Heart, Patch, Scar
from lvcine.phantom.truth import QUICK, cavity_moments

Random = np.random.Generator
Range = tuple[float, float]

SEPTUM, LATERAL = np.pi, 0.0
"""Directions around the axis: cos = -1 is the middle of the septum."""


@dataclass(frozen=True)
class Kind:
    """Ranges of one kind of heart: EDV in mL, EF, wall in mm, length over the cube root of EDV, rate.

    Attributes
    ----------
    scars, asymmetry : most scars, and the chance of a wall that is thicker somewhere
    thickening : share by which it is thicker there
    apical : the thicker part is the apex
    apical_gain : how much more the apex contracts than the base
    closing : share of a level's cross-section that contraction may take at most: the last levels of a
        cavity close at ES where it is near 1
    """

    edv_ml: Range
    ejection_fraction: Range
    wall_mm: Range
    slender: Range = (16.0, 19.0)
    rate_bpm: Range = (50.0, 90.0)
    scars: int = 0
    asymmetry: float = 0.15
    thickening: Range = (0.0, 0.9)
    apical: bool = False
    apical_gain: Range = (-0.1, 0.35)
    closing: float = 0.93


KINDS = {
    "normal": Kind((80, 232), (0.48, 0.72), (4.0, 9.0)),
    "dilated": Kind((180, 350), (0.10, 0.45), (5.0, 10.0), slender=(13.5, 16.5), rate_bpm=(60, 110)),
    "hypertrophic": Kind((60, 190), (0.50, 0.80), (10.0, 20.0), asymmetry=1.0),
    "infarcted": Kind((100, 300), (0.18, 0.58), (5.5, 11.0), slender=(14.5, 18.0), scars=2),
    "pig": Kind((55, 150), (0.30, 0.65), (5.5, 10.0), slender=(14.5, 17.5), rate_bpm=(70, 120), scars=1),
    "wide": Kind((50, 350), (0.10, 0.80), (4.0, 18.0), (12.5, 20.0), (40, 120), scars=1, asymmetry=0.5),
    "thin": Kind((70, 320), (0.20, 0.75), (3.0, 5.0), (14.0, 19.0)),
    "child": Kind((20, 90), (0.45, 0.75), (3.0, 6.0), rate_bpm=(70, 130)),
    # Strong hearts whose cavity closes at ES, from the apex on: EF to 85 %, walls to 30 mm and more.
    "hyperdynamic": Kind((50, 170), (0.66, 0.85), (5.0, 11.0), apical_gain=(0.0, 0.6), closing=0.985),
    "obliterating": Kind(
        (55, 180), (0.62, 0.85), (10.0, 22.0), asymmetry=1.0, apical_gain=(0.1, 0.8), closing=0.985
    ),
    "apical-hypertrophic": Kind(
        (60, 180),
        (0.60, 0.82),
        (7.0, 13.0),
        asymmetry=1.0,
        thickening=(0.5, 1.6),
        apical=True,
        apical_gain=(0.1, 0.6),
        closing=0.985,
    ),
}
_SHARES = {
    "normal": 0.24, "dilated": 0.18, "hypertrophic": 0.18, "infarcted": 0.18, "pig": 0.04, "wide": 0.18,
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Whose heart it is.

    Attributes
    ----------
    sex : "M" or "F"
    height_cm, weight_kg : float
        Height is NaN in a pig.
    rate_bpm : float
        Heart rate, the one that the heart's beat was drawn for.
    """

    sex: str
    height_cm: float
    weight_kg: float
    rate_bpm: float

    @property
    def bsa_m2(self) -> float:
        """Body surface, sqrt(cm kg / 3600) (Mosteller, doi:10.1056/NEJM198710223171717); NaN in a pig."""
        return float(np.sqrt(self.height_cm * self.weight_kg / 3600.0))


@dataclass(frozen=True)
class Subject:
    """A heart of the population, its kind (a key of :data:`KINDS`) and its owner."""

    kind: str
    heart: Heart
    person: Person


def draw_heart(rng: Random, kind: str | None = None) -> Heart:
    """One heart of the population, of a kind of :data:`KINDS` or of any.

    Examples
    --------
    >>> heart = draw_heart(np.random.default_rng(1), "dilated")
    >>> heart == draw_heart(np.random.default_rng(1), "dilated")
    True
    """
    return _draw(rng, kind)[2]


def draw_subject(rng: Random, kind: str | None = None) -> Subject:
    """The heart that :func:`draw_heart` draws from the same generator, and its owner.

    Examples
    --------
    >>> subject = draw_subject(np.random.default_rng(1), "dilated")
    >>> subject.heart == draw_heart(np.random.default_rng(1), "dilated")
    True
    >>> 1.2 < subject.person.bsa_m2 < 3.0
    True
    """
    kind, rate, heart, edv = _draw(rng, kind)
    return Subject(kind, heart, _person(rng, kind, rate, edv))


def _person(rng: Random, kind: str, rate_bpm: float, edv_ml: float) -> Person:
    """Adults of usual build (ours, drawn wide); the larger the heart, the more often a man."""
    male = bool(rng.random() < 1.0 / (1.0 + np.exp(-(edv_ml - 145.0) / 25.0)))
    sex = "M" if male else "F"
    if kind == "pig":
        return Person(sex, float("nan"), float(rng.uniform(25.0, 90.0)), rate_bpm)
    height = float(np.clip(rng.normal(176.0 if male else 163.0, 7.0), 145.0, 205.0))
    mass_index = float(np.clip(rng.normal(26.0, 4.0), 17.5, 42.0))
    return Person(sex, height, mass_index * (height / 100.0) ** 2, rate_bpm)


def _draw(rng: Random, kind: str | None) -> tuple[str, float, Heart, float]:
    """Kind, heart rate, heart and EDV."""
    if kind is None:
        kind = str(rng.choice(list(_SHARES), p=list(_SHARES.values())))
    k = KINDS[kind]
    edv, ef, wall = (float(rng.uniform(*r)) for r in (k.edv_ml, k.ejection_fraction, k.wall_mm))
    length = float(rng.uniform(*k.slender)) * edv ** (1 / 3)
    shape = Heart(
        length_mm=length,
        radius_mm=1.0,
        wall_mm=wall,
        ejection_fraction=ef,
        shortening=float(np.clip(ef * rng.uniform(0.18, 0.37), 0.02, 0.24)),
        taper=float(rng.uniform(1.7, 3.4)),
        waist=float(rng.uniform(0.0, 0.25)),
        bulge=_harmonics(rng, 0.05),
        wall_bulge=_harmonics(rng, 0.10),
        apex_wall_mm=float(rng.uniform(2.5, 0.7 * wall + 2.0)),
        apical_gain=float(rng.uniform(*k.apical_gain)),
        tilt_mm=_tilt(rng),
        saddle_mm=float(rng.uniform(-2.0, 2.0)),
        # Base and apex turn against each other: the apex anticlockwise as seen from it, from y to x.
        twist_base=float(np.radians(rng.uniform(1, 5)) * min(ef / 0.55, 1.2)),
        twist_apex=float(-np.radians(rng.uniform(4, 14)) * min(ef / 0.55, 1.2)),
        bend_mm=(float(rng.normal(0, 2.0)), float(rng.normal(0, 2.0))),
        swing_mm=(float(rng.normal(-0.5, 1.0)), float(rng.normal(0, 1.0))),
        scars=_scars(rng, k.scars),
        thick=_apical_patch(rng) if k.apical else _thick_patch(rng),
        thickening=float(rng.uniform(*k.thickening)) if rng.random() < k.asymmetry else 0.0,
        slow=_patch(rng, (0.8, 1.6), (0.3, 0.8)),
        slowness=float(rng.choice([0.0, rng.uniform(0.2, 1.0)], p=[0.6, 0.4])),
        beat=draw_beat(rng, rate := float(rng.uniform(*k.rate_bpm))),
    )
    return kind, rate, solved(shape, edv, ef, k.closing), edv


def solved(shape: Heart, edv_ml: float, ejection_fraction: float, closing: float = 0.93) -> Heart:
    """The shape scaled to an EDV, its wall made to contract to an EF (as far as a scar lets it).

    No level loses more than the share ``closing`` of its cross-section.
    """
    m = cavity_moments(shape, nodes=QUICK)
    radius = float(np.sqrt(edv_ml * 1000.0 / (shape.length_mm * m.whole)))
    es = shape.beat.at(np.asarray(shape.beat.systole))
    moved = float(es.squeeze) * m.moved + (float(es.late) - float(es.squeeze)) * m.late
    kept = (1.0 - ejection_fraction) / (1.0 - float(shape.shortening) * float(es.squeeze))
    strongest = 1.0 + 0.5 * abs(float(shape.apical_gain))
    narrowing = float(np.clip((1.0 - kept) * m.whole / moved, -0.2, closing / strongest))
    healthy = 1.0 - (1.0 - narrowing) * (1.0 - float(shape.shortening))
    return replace(shape, radius_mm=radius, ejection_fraction=healthy)


def draw_beat(rng: Random, rate_bpm: float = 65.0) -> Beat:
    """Time course of one beat; systole lasts about 0.33 s, so its share grows with the rate."""
    systole = float(np.clip(rng.normal(0.33, 0.03) * (rate_bpm / 60.0) ** 0.75, 0.24, 0.50))
    rapid = float(rng.uniform(0.12, 0.24))
    kick = float(rng.uniform(min(max(0.74, systole + rapid + 0.02), 0.88), 0.92))
    return Beat(
        systole=systole,
        rapid=rapid,
        early=float(rng.uniform(0.45, 0.9)),
        kick=kick,
        lag=float(rng.uniform(0.03, 0.10)),
        untwist=float(rng.uniform(0.10, 0.22)),
    )


def _harmonics(rng: Random, size: float) -> tuple[float, ...]:
    pairs = [rng.normal(0.0, size / k, 2) / np.sqrt(2.0) for k in (1, 2, 3, 4)]
    return tuple(float(v) for pair in pairs for v in np.clip(pair, -2.2 * size, 2.2 * size))


def _tilt(rng: Random) -> tuple[float, float]:
    """The basal plane stands higher on the aortic side (antero-septal)."""
    angle, size = rng.normal(2.4, 0.5), rng.uniform(0.0, 10.0)
    return float(size * np.cos(angle)), float(size * np.sin(angle))


def _patch(rng: Random, width: Range, length: Range) -> Patch:
    angle = rng.uniform(-np.pi, np.pi)
    return Patch(
        cos=float(np.cos(angle)),
        sin=float(np.sin(angle)),
        half_width=float(rng.uniform(*width)),
        u=float(rng.uniform(0.1, 1.0)),
        half_length=float(rng.uniform(*length)),
    )


def _thick_patch(rng: Random) -> Patch:
    """Mostly the septum, sometimes anywhere or the apex."""
    patch = _patch(rng, (0.6, 1.1), (0.25, 0.7))
    if rng.random() < 0.7:
        angle = rng.normal(SEPTUM, 0.5)
        patch = replace(
            patch, cos=float(np.cos(angle)), sin=float(np.sin(angle)), u=float(rng.uniform(0, 0.7))
        )
    return patch


def _apical_patch(rng: Random) -> Patch:
    """The apex, nearly all around."""
    patch = _patch(rng, (1.3, 1.9), (0.25, 0.45))
    return replace(patch, u=float(rng.uniform(0.75, 1.0)))


def _scars(rng: Random, most: int) -> tuple[Scar, Scar]:
    """Two patches, some of them without a scar: one to six segments of the AHA's 17 together."""
    count = int(rng.integers(1, most + 1)) if most else int(rng.random() < 0.04)
    if most == 1 and rng.random() < 0.6:
        count = 0
    drawn = [
        Scar(
            patch=_patch(rng, (0.35, 0.85), (0.12, 0.36)),
            akinesia=float(rng.uniform(0.4, 1.15)),
            thinning=float(rng.uniform(0.0, 0.6)),
            brightness=float(np.exp(rng.normal(0, 0.25))),
        )
        for _ in range(2)
    ]
    none = Scar()
    return (drawn[0] if count > 0 else none, drawn[1] if count > 1 else none)

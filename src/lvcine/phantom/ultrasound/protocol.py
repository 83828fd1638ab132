"""How a virtual scanner looks at the heart, and how bright it finds each tissue.

Ranges are wider than life on purpose: a net trained on them shall find real pictures ordinary.
Resolution: a pulse of one to three cycles of 1.7-4 MHz, a beam of wavelength over aperture
(15-22 mm), i.e. 1-3 degrees (Szabo, Diagnostic Ultrasound Imaging, 2nd ed. 2014, chapters 6 and 10).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lvcine.phantom.anatomy import draw_waves
from lvcine.phantom.population import Random

Range = tuple[float, float]

USUAL = 0.65
"""Share of settings near those of real clips (docs/evidence/realism-ultrasound.md); the others are wider."""


@dataclass(frozen=True)
class Shadow:
    """A sector behind a rib or lung that gets less sound.

    Attributes
    ----------
    angle : middle in rad from the picture's axis
    half_width : rad
    start_mm : range from which it is dark
    loss_db : how dark
    """

    angle: float
    half_width: float
    start_mm: float
    loss_db: float


@dataclass(frozen=True)
class Echogenicity:
    """Brightness of tissues in dB over typical myocardium.

    Attributes
    ----------
    tissue_db : by name as in :data:`lvcine.phantom.anatomy.TISSUES`
    blood_db : of all blood
    valve_db : of the leaflets
    around_db, decay_mm : of what borders on the heart, and the depth in which it fades to ``lung_db``
    lung_db : far from the heart
    patchy_db, patches : spread of brightness from place to place, and its waves (rad/mm)
    scar_power : exponent of a scar's brightness
    across_db : of septum, free wall and apex: dB at even steps from the inner rim of the trabecular layer to
        the epicardium; empty for walls that are as bright inside as outside
    """

    tissue_db: dict[str, float]
    blood_db: float = -28.0
    valve_db: float = 6.0
    around_db: float = 10.0
    decay_mm: float = 8.0
    lung_db: float = -18.0
    patchy_db: float = 3.0
    patches: tuple[float, ...] = ()
    scar_power: float = 3.0
    across_db: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class UltrasoundProtocol:
    """One setting of the scanner.

    Attributes
    ----------
    depth_mm, angle : the sector: range of its arc from the probe's face, and its whole opening in rad
    probe_mm : from where the beams would meet to the probe's face
    frame_rate_hz, size : frames per second; rows and columns
    fill : share of the picture that the sector fills
    shift : (row, column) share of the free space that lies before the sector
    frequency_mhz : of the received pulse
    pulse_mm : standard deviation of the pulse along the beam
    beam, near_beam_mm : standard deviation across the beam in rad, and its least width in mm
    lobe_db, lobe : level and standard deviation in rad of the side lobes
    slice_mm, focus_mm, slice_spread : thickness of the beam across the picture at its focus
        (standard deviation), where that lies, and by how much per mm it grows from there
    anisotropy, anisotropy_power : share of a wall's echo that depends on the angle of the beam to the wall
    edge_db : echo of interfaces that the beam hits square
    loss_db_cm : attenuation that the time-gain curve does not make up for
    gain_waves, gain_db : waves (rad/mm along the range) and spread of the time-gain curve
    side_db : loss at the sector's edges
    shadows : tuple of Shadow
    haze_db, haze_mm : clutter in front of the probe and how deep it reaches
    bands : (range, width in mm, dB) of each reverberation
    noise_db, noise_rise_db : of the receiver, at the face, and how much more at the arc
    middle, range_db : grey (0..1) of typical myocardium, and the decibels from black to white
    curve : exponent of the grey map
    smooth_mm, smooth_beams : speckle smoothing after compression, standard deviations
    persistence : share of the frame before that is kept
    blood_memory : correlation of blood from frame to frame
    drift_mm, drift_s : (down, across, off) by which the probe moves over the chest, and its period
    echo : Echogenicity
    """

    depth_mm: float = 150.0
    angle: float = 1.3
    probe_mm: float = 6.0
    frame_rate_hz: float = 50.0
    size: int = 256
    fill: float = 0.97
    shift: tuple[float, float] = (0.5, 0.5)
    frequency_mhz: float = 2.8
    pulse_mm: float = 0.5
    beam: float = 0.013
    near_beam_mm: float = 0.9
    lobe_db: float = -34.0
    lobe: float = 0.12
    slice_mm: float = 2.0
    focus_mm: float = 80.0
    slice_spread: float = 0.02
    anisotropy: float = 0.6
    anisotropy_power: float = 1.0
    edge_db: float = 6.0
    loss_db_cm: float = 0.2
    gain_waves: tuple[float, ...] = ()
    gain_db: float = 2.0
    side_db: float = 8.0
    shadows: tuple[Shadow, ...] = ()
    haze_db: float = -8.0
    haze_mm: float = 15.0
    bands: tuple[tuple[float, float, float], ...] = ()
    noise_db: float = -55.0
    noise_rise_db: float = 15.0
    middle: float = 0.5
    range_db: float = 60.0
    curve: float = 1.0
    smooth_mm: float = 0.3
    smooth_beams: float = 0.6
    persistence: float = 0.1
    blood_memory: float = 0.4
    drift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    drift_s: float = 4.0
    echo: Echogenicity = field(default_factory=lambda: Echogenicity(tissue_db={}))


def draw_protocol(rng: Random, size: int = 256) -> UltrasoundProtocol:
    """A setting from a seed.

    Examples
    --------
    >>> draw_protocol(np.random.default_rng(1)) == draw_protocol(np.random.default_rng(1))
    True
    """
    usual = bool(rng.random() < USUAL)

    def within(often: Range, ever: Range) -> float:
        return float(rng.uniform(*(often if usual else ever)))

    angle = float(np.radians(within((68, 88), (60, 95))))
    frequency = within((1.8, 3.4), (1.7, 4.0))
    return UltrasoundProtocol(
        depth_mm=150.0,  # the window sets it to the heart
        angle=angle,
        probe_mm=float(rng.choice([rng.uniform(0, 4), rng.uniform(4, 13)])),
        frame_rate_hz=float(rng.uniform(20, 90)),
        size=size,
        fill=float(rng.choice([1.0, rng.uniform(0.8, 1.0)])),
        shift=(float(rng.uniform(0, 1)), float(rng.uniform(0.2, 0.8))),
        frequency_mhz=frequency,
        pulse_mm=within((0.4, 0.8), (0.35, 1.2)) / frequency**0.7,
        beam=float(np.radians(within((0.4, 0.75), (0.45, 1.25)))),
        near_beam_mm=within((0.5, 0.9), (0.5, 1.3)),
        lobe_db=within((-48, -34), (-48, -29)),
        lobe=float(np.radians(within((4, 9), (4, 14)))),
        slice_mm=float(rng.uniform(1.2, 3.2)),
        focus_mm=float(rng.uniform(50, 110)),
        slice_spread=float(rng.uniform(0.005, 0.035)),
        anisotropy=within((0.1, 0.6), (0.1, 0.95)),
        anisotropy_power=float(rng.uniform(0.6, 2.0)),
        edge_db=within((0, 8), (0, 12)),
        loss_db_cm=within((-0.2, 0.4), (-0.35, 0.9)),
        gain_waves=draw_waves(rng, 4, (25.0, 120.0)),
        gain_db=within((0.5, 2.5), (0.5, 3.5)),
        side_db=float(rng.choice([within((0, 6), (0, 6)), within((2, 10), (6, 22))])),
        shadows=tuple(
            _shadow(rng, angle)
            for _ in range(int(rng.choice(4, p=[0.6, 0.3, 0.1, 0.0] if usual else [0.35, 0.35, 0.2, 0.1])))
        ),
        haze_db=within((-20, -2), (-22, 2)),
        haze_mm=within((10, 40), (6, 35)),
        bands=tuple(
            (float(rng.uniform(3, 45)), float(rng.uniform(0.5, 2.5)), float(rng.uniform(-18, 2)))
            for _ in range(int(rng.integers(0, 3 if usual else 5)))
        ),
        noise_db=within((-46, -26), (-62, -34)),
        noise_rise_db=within((2, 12), (3, 20)),
        middle=within((0.38, 0.56), (0.34, 0.68)),
        range_db=within((48, 66), (45, 75)),
        curve=float(np.exp(rng.normal(0.15, 0.2) if usual else rng.normal(0.05, 0.22))),
        smooth_mm=float(rng.choice([0.0, rng.uniform(0.1, 0.8)], p=[0.5, 0.5])),
        smooth_beams=float(rng.choice([0.0, rng.uniform(0.3, 1.6)], p=[0.3, 0.7])),
        persistence=float(rng.choice([0.0, rng.uniform(0.05, 0.55)], p=[0.5, 0.5])),
        blood_memory=float(rng.uniform(0.0, 0.8)),
        drift_mm=(float(rng.normal(0, 0.8)), float(rng.normal(0, 1.2)), float(rng.normal(0, 0.8))),
        drift_s=float(rng.uniform(2.5, 6.0)),
        echo=draw_echogenicity(rng, usual=usual),
    )  # fmt: skip


def draw_echogenicity(rng: Random, *, usual: bool = False) -> Echogenicity:
    """Brightness of tissues from a seed; on a ``usual`` machine all of the sector is grey, blood too."""
    tissue = {
        "myocardium": 0.0,
        "papillary": float(rng.normal(3, 5)),
        "trabeculae": float(rng.normal(0, 4)),
        "rv wall": float(rng.normal(0, 4)),
        "atrial wall": float(rng.normal(4, 5)),
        "aortic wall": float(rng.normal(5, 4)),
        "fat": float(rng.normal(3, 6)),
        "pericardium": float(rng.normal(11, 5)),
    }
    blood_db = float(
        rng.uniform(-30, -12)
        if usual
        else rng.choice([rng.uniform(-45, -26), rng.uniform(-26, -10)], p=[0.6, 0.4])
    )
    return Echogenicity(
        tissue_db=tissue,
        blood_db=blood_db,
        valve_db=float(rng.uniform(0, 14)),
        around_db=float(rng.uniform(-4, 12) if usual else rng.uniform(2, 22)),
        decay_mm=float(np.exp(rng.uniform(np.log(4), np.log(22)))),
        lung_db=float(rng.uniform(-22, -4) if usual else rng.uniform(-46, -14)),
        patchy_db=float(rng.uniform(1.5, 6.5)),
        patches=draw_waves(rng, 10, (14.0, 75.0)),
        scar_power=float(rng.uniform(1.5, 4.5)),
        across_db=_across(rng, blood_db),
    )


_WALLS = ((-5.0, 3.0, 1.0, 0.08), (-10.0, 6.0, -3.0, 0.45), (-7.0, 2.0, -4.0, 0.45))
"""Of septum, free wall and apex: dB inside, outside and of all; share that drops out."""


def _across(rng: Random, blood_db: float) -> tuple[tuple[float, ...], ...]:
    """The inner half of a wall is mid-grey, mostly, and its outer band bright; the septum is brighter than
    the free wall, and the apex lies in the haze before the probe. Free wall and apex often drop out: as dark
    as blood between a faint inner rim and the pericardium, where readers draw the wall as thick as beside it.
    Wider than life, as all is here.
    """
    steps = np.linspace(0.0, 1.0, 5)
    rows = []
    for inner, outer, level, lost in _WALLS:
        inner, outer = inner + rng.normal(0, 4.5), outer + rng.normal(0, 4.0)
        bend = float(np.exp(rng.normal(0.3, 0.6)))
        row = level + rng.normal(0, 3.0) + inner + (outer - inner) * steps**bend + rng.normal(0, 2.5, 5)
        if rng.random() < lost:
            middle = blood_db + rng.normal(2.0, 3.0)
            row = np.array([middle + rng.uniform(1.0, 9.0), *(middle + rng.normal(0, 1.5, 3)), row[-1]])
        rows.append(tuple(float(v) for v in np.clip(row, -30.0, 14.0)))
    return tuple(rows)


def _shadow(rng: Random, angle: float) -> Shadow:
    """Mostly near an edge of the sector; lung begins deeper than a rib."""
    side = rng.choice([-1.0, 1.0])
    return Shadow(
        angle=float(side * (rng.beta(3, 1.2) * 0.5 * angle)),
        half_width=float(np.radians(rng.uniform(3, 14))),
        start_mm=float(rng.choice([0.0, rng.uniform(10, 80)])),
        loss_db=float(rng.uniform(6, 30)),
    )

"""One virtual subject: the same heart under every scanner that is asked for, as files with their truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import UsageError
from lvcine.phantom import virtual_long_axis, virtual_study
from lvcine.phantom.anatomy import Anatomy, draw_anatomy
from lvcine.phantom.heart import Heart
from lvcine.phantom.indices import segment_thickness
from lvcine.phantom.population import KINDS, draw_heart
from lvcine.phantom.segments import scar_segments
from lvcine.phantom.strain import strain
from lvcine.phantom.study import Truth
from lvcine.phantom.truth import find_timing, function
from lvcine.phantom.write import write_dicom_mr, write_enhanced_mr, write_nifti, write_video
from lvcine.study import Cine, View
from lvcine.training.split import PHANTOM_SEEDS, phantom_seed

Format = Literal["dicom", "nifti", "avi", "mp4"]
Maker = Literal["ge", "siemens", "philips", "enhanced"]

LONG_AXIS = ("2CH", "3CH", "4CH")
VIEWS = ("SAX", *LONG_AXIS)
"""What a virtual subject can be scanned for."""

_FIRST_SERIES = {view: 1 + 100 * place for place, view in enumerate(VIEWS)}
_PHASES = np.arange(64) / 64.0  # at which the peaks of strain are looked for
_HUMAN = tuple(kind for kind in KINDS if kind != "pig")
_RATE_AT = (60.0, 0.33)  # beats/min, share of systole: of the mean heart


@dataclass(frozen=True)
class PhantomOptions:
    """How virtual subjects are drawn and written; every default lives here and nowhere else.

    Attributes
    ----------
    views : tuple of str
        Of :data:`VIEWS`.
    format : {"dicom", "nifti", "avi", "mp4"}
        Films have one file per slice and know no millimetres.
    vendor : {"ge", "siemens", "philips", "enhanced"}
        Whose DICOM.
    kind : str or None
        Of :data:`lvcine.phantom.population.KINDS`; by default any but the pig, each as likely as
        another.
    frames : int or None
        Per cine; 25 in MR by default.
    size : int or None
        Rows and columns; 176 in MR by default.
    spacing_mm : float
        Of the pixels.
    side : str
        Of :data:`lvcine.training.split.PHANTOM_SEEDS`. The others than "user" hold the hearts that the
        shipped nets learned from, were chosen by or are reported on.

    Raises
    ------
    UsageError
        A value that is none of these.

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
        _one_of("side", self.side, PHANTOM_SEEDS)
        for name, least in (("frames", 2), ("size", 32), ("spacing_mm", 0.3)):
            value = getattr(self, name)
            if value is not None and not least <= value <= 1024:
                raise UsageError(f"{name} of {value}", advice=f"give {least} to 1024")


def _one_of(what: str, value: str, known: Any) -> None:
    if value not in known:
        raise UsageError(f"no {what} is called {value!r}", advice=f"choose of {', '.join(known)}")


@dataclass(frozen=True)
class VirtualSubject:
    """A heart with its neighbours and its pace, before anyone scans it.

    Attributes
    ----------
    number : int
        Of its side, 0 to 999,999.
    seed : int
    kind : str
    anatomy : Anatomy
        Without a trabecular layer, so that there is one endocardium.
    cycle_ms : float
    """

    number: int
    seed: int
    kind: str
    anatomy: Anatomy
    cycle_ms: float

    @property
    def name(self) -> str:
        return subject_name(self.number)

    @property
    def heart(self) -> Heart:
        return self.anatomy.heart


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
    kind = options.kind or str(np.random.default_rng([seed, 1]).choice(_HUMAN))
    rng = np.random.default_rng(seed)
    heart = draw_heart(rng, kind)
    anatomy = replace(draw_anatomy(heart, rng), trabeculae_mm=0.0)
    return VirtualSubject(number, seed, kind, anatomy, _cycle_ms(heart))


def _cycle_ms(heart: Heart) -> float:
    """The pace whose systole takes this heart's share: the inverse of how beats are drawn."""
    rate, share = _RATE_AT
    return float(60000.0 / np.clip(rate * (float(heart.beat.systole) / share) ** (4.0 / 3.0), 40.0, 130.0))


def subject_truth(subject: VirtualSubject) -> dict[str, Any]:
    """What is exactly known of a heart over its whole beat, in continuous time.

    Returns
    -------
    dict
        Plain numbers, lists and text under keys that end in their unit; ``docs/phantom.md`` has the table.

    Examples
    --------
    >>> truth = subject_truth(draw_subject(7, PhantomOptions(kind="normal")))
    >>> bool(50 <= truth["ef_percent"] <= 75), len(truth["wall_ed_mm"])
    (True, 17)
    """
    heart, anatomy = subject.heart, subject.anatomy
    whole, timing = function(heart), find_timing(heart)
    ed, es = (heart.beat.at(phase) for phase in (timing.ed, timing.es))
    wall = segment_thickness(anatomy, ed, es)
    septum = tuple(float(v) for v in anatomy.rv_direction)
    moved = strain(heart, _PHASES, septum=cast(tuple[float, float], septum))
    return {
        "subject": subject.name,
        "seed": subject.seed,
        "kind": subject.kind,
        "heart_rate_bpm": _short(60000.0 / subject.cycle_ms),
        "cycle_ms": _short(subject.cycle_ms),
        "papillary": "cavity",
        "edv_ml": _short(whole.edv_ml),
        "esv_ml": _short(whole.esv_ml),
        "sv_ml": _short(whole.stroke_volume_ml),
        "ef_percent": _short(100.0 * whole.ejection_fraction),
        "lv_mass_g": _short(whole.mass_g),
        "ed_ms": _short(timing.ed * subject.cycle_ms),
        "es_ms": _short(timing.es * subject.cycle_ms),
        "length_ed_mm": _short(heart.length_mm - heart.base_mm(ed)),
        "length_es_mm": _short(heart.length_mm - heart.base_mm(es)),
        "wall_ed_mm": _shorts(wall.ed_mm),
        "wall_es_mm": _shorts(wall.es_mm),
        "max_wall_ed_mm": _short(wall.max_ed_mm),
        "longitudinal_strain_percent": _short(moved.longitudinal.min()),
        "circumferential_strain_percent": _short(moved.circumferential.min()),
        "radial_strain_percent": _short(moved.radial.max()),
        "twist_deg": _short(moved.twist_deg[np.abs(moved.twist_deg).argmax()]),
        "scars": [
            {"segments": list(segments), "akinesia": _short(scar.akinesia), "thinning": _short(scar.thinning)}
            for scar, segments in zip(heart.scars, scar_segments(heart, septum), strict=True)  # type: ignore[arg-type]
            if segments
        ],
    }


def _short(value: Any) -> float:
    return round(float(value), 3)


def _shorts(values: NDArray[np.floating]) -> list[float]:
    return [_short(v) for v in np.asarray(values).ravel()]


def scan_subject(subject: VirtualSubject, folder: Path, options: PhantomOptions) -> dict[str, Any]:
    """Scan a subject for every view and write the files.

    Parameters
    ----------
    subject : VirtualSubject
    folder : Path
        Gets ``scan/`` with what a scanner would write, and ``truth/`` with a label map per view.
    options : PhantomOptions

    Returns
    -------
    dict
        Per view: its files, times and exact numbers frame by frame.
    """
    (folder / "scan").mkdir(parents=True)
    (folder / "truth").mkdir()
    return {view: _SCANS[view](subject, view, folder, options) for view in options.views}


def _scan_mr(subject: VirtualSubject, view: str, folder: Path, options: PhantomOptions) -> dict[str, Any]:
    protocol: dict[str, Any] = {
        "frames": options.frames or 25,
        "size": options.size or 176,
        "spacing_mm": options.spacing_mm,
        "kind": subject.kind,
        "cycle_ms": subject.cycle_ms,
    }
    if view == "SAX":
        cine, truth = virtual_study(subject.seed, **protocol)
    else:
        cine, truth = virtual_long_axis(subject.seed, View(view), **protocol)
    files = _write_mr(cine, folder / "scan", view, subject.seed, options)
    write_nifti(replace(cine, pixels=truth.labels), folder / "truth" / f"{view}.nii.gz")
    return {"files": files, "labels": f"truth/{view}.nii.gz", **_frame_truth(cine, truth)}


def _frame_truth(cine: Cine, truth: Truth) -> dict[str, Any]:
    times = np.zeros(0) if cine.times_ms is None else cine.times_ms[0]
    return {
        "slices": cine.slices,
        "frames": cine.frames,
        "times_ms": _shorts(times),
        "volumes_ml": _shorts(truth.volumes_ml),
        "edv_ml": _short(truth.edv_ml),
        "esv_ml": _short(truth.esv_ml),
        "ef_percent": _short(truth.ef_percent),
        "ed_frame": truth.ed_frame,
        "es_frame": truth.es_frame,
    }


def _write_mr(cine: Cine, scan: Path, view: str, seed: int, options: PhantomOptions) -> str:
    """Write a cine; returns the file or folder under the subject's."""
    if options.format == "nifti":
        return _under(write_nifti(cine, scan / f"{view}.nii.gz"))
    if options.format in ("avi", "mp4"):
        return _write_films(cine, scan, view, options.format)
    number = _FIRST_SERIES[view]
    if options.vendor == "enhanced":
        return _under(write_enhanced_mr(cine, scan / f"{view}.dcm", seed=seed, series_number=number))
    write_dicom_mr(cine, scan / view, vendor=options.vendor, seed=seed, series_number=number)
    return _under(scan / view)


def _write_films(cine: Cine, scan: Path, view: str, suffix: str) -> str:
    if cine.slices == 1:
        return _under(write_video(cine, scan / f"{view}.{suffix}"))
    (scan / view).mkdir()
    for z in range(cine.slices):
        write_video(cine, scan / view / f"slice-{z + 1:02d}.{suffix}", slice_index=z)
    return _under(scan / view)


def _under(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


_SCANS: dict[str, Callable[[VirtualSubject, str, Path, PhantomOptions], dict[str, Any]]] = {
    view: _scan_mr for view in VIEWS
}

"""A virtual subject under the scanners: files as these would write them, and what is true of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom import virtual_long_axis, virtual_study
from lvcine.phantom.indices import SliceIndices, cine_indices
from lvcine.phantom.rhythm import draw_rhythm
from lvcine.phantom.study import Truth
from lvcine.phantom.subjects.subject import (
    APICAL,
    FILMS,
    LONG_AXIS,
    LVQUAN,
    VELOCITY,
    PhantomOptions,
    VirtualSubject,
    short,
    shorts,
)
from lvcine.phantom.truth import volume_ml
from lvcine.phantom.ultrasound import Clip, draw_protocol, draw_window, scan
from lvcine.phantom.ultrasound.clip import as_cine, beat_volumes
from lvcine.phantom.velocity import COMPONENTS, virtual_velocity
from lvcine.phantom.write import (
    write_dicom_mr,
    write_enhanced_mr,
    write_nifti,
    write_ultrasound,
    write_velocity_nifti,
    write_video,
)
from lvcine.phantom.write.dicom_velocity import write_dicom_velocity
from lvcine.phantom.write.lvquan import FRAMES, SIZE, LVQuanSubject, write_lvquan18, write_lvquan19
from lvcine.phantom.write.velocity_arrays import CHANNELS
from lvcine.study import CAVITY, MYOCARDIUM, Cine, View

_FIRST_SERIES = {"SAX": 1, "2CH": 101, "3CH": 102, "4CH": 103}
_PROBE = 0x5EC704  # begins the probe's own stream of random numbers
_COARSE_MM = 18.0  # between slices of which one is kept: half a stack's work, and one near the middle


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
    return {view: _way(view, options)(subject, view, folder, options) for view in options.views}


_Scan = Callable[[VirtualSubject, str, Path, PhantomOptions], dict[str, Any]]


def _way(view: str, options: PhantomOptions) -> _Scan:
    if options.format in LVQUAN:
        return _scan_lvquan
    return _scan_velocity if view == VELOCITY else _scan_ultrasound if view in APICAL else _scan_mr


# ---- cine MR -----------------------------------------------------------------------------------
def cine_mr(
    subject: VirtualSubject, view: str, options: PhantomOptions, **protocol: Any
) -> tuple[Cine, Truth]:
    """Short-axis stack or long-axis cine of a subject; ``protocol`` goes before the options."""
    asked: dict[str, Any] = {
        "frames": options.frames or 25,
        "size": options.size or 176,
        "spacing_mm": options.spacing_mm,
        "kind": options.kind,
        "cycle_ms": subject.cycle_ms,
        **protocol,
    }
    if view in LONG_AXIS:
        return virtual_long_axis(subject.seed, View(view), **asked)
    return virtual_study(subject.seed, **asked)


def _scan_mr(subject: VirtualSubject, view: str, folder: Path, options: PhantomOptions) -> dict[str, Any]:
    cine, truth = cine_mr(subject, view, options)
    return {
        "files": _write_mr(cine, folder / "scan", view, subject, options),
        "labels": _write_labels(cine, truth.labels, folder, view),
        "slices": cine.slices,
        "frames": cine.frames,
        "times_ms": shorts(_times(cine)),
        "volumes_ml": shorts(truth.volumes_ml),
        "edv_ml": short(truth.edv_ml),
        "esv_ml": short(truth.esv_ml),
        "ef_percent": short(truth.ef_percent),
        "ed_frame": truth.ed_frame,
        "es_frame": truth.es_frame,
    }


def _times(cine: Cine) -> NDArray[np.float64]:
    return np.zeros(0) if cine.times_ms is None else cine.times_ms[0]


def _write_mr(cine: Cine, scan: Path, view: str, subject: VirtualSubject, options: PhantomOptions) -> str:
    """Write a cine; returns the file or folder under the subject's."""
    if options.format == "nifti":
        return _under(write_nifti(cine, scan / f"{view}.nii.gz"))
    if options.format in FILMS:
        return _write_films(cine, scan, view, options.format)
    number, body = _FIRST_SERIES[view], subject.body
    if options.vendor == "enhanced":
        path = scan / f"{view}.dcm"
        write_enhanced_mr(cine, path, subject=body, seed=subject.seed, series_number=number)
        return _under(path)
    write_dicom_mr(
        cine, scan / view, vendor=options.vendor, subject=body, seed=subject.seed, series_number=number
    )
    return _under(scan / view)


def _write_films(cine: Cine, scan: Path, view: str, suffix: str) -> str:
    if cine.slices == 1:
        return _under(write_video(cine, scan / f"{view}.{suffix}"))
    (scan / view).mkdir()
    for z in range(cine.slices):
        write_video(cine, scan / view / f"slice-{z + 1:02d}.{suffix}", slice_index=z)
    return _under(scan / view)


def _write_labels(cine: Cine, labels: NDArray[np.uint8], folder: Path, view: str) -> str:
    return _under(write_nifti(replace(cine, pixels=labels), folder / "truth" / f"{view}.nii.gz"))


def _under(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


# ---- LVQuan ------------------------------------------------------------------------------------
def _scan_lvquan(subject: VirtualSubject, view: str, folder: Path, options: PhantomOptions) -> dict[str, Any]:
    size = SIZE if options.format == "lvquan18" else options.size or 176
    cine, truth = cine_mr(subject, view, options, frames=FRAMES, size=size, step_mm=_COARSE_MM)
    z, indices = _middle_slice(truth)
    labels = truth.labels[z]
    study = LVQuanSubject.of(
        cine.pixels[z], labels == CAVITY, (labels == CAVITY) | (labels == MYOCARDIUM), indices,
        options.spacing_mm,
    )  # fmt: skip
    path = folder / "scan" / f"{options.format}.mat"
    if options.format == "lvquan18":
        write_lvquan18(path, [study])
    else:
        write_lvquan19(path, study)
    one = Cine(cine.pixels[z : z + 1], cine.geometry.take([z]))
    return {
        "files": _under(path),
        "labels": _write_labels(one, labels[None], folder, view),
        "frames": FRAMES,
        "times_ms": shorts(_times(cine)),
        "spacing_mm": options.spacing_mm,
        "areas_mm2": shorts(study.areas_mm2),
        "dims_mm": shorts(study.dims_mm),
        "rwt_mm": shorts(study.rwt_mm),
        "systole": [bool(s) for s in study.systole],
        "ed_frame": truth.ed_frame,
        "es_frame": truth.es_frame,
    }


def _middle_slice(truth: Truth) -> tuple[int, list[SliceIndices]]:
    """The slice half way down at mid systole, and its indices; there the ring is whole in every frame."""
    heart = truth.anatomy.heart
    half = 0.55 * float(heart.length_mm)
    z = min(range(len(truth.planes)), key=lambda i: abs(truth.planes[i].middle_mm[2] - half))
    return z, cine_indices(truth.anatomy, float(truth.planes[z].middle_mm[2]), truth.phases)


# ---- ultrasound --------------------------------------------------------------------------------
def _scan_ultrasound(
    subject: VirtualSubject, view: str, folder: Path, options: PhantomOptions
) -> dict[str, Any]:
    cine, clip, beats = apical_clip(subject, view, options)
    scan_folder = folder / "scan"
    if options.format == "nifti":
        path = write_nifti(cine, scan_folder / f"{view}.nii.gz")
    elif options.format in FILMS:
        path = write_video(cine, scan_folder / f"{view}.{options.format}")
    else:
        path = write_ultrasound(cine, scan_folder / f"{view}.dcm", subject=subject.body, seed=subject.seed)
    return {
        "files": _under(path),
        "labels": _write_labels(cine, clip.labels[None], folder, view),
        "frames": cine.frames,
        "times_ms": shorts(clip.times_ms),
        "pixel_mm": short(clip.pixel_mm),
        "ed_frames": list(clip.ed_frames),
        "es_frames": list(clip.es_frames),
        **{name: shorts(values) for name, values in beats.items()},
    }


def apical_clip(
    subject: VirtualSubject, view: str, options: PhantomOptions
) -> tuple[Cine, Clip, dict[str, NDArray[np.float64]]]:
    """A free-running clip of the subject's heart: one probe for all its views, a window for each.

    Returns
    -------
    Cine, Clip, dict
        The last has ``volumes_ml`` of every frame and ``edv_ml``, ``esv_ml``, ``ef_percent`` of every
        beat whose ED and ES both lie in the clip.
    """
    heart, frames = subject.heart, options.frames or 60
    probe = draw_protocol(np.random.default_rng([subject.seed, _PROBE]), options.size or 256)
    rng = np.random.default_rng([subject.seed, _PROBE, APICAL.index(view)])
    window = draw_window(rng, subject.anatomy, View(view))
    rhythm = draw_rhythm(rng, heart, subject.cycle_ms / 1000.0, frames / probe.frame_rate_hz)
    clip = scan(subject.anatomy, window, rhythm, probe, rng, frames=frames)
    seconds = clip.times_ms / 1000.0
    edv, esv, ef = beat_volumes(heart, rhythm, seconds)
    volumes = volume_ml(heart, rhythm.at(seconds))
    beats = {"volumes_ml": volumes, "edv_ml": edv, "esv_ml": esv, "ef_percent": ef}
    return as_cine(clip, subject.cycle_ms), clip, beats


# ---- velocity mapping --------------------------------------------------------------------------
def _scan_velocity(
    subject: VirtualSubject, view: str, folder: Path, options: PhantomOptions
) -> dict[str, Any]:
    study, truth = virtual_velocity(
        subject.seed,
        frames=options.frames or 50,
        size=options.size or 128,
        spacing_mm=options.spacing_mm,
        heart=subject.heart,
        kind=options.kind,
        cycle_ms=subject.cycle_ms,
    )
    cine = study.cine
    if options.format == "nifti":
        files = _under(write_velocity_nifti(study, folder / "scan", view))
    else:
        write_dicom_velocity(
            study, folder / "scan" / view, vendor=options.vendor, subject=subject.body, seed=subject.seed
        )
        files = f"scan/{view}"
    # Hundredths of a cm/s: finer than any picture, and the files stay small.
    for name, pixels in zip(CHANNELS, np.round(study.true_velocity_cm_s, 2), strict=True):
        write_nifti(replace(cine, pixels=pixels), folder / "truth" / f"{VELOCITY}-{name}.nii.gz")
    return {
        "files": files,
        "labels": _write_labels(cine, study.labels, folder, view),
        "true_velocity": f"truth/{view}-*.nii.gz",
        "slices": cine.slices,
        "frames": cine.frames,
        "times_ms": shorts(study.times_ms),
        "venc_cm_s": shorts(study.venc_cm_s),
        "slice_z_mm": shorts(truth.z_mm),
        "mean_cm_s": dict(zip(COMPONENTS, shorts(truth.mean_cm_s), strict=True)),
        "highest_cm_s": dict(zip(COMPONENTS, shorts(truth.peaks.highest_cm_s), strict=True)),
        "lowest_cm_s": dict(zip(COMPONENTS, shorts(truth.peaks.lowest_cm_s), strict=True)),
    }

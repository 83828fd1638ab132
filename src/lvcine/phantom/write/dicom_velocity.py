"""A velocity-mapping scan as DICOM: magnitude beside three velocity channels, as makers write them.

The standard describes the encoding in the enhanced object alone (PS3.3 C.8.13.5.15). In classic files
it stands in private elements, and the pictures hold something else with every maker: Siemens the
phase in 12 bits, Philips cm/s by its rescale, GE mm/s as they are.

The study's channels are along the picture's x, y and normal; classic files name each by the axis of the
patient that is nearest, with its sign: ``rl`` (from right to left) or ``lr`` with Siemens, a component that
is positive or negative with Philips. GE's axes have no sign, so there the values are stored multiplied by
it: positive is towards left, back or head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Literal

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from lvcine.errors import UsageError
from lvcine.phantom.velocity import VelocityStudy
from lvcine.phantom.write.dicom_enhanced import write_enhanced_mr
from lvcine.phantom.write.dicom_modules import (
    MAKERS,
    Exam,
    Series,
    decimal,
    digest,
    instance,
    item,
    put_gating,
    put_pixels,
    put_window,
    save,
)
from lvcine.phantom.write.dicom_mr import put_plane
from lvcine.study import Cine, Subject

VelocityVendor = Literal["siemens", "philips", "ge", "enhanced"]

_TWELVE_BIT = 4095
_SCAN_S = 60.0  # of one slice
_AXIS_NAMES, _REVERSED = ("rl", "ap", "fh"), ("lr", "pa", "hf")
_MAGNITUDE = -1


@dataclass(frozen=True)
class _Way:
    """How one maker labels a velocity scan; terms of the magnitude and of the velocity pictures."""

    magnitude: tuple[str, ...]
    velocity: tuple[str, ...]
    put: Callable[[Dataset, VelocityStudy, int, NDArray[np.float32]], None]
    series: Callable[[int, int], int]


def write_dicom_velocity(
    study: VelocityStudy,
    folder: Path | str,
    *,
    vendor: VelocityVendor = "siemens",
    subject: Subject | None = None,
    seed: int = 1,
) -> list[Path]:
    """Write magnitude and velocities into a folder.

    Parameters
    ----------
    study : VelocityStudy
    folder : Path
        Made if it does not exist.
    vendor : {"siemens", "philips", "ge", "enhanced"}
        Siemens: a series per slice and channel. Philips: all channels in one series. GE: a series per
        channel. Enhanced: one multi-frame file for the magnitude and one per channel.
    subject : Subject, optional
    seed : int
        Number of the exam.

    Returns
    -------
    list of Path

    Raises
    ------
    UsageError
        No such vendor.

    Examples
    --------
    >>> import tempfile
    >>> from lvcine.phantom.velocity import virtual_velocity
    >>> study, _ = virtual_velocity(1, slices=1, frames=2, size=32, spacing_mm=4.0)
    >>> paths = write_dicom_velocity(study, tempfile.mkdtemp(), vendor="siemens")
    >>> len(paths), pydicom.dcmread(paths[-1])[0x0051, 0x1014].value[:1]
    (8, 'v')
    """
    if vendor != "enhanced" and vendor not in _WAYS:
        raise UsageError(f"no vendor {vendor!r}", advice=f"use one of {', '.join((*_WAYS, 'enhanced'))}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if vendor == "enhanced":
        return _write_enhanced(study, folder, subject, seed)
    job = _Job(study, vendor, Exam(seed, subject or Subject()))
    paths: list[Path] = []
    for channel in range(_MAGNITUDE, 3):
        for z, t in np.ndindex(study.magnitude.shape[:2]):
            path = folder / f"IM{len(paths) + 1:05d}.dcm"
            paths.append(save(job.image(channel, int(z), int(t)), path))
    return paths


class _Job:
    """One study on its way into one maker's classic files (PS3.3 A.4)."""

    def __init__(self, study: VelocityStudy, maker: str, exam: Exam) -> None:
        self.study, self.way, self.scanner, self.exam = study, _WAYS[maker], MAKERS[maker], exam
        self.cine = study.cine
        self.digest = digest(self.cine)

    def image(self, channel: int, z: int, t: int) -> Dataset:
        """The picture of a channel, or of the magnitude (-1)."""
        study, way = self.study, self.way
        number = way.series(z, channel)
        uid = self.exam.uid(self.digest, "velocity series", number)
        series = Series(self.exam, "MR", number, uid, _SCAN_S * (z + 1), self.scanner)
        ds = instance(MRImageStorage, self.exam.uid(self.digest, "velocity", channel, z, t), series)
        slices, frames = study.magnitude.shape[:2]
        ds.AcquisitionNumber, ds.InstanceNumber = z + 1, ((channel + 1) * slices + z) * frames + t + 1
        self._put_sequence(ds)
        put_gating(ds, study.times_ms[z, t], study.cycle_ms[z], frames)
        put_plane(ds, study.geometry, z)
        if channel == _MAGNITUDE:
            ds.ImageType = list(way.magnitude)
            put_pixels(ds, self.cine.pixels[z, t], bits=12)
            ds.WindowCenter, ds.WindowWidth = "1000", "2000"
        else:
            ds.ImageType = list(way.velocity)
            way.put(ds, study, channel, study.velocity_cm_s[channel, z, t])
        return ds

    def _put_sequence(self, ds: Dataset) -> None:
        """Spoiled gradient echo (PS3.3 C.8.3.1)."""
        scan = self.study.protocol
        ds.ScanningSequence, ds.SequenceVariant, ds.MRAcquisitionType = "GR", "SP", "2D"
        ds.ScanOptions, ds.EchoTrainLength, ds.NumberOfAverages = ["CG"], 1, "1"
        ds.RepetitionTime, ds.EchoTime = decimal(scan.repetition_ms), decimal(scan.echo_ms)
        ds.FlipAngle = decimal(round(float(np.degrees(scan.flip_rad)), 2))
        ds.MagneticFieldStrength = decimal(scan.field_t)


def _patient_axis(study: VelocityStudy, channel: int) -> tuple[int, float]:
    """The axis of the patient that a channel is named by, and the sign with which it runs along that.

    0 R-L, 1 A-P, 2 F-H, positive towards left, back and head: each given to the channel it is nearest
    to in all.
    """
    near = np.abs(study.directions)
    axes = max(permutations(range(3)), key=lambda axes: near[range(3), axes].sum())
    return axes[channel], 1.0 if study.directions[channel, axes[channel]] > 0 else -1.0


def _put_siemens(ds: Dataset, study: VelocityStudy, channel: int, velocity: NDArray[np.float32]) -> None:
    """Phase of 12 bits, 2048 is rest: VENC in (0051,xx14) and in the SequenceName."""
    venc = study.venc_cm_s[channel]
    stored = np.clip(np.rint(velocity / venc * 2048.0) + 2048.0, 0, _TWELVE_BIT).astype(np.uint16)
    put_pixels(ds, stored, bits=12)
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = "2", "-4096", "US"
    ds.WindowCenter, ds.WindowWidth = "0", "8192"
    # Through plane is "in" the plane's normal; the others take the patient's axis that is nearest.
    axis, sign = _patient_axis(study, channel)
    text = f"v{venc:g}" + ("in" if channel == 2 else (_AXIS_NAMES if sign > 0 else _REVERSED)[axis])
    ds.SequenceName = f"*fl2d1_{text}"
    ds.private_block(0x0051, "SIEMENS MR HEADER", create=True).add_new(0x14, "SH", text)


def _put_philips(ds: Dataset, study: VelocityStudy, channel: int, velocity: NDArray[np.float32]) -> None:
    """cm/s by the rescale and as real-world values; VENC as three components in (2001,xx1A)."""
    venc = study.venc_cm_s[channel]
    slope = 2.0 * venc / _TWELVE_BIT
    put_pixels(ds, np.clip(np.rint((velocity + venc) / slope), 0, _TWELVE_BIT).astype(np.uint16), bits=12)
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = decimal(slope), decimal(-venc), "cm/s"
    ds.WindowCenter, ds.WindowWidth = "0", decimal(2.0 * venc)
    ds.RealWorldValueMappingSequence = [_real_world(slope, -venc)]
    parts = [0.0, 0.0, 0.0]
    axis, sign = _patient_axis(study, channel)
    parts[axis] = sign * venc
    ds.private_block(0x2001, "Philips Imaging DD 001", create=True).add_new(0x1A, "FL", parts)


def _real_world(slope: float, intercept: float) -> Dataset:
    """Real World Value Mapping (PS3.3 C.7.6.16.2.11)."""
    unit = item(CodeValue="cm/s", CodingSchemeDesignator="UCUM", CodeMeaning="centimeter/second")
    (mapping,) = item(
        RealWorldValueSlope=slope, RealWorldValueIntercept=intercept, LUTExplanation="velocity",
        LUTLabel="VELOCITY", MeasurementUnitsCodeSequence=unit,
    )  # fmt: skip
    mapping.add_new(0x00409216, "US", 0)  # first and last value mapped, whose VR follows the pixels'
    mapping.add_new(0x00409211, "US", _TWELVE_BIT)
    return mapping


def _put_ge(ds: Dataset, study: VelocityStudy, channel: int, velocity: NDArray[np.float32]) -> None:
    """mm/s with their sign; VENC in mm/s in (0019,xxCC), axis in (0019,xxCB), scale in (0019,xxE2).

    The stored values are along the named axis, towards left, back or head: the channel times its sign.
    """
    venc_mm_s = round(10.0 * study.venc_cm_s[channel])
    axis, sign = _patient_axis(study, channel)
    put_pixels(ds, np.rint(10.0 * sign * velocity).astype(np.int16), bits=16)
    ds.PixelRepresentation = 1
    ds.WindowCenter, ds.WindowWidth = "0", str(2 * venc_mm_s)
    block = ds.private_block(0x0019, "GEMS_ACQU_01", create=True)
    block.add_new(0xCB, "SS", 1 << axis)
    block.add_new(0xCC, "SS", venc_mm_s)
    block.add_new(0xE2, "DS", "1")
    parameters = ds.private_block(0x0043, "GEMS_PARM_01", create=True)
    parameters.add_new(0x2F, "SS", 1)  # a phase picture
    parameters.add_new(0x32, "SS", 0)  # not weighted by the magnitude


_WAYS = {
    "siemens": _Way(
        ("ORIGINAL", "PRIMARY", "M", "RETRO", "DIS2D"), ("ORIGINAL", "PRIMARY", "P", "RETRO", "DIS2D"),
        _put_siemens, series=lambda z, channel: 4 * z + channel + 2,
    ),
    "philips": _Way(
        ("ORIGINAL", "PRIMARY", "M_PCA", "M", "PCA"), ("ORIGINAL", "PRIMARY", "VELOCITY MAP", "P", "PCA"),
        _put_philips, series=lambda z, channel: 1,
    ),
    "ge": _Way(
        ("ORIGINAL", "PRIMARY", "OTHER"), ("ORIGINAL", "PRIMARY", "OTHER"),
        _put_ge, series=lambda z, channel: channel + 2,
    ),
}  # fmt: skip


def _write_enhanced(study: VelocityStudy, folder: Path, subject: Subject | None, seed: int) -> list[Path]:
    """The magnitude, and a file per channel whose every frame says its encoding (PS3.3 A.36)."""
    cine = study.cine
    paths = [write_enhanced_mr(cine, folder / "IM00001.dcm", subject=subject, seed=seed, series_number=1)]
    save(_as_flow(pydicom.dcmread(paths[0])), paths[0])
    for channel, venc in enumerate(study.venc_cm_s):
        path = folder / f"IM{channel + 2:05d}.dcm"
        slope = 2.0 * venc / _TWELVE_BIT
        pixels = np.rint((study.velocity_cm_s[channel] + venc) / slope)
        stored = np.clip(pixels, 0, _TWELVE_BIT).astype(np.uint16)
        one = Cine(stored, study.geometry, study.times_ms, study.cycle_ms)
        write_enhanced_mr(one, path, subject=subject, seed=seed, series_number=channel + 2)
        ds = _as_flow(pydicom.dcmread(path))
        _put_velocity(ds, slope, venc, [float(v) for v in study.directions[channel]])
        paths.append(save(ds, path))
    return paths


def _as_flow(ds: Dataset) -> Dataset:
    """The object of a phase-contrast gradient echo (PS3.3 C.8.13.4)."""
    ds.PulseSequenceName, ds.PhaseContrast, ds.SteadyStatePulseSequence = "virtual GRE", "YES", "NONE"
    ds.AcquisitionContrast = "FLOW_ENCODED"
    shared = ds.SharedFunctionalGroupsSequence[0]
    shared.MRModifierSequence[0].Spoiling = "RF"
    shared.MRImageFrameTypeSequence[0].AcquisitionContrast = "FLOW_ENCODED"
    return ds


def _put_velocity(ds: Dataset, slope: float, venc: float, direction: list[float]) -> None:
    kind = ["ORIGINAL", "PRIMARY", "VELOCITY", "NONE"]
    ds.ImageType, ds.ComplexImageComponent = kind, "PHASE"
    shared = ds.SharedFunctionalGroupsSequence[0]
    frame_type = shared.MRImageFrameTypeSequence[0]
    frame_type.FrameType, frame_type.ComplexImageComponent = kind, "PHASE"
    values = shared.PixelValueTransformationSequence[0]
    values.RescaleSlope, values.RescaleIntercept, values.RescaleType = decimal(slope), decimal(-venc), "cm/s"
    put_window(shared.FrameVOILUTSequence[0], -venc, venc)
    for frame in ds.PerFrameFunctionalGroupsSequence:
        frame.MRVelocityEncodingSequence = item(
            VelocityEncodingDirection=direction,
            VelocityEncodingMinimumValue=-venc,
            VelocityEncodingMaximumValue=venc,
        )

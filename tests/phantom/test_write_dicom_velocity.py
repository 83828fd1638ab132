"""Velocity files say what the scan says, in four makers' words; read back by pydicom, and by lvcine."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lvcine.errors import UsageError
from lvcine.phantom.velocity import VelocityStudy, virtual_velocity
from lvcine.phantom.write.dicom_velocity import write_dicom_velocity
from lvcine.read import catalogue, open_study

VENDORS = ("siemens", "philips", "ge", "enhanced")


@functools.cache
def study() -> VelocityStudy:
    return virtual_velocity(4, slices=3, frames=4, size=24, spacing_mm=6.0)[0]


def written(folder: Path, vendor: str) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in write_dicom_velocity(study(), folder, vendor=vendor)]


TOWARDS = {
    "rl": [1, 0, 0],
    "lr": [-1, 0, 0],
    "ap": [0, 1, 0],
    "pa": [0, -1, 0],
    "fh": [0, 0, 1],
    "hf": [0, 0, -1],
}


def at(ds: pydicom.Dataset) -> tuple[int, int]:
    """Slice and frame, from place and time alone."""
    g = study().geometry
    z = int(np.argmin(np.linalg.norm(g.origins_mm - np.array(ds.ImagePositionPatient, float), axis=1)))
    return z, int(np.argmin(np.abs(study().times_ms[z] - float(ds.TriggerTime))))


@pytest.mark.filterwarnings("error")
def test_siemens_phase_is_twelve_bits_about_2048_over_the_venc(tmp_path: Path) -> None:
    s, seen = study(), []
    for ds in written(tmp_path, "siemens"):
        z, t = at(ds)
        if ds.ImageType[2] == "M":
            assert np.array_equal(ds.pixel_array, s.cine.pixels[z, t])
            continue
        text = str(ds[0x0051, 0x1014].value)
        assert ds[0x0051, 0x0010].value == "SIEMENS MR HEADER" and ds.SequenceName == f"*fl2d1_{text}"
        venc = float(text.strip("vinraplfh"))
        phase = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
        channel = int(np.argmin([np.abs(phase / 4096 * venc - v[z, t]).mean() for v in s.velocity_cm_s]))
        assert venc == s.venc_cm_s[channel] and (channel == 2) == text.endswith("in")
        assert channel == 2 or s.directions[channel] @ TOWARDS[text[-2:]] > 0
        assert np.abs(phase / 4096 * venc - s.velocity_cm_s[channel, z, t]).max() <= venc / 2048 * 1.01
        assert 0 <= ds.pixel_array.min() and ds.pixel_array.max() <= 4095 and ds.BitsStored == 12
        seen.append((text, channel, z, t, ds.SeriesNumber))
    assert len({(c, z, t) for _, c, z, t, _ in seen}) == 36
    assert len({n for *_, n in seen}) == 9 and len({text for text, *_ in seen}) == 3


@pytest.mark.filterwarnings("error")
def test_philips_rescales_to_cm_s_and_names_the_component(tmp_path: Path) -> None:
    s, axes = study(), {}
    images = [ds for ds in written(tmp_path, "philips") if ds.ImageType[2] == "VELOCITY MAP"]
    assert len(images) == 36
    for ds in images:
        z, t = at(ds)
        parts = list(ds[0x2001, 0x101A].value)
        assert ds[0x2001, 0x101A].VR == "FL" and len(parts) == 3 and np.count_nonzero(parts) == 1
        real = ds.RealWorldValueMappingSequence[0]
        assert real.MeasurementUnitsCodeSequence[0].CodeValue == "cm/s" and ds.RescaleType == "cm/s"
        velocity = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
        assert ds.pixel_array * real.RealWorldValueSlope + real.RealWorldValueIntercept == pytest.approx(
            velocity, abs=1e-6
        )
        channel = int(np.argmin([np.abs(velocity - v[z, t]).mean() for v in s.velocity_cm_s]))
        venc = s.venc_cm_s[channel]
        assert np.abs(parts).max() == venc and s.directions[channel] @ parts > 0
        assert np.abs(velocity - s.velocity_cm_s[channel, z, t]).max() < 2 * venc / 4095
        axes.setdefault(channel, set()).add(int(np.argmax(np.abs(parts))))
    assert sorted(axis for found in axes.values() for axis in found) == [0, 1, 2]


@pytest.mark.filterwarnings("error")
def test_ge_holds_mm_s_towards_left_back_or_head(tmp_path: Path) -> None:
    s, reversed_ = study(), 0
    images = [ds for ds in written(tmp_path, "ge") if (0x0043, 0x102F) in ds]
    assert len(images) == 36 and len({ds.SeriesNumber for ds in images}) == 3
    for ds in images:
        z, t = at(ds)
        channel = int(ds.SeriesNumber) - 2
        assert ds.PixelRepresentation == 1 and ds.pixel_array.dtype == np.int16
        assert ds[0x0019, 0x10CC].value == 10 * s.venc_cm_s[channel] and ds[0x0043, 0x102F].value == 1
        along = s.directions[channel, {1: 0, 2: 1, 4: 2}[ds[0x0019, 0x10CB].value]]
        velocity = np.sign(along) * s.velocity_cm_s[channel, z, t]
        reversed_ += int(along < 0)
        assert np.abs(ds.pixel_array / 10.0 - velocity).max() <= 0.0501
        assert ds.pixel_array.min() < 0 < ds.pixel_array.max()
    assert 0 < reversed_ < 36


@pytest.mark.filterwarnings("error")
def test_enhanced_frames_each_say_direction_and_range(tmp_path: Path) -> None:
    s = study()
    magnitude, *channels = written(tmp_path, "enhanced")
    assert (
        magnitude.SharedFunctionalGroupsSequence[0].MRImageFrameTypeSequence[0].ComplexImageComponent
        == "MAGNITUDE"
    )
    assert len(channels) == 3 and len({ds.SOPInstanceUID for ds in (magnitude, *channels)}) == 4
    for channel, ds in enumerate(channels):
        values = ds.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence[0]
        velocity = ds.pixel_array * float(values.RescaleSlope) + float(values.RescaleIntercept)
        for index, frame in enumerate(ds.PerFrameFunctionalGroupsSequence):
            content, encoding = frame.FrameContentSequence[0], frame.MRVelocityEncodingSequence[0]
            z, t = content.InStackPositionNumber - 1, content.TemporalPositionIndex - 1
            venc = s.venc_cm_s[channel]
            assert (encoding.VelocityEncodingMinimumValue, encoding.VelocityEncodingMaximumValue) == (
                -venc,
                venc,
            )
            assert list(encoding.VelocityEncodingDirection) == pytest.approx(s.directions[channel])
            assert np.abs(velocity[index] - s.velocity_cm_s[channel, z, t]).max() < 2 * venc / 4095


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_magnitude_is_the_cine_and_the_velocities_lie_beside_it(vendor, tmp_path: Path) -> None:
    s = study()
    write_dicom_velocity(s, tmp_path, vendor=vendor, seed=7)
    read = open_study(tmp_path)
    (cine,) = read.cines
    order = (
        [0, 1, 2] if np.allclose(cine.geometry.origins_mm, s.geometry.origins_mm, atol=1e-4) else [2, 1, 0]
    )
    assert np.array_equal(cine.pixels, s.cine.pixels[order]) and cine.view == "SAX"
    assert cine.times_ms == pytest.approx(s.times_ms[order], abs=1e-4)
    assert cine.velocity is not None and cine.velocity.venc_cm_s == pytest.approx(s.venc_cm_s)
    assert not catalogue(tmp_path).left_aside and "no-venc" not in {f.code for f in read.findings}


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_same_study_gives_the_same_bytes(vendor, tmp_path: Path) -> None:
    def digest(folder: Path) -> str:
        paths = write_dicom_velocity(study(), folder, vendor=vendor)
        assert len(set(paths)) == len(list(folder.iterdir()))
        return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()

    assert digest(tmp_path / "a") == digest(tmp_path / "b")


def test_an_unknown_vendor_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no vendor"):
        write_dicom_velocity(study(), tmp_path, vendor="tesla")

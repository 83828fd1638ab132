"""The ultrasound file: calibrated region, clock and grey or colour frames, read back by pydicom alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from lvcine.errors import UsageError
from lvcine.phantom.write import write_ultrasound
from lvcine.study import Cine, Geometry, Subject


def clip(times=(0.0, 20.0, 40.0, 60.0), **changes) -> Cine:
    pixels = np.random.default_rng(1).integers(0, 256, (1, len(times), 11, 13)).astype(np.uint8)
    geometry = changes.pop("geometry", Geometry.stack(1, (0.4, 0.3), 1.0))
    pixels = changes.pop("pixels", pixels)
    return Cine(pixels, geometry, times_ms=np.array([times]), gated=False, modality="US", **changes)


def written(tmp_path: Path, c: Cine | None = None, **how) -> pydicom.Dataset:
    return pydicom.dcmread(write_ultrasound(c or clip(), tmp_path / "clip.dcm", **how))


@pytest.mark.filterwarnings("error")
def test_even_frames_have_a_frame_time(tmp_path: Path) -> None:
    c = clip(cycle_ms=np.array([1000.0]))
    ds = written(tmp_path, c, subject=Subject(height_m=1.7))
    assert ds.SOPClassUID == "1.2.840.10008.5.1.4.1.1.3.1" and ds.Modality == "US"
    assert np.array_equal(ds.pixel_array, c.pixels[0])
    assert (float(ds.FrameTime), ds.CineRate, ds.HeartRate) == (20.0, 50, 60)
    assert ds.FrameIncrementPointer == 0x00181063 and "FrameTimeVector" not in ds
    assert ds.PatientName == "PHANTOM^0001" and float(ds.PatientSize) == 1.7


def test_uneven_frames_have_a_vector_that_starts_with_zero(tmp_path: Path) -> None:
    ds = written(tmp_path, clip((5.0, 25.0, 75.0, 95.0)))
    assert [float(v) for v in ds.FrameTimeVector] == [0.0, 20.0, 50.0, 20.0]
    assert ds.FrameIncrementPointer == 0x00181065 and "FrameTime" not in ds


@pytest.mark.parametrize("negative", [False, True])
def test_the_region_holds_the_picture_in_centimetres(negative: bool, tmp_path: Path) -> None:
    c = clip()
    ds = written(tmp_path, c, margin=5, negative_delta=negative)
    (region,) = ds.SequenceOfUltrasoundRegions
    assert (ds.Rows, ds.Columns) == (21, 23)
    x = slice(region.RegionLocationMinX0, region.RegionLocationMaxX1 + 1)
    y = slice(region.RegionLocationMinY0, region.RegionLocationMaxY1 + 1)
    assert np.array_equal(ds.pixel_array[:, y, x], c.pixels[0])
    assert ds.pixel_array[:, :5].max() == 0
    assert region.PhysicalUnitsXDirection == region.PhysicalUnitsYDirection == 3
    assert region.PhysicalDeltaX == pytest.approx(0.03)
    assert region.PhysicalDeltaY == pytest.approx(-0.04 if negative else 0.04)


def test_colour_frames_are_grey_three_times(tmp_path: Path) -> None:
    c = clip()
    ds = written(tmp_path, c, colour=True)
    assert ds.PhotometricInterpretation == "RGB" and ds.pixel_array.shape == (4, 11, 13, 3)
    assert all(np.array_equal(ds.pixel_array[..., k], c.pixels[0]) for k in range(3))


def test_other_pixels_are_spread_over_eight_bits(tmp_path: Path) -> None:
    values = np.linspace(0, 1000, 4 * 11 * 13).reshape(1, 4, 11, 13)
    shown = written(tmp_path, clip(pixels=values)).pixel_array
    assert (shown.min(), shown.max()) == (0, 255)
    assert np.abs(shown - values[0] * 0.255).max() <= 0.5


def test_no_calibration_means_no_region(tmp_path: Path) -> None:
    bare = Geometry.stack(1, (1.0, 1.0), 1.0, calibrated=False)
    assert "SequenceOfUltrasoundRegions" not in written(tmp_path, clip(geometry=bare))


def test_the_same_clip_gives_the_same_bytes(tmp_path: Path) -> None:
    a, b = (write_ultrasound(clip(), tmp_path / name).read_bytes() for name in ("a", "b"))
    assert a == b


def test_stacks_are_refused(tmp_path: Path) -> None:
    stack = Cine(np.zeros((2, 3, 8, 8)), Geometry.stack(2, (1.0, 1.0), 1.0), times_ms=np.zeros((2, 3)))
    with pytest.raises(UsageError, match="2 slices"):
        write_ultrasound(stack, tmp_path / "clip.dcm")

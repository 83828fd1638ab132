"""The enhanced file holds every slice and frame once, findable by its indices alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from lvcine.phantom.write import write_enhanced_mr
from lvcine.study import Cine, Geometry, Subject

CYCLES = np.array([800.0, 900.0, 1000.0])


def cine(**changes) -> Cine:
    origins = np.array([5.0, 6.0, 7.0]) + np.arange(3)[:, None] * np.array([0.0, 0.0, 9.0])
    geometry = Geometry(origins, np.array([0.0, 1.5, 0.0]), np.array([1.25, 0.0, 0.0]), thickness_mm=8.0)
    pixels = np.random.default_rng(1).integers(0, 3000, (3, 4, 10, 12)).astype(np.uint16)
    known = {"times_ms": np.arange(4) * CYCLES[:, None] / 4, "cycle_ms": CYCLES} | changes
    return Cine(known.pop("pixels", pixels), known.pop("geometry", geometry), **known)


@pytest.mark.filterwarnings("error")
def test_every_frame_says_its_slice_its_time_and_its_cycle(tmp_path: Path) -> None:
    c = cine()
    ds = pydicom.dcmread(write_enhanced_mr(c, tmp_path / "e.dcm"))
    pixels = ds.pixel_array
    assert ds.SOPClassUID == "1.2.840.10008.5.1.4.1.1.4.1" and pixels.shape == (12, 10, 12)
    seen = set()
    for index, frame in enumerate(ds.PerFrameFunctionalGroupsSequence):
        content = frame.FrameContentSequence[0]
        z, t = content.InStackPositionNumber - 1, content.TemporalPositionIndex - 1
        assert list(content.DimensionIndexValues) == [1, z + 1, t + 1]
        assert np.array_equal(pixels[index], c.pixels[z, t])
        gating = frame.CardiacSynchronizationSequence[0]
        assert gating.NominalCardiacTriggerDelayTime == t * CYCLES[z] / 4
        assert gating.NominalPercentageOfCardiacPhase == 25.0 * t
        assert gating.RRIntervalTimeNominal == CYCLES[z]
        position = frame.PlanePositionSequence[0].ImagePositionPatient
        assert [float(v) for v in position] == [5.0, 6.0, 7.0 + 9.0 * z]
        seen.add((z, t))
    assert len(seen) == 12
    first = [f.FrameContentSequence[0] for f in ds.PerFrameFunctionalGroupsSequence[:4]]
    assert [content.InStackPositionNumber for content in first] == [1, 2, 3, 1]


def test_what_is_shared_is_said_once(tmp_path: Path) -> None:
    ds = pydicom.dcmread(
        write_enhanced_mr(cine(), tmp_path / "e.dcm", subject=Subject(weight_kg=70.0), seed=7)
    )
    shared = ds.SharedFunctionalGroupsSequence[0]
    measures = shared.PixelMeasuresSequence[0]
    assert [float(v) for v in measures.PixelSpacing] == [1.5, 1.25]
    assert (float(measures.SliceThickness), float(measures.SpacingBetweenSlices)) == (8.0, 9.0)
    orientation = shared.PlaneOrientationSequence[0].ImageOrientationPatient
    assert [float(v) for v in orientation] == [1, 0, 0, 0, 1, 0]
    assert (ds.PatientName, float(ds.PatientWeight)) == ("PHANTOM^0007", 70.0)
    assert [d.DimensionIndexPointer for d in ds.DimensionIndexSequence] == [
        0x00209056,
        0x00209057,
        0x00209128,
    ]


def test_the_value_transformation_gives_the_values_back(tmp_path: Path) -> None:
    values = np.random.default_rng(2).normal(0.0, 2.0, (3, 4, 10, 12))
    ds = pydicom.dcmread(write_enhanced_mr(cine(pixels=values), tmp_path / "e.dcm"))
    rescale = ds.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence[0]
    shown = ds.pixel_array * float(rescale.RescaleSlope) + float(rescale.RescaleIntercept)
    assert np.abs(shown[0] - values[0, 0]).max() <= np.ptp(values) / 4095


def test_an_uncalibrated_cine_has_no_pixel_spacing(tmp_path: Path) -> None:
    bare = Geometry.stack(3, (1.0, 1.0), 1.0, calibrated=False)
    ds = pydicom.dcmread(write_enhanced_mr(cine(geometry=bare), tmp_path / "e.dcm"))
    assert "PixelSpacing" not in ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]


def test_the_same_cine_gives_the_same_bytes(tmp_path: Path) -> None:
    a, b = (write_enhanced_mr(cine(), tmp_path / name).read_bytes() for name in ("a", "b"))
    assert a == b

"""Ultrasound clips: colour spaces, regions, times."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Picture
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless

from lvcine.errors import NotACineError
from lvcine.read import ReadOptions, open_study
from lvcine.study import View

FRAMES, ROWS, COLUMNS = 6, 48, 64


def grey(t):
    y, x = np.indices((ROWS, COLUMNS))
    return (2 * y + x + 5 * t).astype(np.uint8)


def clip(dicom, pixels=None, **tags):
    """A clip of RGB frames with equal channels; ``tags`` override."""
    pixels = (
        np.stack([np.repeat(grey(t)[..., None], 3, axis=2) for t in range(FRAMES)])
        if pixels is None
        else pixels
    )
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.3.1", "1.2.3.4", "US"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SeriesNumber = "1.2", "1.2.3", 5
    ds.NumberOfFrames, ds.Rows, ds.Columns = FRAMES, ROWS, COLUMNS
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.PixelData, ds.FrameTime = pixels.tobytes(), 33.3
    ds.SequenceOfUltrasoundRegions = dicom.item(**region())
    for keyword, content in tags.items():
        if content is None:
            del ds[keyword]
        else:
            setattr(ds, keyword, content)
    return ds


def region(x0=8, y0=4, x1=55, y1=43, dx=0.05, dy=0.04, **more):
    known = {"RegionSpatialFormat": 1, "RegionDataType": 1, "RegionFlags": 0}
    corners = {"MinX0": x0, "MinY0": y0, "MaxX1": x1, "MaxY1": y1}
    known.update({f"RegionLocation{corner}": at for corner, at in corners.items()})
    known.update(PhysicalUnitsXDirection=3, PhysicalUnitsYDirection=3, PhysicalDeltaX=dx, PhysicalDeltaY=dy)
    return {**known, **more}


def cine_of(ds, dicom, tmp_path, syntax=ExplicitVRLittleEndian, **options):
    (cine,) = open_study(dicom.save(ds, tmp_path / "clip"), ReadOptions(**options)).cines
    return cine


def codes(cine):
    return {finding.code for finding in cine.findings}


def inside(cine):
    return cine.pixels[0][:, 4:44, 8:56]


def expected():
    return np.stack([grey(t) for t in range(FRAMES)])[:, 4:44, 8:56]


def test_a_clip_is_grey_calibrated_and_free_running(dicom, tmp_path):
    cine = cine_of(clip(dicom), dicom, tmp_path)
    assert cine.pixels.shape == (1, FRAMES, ROWS, COLUMNS) and cine.pixels.dtype == np.uint8
    assert np.array_equal(inside(cine), expected())
    assert cine.geometry.pixel_spacing_mm == pytest.approx((0.4, 0.5)) and cine.geometry.calibrated
    assert not cine.gated and cine.modality == "US" and cine.view is View.UNKNOWN
    assert np.allclose(cine.times_ms, np.arange(FRAMES)[None] * 33.3) and cine.label == "series 5"


def test_the_screen_outside_the_picture_is_blanked(dicom, tmp_path):
    pixels = cine_of(clip(dicom), dicom, tmp_path).pixels
    assert not pixels[..., :4, :].any() and not pixels[..., 44:, :].any()
    assert not pixels[..., :8].any() and not pixels[..., 56:].any()


def test_negative_deltas_only_say_which_way_the_axis_counts(dicom, tmp_path):
    ds = clip(dicom, SequenceOfUltrasoundRegions=dicom.item(**region(dx=-0.05, dy=-0.04)))
    cine = cine_of(ds, dicom, tmp_path)
    assert cine.geometry.pixel_spacing_mm == pytest.approx((0.4, 0.5))
    assert np.array_equal(inside(cine), expected())


@pytest.mark.parametrize("wrong", [{"PhysicalUnitsXDirection": 4}, {"PhysicalDeltaX": 0.0}])
def test_units_other_than_centimetres_calibrate_nothing(dicom, tmp_path, wrong):
    ds = clip(dicom, SequenceOfUltrasoundRegions=dicom.item(**region(**wrong)))
    cine = cine_of(ds, dicom, tmp_path)
    assert not cine.geometry.calibrated and "no-pixel-spacing" in codes(cine)


def test_m_mode_and_traces_are_not_the_picture(dicom, tmp_path):
    regions = dicom.item(**region())
    regions += dicom.item(**region(0, 0, 63, 47, dx=0.9, RegionSpatialFormat=2, RegionDataType=10))
    cine = cine_of(clip(dicom, SequenceOfUltrasoundRegions=regions), dicom, tmp_path)
    assert cine.geometry.pixel_spacing_mm == pytest.approx((0.4, 0.5))


def test_a_region_of_another_screen_gives_no_millimetres(dicom, tmp_path):
    for corners in ((16, 8, 111, 87), (8, 4, 70, 43), (8, 4, 55, 50)):
        ds = clip(dicom, SequenceOfUltrasoundRegions=dicom.item(**region(*corners)))
        cine = cine_of(ds, dicom, tmp_path)
        assert not cine.geometry.calibrated and {"region-does-not-fit", "no-pixel-spacing"} <= codes(cine)
        assert np.array_equal(cine.pixels[0], np.stack([grey(t) for t in range(FRAMES)]))


def test_a_region_larger_by_a_pixel_is_the_picture(dicom, tmp_path):
    ds = clip(dicom, SequenceOfUltrasoundRegions=dicom.item(**region(0, 0, COLUMNS, ROWS)))
    cine = cine_of(ds, dicom, tmp_path)
    assert cine.geometry.pixel_spacing_mm == pytest.approx((0.4, 0.5)) and "screen-blanked" in codes(cine)
    assert np.array_equal(cine.pixels[0], np.stack([grey(t) for t in range(FRAMES)]))


def test_a_region_that_leaves_out_most_of_what_moves_is_not_believed(dicom, tmp_path):
    """Stored larger than the screen was: the region covers a part of the sector."""
    pixels = (
        np.random.default_rng(0).integers(0, 255, (FRAMES, ROWS, COLUMNS, 1)).repeat(3, 3).astype(np.uint8)
    )
    ds = clip(dicom, pixels, SequenceOfUltrasoundRegions=dicom.item(**region(0, 0, 31, 23)))
    cine = cine_of(ds, dicom, tmp_path)
    assert not cine.geometry.calibrated and "region-does-not-fit" in codes(cine)


def test_no_regions(dicom, tmp_path):
    cine = cine_of(clip(dicom, SequenceOfUltrasoundRegions=None), dicom, tmp_path)
    assert {"no-picture-region", "no-pixel-spacing"} <= codes(cine)
    assert np.array_equal(cine.pixels[0], np.stack([grey(t) for t in range(FRAMES)]))


class TestTimes:
    def test_a_vector_of_irregular_steps(self, dicom, tmp_path):
        ds = clip(dicom, FrameTime=None, FrameTimeVector=[0, 30, 50, 30, 30, 50])
        assert cine_of(ds, dicom, tmp_path).times_ms[0].tolist() == [0, 30, 80, 110, 140, 190]

    def test_a_vector_that_is_too_short_is_not_believed(self, dicom, tmp_path):
        ds = clip(dicom, FrameTimeVector=[0, 30])
        assert np.allclose(np.diff(cine_of(ds, dicom, tmp_path).times_ms), 33.3)

    def test_frames_per_second(self, dicom, tmp_path):
        ds = clip(dicom, FrameTime=None, CineRate=50)
        assert np.allclose(np.diff(cine_of(ds, dicom, tmp_path).times_ms), 20.0)

    def test_nothing_known(self, dicom, tmp_path):
        cine = cine_of(clip(dicom, FrameTime=None), dicom, tmp_path)
        assert cine.times_ms is None and "no-frame-times" in codes(cine)

    def test_heart_rate(self, dicom, tmp_path):
        assert cine_of(clip(dicom, HeartRate=75), dicom, tmp_path).heart_rate_bpm == 75.0


class TestColour:
    def test_colours_become_luma(self, dicom, tmp_path):
        pixels = np.zeros((FRAMES, ROWS, COLUMNS, 3), np.uint8)
        pixels[..., 0], pixels[..., 1], pixels[..., 2] = 200, 100, 50
        level = round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)
        assert (inside(cine_of(clip(dicom, pixels), dicom, tmp_path)) == level).all()

    def test_jpeg_frames(self, dicom, tmp_path):
        frames = [jpeg(grey(t)) for t in range(FRAMES)]
        ds = clip(dicom, PhotometricInterpretation="YBR_FULL_422", PixelData=encapsulate(frames))
        ds["PixelData"].is_undefined_length = True
        path = dicom.save(ds, tmp_path / "clip", JPEGBaseline8Bit)
        (cine,) = open_study(path).cines
        assert np.abs(inside(cine).astype(int) - expected()).max() <= 2  # lossy

    def test_run_length_frames(self, dicom, tmp_path):
        ds = clip(dicom)
        dicom.save(ds, tmp_path / "plain")
        ds.compress(RLELossless)
        path = dicom.save(ds, tmp_path / "clip", RLELossless)
        assert np.array_equal(inside(open_study(path).cines[0]), expected())

    def test_a_palette_is_looked_up(self, dicom, tmp_path):
        indices = np.stack([grey(t) // 2 for t in range(FRAMES)])
        ds = clip(dicom, indices, SamplesPerPixel=1, PhotometricInterpretation="PALETTE COLOR")
        del ds.PlanarConfiguration
        table = np.arange(256, dtype=np.uint16)[::-1]  # index 0 is white
        for name in ("Red", "Green", "Blue"):
            setattr(ds, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 8])
            setattr(ds, f"{name}PaletteColorLookupTableData", table.astype(np.uint8).tobytes())
        cine = cine_of(ds, dicom, tmp_path)
        assert np.array_equal(inside(cine), 255 - indices[:, 4:44, 8:56])


def jpeg(array):
    out = io.BytesIO()
    Picture.fromarray(array).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue() + bytes(len(out.getvalue()) % 2)


def test_a_still_is_no_clip(dicom, tmp_path):
    ds = clip(dicom, NumberOfFrames=1)
    with pytest.raises(NotACineError, match="one frame"):
        open_study(dicom.save(ds, tmp_path / "clip"))


def test_the_user_names_the_view(dicom, tmp_path):
    cine = cine_of(clip(dicom), dicom, tmp_path, view=View.A4C)
    assert cine.view is View.A4C and "view-unknown" not in codes(cine)


def with_flow(seen_in=range(1, FRAMES, 2)):
    """RGB frames over a part of which flow is drawn, red and blue in turn."""
    rgb = np.stack([np.repeat(grey(t)[..., None], 3, axis=2) for t in range(FRAMES)])
    for t in seen_in:
        rgb[t, 15:30, 20:40] = (220, 40, 20) if t % 4 == 1 else (20, 60, 230)
    return rgb


def test_flow_in_colour_is_refused(dicom, tmp_path):
    with pytest.raises(NotACineError, match="colour Doppler") as caught:
        cine_of(clip(dicom, with_flow()), dicom, tmp_path)
    assert caught.value.where == "clip" and caught.value.advice


def test_a_tint_a_still_menu_and_a_thin_trace_are_no_flow(dicom, tmp_path):
    tinted = (with_flow(()) * np.array([1.0, 0.85, 0.6])).astype(np.uint8)
    tinted[:, :6] = (40, 60, 200)  # a menu
    for t in range(FRAMES):
        tinted[t, 40, 8 * t : 8 * t + 8] = (0, 255, 0)  # an ECG
    assert cine_of(clip(dicom, tinted), dicom, tmp_path).frames == FRAMES


def test_of_an_exam_the_clip_with_flow_is_left_aside(dicom, tmp_path):
    dicom.save(clip(dicom), tmp_path / "grey")
    dicom.save(clip(dicom, with_flow(), SOPInstanceUID="1.2.3.5", SeriesNumber=6), tmp_path / "flow")
    study = open_study(tmp_path)
    assert len(study.cines) == 1 and study.cines[0].label == "series 5"
    assert [(a.label, a.reason) for a in study.left_aside] == [
        ("series 6", "colour Doppler over the picture")
    ]


def test_two_regions_of_tissue_are_a_split_screen(dicom, tmp_path):
    left, right = region(2, 4, 30, 43), region(33, 4, 60, 43)
    assert "several-pictures" not in codes(cine_of(clip(dicom), dicom, tmp_path))
    split = clip(dicom, SequenceOfUltrasoundRegions=[dicom.item(**one)[0] for one in (left, right)])
    assert "several-pictures" in codes(cine_of(split, dicom, tmp_path))

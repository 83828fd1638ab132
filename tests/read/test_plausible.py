"""Numbers that cannot be: refused where the user gives them, not used where a file does, always said."""

from __future__ import annotations

from dataclasses import replace

import nibabel
import numpy as np
import pytest
from pydicom.dataset import Dataset
from scipy.io import savemat
from tests.read.dicom.test_us import clip, region
from tests.read.velocity_scans import scan

from lvcine.errors import ReadError, UsageError
from lvcine.phantom.write import write_velocity_npz
from lvcine.read import ReadOptions, open_study
from lvcine.read.dicom.fields import Fields
from lvcine.read.dicom.subject import age_years
from lvcine.read.dicom.velocity_scale import UnclearScaleError, _way
from lvcine.read.dicom.venc import encoding_of
from lvcine.read.plausible import plausible, steady
from lvcine.study import Cine, Geometry, Subject, Velocity, View

ABSURD = (0.0, -1.0, 300.0, 1e-6, 1e300, 5e-324)
PIXELS = np.random.default_rng(0).integers(0, 4000, (1, 12, 40, 40)).astype(np.int16)


def codes(cine: Cine) -> list[str]:
    return [finding.code for finding in cine.findings]


def made(spacing=(1.4, 1.4), slices: int = 1, step: float = 8.0, samples: int = 128, **known) -> Cine:
    """A cine as a reader hands it over; its pixels take no memory."""
    thickness = known.pop("thickness_mm", None)
    geometry = Geometry.stack(slices, spacing, step, thickness_mm=thickness)
    pixels = np.broadcast_to(np.zeros((), np.uint8), (slices, 20, samples, samples))
    return Cine(pixels, geometry, **known)


class TestUsers:
    @pytest.mark.parametrize(
        ("name", "values", "told"),
        [
            ("spacing_mm", [(0, 0), (-1, 1), (1, np.nan), (np.inf, 1), (300, 300), (1e-6, 1)], "--spacing"),
            ("spacing_mm", [(0.1, 5)], "at most 4 times"),
            ("spacing_mm", [1.4, (1.4,), (1.4, 1.4, 8.0), "abc", ("a", "b")], "--spacing"),
            ("slice_step_mm", [0, -8, np.nan, np.inf, 1e9, "x"], "--slice-step.*0.05 to 100 mm"),
            ("frame_ms", [0, -1, np.nan, float("1e400"), 1e9, 1e-308], "--frame-ms.*0.1 to 1,000 ms"),
            ("venc_cm_s", [0, "0", "-20", "nan", "1e400", "1,2", "a,b,c", 1e9, (20, 20, 0), ""], "--venc"),
            ("view", ["nonsense", 3, ""], "SAX, 2CH"),
            ("axes", ["ZZ", "TYQ", "TTX", "", "ZTYXC"], "--axes"),
            ("max_pixels", [0, -1, np.nan, 1e400, 1.5], "max_pixels"),
        ],
    )  # fmt: skip
    def test_are_told_which_option_and_what_it_takes(self, name, values, told) -> None:
        for value in values:
            with pytest.raises(UsageError, match=told):
                ReadOptions(**{name: value})

    def test_what_any_heart_needs_is_taken(self) -> None:
        assert ReadOptions(spacing_mm=[0.03, 0.03], slice_step_mm=0.5, frame_ms=1).spacing_mm == (0.03, 0.03)
        assert ReadOptions(axes="tyx").axes == "TYX" and ReadOptions(venc_cm_s=30).venc_cm_s == (30.0,) * 3

    def test_their_word_replaces_what_cannot_be(self, dicom, tmp_path) -> None:
        folder = dicom.save_all(dicom.ge(3, 8, PixelSpacing=[300.0, 300.0]), tmp_path)
        (bare,) = open_study(folder).cines
        (told,) = open_study(folder, ReadOptions(spacing_mm=(1.5, 1.25))).cines
        assert "spacing-implausible" in codes(bare) and not bare.geometry.calibrated
        assert told.geometry.calibrated and told.geometry.pixel_spacing_mm == pytest.approx((1.5, 1.25))
        assert "spacing-implausible" not in codes(told)

    def test_their_word_is_taken_before_nonsense_in_an_array_is_even_read(self, tmp_path) -> None:
        np.savez(tmp_path / "a.npz", pixels=PIXELS, spacing_mm=[-1.0, np.nan], step_mm=0.0, times_ms=[1.0])
        told = ReadOptions(spacing_mm=(1.4, 1.4), slice_step_mm=8.0, frame_ms=40.0)
        (cine,) = open_study(tmp_path / "a.npz", told).cines
        assert cine.geometry.calibrated and cine.heart_rate_bpm == pytest.approx(125.0)


class TestScans:
    """What scanners make passes as it is, whoever lies in them."""

    @pytest.mark.parametrize(
        ("spacing", "step", "samples", "frame_ms", "cycle_ms"),
        [
            ((1.37, 1.37), 8.0, 256, 45.0, 900.0),  # a grown-up
            ((0.6, 0.6), 3.0, 320, 15.0, 400.0),  # a newborn, 150 a minute
            ((1.0, 1.0), 4.0, 200, 12.0, 240.0),  # a foetus, gated by Doppler: 250 a minute
            ((0.82, 0.82), 5.0, 256, 33.0, 659.0),  # a pig
            ((0.1, 0.1), 1.0, 256, 6.0, 110.0),  # a mouse at 9.4 tesla
            ((0.05, 0.05), 0.3, 128, 4.0, 75.0),  # a small mouse, finely
            ((0.03, 0.02), 1.0, 512, 1.0, 100.0),  # ultrasound of a mouse
            ((0.3, 0.3), 1.0, 800, 0.25, 800.0),  # plane waves, 4000 pictures a second
            ((3.1, 3.1), 10.0, 128, 60.0, 1500.0),  # MR in real time, a slow heart
            ((1.2, 2.4), 12.0, 256, 50.0, 1000.0),  # pixels twice as long as wide
        ],
    )
    def test_pass(self, spacing, step, samples, frame_ms, cycle_ms) -> None:
        times = np.tile(np.arange(20) * frame_ms, (3, 1))
        cine = made(
            spacing, 3, step, samples, times_ms=times, cycle_ms=np.full(3, cycle_ms), thickness_mm=step
        )
        assert plausible(cine) is cine

    def test_what_was_not_known_is_not_doubted(self) -> None:
        cine = made((1.0, 1.0), samples=4000)
        bare = replace(cine, geometry=replace(cine.geometry, calibrated=False))
        assert plausible(bare) is bare


class TestSpace:
    @pytest.mark.parametrize("size", ABSURD)
    def test_of_a_stack(self, size, dicom, tmp_path) -> None:
        dicom.save_all(dicom.ge(3, 8, PixelSpacing=[f"{size:.10g}"] * 2), tmp_path)
        (cine,) = open_study(tmp_path).cines
        assert not cine.geometry.calibrated and cine.geometry.pixel_spacing_mm == pytest.approx((1.0, 1.0))
        assert cine.pixels.shape[:2] == (3, 8) and np.array_equal(cine.pixels, dicom.stack_values(3, 8))
        (doubt,) = [f for f in cine.findings if f.code == "spacing-implausible"]
        assert doubt.severity == "error" and "0.02 to 10 mm" in doubt.text and "--spacing" in doubt.advice
        assert f"{size:.4g}" in doubt.text

    def test_of_an_enhanced_file(self, dicom, tmp_path) -> None:
        ds = dicom.enhanced(2, 8)
        ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing = [300.0, 300.0]
        (cine,) = open_study(dicom.save(ds, tmp_path / "x")).cines
        assert "spacing-implausible" in codes(cine) and not cine.geometry.calibrated

    @pytest.mark.parametrize("thickness", [1e9, 1e-9, -8.0])
    def test_a_thickness_neither_merges_slices_nor_makes_volumes(self, thickness, dicom, tmp_path) -> None:
        several = dicom.save_all(dicom.ge(3, 8, SliceThickness=thickness), tmp_path / "several")
        (cine,) = open_study(several).cines
        assert cine.slices == 3 and cine.geometry.calibrated and cine.geometry.thickness_mm is None
        assert "thickness-implausible" in codes(cine)
        (one,) = open_study(dicom.save_all(dicom.ge(1, 8, SliceThickness=thickness), tmp_path / "one")).cines
        assert np.isnan(one.geometry.slice_step_mm) and "thickness-implausible" in codes(one)

    @pytest.mark.parametrize("step", [500.0, 1e-3, 1e7])
    def test_a_step_between_slices(self, step, dicom, tmp_path) -> None:
        for z in range(2):
            at = [float(v) for v in dicom.ORIGIN + z * step * dicom.NORMAL]
            for ds in dicom.ge(1, 8, ImagePositionPatient=at, SliceThickness=None, SeriesNumber=z):
                ds.SOPInstanceUID = f"1.2.{z}.{ds.InstanceNumber}"
                dicom.save(ds, tmp_path / ds.SOPInstanceUID)
        cines = open_study(tmp_path).cines
        judged = plausible(made(slices=3, step=step))
        assert not judged.geometry.calibrated and "slice-step-implausible" in codes(judged)
        assert np.diff(judged.geometry.slice_positions_mm) == pytest.approx([1.0, 1.0])
        assert all(cine.slices == 1 or not cine.geometry.calibrated for cine in cines)

    def test_a_step_keeps_the_order_of_the_slices(self) -> None:
        cine = made(slices=3, step=1e6)
        backwards = replace(cine, geometry=cine.geometry.take([2, 1, 0]))
        assert np.diff(plausible(backwards).geometry.slice_positions_mm) == pytest.approx([-1.0, -1.0])

    def test_a_picture_as_wide_as_a_house(self) -> None:
        judged = plausible(made((8.0, 8.0), samples=512))
        assert not judged.geometry.calibrated and "2 to 1,000 mm" in judged.findings[0].text

    def test_a_pixel_like_a_needle(self) -> None:
        assert codes(plausible(made((0.5, 5.0)))) == ["spacing-implausible"]

    def test_a_judgement_stands(self) -> None:
        judged = plausible(made((300.0, 300.0), thickness_mm=1e9))
        assert codes(judged) == ["spacing-implausible", "thickness-implausible"]
        assert plausible(judged) is judged

    def test_a_known_pixel_in_a_stack_without_steps_is_counted_in_pixels(self, tmp_path) -> None:
        np.savez(tmp_path / "a.npz", pixels=np.repeat(PIXELS, 3, axis=0), spacing_mm=1.4)
        (cine,) = open_study(tmp_path / "a.npz").cines
        assert not cine.geometry.calibrated and cine.geometry.pixel_spacing_mm == (1.0, 1.0)

    @pytest.mark.parametrize("delta", [30.0, 1e-7, 1e307, -30.0])
    def test_of_a_clip(self, delta, dicom, tmp_path) -> None:
        ds = clip(dicom, SequenceOfUltrasoundRegions=dicom.item(**region(dx=delta, dy=delta)))
        (cine,) = open_study(dicom.save(ds, tmp_path / "clip")).cines
        assert "spacing-implausible" in codes(cine) and "no-pixel-spacing" not in codes(cine)
        assert cine.geometry.pixel_spacing_mm == (1.0, 1.0)

    def test_a_region_of_another_world_is_none(self, dicom, tmp_path) -> None:
        far = dicom.item(**region(x1=2**31, y1=2**31))
        (cine,) = open_study(
            dicom.save(clip(dicom, SequenceOfUltrasoundRegions=far), tmp_path / "clip")
        ).cines
        assert "no-picture-region" in codes(cine)

    @pytest.mark.parametrize("scale", [300.0, 1e-4, 1e-30, 1e30])
    def test_of_a_nifti_file(self, scale, tmp_path) -> None:
        affine = np.diag([1.5, 1.5, 8.0, 1.0]) * [scale, scale, 1.0, 1.0]
        affine[:3, 3] = 5.0, 6.0, 7.0
        image = nibabel.Nifti1Image(np.moveaxis(np.repeat(PIXELS, 3, 0), (0, 1), (2, 3)), affine)
        image.header.set_xyzt_units("mm", "msec")
        nibabel.save(image, tmp_path / "a.nii")
        (cine,) = open_study(tmp_path / "a.nii", ReadOptions(axes="XYZT")).cines
        assert not cine.geometry.calibrated and cine.geometry.pixel_spacing_mm == pytest.approx((1.0, 1.0))
        assert {"spacing-implausible", "no-pixel-spacing"} & set(codes(cine))

    @pytest.mark.parametrize("spacing", [300.0, 1e-6])
    def test_of_arrays(self, spacing, tmp_path) -> None:
        np.savez(tmp_path / "a.npz", pixels=PIXELS, spacing_mm=spacing, step_mm=1e9)
        savemat(tmp_path / "b.mat", {"image": np.moveaxis(np.resize(PIXELS[0], (20, 40, 40)), 0, 2),
                                     "pix_spacing": spacing})  # fmt: skip
        for name in ("a.npz", "b.mat"):
            (cine,) = open_study(tmp_path / name).cines
            assert "spacing-implausible" in codes(cine) and not cine.geometry.calibrated

    def test_a_grid_that_cannot_be_calculated_with_is_a_typed_error(self) -> None:
        for spacing in ((0.0, 1.0), (np.nan, 1.0), (np.inf, 1.0), (1e300, 1e300), (1e-200, 1e-200)):
            with pytest.raises(ReadError, match="pixels of"):
                Geometry.stack(1, spacing, 8.0)
        for step in (np.nan, np.inf):
            with pytest.raises(ReadError, match="positions"):
                Geometry.stack(2, (1.0, 1.0), step)
        for thickness in (0.0, -1.0, np.nan, np.inf):
            with pytest.raises(ReadError, match="slices of"):
                Geometry.stack(1, (1.0, 1.0), 8.0, thickness_mm=thickness)
        with pytest.raises(ReadError, match="area of 0"):
            Geometry(np.zeros((1, 3)), np.array([0.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0]))


class TestTime:
    @pytest.mark.parametrize("span", ["1e-308", "-5", "1e308", "1e9"])
    def test_of_a_clip(self, span, dicom, tmp_path) -> None:
        (cine,) = open_study(dicom.save(clip(dicom, FrameTime=span), tmp_path / "clip")).cines
        assert cine.times_ms is None and "frame-times-implausible" in codes(cine)
        told = ReadOptions(frame_ms=25.0)
        (cine,) = open_study(tmp_path / "clip", told).cines
        assert cine.times_ms is not None and "frame-times-implausible" not in codes(cine)

    def test_of_a_clip_that_says_it_twice(self, dicom, tmp_path) -> None:
        ds = clip(dicom, FrameTime="1e-308", FrameTimeVector=[0.0] + [1e300] * 5, CineRate=50)
        (cine,) = open_study(dicom.save(ds, tmp_path / "clip")).cines
        assert cine.times_ms is not None and cine.times_ms[0, 1] == 20.0

    @pytest.mark.parametrize("times", [np.arange(12) * 1e-6, np.arange(12) * 5000.0, np.arange(12) ** 9.0])
    def test_of_an_array(self, times, tmp_path) -> None:
        np.savez(tmp_path / "a.npz", pixels=PIXELS, spacing_mm=1.4, times_ms=times)
        (cine,) = open_study(tmp_path / "a.npz").cines
        assert cine.times_ms is None and "frame-times-implausible" in codes(cine)
        assert cine.heart_rate_bpm is None

    @pytest.mark.parametrize("cycle", [10.0, 1e9])
    def test_a_cycle_alone(self, cycle) -> None:
        judged = plausible(made(times_ms=np.arange(20.0)[None] * 40, cycle_ms=np.array([cycle])))
        assert judged.cycle_ms is None and judged.times_ms is not None
        assert codes(judged) == ["cycle-implausible"] and f"{cycle:.4g} ms" in judged.findings[0].text

    def test_not_known_is_no_doubt(self) -> None:
        assert steady(np.array([[0.0, 40.0], [np.nan, np.nan]])) and steady(np.zeros((1, 1)))

    def test_a_clock_that_cannot_be_calculated_with_is_a_typed_error(self) -> None:
        for cycle in (0.0, -5.0, np.inf):
            with pytest.raises(ReadError, match="cycles of"):
                made(cycle_ms=np.array([cycle]))
        with pytest.raises(ReadError, match="without end"):
            made(times_ms=np.full((1, 20), np.inf))


class TestTheRest:
    @pytest.mark.parametrize("venc", [1e-3, 1e6])
    def test_a_venc(self, venc, tmp_path) -> None:
        path = write_velocity_npz(scan(), tmp_path / "scan.npz")
        with np.load(path) as file:
            facts = dict(file)
        facts["velocity_cm_s"] = facts["velocity_cm_s"] * np.float32(venc / 1e3)
        np.savez(path, **{**facts, "venc_cm_s": venc})
        (cine,) = open_study(path).cines
        assert cine.velocity is None and "venc-implausible" in codes(cine)

    def test_a_venc_of_four_hundred_digits_is_none(self) -> None:
        ds = Dataset()
        ds.add_new(0x00180024, "LO", f"*fl2d1_v{'9' * 400}in")
        assert encoding_of(Fields(ds)) is None

    def test_bits_beyond_reason_are_no_range(self, dicom) -> None:
        ds = Dataset()
        ds.BitsStored = 65535
        picture = dicom.picture()
        picture = replace(picture, header=replace(picture.header, fields=Fields(ds)))
        assert picture.stored_range == (0.0, 2.0**64 - 1.0)

    def test_directions_that_are_no_numbers(self) -> None:
        with pytest.raises(ReadError, match="encoded along"):
            Velocity(np.zeros((3, 1, 2, 4, 4), np.float32), (20.0,) * 3, np.full((3, 3), np.nan))

    @pytest.mark.parametrize("slope", ["1e300", "-1e300", "1e-300", "0"])
    def test_a_slope_leaves_grey_values_as_stored(self, slope, dicom, tmp_path) -> None:
        dicom.save_all(dicom.ge(1, 8, RescaleSlope=slope, RescaleIntercept="0"), tmp_path)
        (cine,) = open_study(tmp_path).cines
        assert np.array_equal(cine.pixels, dicom.stack_values(1, 8))

    def test_a_slope_of_phases_is_not_passed_over(self, dicom) -> None:
        with pytest.raises(UnclearScaleError, match="1e\\+300"):
            _way(dicom.picture(slope=1e300, unit="cm/s"), 20.0)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_grey_values_never_overflow(self, dtype) -> None:
        values = np.random.default_rng(0).random((1, 4, 8, 8)).astype(dtype) * np.finfo(dtype).max
        cine = plausible(Cine(values, Geometry.stack(1, (1.4, 1.4), 8.0)))
        assert cine.pixels.dtype == np.float32 and 100 < cine.pixels.max() <= 1024
        assert cine.pixels / cine.pixels.max() == pytest.approx(values / values.max(), rel=1e-5)

    def test_infinite_grey_values_are_said(self) -> None:
        values = np.random.default_rng(0).random((1, 4, 8, 8))
        values[0, 0, 0, 0] = np.inf
        cine = plausible(Cine(values, Geometry.stack(1, (1.4, 1.4), 8.0)))
        assert np.isfinite(cine.pixels).all() and codes(cine) == ["not-a-number-pixels"]

    def test_people(self, dicom, tmp_path) -> None:
        tags = {"PatientSize": 1e9, "PatientWeight": -70, "PatientAge": "999Y"}
        study = open_study(dicom.save_all(dicom.ge(1, 8, **tags), tmp_path))
        assert study.subject == Subject(sex=None)
        assert age_years("²5Y") is None and age_years("9" * 5000 + "Y") is None and age_years("130Y") == 130.0
        for name in ("height_m", "weight_kg", "age_years"):
            for value in (0.0, -1.0, np.nan, np.inf):
                with pytest.raises(ReadError, match=name):
                    Subject(**{name: value})

    def test_the_view_is_none_of_these(self) -> None:
        assert ReadOptions(view="sax").view is View.SAX

"""From files to a cine: grids, repeats, gaps, and what is said about them."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from lvcine.errors import ReadError
from lvcine.read import ReadOptions, catalogue, open_study


def only_cine(folder, **options):
    return open_study(folder, ReadOptions(**options)).cines[0]


def codes(cine):
    return {finding.code for finding in cine.findings}


def text(cine, code):
    return next(finding.text for finding in cine.findings if finding.code == code)


class TestPixels:
    def test_whole_numbers_stay_whole(self, dicom, tmp_path):
        cine = only_cine(dicom.save_all(dicom.ge(3, 4), tmp_path))
        assert cine.pixels.dtype == np.uint16

    def test_rescale_per_picture(self, dicom, tmp_path):
        images = [
            dicom.mr_image(z, t, 4, RescaleSlope=1.0 + t, RescaleIntercept=-5.0)
            for z in range(3)
            for t in range(4)
        ]
        cine = only_cine(dicom.save_all(images, tmp_path))
        expected = dicom.stack_values(3, 4) * (1.0 + np.arange(4))[:, None, None] - 5.0
        assert cine.pixels.dtype == np.float32 and np.allclose(cine.pixels, expected)

    def test_monochrome1_is_turned_so_that_bright_is_bright(self, dicom, tmp_path):
        cine = only_cine(dicom.save_all(dicom.ge(3, 4, PhotometricInterpretation="MONOCHROME1"), tmp_path))
        assert np.array_equal(cine.pixels, 65535 - dicom.stack_values(3, 4))


class TestOtherGrids:
    """The third of four slices was acquired on another grid; its values are known at every point."""

    def slice_on(self, dicom, row, column, spacing, shape, shift=(0.0, 0.0)):
        """Pictures of slice 2 whose pixel (0, 0) lies at pixel ``shift`` of the stack's grid."""
        origin = dicom.ORIGIN + 2 * dicom.STEP * dicom.NORMAL
        corner = origin + shift[0] * dicom.SPACING[0] * dicom.COLUMN + shift[1] * dicom.SPACING[1] * dicom.ROW
        y, x = np.indices(shape).reshape(2, -1)
        points = corner + (y * spacing[0])[:, None] * column + (x * spacing[1])[:, None] * row - origin
        on_stack_y, on_stack_x = (
            points @ dicom.COLUMN / dicom.SPACING[0],
            points @ dicom.ROW / dicom.SPACING[1],
        )
        ramp = 1800 + 20 * on_stack_y + on_stack_x  # value(2, 0) continued in between and beyond
        return [
            dicom.mr_image(
                2, t, 4, series=7, pixels=np.rint(ramp + 7 * t).astype(np.uint16).reshape(shape),
                ImageOrientationPatient=[round(float(v), 9) for v in (*row, *column)],
                ImagePositionPatient=[round(float(v), 6) for v in corner], PixelSpacing=list(spacing),
            )
            for t in range(4)
        ]  # fmt: skip

    def stack_with(self, dicom, tmp_path, images):
        rest = [dicom.mr_image(z, t, 4) for z in (0, 1, 3) for t in range(4)]
        return only_cine(dicom.save_all(rest + images, tmp_path))

    def test_rows_and_columns_swapped(self, dicom, tmp_path):
        images = self.slice_on(dicom, dicom.COLUMN, dicom.ROW, dicom.SPACING[::-1], (10, 12))
        cine = self.stack_with(dicom, tmp_path, images)
        assert np.array_equal(cine.pixels, dicom.stack_values(4, 4))
        assert "slice 2" in text(cine, "slices-resampled")
        assert np.allclose(np.diff(cine.geometry.slice_positions_mm), dicom.STEP, atol=1e-4)

    def test_mirrored(self, dicom, tmp_path):
        images = self.slice_on(dicom, -dicom.ROW, dicom.COLUMN, dicom.SPACING, (12, 10), shift=(0, 9))
        assert np.array_equal(self.stack_with(dicom, tmp_path, images).pixels, dicom.stack_values(4, 4))

    def test_larger(self, dicom, tmp_path):
        images = self.slice_on(dicom, dicom.ROW, dicom.COLUMN, dicom.SPACING, (16, 14), shift=(-2, -3))
        assert np.array_equal(self.stack_with(dicom, tmp_path, images).pixels, dicom.stack_values(4, 4))

    def test_finer(self, dicom, tmp_path):
        fine = (dicom.SPACING[0] / 2, dicom.SPACING[1] / 2)
        images = self.slice_on(dicom, dicom.ROW, dicom.COLUMN, fine, (23, 19))
        assert np.array_equal(self.stack_with(dicom, tmp_path, images).pixels, dicom.stack_values(4, 4))

    def test_a_smaller_picture_leaves_black_around_it(self, dicom, tmp_path):
        images = self.slice_on(dicom, dicom.ROW, dicom.COLUMN, dicom.SPACING, (8, 6), shift=(2, 2))
        pixels = self.stack_with(dicom, tmp_path, images).pixels
        assert np.array_equal(pixels[2, :, 2:10, 2:8], dicom.stack_values(4, 4)[2, :, 2:10, 2:8])
        assert not pixels[2, :, :2].any() and not pixels[2, :, :, 8:].any()


class TestRepeats:
    def test_copies_of_files_are_dropped(self, dicom, tmp_path):
        folder = dicom.save_all(dicom.ge(3, 5), tmp_path / "a")
        shutil.copytree(folder, tmp_path / "copy of a")
        cine = only_cine(tmp_path)
        assert np.array_equal(cine.pixels, dicom.stack_values(3, 5))
        assert "15 identical" in text(cine, "duplicate-frames") and "two-acquisitions" not in codes(cine)

    def test_the_same_pixels_exported_under_new_identifiers_are_copies(self, dicom, tmp_path):
        again = [dicom.mr_image(1, t, 5, series=4, InstanceNumber=90 + t) for t in range(5)]
        cine = only_cine(dicom.save_all(dicom.ge(3, 5) + again, tmp_path))
        assert "5 identical" in text(cine, "duplicate-frames")

    def test_still_pictures_without_times_are_not_copies(self, dicom, tmp_path):
        blank = np.zeros((12, 10), np.uint16)
        images = dicom.ge(3, 5, pixels=blank, TriggerTime=None)
        assert only_cine(dicom.save_all(images, tmp_path)).pixels.shape == (3, 5, 12, 10)

    def test_two_heart_beats_of_one_slice(self, dicom, tmp_path):
        other = [
            dicom.mr_image(1, t, 5, InstanceNumber=50 + t, pixels=dicom.value(1, t) + 100) for t in range(5)
        ]
        cine = only_cine(dicom.save_all(dicom.ge(3, 5) + other, tmp_path))
        expected = dicom.stack_values(3, 5)
        expected[1] += 100
        assert np.array_equal(cine.pixels, expected)  # the later one
        assert "slice 1 was acquired more than once" in text(cine, "two-acquisitions")


class TestSpace:
    def test_a_missing_slice_is_named(self, dicom, tmp_path):
        images = [dicom.mr_image(z, t, 5) for z in (0, 1, 2, 4, 5) for t in range(5)]
        cine = only_cine(dicom.save_all(images, tmp_path))
        assert "1 missing between slices 2 and 3" in text(cine, "missing-slice")
        assert cine.geometry.slice_step_mm == pytest.approx(dicom.STEP)
        assert np.allclose(np.diff(cine.geometry.slice_positions_mm), [8, 8, 16, 8], atol=1e-4)

    def test_uneven_slices_keep_their_true_positions(self, dicom, tmp_path):
        at = [0.0, 1.0, 2.3, 3.0]
        images = [
            dicom.mr_image(
                z, t, 5, ImagePositionPatient=[float(v) for v in dicom.ORIGIN + h * 8 * dicom.NORMAL]
            )
            for z, h in enumerate(at)
            for t in range(5)
        ]
        cine = only_cine(dicom.save_all(images, tmp_path))
        assert "uneven-slices" in codes(cine)
        assert np.allclose(np.diff(cine.geometry.slice_positions_mm), [8.0, 10.4, 5.6], atol=1e-4)

    def test_positions_win_over_the_stated_spacing(self, dicom, tmp_path):
        cine = only_cine(dicom.save_all(dicom.ge(4, 5, SpacingBetweenSlices=10.0), tmp_path))
        assert cine.geometry.slice_step_mm == pytest.approx(8.0)
        assert "10 mm" in text(cine, "slice-spacing-disagrees")

    def test_slices_shifted_in_plane(self, dicom, tmp_path):
        def shifted(z, t):
            position = dicom.ORIGIN + z * (8 * dicom.NORMAL + 4 * dicom.ROW)
            return dicom.mr_image(z, t, 5, ImagePositionPatient=[round(float(v), 6) for v in position])

        cine = only_cine(dicom.save_all([shifted(z, t) for z in range(4) for t in range(5)], tmp_path))
        assert "4.0 mm" in text(cine, "slices-shifted")
        expected = dicom.ORIGIN + np.arange(4)[:, None] * (8 * dicom.NORMAL + 4 * dicom.ROW)
        assert np.allclose(cine.geometry.origins_mm, expected, atol=1e-5)

    def test_no_pixel_spacing(self, dicom, tmp_path):
        folder = dicom.save_all(dicom.ge(3, 5, PixelSpacing=None), tmp_path)
        bare = only_cine(folder)
        assert not bare.geometry.calibrated and "no-pixel-spacing" in codes(bare)
        assert catalogue(folder).groups[0].spacing_mm is None
        told = only_cine(folder, spacing_mm=(1.5, 1.5))
        assert told.geometry.calibrated and "no-pixel-spacing" not in codes(told)

    def test_no_positions_but_slice_locations(self, dicom, tmp_path):
        images = [
            dicom.mr_image(
                z, t, 5, ImagePositionPatient=None, ImageOrientationPatient=None, SliceLocation=-8.0 * z
            )
            for z in range(4)
            for t in range(5)
        ]
        cine = only_cine(dicom.save_all(images, tmp_path))
        assert not cine.geometry.placed and "no-slice-positions" in codes(cine)
        assert np.array_equal(cine.pixels, dicom.stack_values(4, 5)[::-1])
        assert cine.geometry.slice_step_mm == pytest.approx(8.0)


class TestTime:
    def test_a_slice_with_a_frame_less_is_filled_by_phase(self, dicom, tmp_path):
        images = [ds for ds in dicom.ge(4, 8) if ds.InstanceNumber != 1 + 2 * 8 + 5]
        cine = only_cine(dicom.save_all(images, tmp_path))
        assert cine.frames == 8 and "slice 2: 7 of 8" in text(cine, "missing-phases")
        assert np.array_equal(cine.pixels[[0, 1, 3]], dicom.stack_values(4, 8)[[0, 1, 3]])
        known = [0, 1, 2, 3, 4, 6, 7]
        assert np.array_equal(cine.pixels[2, known], dicom.stack_values(4, 8)[2, known])
        neighbours = [dicom.value(2, 4), dicom.value(2, 6)]
        assert any(np.array_equal(cine.pixels[2, 5], neighbour) for neighbour in neighbours)
        assert (np.diff(cine.times_ms, axis=1) > 0).all()

    def test_another_number_of_frames_is_matched_by_phase(self, dicom, tmp_path):
        other = [dicom.mr_image(3, t, 12, cycle=900.0, series=3) for t in range(12)]
        cine = only_cine(dicom.save_all(dicom.ge(3, 6) + other, tmp_path))
        assert "slice 3: 12 frames" in text(cine, "unequal-frames")
        assert np.array_equal(cine.pixels[3], np.stack([dicom.value(3, 2 * t) for t in range(6)]))
        assert np.allclose(cine.times_ms[3], np.arange(6) * 150.0) and cine.cycle_ms[3] == 900.0

    def test_a_gap_in_time_is_named(self, dicom, tmp_path):
        images = [ds for ds in dicom.ge(3, 10) if (ds.InstanceNumber - 1) % 10 != 4]
        cine = only_cine(dicom.save_all(images, tmp_path))
        assert cine.frames == 9 and "between frames 3 and 4" in text(cine, "gap-in-time")

    def test_frames_that_do_not_reach_the_end_of_the_cycle(self, dicom, tmp_path):
        cine = only_cine(dicom.save_all(dicom.ge(3, 10, NominalInterval=1100), tmp_path))
        assert "73 %" in text(cine, "cycle-not-covered")

    def test_no_heart_rate(self, dicom, tmp_path):
        cine = only_cine(dicom.save_all(dicom.ge(3, 5, NominalInterval=None), tmp_path))
        assert "cycle-from-frames" in codes(cine) and np.allclose(cine.cycle_ms, 800.0)

    def test_no_times_at_all(self, dicom, tmp_path):
        folder = dicom.save_all(dicom.ge(3, 5, NominalInterval=None, TriggerTime=None), tmp_path)
        bare = only_cine(folder)
        assert bare.times_ms is None and bare.cycle_ms is None
        assert {"order-from-instance-number", "no-frame-times"} <= codes(bare)
        assert np.array_equal(bare.pixels, dicom.stack_values(3, 5))
        told = only_cine(folder, frame_ms=40.0)
        assert np.allclose(told.times_ms[0], np.arange(5) * 40.0) and "no-frame-times" not in codes(told)

    def test_two_phases_are_a_study_of_their_own_kind(self, dicom, tmp_path):
        images = [dicom.mr_image(z, t, 2, TriggerTime=300.0 * t) for z in range(4) for t in range(2)]
        cine = only_cine(dicom.save_all(images, tmp_path))
        assert cine.phases_only and cine.frames == 2 and "two-phases-only" in codes(cine)

    def test_phases_exported_as_one_series_each(self, dicom, tmp_path):
        images = [dicom.mr_image(z, t, 5, series=t + 1) for z in range(3) for t in range(5)]
        cine = only_cine(dicom.save_all(images, tmp_path))
        assert np.array_equal(cine.pixels, dicom.stack_values(3, 5))

    def test_heart_rates_far_apart(self, dicom, tmp_path):
        images = [
            dicom.mr_image(z, t, 5, series=z + 1, cycle=700.0 + 150 * z) for z in range(3) for t in range(5)
        ]
        assert "60 to 86 /min" in text(only_cine(dicom.save_all(images, tmp_path)), "heart-rate-varies")


class TestDamage:
    def damaged(self, dicom, ds):
        """JPEG 2000 by name, rubbish inside: only decoding shows it."""
        ds.PixelData = b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\x08\x00\x00\x00" + b"rubbish!"
        ds.PixelData += b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
        ds["PixelData"].is_undefined_length = True
        return ds

    def test_a_picture_that_cannot_be_decoded_costs_one_phase(self, dicom, tmp_path):
        images = dicom.ge(3, 6)
        dicom.save_all(images[:8] + images[9:], tmp_path)
        dicom.save(self.damaged(dicom, images[8]), tmp_path / "bad.dcm", "1.2.840.10008.1.2.4.90")
        study = open_study(tmp_path)
        assert [f.code for f in study.findings] == ["unreadable-files"]
        assert "1 file" in study.findings[0].text and "bad" not in study.findings[0].text
        assert [aside.file for aside in study.left_aside] == ["bad.dcm"]
        assert "slice 1: 5 of 6" in text(study.cines[0], "missing-phases")
        assert np.array_equal(study.cines[0].pixels[[0, 2]], dicom.stack_values(3, 6)[[0, 2]])

    def test_nothing_can_be_decoded(self, dicom, tmp_path):
        for k, ds in enumerate(dicom.ge(2, 3)):
            dicom.save(self.damaged(dicom, ds), tmp_path / f"{k}", "1.2.840.10008.1.2.4.90")
        with pytest.raises(ReadError, match="cannot be decoded"):
            open_study(tmp_path)

    @pytest.mark.parametrize(
        ("syntax", "name"),
        [
            ("1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.100 .MPEG2"),
            ("1.2.840.10008.1.9.9.999", "unknown"),
        ],
    )
    def test_a_transfer_syntax_that_is_not_read_is_named(self, dicom, tmp_path, syntax, name):
        for k, ds in enumerate(dicom.ge(2, 3)):
            path = dicom.save(self.damaged(dicom, ds), tmp_path / f"{k}", "1.2.840.10008.1.2.4.100")
            path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.4.100", syntax.encode()))
        with pytest.raises(ReadError, match=f"transfer syntax.*{name}"):
            open_study(tmp_path)

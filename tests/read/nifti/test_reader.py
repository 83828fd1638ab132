"""NIfTI: one scene in patient space, stored in every way a file can store it."""

from __future__ import annotations

import gzip
from itertools import permutations, product
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from lvcine.errors import NotACineError, ReadError
from lvcine.read.nifti.reader import read_nifti
from lvcine.read.options import ReadOptions
from lvcine.study import Cine, View

WAYS = [(axes, flips) for axes in permutations(range(3)) for flips in product((1, -1), repeat=3)]
SIZES = np.array([1.5, 1.25, 8.0])
SHAPE = (14, 12, 4)
LPS = np.diag([-1.0, -1.0, 1.0])


def oblique() -> np.ndarray:
    """An affine (4, 4) of a short-axis stack: x y z of the picture to RAS mm."""
    x = np.array([0.69, 0.67, 0.26]) / np.linalg.norm([0.69, 0.67, 0.26])
    z = np.cross(x, [0.02, 0.34, -0.94])
    z /= np.linalg.norm(z)
    affine = np.eye(4)
    affine[:3, :3] = LPS @ np.stack([x, np.cross(z, x), z], axis=1) * SIZES
    affine[:3, 3] = [35.0, -60.0, 110.0]
    return affine


def scene(ras: np.ndarray, t: int) -> np.ndarray:
    """A smooth intensity that differs everywhere in the patient and in time; ras (..., 3)."""
    return (
        500.0 + ras @ np.array([3.1, 1.7, 0.9]) + 20.0 * np.sin(ras @ np.array([0.07, -0.05, 0.03])) + 3.0 * t
    )


def painted(affine: np.ndarray, shape: tuple[int, ...], frames: int) -> np.ndarray:
    ijk = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), axis=-1)
    ras = ijk @ affine[:3, :3].T + affine[:3, 3]
    return np.stack([scene(ras, t) for t in range(frames)], axis=-1).astype(np.float32)


def turned(affine: np.ndarray, shape: tuple[int, ...], axes, flips) -> tuple[np.ndarray, tuple[int, ...]]:
    """Affine and shape of the same stack with file axis ``axes[n]`` holding picture axis n, flipped by -1."""
    out, new_shape = np.eye(4), [0, 0, 0]
    out[:3, 3] = affine[:3, 3]
    for n, (axis, way) in enumerate(zip(axes, flips, strict=True)):
        new_shape[axis] = shape[n]
        out[:3, axis] = way * affine[:3, n]
        if way < 0:
            out[:3, 3] += (shape[n] - 1) * affine[:3, n]
    return out, tuple(new_shape)


def saved(
    tmp_path: Path, voxels: np.ndarray, affine: Any, step: float = 0.05, units=("mm", "sec"), **header
) -> Path:
    image = nib.Nifti1Image(voxels, affine)
    zooms = image.header.get_zooms()
    image.header.set_zooms((*zooms[:3], *[step] * (len(zooms) - 3)))
    image.header.set_xyzt_units(*units)
    path = tmp_path / "cine.nii.gz"
    nib.save(image, path)
    return patched(path, **header) if header else path


def patched(path: Path, **fields) -> Path:
    """The same file with header fields written behind nibabel's back, which would set them right."""
    raw = gzip.decompress(path.read_bytes())
    header = nib.Nifti1Header(raw[:348], check=False)
    for field, value in fields.items():
        header[field] = value
    path.write_bytes(gzip.compress(header.binaryblock + raw[348:]))
    return path


def cine_file(tmp_path: Path, frames: int = 16, **how) -> Path:
    return saved(tmp_path, painted(oblique(), SHAPE, frames), oblique(), **how)


def codes(cine: Cine) -> list[str]:
    return [f.code for f in cine.findings]


def scene_on(cine: Cine) -> np.ndarray:
    """What the scene looks like where the cine says its pixels are (Z, T, Y, X)."""
    y, x = np.mgrid[: cine.pixels.shape[2], : cine.pixels.shape[3]]
    points = np.stack([y.ravel(), x.ravel()], axis=1)
    slices = [cine.geometry.to_patient(z, points) @ LPS for z in range(cine.slices)]
    return np.array(
        [[scene(ras, t).reshape(y.shape) for t in range(cine.frames)] for ras in slices], dtype=np.float32
    )


@pytest.mark.parametrize(("axes", "flips"), WAYS)
def test_every_way_of_storing_a_stack_gives_the_same_cine(axes, flips, tmp_path: Path) -> None:
    affine, shape = turned(oblique(), SHAPE, axes, flips)
    voxels = painted(affine, shape, 3)
    cine = read_nifti(saved(tmp_path, voxels, affine))
    assert cine.pixels.shape == (4, 3, 12, 14)
    assert np.allclose(cine.pixels, scene_on(cine), atol=0.01)
    assert cine.geometry.origins_mm[0] == pytest.approx(LPS @ oblique()[:3, 3], abs=1e-3)
    assert cine.geometry.pixel_spacing_mm == pytest.approx((1.25, 1.5), rel=1e-5)
    assert np.array_equal(cine.file_grid.to_file_axes(cine.pixels), voxels)
    assert cine.file_grid.ras_affine == pytest.approx(affine, abs=1e-4)


def test_the_picture_is_put_as_a_scanner_shows_it(tmp_path: Path) -> None:
    g = read_nifti(cine_file(tmp_path)).geometry
    assert g.placed and g.calibrated
    assert g.column_step_mm[0] > 0  # the patient's left is on the right
    assert (np.diff(g.origins_mm, axis=0) @ [-1.0, 1.0, 1.0] > 0).all()  # from apex to base
    assert (np.diff(g.origins_mm, axis=0) @ g.normal > 0).all()  # seen from the apex


def test_time_comes_from_the_header(tmp_path: Path) -> None:
    for step, units in ((0.05, "sec"), (50.0, "msec"), (50000.0, "usec")):
        cine = read_nifti(cine_file(tmp_path, step=step, units=("mm", units)))
        assert cine.times_ms is not None and cine.times_ms.shape == (4, 16)
        assert cine.times_ms[3] == pytest.approx(np.arange(16) * 50.0, rel=1e-6)
        assert cine.heart_rate_bpm == pytest.approx(75.0)
        assert codes(cine) == ["cycle-from-frames"]


@pytest.mark.parametrize(("step", "units"), [(0.05, "unknown"), (50.0, "sec"), (0.05, "msec"), (50.0, "hz")])
def test_a_unit_that_makes_no_sense_is_guessed_aloud(step: float, units: str, tmp_path: Path) -> None:
    cine = read_nifti(cine_file(tmp_path, step=step, units=("mm", units)))
    assert cine.times_ms is not None and cine.times_ms[0, 1] == pytest.approx(50.0)
    assert "time-unit-guessed" in codes(cine)


@pytest.mark.parametrize("step", [0.0, 1.0, 1e9])
@pytest.mark.parametrize("units", ["sec", "unknown"])
def test_a_step_that_is_none_leaves_the_times_open(step: float, units: str, tmp_path: Path) -> None:
    cine = read_nifti(cine_file(tmp_path, step=step, units=("mm", units)))
    assert cine.times_ms is None and cine.cycle_ms is None and codes(cine) == ["no-frame-times"]


def test_frames_that_span_no_heart_cycle_give_no_heart_rate(tmp_path: Path) -> None:
    cine = read_nifti(cine_file(tmp_path, frames=3, step=0.03))
    assert cine.times_ms is not None and cine.heart_rate_bpm is None and codes(cine) == ["cycle-implausible"]


def test_two_phases_are_said_to_be_two_phases(tmp_path: Path) -> None:
    cine = read_nifti(cine_file(tmp_path, frames=2, step=0.3))
    assert cine.phases_only and cine.times_ms is None and codes(cine) == ["two-phases-only"]


def test_the_user_is_heard(tmp_path: Path) -> None:
    told = ReadOptions(spacing_mm=(1.0, 2.0), slice_step_mm=9.0, frame_ms=40.0, view=View.SAX)
    cine = read_nifti(cine_file(tmp_path, step=0.0), told)
    assert cine.geometry.pixel_spacing_mm == pytest.approx((1.0, 2.0))
    assert cine.geometry.slice_step_mm == pytest.approx(9.0)
    assert cine.cycle_ms == pytest.approx(np.full(4, 640.0)) and cine.view is View.SAX
    assert codes(cine) == ["given-by-user"] * 4
    free = read_nifti(cine_file(tmp_path), ReadOptions(gated=False))
    assert not free.gated and free.cycle_ms is None and free.times_ms is not None


@pytest.mark.parametrize(("unit", "factor"), [("meter", 0.001), ("micron", 1000.0)])
def test_lengths_are_in_the_unit_that_the_header_names(unit: str, factor: float, tmp_path: Path) -> None:
    affine = oblique()
    affine[:3] *= factor
    cine = read_nifti(saved(tmp_path, painted(oblique(), SHAPE, 16), affine, units=(unit, "sec")))
    assert cine.geometry.pixel_spacing_mm == pytest.approx((1.25, 1.5), rel=1e-4)
    assert cine.geometry.origins_mm[0] == pytest.approx(LPS @ oblique()[:3, 3], abs=0.02)


def test_sform_before_qform_before_sizes(tmp_path: Path) -> None:
    image = nib.load(cine_file(tmp_path))
    shifted = oblique()
    shifted[:3, 3] += 100.0
    image.set_qform(shifted, code=1)
    for codes_, origin, placed in (((1, 1), oblique(), True), ((0, 1), shifted, True), ((0, 0), None, False)):
        image.header["sform_code"], image.header["qform_code"] = codes_
        path = tmp_path / "other.nii"
        path.write_bytes(image.header.binaryblock + bytes(4) + np.asarray(image.dataobj).tobytes("F"))
        cine = read_nifti(path)
        assert cine.geometry.placed is placed
        assert cine.geometry.slice_step_mm == pytest.approx(8.0)
        if origin is not None:
            assert cine.geometry.origins_mm[0] == pytest.approx(LPS @ origin[:3, 3], abs=1e-3)


@pytest.mark.parametrize(("axes", "flips"), WAYS[::5])
def test_an_affine_of_sizes_alone_places_nothing(axes, flips, tmp_path: Path) -> None:
    made_up = np.diag([1.5, 1.25, 8.0, 1.0])
    affine, shape = turned(made_up, SHAPE, axes, flips)
    cine = read_nifti(saved(tmp_path, painted(affine, shape, 16), affine))
    assert not cine.geometry.placed and cine.geometry.calibrated
    assert np.allclose(cine.pixels, painted(made_up, SHAPE, 16).transpose(2, 3, 1, 0), atol=0.01)


def test_two_voxel_sizes_in_one_file_are_none(tmp_path: Path) -> None:
    cine = read_nifti(cine_file(tmp_path, pixdim=np.array([1, 2.0, 2.0, 8.0, 0.05, 0, 0, 0])))
    assert not cine.geometry.calibrated
    assert {"spacing-disagrees", "no-pixel-spacing"} <= set(codes(cine))
    told = read_nifti(tmp_path / "cine.nii.gz", ReadOptions(spacing_mm=(1.5, 1.5)))
    assert told.geometry.calibrated and "no-pixel-spacing" not in codes(told)


@pytest.mark.parametrize("sizes", [(0.0, 1.5, 8.0), (np.nan, 1.5, 8.0), (1.0, 1.0, 1.0)])
def test_sizes_that_say_nothing_leave_the_cine_uncalibrated(sizes, tmp_path: Path) -> None:
    pixdim = np.array([1, *sizes, 0.05, 0, 0, 0])
    path = cine_file(tmp_path, pixdim=pixdim, sform_code=0, qform_code=0)
    cine = read_nifti(path)
    assert not cine.geometry.calibrated and "no-pixel-spacing" in codes(cine)
    assert np.isfinite(cine.geometry.origins_mm).all()
    assert cine.pixels.shape == (4, 16, 12, 14)


def test_a_size_that_no_scanner_makes_is_doubted(tmp_path: Path) -> None:
    cine = read_nifti(
        saved(tmp_path, painted(oblique(), SHAPE, 16), oblique() * [[0.01], [0.01], [0.01], [1]])
    )
    assert "spacing-implausible" in codes(cine) and not cine.geometry.calibrated


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_cubes_take_the_axis_of_fewest_samples_and_say_so(axis: int, tmp_path: Path) -> None:
    shape = [20, 20, 20]
    shape[axis] = 6
    cine = read_nifti(
        saved(tmp_path, painted(np.diag([1.4, 1.4, 1.4, 1]), tuple(shape), 16), np.diag([1.4, 1.4, 1.4, 1]))
    )
    assert cine.file_grid.axes[0] == axis and cine.slices == 6 and "slice-axis-guessed" in codes(cine)
    letters = ["XYZT", "ZXYT", "XZYT"][(axis + 1) % 3]
    told = read_nifti(tmp_path / "cine.nii.gz", ReadOptions(axes=letters))
    assert told.file_grid.axes[0] == letters.index("Z") and "slice-axis-guessed" not in codes(told)


def test_a_single_slice_is_as_thick_as_its_voxels(tmp_path: Path) -> None:
    for axis in range(3):
        affine, shape = turned(oblique(), (14, 12, 1), np.roll([0, 1, 2], axis), (1, 1, 1))
        cine = read_nifti(saved(tmp_path, painted(affine, shape, 16), affine))
        assert cine.pixels.shape == (1, 16, 12, 14)
        assert cine.geometry.thickness_mm == pytest.approx(8.0)


def test_axes_of_one_sample_are_dropped(tmp_path: Path) -> None:
    voxels = painted(oblique(), SHAPE, 16)
    for packed in (voxels[:, :, :, None], voxels[..., None]):
        cine = read_nifti(saved(tmp_path, packed, oblique()))
        assert np.array_equal(cine.file_grid.to_file_axes(cine.pixels), voxels)
        assert cine.times_ms is not None and cine.times_ms[0, 1] == pytest.approx(50.0)


@pytest.mark.parametrize("third", [0.04, 40.0])
def test_three_axes_without_a_slice_distance_are_one_slice_over_time(third: float, tmp_path: Path) -> None:
    film = painted(oblique(), (14, 12, 1), 20)[:, :, 0]
    affine = oblique()
    affine[:3, 2] *= third / 8.0
    units = ("mm", "sec" if third < 1 else "msec")
    cine = read_nifti(saved(tmp_path, film, affine, units=units))
    assert cine.pixels.shape == (1, 20, 12, 14) and "third-axis-taken-as-time" in codes(cine)
    assert cine.times_ms is not None and cine.times_ms[0, 1] == pytest.approx(40.0)
    assert cine.geometry.pixel_spacing_mm == pytest.approx((1.25, 1.5))
    assert np.isnan(cine.geometry.slice_step_mm)


@pytest.mark.parametrize(
    ("third", "toffset", "samples"), [(8.0, 0.0, 20), (1.5, 0.0, 20), (0.04, 0.3, 20), (0.04, 0.0, 4)]
)
def test_three_axes_that_may_be_a_volume_are_not_taken_for_time(
    third, toffset, samples, tmp_path: Path
) -> None:
    affine = np.diag([1.5, 1.5, third, 1.0])
    path = saved(tmp_path, painted(affine, (14, 12, samples), 1)[..., 0], affine, toffset=toffset)
    with pytest.raises(NotACineError, match="one moment"):
        read_nifti(path)
    assert read_nifti(path, ReadOptions(axes="XYT")).frames == samples


def test_axes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = cine_file(tmp_path)
    for wrong in ("TXYZ", "XYT"):
        with pytest.raises(ReadError, match="time last"):
            read_nifti(path, ReadOptions(axes=wrong))


def test_scale_and_offset_apply(tmp_path: Path) -> None:
    stored = np.arange(14 * 12 * 4 * 16, dtype=np.int16).reshape(14, 12, 4, 16)
    image = nib.Nifti1Image(stored, oblique())
    image.header.set_slope_inter(0.5, 10.0)
    image.header.set_zooms((1.5, 1.25, 8.0, 0.05))
    nib.save(image, tmp_path / "a.nii")
    cine = read_nifti(tmp_path / "a.nii")
    assert cine.file_grid.to_file_axes(cine.pixels) == pytest.approx(np.asarray(image.dataobj) * 0.5 + 10.0)


def test_both_byte_orders_and_both_versions(tmp_path: Path) -> None:
    voxels = painted(oblique(), SHAPE, 16).astype(np.int16)
    swapped = nib.Nifti1Header(endianness=">")
    swapped.set_data_dtype(np.int16)
    for image in (nib.Nifti2Image(voxels, oblique()), nib.Nifti1Image(voxels, oblique(), swapped)):
        nib.save(image, tmp_path / "a.nii")
        cine = read_nifti(tmp_path / "a.nii")
        assert np.array_equal(cine.file_grid.to_file_axes(cine.pixels), voxels)
        assert cine.pixels.dtype == np.int16


def test_pixels_that_are_no_numbers_are_filled_and_said(tmp_path: Path) -> None:
    voxels = painted(oblique(), SHAPE, 16)
    voxels[0, 0, 0, 0], voxels[1, 1, 1, 1] = np.nan, np.inf
    cine = read_nifti(saved(tmp_path, voxels, oblique()))
    assert np.isfinite(cine.pixels).all() and cine.pixels.min() == np.nanmin(voxels)
    assert "2 pixels" in next(f.text for f in cine.findings if f.code == "not-a-number-pixels")


def test_masks_and_empty_files_are_not_cines(tmp_path: Path) -> None:
    labels = np.zeros((*SHAPE, 16), np.uint8)
    with pytest.raises(NotACineError, match="same value"):
        read_nifti(saved(tmp_path, labels, oblique()))
    labels[4:8, 4:8], labels[5:7, 5:7] = 2, 1
    with pytest.raises(NotACineError, match=r"mask: 3 whole numbers.*\(cine.nii.gz\)"):
        read_nifti(saved(tmp_path, labels, oblique()))
    with pytest.raises(NotACineError, match="number"):
        read_nifti(saved(tmp_path, np.full((*SHAPE, 16), np.nan, np.float32), oblique()))


@pytest.mark.parametrize("dtype", [np.complex64, np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])])
def test_complex_and_colour_are_refused(dtype, tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(np.zeros((*SHAPE, 16), dtype), oblique()), tmp_path / "a.nii")
    with pytest.raises(ReadError, match="in grey"):
        read_nifti(tmp_path / "a.nii")


def test_cut_off_files_are_damaged(tmp_path: Path) -> None:
    packed = cine_file(tmp_path).read_bytes()
    for data in (packed, gzip.decompress(packed)):
        for cut in (3, 200, 348, len(data) // 2, len(data) - 9):
            (tmp_path / "cut.nii").write_bytes(data[:cut])
            with pytest.raises(ReadError, match="damaged|not a NIfTI"):
                read_nifti(tmp_path / "cut.nii")


def test_a_declared_size_is_judged_before_the_voxels_are_read(tmp_path: Path) -> None:
    header = nib.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape((30000, 30000, 30, 30))
    header["magic"], header["vox_offset"] = b"n+1", 352
    (tmp_path / "bomb.nii.gz").write_bytes(gzip.compress(header.binaryblock + bytes(100)))
    with pytest.raises(ReadError, match="30000 x 30000"):
        read_nifti(tmp_path / "bomb.nii.gz")
    with pytest.raises(ReadError, match="more than 100"):
        read_nifti(cine_file(tmp_path), ReadOptions(max_pixels=100))


def test_header_fields_beyond_reason_are_refused(tmp_path: Path) -> None:
    for field, value, what in (
        ("vox_offset", 3e9, "beyond reason"),
        ("vox_offset", np.nan, "beyond reason"),
        ("datatype", 77, "unknown type"),
        ("magic", b"ni1", "without its voxels"),
        ("magic", b"xyz", "not a NIfTI"),
        ("dim", [2, 5, 5, 1, 1, 1, 1, 1], "shape"),
        ("dim", [4, 5, -5, 1, 9, 1, 1, 1], "shape"),
    ):
        with pytest.raises(ReadError, match=what):
            read_nifti(cine_file(tmp_path, **{field: value}))


def test_something_else_is_not_nifti(tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_bytes(b"hello, this is a letter" * 100)
    with pytest.raises(ReadError, match="not a NIfTI"):
        read_nifti(tmp_path / "a.nii")


def test_time_before_the_slices_is_read_by_its_name(tmp_path: Path) -> None:
    voxels = painted(oblique(), SHAPE, 16)
    image = nib.Nifti1Image(voxels.transpose(0, 1, 3, 2), np.eye(4))
    image.header.set_zooms((1.5, 1.25, 0.05, 8.0))
    image.set_sform(None, 0)
    image.set_qform(None, 0)
    nib.save(image, tmp_path / "xytz.nii.gz")
    cine = read_nifti(tmp_path / "xytz.nii.gz", ReadOptions(axes="XYTZ"))
    assert np.array_equal(cine.pixels, np.moveaxis(voxels, (2, 3, 1, 0), (0, 1, 2, 3)))
    assert cine.geometry.slice_step_mm == pytest.approx(8.0) and cine.geometry.calibrated
    assert cine.heart_rate_bpm == pytest.approx(75.0)

"""Arrays: axes by name, facts from the file or the user, nothing guessed in silence."""

from __future__ import annotations

import pickle
import zipfile
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from lvcine.errors import NotACineError, ReadError
from lvcine.read.arrays import read_array
from lvcine.read.options import ReadOptions
from lvcine.study import Cine, View

STACK = np.random.default_rng(0).integers(0, 1000, (3, 5, 7, 9)).astype(np.int16)
TOLD = ReadOptions(spacing_mm=(1.5, 1.25), slice_step_mm=8.0)


def codes(cine: Cine) -> list[str]:
    return [f.code for f in cine.findings]


def test_four_axes_are_slices_frames_rows_columns() -> None:
    cine = read_array(STACK)
    assert np.array_equal(cine.pixels, STACK) and cine.gated
    assert not cine.geometry.calibrated and not cine.geometry.placed and cine.times_ms is None
    assert codes(cine) == ["no-pixel-spacing", "no-slice-step", "no-frame-times"]


def test_three_axes_are_one_slice() -> None:
    cine = read_array(STACK[0])
    assert np.array_equal(cine.pixels[0], STACK[0]) and codes(cine) == ["no-pixel-spacing", "no-frame-times"]


@pytest.mark.parametrize("axes", ["".join(p) for p in permutations("ZTYX")])
def test_any_order_of_axes_by_their_letters(axes: str) -> None:
    stored = STACK.transpose(["ZTYX".index(letter) for letter in axes])
    assert np.array_equal(read_array(stored, ReadOptions(axes=axes)).pixels, STACK)


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((5, 5), None), ((2,) * 5, None), ((3, 4, 5), "ZYX"), ((3, 4, 5), "ZTYX")],
)
def test_unclear_axes_are_asked_for(shape, axes) -> None:
    with pytest.raises(ReadError, match='axes="TYX"'):
        read_array(np.random.default_rng(0).random(shape), ReadOptions(axes=axes))


def test_more_slices_and_frames_than_pixels_are_axes_in_another_order() -> None:
    with pytest.raises(ReadError, match="slices of 40 frames of 9 x 20 pixels"):
        read_array(np.random.default_rng(0).random((36, 40, 9, 20)))
    assert read_array(np.random.default_rng(0).random((36, 40, 9, 20)), ReadOptions(axes="YXZT")).slices == 9


def test_the_user_calibrates() -> None:
    cine = read_array(STACK, ReadOptions((1.5, 1.25), 8.0, 40.0, View.SAX))
    assert cine.geometry.calibrated and cine.geometry.pixel_spacing_mm == (1.5, 1.25)
    assert cine.geometry.slice_step_mm == 8.0 and cine.view is View.SAX
    assert cine.cycle_ms is not None and cine.cycle_ms.tolist() == [200.0] * 3
    assert set(codes(cine)) == {"given-by-user"}
    without_step = read_array(STACK, ReadOptions(spacing_mm=(1.5, 1.25)))
    assert not without_step.geometry.calibrated and "no-slice-step" in codes(without_step)


def test_two_frames_are_two_phases() -> None:
    cine = read_array(STACK[:, :2], TOLD)
    assert cine.phases_only and cine.times_ms is None and "two-phases-only" in codes(cine)
    assert not read_array(STACK, ReadOptions(gated=False)).gated


def test_one_frame_is_no_cine() -> None:
    with pytest.raises(NotACineError, match="single frame"):
        read_array(STACK[:, :1])


@pytest.mark.parametrize(
    ("pixels", "what"),
    [
        (STACK.astype(np.complex64), "magnitude"),
        (STACK > 500, "bool"),
        (STACK.astype(object), "object"),
        (STACK.astype("S4"), "numbers"),
        (np.zeros((5, 7, 9, 3)), "grey"),
        (np.zeros((2, 5, 7, 9, 3)), "grey"),
        (STACK[:, :, :0], "pixels"),
    ],
)
def test_what_is_no_grey_number_is_refused(pixels: np.ndarray, what: str) -> None:
    with pytest.raises(ReadError, match=what):
        read_array(pixels)


def test_npy_comes_back_as_saved(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.asfortranarray(STACK))
    cine = read_array(tmp_path / "a.npy", TOLD)
    assert np.array_equal(cine.pixels, STACK) and cine.pixels.dtype == np.int16


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_brings_its_facts(save, tmp_path: Path) -> None:
    times = np.arange(5) * 50.0 + np.array([[0.0], [5.0], [10.0]])
    save(tmp_path / "a.npz", pixels=STACK, spacing_mm=[1.5, 1.25], step_mm=8.0, times_ms=times)
    cine = read_array(tmp_path / "a.npz")
    assert cine.geometry.calibrated and cine.geometry.pixel_spacing_mm == (1.5, 1.25)
    assert cine.geometry.slice_step_mm == 8.0
    assert np.array_equal(cine.times_ms, times) and cine.cycle_ms == pytest.approx(np.full(3, 250.0))
    assert codes(cine) == []


def test_one_array_of_any_name_will_do_and_one_size_holds_both_ways(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", anything=STACK, spacing_mm=1.4, step_mm=8.0, times_ms=np.arange(5) * 50)
    cine = read_array(tmp_path / "a.npz")
    assert cine.geometry.pixel_spacing_mm == (1.4, 1.4) and np.array_equal(cine.pixels, STACK)
    assert cine.times_ms is not None and cine.times_ms[2].tolist() == [0, 50, 100, 150, 200]
    np.savez(tmp_path / "b.npz", one=STACK, two=STACK)
    with pytest.raises(ReadError, match=r"one, two \(b.npz\).*pixels"):
        read_array(tmp_path / "b.npz")


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        ({"spacing_mm": [1.0, -1.0]}, "spacing_mm"),
        ({"spacing_mm": [1.0, 1.0, 8.0]}, "spacing_mm"),
        ({"step_mm": np.nan}, "step_mm"),
        ({"times_ms": [0, 50, 100]}, "times_ms of shape"),
        ({"times_ms": [0, 50, 40, 100, 150]}, "increase"),
    ],
)
def test_facts_that_make_no_sense_are_refused(facts, what: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", pixels=STACK, **facts)
    with pytest.raises(ReadError, match=rf"{what}.*\(a.npz\)"):
        read_array(tmp_path / "a.npz")


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object))
    np.savez(tmp_path / "a.npz", pixels=np.array([{"a": 1}], dtype=object))
    (tmp_path / "b.npy").write_bytes(pickle.dumps(STACK))
    for name in ("a.npy", "a.npz", "b.npy"):
        with pytest.raises(ReadError, match=name):
            read_array(tmp_path / name)


def test_damage_is_damage(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", STACK)
    np.savez_compressed(tmp_path / "a.npz", pixels=STACK)
    for name in ("a.npy", "a.npz"):
        whole = (tmp_path / name).read_bytes()
        for cut in (0, 5, 60, len(whole) // 2, len(whole) - 1):
            (tmp_path / "cut").write_bytes(whole[:cut])
            with pytest.raises(ReadError, match=r"\(cut\)"):
                read_array(tmp_path / "cut")
    with pytest.raises(ReadError):
        read_array(tmp_path / "gone.npy")


def header_only(shape: tuple[int, ...]) -> bytes:
    text = f"{{'descr': '<i2', 'fortran_order': False, 'shape': {shape}}}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def test_declared_sizes_are_judged_before_memory_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(header_only((3, 5, 10**6, 10**6)) + bytes(100))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("pixels.npy", header_only((3, 5, 10**6, 10**6)) + bytes(100))
    for name in ("a.npy", "a.npz"):
        with pytest.raises(ReadError, match=name):
            read_array(tmp_path / name)
    with pytest.raises(ReadError, match="944 pixels"):
        read_array(STACK, ReadOptions(max_pixels=944))


def test_unusual_compression_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("pixels.npy", header_only((1, 2, 3, 4)) + bytes(48))
    with pytest.raises(ReadError, match="unusual"):
        read_array(tmp_path / "a.npz")


def test_pixels_that_are_no_numbers_are_filled_and_masks_refused() -> None:
    holes = STACK.astype(np.float32)
    holes[0, 0, 0, 0] = np.nan
    cine = read_array(holes)
    assert np.isfinite(cine.pixels).all() and "not-a-number-pixels" in codes(cine)
    with pytest.raises(NotACineError, match="mask"):
        read_array(STACK % 3)


def test_time_last_is_not_taken_for_columns():
    """Rows, columns and 30 frames: by default the axes would be 112 frames of 112 x 30 pixels."""
    pixels = np.random.default_rng(0).random((112, 112, 30))
    with pytest.raises(ReadError, match="112 frames of 112 x 30 pixels"):
        read_array(pixels)
    assert read_array(pixels, ReadOptions(axes="YXT")).pixels.shape == (1, 30, 112, 112)

"""Films of one slice: as many frames, as fast, as bright as the cine."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from lvcine.errors import UsageError
from lvcine.phantom.write import write_video
from lvcine.study import Cine, Geometry

SUFFIXES = (".avi", ".mp4", ".mov", ".gif")


def cine(step_ms: float | None = 40.0, shape=(64, 48)) -> Cine:
    """A bright bar that moves down, in the second of two slices."""
    pixels = np.zeros((2, 6, *shape), np.uint16)
    for t in range(6):
        pixels[1, t, 8 * t : 8 * t + 8] = 1000
    times = None if step_ms is None else np.tile(np.arange(6) * step_ms, (2, 1))
    return Cine(pixels, Geometry.stack(2, (1.0, 1.0), 8.0), times_ms=times)


def frames(path: Path) -> tuple[np.ndarray, list[float]]:
    with av.open(str(path)) as film:
        decoded = list(film.decode(video=0))
    return np.stack([f.to_ndarray(format="gray") for f in decoded]), [float(f.time) for f in decoded]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_bar_moves_as_in_the_cine(suffix: str, tmp_path: Path) -> None:
    shown, times = frames(write_video(cine(), tmp_path / f"a{suffix}", slice_index=1))
    assert shown.shape == (6, 64, 48)
    assert np.diff(times) == pytest.approx(0.04, abs=1e-6)
    for t, picture in enumerate(shown):
        rows = np.argwhere(picture.mean(axis=1) > 128).ravel()
        assert rows.min() == 8 * t and rows.max() == 8 * t + 7


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_odd_sizes_and_no_times(suffix: str, tmp_path: Path) -> None:
    shown, times = frames(write_video(cine(None, (51, 37)), tmp_path / f"a{suffix}"))
    assert shown.shape == (6, 51, 37) and shown.max() < 40
    assert np.diff(times) == pytest.approx(0.04, abs=1e-6)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_cine_gives_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    a, b = (write_video(cine(), tmp_path / f"{name}{suffix}").read_bytes() for name in "ab")
    assert a == b


def test_frame_rates_that_are_no_whole_numbers(tmp_path: Path) -> None:
    _, times = frames(write_video(cine(33.3), tmp_path / "a.mp4"))
    assert np.diff(times) == pytest.approx(0.0333, rel=1e-3)


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.mp4"):
        write_video(cine(), tmp_path / "a.wmv")
    assert list(tmp_path.iterdir()) == []

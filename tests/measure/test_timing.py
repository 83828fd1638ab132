"""One time axis out of slices with their own heart rates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lvcine.measure.timing import frame_times_ms


def test_frames_are_moments_of_the_cycle_not_milliseconds(usual):
    beats = np.array([800.0] * 4 + [1000.0] * 5)
    cine = replace(usual.cine, cycle_ms=beats, times_ms=np.arange(20) / 20 * beats[:, None])
    times, cycle = frame_times_ms(cine)
    assert cycle == 1000.0
    assert times == pytest.approx(np.arange(20) * 50.0)


def test_a_late_frame_that_only_slow_slices_have_stays_in_order(usual):
    """Fixed 50 ms a frame: the fast beats end before the last frames of the slow ones."""
    beats = np.array([600.0] * 8 + [1000.0])
    times = np.tile(np.arange(20) * 50.0, (9, 1))
    times[times >= beats[:, None]] = np.nan
    found, cycle = frame_times_ms(replace(usual.cine, cycle_ms=beats, times_ms=times))
    assert cycle == 600.0
    assert found[11] == pytest.approx(550.0)
    assert found[19] == pytest.approx(0.95 * 600)  # 95 % of the cycle in the one slice that has it


def test_a_slice_without_times_does_not_spoil_the_rest(usual):
    lost = usual.cine.times_ms.copy()
    lost[2] = np.nan
    times, _ = frame_times_ms(replace(usual.cine, times_ms=lost))
    assert times == pytest.approx(np.arange(20) * 45.0)


def test_what_the_file_does_not_say_stays_unknown(usual):
    assert frame_times_ms(replace(usual.cine, times_ms=None)) == (None, 900.0)
    times, cycle = frame_times_ms(replace(usual.cine, cycle_ms=None))
    assert cycle is None and times == pytest.approx(np.arange(20) * 45.0)
    assert frame_times_ms(replace(usual.cine, times_ms=np.full((9, 20), np.nan)))[0] is None
    assert frame_times_ms(replace(usual.cine, cycle_ms=np.full(9, np.nan)))[1] is None

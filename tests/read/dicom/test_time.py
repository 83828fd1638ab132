"""Order in time, repeats and beats of one slice."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.read.dicom.time import acquisitions, choose_clock, make_run, why_no_cine


def series_of(dicom, field, values, **facts):
    return [dicom.picture(**{field: v, "instance": float(k)}, **facts) for k, v in enumerate(values)]


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("trigger_ms", "trigger time"),
        ("delay_ms", "trigger delay"),
        ("percent", "percentage of the cycle"),
        ("temporal_index", "temporal position"),
        ("acquired_s", "acquisition time"),
        ("content_s", "content time"),
    ],
)
def test_any_of_the_clocks_orders_against_the_instance_number(dicom, field, name):
    images = series_of(dicom, field, [4.0, 3.0, 2.0, 1.0, 0.0])
    run = make_run(images)
    assert run.clock == name and [image.instance for image in run.images] == [4.0, 3.0, 2.0, 1.0, 0.0]


def test_the_instance_number_is_the_last_resort(dicom):
    run = make_run(series_of(dicom, "trigger_ms", [0.0] * 5))
    assert run.clock == "instance number" and run.times_ms is None


def test_a_clock_that_one_picture_lacks_is_not_used(dicom):
    images = series_of(dicom, "trigger_ms", [0.0, 40.0, None], temporal_index=None)
    assert choose_clock(images).name == "instance number"


def test_three_values_among_many_pictures_are_no_clock(dicom):
    images = series_of(dicom, "trigger_ms", [100.0, 101.0, 100.0] * 7)
    assert choose_clock(images).name == "instance number"


def test_times_and_stated_cycle(dicom):
    run = make_run(series_of(dicom, "trigger_ms", [80.0, 0.0, 40.0], interval_ms=130.0))
    assert np.array_equal(run.times_ms, [0.0, 40.0, 80.0])
    assert run.cycle_ms == 130.0 and run.cycle_stated
    assert np.allclose(run.phases, np.array([0, 40, 80]) / 130)


def test_the_cycle_is_frames_times_interval_where_no_rate_is_stated(dicom):
    run = make_run(series_of(dicom, "trigger_ms", [0.0, 40.0, 80.0, 120.0]))
    assert run.cycle_ms == 160.0 and not run.cycle_stated


def test_percent_becomes_time_through_the_cycle(dicom):
    run = make_run(series_of(dicom, "percent", [0.0, 25.0, 50.0, 75.0], interval_ms=800.0))
    assert np.allclose(run.times_ms, [0, 200, 400, 600])


def test_an_ordinal_spreads_the_frames_over_the_cycle(dicom):
    run = make_run(series_of(dicom, "temporal_index", [1.0, 2.0, 3.0, 4.0], interval_ms=800.0))
    assert np.allclose(run.times_ms, [0, 200, 400, 600])
    assert make_run(series_of(dicom, "temporal_index", [1.0, 2.0])).times_ms is None


class TestRepeats:
    def test_one_clean_acquisition_stays_whole(self, dicom):
        images = series_of(dicom, "trigger_ms", np.arange(20) * 37.5, interval_ms=750.0)
        assert [run.frames for run in acquisitions(images)] == [20]

    def test_uneven_trigger_times_and_a_lost_frame_are_no_repeats(self, dicom):
        times = np.delete(np.arange(20) * 40.0 + np.tile([0.0, 4.0], 10), 7)
        assert [run.frames for run in acquisitions(series_of(dicom, "trigger_ms", times))] == [19]

    def test_two_series_are_two_acquisitions(self, dicom):
        first = series_of(dicom, "trigger_ms", np.arange(10) * 80.0, series="a")
        second = series_of(dicom, "trigger_ms", np.arange(10) * 82.0, series="b")
        assert [{i.series for i in run.images} for run in acquisitions(first + second)] == [{"a"}, {"b"}]

    def test_one_picture_per_series_is_one_acquisition(self, dicom):
        images = [dicom.picture(trigger_ms=80.0 * k, series=str(k)) for k in range(10)]
        assert [run.frames for run in acquisitions(images)] == [10]

    def test_the_same_times_twice_in_one_series(self, dicom):
        times = np.tile(np.arange(10) * 80.0, 2)
        runs = acquisitions(series_of(dicom, "trigger_ms", times, interval_ms=800.0))
        assert [run.frames for run in runs] == [10, 10]
        assert {image.instance for image in runs[0].images} == set(range(10))

    def test_two_breath_holds_with_different_heart_rates_in_one_series(self, dicom):
        slow = [dicom.picture(trigger_ms=80.0 * k, interval_ms=800.0) for k in range(10)]
        fast = [dicom.picture(trigger_ms=77.0 * k, interval_ms=770.0) for k in range(10)]
        mixed = [image for pair in zip(slow, fast, strict=True) for image in pair]
        runs = acquisitions(mixed)
        assert sorted(run.cycle_ms for run in runs) == [770.0, 800.0]
        assert all(np.ptp(np.diff(run.times_ms)) < 1e-9 for run in runs)

    def test_an_interval_that_jitters_by_frame_splits_nothing(self, dicom):
        images = [dicom.picture(trigger_ms=40.0 * k, interval_ms=800.0 + k % 2) for k in range(20)]
        assert [run.frames for run in acquisitions(images)] == [20]

    def test_a_run_over_several_beats_is_cut_into_beats(self, dicom):
        images = series_of(dicom, "trigger_ms", np.arange(50) * 40.0, interval_ms=800.0)
        runs = acquisitions(images)
        assert [run.frames for run in runs] == [20, 20, 10]
        assert all(np.allclose(run.times_ms, np.arange(run.frames) * 40.0) for run in runs)


class TestNoCine:
    def why(self, images):
        return why_no_cine(make_run(images))

    def test_a_cine_has_no_excuse(self, dicom):
        assert self.why(series_of(dicom, "trigger_ms", np.arange(20) * 40.0)) == ""

    def test_a_slow_heart_with_few_frames_is_a_cine(self, dicom):
        assert self.why(series_of(dicom, "trigger_ms", np.arange(4) * 300.0)) == ""

    def test_one_frame(self, dicom):
        assert "one frame" in self.why(series_of(dicom, "trigger_ms", [0.0]))

    def test_perfusion_by_trigger_or_by_clock_time(self, dicom):
        assert "per heart beat" in self.why(series_of(dicom, "trigger_ms", np.arange(40) * 900.0))
        assert "per heart beat" in self.why(series_of(dicom, "acquired_s", 100.0 + np.arange(40) * 0.9))

    def test_relaxation_maps(self, dicom):
        echoes = [dicom.picture(echo_ms=2.0 * k, instance=float(k)) for k in range(8)]
        inversions = [dicom.picture(inversion_ms=90.0 * k, instance=float(k)) for k in range(8)]
        assert "echo times" in self.why(echoes) and "inversion times" in self.why(inversions)

    def test_two_pictures_of_one_phase(self, dicom):
        assert "same phase" in self.why(series_of(dicom, "trigger_ms", [300.0, 301.0], interval_ms=800.0))
        assert self.why(series_of(dicom, "trigger_ms", [0.0, 301.0], interval_ms=800.0)) == ""

    def test_nothing_tells_the_order(self, dicom):
        assert "orders" in self.why([dicom.picture(), dicom.picture()])

"""By its beats a clip's clock can be found out."""

import numpy as np
import pytest

from lvcine.measure.clip_clock import clock_doubts
from lvcine.measure.plausibility import unusual
from lvcine.study import Beat, Cine, Geometry, Measurement


def codes(systole_ms, beat_ms, step_ms=10.0, header_ms=None, beats=3, pixel_mm=0.5):
    """Beats of so many ms, of which systole takes so many, at frames ``step_ms`` apart."""
    frames = int(beats * beat_ms / step_ms) + 2
    found = tuple(
        Beat(int(k * beat_ms / step_ms), int((k * beat_ms + systole_ms) / step_ms), 50.0, None, None)
        for k in range(beats)
    )
    cine = Cine(
        np.zeros((1, frames, 4, 4), np.uint8),
        Geometry.stack(1, (pixel_mm, pixel_mm), 1.0),
        times_ms=np.arange(frames)[None] * step_ms,
        cycle_ms=None if header_ms is None else np.array([header_ms]),
        gated=False,
        modality="US",
    )
    return [finding.code for finding in clock_doubts(found, cine.times_ms[0], cine)]


@pytest.mark.parametrize(("rate", "systole"), [(50, 440), (70, 400), (110, 315), (160, 210)])
def test_hearts_by_weissler_are_not_doubted(rate, systole):
    assert codes(systole, 60000 / rate, header_ms=60000 / rate * 1.1) == []


def test_slowed_hurried_and_backwards():
    assert codes(700, 1700) == ["clip-slowed"]
    assert codes(40, 90) == ["clip-hurried"] and codes(40, 90, step_ms=2.0, pixel_mm=0.04) == []
    assert codes(560, 900) == ["clip-backwards"]


def test_the_header_and_the_beats_disagree():
    assert codes(300, 800, header_ms=2000.0) == ["heart-rate-differs"]
    assert codes(300, 800, header_ms=2000.0, beats=1) == []


def test_rates_of_no_man_are_said_and_those_of_mice_are_not():
    def of(rate, edv):
        return [
            f.code
            for f in unusual(
                [Measurement("heart_rate_bpm", rate, "1/min", ""), Measurement("edv_ml", edv, "mL", "")]
            )
        ]

    assert of(25, 150) == ["heart-rate-unusual"] and of(300, 150) == ["heart-rate-unusual"]
    assert of(70, 150) == [] and of(500, 0.06) == ["edv-unusual"]

"""A stream of frames with a net whose answer is the picture's own brightness."""

from types import SimpleNamespace

import numpy as np
import pytest

from lvcine.errors import ReadError
from lvcine.systems.echo import live as module
from lvcine.systems.echo.live import Live

SIZE, STEP_MS = 64, 25.0
Y, X = np.mgrid[:96, :96] - 47.5
RNG = np.random.default_rng(0)


def picture(time_ms: float, scale: float = 1.0) -> np.ndarray:
    """A half ellipse, dark in bright muscle, that beats once in 800 ms; atrium below."""
    phase = (time_ms - 100.0) % 800.0 / 800.0
    squeeze = np.sin(np.pi * min(phase / 0.7, 1.0)) ** 2
    wide, tall = scale * (16 - 4 * squeeze), scale * (34 - 3 * squeeze)
    base = 14.0
    above = base + 0.5 > Y
    inner = ((X / wide) ** 2 + ((Y - base) / tall) ** 2 < 1) & above
    outer = ((X / (wide + 7)) ** 2 + ((Y - base) / (tall + 7)) ** 2 < 1) & above
    grey = np.where(inner, 40, np.where(outer, 200, 110))
    return np.clip(grey + RNG.normal(0, 6, grey.shape), 20, 255).astype(np.uint8)


class Bright:
    """Dark is cavity, bright is myocardium; remembers only how often it was asked."""

    card = SimpleNamespace(
        contract=SimpleNamespace(size=(SIZE, SIZE)), results={"states": [[1, 1, 1]], "warm": 0}
    )

    def __call__(self, inputs):
        x = inputs["frame"][0, 0] * 255
        centres = (110, 40, 200, 400)
        logits = np.stack([-(((x - c) / 15) ** 2) for c in centres])[None].astype(np.float32)
        return {"logits": logits, "view": np.zeros((1, 3), np.float32), "after_0": inputs["state_0"] + 1}


@pytest.fixture
def live(monkeypatch):
    monkeypatch.setattr(module, "load", lambda *a, **k: Bright())
    return Live(view="A4C", spacing_mm=(1.0, 1.0))


def area(time_ms: float) -> float:
    squeeze = np.sin(np.pi * min((time_ms - 100.0) % 800.0 / 800.0 / 0.7, 1.0)) ** 2
    return np.pi / 2 * (16 - 4 * squeeze) * (34 - 3 * squeeze)


def test_every_frame_gives_its_area_and_beats_their_fraction(live):
    seen = [live.push(picture(t), t) for t in np.arange(0, 4000, STEP_MS)]
    for k in (60, 90, 120):
        assert seen[k].area == pytest.approx(area(k * STEP_MS), rel=0.06)
    true = 1 - (12 / 16) ** 2 * 31 / 34
    assert seen[10].beats == 0 and np.isnan(seen[10].ef_percent)
    assert seen[-1].beats in (4, 5) and seen[-1].ef_percent == pytest.approx(100 * true, abs=4)
    assert not any(s.began_anew for s in seen)


def test_what_is_remembered_does_not_grow(live):
    for t in np.arange(0, 12000, STEP_MS):
        live.push(picture(t), t)
    assert len(live._course) <= module.REMEMBERED_MS / STEP_MS + 1 and len(live._recent) == module.LOOKED_AT


def test_dropped_frames_clear_the_memory_but_not_the_course(live):
    for t in np.arange(0, 1000, STEP_MS):
        live.push(picture(t), t)
    asked = float(live.steps._states["state_0"].max())
    seen = live.push(picture(1600), 1600.0)
    assert seen.began_anew == "frames dropped" and np.isfinite(seen.area)
    assert asked >= 40 and float(live.steps._states["state_0"].max()) == 1.0 and len(live._course) > 40


def test_another_picture_clears_everything_and_its_scale_is_not_known(live):
    for t in np.arange(0, 500, STEP_MS):
        live.push(picture(t), t)
    other = live.push(np.ascontiguousarray(np.rot90(picture(500, 0.6), 1)), 500.0)
    assert other.began_anew == "picture changed" and live.spacing_mm is None and len(live._course) == 1
    shape = live.push(np.zeros((50, 70), np.uint8) + picture(0)[:50, :70], 525.0)
    assert shape.began_anew == "picture changed" and shape.segmentation.labels.shape == (50, 70)


@pytest.mark.parametrize("frame", [np.zeros((3, 96, 96), np.uint8), np.zeros((4, 4), np.uint8)])
def test_what_is_no_picture_is_refused(live, frame):
    with pytest.raises(ReadError):
        live.push(frame)


def test_time_does_not_run_backwards(live):
    live.push(picture(0), 100.0)
    with pytest.raises(ReadError, match="backwards"):
        live.push(picture(0), 50.0)

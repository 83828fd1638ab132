"""A clip from both ends: neither early nor late, in parts as in one."""

import numpy as np
import pytest

from lvcine.systems.echo import bidirectional as both_ends
from lvcine.systems.echo.bidirectional import predict_bidirectional


class Late:
    """Answers with half of the frame and half of its last answer."""

    remembers = True

    def __init__(self) -> None:
        self.last = None
        self.asked = 0

    def forget(self) -> None:
        self.last = None

    def __call__(self, frame):
        self.asked += 1
        self.last = frame if self.last is None or not self.remembers else (frame + self.last) / 2
        return self.last, None


def seen(signal: np.ndarray, steps=None, spread: float = 0.0) -> np.ndarray:
    found = predict_bidirectional(steps or Late(), lambda t: np.full((1, 1), signal[t]), len(signal), spread)
    return np.array([float(x[0, 0]) for x, _ in found])


BUMP = np.exp(-(((np.arange(61) - 30) / 6.0) ** 2))


def test_a_late_answer_becomes_one_in_time():
    forth = np.array([float(s[0, 0]) for s, _ in map(Late().__call__, [np.full((1, 1), v) for v in BUMP])])
    centre = [(np.arange(61) * s).sum() / s.sum() for s in (BUMP, forth, seen(BUMP))]
    assert centre[1] - centre[0] > 0.9 and abs(centre[2] - centre[0]) < 0.01
    np.testing.assert_allclose(seen(BUMP), seen(BUMP[::-1])[::-1])


def test_a_long_clip_in_parts_is_as_in_one(monkeypatch):
    signal = np.random.default_rng(0).random(100)
    whole = seen(signal, spread=1.0)
    monkeypatch.setattr(both_ends, "AT_ONCE", 17)
    np.testing.assert_allclose(seen(signal, spread=1.0), whole, atol=2e-3)  # half of a half ... of 12 frames


def test_a_net_without_memory_is_asked_once():
    steps = Late()
    steps.remembers = False
    signal = np.random.default_rng(1).random(9)
    np.testing.assert_allclose(seen(signal, steps), signal)
    assert steps.asked == 9


def test_smoothing_keeps_the_mean_and_takes_the_jitter():
    signal = 0.5 + 0.1 * (-1.0) ** np.arange(40)
    steps = Late()
    steps.remembers = False
    smooth = seen(signal, steps, spread=1.0)
    assert smooth[5:-5].std() < 0.01 and smooth.mean() == pytest.approx(0.5, abs=0.005)

"""The form and the way back: turned, mirrored, scaled scans show the same picture and the same numbers."""

import numpy as np
import pytest

from lvcine.systems.quantification.prepare import AROUND, Form, form_of, scaled, wrapped

TURN = np.linspace(0, 2 * np.pi, 90, endpoint=False)


def blob(spacing=(1.0, 1.0), angle=0.0, mirror=False, size=140):
    """A disc with a mark towards the septum and a smaller one towards anterior; the septum's direction."""
    rows, columns = np.indices((round(size / spacing[0]), round(size / spacing[1]))).astype(float)
    y, x = rows * spacing[0] - 70.0, columns * spacing[1] - 70.0
    c, s = np.cos(angle), np.sin(angle)
    y, x = (-y if mirror else y), x
    v, u = c * y - s * x, s * y + c * x
    picture = np.clip(25.5 - np.hypot(v, u), 0, 1) * 100
    picture += np.clip(6.5 - np.hypot(v, u + 34), 0, 1) * 200  # left
    picture += np.clip(4.5 - np.hypot(v + 34, u), 0, 1) * 150  # up
    septum = np.array([-s, -c])  # v = 0, u = -1
    return picture, septum * ([-1.0, 1.0] if mirror else [1.0, 1.0]), -1 if mirror else 1


@pytest.mark.parametrize("angle", [0.0, 1.1, -2.5])
@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.5, 0.8)])
def test_any_way_round_shows_the_same(angle, mirror, spacing):
    circle = 25 * np.stack([np.sin(TURN), np.cos(TURN)], 1) + 70
    plain, septum, sense = blob()
    expected = form_of([circle], septum, sense, (1.0, 1.0)).resample(plain[None])[0]
    turned, septum, sense = blob(spacing, angle, mirror)
    form = form_of([circle], septum, sense, spacing)
    assert form.side_mm == pytest.approx(AROUND * 50, rel=1e-2)
    seen = form.resample(turned[None])[0]
    assert np.abs(seen - expected).mean() < 2.5
    assert seen[:, :12].mean() > 5 * seen[:, -12:].mean()  # the mark of the septum lies left
    assert seen[:12].mean() > 3 * seen[-12:].mean()  # the anterior one up


def test_there_and_back_and_in_millimetres():
    form = Form((60.0, 52.0), 90.0, (0.6, -0.8), -1, (0.7, 1.3))
    points = np.random.default_rng(0).uniform(0, 80, (12, 2))
    assert form.to_picture(form.to_scan(points)) == pytest.approx(points)
    larger = form.larger(120)
    assert larger.to_scan(points + 20) == pytest.approx(form.to_scan(points))
    assert form.in_mm(np.full(11, 0.5))[:3] == pytest.approx([4050.0, 4050.0, 45.0])


def test_a_cycle_has_its_neighbours_across_the_ends():
    frames = np.arange(6, dtype=np.float32)
    assert wrapped(frames, 5).tolist() == [4, 5, 0, 1, 2, 3, 4, 5, 0, 1]
    assert wrapped(frames, 1).tolist() == frames.tolist()
    grey = scaled(np.random.default_rng(1).normal(900, 100, (4, 80, 80)))
    assert 0.4 < grey.mean() < 0.6 and grey.min() >= -0.2 and grey.max() <= 2.0

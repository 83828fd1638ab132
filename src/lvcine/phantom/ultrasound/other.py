"""What comes under ultrasound without being a view that is measured, to tell it from one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from lvcine.phantom.anatomy import Anatomy, draw_anatomy
from lvcine.phantom.population import Random, draw_heart
from lvcine.phantom.rhythm import draw_rhythm
from lvcine.phantom.ultrasound.clip import scan
from lvcine.phantom.ultrasound.protocol import UltrasoundProtocol, draw_protocol
from lvcine.phantom.ultrasound.screen import Screen
from lvcine.phantom.ultrasound.window import Window, draw_window
from lvcine.phantom.views import Plane, long_axis
from lvcine.study import U8, View

Array = NDArray[np.float64]

OTHERS = (
    "parasternal short axis", "parasternal long axis", "subcostal view", "contrast study", "Doppler spectrum",
    "M-mode", "test phantom", "noise", "apical five-chamber view",
)  # fmt: skip
"""By what a reader would call them."""
FIVE_CHAMBER = OTHERS[-1]
"""The one of them that is apical: the four-chamber view tilted forwards, until it holds the aortic root."""


def other_clip(seed: int, kind: str, frames: int = 4, size: int = 256) -> U8:
    """Pixels (T, Y, X) of a clip that shows none of the measured views.

    Parameters
    ----------
    seed : int
    kind : str
        Of :data:`OTHERS`.
    frames, size : int

    Examples
    --------
    >>> other_clip(1, "M-mode", frames=2, size=64).shape
    (2, 64, 64)
    """
    rng = np.random.default_rng([seed, OTHERS.index(kind), 0x07])
    if kind in ("Doppler spectrum", "M-mode"):
        return np.repeat(_TRACES[kind](rng, size)[None], frames, 0)
    protocol = draw_protocol(rng, size)
    if kind in ("test phantom", "noise"):
        return _without_heart(rng, kind, protocol, frames)
    heart = draw_heart(rng)
    anatomy = draw_anatomy(heart, rng)
    if kind == "contrast study":
        window = draw_window(rng, anatomy, View(str(rng.choice(["A4C", "A2C", "A3C"]))))
        echo = replace(
            protocol.echo, blood_db=float(rng.uniform(2, 12)),
            tissue_db={k: v - float(rng.uniform(14, 28)) for k, v in protocol.echo.tissue_db.items()},
            around_db=protocol.echo.around_db - 12.0, across_db=(),
        )  # fmt: skip
        protocol = replace(protocol, echo=echo, depth_mm=window.depth_mm)
    else:
        window = _WINDOWS[kind](rng, anatomy)
    rhythm = draw_rhythm(rng, heart, float(60.0 / rng.uniform(45, 115)), frames / 4.0)
    slow = replace(protocol, frame_rate_hz=float(rng.uniform(4, 9)))  # few frames, all over the beat
    return scan(anatomy, window, rhythm, slow, rng, frames=frames).pixels


def _short_axis(rng: Random, anatomy: Anatomy) -> Window:
    """From the front of the chest across the ventricle, at any level from the valve to the apex."""
    heart = anatomy.heart
    level = float(rng.uniform(0.02, 0.9)) * float(heart.length_mm)
    angle = rng.normal(-1.9, 0.35)  # from the axis to the probe: forwards, over the right ventricle
    out = np.array([np.cos(angle), np.sin(angle), 0.0])
    lean = rng.normal(0, 0.2)
    down = -out * np.cos(lean) + np.array([0.0, 0.0, np.sin(lean)])
    across = np.cross(np.array([0.0, 0.0, 1.0]), down)
    return _from(rng, np.array([0.0, 0.0, level]), down, across, anatomy)


def _beside(rng: Random, anatomy: Anatomy, view: View, turned: float) -> Window:
    """In the plane of an apical view, looking across the axis and not along it."""
    plane = long_axis(view, 0.0, turn=float(rng.normal(0, 0.15)), off_mm=float(rng.normal(0, 3)))
    angle = turned + rng.normal(0, 0.15)
    down = np.cos(angle) * plane.down + np.sin(angle) * plane.across
    across = np.cos(angle) * plane.across - np.sin(angle) * plane.down
    target = np.array([0.0, 0.0, float(rng.uniform(0.1, 0.5)) * float(anatomy.heart.length_mm)])
    return _from(rng, target, down, across, anatomy)


def _from(rng: Random, target: Array, down: Array, across: Array, anatomy: Anatomy) -> Window:
    """A probe that looks at a target from outside of the heart."""
    heart = anatomy.heart
    reach = float(heart.radius_mm + heart.wall_mm) + float(anatomy.rv_reach_mm) + float(rng.uniform(4, 35))
    down, across = down / np.linalg.norm(down), across / np.linalg.norm(across)
    probe = target - reach * down + rng.normal(0, 8) * across
    depth = float(np.clip(reach + float(heart.radius_mm) + rng.uniform(20, 60), 90, 210))
    return Window(Plane(probe, down, across), depth, View.OTHER)


def _five_chamber(rng: Random, anatomy: Anatomy) -> Window:
    """An apical four-chamber window whose plane is tilted about its width, onto the aortic root."""
    seen = draw_window(rng, anatomy, View.A4C)
    plane = seen.plane
    beside = np.cross(plane.down, plane.across)
    x, y, _ = (float(v) for v in anatomy.aorta_mm)
    root = np.array([x, y, -float(rng.uniform(4, 16))]) - plane.middle_mm
    tilt = np.arctan2(root @ beside, root @ plane.down) * float(rng.uniform(0.75, 1.15))
    down = np.cos(tilt) * plane.down + np.sin(tilt) * beside
    return Window(Plane(plane.middle_mm, down, plane.across), seen.depth_mm, View.OTHER)


_WINDOWS: dict[str, Callable[[Random, Anatomy], Window]] = {
    "parasternal short axis": _short_axis,
    # The axis lies across the picture, its apex on the left; from below, the right ventricle comes first.
    "parasternal long axis": partial(_beside, view=View.A3C, turned=np.pi / 2),
    "subcostal view": partial(_beside, view=View.A4C, turned=1.15),
    FIVE_CHAMBER: _five_chamber,
}


def _without_heart(rng: Random, kind: str, protocol: UltrasoundProtocol, frames: int) -> U8:
    """A sector of even speckle with cysts and targets, or of nothing but noise."""
    protocol = replace(protocol, depth_mm=float(rng.uniform(90, 200)))
    screen = Screen(protocol)
    fine = rng.uniform(0.4, 3.0, 2)
    level = np.ones(screen.sector.shape)
    if kind == "test phantom":
        rows, columns = np.indices(level.shape)
        for _ in range(int(rng.integers(2, 14))):
            y, x = rng.uniform(0.1, 0.95, 2) * len(level)
            far = np.hypot(rows - y, columns - x)
            level = np.where(far < rng.uniform(0.005, 0.07) * len(level), rng.choice([0.05, 0.3, 3.0]), level)
    still = kind == "test phantom"
    out = np.zeros((frames, *level.shape), np.uint8)
    speckle = rng.rayleigh(1.0, level.shape)
    for t in range(frames):
        speckle = speckle if still else rng.rayleigh(1.0, level.shape)
        grey = np.log1p(3.0 * level * gaussian_filter(speckle, fine)) * rng.uniform(0.95, 1.0)
        out[t] = np.clip(255 * grey / (rng.uniform(2.2, 2.4) + 0.0), 0, 255) * screen.sector
    return out


def _spectrum(rng: Random, size: int) -> U8:
    """Velocity over time: an envelope under each beat on a dark ground, with a base line."""
    time = np.linspace(0, rng.uniform(2, 6), size)
    base = int(rng.uniform(0.2, 0.8) * size)
    peak = rng.uniform(0.3, 0.95) * (base if rng.random() < 0.5 else size - base)
    course = np.clip(np.sin(2 * np.pi * time + rng.uniform(0, 6)), 0, 1) ** rng.uniform(0.6, 2)
    course = course + rng.uniform(0, 0.8) * np.clip(np.sin(2 * np.pi * time + rng.uniform(0, 6)), 0, 1) ** 3
    height = (base - np.arange(size))[:, None] * rng.choice([1.0, -1.0]) / peak
    inside = (height > 0.03) & (height < course)
    edge = np.exp(-(((height - course) / rng.uniform(0.05, 0.4)) ** 2))
    grey = inside * (0.25 + 0.75 * edge) * rng.rayleigh(0.8, (size, size)) + 0.06 * rng.rayleigh(
        1, (size, size)
    )
    grey = gaussian_filter(grey, rng.uniform(0.4, 1.2))
    grey[base] = 1.0
    return np.asarray(np.clip(200 * grey, 0, 255), np.uint8)


def _m_mode(rng: Random, size: int) -> U8:
    """Depth over time: bands that go up and down with the beat."""
    time = np.linspace(0, rng.uniform(2, 6), size)
    beat = gaussian_filter1d(np.clip(np.sin(2 * np.pi * time), 0, 1), size / 40)
    depth = np.arange(size)[:, None] / size
    grey = np.full((size, size), rng.uniform(0.02, 0.2))
    for at in np.sort(rng.uniform(0.05, 0.98, int(rng.integers(3, 9)))):
        line = at + rng.uniform(-0.1, 0.1) * beat
        grey = grey + rng.uniform(0.2, 1.0) * np.exp(-(((depth - line) / rng.uniform(0.006, 0.04)) ** 2))
    column = gaussian_filter(rng.rayleigh(1.0, (size, size)), (rng.uniform(0.5, 1.5), rng.uniform(1, 5)))
    return np.asarray(np.clip(160 * grey * column, 0, 255), np.uint8)


_TRACES = {"Doppler spectrum": _spectrum, "M-mode": _m_mode}

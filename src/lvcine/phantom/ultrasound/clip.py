"""A clip of one beating heart, its labels, and everything that is known about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.anatomy import TISSUES, Anatomy, draw_anatomy
from lvcine.phantom.arrays import together
from lvcine.phantom.heart import Heart
from lvcine.phantom.population import Random, draw_heart
from lvcine.phantom.rhythm import Rhythm, draw_rhythm
from lvcine.phantom.truth import volume_ml
from lvcine.phantom.ultrasound.beamform import Beamformer
from lvcine.phantom.ultrasound.hearts import (
    SEEN,
    close_muscles,
    right_heavy_heart,
    thicker,
    with_right_heart,
)
from lvcine.phantom.ultrasound.motion import single
from lvcine.phantom.ultrasound.outline import cavity_in_plane
from lvcine.phantom.ultrasound.protocol import UltrasoundProtocol, draw_protocol
from lvcine.phantom.ultrasound.scatter import Scatterers, draw_scatterers
from lvcine.phantom.ultrasound.screen import Screen
from lvcine.phantom.ultrasound.stage import Stage
from lvcine.phantom.ultrasound.valves import draw_valves
from lvcine.phantom.ultrasound.window import Window, draw_window
from lvcine.phantom.views import Plane
from lvcine.study import Cine, Geometry, View

Array = NDArray[np.float64]

CAVITY, MYOCARDIUM, ATRIUM = 1, 2, 3
"""Labels of a clip beside 0, background; papillary muscles and trabeculae belong to the cavity."""

_LABELS = {
    "lv blood": CAVITY, "papillary": CAVITY, "trabeculae": CAVITY,
    "myocardium": MYOCARDIUM, "la blood": ATRIUM,
}  # fmt: skip
_LABEL_OF = np.array([0, *(_LABELS.get(name, 0) for name in TISSUES)], np.uint8)
_AT_ONCE = 5  # frames; what fits into a processor's cache


@dataclass(frozen=True)
class Clip:
    """What the scanner shows, and what is there.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (T, Y, X)
    labels : ndarray of uint8, shape (T, Y, X)
        0 background, 1 LV cavity, 2 myocardium, 3 left atrium, at pixel centres; 0 outside the sector.
    reader_labels : ndarray of uint8, shape (T, Y, X)
        The same as a reader draws it: most of the trabecular layer is taken for wall, and lines go on a
        little beyond the sector where the ventricle leaves it.
    times_ms : ndarray, shape (T,)
    pixel_mm : float
    sector : ndarray of bool, shape (Y, X)
    ed_frames, es_frames : tuple of int
        Frames nearest to each ED and ES within the clip.
    view : View
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    reader_labels: NDArray[np.uint8]
    times_ms: Array
    pixel_mm: float
    sector: NDArray[np.bool_]
    ed_frames: tuple[int, ...]
    es_frames: tuple[int, ...]
    view: View


@dataclass(frozen=True)
class ClipTruth:
    """What is known about a virtual clip beside the picture.

    Attributes
    ----------
    clip : Clip
    anatomy : Anatomy
    rhythm : Rhythm
    window : Window
    protocol : UltrasoundProtocol
    volumes_ml : ndarray, shape (T,)
        Of the cavity in three dimensions, papillary muscles inside.
    areas_mm2, lengths_mm : ndarray, shape (T,)
        Of the cavity in the picture's plane, whether the sector shows all of it or not; the length
        runs from the middle of the mitral plane to the farthest point.
    edv_ml, esv_ml, ejection_fraction_percent : ndarray, shape (N,)
        Of each beat of the rhythm whose ED and ES both lie in the clip.
    """

    clip: Clip
    anatomy: Anatomy
    rhythm: Rhythm
    window: Window
    protocol: UltrasoundProtocol
    volumes_ml: Array
    areas_mm2: Array
    lengths_mm: Array
    edv_ml: Array
    esv_ml: Array
    ejection_fraction_percent: Array


def virtual_clip(
    seed: int,
    view: View | str | None = None,
    frames: int = 60,
    size: int = 256,
    kind: str | None = None,
    *,
    right_heavy: bool = False,
    most_hz: float | None = None,
    start_s: float = 0.0,
) -> tuple[Cine, ClipTruth]:
    """A clip from a seed: heart, rhythm, window and scanner all drawn.

    Parameters
    ----------
    seed : int
    view : View or str, optional
        A2C, A3C or A4C; any of them if not given.
    frames, size : int
    kind : str, optional
        Of :data:`lvcine.phantom.population.KINDS`.
    right_heavy : bool
        In A4C the right ventricle is as large as the left one and the left atrium the smaller one, as where
        the probe's plane leaves its middle.
    most_hz : float, optional
        Highest frame rate, so that few frames hold a systole.
    start_s : float
        When the clip begins, after the first ED.

    Returns
    -------
    Cine, ClipTruth
        Pixels (1, T, Y, X) of uint8, calibrated.

    Examples
    --------
    >>> cine, truth = virtual_clip(1, "A4C", frames=2, size=64)
    >>> cine.pixels.shape, cine.view, truth.volumes_ml.shape
    ((1, 2, 64, 64), <View.A4C: 'A4C'>, (2,))
    """
    # A stream of random numbers for each, so that a change to one leaves the others as they are.
    rng, of_heart, of_window, of_scanner, of_rhythm, of_echo, of_right, of_wall = np.random.default_rng(
        [seed, 0x5EC704]
    ).spawn(8)
    shown = (
        View(view) if view is not None else View(str(rng.choice(["A4C", "A2C", "A3C"], p=[0.45, 0.35, 0.2])))
    )
    if kind is None:
        kind = str(of_right.choice(list(SEEN), p=list(SEEN.values())))
    anatomy = draw_anatomy(thicker(draw_heart(of_heart, kind), of_wall), of_heart)
    anatomy = close_muscles(replace(anatomy, trabeculae_mm=float(of_wall.uniform(0.4, 3.4))), of_wall)
    if shown is View.A4C:
        anatomy = with_right_heart(anatomy, of_right)
        anatomy = right_heavy_heart(anatomy, of_right) if right_heavy else anatomy
    window = draw_window(of_window, anatomy, shown)
    protocol = replace(draw_protocol(of_scanner, size), depth_mm=window.depth_mm)
    if most_hz is not None:
        protocol = replace(protocol, frame_rate_hz=min(protocol.frame_rate_hz, most_hz))
    period_s = float(60.0 / of_rhythm.uniform(45, 115))
    rhythm = draw_rhythm(of_rhythm, anatomy.heart, period_s, start_s + frames / protocol.frame_rate_hz)
    clip = scan(anatomy, window, rhythm, protocol, of_echo, frames=frames, start_s=start_s)
    heart, seconds = anatomy.heart, start_s + clip.times_ms / 1000.0
    drift = _drift(protocol, window.plane, seconds)
    areas, lengths = cavity_in_plane(heart, window.plane, rhythm.at(seconds), drift)
    truth = ClipTruth(
        clip, anatomy, rhythm, window, protocol, volume_ml(heart, rhythm.at(seconds)), areas, lengths,
        *beat_volumes(heart, rhythm, seconds),
    )  # fmt: skip
    return as_cine(clip, 1000.0 * period_s), truth


def as_cine(clip: Clip, cycle_ms: float) -> Cine:
    """A clip as if it had been read from a scanner's file."""
    return Cine(
        clip.pixels[None], Geometry.stack(1, (clip.pixel_mm, clip.pixel_mm), 1.0),
        times_ms=clip.times_ms[None], cycle_ms=np.array([cycle_ms]), gated=False,
        view=clip.view, modality="US", label=f"virtual {clip.view.value}",
    )  # fmt: skip


def beat_volumes(heart: Heart, rhythm: Rhythm, seconds: Array) -> tuple[Array, Array, Array]:
    """EDV and ESV in mL and EF in percent of every beat whose ED and ES both lie within the times."""
    starts, ends = rhythm.starts_s[:-1], rhythm.end_systoles_s
    whole = (starts >= seconds[0]) & (ends <= seconds[-1])
    edv, esv = (volume_ml(heart, rhythm.at(at[whole])) for at in (starts, ends))
    return edv, esv, 100.0 * (1.0 - esv / edv)


def scan(
    anatomy: Anatomy,
    window: Window,
    rhythm: Rhythm,
    protocol: UltrasoundProtocol,
    rng: Random,
    *,
    frames: int = 60,
    start_s: float = 0.0,
) -> Clip:
    """A clip of a rhythm, from its time 0 on or later.

    Parameters
    ----------
    anatomy : Anatomy
        Of numbers.
    window : Window
    rhythm : Rhythm
    protocol : UltrasoundProtocol
        ``depth_mm`` is the window's.
    rng : numpy.random.Generator
        All speckle and noise; the same generator gives the same clip.
    frames : int
    start_s : float
        Of the first frame.

    Returns
    -------
    Clip
    """
    protocol = replace(protocol, depth_mm=window.depth_mm)
    beams, screen = Beamformer(protocol), Screen(protocol)
    seconds = start_s + np.arange(frames) / protocol.frame_rate_hz
    scatterers = draw_scatterers(rng, anatomy, window.plane, beams)
    stage = Stage(
        anatomy=together([anatomy], np.zeros(1, np.float32)),
        plane=window.plane,
        beams=beams,
        screen=screen,
        scatterers=Scatterers(scatterers.tissue.single(), single(scatterers.amplitude)),
        valves=draw_valves(rng, anatomy, window.plane),
        clutter=single(beams.clutter(rng)),
    )
    pixels, labels, reader_labels = _film(stage, rhythm, seconds, rng)
    return Clip(
        pixels, labels, reader_labels, 1000.0 * (seconds - start_s), screen.pixel_mm, screen.sector,
        _frames_at(rhythm.starts_s, seconds), _frames_at(rhythm.end_systoles_s, seconds), window.view,
    )  # fmt: skip


def _film(
    stage: Stage, rhythm: Rhythm, seconds: Array, rng: Random
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Pixels, labels and what a reader draws, a few frames at a time; the picture before persists."""
    p = stage.beams.protocol
    pixels = np.zeros((len(seconds), p.size, p.size), np.uint8)
    labels, reader_labels = np.zeros_like(pixels), np.zeros_like(pixels)
    noise = _white(rng, 1, stage.beams)[:, -1]
    kept: NDArray[np.floating] | None = None
    for first in range(0, len(seconds), _AT_ONCE):
        times = seconds[first : first + _AT_ONCE]
        fresh = _remembering(_white(rng, len(times), stage.beams), noise, p.blood_memory)
        noise = fresh[:, -1]
        tissue, rim, grey = stage.frames(rhythm.at(times), _drift(p, stage.plane, times), fresh)
        for t, frame in enumerate(grey, first):
            kept = frame if kept is None else (1.0 - p.persistence) * frame + p.persistence * kept
            pixels[t][stage.screen.sector] = np.rint(255.0 * kept)
        there = _LABEL_OF[tissue]
        read = np.where((there == CAVITY) & rim, MYOCARDIUM, there)
        frames = slice(first, first + len(times))
        reader_labels[frames][:, stage.screen.drawn] = read
        labels[frames][:, stage.screen.drawn] = there
        labels[frames][:, ~stage.screen.sector] = 0
    return pixels, labels, reader_labels


def _white(rng: Random, frames: int, beams: Beamformer) -> NDArray[np.float32]:
    """White noise of unit power, (2, T, D, B)."""
    shape = (2, frames, len(beams.ranges), len(beams.angles))
    return rng.standard_normal(shape, np.float32) * np.float32(0.5**0.5)


def _remembering(white: NDArray[np.float32], last: NDArray[np.float32], memory: float) -> NDArray[np.float32]:
    """Noise of which a share stays from frame to frame; ``white`` is used up."""
    fresh = np.float32((1.0 - memory**2) ** 0.5)
    for t in range(white.shape[1]):
        white[:, t] = np.float32(memory) * last + fresh * white[:, t]
        last = white[:, t]
    return white


def _drift(protocol: UltrasoundProtocol, plane: Plane, seconds: Array) -> Array:
    """Where the probe has slid to at times (T,), (T, 3) in the heart's frame: breathing, a hand."""
    sway = np.sin(2.0 * np.pi * seconds / protocol.drift_s)[:, None]
    axes = np.stack([plane.down, plane.across, np.cross(plane.down, plane.across)])
    return np.asarray(sway * (np.asarray(protocol.drift_mm) @ axes))


def _frames_at(events_s: Array, seconds: Array) -> tuple[int, ...]:
    """Frames nearest to events within the clip."""
    half = 0.5 * (seconds[1] - seconds[0]) if len(seconds) > 1 else 0.0
    inside = events_s[(events_s >= seconds[0] - half) & (events_s <= seconds[-1] + half)]
    return tuple(int(np.abs(seconds - event).argmin()) for event in inside)

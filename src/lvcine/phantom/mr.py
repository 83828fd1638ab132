"""Cine MR of a scene: what a slice of some thickness shows, what the scanner makes of it.

Slices are thick: every pixel is the mean of sub-slices through the thickness, each taken at
a slightly different time of the frame's window, so that base and apex blur as in life.
Sampling in k-space, its truncation and complex noise (Rician in magnitude: Gudbjartsson 1995,
doi:10.1002/mrm.1910340618) follow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.anatomy import layers, present, trabecular_muscle, waves
from lvcine.phantom.arrays import Num, soft, together
from lvcine.phantom.beat import State
from lvcine.phantom.bssfp import steady_state
from lvcine.phantom.heart import Heart
from lvcine.phantom.labels import EXACT, Reader, exact_labels, reader_labels
from lvcine.phantom.population import Random
from lvcine.phantom.reach import bounds_mm
from lvcine.phantom.scene import Scene
from lvcine.phantom.surroundings import chest_picture, paint
from lvcine.phantom.views import Plane, short_axis

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Bands:
    """Factors of the signal of blood and of solid tissue, from field and coils."""

    blood: Num
    solid: Num


def bent(scene: Scene, x: Num, y: Num, z: Num) -> tuple[Num, Num]:
    """(x, y) of points after the scene's smooth deformation."""
    return x + scene.bend_mm * waves(scene.bend, x, y, 0.5 * z), y + scene.bend_mm * waves(
        scene.bend, y, 0.5 * z, x
    )


def bands(scene: Scene, x: Num, y: Num, z: Num) -> Bands:
    """Off-resonance bands and coil shading at points; they stand still in the magnet."""
    m = scene.magnet
    shade = np.exp(m.shading * 0.6 * waves(m.shading_waves, x, y, z))
    off = m.field_hz * waves(m.field_waves, x, y, z)
    blood = steady_state(m.blood, m.flip_rad, m.repetition_ms, off)
    solid = steady_state(m.solid, m.flip_rad, m.repetition_ms, off)
    zero = 0.0 * off
    return Bands(
        shade * blood / steady_state(m.blood, m.flip_rad, m.repetition_ms, zero),
        shade * solid / steady_state(m.solid, m.flip_rad, m.repetition_ms, zero),
    )


def signal(scene: Scene, chest: Num, factor: Bands, x: Num, y: Num, z: Num, state: State, edge: Num) -> Num:
    """Signal of infinitely thin slices at points, blood of the LV being 1.

    Parameters
    ----------
    scene : Scene
        Of arrays (B, 1, 1), as :func:`~lvcine.phantom.arrays.together` makes it.
    chest : array
        :func:`~lvcine.phantom.surroundings.chest_picture` at the points.
    factor : Bands
    x, y, z : arrays, shape (B, Y, X)
    state : State
        Of arrays (B, 1, 1).
    edge : array (B, 1, 1) or number
        Width in mm over which a boundary is soft: a pixel.
    """
    t = scene.tissues
    found, place = layers(scene.anatomy, x, y, z, state)
    # Blood that turns and speeds loses signal; the pattern moves on with the beat.
    drift = 30.0 * state.squeeze
    moving = 1.0 - t.swirl * np.clip(waves(scene.flow, x + drift, y, z + drift), 0.0, 2.0)
    grain = 1.0 + t.texture * waves(scene.around.fine, x, y, z)
    scar: Num = 1.0
    for s in scene.anatomy.heart.scars:
        scar = scar * (1.0 + (s.brightness - 1.0) * s.patch.weight(place.u, place.cos, place.sin))
    muscle = t.myocardium * grain * factor.solid
    blood = moving * factor.blood
    value = {
        "fat": t.fat * factor.solid,
        "pericardium": t.pericardium * factor.solid,
        "rv wall": muscle,
        "rv blood": t.rv * blood,
        "rv trabeculae": muscle,
        "atrial wall": t.vessel_wall * factor.solid,
        "ra blood": t.ra * blood,
        "la blood": t.la * blood,
        "aortic wall": t.vessel_wall * factor.solid,
        "aortic blood": t.aorta * blood,
        "myocardium": muscle * scar,
        "lv blood": t.lv * blood * (1.0 - t.fade * state.squeeze),
        "papillary": t.papillary * factor.solid,
        "trabeculae": t.papillary * factor.solid,
    }
    picture, blood_pool = chest * factor.solid, 0.0 * x
    for layer in found:
        cover = soft(layer.depth, edge)
        if layer.tissue == "lv blood":
            blood_pool = cover
        elif layer.tissue == "trabeculae":
            cover = trabecular_muscle(scene.anatomy, place, state, t.mesh) * blood_pool
        picture = paint(picture, cover, value[layer.tissue])
    return picture


def acquire(picture: Num, phase: Num, kept: tuple[Num, Num], noise: Num) -> Num:
    """Magnitude that the scanner stores of a true picture (B, Y, X).

    Parameters
    ----------
    picture, phase : arrays, shape (B, Y, X)
        Signal, and the phase of the image in rad.
    kept : pair of arrays (B, 1, 1) or numbers
        Share of k-space that is sampled along columns and rows; the rest is filled with zeros.
    noise : array, shape (2, B, Y, X)
        Real and imaginary noise at the pixels of the full matrix.
    """
    rows, columns = picture.shape[-2:]
    k = np.fft.fft2(picture * np.cos(phase) + 1j * (picture * np.sin(phase)) + noise[0] + 1j * noise[1])
    v, h = np.abs(np.fft.fftfreq(rows)) * 2.0, np.abs(np.fft.fftfreq(columns)) * 2.0
    v, h = v.astype(picture.dtype), h.astype(picture.dtype)
    # A soft end of the sampled part, as scanners' filters make it.
    window = np.clip((kept[0] - v[:, None]) * 12.0 + 0.5, 0.0, 1.0) * np.clip(
        (kept[1] - h) * 12.0 + 0.5, 0.0, 1.0
    )
    return np.abs(np.fft.ifft2(k * window))


@dataclass(frozen=True)
class Protocol:
    """How the virtual scanner is set.

    Attributes
    ----------
    size : rows and columns
    spacing_mm, step_mm, thickness_mm : pixel, distance of slices' middles, thickness of one
    phases : phase of every frame, 0 = R wave
    window : share of the cycle over which a frame is gathered
    slices_above, slices_below : beyond the base and beyond the apex
    kept : share of k-space sampled along columns and rows
    noise : SD of real and imaginary part, blood being 1
    shift_mm : SD of the breath-hold shift between slices
    through : sub-slices that make a thick slice
    turn : rotation of the pictures in rad
    offset_mm : (x, y) of the pictures' middle from the LV's axis
    drift_mm : (x, y) by which the axis leaves the slices' normal between base and apex
    """

    size: int = 144
    spacing_mm: float = 1.4
    step_mm: float = 9.0
    thickness_mm: float = 8.0
    phases: tuple[float, ...] = (0.0,)
    window: float = 0.04
    slices_above: int = 2
    slices_below: int = 1
    kept: tuple[float, float] = (0.8, 1.0)
    noise: float = 0.03
    shift_mm: float = 1.0
    through: int = 4
    turn: float = 0.0
    offset_mm: tuple[float, float] = (0.0, 0.0)
    drift_mm: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Stack:
    """A rendered cine of one or more slices.

    Attributes
    ----------
    pixels : ndarray of float32, shape (Z, T, Y, X)
        Blood is about 1.
    labels : ndarray of uint8, shape (Z, T, Y, X)
        0 background, 1 cavity, 2 myocardium, 3 RV cavity, 4 left atrium (long axis only).
    planes : tuple of Plane
        Of every slice, where the scanner believes it to be (breath-hold shifts not in it).
    """

    pixels: F32
    labels: NDArray[np.uint8]
    planes: tuple[Plane, ...]


def short_axis_planes(heart: Heart, protocol: Protocol, rng: Random) -> tuple[Plane, ...]:
    """The stack's planes from above the base to below the apex."""
    first = -protocol.slices_above * protocol.step_mm + rng.uniform(0.1, 0.9) * protocol.step_mm
    end = float(heart.length_mm * heart.end)
    count = int(np.ceil((end - first) / protocol.step_mm)) + protocol.slices_below
    heights = first + protocol.step_mm * np.arange(count)
    return tuple(short_axis(float(z), protocol.turn, protocol.offset_mm) for z in heights)


def render(
    scene: Scene,
    planes: tuple[Plane, ...],
    protocol: Protocol,
    rng: Random,
    *,
    reader: Reader | None = EXACT,
) -> Stack:
    """Pictures and labels of every slice and frame (NumPy, one subject).

    ``reader`` draws the labels (:func:`~lvcine.phantom.labels.reader_labels`); without one they are those of
    :func:`~lvcine.phantom.labels.exact_labels`.
    """
    size, frames = protocol.size, len(protocol.phases)
    lean = replace(scene, anatomy=present(scene.anatomy))
    one = together([lean], np.zeros(1, np.float32))
    pixels = np.zeros((len(planes), frames, size, size), np.float32)
    labels = np.zeros(pixels.shape, np.uint8)
    through = (np.arange(protocol.through) + 0.5) / protocol.through - 0.5
    when = rng.permutation(through) * protocol.window
    for z, plane in enumerate(planes):
        shift = rng.normal(0.0, protocol.shift_mm, 2)
        grid = _grid(scene, plane, protocol, shift)
        subs = [
            (grid + plane.normal[:, None, None] * d * protocol.thickness_mm).astype(np.float32)
            for d in through
        ]
        still = [_still(scene, one, s[0:1], s[1:2], s[2:3], protocol.spacing_mm) for s in subs]
        phase = one.magnet.phase_rad * waves(one.magnet.phase_waves, *grid.astype(np.float32)[:, None])
        noise = protocol.noise * rng.standard_normal((2, frames, size, size), np.float32)
        for t, moment in enumerate(protocol.phases):
            total = np.zeros((1, size, size), np.float32)
            for dt, quiet in zip(when, still, strict=True):
                state = one.anatomy.heart.beat.at(np.full((1, 1, 1), (moment + dt) % 1.0, np.float32))
                total += _thin(one, quiet, state, protocol.spacing_mm)
            pixels[z, t] = acquire(total / len(subs), phase, protocol.kept, noise[:, t : t + 1])[0]
            labels[z, t] = _labels(one, grid, moment, reader)
    return Stack(pixels, labels, planes)


def _grid(scene: Scene, plane: Plane, protocol: Protocol, shift: NDArray[np.float64]) -> NDArray[np.float64]:
    grid = plane.grid(protocol.size, protocol.size, protocol.spacing_mm)
    along = float(plane.middle_mm[2]) / float(scene.anatomy.heart.length_mm) - 0.5
    grid[0] += protocol.drift_mm[0] * along + shift[0]
    grid[1] += protocol.drift_mm[1] * along + shift[1]
    return grid


@dataclass(frozen=True)
class _Still:
    """What does not move in a sub-slice: its points, the chest, field and coils.

    ``window`` holds the rows and columns that the heart can reach; points and bands are cut to it.
    """

    window: tuple[slice, slice]
    x: F32
    y: F32
    z: F32
    chest: F32
    inside: Bands
    everywhere: F32


def _still(scene: Scene, one: Scene, x: F32, y: F32, z: F32, edge: float) -> _Still:
    factor = bands(one, x, y, z)
    chest = chest_picture(one.around, one.levels, x, y, z, edge)
    bx, by = bent(one, x, y, z)
    low_x, high_x, low_y, high_y = bounds_mm(scene.anatomy, max(10.0, -float(z.min())))
    reached = ((bx > low_x) & (bx < high_x) & (by > low_y) & (by < high_y))[0]
    rows, columns = np.flatnonzero(reached.any(1)), np.flatnonzero(reached.any(0))
    window = slice(0, 0), slice(0, 0)
    if len(rows):
        window = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    cut = (slice(None), *window)
    inside = Bands(factor.blood[cut], factor.solid[cut])
    return _Still(window, bx[cut], by[cut], z[cut], chest, inside, chest * factor.solid)


def _thin(one: Scene, still: _Still, state: State, edge: float) -> F32:
    picture = still.everywhere.copy()
    cut = (slice(None), *still.window)
    if still.x.size:
        picture[cut] = signal(one, still.chest[cut], still.inside, still.x, still.y, still.z, state, edge)
    return picture


def _labels(one: Scene, grid: NDArray[np.float64], moment: float, reader: Reader | None) -> NDArray[np.uint8]:
    x, y, z = grid.astype(np.float32)[:, None]
    x, y = bent(one, x, y, z)
    state = one.anatomy.heart.beat.at(np.full((1, 1, 1), moment % 1.0, np.float32))
    if reader is not None:
        drawn = reader_labels(one.anatomy, x, y, z, state, reader)
    else:
        drawn = exact_labels(*layers(one.anatomy, x, y, z, state))
    return np.asarray(drawn[0], np.uint8)

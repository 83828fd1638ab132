"""Virtual MR studies with their exact numbers, placed in a patient as a scanner would."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.anatomy import Anatomy
from lvcine.phantom.heart import Heart
from lvcine.phantom.labels import LEFT_ATRIUM, RIGHT_VENTRICLE
from lvcine.phantom.mr import Protocol, Stack, render, short_axis_planes
from lvcine.phantom.population import draw_heart
from lvcine.phantom.scene import Scene, draw_scene
from lvcine.phantom.truth import mass_g, volume_ml
from lvcine.phantom.views import Plane, long_axis, to_patient
from lvcine.study import Cine, Geometry, View


@dataclass(frozen=True)
class Truth:
    """What is exactly known about a virtual study; from the geometry, never from a raster.

    Attributes
    ----------
    volumes_ml : ndarray, shape (T,)
        Cavity with papillary muscles inside, from the mitral plane to the apex.
    edv_ml, esv_ml, ef_percent, mass_g : float
        Volumes of the largest and the smallest frame (:func:`lvcine.phantom.truth.function` has those
        of the beat, between frames).
    ed_frame, es_frame : int
    labels : ndarray of uint8, shape (Z, T, Y, X)
        0 background, 1 cavity, 2 myocardium at pixel centres; 3 left atrium in long-axis views.
    septum_yx : (float, float)
        Direction from the LV to the middle of the septum in short-axis pictures.
    anatomy : Anatomy
        The heart itself: every other number follows from it.
    phases : tuple of float
        Phase of every frame, 0 = R wave.
    planes : tuple of Plane
        Of every slice, in the heart's frame.
    """

    volumes_ml: NDArray[np.float64]
    edv_ml: float
    esv_ml: float
    ef_percent: float
    mass_g: float
    ed_frame: int
    es_frame: int
    labels: NDArray[np.uint8]
    septum_yx: tuple[float, float]
    anatomy: Anatomy
    phases: tuple[float, ...]
    planes: tuple[Plane, ...]


def virtual_study(
    seed: int,
    *,
    frames: int = 20,
    size: int = 176,
    spacing_mm: float = 1.4,
    step_mm: float = 9.0,
    first_phase: float = 0.0,
    heart: Heart | None = None,
    kind: str | None = None,
    turn: float = 0.0,
    cycle_ms: float = 900.0,
) -> tuple[Cine, Truth]:
    """A beating left ventricle as a short-axis cine, and the truth about it.

    Parameters
    ----------
    seed : int
    frames, size, spacing_mm, step_mm
        Of the virtual protocol.
    first_phase : float
        Where in the cycle frame 0 lies (0: at the R wave, which is ED).
    heart : Heart, optional
        A given heart instead of one drawn from the seed.
    kind : str, optional
        Of :data:`lvcine.phantom.population.KINDS`.
    turn : float
        Rotation of the pictures about the LV in rad.
    cycle_ms : float

    Examples
    --------
    >>> cine, truth = virtual_study(3, frames=2, size=96)
    >>> cine.frames, truth.labels.shape == cine.pixels.shape
    (2, True)
    """
    scene, rng = _scene(seed, heart, kind)
    protocol = replace(
        _protocol(frames, size, spacing_mm, first_phase),
        step_mm=step_mm, thickness_mm=min(8.0, step_mm), turn=turn,
    )  # fmt: skip
    planes = short_axis_planes(scene.anatomy.heart, protocol, rng)
    stack = render(scene, planes, protocol, rng)
    labels = np.where(stack.labels == RIGHT_VENTRICLE, 0, stack.labels).astype(np.uint8)
    cine = as_cine(stack, protocol, View.SAX, cycle_ms)
    return cine, _truth(scene.anatomy, protocol, planes, labels)


def virtual_long_axis(
    seed: int,
    view: View = View.CH4,
    *,
    frames: int = 20,
    size: int = 176,
    spacing_mm: float = 1.4,
    first_phase: float = 0.0,
    heart: Heart | None = None,
    kind: str | None = None,
    cycle_ms: float = 900.0,
) -> tuple[Cine, Truth]:
    """The same subject as :func:`virtual_study` of the seed, cut along its axis.

    Parameters
    ----------
    seed : int
    view : View
        2CH, 3CH or 4CH.
    frames, size, spacing_mm, first_phase, heart, kind, cycle_ms
        As there.

    Examples
    --------
    >>> cine, truth = virtual_long_axis(3, View.CH2, frames=2, size=96)
    >>> cine.view.value, cine.slices, int(truth.labels.max())
    ('2CH', 1, 3)
    """
    scene, rng = _scene(seed, heart, kind)
    protocol = replace(_protocol(frames, size, spacing_mm, first_phase), thickness_mm=7.0)
    # Usual pictures have the apex to the lower left; how far differs between hospitals.
    spin = float(rng.uniform(2.0, 3.2))
    length = float(scene.anatomy.heart.length_mm)
    plane = long_axis(view, 0.35 * length, turn=float(rng.normal(0, 0.06)), spin=spin)
    stack = render(scene, (plane,), protocol, rng, reader=None)
    labels = np.where(stack.labels == RIGHT_VENTRICLE, 0, stack.labels)
    labels = np.where(labels == LEFT_ATRIUM, 3, labels).astype(np.uint8)
    return as_cine(stack, protocol, view, cycle_ms), _truth(scene.anatomy, protocol, (plane,), labels)


def _scene(seed: int, heart: Heart | None, kind: str | None) -> tuple[Scene, np.random.Generator]:
    """The subject of a seed, and the generator that goes on with its scan."""
    rng = np.random.default_rng(seed)
    drawn = draw_heart(rng, kind)  # also where a heart is given: what follows is then the same
    scene = draw_scene(heart or drawn, rng, spread=0.5)
    # Without a trabecular layer there is one endocardium, and the closed form is the whole truth.
    return replace(scene, anatomy=replace(scene.anatomy, trabeculae_mm=0.0)), rng


def _protocol(frames: int, size: int, spacing_mm: float, first_phase: float) -> Protocol:
    phases = tuple(float(p) for p in (np.arange(frames) / frames + first_phase) % 1.0)
    return Protocol(size, spacing_mm, phases=phases, window=0.8 / frames, noise=0.02, shift_mm=0.5)


def as_cine(stack: Stack, protocol: Protocol, view: View = View.SAX, cycle_ms: float = 900.0) -> Cine:
    """A rendered stack as if it had been read from a scanner's files."""
    pixels = np.clip(np.round(stack.pixels * 600.0), 0, 4095).astype(np.uint16)
    slices, frames = pixels.shape[:2]
    return Cine(
        pixels, _geometry(stack.planes, protocol),
        times_ms=np.tile(np.arange(frames) * cycle_ms / frames, (slices, 1)),
        cycle_ms=np.full(slices, cycle_ms), view=view, label="virtual study", phases_only=frames <= 2,
    )  # fmt: skip


def _geometry(planes: tuple[Plane, ...], protocol: Protocol) -> Geometry:
    first = planes[0]
    corner = -(protocol.size - 1) / 2.0 * protocol.spacing_mm * (first.down + first.across)
    origins = to_patient(np.stack([p.middle_mm for p in planes]) + corner)
    down, across = to_patient(first.down), to_patient(first.across)
    return Geometry(origins, down * protocol.spacing_mm, across * protocol.spacing_mm, protocol.thickness_mm)


def _truth(
    anatomy: Anatomy, protocol: Protocol, planes: tuple[Plane, ...], labels: NDArray[np.uint8]
) -> Truth:
    heart, turn = anatomy.heart, protocol.turn
    volumes = volume_ml(heart, heart.beat.at(np.asarray(protocol.phases)))
    edv, esv = float(volumes.max()), float(volumes.min())
    # The picture's rows and columns are turned against the heart's x and y.
    x, y = anatomy.rv_direction
    c, s = float(np.cos(turn)), float(np.sin(turn))
    return Truth(
        volumes, edv, esv, 100.0 * (edv - esv) / edv, mass_g(heart),
        ed_frame=int(volumes.argmax()), es_frame=int(volumes.argmin()), labels=labels,
        septum_yx=(c * y - s * x, c * x + s * y), anatomy=anatomy, phases=protocol.phases, planes=planes,
    )  # fmt: skip

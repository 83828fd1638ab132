"""A virtual short-axis study with its exact numbers, placed in a patient as a scanner would."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.heart import Heart
from lvcine.phantom.mr import RIGHT_VENTRICLE, Protocol, render
from lvcine.phantom.population import draw_heart
from lvcine.phantom.scene import draw_scene
from lvcine.study import Cine, Geometry, View

# Directions in LPS of a usual short-axis plane: columns run from the septum to the lateral wall
# (left and backwards), rows from the anterior to the inferior wall, slices from base to apex.
_BASE_TO_APEX = np.array([0.66, -0.58, -0.48]) / np.linalg.norm([0.66, -0.58, -0.48])
_SEPTUM_TO_LATERAL = np.array([0.60, 0.75, -0.08])


@dataclass(frozen=True)
class Truth:
    """What is exactly known about a virtual study; from the geometry, never from a raster.

    Attributes
    ----------
    volumes_ml : ndarray, shape (T,)
        Cavity with papillary muscles inside, from the mitral plane to the apex.
    edv_ml, esv_ml, ef_percent, mass_g : float
    ed_frame, es_frame : int
    labels : ndarray of uint8, shape (Z, T, Y, X)
        0 background, 1 cavity, 2 myocardium at pixel centres.
    septum_yx : (float, float)
        Direction from the LV to the middle of the septum in the pictures.
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


def virtual_study(
    seed: int,
    *,
    frames: int = 20,
    size: int = 176,
    spacing_mm: float = 1.4,
    step_mm: float = 9.0,
    first_phase: float = 0.0,
    heart: Heart | None = None,
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
    turn : float
        Rotation of the pictures about the LV in rad.
    cycle_ms : float

    Examples
    --------
    >>> cine, truth = virtual_study(3, frames=2, size=96)
    >>> cine.frames, truth.labels.shape == cine.pixels.shape
    (2, True)
    """
    rng = np.random.default_rng(seed)
    drawn = draw_heart(rng)
    heart = heart or drawn
    phases = (np.arange(frames) / frames + first_phase) % 1.0
    protocol = Protocol(
        size=size, spacing_mm=spacing_mm, step_mm=step_mm, thickness_mm=min(8.0, step_mm),
        phases=tuple(float(p) for p in phases), noise=0.02, shift_mm=0.5, turn=turn,
    )  # fmt: skip
    # Without a trabecular layer there is one endocardium, and the closed form is the whole truth.
    scene = replace(draw_scene(heart, rng), drift=(0.0, 0.0, 0.0, 0.0), trabeculae=0.0)
    stack = render(heart, scene, protocol, rng)
    pixels = np.clip(np.round(stack.pixels * 600.0), 0, 4095).astype(np.uint16)
    times = np.tile(np.arange(frames) * cycle_ms / frames, (len(pixels), 1))
    cine = Cine(
        pixels, _geometry(stack.zeta_mm, protocol), times_ms=times,
        cycle_ms=np.full(len(pixels), cycle_ms), view=View.SAX, label="virtual study",
        phases_only=frames <= 2,
    )  # fmt: skip
    return cine, _truth(heart, phases, stack.labels, turn)


def _geometry(zeta_mm: NDArray[np.float64], protocol: Protocol) -> Geometry:
    across = _SEPTUM_TO_LATERAL - (_SEPTUM_TO_LATERAL @ _BASE_TO_APEX) * _BASE_TO_APEX
    across /= np.linalg.norm(across)
    down = np.cross(across, _BASE_TO_APEX)
    c, s = np.cos(protocol.turn), np.sin(protocol.turn)
    down, across = c * down + s * across, c * across - s * down
    corner = -(protocol.size - 1) / 2.0 * protocol.spacing_mm * (across + down)
    origins = corner + zeta_mm[:, None] * _BASE_TO_APEX
    return Geometry(origins, down * protocol.spacing_mm, across * protocol.spacing_mm, protocol.thickness_mm)


def _truth(heart: Heart, phases: NDArray[np.float64], labels: NDArray[np.uint8], turn: float) -> Truth:
    volumes = heart.volumes_ml(phases)
    edv, esv = float(volumes.max()), float(volumes.min())
    return Truth(
        volumes_ml=volumes,
        edv_ml=edv,
        esv_ml=esv,
        ef_percent=100.0 * (edv - esv) / edv,
        mass_g=heart.mass_g(),
        ed_frame=int(volumes.argmax()),
        es_frame=int(volumes.argmin()),
        labels=np.where(labels == RIGHT_VENTRICLE, 0, labels).astype(np.uint8),
        septum_yx=(float(-np.sin(turn)), float(-np.cos(turn))),
    )

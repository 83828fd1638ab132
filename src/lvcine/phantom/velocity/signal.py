"""Spoiled gradient echo of a moving heart, as complex pictures whose phase is velocity.

Steady state with spoiling: Ernst 1966 (doi:10.1063/1.1719961). The phase of a channel is
pi v / VENC, so that faster tissue wraps, and voxels that hold several velocities lose signal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lvcine.phantom.anatomy import Anatomy, Layer, layers, trabecular_muscle
from lvcine.phantom.arrays import Num, soft
from lvcine.phantom.beat import State
from lvcine.phantom.bssfp import TIMES, Relaxation
from lvcine.phantom.velocity.field import blood_stream, tissue_velocity
from lvcine.phantom.velocity.protocol import Protocol

BLOOD = ("lv blood", "rv blood", "la blood", "ra blood", "aortic blood")
"""Tissues of :data:`lvcine.phantom.anatomy.TISSUES` that flow."""


def spoiled_echo(tissue: Relaxation, flip_rad: Num, repetition_ms: Num, echo_ms: Num) -> Num:
    """Signal of a spoiled gradient echo, 1 being the full magnetisation of blood.

    sin(a) (1 - E1) / (1 - cos(a) E1) exp(-TE / T2) with E1 = exp(-TR / T1); T2 stands for T2*,
    which the myocardium's field makes little shorter at these echo times.

    Examples
    --------
    >>> short, long = Relaxation(300.0, 50.0), Relaxation(1500.0, 50.0)
    >>> bool(spoiled_echo(short, 0.26, 7.0, 4.0) > 2 * spoiled_echo(long, 0.26, 7.0, 4.0))
    True
    """
    e1 = np.exp(-repetition_ms / tissue.t1_ms)
    steady = np.sin(flip_rad) * (1.0 - e1) / (1.0 - np.cos(flip_rad) * e1)
    return tissue.density * steady * np.exp(-echo_ms / tissue.t2_ms)


def brightness(protocol: Protocol) -> dict[str, float]:
    """Signal of every tissue over that of the myocardium.

    Bright blood is fresh: it comes with the magnetisation that it had outside the slice.
    """
    p, times = protocol, TIMES[protocol.field_t]

    def echo(name: str) -> float:
        return float(spoiled_echo(times[name], p.flip_rad, p.repetition_ms, p.echo_ms))

    wall = echo("myocardium")
    fresh = float(np.sin(p.flip_rad) * np.exp(-p.echo_ms / times["blood"].t2_ms)) / wall
    steady = echo("blood") / wall
    blood = p.blood_left * steady if p.black_blood else steady + 0.25 * p.blood_left * (fresh - steady)
    solid = {"fat": echo("fat") / wall, "pericardium": 0.3, "aortic wall": 0.9, "atrial wall": 0.9}
    return {
        **solid,
        **dict.fromkeys(("rv wall", "rv trabeculae", "myocardium", "papillary", "trabeculae"), 1.0),
        **dict.fromkeys(BLOOD, blood),
        "liver": echo("liver") / wall,
        "muscle": echo("muscle") / wall,
        "lung": 0.06,
    }


def covers(found: list[Layer], edge: Num, trabeculae: Num) -> tuple[dict[str, Num], Num]:
    """How much of each sample each tissue covers, later layers over earlier ones; and what is left.

    The tissues and what is left add up to 1. ``trabeculae`` is their share of the voxels that their layer
    covers (:func:`lvcine.phantom.anatomy.trabecular_muscle`): between them is blood.
    """
    left: Num = 1.0
    out: dict[str, Num] = {}
    for layer in reversed(found):
        cover = soft(layer.depth, edge) * left
        if layer.tissue == "trabeculae":
            cover = cover * trabeculae
        out[layer.tissue] = cover
        left = left - cover
    return out, left


@dataclass(frozen=True)
class Axes:
    """Unit vectors of a picture in the heart's frame: along a row, along a column, and across it."""

    x: tuple[float, float, float]
    y: tuple[float, float, float]
    z: tuple[float, float, float]


def in_picture(axes: Axes, vector: tuple[Num, Num, Num]) -> tuple[Num, Num, Num]:
    """A vector of the heart's frame along x, y and z of a picture."""
    vx, vy, vz = vector
    x, y, z = (a[0] * vx + a[1] * vy + a[2] * vz for a in (axes.x, axes.y, axes.z))
    return x, y, z


def echoes(
    anatomy: Anatomy, points: tuple[Num, Num, Num], state: State, chest: Num,
    bright: Mapping[str, float], axes: Axes, venc_cm_s: tuple[float, float, float], edge_mm: float,
    mesh: float,
) -> tuple[Num, Num, Num, Num]:  # fmt: skip
    """Complex signal at points: without encoding, then encoded along x, y and z of the picture.

    Parameters
    ----------
    anatomy : Anatomy
        Of arrays that broadcast against the points.
    points : three arrays
        mm, heart's frame.
    state : State
        Of arrays that broadcast against the points.
    chest : array
        Brightness of what stands still, at the same points.
    bright : mapping
        Signal by tissue.
    axes : Axes
    venc_cm_s : three floats
    edge_mm : float
        Width of a pixel, over which boundaries run.
    mesh : float
        Share of muscle in the trabecular layer at the compact wall at ED.

    Returns
    -------
    four complex arrays
    """
    found, place = layers(anatomy, *points, state)
    cover, left = covers(found, edge_mm, trabecular_muscle(anatomy, place, state, mesh))
    solid = sum(cover[name] * bright[name] for name in cover if name not in BLOOD)
    blood = sum(cover[name] for name in BLOOD)
    streams = blood_stream(anatomy.heart, place, state)
    # Pools of blood do not mix within a voxel: one velocity, that of the pool that is there.
    stream = sum(cover[name] * streams[name] for name in BLOOD) / np.clip(blood, 1e-3, None)
    blood = blood * bright[BLOOD[0]]
    vx, vy, vz = tissue_velocity(anatomy.heart, place, state)
    still = left * chest
    encoded = []
    for axis, venc in zip((axes.x, axes.y, axes.z), venc_cm_s, strict=True):
        turn = np.pi / venc
        phase = turn * (axis[0] * vx + axis[1] * vy + axis[2] * vz)
        if axis[2]:
            moving = solid * _turn(phase) + blood * _turn(phase + (turn * axis[2]) * stream)
        else:
            moving = (solid + blood) * _turn(phase)
        encoded.append(still + moving)
    return still + solid + blood + 0j, encoded[0], encoded[1], encoded[2]


def _turn(phase: Num) -> Num:
    """exp(i phase), from the functions that are fast on real numbers."""
    return np.cos(phase) + 1j * np.sin(phase)

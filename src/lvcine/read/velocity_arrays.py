"""Velocity channels out of plain arrays: what must be known beside them, and the checks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.read.options import ReadOptions
from lvcine.read.plausible import plausible
from lvcine.read.user_facts import venc_finding
from lvcine.study import F32, Array, Cine, Velocity

_ROUNDING = 0.02  # of the VENC
_METRES = 0.0105
"""Of the VENC: what velocities in m/s come to beside a VENC in cm/s; a heart fills a fifth of it or more."""
_END = 0.01
"""How near to its end a phase comes somewhere."""
_UNIT = 0.05  # how far from 1 the length of a unit vector may be


def with_channels(
    cine: Cine,
    values: NDArray[Any],
    venc_cm_s: Any,
    directions: Any,
    options: ReadOptions,
    *,
    phase: bool = False,
) -> Cine:
    """The cine with its velocities.

    Parameters
    ----------
    cine : Cine
    values : ndarray, shape (3, Z, T, Y, X)
        On the cine's grid; NaN where nothing was measured.
    venc_cm_s : numbers or None
        One or three; the options' VENC goes before it.
    directions : ndarray, shape (3, 3)
        One a row, in the geometry's frame.
    options : ReadOptions
    phase : bool
        The values are radians, half a turn being the VENC, instead of cm/s.

    Raises
    ------
    ReadError
        No VENC, values that are none, directions that are no unit vectors, velocities beyond the VENC.
    """
    vencs = options.venc_cm_s or _vencs(venc_cm_s)
    if values.dtype.kind not in "uif":
        raise ReadError(f"velocities of type {values.dtype}", advice="give numbers (integer or float)")
    limits = np.full(3, np.pi) if phase else np.array(vencs)
    _check_signed(values)
    if not phase:
        _check_no_phase(values, vencs)
    cm_s = _within(values.astype(np.float32), limits, phase)
    if phase:
        cm_s *= (np.array(vencs, np.float32) / np.float32(np.pi))[:, None, None, None, None]
    velocity = Velocity(cm_s, vencs, _unit(directions))
    return plausible(replace(cine, velocity=velocity).with_findings(*venc_finding(options)))


def _vencs(stated: Any) -> tuple[float, float, float]:
    if stated is None:
        raise ReadError(
            "velocities without their VENC",
            advice="store venc_cm_s beside them, or pass --venc V, or X,Y,Z for the three channels",
        )
    try:
        values = np.ravel(np.asarray(stated, float))
    except (TypeError, ValueError):
        values = np.zeros(0)
    if len(values) not in (1, 3) or not (np.isfinite(values) & (values > 0)).all():
        raise ReadError(f"venc_cm_s is {stated}", advice="give one or three numbers above 0, in cm/s")
    x, y, z = np.broadcast_to(values, 3).tolist()
    return x, y, z


def _check_signed(values: NDArray[Any]) -> None:
    """Velocities go both ways; what is never below 0 is a magnitude, or counts from 0 on."""
    for number, channel in enumerate(values, start=1):
        known = channel[np.isfinite(channel)]
        if known.size and known.min() >= 0.0 and np.ptp(known) > 0.0:
            raise ReadError(
                f"no velocity below 0 in channel {number}: a magnitude, or stored values whose rest is not 0",
                advice="give velocities about 0, positive and negative",
            )


def _check_no_phase(values: NDArray[Any], vencs: tuple[float, float, float]) -> None:
    """Noise fills a phase up to half a turn: values up to pi or to 1 are radians, or parts of the VENC."""
    most = [float(np.nanmax(np.abs(channel.astype(np.float32)), initial=0.0)) for channel in values]
    for half, what in ((np.pi, "a phase in radians"), (1.0, "parts of the VENC")):
        if all(
            abs(one - half) < _END * half < abs(one - venc) for one, venc in zip(most, vencs, strict=True)
        ):
            raise ReadError(
                f"velocities of up to {most[0]:.4g} in all channels, VENC {max(vencs):g} cm/s: {what}",
                advice='multiply them by VENC / pi or by the VENC, or say "unit": "phase" in the JSON',
            )


def _within(values: F32, limits: Array, phase: bool) -> F32:
    """Without what rounding put beyond the limits."""
    if np.isinf(values).any() or np.isnan(values).all():
        raise ReadError("velocities that are no numbers", advice="export them again")
    limits = limits[:, None, None, None, None]
    over = float(np.nanmax(np.abs(values) / limits))
    if not phase and 0.0 < over <= _METRES:
        raise ReadError(
            f"velocities of at most {over:.2%} of their VENC: metres per second, without a unit that says so",
            advice='give cm/s, or say "unit": "m/s" in the JSON',
        )
    if over > 1.0 + _ROUNDING:
        text = "phases beyond half a turn" if phase else f"velocities of up to {over:.3g} times their VENC"
        advice = (
            'give radians from -pi to pi, or the unit "cm/s"' if phase else "give the scan's VENC: --venc"
        )
        raise ReadError(text, advice=advice)
    return np.clip(values, -limits, limits).astype(np.float32)


def _unit(directions: Any) -> Array:
    try:
        vectors = np.asarray(directions, float)
    except (TypeError, ValueError):
        vectors = np.zeros(0)
    lengths = np.linalg.norm(vectors, axis=1) if vectors.shape == (3, 3) else np.zeros(1)
    if not (np.abs(lengths - 1.0) <= _UNIT).all():
        raise ReadError("directions that are not three unit vectors", advice="give shape (3, 3), one a row")
    return vectors / lengths[:, None]

"""What about measured velocities must be said: directions that look reversed, wraps, phase errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.measure.curves import find_ed_es
from lvcine.measure.lvquan_indices import in_systole
from lvcine.measure.velocity.ring import Ring
from lvcine.study import U8, Array, Bools, Finding, Geometry, Velocity, Whole
from lvcine.study.mask import CAVITY

_AGAINST = -0.3  # mean cosine between what an axis shows and what contraction asks for
_EXCHANGED = 0.5
_BEATS = 0.1  # of the largest cavity: less and nothing can be said about systole
_WRAPS_LEFT = 0.01  # of the wall's pixels and frames
_MANY_WRAPS = 0.05
_LARGE_CM_S = 2.0
_AXES = ("x (along rows)", "y (along columns)", "z (through the plane)")


@dataclass(frozen=True)
class Alignment:
    """How well the wall moves inwards and towards the apex while the cavity gets smaller, -1..1.

    Attributes
    ----------
    x, y : float
        Each in-plane axis with contraction along it.
    through : float
        Through the plane with the way to the apex.
    exchanged : float
        x with contraction along y and y with that along x.
    """

    x: float
    y: float
    through: float
    exchanged: float


def find_alignment(
    fields: list[NDArray[np.floating]], rings: list[Ring], labels: U8, apex: int
) -> Alignment | None:
    """From fields (3, T, Y, X) and rings of the slices; None where the cavity hardly changes.

    Systole comes from the areas of the mask's cavity, so that no velocity can vouch for itself.
    """
    areas = (labels == CAVITY).sum(axis=(0, 2, 3)).astype(np.float64)
    if not areas.max() > 0 or np.ptp(areas) < _BEATS * areas.max():
        return None
    pair = find_ed_es(areas, gated=True)
    systole = in_systole(len(areas), pair.ed, pair.es)
    parts = [_in_systole(field, ring, systole) for field, ring in zip(fields, rings, strict=True)]
    vx, vy, vz, ex, ey = (np.concatenate(p) for p in zip(*parts, strict=True))
    shear = np.concatenate([vx, vy]), np.concatenate([-ey, -ex])
    return Alignment(
        _cosine(vx, -ex), _cosine(vy, -ey), apex * _cosine(vz, np.ones_like(vz)), _cosine(*shear)
    )


def _in_systole(field: NDArray[np.floating], ring: Ring, systole: Bools) -> list[Array]:
    at = systole[ring.frame]
    vx, vy, vz = (np.asarray(c[ring.frame, ring.row, ring.column], np.float64) for c in field)
    level = [ring.even_mean(v)[ring.frame] for v in (vx, vy)]
    at &= np.isfinite(level[0]) & np.isfinite(level[1])
    return [(vx - level[0])[at], (vy - level[1])[at], vz[at], *ring.outwards[:, at]]


def _cosine(a: Array, b: Array) -> float:
    length = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / length if length > 0 else 0.0


def sign_doubts(found: Alignment | None, velocity: Velocity, geometry: Geometry) -> list[Finding]:
    """``velocity-sign`` for every axis of the picture that moves the wrong way in systole."""
    if found is None:
        return []
    if found.exchanged > _EXCHANGED:
        text = "channels along x and y of the picture probably exchanged, by the wall's motion in systole"
        advice = "state the directions of the channels, those two swapped"
        return [Finding("velocity-sign", "warning", text, advice)]
    towards = np.abs(velocity.along_picture(geometry) @ velocity.directions.T)
    doubts = []
    for axis, cosine in enumerate((found.x, found.y, found.through)):
        if cosine < _AGAINST:
            moves = "away from the apex" if axis == 2 else "outwards"
            text = f"velocity along {_AXES[axis]} moves the wall {moves} in systole: sign probably reversed"
            number = int(towards[axis].argmax()) + 1
            advice = f"pass --reverse {number} if the header is wrong; leave it out if it was passed"
            doubts.append(Finding("velocity-sign", "warning", text, advice))
    return doubts


def wrap_doubts(wrapped: Array, doubtful: Array, venc_cm_s: tuple[float, ...]) -> list[Finding]:
    """``venc-low`` from the shares (channel, slice) of pixels that were wrapped, and that still may be."""
    findings = []
    for channel, venc in enumerate(venc_cm_s):
        many, left = float(np.mean(wrapped[channel])), float(np.max(doubtful[channel]))
        said = f"channel {channel + 1} (VENC {venc:g} cm/s)"
        if left > _WRAPS_LEFT:
            worst = int(doubtful[channel].argmax())
            text = f"{said}: {left:.0%} of the wall's velocities in slice {worst} do not fit their neighbours"
            advice = "look at the curves; scan with a larger VENC"
            findings.append(Finding("venc-low", "warning", text, advice))
        elif many > _MANY_WRAPS:
            text = f"{said}: {many:.0%} of the wall faster than the VENC, unwrapped"
            advice = "scan with a larger VENC to need no unwrapping"
            findings.append(Finding("venc-low", "info", text, advice))
    return findings


def background_doubts(orders: Whole, taken_cm_s: float) -> list[Finding]:
    """``background-unknown`` from the orders (channel, slice) of the surfaces, and what was taken out."""
    findings, advice = [], "export the whole picture, not a crop"
    if (orders < 0).any():
        slices = ", ".join(map(str, np.flatnonzero((orders < 0).any(0))))
        text = (
            f"slice {slices}: too little static tissue for the background phase error; "
            "mean velocity of the wall over the cycle taken as zero"
        )
        findings.append(Finding("background-unknown", "warning", text, advice))
    elif (orders < 2).any():
        slices = ", ".join(map(str, np.flatnonzero((orders < 2).any(0))))
        text = f"slice {slices}: little static tissue: background phase error taken as a plane"
        findings.append(Finding("background-unknown", "info", text, advice))
    if taken_cm_s > _LARGE_CM_S:
        text = f"phase error of {taken_cm_s:.1f} cm/s in the wall (root mean square) corrected"
        findings.append(Finding("background-large", "info", text, "check that the curves return to zero"))
    return findings

"""Do velocities, outlines and magnitude belong together? Checked against what no velocity can vouch for.

- The wall's outline moves inwards as fast as its radial velocity says: a unit, VENC or times that are wrong
  make one faster than the other, and channels of other frames move at another time.
- What moves inwards along x, along y, and towards the apex does so together: else a channel is late, or is
  another one.
- Phase is noise where the magnitude is dark: a channel of another place, or one that was mirrored, is noisy
  elsewhere.

On eight virtual scans the radial velocity is 0.83 to 1.25 times that of the true outline, correlated by 0.98
and more; x and y by 0.97, the long axis and radius by 0.96; noise and darkness by 0.48 to 0.98, 0.13 more
at the least than with another slice's or a mirrored one's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lvcine.measure.velocity.ring import Ring
from lvcine.study import U8, Array, Cine, Finding, Velocity, listed
from lvcine.study.mask import CAVITY, MYOCARDIUM

HARMONICS = 4
"""Of the cycle that outlines show; what is faster is their noise."""
AS_FAST = (0.65, 1.6)
TOGETHER = 0.5
LATER = 0.25
"""Correlation at the same time, and how much better another time may be."""
LEAST_CM_S = 0.15
"""Of the outline (root mean square over the cycle): less and it is noise."""
ELSEWHERE = 0.1
COPIES = 0.98
UNMASKED = 0.7
"""Share of the pixels with a velocity: where air was cleared, noise says nothing of the place."""
_DARK = 0.02  # of the mean magnitude, added so that black has a logarithm
_QUIET = 0.005  # of the VENC


def consistency_doubts(
    fields: Sequence[NDArray[np.floating]], rings: Sequence[Ring], labels: U8, cine: Cine, cycle_ms: float
) -> list[Finding]:
    """``velocity-scale-doubtful``, ``velocity-out-of-step`` and ``velocity-elsewhere``.

    Parameters
    ----------
    fields : sequence of ndarray, shape (3, T, Y, X)
        Cleaned velocities of the slices along x, y and z of the picture.
    rings : sequence of Ring
    labels : ndarray of uint8, shape (Z, T, Y, X)
    cine : Cine
        With its velocities as they were read.
    cycle_ms : float
    """
    if alike := _alike(cine):
        return alike
    x, y, z = (np.mean(part, axis=0) for part in zip(*map(_along, fields, rings), strict=True))
    outline = _of_outline(labels, cine.geometry.pixel_spacing_mm, cycle_ms)
    found = _elsewhere(cine)
    curves = [_slow(curve) for curve in (x, y, z, outline)]
    if not all(np.isfinite(curve).all() for curve in curves) or curves[3].std() < LEAST_CM_S:
        return found
    x, y, z, outline = curves
    late = _late(x, y, z, outline)
    return [*found, *late, *([] if late or not cine.geometry.calibrated else _scale((x + y) / 2, outline))]


def _along(field: NDArray[np.floating], ring: Ring) -> tuple[Array, Array, Array]:
    """Motion inwards along x alone and along y alone, as if it were all, and along z; each (T,)."""
    vx, vy, vz = (np.asarray(c[ring.frame, ring.row, ring.column], np.float64) for c in field)
    vx, vy = (v - ring.even_mean(v)[ring.frame] for v in (vx, vy))
    one = np.zeros(len(vx), np.intp)
    inwards = (-2.0 * v * out for v, out in zip((vx, vy), ring.outwards, strict=True))
    along_x, along_y, through = (ring.means(part, one, 1)[0] for part in (*inwards, vz))
    return along_x, along_y, through


def _of_outline(labels: U8, spacing_mm: tuple[float, float], cycle_ms: float) -> Array:
    """How fast the middle of the wall moves inwards by its areas, cm/s, (T,): mean of the slices."""
    pixel = float(np.prod(spacing_mm))
    cavity, wall = ((labels == tissue).sum((2, 3)) * pixel for tissue in (CAVITY, MYOCARDIUM))
    radius = (np.sqrt(cavity / np.pi) + np.sqrt((cavity + wall) / np.pi)).mean(0) / 2.0
    step_s = cycle_ms / 1000.0 / labels.shape[1]
    return np.asarray(-(np.roll(radius, -1) - np.roll(radius, 1)) / (2.0 * step_s) / 10.0)


def _slow(curve: Array) -> Array:
    """Its first harmonics, about 0."""
    waves = np.fft.rfft(curve)
    waves[HARMONICS + 1 :] = waves[0] = 0.0
    return np.fft.irfft(waves, len(curve))


def _late(x: Array, y: Array, z: Array, outline: Array) -> list[Finding]:
    """Channels that do not move when the others do."""
    late = {"x (along rows)": _is_late(x, outline), "y (along columns)": _is_late(y, outline)}
    if max(_correlation(x, outline), _correlation(y, outline)) < TOGETHER:
        late = dict.fromkeys(late, True)  # both against the outline: no sign, but another half of the cycle
    else:
        late["z (through the plane)"] = _is_late(z, (x + y) / 2)
    names = [name for name, value in late.items() if value]
    if not names:
        return []
    text = (
        f"velocities along {', '.join(names)} out of step with the wall's motion: delayed, of other frames "
        "or slices, or of another direction"
    )
    advice = "check which files are which channel, and the order of their frames and slices"
    return [Finding("velocity-out-of-step", "warning", text, advice)]


def _is_late(curve: Array, other: Array) -> bool:
    """Whether a curve fits another at another time better; against it all along is a sign, said elsewhere."""
    now = abs(_correlation(curve, other))
    best = max(abs(_correlation(np.roll(curve, lag), other)) for lag in range(len(curve)))
    return now < TOGETHER or best - now > LATER


def _correlation(a: Array, b: Array) -> float:
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0


def _scale(radial: Array, outline: Array) -> list[Finding]:
    """Whether the wall moves as fast as its outline."""
    ratio = float(radial @ outline) / float(outline @ outline)
    if AS_FAST[0] <= abs(ratio) <= AS_FAST[1]:
        return []
    text = (
        f"the wall's radial velocity is {abs(ratio):.2g} times that of its outline: unit, VENC or times wrong"
    )
    advice = "check them against the scan's protocol (--venc, --frame-ms)"
    return [Finding("velocity-scale-doubtful", "warning", text, advice)]


def _alike(cine: Cine) -> list[Finding]:
    """Channels that are copies: noise alone makes two directions differ."""
    assert cine.velocity is not None
    thin = np.nan_to_num(cine.velocity.cm_s[:, :, ::2, ::2, ::2]).reshape(3, -1)
    same = [
        f"{a + 1} and {b + 1}"
        for a, b in ((0, 1), (0, 2), (1, 2))
        if thin[a].any() and thin[b].any() and abs(np.corrcoef(thin[a], thin[b])[0, 1]) > COPIES
    ]
    if not same:
        return []
    text = f"channels {', '.join(same)} hold the same pictures: one direction twice, another one is missing"
    advice = "check which files are which channel"
    return [Finding("velocity-out-of-step", "warning", text, advice)]


def _elsewhere(cine: Cine) -> list[Finding]:
    """Channels whose noise fits the magnitude of another slice better, or a mirrored one."""
    velocity = cine.velocity
    assert velocity is not None
    dark = [-np.log(frames.mean(0) + _DARK * cine.pixels.mean() + 1e-9) for frames in cine.pixels]
    wrong = [
        f"channel {channel + 1} in slice {z}"
        for channel in range(len(velocity.cm_s))
        for z in range(cine.slices)
        if _fits_elsewhere(velocity, channel, z, dark)
    ]
    if not wrong:
        return []
    text = (
        f"the noise of {listed(wrong)} does not lie where the magnitude is dark: of another slice or scan, "
        "mirrored, or no phase"
    )
    advice = "check which files are which slice and channel, and which way up they are"
    return [Finding("velocity-elsewhere", "warning", text, advice)]


def _fits_elsewhere(velocity: Velocity, channel: int, z: int, dark: Sequence[Array]) -> bool:
    values = velocity.cm_s[channel, z]
    if (np.isfinite(values) & (values != 0.0)).mean() < UNMASKED:
        return False
    noise = np.log(np.diff(np.nan_to_num(values), axis=0).std(0) + _QUIET * velocity.venc_cm_s[channel])
    own = dark[z]
    turned = [own[:, ::-1], own[::-1], own[::-1, ::-1]] + ([own.T] if own.shape[0] == own.shape[1] else [])
    others = [other for k, other in enumerate(dark) if k != z] + turned
    fits = [float(np.corrcoef(noise.ravel(), other.ravel())[0, 1]) for other in others]
    return max(fits) > float(np.corrcoef(noise.ravel(), own.ravel())[0, 1]) + ELSEWHERE

"""From echoes to a picture in range and angle: point spread, gain, clutter, noise, compression.

Echoes are laid onto the polar grid with the phase of their exact range, so that speckle forms,
moves and decorrelates by interference. Pulse and beam are matrices: along the range one Gaussian,
across the beams a blend of Gaussians with side lobes that grow wider, in angle, towards the probe.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.anatomy import waves
from lvcine.phantom.arrays import Num, smoothstep
from lvcine.phantom.population import Random
from lvcine.phantom.ultrasound.motion import single
from lvcine.phantom.ultrasound.protocol import UltrasoundProtocol

Array = NDArray[np.float64]

_SOUND_MM_US = 1.54  # speed of sound in soft tissue (AIUM)
_STEPS = 0.8  # grid steps over standard deviations of the point spread
_WIDER = (1.0, 2.2, 5.0)  # beams that are blended, over the narrowest


@dataclass(frozen=True)
class Beamformer:
    """The scanner's signal path of one protocol.

    Attributes
    ----------
    protocol : UltrasoundProtocol
    """

    protocol: UltrasoundProtocol

    # ---- grid and point spread --------------------------------------------------------------
    @cached_property
    def ranges(self) -> Array:
        """Mm from the probe's face, shape (D,)."""
        p = self.protocol
        count = int(np.clip(np.ceil(p.depth_mm / (_STEPS * p.pulse_mm)), 200, 520))
        return (np.arange(count) + 0.5) * p.depth_mm / count

    @cached_property
    def angles(self) -> Array:
        """Rad from the picture's axis, shape (B,)."""
        p = self.protocol
        count = int(np.clip(np.ceil(p.angle / (_STEPS * p.beam)), 64, 200))
        return ((np.arange(count) + 0.5) / count - 0.5) * p.angle

    @property
    def steps(self) -> tuple[float, float]:
        """Mm and rad from sample to sample."""
        return float(self.ranges[1] - self.ranges[0]), float(self.angles[1] - self.angles[0])

    @property
    def wavenumber(self) -> float:
        """Phase in rad per mm of range: there and back."""
        return 4.0 * np.pi * self.protocol.frequency_mhz / _SOUND_MM_US

    @cached_property
    def pulse(self) -> Array:
        """(D, D) matrix of the pulse; white noise keeps its variance."""
        kernel = np.exp(-0.5 * ((self.ranges[:, None] - self.ranges) / self.protocol.pulse_mm) ** 2)
        return np.asarray(kernel / np.sqrt((kernel**2).sum(1).max()))

    @cached_property
    def beams(self) -> tuple[list[Array], Array]:
        """(B, B) matrices of the beams that are blended, and their share at each range, (D, 3)."""
        p = self.protocol
        apart = self.angles[:, None] - self.angles
        lobes = 10 ** (p.lobe_db / 20.0) * np.exp(-0.5 * (apart / p.lobe) ** 2)
        kernels = [np.exp(-0.5 * (apart / (p.beam * w)) ** 2) + lobes for w in _WIDER]
        width = np.sqrt(1.0 + (p.near_beam_mm / (p.beam * (self.ranges + p.probe_mm + 1.0))) ** 2)
        place = np.interp(np.log(width), np.log(_WIDER), np.arange(len(_WIDER)))
        share = np.clip(1.0 - np.abs(place[:, None] - np.arange(len(_WIDER))), 0.0, 1.0)
        middle = np.stack([k[len(k) // 2] for k in kernels])
        return kernels, share / np.sqrt(((share @ middle) ** 2).sum(1))[:, None]

    @cached_property
    def slice_mm(self) -> Array:
        """Standard deviation across the picture at each range, shape (D,)."""
        p = self.protocol
        return np.asarray(np.hypot(p.slice_mm, p.slice_spread * (self.ranges - p.focus_mm)))

    # ---- scatterers ---------------------------------------------------------------------------
    def slab_mm(self, travel_mm: float) -> float:
        """Half thickness of the slab from which scatterers may come into the beam."""
        return float(2.2 * self.slice_mm.mean() + travel_mm)

    def scatterer_density(self, per_cell: float) -> float:
        """Per mm of range, rad and mm across, so that a resolution cell holds ``per_cell``."""
        p = self.protocol
        cell = (2.0 * np.sqrt(np.pi)) ** 3 * p.pulse_mm * p.beam * float(np.median(self.slice_mm))
        return per_cell / cell

    @property
    def cell_volume(self) -> float:
        """Times density: scatterers per grid cell, weighted as the beam across weights their power."""
        return self.steps[0] * self.steps[1] * float(np.sqrt(np.pi))

    def echo(self, reach: Num, angle: Num, off: Num, amplitude: Num) -> Num:
        """Echoes laid onto the grid.

        Parameters
        ----------
        reach, angle, off, amplitude : arrays, shape (T, N)
            Range in mm, angle in rad, distance from the plane in mm, amplitude of each echo.

        Returns
        -------
        array, shape (2, T, D, B)
            Real and imaginary part.
        """
        frames, d, b = reach.shape[0], len(self.ranges), len(self.angles)
        p, (dr, da) = self.protocol, self.steps
        thick2 = p.slice_mm**2 + (p.slice_spread * (reach - p.focus_mm)) ** 2
        # Thick parts of the beam weigh more scatterers; the root of the width keeps the level even.
        weight = amplitude * np.exp(-0.5 * off * off / thick2) / thick2**0.25
        row, column = reach / dr - 0.5, (angle + 0.5 * p.angle) / da - 0.5
        seen = (row >= 0) & (row < d - 1) & (column >= 0) & (column < b - 1)
        weight = np.where(seen, weight, 0.0 * weight)
        i, j = np.floor(np.clip(row, 0, d - 2)), np.floor(np.clip(column, 0, b - 2))
        fi, fj = row - i, column - j
        cell = np.asarray(i * b + j, dtype=np.int64)
        frame = np.cumsum(np.ones_like(cell), 0) - 1
        at = (cell + frame * (d * b)).reshape(-1)
        corners = (0, (1 - fi) * (1 - fj)), (1, (1 - fi) * fj), (b, fi * (1 - fj)), (b + 1, fi * fj)
        phase = self.wavenumber * reach
        parts = []
        for wave in (weight * np.cos(phase), -weight * np.sin(phase)):
            grid: Num = 0.0
            for shift, w in corners:
                grid = grid + np.bincount(at + shift, (wave * w).reshape(-1), frames * d * b)
            parts.append(np.asarray(grid, dtype=reach.dtype))
        return np.stack(parts).reshape(2, frames, d, b)

    def spread(self, field: Num) -> Num:
        """The point spread over fields (..., D, B)."""
        kernels, share = self.beams
        out: Num = 0.0
        for k, kernel in enumerate(kernels):
            if share[:, k].any():
                out = out + (single(share[:, k, None]) * field) @ single(kernel.T)
        return single(self.pulse) @ out

    # ---- gain, clutter and noise --------------------------------------------------------------
    @cached_property
    def gain(self) -> Array:
        """Gain of the echoes, (D, B): attenuation left over, time-gain curve, sides, shadows."""
        p = self.protocol
        r, a = self.ranges[:, None], self.angles[None]
        level = -p.loss_db_cm * (r - 0.5 * p.depth_mm) / 10.0 - p.side_db * (2.0 * a / p.angle) ** 4
        if p.gain_waves:
            level = level + p.gain_db * waves(p.gain_waves, r, 0.0 * r, 0.0 * r)
        for shadow in p.shadows:
            across = smoothstep((1.5 * shadow.half_width - np.abs(a - shadow.angle)) / shadow.half_width)
            level = level - shadow.loss_db * across * smoothstep((r - shadow.start_mm) / 15.0 + 0.5)
        return np.asarray(10 ** (level / 20.0))

    def clutter(self, rng: Random) -> Array:
        """What stands still in front of the probe before the point spread, (2, D, B)."""
        p = self.protocol
        r = self.ranges[:, None]
        noise = rng.standard_normal((2, len(r), len(self.angles))) / np.sqrt(2.0)
        out = noise * 10 ** (p.haze_db / 20.0) * np.exp(-r / p.haze_mm)
        for middle, width, level in p.bands:
            # An echo between probe and a layer of the chest: even along an arc, but not all along it.
            along = _smoother(self.angles, 0.12) @ rng.standard_normal((len(self.angles), 2)) * 1.5
            band = (rng.standard_normal((2, 1, 1)) / 3.0 + 0.5 * noise) * np.clip(
                0.3 + along.T[:, None], 0.0, 1.0
            )
            out = out + band * 10 ** (level / 20.0) * np.exp(-0.5 * ((r - middle) / width) ** 2)
        return np.asarray(out)

    @cached_property
    def noise(self) -> Array:
        """Amplitude of the receiver's noise, (D, 1): the time-gain curve lifts it with range."""
        p = self.protocol
        return np.asarray(10 ** ((p.noise_db + p.noise_rise_db * self.ranges[:, None] / p.depth_mm) / 20.0))

    # ---- grey ---------------------------------------------------------------------------------
    def grey(self, iq: Num) -> Num:
        """Log-compressed envelope 0..1 of (2, T, D, B), smoothed: (T, D, B)."""
        p = self.protocol
        power = iq[0] * iq[0] + iq[1] * iq[1]
        level = p.middle + 10.0 / p.range_db * np.log10(power + 1e-9)
        level = np.clip(level, -0.15, 1.25)
        if p.smooth_mm > 0:
            level = single(_smoother(self.ranges, p.smooth_mm)) @ level
        if p.smooth_beams > 0:
            level = level @ single(_smoother(self.angles, p.smooth_beams * self.steps[1]).T)
        return np.clip(level, 0.0, 1.0) ** p.curve


def _smoother(at: Array, width: float) -> Array:
    kernel = np.exp(-0.5 * ((at[:, None] - at) / width) ** 2)
    return np.asarray(kernel / kernel.sum(1, keepdims=True))

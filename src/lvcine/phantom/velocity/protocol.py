"""How a velocity-mapping scan is made: geometry, sequence, encoding and what disturbs it.

Spiral and Cartesian myocardial velocity mapping as published: 1.4 mm pixels, 8 mm slices, one
basal, mid and apical slice, 50 frames a cycle (Simpson 2013, doi:10.1186/1532-429X-15-34); a
velocity encoding of 30 cm/s (the myocardial protocol of PMC6972568), drawn wider.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.phantom.population import Random


@dataclass(frozen=True)
class Protocol:
    """Numbers of one scan.

    Attributes
    ----------
    slices, frames, size : int
        Z, T and the rows and columns of the square pictures.
    spacing_mm, thickness_mm : float
    turn : float
        Rotation of the pictures about the axis in rad; 0: septum on the left.
    venc_cm_s : (float, float, float)
        Velocity that turns the phase by half a circle, of x, y and z.
    field_t, flip_rad, repetition_ms, echo_ms : float
        Of the spoiled gradient echo.
    black_blood : bool
        Blood is saturated by slabs beside the slice before each heart beat.
    blood_left : float
        Share of the blood's signal that saturation leaves; of bright blood how fresh it is, 0..1.
    noise : float
        Standard deviation of the noise in the real and in the imaginary part of each channel, over the
        signal of the myocardium: velocity noise is ``venc / pi * noise``.
    background_cm_s : float
        Typical size of the slowly varying phase error of each channel.
    resolution : float
        Share of the lines of k-space that are measured; the rest is zero.
    sharing : float
        Share of the outermost lines that comes from the neighbouring frames, 0..1.
    shift_mm : (float, float)
        Standard deviation of the breath-hold's position in plane and through plane.
    samples : int
        Planes drawn through the thickness of a slice.
    """

    slices: int = 3
    frames: int = 50
    size: int = 128
    spacing_mm: float = 1.4
    thickness_mm: float = 8.0
    turn: float = 0.0
    venc_cm_s: tuple[float, float, float] = (20.0, 20.0, 30.0)
    field_t: float = 1.5
    flip_rad: float = 0.26
    repetition_ms: float = 7.0
    echo_ms: float = 4.0
    black_blood: bool = True
    blood_left: float = 0.12
    noise: float = 0.05
    background_cm_s: float = 0.5
    resolution: float = 0.8
    sharing: float = 0.4
    shift_mm: tuple[float, float] = (1.5, 1.5)
    samples: int = 3

    def levels(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Shares of the long axis, from base to apex, at which the slices are planned at ED."""
        return np.linspace(0.27, 0.78, self.slices) if self.slices > 1 else np.array([0.5])


def draw_protocol(
    rng: Random, *, slices: int = 3, frames: int = 50, size: int = 128, spacing_mm: float = 1.4
) -> Protocol:
    """A scan from a seed: VENC 10-30 cm/s in plane and 20-40 cm/s through plane.

    Examples
    --------
    >>> protocol = draw_protocol(np.random.default_rng(1), frames=30)
    >>> protocol.frames, all(10 <= v <= 40 for v in protocol.venc_cm_s)
    (30, True)
    """
    in_plane, through = 5.0 * rng.integers(2, 7), 5.0 * rng.integers(4, 9)
    black = bool(rng.random() < 0.7)
    return Protocol(
        slices=slices,
        frames=frames,
        size=size,
        spacing_mm=spacing_mm,
        thickness_mm=float(rng.uniform(6.0, 10.0)),
        turn=float(rng.normal(0.0, 0.15)),
        venc_cm_s=(float(in_plane), float(in_plane), float(through)),
        field_t=float(rng.choice([1.5, 3.0])),
        flip_rad=float(np.radians(rng.uniform(8.0, 20.0))),
        repetition_ms=float(rng.uniform(4.5, 8.0)),
        echo_ms=float(rng.uniform(2.5, 4.5)),
        black_blood=black,
        blood_left=float(rng.uniform(0.05, 0.3) if black else rng.uniform(0.3, 0.9)),
        noise=float(rng.uniform(0.025, 0.1)),
        background_cm_s=float(rng.uniform(0.1, 1.0)),
        resolution=float(rng.uniform(0.6, 0.95)),
        sharing=float(rng.uniform(0.0, 0.8)),
    )

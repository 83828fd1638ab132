"""The slowly varying phase that eddy currents leave, read off the tissue that stands still.

What stands still has no velocity: a smooth surface through what is measured there is the error, under
the heart too (Gatehouse 2010, doi:10.1186/1532-429X-12-5: second order in space is enough).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from lvcine.study import F32, Array, Bools

_AWAY_MM = 6.0  # from the wall: what is nearer moves with it
_BRIGHT = 0.1  # of the wall's typical magnitude: less, and the phase is noise
_STEADY = 0.1  # that the magnitude of still tissue may vary over the cycle beside its noise, of its mean
_COHERENT = 0.75  # length of the mean phasor: noise of a fifth of the magnitude leaves 0.98
_NOISE = 1.6  # of the variance that noise from frame to frame explains: more is motion
_PIXELS_A_TERM = 60  # fewer and the surface is of a lower order
_ORDERS = (2, 1)
_SPREAD = 0.35  # of the picture that a tilted surface needs to be known across
_ROUNDS = 8
_TUKEY = 4.685
_TELLS_DRIFT = 0.005  # of the VENC: a smaller error (root mean square) tells no drift
_MOST_DRIFT = 0.5  # of the error


@dataclass(frozen=True, eq=False)
class Background:
    """The error of one channel in one slice.

    Attributes
    ----------
    cm_s : ndarray, shape (T, Y, X)
    pixels : int
        Pixels of still tissue that it rests on; 0: nothing is known, and nothing is taken out.
    order : int
        Of the polynomial; -1 where nothing is known.
    """

    cm_s: Array
    pixels: int
    order: int


def find_background(
    cm_s: Array, magnitude: Array, heart: Bools, venc_cm_s: float, spacing_mm: tuple[float, float]
) -> Background:
    """Surface through the mean velocity of tissue that stands still, growing and shrinking over the cycle.

    Parameters
    ----------
    cm_s : ndarray, shape (T, Y, X)
        As encoded, wraps and all.
    magnitude : ndarray, shape (T, Y, X)
    heart : ndarray of bool, shape (T, Y, X)
        Wall and cavity.
    spacing_mm : (float, float)
        Between rows, between columns.

    Notes
    -----
    Still is what is bright enough and neither its magnitude nor its velocity varies more than the noise
    does from one frame to the next. The surface is fitted with bisquare weights, for some of what looks
    still is not. It is of order 2 where there is enough such tissue around, a plane else, and none where
    there is hardly any: a level found aside of the heart says little about the heart. Gradients keep
    their form over the cycle, so the error keeps its shape in space and only its size drifts: one factor
    a frame, smooth over the cycle.
    """
    grid = cm_s.shape[1:]
    bright = _bright(magnitude, heart, spacing_mm)
    light = magnitude[:, bright].astype(np.float32)
    phasors = light * np.exp(np.complex64(1j * np.pi / venc_cm_s) * np.nan_to_num(cm_s[:, bright]))
    still, noise = _still(phasors, light)
    phasors, at = phasors[:, still], _places(grid)[bright][still]
    mean = np.angle(phasors.mean(0)).astype(np.float64) * venc_cm_s / np.pi
    for order in _ORDERS:
        terms = _terms(at, order)
        if _enough(at, terms.shape[1]):
            weights = _fit(terms, mean, noise[still])
            drift = _drift(terms @ weights, phasors, venc_cm_s)
            surface = (_terms(_places(grid).reshape(-1, 2), order) @ weights).reshape(grid)
            return Background(drift[:, None, None] * surface, len(at), order)
    return Background(np.zeros(cm_s.shape), 0, -1)


def _bright(magnitude: Array, heart: Bools, spacing_mm: tuple[float, float]) -> Bools:
    """Pixels away from the wall whose magnitude is enough and hardly changes, (Y, X)."""
    mean = magnitude.mean(0)
    typical = float(np.median(magnitude[heart])) if heart.any() else float(np.median(mean))
    reach = [int(np.ceil(_AWAY_MM / s)) for s in spacing_mm]
    near = binary_dilation(heart.any(0), np.ones((2 * reach[0] + 1, 2 * reach[1] + 1), bool))
    noise = (np.diff(magnitude, axis=0, append=magnitude[:1]) ** 2).mean(0) / 2.0
    steady = magnitude.var(0) < _NOISE * noise + (_STEADY * mean) ** 2
    return np.asarray(~near & (mean > _BRIGHT * typical) & steady)


def _still(phasors: NDArray[np.complex64], light: F32) -> tuple[Bools, Array]:
    """Which of the pixels (T, N) stand still, and the noise of each one's phase in rad."""
    mean = phasors.mean(0)
    phase = np.angle(phasors * np.exp(-1j * np.angle(mean)))
    noise = (np.diff(phase, axis=0, append=phase[:1]) ** 2).mean(0) / 2.0
    still = (np.abs(mean) > _COHERENT * light.mean(0)) & ((phase**2).mean(0) < _NOISE * noise)
    return np.asarray(still), np.sqrt(np.maximum(noise, 1e-12)).astype(np.float64)


def _places(shape: tuple[int, ...]) -> Array:
    """Rows and columns from -1 to 1, (Y, X, 2)."""
    rows, columns = (np.linspace(-1.0, 1.0, n) for n in shape)
    return np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1)


def _terms(places: Array, order: int) -> Array:
    y, x = places[..., 0], places[..., 1]
    powers = [y**j * x ** (total - j) for total in range(order + 1) for j in range(total + 1)]
    return np.stack(powers, axis=-1)


def _enough(places: Array, terms: int) -> bool:
    if len(places) < _PIXELS_A_TERM * terms:
        return False
    ends = np.percentile(places, [5.0, 95.0], axis=0)
    return bool((np.diff(ends, axis=0) > 2.0 * _SPREAD).all())


def _fit(terms: Array, measured: Array, noise: Array) -> Array:
    """Weighted least squares that leave out what lies far off."""
    trust = 1.0 / np.maximum(noise, np.percentile(noise, 10)) ** 2
    kept = np.ones(len(measured))
    for _ in range(_ROUNDS):
        root = np.sqrt(trust * kept)
        found = np.linalg.lstsq(terms * root[:, None], measured * root, rcond=None)[0]
        off = (measured - terms @ found) * np.sqrt(trust)
        scale = 1.4826 * float(np.median(np.abs(off)[kept > 0])) + 1e-12
        kept = np.clip(1.0 - (off / (_TUKEY * scale)) ** 2, 0.0, None) ** 2
    return np.asarray(found)


def _drift(surface: Array, phasors: NDArray[np.complex64], venc_cm_s: float) -> Array:
    """Size of the error in every frame over that of its mean: the first harmonic of the cycle, (T,)."""
    frames = len(phasors)
    if np.sqrt(np.mean(surface**2)) < _TELLS_DRIFT * venc_cm_s:
        return np.ones(frames)
    weight = np.abs(phasors).mean(0) ** 2 * surface
    rest = np.angle(phasors * np.exp(-1j * (np.pi / venc_cm_s) * surface)) * venc_cm_s / np.pi
    excess = (rest @ weight) / float(weight @ surface)
    angle = 2.0 * np.pi * np.arange(frames) / frames
    waves = np.stack([np.cos(angle), np.sin(angle)])
    size = 2.0 / frames * waves @ excess
    return 1.0 + min(1.0, _MOST_DRIFT / max(float(np.hypot(*size)), 1e-12)) * (size @ waves)

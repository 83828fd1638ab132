"""From the signal of the tissue to pictures: k-space, shared views, noise, phase errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.arrays import Num
from lvcine.phantom.population import Random

_TERMS = 6  # 1, x, y, xx, xy, yy


def k_window(size: int, kept: float) -> NDArray[np.float64]:
    """Weights (Y, X) of the measured lines, in the order of the FFT; soft towards their end."""
    k = np.abs(np.fft.fftfreq(size)) * 2.0
    line = np.clip((kept - k) / (0.15 * kept), 0.0, 1.0)
    line = line * line * (3.0 - 2.0 * line) if kept < 1.0 else np.ones(size)
    return line[:, None] * line[None, :]


def measured(images: Num, window: Num, sharing: float, noise: Num) -> Num:
    """Pictures as reconstructed from what a scanner measures.

    Outer lines of k-space are shared with the neighbouring frames (cyclic), the more the further out
    (view sharing: Markl and Hennig, Magn Reson Imaging 19:669, 2001); lines beyond the window are zero.

    Parameters
    ----------
    images : complex array, shape (..., T, Y, X)
    window : array, shape (Y, X)
        Of :func:`k_window`.
    sharing : float
        Share of the neighbours in the outermost lines.
    noise : complex array, shape of ``images``, or 0
        White noise; scaled so that its standard deviation is that of the noise in the pictures.
    """
    size = images.shape[-2]
    out = abs(np.fft.fftfreq(size)) * 2.0
    share = sharing * np.clip((out - 0.15) / 0.6, 0.0, 1.0)[:, None]
    share = share.astype(np.float32)
    power = (window**2).mean() ** 0.5
    k = np.fft.fft2(images)
    near = (np.roll(k, 1, -3) + np.roll(k, -1, -3)) * 0.5
    k = k + share * (near - k)
    return np.fft.ifft2((k + np.fft.fft2(noise + 0.0 * images) / power) * window)


def background(rng: Random, size: int, times: NDArray[np.float64], typical: float) -> NDArray[np.float64]:
    """A phase error of polynomial order 2 in space that drifts once a cycle, shape (T, Y, X).

    ``typical`` is its root mean square in the units of the result; ``times`` are shares of the cycle.
    Eddy currents and concomitant fields leave such errors (Gatehouse 2010, doi:10.1186/1532-429X-12-5).
    """
    line = np.linspace(-1.0, 1.0, size)
    y, x = np.meshgrid(line, line, indexing="ij")
    shapes = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y])
    size_of = typical * rng.normal(0.0, 1.0, _TERMS) * [0.6, 0.8, 0.8, 0.4, 0.4, 0.4]
    start = rng.uniform(0.0, 2.0 * np.pi)
    drift = 1.0 + 0.15 * np.sin(2.0 * np.pi * times + start)
    return np.asarray(drift[:, None, None] * np.tensordot(size_of, shapes, 1))


def turned(images: Num, velocity_error: Num, venc_cm_s: float) -> Num:
    """The pictures with the phase that an error of so many cm/s makes."""
    return images * np.exp(1j * (np.pi / venc_cm_s) * velocity_error)


def velocity_of(images: Num, venc_cm_s: float) -> Num:
    """Velocity in cm/s as a scanner stores it: the phase, wrapped into -VENC..VENC."""
    return np.arctan2(images.imag, images.real) * (venc_cm_s / np.pi)


def white_noise(rng: Random, shape: tuple[int, ...], deviation: float) -> NDArray[np.complex64]:
    """Complex Gaussian noise whose real and imaginary parts have that standard deviation."""
    parts = rng.standard_normal((2, *shape), np.float32) * np.float32(deviation)
    return np.asarray(parts[0] + 1j * parts[1], np.complex64)

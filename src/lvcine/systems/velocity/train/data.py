"""What is learned from: slices of virtual velocity-mapping scans."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.seeds import seed_of
from lvcine.phantom.velocity import VelocityStudy, virtual_velocity
from lvcine.study import F32, U8, Array, Bools
from lvcine.training.items import virtual_subject_name

SLICES, FRAMES, SIZE, SPACING_MM = 3, 24, 112, 1.4
RV = 3
"""Label of the right ventricle's blood: on which side the septum lies follows from it."""
_STEPS = 127.0


@dataclass(frozen=True, eq=False)
class LabelledSlice:
    """One slice of a closed cycle with its truth.

    Attributes
    ----------
    name : str
        ``SUBJECT~zK``.
    magnitude : ndarray of uint8, shape (T, Y, X)
    velocity : ndarray of int8, shape (3, T, Y, X)
        Along x, y and z of the picture as scanned, wrapped; 127 is VENC.
    labels : ndarray of uint8, shape (T, Y, X)
        0 background, 1 cavity, 2 wall, 3 right ventricle.
    venc_cm_s : ndarray, shape (3,)
    heart : ndarray, shape (3,)
        Row and column of the middle of the subject's LV and radius of its outer border, in pixels
        (:func:`heart_of`).
    """

    name: str
    magnitude: U8
    velocity: NDArray[np.int8]
    labels: U8
    venc_cm_s: Array
    heart: Array

    @property
    def velocity_cm_s(self) -> F32:
        venc = self.venc_cm_s.astype(np.float32).reshape(3, 1, 1, 1)
        return np.asarray(self.velocity * (venc / np.float32(_STEPS)), np.float32)


def make(number: int, side: str) -> Iterator[LabelledSlice]:
    """The slices of one heart's number."""
    study, _ = virtual_velocity(
        seed_of("velocity", side, number), slices=SLICES, frames=FRAMES, size=SIZE, spacing_mm=SPACING_MM
    )
    yield from slices_of(study, f"{virtual_subject_name(side, number)}~z")


def slices_of(study: VelocityStudy, name: str) -> Iterator[LabelledSlice]:
    """The slices of a virtual scan; their names are ``name`` and a number.

    Examples
    --------
    >>> study, _ = virtual_velocity(1, slices=2, frames=2, size=32, spacing_mm=4.0)
    >>> [(s.name, s.labels.shape) for s in slices_of(study, "one~z")]
    [('one~z0', (2, 32, 32)), ('one~z1', (2, 32, 32))]
    """
    labels = np.where(study.rv, RV, study.labels).astype(np.uint8)
    venc, heart = np.asarray(study.venc_cm_s, float), heart_of(study.labels > 0)
    share = study.velocity_cm_s / venc.astype(np.float32).reshape(3, 1, 1, 1, 1)
    for z in range(len(labels)):
        top = max(float(np.percentile(study.magnitude[z], 99.5)), 1e-6)
        magnitude = np.clip(study.magnitude[z] * (200.0 / top), 0, 255).astype(np.uint8)
        velocity = np.clip(np.rint(share[:, z] * _STEPS), -_STEPS, _STEPS).astype(np.int8)
        yield LabelledSlice(f"{name}{z}", magnitude, velocity, labels[z], venc, heart)


def heart_of(lv: Bools) -> Array:
    """Where the LV lies in a stack (Z, T, Y, X) on the mean, and how wide it is in the widest slice.

    Returns
    -------
    ndarray, shape (3,)
        Row, column and radius in pixels; NaN where there is no LV.

    Examples
    --------
    >>> lv = np.zeros((2, 1, 9, 9), bool)
    >>> lv[0, :, 2:5, 3:6] = lv[1, :, 4, 4] = True
    >>> heart_of(lv).round(2).tolist()  # of nine pixels and of one
    [3.5, 4.0, 1.69]
    """
    found = []
    for share in lv.mean(1):
        if area := float(share.sum()):
            rows, columns = np.indices(share.shape)
            middle = float((rows * share).sum()) / area, float((columns * share).sum()) / area
            found.append((*middle, math.sqrt(area / math.pi)))
    if not found:
        return np.full(3, np.nan)
    return np.array([*np.mean(found, 0)[:2], max(radius for *_, radius in found)])

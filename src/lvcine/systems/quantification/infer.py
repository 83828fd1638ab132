"""Short-axis slices in, eleven indices and the phase of every frame out: from the pixels, not from masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import SHIPPED, Net, Runtime, load, provenance
from lvcine.errors import NotACineError
from lvcine.measure.anchor import Anchor
from lvcine.measure.lvquan_indices import INDICES, one_stretch
from lvcine.study import Array, Bools, Cine, Segmentation
from lvcine.study.progress import Count
from lvcine.systems.quantification.prepare import Form, form_of, scaled, wrapped
from lvcine.systems.quantification.recipe import N_INDICES

FEW = 4
"""Frames below which a cine shows no course of time."""
PLACED_BY = 6
"""Frames whose outlines place the picture, spread over the cycle."""


@dataclass(frozen=True, eq=False)
class SliceReading:
    """What the net tells of one slice.

    Attributes
    ----------
    slice : int
        From 0.
    form : Form
        What it was shown.
    indices : ndarray, shape (T, 11)
        mm2 and mm (pixels where the scan has no spacing), in the order of
        :data:`lvcine.measure.lvquan_indices.INDICES`.
    systole : ndarray, shape (T,)
        Likelihood that the frame is systole.
    """

    slice: int
    form: Form
    indices: Array
    systole: Array

    @property
    def in_systole(self) -> Bools:
        """Frames of systole, one stretch of the cycle, (T,)."""
        likely = np.clip(self.systole, 1e-6, 1 - 1e-6)
        return one_stretch(np.log(likely / (1 - likely)))

    @property
    def shares(self) -> Array:
        """Indices as LVQuan stores them: lengths over the picture's side, areas over its square."""
        return np.asarray(self.indices / self.form.in_mm(np.ones(N_INDICES)))


@dataclass(frozen=True)
class Reading:
    """What the room gives back.

    Attributes
    ----------
    slices : tuple of SliceReading
    limits : dict
        Index -> (low, high) of the 95 % limits of agreement, this reader minus masks, of a slice's mean over
        the cycle, measured on virtual hearts; empty where the card has none.
    net : dict of str
    """

    slices: tuple[SliceReading, ...]
    limits: Mapping[str, tuple[float, float]]
    net: dict[str, str]


def forms_of(cine: Cine, segmentation: Segmentation, anchor: Anchor, slices: list[int]) -> dict[int, Form]:
    """Where to look in each slice: outlines tell the middle, the size and the way round, nothing else."""
    spacing = cine.geometry.pixel_spacing_mm
    forms = {}
    for z in slices:
        outlines = [contour for contour in segmentation.epi[z] if contour is not None]
        some = outlines[:: max(1, len(outlines) // PLACED_BY)]
        if some:
            lines = [contour.scaled(spacing).points for contour in some]
            forms[z] = form_of(lines, anchor.septum[z], anchor.sense, spacing)
    return forms


def whole_pictures(cine: Cine) -> dict[int, Form]:
    """The pictures as they are, for files that are in the net's form already (LVQuan 2018).

    Raises
    ------
    NotACineError
        Pictures that are not square: no such form.
    """
    rows, columns = cine.pixels.shape[2:]
    y_mm, x_mm = cine.geometry.pixel_spacing_mm
    if abs(rows * y_mm - columns * x_mm) > 0.01 * rows * y_mm:
        raise NotACineError(
            f"pictures of {rows} x {columns} pixels are not square", where=cine.label,
            advice="leave --as-is out: the LV is found then",
        )  # fmt: skip
    middle = ((rows - 1) / 2.0 * y_mm, (columns - 1) / 2.0 * x_mm)
    form = Form(middle, rows * y_mm, (0.0, -1.0), 1, (y_mm, x_mm))
    return dict.fromkeys(range(cine.slices), form)


def read_indices(
    cine: Cine,
    forms: Mapping[int, Form],
    runtime: Runtime = SHIPPED,
    *,
    progress: Count | None = None,
) -> Reading:
    """Indices of every frame of some slices of a gated short-axis cine.

    Parameters
    ----------
    cine : Cine
    forms : dict of int to Form
        Slice -> its picture (:func:`forms_of`, :func:`whole_pictures`).
    runtime : Runtime
        What runs the net, and whose weights are taken.
    progress : callable, optional
        Called with (slices done, slices in all).

    Returns
    -------
    Reading

    Raises
    ------
    NotACineError
        Fewer than four frames.
    """
    if cine.frames < FEW:
        raise NotACineError(
            f"{cine.frames} frame{'s' * (cine.frames > 1)}, {FEW} or more are needed",
            where=cine.label,
            advice="give a cine of the whole cycle",
        )
    net = load("quantification", runtime)
    kappa = int(net.card.results["kappa"])
    slices = []
    for done, (z, form) in enumerate(sorted(forms.items())):
        slices.append(_read(net, kappa, z, form, cine.pixels[z]))
        if progress:
            progress(done + 1, len(forms))
    limits = {k: (float(v[0]), float(v[1])) for k, v in net.card.results.get("limits", {}).items()}
    return Reading(tuple(slices), limits, provenance((net,)))


def _read(net: Net, kappa: int, z: int, form: Form, frames: NDArray[np.generic]) -> SliceReading:
    picture = wrapped(scaled(form.resample(frames)), kappa)
    (predicted,) = net({"frames": picture[None]}).values()
    numbers, phase = np.split(predicted[0, :, : N_INDICES + 2].astype(float), [N_INDICES], axis=1)
    return SliceReading(z, form, form.in_mm(numbers), _likelihood(phase))


def _likelihood(logits: Array) -> Array:
    """Softmax of (diastole, systole), the second."""
    return np.asarray(1.0 / (1.0 + np.exp(np.clip(logits[:, 0] - logits[:, 1], -50, 50))))


def unit_of(index: str, calibrated: bool) -> str:
    """``mm2`` of an area, ``mm`` of a length; pixels where the scan has no spacing."""
    assert index in INDICES
    return ("mm" if calibrated else "px") + ("2" if index.endswith("area") else "")

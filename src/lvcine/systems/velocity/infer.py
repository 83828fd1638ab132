"""A velocity-mapping scan in, the left ventricle in every slice and frame out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import SHIPPED, Net, Runtime, load_all, provenance
from lvcine.errors import NotACineError
from lvcine.localise import Place, Window, doubts_of, find_place, middle_slices, orientation, spread_frames
from lvcine.localise.assemble import Prediction, assemble
from lvcine.localise.postprocess import keep_one
from lvcine.study import F32, Cine, Finding, Segmentation
from lvcine.study.mask import CAVITY, MYOCARDIUM
from lvcine.study.progress import Count
from lvcine.systems.velocity.prepare import as_input, augment, fitting, turned, undo_augment

Looks = tuple[tuple[int, bool], ...]

FOUND_MM, FOUND_SIZE, MULTIPLE = 1.4, 112, 8
"""Of the net that finds the heart: pixels, rows and columns of its window, and what its levels halve."""
REACH, SIZE = 1.35, 80
"""Of the net that segments it: half the window's width in radii of the heart, rows and columns."""
AT_ONCE = 12
"""Frames of a cycle in training: a cine of more is looked at in passes over every second, third ... frame."""
SCALES = (0.7, 1.0, 1.4)
"""Pixel sizes over the net's own that are tried where the file has none."""
LOOKS: Looks = ((0, False), (1, True), (2, False), (3, True))
"""Quarter turns, and whether mirrored, of which the answers are averaged
(docs/evidence/notebook-velocity.md)."""
FITS = 0.25
"""Share of its radius by which the heart may lie beside the window's middle, or be larger or smaller than
the window was made for; else it is looked at again through one that fits."""
LOGIT_MARGIN = 0.76
"""Log-odds that a pixel of the wall has beyond even ones: what lies at its sides moves otherwise, and a pixel
that may be either is left out of the curves (docs/evidence/notebook-velocity.md)."""
RADIUS_MM = 30.0
"""Of an LV's outer border: where no heart is found, the window for one like this is looked at."""


@dataclass(frozen=True)
class VelocityResult:
    """What the room gives back."""

    segmentation: Segmentation
    findings: tuple[Finding, ...]
    net: dict[str, str]


def segment_velocity(
    cine: Cine, runtime: Runtime = SHIPPED, *, progress: Count | None = None
) -> VelocityResult:
    """Find and outline the LV in every slice and frame.

    Parameters
    ----------
    cine : Cine
        With :attr:`~lvcine.study.Cine.velocity`; any way round.
    runtime : Runtime
        What runs the net, and whose weights are taken.
    progress : callable, optional
        Called with (slices done, slices in all).

    Returns
    -------
    VelocityResult
        Empty contours where there is no LV.

    Raises
    ------
    NotACineError
        The cine has no velocities.
    """
    finder, segmenter = load_all("velocity", runtime)
    prediction, place = predict(cine, finder, segmenter, progress)
    return VelocityResult(assemble(prediction), tuple(doubts_of(place)), provenance((segmenter, finder)))


def predict(
    cine: Cine, finder: Net, segmenter: Net, progress: Count | None = None
) -> tuple[Prediction, Place]:
    """What the segmenting net predicts in the window that fits, and where the heart is.

    Raises
    ------
    NotACineError
        The cine has no velocities.
    """
    scan = _Scan.of(cine)
    window, place = scan.placed(finder)
    fitted = _fitting(scan.through(finder, window, LOOKS[:1], AT_ONCE))
    prediction = scan.through(segmenter, fitted, LOOKS, progress=progress)
    better = _fitting(prediction)
    if _misfit(fitted, better):
        prediction = scan.through(segmenter, better, LOOKS, progress=progress)
    return prediction, place


@dataclass(frozen=True, eq=False)
class _Scan:
    """A scan turned the fixed way round, for nets to look at.

    Attributes
    ----------
    cine : Cine
    pictures : ndarray, shape (Z, T, Y, X)
    velocity : ndarray, shape (3, Z, T, Y, X)
        Along x, y and z of the turned pictures.
    """

    cine: Cine
    pictures: NDArray[np.generic]
    velocity: NDArray[np.floating]

    @classmethod
    def of(cls, cine: Cine) -> _Scan:
        if cine.velocity is None:
            raise NotACineError(
                "no velocity channels", where=cine.label,
                advice="give magnitude and three velocity channels",
            )  # fmt: skip
        turn = orientation(cine.geometry)
        seen = cine.velocity.in_picture(cine.geometry, cine.velocity.cm_s)
        return cls(cine, turn.apply(cine.pixels), turned(turn, seen))

    @property
    def spacing_mm(self) -> tuple[float, float]:
        """Of the turned pictures, (y, x); as if a pixel were :data:`FOUND_MM` where nothing is known."""
        geometry = self.cine.geometry
        known = orientation(geometry).spacing(geometry.pixel_spacing_mm)
        return known if geometry.calibrated else (FOUND_MM, FOUND_MM)

    def placed(self, finder: Net) -> tuple[Window, Place]:
        """The window around the LV, from a look at whole pictures."""
        frames = spread_frames(self.pictures.shape[1], 6)
        tried = []
        for scale in (1.0,) if self.cine.geometry.calibrated else SCALES:
            step = (scale * FOUND_MM / self.spacing_mm[0], scale * FOUND_MM / self.spacing_mm[1])
            window = Window.whole(self.pictures.shape[-2:], step, MULTIPLE)
            slices = middle_slices(len(self.pictures), 3)
            likelihood = np.stack([self._seen(finder, window, z, frames, LOOKS[:1]) for z in slices])
            place = find_place(likelihood[:, :, CAVITY] + likelihood[:, :, MYOCARDIUM])
            y, x = window.to_scan(np.array([place.centre]))[0]
            tried.append((Window((float(y), float(x)), (FOUND_SIZE, FOUND_SIZE), step), place))
        return max(tried, key=lambda pair: pair[1].confidence)

    def through(
        self, net: Net, window: Window, looks: Looks, frames: int = 0, progress: Count | None = None
    ) -> Prediction:
        """Every slice through a window, in all frames or in so many that are spread over the cycle."""
        slices, every = self.pictures.shape[:2]
        chosen = spread_frames(every, frames or every)
        likelihood = np.empty((slices, len(chosen), 4, *window.shape), np.float32)
        for z in range(slices):
            for order in passes(len(chosen)):
                likelihood[z, order] = self._seen(net, window, z, [chosen[t] for t in order], looks)
            if progress:
                progress(z + 1, slices)
        shape = (int(self.pictures.shape[-2]), int(self.pictures.shape[-1]))
        closed = self.cine.gated and not self.cine.phases_only
        pixel = float(np.sqrt(np.prod(window.step) * np.prod(self.spacing_mm)))
        seen = window.resample(self.pictures[:, chosen])
        turn = orientation(self.cine.geometry)
        return Prediction(
            window,
            turn,
            shape,
            pixel,
            closed,
            likelihood,
            seen,
            logit_margin=LOGIT_MARGIN,
            labels_by_level=True,
        )

    def _seen(self, net: Net, window: Window, z: int, frames: list[int], looks: Looks) -> F32:
        """Likelihoods (frames, 4, rows, columns) of a slice, mean of some looks."""
        magnitude = window.resample(self.pictures[z, frames])
        pictures = as_input(magnitude, window.resample_nearest(self.velocity[:, z, frames]))
        total = np.zeros((len(frames), 4, *window.shape), np.float32)
        for quarters, mirrored in looks:
            logits = net({"pictures": augment(pictures, quarters, mirrored)[None]})["logits"][0]
            p = np.exp(logits - logits.max(1, keepdims=True))
            total += undo_augment(p / p.sum(1, keepdims=True), quarters, mirrored)
        return total / np.float32(len(looks))


def passes(frames: int) -> list[list[int]]:
    """The frames of a cycle in passes of about :data:`AT_ONCE`, each spread over the whole of it.

    Examples
    --------
    >>> passes(5), [len(p) for p in passes(50)]
    ([[0, 1, 2, 3, 4]], [13, 13, 12, 12])
    """
    step = max(1, round(frames / AT_ONCE))
    return [list(range(first, frames, step)) for first in range(step)]


def _fitting(prediction: Prediction) -> Window:
    """The window that fits the LV as it was seen: about its middle, for the widest of its slices."""
    p_cavity, p_wall = (prediction.likelihood[:, :, k].mean(1) for k in (CAVITY, MYOCARDIUM))
    middle = find_place((p_cavity + p_wall)[:, None]).centre
    pairs = zip(p_cavity, p_wall, strict=True)
    pixels = max(int(keep_one(cavity, wall, middle, prediction.spacing_mm).sum()) for cavity, wall in pairs)
    radius = np.sqrt(pixels / np.pi) if pixels else RADIUS_MM / prediction.spacing_mm
    y, x = prediction.window.to_scan(np.array([middle]))[0]
    return fitting((float(y), float(x), float(radius)), REACH, SIZE, prediction.window.step)


def _misfit(window: Window, better: Window) -> bool:
    """Whether a heart that a window was made for lies elsewhere, or is of another size."""
    radius = np.array(window.step) * (SIZE / 2.0 / REACH)
    aside = (np.array(better.centre) - window.centre) / radius
    return bool(np.hypot(*aside) > FITS or abs(np.log(better.step[0] / window.step[0])) > FITS)

"""A velocity-mapping scan in, the left ventricle in every slice and frame out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import Net, load, provenance
from lvcine.errors import NotACineError
from lvcine.localise import Place, Window, doubts_of, find_place, middle_slices, orientation, spread_frames
from lvcine.localise.assemble import Looked, assemble
from lvcine.study import Cine, Finding, Segmentation
from lvcine.study.mask import CAVITY, MYOCARDIUM
from lvcine.systems.velocity.prepare import another_look, as_input, looked_back, turned

F32 = NDArray[np.float32]
Progress = Callable[[int, int], None]

Looks = tuple[tuple[int, bool], ...]

SPACING_MM, SIZE, MULTIPLE = 1.4, 112, 8
"""Of the net: pixels, rows and columns of the window, and what its levels halve (docs/velocity.md)."""
AT_ONCE = 12
"""Frames of a cycle in training: a cine of more is looked at in passes over every second, third ... frame."""
SCALES = (0.7, 1.0, 1.4)
"""Pixel sizes over the net's own that are tried where the file has none."""
LOOKS: Looks = ((0, False), (1, True), (2, False), (3, True))
"""Quarter turns, and whether mirrored, of which the answers are averaged (docs/velocity.md)."""
OFF_MIDDLE = 12.0
"""Window pixels: a heart farther from the middle is looked at again through a better window."""


@dataclass(frozen=True)
class VelocityResult:
    """What the room gives back."""

    segmentation: Segmentation
    findings: tuple[Finding, ...]
    net: dict[str, str]


def segment_velocity(
    cine: Cine,
    *,
    engine: str = "onnxruntime",
    threads: int | None = None,
    weights: Path | None = None,
    progress: Progress | None = None,
) -> VelocityResult:
    """Find and outline the LV in every slice and frame.

    Parameters
    ----------
    cine : Cine
        With :attr:`~lvcine.study.Cine.velocity`; any way round.
    engine : {"onnxruntime", "openvino", "openvino-bf16"}
    threads : int, optional
    weights : Path, optional
        Another folder with the net and its card than lvcine's own.
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
    net = load("velocity", engine=engine, threads=threads, folder=weights)
    look = _Look.of(net, cine)
    window, place = look.placed(cine.geometry.calibrated)
    looked = look.through(window, progress)
    better = _recentred(looked)
    if better is not None:
        looked = look.through(better, progress)
    return VelocityResult(assemble(looked), tuple(doubts_of(place)), provenance((net,)))


@dataclass(frozen=True, eq=False)
class _Look:
    """A scan turned the fixed way round, and the net that looks at it.

    Attributes
    ----------
    net : Net
    cine : Cine
    pictures : ndarray, shape (Z, T, Y, X)
    velocity : ndarray, shape (3, Z, T, Y, X)
        Along x, y and z of the turned pictures.
    """

    net: Net
    cine: Cine
    pictures: NDArray[np.generic]
    velocity: NDArray[np.floating]

    @classmethod
    def of(cls, net: Net, cine: Cine) -> _Look:
        if cine.velocity is None:
            raise NotACineError(
                "no velocities beside the pictures", where=cine.label,
                advice="give magnitude and three velocity channels",
            )  # fmt: skip
        turn = orientation(cine.geometry)
        seen = cine.velocity.in_picture(cine.geometry, cine.velocity.cm_s)
        return cls(net, cine, turn.apply(cine.pixels), turned(turn, seen))

    def placed(self, calibrated: bool) -> tuple[Window, Place]:
        """The window around the LV, from a look at whole pictures."""
        spacing = orientation(self.cine.geometry).spacing(self.cine.geometry.pixel_spacing_mm)
        frames = spread_frames(self.pictures.shape[1], 6)
        tried = []
        for scale in (1.0,) if calibrated else SCALES:
            step = (SPACING_MM / spacing[0], SPACING_MM / spacing[1]) if calibrated else (scale, scale)
            window = Window.whole(self.pictures.shape[-2:], step, MULTIPLE)
            slices = middle_slices(len(self.pictures), 3)
            likelihood = np.stack([self._seen(window, z, frames, LOOKS[:1]) for z in slices])
            place = find_place(likelihood[:, :, CAVITY] + likelihood[:, :, MYOCARDIUM])
            y, x = window.to_scan(np.array([place.centre]))[0]
            tried.append((Window((float(y), float(x)), (SIZE, SIZE), step), place))
        return max(tried, key=lambda pair: pair[1].confidence)

    def through(self, window: Window, progress: Progress | None) -> Looked:
        """Every slice and frame through a window."""
        slices, frames = self.pictures.shape[:2]
        likelihood = np.empty((slices, frames, 4, *window.shape), np.float32)
        for z in range(slices):
            for order in passes(frames):
                likelihood[z, order] = self._seen(window, z, order, LOOKS)
            if progress:
                progress(z + 1, slices)
        turn = orientation(self.cine.geometry)
        shape = (int(self.pictures.shape[-2]), int(self.pictures.shape[-1]))
        closed = self.cine.gated and not self.cine.phases_only
        return Looked(window, turn, shape, SPACING_MM, closed, likelihood, window.look(self.pictures))

    def _seen(self, window: Window, z: int, frames: list[int], looks: Looks) -> F32:
        """Likelihoods (frames, 4, rows, columns) of a slice, mean of some looks."""
        magnitude = window.look(self.pictures[z, frames])
        pictures = as_input(magnitude, window.look_nearest(self.velocity[:, z, frames]))
        total = np.zeros((len(frames), 4, *window.shape), np.float32)
        for quarters, mirrored in looks:
            logits = self.net({"pictures": another_look(pictures, quarters, mirrored)[None]})["logits"][0]
            p = np.exp(logits - logits.max(1, keepdims=True))
            total += looked_back(p / p.sum(1, keepdims=True), quarters, mirrored)
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


def _recentred(looked: Looked) -> Window | None:
    """A better window where the LV lies near the edge of the first one."""
    place = find_place(looked.likelihood[:, :, CAVITY] + looked.likelihood[:, :, MYOCARDIUM])
    middle = (SIZE - 1) / 2.0
    if np.hypot(place.centre[0] - middle, place.centre[1] - middle) < OFF_MIDDLE or place.confidence < 0.3:
        return None
    y, x = looked.window.to_scan(np.array([place.centre]))[0]
    return Window((float(y), float(x)), looked.window.shape, looked.window.step)

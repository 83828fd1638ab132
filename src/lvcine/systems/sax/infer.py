"""A short-axis cine in, the LV in every frame out, on the scan's own grid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import Net, load
from lvcine.localise import Orientation, Place, Window, find_place, middle_slices, orientation, spread_frames
from lvcine.study import Cine, Finding, Mask, Segmentation
from lvcine.study.mask import CAVITY, MYOCARDIUM, Contour
from lvcine.systems.sax.blood import blood_fraction
from lvcine.systems.sax.outline import outline
from lvcine.systems.sax.prepare import normalise, with_neighbours
from lvcine.systems.sax.septum import rv_direction
from lvcine.systems.sax.tidy import in_one_piece, keep_one, logit

F32 = NDArray[np.float32]
Progress = Callable[[int, int], None]

SPACING_MM, SIZE, MULTIPLE = 1.4, 112, 16
SCALES = (0.7, 1.0, 1.4)
"""Pixel sizes over the net's own that are tried when the file has none."""
TURNS = (0, 1, 2, 3)
"""The net looks at each picture turned by these quarter turns and the answers are averaged."""


@dataclass(frozen=True)
class SaxResult:
    """What the room gives back."""

    segmentation: Segmentation
    findings: tuple[Finding, ...]
    net: dict[str, str]


@dataclass(frozen=True)
class _Looked:
    """Class likelihoods (Z, T, 4, rows, columns) in a window of the turned stack."""

    window: Window
    likelihood: F32
    pictures: F32


def segment(
    cine: Cine,
    *,
    engine: str = "onnxruntime",
    threads: int | None = None,
    weights: Path | None = None,
    progress: Progress | None = None,
) -> SaxResult:
    """Find and outline the LV in every slice and frame.

    Parameters
    ----------
    cine : Cine
        A short-axis stack, any number of slices and frames, any way round.
    engine : {"onnxruntime", "openvino"}
    threads : int, optional
    weights : Path, optional
        Another folder with a net and its card than lvcine's own.
    progress : callable, optional
        Called with (slices done, slices in all).

    Returns
    -------
    SaxResult
        Empty contours where there is no LV.
    """
    net = load("sax", engine=engine, threads=threads, folder=weights)
    turn = orientation(cine.geometry)
    stack = turn.apply(cine.pixels)
    spacing = turn.spacing(cine.geometry.pixel_spacing_mm)
    step, place, findings = _locate(net, stack, spacing, cine.geometry.calibrated)
    window = Window(place.centre, (SIZE, SIZE), step)
    looked = _look(net, stack, window, progress)
    moved = _recentred(looked)
    if moved is not None:
        looked = _look(net, stack, moved, progress)
    return SaxResult(_assemble(cine, turn, looked), findings, net.provenance)


def _locate(
    net: Net, stack: NDArray[np.generic], spacing: tuple[float, float], calibrated: bool
) -> tuple[tuple[float, float], Place, tuple[Finding, ...]]:
    """(scan pixels per net pixel, place in scan pixels, findings) from a look at whole pictures."""
    tried = []
    for scale in (1.0,) if calibrated else SCALES:
        step = (SPACING_MM / spacing[0] * scale, SPACING_MM / spacing[1] * scale)
        if not calibrated:
            step = (scale, scale)
        window = Window.whole(stack.shape[-2:], step, MULTIPLE)
        frames = stack[:, spread_frames(stack.shape[1])]
        seen = window.look(frames)
        likelihood = np.stack([_run(net, seen, z, (0,)) for z in middle_slices(len(stack))])
        place = find_place(likelihood[:, :, CAVITY] + likelihood[:, :, MYOCARDIUM])
        centre = window.to_scan(np.array([place.centre]))[0]
        tried.append((step, Place((float(centre[0]), float(centre[1])), place.confidence, place.rival)))
    step, place = max(tried, key=lambda t: t[1].confidence)
    return step, place, tuple(_doubts(place))


def _doubts(place: Place) -> Iterator[Finding]:
    if place.confidence < 0.3:
        text = f"The left ventricle was hard to find (likelihood {place.confidence:.2f})."
        yield Finding("lv-hard-to-find", "warning", text, "Look at the contours before using any number.")
    elif place.rival > 0.8:
        text = "A second place in the pictures looks like a left ventricle too."
        yield Finding("two-places-like-lv", "warning", text, "Check that the contours lie on the heart.")


def _run(net: Net, seen: F32, z: int, turns: tuple[int, ...]) -> F32:
    """Likelihoods (T, 4, rows, columns) of slice z of the seen stack (Z, T, rows, columns)."""
    clip = normalise(with_neighbours(seen, z))
    total: F32 | None = None
    for quarter in turns:
        turned = np.ascontiguousarray(np.rot90(clip, quarter, (-2, -1)))
        logits = net({"clip": turned})["logits"]
        p = np.exp(logits - logits.max(1, keepdims=True))
        back = np.rot90(p / p.sum(1, keepdims=True), -quarter, (-2, -1))
        total = back if total is None else total + back
    assert total is not None
    return np.asarray(total / len(turns), np.float32)


def _look(net: Net, stack: NDArray[np.generic], window: Window, progress: Progress | None) -> _Looked:
    pictures = window.look(stack)
    out = []
    for z in range(len(stack)):
        out.append(_run(net, pictures, z, TURNS))
        if progress:
            progress(z + 1, len(stack))
    return _Looked(window, np.stack(out), pictures)


def _recentred(looked: _Looked) -> Window | None:
    """A better window where the LV sits near the edge of the first one."""
    lv = looked.likelihood[:, :, CAVITY] + looked.likelihood[:, :, MYOCARDIUM]
    place = find_place(lv)
    middle = (SIZE - 1) / 2.0
    if np.hypot(place.centre[0] - middle, place.centre[1] - middle) < 12.0 or place.confidence < 0.3:
        return None
    y, x = looked.window.to_scan(np.array([place.centre]))[0]
    return Window((float(y), float(x)), looked.window.shape, looked.window.step)


def _assemble(cine: Cine, turn: Orientation, looked: _Looked) -> Segmentation:
    """Tidy likelihoods -> labels and contours on the scan's own grid."""
    p_cavity, p_wall = looked.likelihood[:, :, CAVITY], looked.likelihood[:, :, MYOCARDIUM]
    lv = _one_heart(p_cavity, p_wall)
    slices, frames = lv.shape[:2]
    turned_shape = turn.apply(cine.pixels).shape[-2:]
    labels = np.zeros((slices, frames, *turned_shape), np.uint8)
    blood = np.ones(labels.shape, np.float16)
    endo: list[list[Contour | None]] = [[None] * frames for _ in range(slices)]
    epi: list[list[Contour | None]] = [[None] * frames for _ in range(slices)]
    for z in range(slices):
        back = turn.slice_back(z, slices)
        for t in range(frames):
            if not lv[z, t].any():
                continue
            inner = np.where(lv[z, t], logit(p_cavity[z, t]), -6.0).astype(np.float32)
            outer = np.where(lv[z, t], np.maximum(logit(p_cavity[z, t] + p_wall[z, t]), inner), -6.0)
            labels[z, t] = _drawn(looked.window, inner, outer.astype(np.float32), turned_shape)
            share = blood_fraction(looked.pictures[z, t], inner > 0, (outer > 0) & (inner <= 0))
            blood[z, t] = looked.window.look_back(share, turned_shape, 1.0)
            endo[back][t] = _contour(inner, looked.window, turn, turned_shape)
            epi[back][t] = _contour(outer, looked.window, turn, turned_shape)
    rv = rv_direction(looked.likelihood[:, :, 3], lv, SPACING_MM)
    return Segmentation(
        mask=Mask(np.ascontiguousarray(turn.undo(labels))),
        endo=tuple(map(tuple, endo)),
        epi=tuple(map(tuple, epi)),
        rv_direction=turn.vector_back(rv[::-1] if turn.flip_z else rv),
        blood_fraction=np.ascontiguousarray(turn.undo(blood)),
    )


def _one_heart(p_cavity: F32, p_wall: F32) -> NDArray[np.bool_]:
    """LV pixels (Z, T, rows, columns): one connected piece per slice, no gaps along the stack."""
    whole = find_place(p_cavity + p_wall)
    slices, frames = p_cavity.shape[:2]
    lv = np.zeros(p_cavity.shape, bool)
    for z in range(slices):
        for t in range(frames):
            lv[z, t] = keep_one(p_cavity[z, t], p_wall[z, t], whole.centre, SPACING_MM)
    middle = int(lv.sum((1, 2, 3)).argmax())
    for t in range(frames):
        kept = in_one_piece(np.asarray(lv[:, t].any((1, 2))), middle)
        lv[~kept, t] = False
    return lv


def _drawn(window: Window, inner: F32, outer: F32, shape: tuple[int, int]) -> NDArray[np.uint8]:
    labels = np.zeros(shape, np.uint8)
    labels[window.look_back(outer, shape, -6.0) > 0] = MYOCARDIUM
    labels[window.look_back(inner, shape, -6.0) > 0] = CAVITY
    return labels


def _contour(level: F32, window: Window, turn: Orientation, shape: tuple[int, int]) -> Contour | None:
    points = outline(level)
    if points is None:
        return None
    return Contour(turn.point_back(window.to_scan(points), shape))

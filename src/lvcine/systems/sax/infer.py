"""A short-axis cine in, the LV in every frame out, on the scan's own grid."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import Net, load_all, provenance
from lvcine.localise import (
    Orientation,
    Place,
    Window,
    find_by_motion,
    find_place,
    middle_slices,
    orientation,
    spread_frames,
)
from lvcine.localise.outline import outline
from lvcine.measure.apex import find_apex
from lvcine.study import Cine, Finding, Geometry, Mask, Segmentation
from lvcine.study.mask import CAVITY, MYOCARDIUM, Contour
from lvcine.systems.sax.blood import blood_fraction
from lvcine.systems.sax.prepare import normalise, with_neighbours
from lvcine.systems.sax.septum import rv_direction
from lvcine.systems.sax.tidy import bridged, in_one_piece, keep_one, logit, steady

F32 = NDArray[np.float32]
Progress = Callable[[int, int], None]

SPACING_MM, SIZE, MULTIPLE = 1.4, 112, 16
SCALES = (0.7, 1.0, 1.4)
"""Pixel sizes over the net's own that are tried when the file has none."""
TURNS = (0, 1, 2, 3)
"""A net alone looks at each picture turned by these quarter turns and the answers are averaged; of
two or three members each looks at two of them, of more at one."""
SURE, AGREED_MM = 0.9, 30.0
"""A place found by motion has no rival nearer than ``SURE``; two places as far apart are two places."""


@dataclass(frozen=True)
class SaxResult:
    """What the room gives back."""

    segmentation: Segmentation
    findings: tuple[Finding, ...]
    net: dict[str, str]
    members: tuple[Segmentation, ...] = ()
    """What each member alone would have drawn; empty where one net worked alone."""
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Of the card: measurement -> (factor, least SD), see :mod:`lvcine.measure.intervals`."""


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
    nets = load_all("sax", engine=engine, threads=threads, folder=weights)
    turn = orientation(cine.geometry)
    stack = turn.apply(cine.pixels)
    spacing = turn.spacing(cine.geometry.pixel_spacing_mm)
    step, place, findings = _locate(nets[0], stack, spacing, cine.geometry.calibrated)
    steps = _Steps(progress, len(nets) * len(stack))
    looked = _look(nets[0], stack, Window(place.centre, (SIZE, SIZE), step), _turns(0, len(nets)), steps)
    window = _recentred(looked)
    if not _base_first(looked, turn, cine.geometry):
        turn = replace(turn, flip_z=not turn.flip_z)
        stack, window = turn.apply(cine.pixels), window or looked.window
    if window is not None:
        steps.done = 0
        looked = _look(nets[0], stack, window, _turns(0, len(nets)), steps)
    members = [_assemble(cine, turn, looked)] if len(nets) > 1 else []
    for k, net in enumerate(nets[1:], 1):
        one = _look(net, stack, looked.window, _turns(k, len(nets)), steps)
        members.append(_assemble(cine, turn, one))
        looked = replace(looked, likelihood=looked.likelihood + one.likelihood)
    mean: F32 = looked.likelihood / np.float32(len(nets))
    lost: tuple[tuple[int, int], ...] = ()
    if cine.gated and not cine.phases_only:
        mean, lost = bridged(mean)
    whole = _assemble(cine, turn, replace(looked, likelihood=mean))
    findings = (*findings, *_bridges([(turn.slice_back(z, len(stack)), t) for z, t in lost]))
    if len(nets) == 1:
        return SaxResult(whole, findings, provenance(nets))
    limits = {name: (float(k), float(least)) for name, (k, least) in nets[0].card.intervals.items()}
    return SaxResult(whole, findings, provenance(nets), tuple(members), limits)


class _Steps:
    """Slices looked at so far, for the progress."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def __call__(self) -> None:
        self.done += 1
        if self.progress:
            self.progress(self.done, self.total)


def _turns(member: int, members: int) -> tuple[int, ...]:
    if members == 1:
        return TURNS
    return (TURNS[member % 4], TURNS[(member + 2) % 4]) if members <= 3 else (TURNS[member % 4],)


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
    doubts = list(_doubts(place))
    beating = find_by_motion(stack, spacing) if calibrated else None
    if beating is not None and beating.rival < SURE and _apart_mm(place, beating, spacing) > AGREED_MM:
        if place.confidence < 0.3:
            place = beating
        text = "The net and the pictures' motion find the left ventricle in different places."
        doubts.append(
            Finding("places-disagree", "warning", text, "Check that the contours lie on the heart.")
        )
    return step, place, tuple(doubts)


def _bridges(lost: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    if lost:
        places = ", ".join(f"slice {z} frame {t}" for z, t in sorted(lost)[:3])
        more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
        text = (
            f"The left ventricle was lost in {places}{more}, between frames that agree; drawn as these are."
        )
        yield Finding("frame-bridged", "warning", text, "Look at the contours of these frames.")


def _apart_mm(a: Place, b: Place, spacing: tuple[float, float]) -> float:
    return float(np.hypot((a.centre[0] - b.centre[0]) * spacing[0], (a.centre[1] - b.centre[1]) * spacing[1]))


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


def _look(
    net: Net, stack: NDArray[np.generic], window: Window, turns: tuple[int, ...], steps: _Steps
) -> _Looked:
    pictures = window.look(stack)
    out = []
    for z in range(len(stack)):
        out.append(_run(net, pictures, z, turns))
        steps()
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


def _base_first(looked: _Looked, turn: Orientation, geometry: Geometry) -> bool:
    """Whether the stack runs from base to apex as it is turned: the nets know a slice above from one below.

    What the pictures show counts more than the file, as it does for segments (:mod:`lvcine.measure.apex`).
    """
    lv = looked.likelihood[:, :, CAVITY] + looked.likelihood[:, :, MYOCARDIUM] > 0.5
    outer = lv.sum((2, 3)).max(1) * SPACING_MM**2
    outer[outer < 0.15 * outer.max()] = 0.0  # a speck beyond the base is no taper
    sign, _ = find_apex(np.asarray(outer[::-1] if turn.flip_z else outer, float), geometry)
    upwards = geometry.slice_positions_mm[-1] >= geometry.slice_positions_mm[0]
    return ((sign > 0) == bool(upwards)) != turn.flip_z


def _assemble(cine: Cine, turn: Orientation, looked: _Looked) -> Segmentation:
    """Tidy likelihoods -> labels and contours on the scan's own grid."""
    likelihood = steady(looked.likelihood) if cine.gated and not cine.phases_only else looked.likelihood
    p_cavity, p_wall = likelihood[:, :, CAVITY], likelihood[:, :, MYOCARDIUM]
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

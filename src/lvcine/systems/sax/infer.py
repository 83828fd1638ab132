"""A short-axis cine in, the LV in every frame out, on the scan's own grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import SHIPPED, Net, Runtime, load_members
from lvcine.localise import (
    Place,
    Window,
    doubts_of,
    find_by_motion,
    find_place,
    middle_slices,
    orientation,
    spread_frames,
)
from lvcine.localise.assemble import Member, Prediction, assemble
from lvcine.localise.extent import NOTHING, Stated
from lvcine.localise.postprocess import bridged
from lvcine.measure.apex import find_apex
from lvcine.study import F32, Cine, Finding, Geometry, Segmentation, listed
from lvcine.study.mask import CAVITY, MYOCARDIUM
from lvcine.study.progress import Count
from lvcine.systems.sax.convention import CONVENTION, share_of
from lvcine.systems.sax.prepare import normalise, with_neighbours

SPACING_MM, SIZE, MULTIPLE = 1.4, 112, 16
SCALES = (0.7, 1.0, 1.4)
"""Pixel sizes over the net's own that are tried when the file has none."""
TURNS = (0, 1, 2, 3)
"""A net alone looks at each picture turned by these quarter turns and the answers are averaged; of two
members each looks at two of them, of more at one."""
SECOND_BEST, AGREED_MM = 0.9, 30.0
"""A place found by motion counts where its ``second_best`` is below; two as far apart are two places."""


@dataclass(frozen=True)
class SaxResult:
    """What the room gives back."""

    segmentation: Segmentation
    findings: tuple[Finding, ...]
    net: dict[str, str]
    members: tuple[Member, ...] = ()
    """What each net alone segmented; empty where one worked alone."""
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Of the card: measurement -> (factor, least SD), see :mod:`lvcine.measure.intervals`."""


def segment(
    cine: Cine, runtime: Runtime = SHIPPED, *, stated: Stated = NOTHING, progress: Count | None = None
) -> SaxResult:
    """Find and outline the LV in every slice and frame.

    Parameters
    ----------
    cine : Cine
        A short-axis stack, any number of slices and frames, any way round.
    runtime : Runtime
        What runs the net, and whose weights are taken.
    stated : Stated
        First and last slice of the ventricle, where the user says so.
    progress : callable, optional
        Called with (slices done, slices in all).

    Returns
    -------
    SaxResult
        Empty contours where there is no LV.

    Raises
    ------
    UsageError
        A stated slice that the cine does not have.
    """
    stated.check(cine.slices)
    nets = load_members("sax", runtime)
    steps = _Steps(progress, len(nets) * cine.slices)
    members = []
    for k, net in enumerate(nets):
        turns = _turns(k, len(nets))
        if k == 0:
            begun = _begin(net, cine, turns, steps, stated)
            prediction = begun.prediction
            total = prediction.likelihood.copy()
            share = share_of(prediction.likelihood[:, :, CAVITY].sum((0, 2, 3)))
        else:
            looked = _predict(net, prediction.pictures, turns, steps, share)
            prediction = replace(prediction, likelihood=looked)
            total += prediction.likelihood
        if len(nets) > 1:
            members.append(Member(replace(prediction, likelihood=prediction.likelihood.astype(np.float16))))
    mean: F32 = total / np.float32(len(nets))
    lost: tuple[tuple[int, int], ...] = ()
    if prediction.closed:
        mean, lost = bridged(mean)
    places = [(prediction.turn.slice_back(z, cine.slices), t) for z, t in lost]
    limits = {name: (float(k), float(least)) for name, (k, least) in nets.card.intervals.items()}
    return SaxResult(
        assemble(replace(prediction, likelihood=mean)),
        (*begun.findings, *_bridges(places)),
        nets.provenance,
        tuple(members),
        limits if members else {},
    )


@dataclass(frozen=True)
class _Begun:
    """What the first net saw, and doubts about the place."""

    prediction: Prediction
    findings: tuple[Finding, ...]


def _begin(net: Net, cine: Cine, turns: tuple[int, ...], steps: _Steps, stated: Stated) -> _Begun:
    """The LV found, the window laid around it and the stack turned with the base first."""
    turn = orientation(cine.geometry)
    stack = turn.apply(cine.pixels)
    spacing = turn.spacing(cine.geometry.pixel_spacing_mm)
    step, place, findings = _locate(net, stack, spacing, cine.geometry.calibrated)
    closed = cine.gated and not cine.phases_only

    def seen(window: Window) -> Prediction:
        pictures = window.resample(stack)
        shape = (int(stack.shape[-2]), int(stack.shape[-1]))
        likelihood = _predict(net, pictures, turns, steps)
        # On ACDC, which the nets have not seen, mass is 2 g too large like this and 9 g on the level.
        return Prediction(
            window,
            turn,
            shape,
            SPACING_MM,
            closed,
            likelihood,
            pictures,
            inside=True,
            whole=True,
            stated=stated,
        )

    prediction = seen(Window(place.centre, (SIZE, SIZE), step))
    window = _recentred(prediction)
    if not _base_first(prediction, cine.geometry):
        turn = replace(turn, flip_z=not turn.flip_z)
        stack, window = turn.apply(cine.pixels), window or prediction.window
    if window is not None:
        steps.done = 0
        prediction = seen(window)
    return _Begun(prediction, findings)


class _Steps:
    """Slices looked at so far, for the progress."""

    def __init__(self, progress: Count | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def __call__(self) -> None:
        self.done += 1
        if self.progress:
            self.progress(self.done, self.total)


def _turns(member: int, members: int) -> tuple[int, ...]:
    if members == 1:
        return TURNS
    return (TURNS[member % 4], TURNS[(member + 2) % 4]) if members == 2 else (TURNS[member % 4],)


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
        seen = window.resample(frames)
        likelihood = np.stack([_run(net, seen, z, (0,)) for z in middle_slices(len(stack))])
        place = find_place(likelihood[:, :, CAVITY] + likelihood[:, :, MYOCARDIUM])
        centre = window.to_scan(np.array([place.centre]))[0]
        tried.append((step, Place((float(centre[0]), float(centre[1])), place.confidence, place.second_best)))
    step, place = max(tried, key=lambda t: t[1].confidence)
    doubts = list(doubts_of(place))
    beating = find_by_motion(stack, spacing) if calibrated else None
    if (
        beating is not None
        and beating.second_best < SECOND_BEST
        and np.hypot(*(np.subtract(place.centre, beating.centre) * spacing)) > AGREED_MM
    ):
        if place.confidence < 0.3:
            place = beating
        text = "net and motion find the left ventricle in different places"
        doubts.append(Finding("places-disagree", "warning", text, "check that the contours lie on the heart"))
    return step, place, tuple(doubts)


def _bridges(lost: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    if lost:
        places = listed(f"slice {z} frame {t}" for z, t in sorted(lost))
        text = f"left ventricle lost in {places}: interpolated from neighbouring frames"
        yield Finding("frame-bridged", "warning", text, "look at the contours of these frames")


def _run(net: Net, seen: F32, z: int, turns: tuple[int, ...], share: F32 | None = None) -> F32:
    """Likelihoods (T, 4, rows, columns) of slice z of the seen stack (Z, T, rows, columns).

    ``share`` (T,): of Sunnybrook's convention in every frame, 0 where it is not given.
    """
    clip = normalise(with_neighbours(seen, z))
    # Nets of before did not know whose border they draw.
    knows = CONVENTION in net.session.inputs
    convention = {CONVENTION: np.zeros(len(clip), np.float32) if share is None else share} if knows else {}
    total: F32 | None = None
    for quarter in turns:
        turned = np.ascontiguousarray(np.rot90(clip, quarter, (-2, -1)))
        logits = net({"clip": turned} | convention)["logits"]
        p = np.exp(logits - logits.max(1, keepdims=True))
        back = np.rot90(p / p.sum(1, keepdims=True), -quarter, (-2, -1))
        total = back if total is None else total + back
    assert total is not None
    return np.asarray(total / len(turns), np.float32)


def _predict(net: Net, pictures: F32, turns: tuple[int, ...], steps: _Steps, share: F32 | None = None) -> F32:
    """Likelihoods (Z, T, 4, rows, columns) of pictures (Z, T, rows, columns)."""
    out = []
    for z in range(len(pictures)):
        out.append(_run(net, pictures, z, turns, share))
        steps()
    return np.stack(out)


def _recentred(prediction: Prediction) -> Window | None:
    """A better window where the LV sits near the edge of the first one."""
    lv = prediction.likelihood[:, :, CAVITY] + prediction.likelihood[:, :, MYOCARDIUM]
    place = find_place(lv)
    middle = (SIZE - 1) / 2.0
    if np.hypot(place.centre[0] - middle, place.centre[1] - middle) < 12.0 or place.confidence < 0.3:
        return None
    y, x = prediction.window.to_scan(np.array([place.centre]))[0]
    return Window((float(y), float(x)), prediction.window.shape, prediction.window.step)


def _base_first(prediction: Prediction, geometry: Geometry) -> bool:
    """Whether the stack runs from base to apex as it is turned: the nets know a slice above from one below.

    What the pictures show counts more than the file, as it does for segments (:mod:`lvcine.measure.apex`).
    """
    lv = prediction.likelihood[:, :, CAVITY] + prediction.likelihood[:, :, MYOCARDIUM] > 0.5
    outer = lv.sum((2, 3)).max(1) * SPACING_MM**2
    outer[outer < 0.15 * outer.max()] = 0.0  # a speck beyond the base is no taper
    sign, _ = find_apex(np.asarray(outer[::-1] if prediction.turn.flip_z else outer, float), geometry)
    upwards = geometry.slice_positions_mm[-1] >= geometry.slice_positions_mm[0]
    return ((sign > 0) == bool(upwards)) != prediction.turn.flip_z

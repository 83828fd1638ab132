"""An apical ultrasound clip in, ventricle, wall and atrium of every frame out, on the clip's own grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.ndimage import binary_dilation

from lvcine.engine import SHIPPED, Runtime, load
from lvcine.localise import Window, spread_frames
from lvcine.localise.outline import outline
from lvcine.read.sector import eight_bits
from lvcine.study import F32, U8, Array, Bools, Cine, Contour, Finding, Mask, Segmentation, View
from lvcine.study.mask import CAVITY, LEFT_ATRIUM, MYOCARDIUM
from lvcine.study.progress import Count
from lvcine.systems.echo.areas import with_areas
from lvcine.systems.echo.bidirectional import predict_bidirectional
from lvcine.systems.echo.outlier_frames import replace_outliers
from lvcine.systems.echo.postprocess import annulus, around, in_box, level
from lvcine.systems.echo.prepare import Sector, as_input, find_sector
from lvcine.systems.echo.recipe import DRAW_FILE, VIEW_FILE
from lvcine.systems.echo.stream import Steps
from lvcine.systems.echo.view import CONFIDENT, Flip, decide, flipped, look_at

Hinges = tuple[Array, Array]

ALL_PICTURE = 0.7
"""Share of the screen; of whole sectors it is 0.2 to 0.5."""
STEADY_MS = 33.0
"""SD of the smoothing of likelihoods over a clip's time: one frame at 30 frames a second."""


@dataclass(frozen=True, eq=False)
class EchoResult:
    """What the room gives back.

    Attributes
    ----------
    segmentation : Segmentation
        Labels 0 to 3 (1, T, Y, X); endo- and epicardial contours of the picture.
    annulus : tuple of ((y, x), (y, x)) or None, per frame
        Hinge points of the mitral valve in the clip's pixels.
    sector : ndarray of bool, shape (Y, X)
    view : View
        Given, or guessed.
    view_confidence : float
        Likelihood of the view, mean over frames; 1 where it was given.
    findings : tuple of Finding
    net : dict of str
    certainty, walled : float
        Median over frames of :class:`FrameSegmentation`'s.
    atrium : tuple of Contour or None, per frame
        Of the left atrium.
    """

    segmentation: Segmentation
    annulus: tuple[Hinges | None, ...]
    sector: Bools
    view: View
    view_confidence: float
    findings: tuple[Finding, ...]
    net: dict[str, str]
    certainty: float = 1.0
    walled: float = 1.0
    atrium: tuple[Contour | None, ...] = ()
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Of the card, see :func:`lvcine.measure.intervals.with_fixed_intervals`."""


def segment_clip(
    cine: Cine, runtime: Runtime = SHIPPED, *, flip: Flip = "auto", progress: Count | None = None
) -> EchoResult:
    """Outline left ventricle, myocardium and left atrium in every frame of an apical clip.

    Parameters
    ----------
    cine : Cine
        One slice, any number of frames; A4C, A2C, A3C or not specified.
    runtime : Runtime
        What runs the nets, and whose weights are taken.
    flip : {"auto", "none", "vertical", "horizontal", "both"}
        How the picture is turned before it is outlined: as it looks, or as said.
    progress : callable, optional
        Called with (frames done, frames in all).

    Returns
    -------
    EchoResult
        On the clip's own pixels, however it was turned; empty contours where there is no ventricle.

    Raises
    ------
    NotACineError
        The view was not given, and the clip shows no apical one.
    """
    net = load("echo", runtime, file=DRAW_FILE)
    size = net.card.contract.size[-1]
    pixels = eight_bits(cine.pixels[0])
    sector = find_sector(pixels, cine.geometry.pixel_spacing_mm, size)
    look = look_at(
        load("echo", runtime, file=VIEW_FILE), as_input(pixels[spread_frames(len(pixels), 6)], sector)
    )
    decided = decide(look, cine, flip)
    findings = [*decided.findings, *_several(sector), *_grey_values(cine)]
    steps = Steps(net, decided.view.value if decided.confidence >= CONFIDENT else None)
    still = cine.phases_only or cine.frames < 4
    seen = predict_bidirectional(
        steps,
        lambda t: flipped(as_input(pixels[t : t + 1], sector)[0], decided.flip),
        len(pixels),
        _spread(cine),
        None if still else replace_outliers,
        apart=still,
    )
    mended: list[int] = []
    frames: list[FrameSegmentation] = []
    for t, (likelihood, changed) in enumerate(seen):
        mended += [t] * changed
        frames.append(segment_frame(flipped(likelihood, decided.flip), sector.window, pixels.shape[1:]))
        if progress:
            progress(t + 1, len(pixels))
    if mended:
        findings.append(_bridged(mended, len(pixels)))
    segmentation = Segmentation(
        mask=Mask(np.stack([f.labels for f in frames])[None]),
        endo=(tuple(f.endo for f in frames),),
        epi=(tuple(f.epi for f in frames),),
    )
    return EchoResult(
        segmentation, tuple(f.annulus for f in frames), sector.mask, decided.view, decided.confidence,
        tuple(findings), net.provenance, float(np.median([f.certainty for f in frames])),
        float(np.median([f.walled for f in frames])), tuple(f.atrium for f in frames), net.card.intervals,
    )  # fmt: skip


def _several(sector: Sector) -> tuple[Finding, ...]:
    """``several-pictures``: of a split screen one plane is measured; ``picture-cropped``: no edge is seen."""
    if sector.mask.mean() > ALL_PICTURE:
        text = "no edge of the ultrasound picture on the screen: zoomed or cropped; the net knows whole ones"
        return (Finding("picture-cropped", "warning", text, "give the whole picture"),)
    if sector.pictures == 1:
        return ()
    rows, columns = (np.flatnonzero(sector.mask.any(axis))[[0, -1]] for axis in (1, 0))
    text = (
        f"{sector.pictures} pictures on the screen (split screen, comparison or stages): the one in rows "
        f"{rows[0]} to {rows[1]}, columns {columns[0]} to {columns[1]} is measured"
    )
    return (Finding("several-pictures", "warning", text, "give the picture to be measured alone"),)


def _grey_values(cine: Cine) -> tuple[Finding, ...]:
    """``grey-values-assumed``: values below 0 say by themselves neither what is black nor what is white."""
    low, high = float(cine.pixels.min()), float(cine.pixels.max())
    if low >= 0.0:
        return ()
    text = f"grey values from {low:.3g} to {high:.3g} (decibels, normalised): black and white taken from them"
    return (
        Finding("grey-values-assumed", "warning", text, "give the clip in 8 bits as the scanner shows it"),
    )


def _bridged(frames: list[int], count: int) -> Finding:
    text = (
        f"ventricle found elsewhere than in the others in {len(frames)} of {count} frames "
        f"(first: {frames[0]}): interpolated from neighbouring frames"
    )
    return Finding("frame-bridged", "warning", text, "look at the contours of these frames")


def _spread(cine: Cine) -> float:
    """SD of the smoothing over time, in frames; 0 for stills."""
    if cine.phases_only or cine.frames < 4:
        return 0.0
    if cine.times_ms is None:
        return 1.0
    return float(np.clip(STEADY_MS / np.median(np.diff(cine.times_ms[0])), 0.0, 2.0))


@dataclass(frozen=True, eq=False)
class FrameSegmentation:
    """One frame on the clip's own pixels.

    Attributes
    ----------
    drawn : ndarray of uint8, shape (Y, X)
        Labels pixel by pixel, a little off the contours; see :attr:`labels`.
    endo, epi : Contour or None
    annulus : ((y, x), (y, x)) or None
        Hinge points of the mitral valve.
    certainty : float
        Mean likelihood of the cavity's pixels; of noise about 0.65, of a heart 0.9.
    walled : float
        Share of the cavity's surroundings that is myocardium; of noise below 0.3, of a heart 0.8.
    atrium : Contour or None
        Of the left atrium.
    """

    drawn: U8
    endo: Contour | None
    epi: Contour | None
    annulus: Hinges | None
    certainty: float = 1.0
    walled: float = 1.0
    atrium: Contour | None = None

    @cached_property
    def labels(self) -> U8:
        """Labels (Y, X) with the areas of the contours; a stream that nobody keeps need not wait for them."""
        return with_areas(self.drawn, self.endo, self.atrium)


def segment_frame(likelihood: F32, window: Window, shape: tuple[int, ...]) -> FrameSegmentation:
    """Likelihoods (4, rows, columns) of the net -> labels and outlines of a picture of ``shape``."""
    box = around(likelihood)
    part = likelihood[:, box[0], box[1]]
    found = in_box(part, likelihood[0].size)
    inner, outer = (_contour(part, found, k) for k in ((CAVITY,), (CAVITY, MYOCARDIUM)))
    atrium = _contour(part, found, (LEFT_ATRIUM,)) if inner is not None else None
    ends = annulus(inner, found) if inner is not None else None
    corner = np.array([box[0].start, box[1].start], float)
    inner, outer, atrium = (None if line is None else line + corner for line in (inner, outer, atrium))
    ends = None if ends is None else (ends[0] + corner, ends[1] + corner)
    labels = np.zeros(likelihood.shape[1:], np.uint8)
    labels[box] = found
    endo, epi, behind = (
        None if line is None else Contour(window.to_scan(line)) for line in (inner, outer, atrium)
    )
    cavity = found == CAVITY
    around_it = binary_dilation(cavity, iterations=3) & ~cavity
    return FrameSegmentation(
        _labels(labels, window, shape),
        endo,
        epi,
        None if ends is None else _to_scan(ends, window),
        float(part[CAVITY][cavity].mean()) if cavity.any() else 0.0,
        float((found[around_it] == MYOCARDIUM).mean()) if around_it.any() else 0.0,
        behind,
    )


def _contour(likelihood: F32, found: U8, structures: tuple[int, ...]) -> Array | None:
    """Sub-pixel outline of structures taken together, of the piece that was kept."""
    kept = np.isin(found, structures)
    return outline(level(likelihood[list(structures)].sum(0), kept)) if kept.any() else None


def _labels(found: U8, window: Window, shape: tuple[int, ...]) -> U8:
    """Labels on the clip's own grid."""
    rows, columns = shape
    best = np.full((rows, columns), 0.5, np.float32)
    labels = np.zeros((rows, columns), np.uint8)
    for structure in (CAVITY, MYOCARDIUM, LEFT_ATRIUM):
        kept = np.where(found == structure, 1.0, 0.0).astype(np.float32)
        if not kept.any():
            continue
        share = window.resample_to_scan(kept, (rows, columns), 0.0)
        labels[share > best] = structure
        best = np.maximum(best, share)
    return labels


def _to_scan(ends: Hinges, window: Window) -> Hinges:
    first, second = window.to_scan(np.stack(ends))
    return first, second

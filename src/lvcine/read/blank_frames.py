"""Frames that are no pictures of the heart: black, of one grey, titles beside a clip, sums of the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lvcine.errors import NotACineError
from lvcine.study import F32, Array, Bools, Cine, Finding, Whole

_EVEN = 0.1
"""Contrast (1st to 99th percentile) of a frame that shows nothing, in parts of the usual one."""
_USUAL = 75.0
"""Percentile of the contrasts that is usual: many frames may be blank, some titles brighter than the clip."""
_FEWEST_SUMMED, _SUMMED = 6, 0.1
"""Frames; how far a frame is from the mean of the others, of what a usual frame is, if it is that mean."""
_NEARLY = 0.7
"""The largest frame, without noise, is 0.15 steps from its neighbour; a maximum of eight noisy ones 0.8."""
_COUNTED = 0.02
"""How far a cycle is from frames x step that was made of them."""
_UNLIKE = 0.3
"""Correlation with the clip's median picture; frames of one clip have 0.8 and more with it."""


def without_blank_frames(cine: Cine) -> Cine:
    """A cine without its blank frames, and a clip without what stands before or after it.

    A frame is blank if it is one grey all over, whatever grey, beside others that show something. Frames that
    are so in some slices only, or beside velocities, stay with a doubt.

    Raises
    ------
    NotACineError
        Fewer than two frames are left.

    Examples
    --------
    >>> from lvcine.study import Geometry
    >>> beat = np.random.default_rng(0).integers(50, 200, (1, 1, 16, 16)) + np.arange(8).reshape(1, 8, 1, 1)
    >>> faded = np.concatenate([beat[:, :2] * 0, beat], axis=1)
    >>> clip = Cine(faded, Geometry.stack(1, (1.0, 1.0), 1.0), gated=False)
    >>> without_blank_frames(clip).frames, without_blank_frames(clip).findings[0].code
    (8, 'blank-frames')
    """
    if cine.frames < 2 or not cine.pixels.strides[-1]:  # planned: not decoded yet
        return cine
    return _without_summary(_without_blank(cine))


def _without_blank(cine: Cine) -> Cine:
    some, blank = _blank(cine)
    if not some.any() or some.all():
        return cine
    names = _ranges(np.flatnonzero(blank if blank.any() else some))
    if not blank.any() or cine.velocity is not None:
        text = f"frames {names} are black or of one grey in some slices"
        return cine.with_findings(Finding("blank-frames", "warning", text, "export the images again"))
    if (~blank).sum() < 2:
        raise NotACineError(
            "one frame with a picture, the others are black or of one grey", advice="give the whole clip"
        )
    text = f"frames {names} are black, of one grey or show something else: left out, the others count from 0"
    times = None if cine.times_ms is None else cine.times_ms[:, ~blank] - cine.times_ms[:, ~blank][:, :1]
    found = Finding("blank-frames", "info", text, "look at the clip if frames are missing in the middle")
    return replace(cine, pixels=cine.pixels[:, ~blank], times_ms=times).with_findings(found)


def _without_summary(cine: Cine) -> Cine:
    """A cine without a first or last frame that sums up the others, as tools append it."""
    if cine.frames < _FEWEST_SUMMED or cine.velocity is not None:
        return cine
    step = max(1, int(np.sqrt(cine.pixels.shape[2] * cine.pixels.shape[3] / 10_000)))
    small = np.nan_to_num(np.asarray(cine.pixels[:, :, ::step, ::step], np.float32))
    for place, which in ((cine.frames - 1, slice(0, -1)), (0, slice(1, None))):
        kind = _summary(small[:, place], small[:, which])
        if kind:
            return _left_out(cine, place, which, kind)
    return cine


def _summary(frame: F32, others: F32) -> str:
    """What of the others (Z, T, Y, X) a frame (Z, Y, X) is, to rounding; empty if it is a frame like them.

    Without noise the fullest frame is the brightest of all in every pixel, but it resembles its neighbour.
    """
    usual = float(np.median([np.abs(others[:, t] - others.mean(1)).mean() for t in range(others.shape[1])]))
    for kind in ("mean", "max", "min"):
        off = float(np.abs(frame - getattr(np, kind)(others, axis=1)).mean())
        if off < _SUMMED * usual and (kind == "mean" or _resembles_none(frame, others)):
            return {"max": "maximum", "min": "minimum"}.get(kind, kind)
    return ""


def _resembles_none(frame: F32, others: F32) -> bool:
    """Whether a frame differs from each of the others as much as they do from the next, nearly."""
    step = float(np.median(np.abs(np.diff(others, axis=1)).mean(axis=(0, 2, 3))))
    return float(np.abs(others - frame[:, None]).mean(axis=(0, 2, 3)).min()) > _NEARLY * step


def _left_out(cine: Cine, place: int, kept: slice, kind: str) -> Cine:
    text = f"frame {place} is the {kind} of the others, no moment of the beat: left out"
    if place == 0:
        text += ", the others count from 0"
    found = Finding("summary-frame", "warning", text, "give the cine without it")
    times = None if cine.times_ms is None else cine.times_ms[:, kept] - cine.times_ms[:, kept][:, :1]
    cycle = cine.cycle_ms
    if cycle is not None and cine.times_ms is not None:
        counted = np.median(np.diff(cine.times_ms), axis=1) * cine.frames
        cycle = np.where(np.abs(cycle - counted) < _COUNTED * counted, cycle * (1 - 1 / cine.frames), cycle)
    return replace(cine, pixels=cine.pixels[:, kept], times_ms=times, cycle_ms=cycle).with_findings(found)


def _blank(cine: Cine) -> tuple[Bools, Bools]:
    """Which frames hold no picture in some slices, and which in all; each of shape (T,)."""
    step = max(1, int(np.sqrt(cine.pixels.shape[2] * cine.pixels.shape[3] / 40_000)))
    small = np.asarray(cine.pixels[:, :, ::step, ::step], np.float32)
    small = np.where(np.isfinite(small), small, 0.0)  # said, and replaced, where grey values are judged
    low, high = np.percentile(small.reshape(*small.shape[:2], -1), (1, 99), axis=2)
    contrast = high - low
    even = contrast < _EVEN * np.percentile(contrast, _USUAL, axis=1, keepdims=True)
    some, black = np.asarray(even.any(axis=0)), np.asarray(even.all(axis=0))
    if cine.gated or cine.slices > 1 or black.all() or cine.frames < 4:
        return some, black
    unlike = _unlike(small[0], black)
    first, last = int(np.argmin(unlike)), len(unlike) - int(np.argmin(unlike[::-1]))
    ends = np.ones(len(unlike), bool)
    ends[first:last] = False
    return black | ends, black | ends


def _unlike(frames: Array, black: Bools) -> Bools:
    """Frames (T, Y, X) that are black or do not resemble the others."""
    flat = frames.reshape(len(frames), -1)
    usual = np.median(flat[~black], axis=0)
    usual = usual - usual.mean()
    each = flat - flat.mean(axis=1, keepdims=True)
    size = np.linalg.norm(each, axis=1) * np.linalg.norm(usual)
    alike = np.divide(each @ usual, size, out=np.ones(len(flat), flat.dtype), where=size > 0)
    if np.median(alike[~black]) < 2 * _UNLIKE:  # nothing stands still: no frame is usual
        return black
    return np.asarray(black | (alike < _UNLIKE))


def _ranges(numbers: Whole) -> str:
    """``0 to 4, 9``."""
    parts = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    return ", ".join(f"{p[0]} to {p[-1]}" if len(p) > 1 else f"{p[0]}" for p in parts)

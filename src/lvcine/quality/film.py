"""Is a clip one film: one picture all along, that moves all along, in the order of time? By its pixels.

Frames are compared two by two, small and blurred within what is lit. In one film frames before and after
any moment resemble each other somewhere; where two clips were joined, or depth, zoom or gain were changed,
none do. Where a scanner was frozen, frames repeat.

Measured on eight real clips and virtual ones of 12 to 75 frames a second, in brackets the limits:

- least difference of frames before and after a moment, over the usual one of frames on the same side:
  0.2 to 1.04 (1.5); two hearts 6.5, two views of one 2.4, a zoom of 1.1 2.1, half the gain 3.5;
- change from frame to frame over that between any two frames: 0.05 to 0.27 (0.6); shuffled 0.85 and more, but
  also clips of seven frames a beat, so that slow ones are doubted and others refused.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from lvcine.errors import MeasureError
from lvcine.quality.beating import SMOOTHER, out_of_text
from lvcine.read.sector import DARK, grey
from lvcine.study import F32, Array, Bools, Cine, Finding

FEWEST = 8
"""Frames, with fewer of which nothing is asked."""
SIDE = 64
CUT = 1.5
LEAP, ALONE = 4.0, 2.0
"""Steps from frame to frame that a cut is worth at the least, usual ones (clips 2.7, joined ones 5) and those
next to it."""
AROUND = 30
"""Frames on either side of a moment that are compared."""
AT_ONCE = 1000
"""Frames that are compared with each other."""
PIECE = 3
"""Frames of a piece at the least; what is shorter is no clip."""
STILL = 0.05
"""Of the large changes from frame to frame (90th percentile)."""
PAUSE = 4
"""Steps without change in a row that make a pause; converted frame rates repeat single frames."""
DOUBLED = 0.4
"""Share of such steps from which frames were doubled throughout."""
_NOTHING = 0.01
"""Difference of grey values (of 255) that rounding makes."""
MOST_ROUGH = 0.6
LIKE_ANOTHER = 0.6
"""Difference from the frame that is most alike, over that from the next: shuffled 0.23, noise 1."""
LEAST_MS = 500.0
"""Of a clip whose order is judged: in a part of diastole speckle changes as much as the heart."""
QUICK_MS = 45.0
"""Time between frames up to which neighbours must be alike: 15 frames in a beat of 90 a minute."""


def one_film(cine: Cine) -> Cine:
    """The longest piece of a clip that is one film, without its pauses, and what was left out.

    Parameters
    ----------
    cine : Cine
        One slice of ultrasound. Two stills, or a few frames, are as they are.

    Raises
    ------
    MeasureError
        Frames in no order.

    Examples
    --------
    >>> from lvcine.study import Geometry
    >>> y, x = np.mgrid[:64, :64]
    >>> beat = [100 + 90 * (np.hypot(y - 32, x - 32) < 20 + 6 * np.sin(t / 3)) for t in range(20)]
    >>> other = [100 + 90 * (x > 30 + t % 3) for t in range(12)]
    >>> clip = Cine(np.uint8(beat + other)[None], Geometry.stack(1, (1.0, 1.0), 1.0), gated=False)
    >>> film = one_film(clip)
    >>> film.frames, film.findings[0].code
    (20, 'clip-cut')
    """
    if cine.phases_only or cine.frames < FEWEST:
        return cine
    pixels = cine.pixels[0]
    paused = np.concatenate([_paused(_apart(pixels[part])) for part in _parts(len(pixels), 0)])
    cine = _without_pauses(cine, paused)
    cine = _longest(cine, _cuts(cine.pixels[0]))
    if cine.frames < FEWEST:
        return cine
    apart = _apart(cine.pixels[0, :AT_ONCE])
    return cine.with_findings(*_order(cine, apart)) if apart.any() else cine


def _parts(count: int, around: int) -> list[slice]:
    """Parts of a film and frames about each: all pairs of a long film would fill the memory."""
    return [
        slice(max(0, first - around), min(count, first + AT_ONCE + around))
        for first in range(0, count, AT_ONCE)
    ]


def _apart(pixels: NDArray[np.generic]) -> F32:
    """Difference between any two frames, (T, T): root mean square over what is lit."""
    step = max(1, int(np.ceil(max(pixels.shape[1:]) / SIDE)))
    small = np.stack([gaussian_filter(frame, step)[::step, ::step] for frame in grey(pixels)])
    seen = small[:, small.max(0) > DARK].astype(np.float64)
    if not seen.size:
        return np.zeros((len(seen), len(seen)), np.float32)
    seen -= seen.mean(0)
    power = (seen**2).sum(1)
    return np.sqrt(np.maximum(power[:, None] + power - 2 * seen @ seen.T, 0.0) / seen.shape[1]).astype(
        np.float32
    )


def _longest(cine: Cine, cuts: list[int]) -> Cine:
    if not cuts:
        return cine
    ends = [0, *cuts, cine.frames]
    first, last = max(zip(ends[:-1], ends[1:], strict=True), key=lambda ends: ends[1] - ends[0])
    where = ", ".join(map(str, ends[1:-1]))
    text = (
        f"another picture from frame {where} on (clips joined, or zoom, depth or gain changed): "
        f"frames {first} to {last - 1} are measured, counted from 0"
    )
    found = Finding("clip-cut", "warning", text, "give the part to be measured alone")
    return _frames(cine, np.arange(first, last)).with_findings(found)


def _cuts(pixels: NDArray[np.generic]) -> list[int]:
    """First frames of other pictures."""
    found: set[int] = set()
    for part in _parts(len(pixels), AROUND):
        apart = _apart(pixels[part])
        if apart.any():
            inner = range(PIECE, len(apart) - PIECE + 1)
            found |= {part.start + t for t in inner if _gap(apart, t) > CUT}
    return sorted(found)


def _gap(apart: F32, t: int) -> float:
    """How much frames before ``t`` differ from those after it at the least, over the usual on one side."""
    before, after = slice(max(0, t - AROUND), t), slice(t, t + AROUND)
    usual = max(float(np.median(_pairs(apart[part, part]))) for part in (before, after))
    least, steps = float(apart[before, after].min()), _steps(apart)
    # Valves that open in a quick clip change much too, but over some frames, and not by as many steps' worth.
    usual_step = float(np.median(steps[max(0, t - AROUND) : t + AROUND]))
    if least < max(LEAP * usual_step, ALONE * float(steps[[t - 2, t]].max())):
        return 0.0
    return least / max(usual, _NOTHING)


def _pairs(apart: F32) -> F32:
    return np.asarray(apart[np.triu_indices(len(apart), 1)])


def _steps(apart: F32) -> F32:
    return np.asarray(np.diagonal(apart, 1))


def _paused(apart: F32) -> Bools:
    """Frames that repeat the one before, in pauses, or every other one throughout."""
    steps = _steps(apart)
    moves = steps[steps > _NOTHING]
    still = np.concatenate([[False], steps < (STILL * np.percentile(moves, 90) if len(moves) else 0.0)])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]]).astype(int)))
    runs = list(zip(edges[::2], edges[1::2], strict=True))
    paused = np.zeros(len(still), bool)
    for first, last in runs:
        paused[first:last] = last - first >= PAUSE or still.mean() > DOUBLED
    # Fewer moving frames than a clip has would be none: whether such a clip beats is asked elsewhere.
    return paused if (~paused).sum() >= FEWEST else np.zeros(len(still), bool)


def _without_pauses(cine: Cine, paused: Bools) -> Cine:
    if not paused.any():
        return cine
    text = (
        f"{int(paused.sum())} of {cine.frames} frames repeat the one before, from frame "
        f"{int(np.flatnonzero(paused)[0])} on (frozen, or doubled): left out, pauses with their time"
    )
    film = _frames(cine, np.flatnonzero(~paused))
    long = paused & (np.roll(paused, 1) | np.roll(paused, -1))
    if cine.times_ms is not None and long.any():
        steps = np.diff(cine.times_ms[0], prepend=cine.times_ms[0, 0])
        film = replace(film, times_ms=np.cumsum(np.where(long, 0.0, steps))[~paused][None])
    return film.with_findings(Finding("clip-paused", "info", text, "look whether the clip beats smoothly"))


def _order(cine: Cine, apart: F32) -> tuple[Finding, ...]:
    """Doubts about the order of the frames."""
    steps, usual = _steps(apart) ** 2, float((_pairs(apart) ** 2).mean())
    for first in (0, 1):
        order = out_of_text(len(apart), first)
        if order is not None:
            undone = _steps(apart[order][:, order]) ** 2
            if undone.sum() < SMOOTHER * steps.sum():
                raise MeasureError(
                    "the frames are sorted by their numbers as text (1, 10, 11, ..., 2, 20, ...)",
                    where=cine.label, advice="put them together again in the order of the numbers",
                )  # fmt: skip
    lasts = 0.0 if cine.times_ms is None else float(np.ptp(cine.times_ms[0]))
    if (
        not _has_another_order(apart)
        or float(steps.mean()) <= MOST_ROUGH * usual
        or (cine.times_ms is not None and lasts < LEAST_MS)
    ):
        return ()
    text = "frames are in no order in which a heart moves: each differs from the next as from any other"
    if _frame_ms(cine) <= QUICK_MS:
        raise MeasureError(text, where=cine.label, advice="export the clip again, in the order of time")
    advice = "look whether the clip runs as it should; expect EF too small from so few frames a beat"
    return (Finding("frames-unordered", "warning", text, advice),)


def _has_another_order(apart: F32) -> bool:
    """Whether frames resemble others more than the next: not so in noise, which has no order."""
    others = apart + np.diag(np.full(len(apart), np.inf, np.float32))
    return bool(others.min(0).mean() < LIKE_ANOTHER * _steps(apart).mean())


def _frame_ms(cine: Cine) -> float:
    return np.inf if cine.times_ms is None else float(np.median(np.diff(cine.times_ms[0])))


def _frames(cine: Cine, kept: NDArray[np.intp]) -> Cine:
    """These frames alone; time counts from the first of them."""
    times: Array | None = None
    if cine.times_ms is not None:
        times = cine.times_ms[:, kept] - cine.times_ms[:, kept[:1]]
    return replace(cine, pixels=cine.pixels[:, kept], times_ms=times, instances=())

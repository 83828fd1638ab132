"""From what a reader does on the page to what it changes: one function for each kind of correction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lvcine.errors import UsageError
from lvcine.review.shapes import carried, checked, fading, polar
from lvcine.review.state import SIDES, Change, Hinge, Pair, Place, Side, State, from_line
from lvcine.study import Contour

Request = Mapping[str, Any]
_NAMES: dict[Side, str] = {"endo": "endocardium", "epi": "epicardium"}
_PHASES = ("ed", "es")


@dataclass(frozen=True)
class Situation:
    """What corrections need to know: size of a picture, ED and ES, whether the frames close a cycle.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns.
    ed, es : int
        As they are now.
    closed : bool
    order : tuple of int
        Slices from base to apex.
    """

    shape: tuple[int, int]
    ed: int
    es: int
    closed: bool
    order: tuple[int, ...]


def correction(request: Request, state: State, now: Situation) -> tuple[Change, str]:
    """What a request changes, and what the reader should know about it (empty as a rule).

    Parameters
    ----------
    request : mapping
        ``do``: the kind, of :data:`KINDS`, and what that kind needs.
    state : State
    now : Situation

    Raises
    ------
    UsageError
        A kind, a place or a contour that is none.
    """
    kind = KINDS.get(str(request.get("do")))
    if kind is None:
        raise UsageError("a correction of an unknown kind")
    try:
        return kind(request, state, now)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UsageError("a correction without what it needs") from error


def _contour(r: Request, state: State, now: Situation) -> tuple[Change, str]:
    """A contour was drawn, dragged or pushed."""
    side, z, t = _place(r, state)
    contour, mended = checked(r["points"], now.shape)
    note = (
        "the contour crossed itself: its outer line was kept"
        if mended
        else _crossing(state, side, z, t, contour)
    )
    return Change({(side, z, t): contour}, text=f"{_NAMES[side]}, slice {z} frame {t}"), note


def _crossing(state: State, side: Side, z: int, t: int, contour: Contour) -> str:
    """A word where the endocardium now lies outside of the epicardium."""
    other = state.epi[z][t] if side == "endo" else state.endo[z][t]
    if other is None:
        return ""
    endo, epi = (contour, other) if side == "endo" else (other, contour)
    middle, radius = polar(epi)
    away = endo.points - middle
    angle = np.mod(np.arctan2(away[:, 0], away[:, 1]), 2 * np.pi) / (2 * np.pi) * len(radius)
    limit = np.interp(angle, np.arange(len(radius) + 1), np.append(radius, radius[0]))
    return (
        "the endocardium lies outside of the epicardium here"
        if (np.hypot(*away.T) > limit + 0.5).any()
        else ""
    )


def _delete(r: Request, state: State, now: Situation) -> tuple[Change, str]:
    """The contours of a slice in one frame, or in all of them."""
    z = int(r["z"])
    sides = SIDES if r.get("side") in (None, "both") else (_place(r, state)[0],)
    frames = range(state.frames) if r.get("t") is None else (_place({**r, "side": sides[0]}, state)[2],)
    _check_slice(z, state)
    gone: dict[Place, Contour | None] = {
        (side, z, t): None for side in sides for t in frames if state.at((side, z, t)) is not None
    }
    where = f"slice {z}, all frames" if r.get("t") is None else f"slice {z} frame {r['t']}"
    return Change(gone, text=f"deleted in {where}", settles=tuple((side, z) for side in sides)), ""


def _paste(r: Request, state: State, now: Situation) -> tuple[Change, str]:
    """The contours of one slice and frame, or of a slice's whole cycle, in another place."""
    z, t, to_z, to_t = (int(r[name]) for name in ("z", "t", "to_z", "to_t"))
    for slice_, frame in ((z, t), (to_z, to_t)):
        _check_slice(slice_, state)
        if not 0 <= frame < state.frames:
            raise UsageError("a place outside of the result")
    pairs = [(f, f) for f in range(state.frames)] if r.get("cycle") else [(t, to_t)]
    new: dict[Place, Contour | None] = {}
    for source, target in pairs:
        for side in SIDES:
            found = state.at((side, z, source))
            if found is not None:
                new[side, to_z, target] = Contour(found.points.copy())
    if not new:
        raise UsageError("there is no contour to copy")
    where = "all frames" if r.get("cycle") else f"frame {to_t}"
    return Change(new, text=f"copied from slice {z} to slice {to_z}, {where}"), ""


def _carry(r: Request, state: State, now: Situation) -> tuple[Change, str]:
    """A correction of one frame in the frames about it, fading with their distance."""
    z, t, reach = int(r["z"]), int(r["t"]), max(1, min(int(r["reach"]), state.frames))
    _check_slice(z, state)
    new: dict[Place, Contour | None] = {}
    sides = [side for side in SIDES if (side, z, t) in state.before]
    for side in sides:
        old, source = state.before[side, z, t], state.at((side, z, t))
        for frame, distance in _neighbours(t, reach, state.frames, now.closed):
            place: Place = (side, z, frame)
            if place in state.before and state.before[place] is not state.at(place):
                continue  # corrected by hand: not touched
            target = state.at(place)
            if source is None:
                new[place] = None
            elif old is None or target is None:
                new[place] = target or Contour(source.points.copy())
            else:
                new[place] = carried(old, source, target, fading(distance, reach))
    if not sides:
        raise UsageError(
            f"nothing to carry from slice {z} frame {t}", advice="correct a contour there, then carry it"
        )
    text = f"carried from slice {z} frame {t} over {reach} frames each way"
    return Change(new, text=text, settles=tuple((side, z) for side in sides)), ""


def _neighbours(t: int, reach: int, frames: int, closed: bool) -> list[tuple[int, int]]:
    """Frames within reach and how far away they are; the short way round where frames close a cycle."""
    out = []
    for frame in range(frames):
        distance = abs(frame - t)
        distance = min(distance, frames - distance) if closed else distance
        if 0 < distance <= reach:
            out.append((frame, distance))
    return out


def _phase(r: Request, state: State, now: Situation) -> tuple[Change, str]:
    name, t = str(r["phase"]), int(r["t"])
    if name not in _PHASES or not 0 <= t < state.frames:
        raise UsageError("a phase that is neither ED nor ES")
    both = {"ed": now.ed, "es": now.es, name: t}
    return Change(choices=both, text=f"{name.upper()} is frame {t}"), ""


def _end(r: Request, state: State, now: Situation) -> tuple[Change, str]:
    """Base or apex at ED or at ES."""
    end, phase, z = str(r["end"]), str(r["phase"]), int(r["z"])
    _check_slice(z, state)
    if end not in ("base", "apex") or phase not in _PHASES:
        raise UsageError("an end that is neither base nor apex")
    pair: Pair = getattr(state.choices, end) or _ends(state, now, end)
    pair = (z, pair[1]) if phase == "ed" else (pair[0], z)
    return Change(choices={end: pair}, text=f"{end} at {phase.upper()} is slice {z}"), ""


def _ends(state: State, now: Situation, end: str) -> Pair:
    """First or last slice with a contour at ED and at ES."""
    at = 0 if end == "base" else -1
    drawn = ([z for z in now.order if state.endo[z][t] is not None] or now.order for t in (now.ed, now.es))
    first, second = (slices[at] for slices in drawn)
    return first, second


def _clear_ends(r: Request, state: State, now: Situation) -> tuple[Change, str]:
    return Change(choices={"base": None, "apex": None}, text="base and apex as they were found"), ""


def _slice(r: Request, state: State, now: Situation) -> tuple[Change, str]:
    """Exclude a slice, or take it back."""
    z = int(r["z"])
    _check_slice(z, state)
    gone = set(state.choices.no_slices) ^ {z}
    if len(gone) == state.slices:
        raise UsageError("every slice would be excluded")
    done = "excluded" if z in gone else "taken back"
    return Change(choices={"no_slices": tuple(sorted(gone))}, text=f"slice {z} {done}"), ""


def _frame(r: Request, state: State, now: Situation) -> tuple[Change, str]:
    """Exclude a frame, or take it back."""
    t = int(r["t"])
    if not 0 <= t < state.frames:
        raise UsageError("a frame outside of the result")
    gone = set(state.choices.no_frames) ^ {t}
    if t in gone and t in (now.ed, now.es):
        name = "ED" if t == now.ed else "ES"
        raise UsageError(f"frame {t} is {name}", advice=f"choose another frame as {name} first")
    done = "excluded" if t in gone else "taken back"
    return Change(choices={"no_frames": tuple(sorted(gone))}, text=f"frame {t} {done}"), ""


def _papillary(r: Request, state: State, now: Situation) -> tuple[Change, str]:
    to = r["to"]
    if to not in ("include", "exclude"):
        raise UsageError("a papillary convention that is neither include nor exclude")
    where = "cavity" if to == "include" else "myocardium"
    return Change(choices={"papillary": to}, text=f"papillary muscles counted with the {where}"), ""


def _insertion(r: Request, state: State, now: Situation) -> tuple[Change, str]:
    y, x, z = float(r["y"]), float(r["x"]), int(r["z"])
    _check_slice(z, state)
    _check_inside(y, x, now)
    if state.endo[z][now.ed] is None:
        raise UsageError(
            f"slice {z} has no ventricle at ED", advice="point at the insertion in another slice"
        )
    return Change(choices={"insertion": (round(y, 3), round(x, 3), z)}, text=f"RV insertion in slice {z}"), ""


def _hinge(r: Request, state: State, now: Situation) -> tuple[Change, str]:
    """The hinge points of the mitral valve in one frame of a clip."""
    t = int(r["t"])
    if not state.hinges:
        raise UsageError("hinge points are those of an ultrasound clip")
    if not 0 <= t < state.frames:
        raise UsageError("a frame outside of the result")
    a, b, c, d = (float(v) for v in r["points"])
    for y, x in ((a, b), (c, d)):
        _check_inside(y, x, now)
    if np.hypot(a - c, b - d) < 1.0:
        raise UsageError("both hinge points lie at one place")
    pair: Hinge = (round(a, 3), round(b, 3), round(c, 3), round(d, 3))
    return Change(hinges={t: pair}, text=f"mitral hinges, frame {t}"), ""


def _import(r: Request, state: State, now: Situation) -> tuple[Change, str]:
    """Contours that were read from a file (:mod:`lvcine.review.imports`)."""
    found = from_line(r, state, lambda points: checked(points, now.shape)[0])
    if not found.contours:
        raise UsageError("no contours in the file", advice="give contours of this scan")
    return replace(found, settles=tuple((side, z) for side in SIDES for z in range(state.slices))), ""


def _check_slice(z: int, state: State) -> None:
    if not 0 <= z < state.slices:
        raise UsageError("a slice outside of the result")


def _check_inside(y: float, x: float, now: Situation) -> None:
    if not (-0.5 <= y <= now.shape[0] - 0.5 and -0.5 <= x <= now.shape[1] - 0.5):
        raise UsageError("a point outside of the picture")


def _place(r: Request, state: State) -> Place:
    side, z, t = r["side"], r["z"], r["t"]
    whole = all(isinstance(v, int) and not isinstance(v, bool) for v in (z, t))
    if side not in SIDES or not whole or not (0 <= z < state.slices and 0 <= t < state.frames):
        raise UsageError("a place outside of the result")
    return side, z, t


KINDS: dict[str, Callable[[Request, State, Situation], tuple[Change, str]]] = {
    "contour": _contour,
    "delete": _delete,
    "paste": _paste,
    "carry": _carry,
    "phase": _phase,
    "end": _end,
    "clear-ends": _clear_ends,
    "slice": _slice,
    "frame": _frame,
    "papillary": _papillary,
    "insertion": _insertion,
    "hinge": _hinge,
    "import": _import,
}

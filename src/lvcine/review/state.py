"""What a reader has made of an analysis: contours and decisions, and what a correction changes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np

from lvcine.errors import UsageError
from lvcine.localise.drawn import Contours
from lvcine.review.shapes import between
from lvcine.study import Analysis, Contour, Papillary

Side = Literal["endo", "epi"]
SIDES: tuple[Side, ...] = get_args(Side)
Place = tuple[Side, int, int]
"""(side, slice, frame)"""
Pair = tuple[int, int]
"""Slices at ED and at ES."""
Hinge = tuple[float, float, float, float]
"""y, x, y, x of both hinges of the mitral valve."""


@dataclass(frozen=True)
class Choices:
    """What a reader decides beside the contours; None where she leaves it as the analysis has it.

    Attributes
    ----------
    papillary : {"include", "exclude"} or None
    ed, es : int or None
    base, apex : (int, int) or None
        At ED and at ES.
    insertion : (y, x, slice) or None
        Anterior insertion of the RV.
    no_slices, no_frames : tuple of int
        Excluded: a slice between others then has contours between theirs, a frame has none.
    """

    papillary: Papillary | None = None
    ed: int | None = None
    es: int | None = None
    base: Pair | None = None
    apex: Pair | None = None
    insertion: tuple[float, float, int] | None = None
    no_slices: tuple[int, ...] = ()
    no_frames: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class State:
    """Everything of a result that a reader can change.

    Attributes
    ----------
    endo, epi : tuple of tuple of (Contour or None), indexed [z][t]
    hinges : tuple of Hinge or None, one per frame of a clip
    choices : Choices
    before : mapping of Place to (Contour or None)
        Contours as they were before the corrections that were not carried to other frames yet.
    """

    endo: Contours
    epi: Contours
    hinges: tuple[Hinge | None, ...] = ()
    choices: Choices = Choices()
    before: Mapping[Place, Contour | None] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def slices(self) -> int:
        return len(self.endo)

    @property
    def frames(self) -> int:
        return len(self.endo[0])

    def at(self, place: Place) -> Contour | None:
        """The contour at a place."""
        side, z, t = place
        return (self.endo if side == "endo" else self.epi)[z][t]


@dataclass(frozen=True, eq=False)
class Change:
    """What one correction changes.

    Attributes
    ----------
    contours : mapping of Place to (Contour or None)
    hinges : mapping of frame to Hinge
    choices : mapping of a field of :class:`Choices` to its new value
    text : str
        What was done, for the journal and the page: ``endocardium, slice 4 frame 0``.
    settles : tuple of (side, slice)
        Whose corrections were carried to other frames with it.
    """

    contours: Mapping[Place, Contour | None] = field(default_factory=dict)
    hinges: Mapping[int, Hinge] = field(default_factory=dict)
    choices: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    settles: tuple[tuple[Side, int], ...] = ()


def state_of(analysis: Analysis) -> State:
    """An analysis before any correction."""
    hinges = tuple(
        None if pair is None else (*map(float, pair[0]), *map(float, pair[1])) for pair in analysis.hinges
    )
    return State(analysis.segmentation.endo, analysis.segmentation.epi, hinges)  # type: ignore[arg-type]


def applied(state: State, change: Change) -> State:
    """The state after a change; contours that stay are the same objects."""
    before = {place: state.at(place) for place in change.contours if place not in state.before}
    kept = {p: c for p, c in (dict(state.before) | before).items() if (p[0], p[1]) not in change.settles}
    hinges = list(state.hinges) or [None] * state.frames
    for t, pair in change.hinges.items():
        hinges[t] = pair
    return State(
        _with(state.endo, {(z, t): c for (side, z, t), c in change.contours.items() if side == "endo"}),
        _with(state.epi, {(z, t): c for (side, z, t), c in change.contours.items() if side == "epi"}),
        tuple(hinges) if state.hinges or change.hinges else (),
        replace(state.choices, **dict(change.choices)),
        MappingProxyType(kept),
    )


def _with(contours: Contours, new: Mapping[tuple[int, int], Contour | None]) -> Contours:
    if not new:
        return contours
    rows = {z for z, _ in new}
    return tuple(
        tuple(new.get((z, t), c) for t, c in enumerate(frames)) if z in rows else frames
        for z, frames in enumerate(contours)
    )


def difference(old: State, new: State) -> dict[Place, Contour | None]:
    """Contours of ``new`` that are not those of ``old``."""
    out: dict[Place, Contour | None] = {}
    for side in SIDES:
        for z, (a, b) in enumerate(zip(getattr(old, side), getattr(new, side), strict=True)):
            if a is not b:
                out |= {(side, z, t): d for t, (c, d) in enumerate(zip(a, b, strict=True)) if c is not d}
    return out


def measured_contours(state: State) -> tuple[Contours, Contours]:
    """The contours that count: none in excluded frames, those between its neighbours in an excluded slice."""
    gone, empty = set(state.choices.no_slices), set(state.choices.no_frames)
    if not gone and not empty:
        return state.endo, state.epi
    return _counted(state.endo, gone, empty), _counted(state.epi, gone, empty)


def _counted(contours: Contours, gone: set[int], empty: set[int]) -> Contours:
    count = len(contours)
    kept = [z for z in range(count) if z not in gone]
    out = []
    for z, frames in enumerate(contours):
        if z in gone:
            below, above = (
                max((k for k in kept if k < z), default=None),
                min((k for k in kept if k > z), default=None),
            )
            row = _row_between(contours, below, z, above)
        else:
            row = frames
        out.append(tuple(None if t in empty else c for t, c in enumerate(row)))
    return tuple(out)


def _row_between(
    contours: Contours, below: int | None, z: int, above: int | None
) -> tuple[Contour | None, ...]:
    if below is None or above is None:
        return (None,) * len(contours[z])  # beyond the ends there is no ventricle
    share = (z - below) / (above - below)
    return tuple(
        None if a is None or b is None else between(a, b, share)
        for a, b in zip(contours[below], contours[above], strict=True)
    )


# ---- to and from the lines of a journal --------------------------------------------------------------------


def plain_points(contour: Contour | None) -> list[float] | None:
    """y, x, y, x ... to a thousandth of a pixel, as ``contours.json`` has them."""
    return None if contour is None else np.round(contour.points, 3).ravel().tolist()


def to_line(change: Change) -> dict[str, Any]:
    """A change as plain JSON types; what is empty is left out."""
    line: dict[str, Any] = {"text": change.text}
    if change.contours:
        line["contours"] = [[*place, plain_points(c)] for place, c in change.contours.items()]
    if change.hinges:
        line["hinges"] = [[t, *pair] for t, pair in change.hinges.items()]
    if change.choices:
        line["choices"] = {k: list(v) if isinstance(v, tuple) else v for k, v in change.choices.items()}
    if change.settles:
        line["settles"] = [list(pair) for pair in change.settles]
    return line


def from_line(line: Mapping[str, Any], state: State, contour: Callable[[Any], Contour]) -> Change:
    """The change that a journal's line says; ``contour`` makes one of its points.

    Raises
    ------
    UsageError
        It is of another result, or no change at all.
    """
    try:
        contours = {
            _place(side, z, t, state): None if points is None else contour(points)
            for side, z, t, points in line.get("contours", ())
        }
        hinges = {
            _index(t, state.frames): (float(a), float(b), float(c), float(d))
            for t, a, b, c, d in line.get("hinges", ())
        }
        settles = tuple((_side(side), _index(z, state.slices)) for side, z in line.get("settles", ()))
        choices = {name: _choice(name, value, state) for name, value in line.get("choices", {}).items()}
        return Change(contours, hinges, choices, str(line.get("text", ""))[:200], settles)
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError("a correction that is damaged") from error


def _place(side: object, z: object, t: object, state: State) -> Place:
    return _side(side), _index(z, state.slices), _index(t, state.frames)


def _side(side: object) -> Side:
    for known in SIDES:
        if side == known:
            return known
    raise UsageError("a contour that is neither endo nor epi")


def _index(value: object, count: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
        raise UsageError(f"a place outside of 0 to {count - 1}")
    return value


def _choice(name: str, value: Any, state: State) -> Any:
    if value is None and name in ("papillary", "ed", "es", "base", "apex", "insertion"):
        return None
    match name:
        case "papillary" if value in get_args(Papillary):
            return value
        case "ed" | "es":
            return _index(value, state.frames)
        case "base" | "apex":
            first, second = value
            return _index(first, state.slices), _index(second, state.slices)
        case "insertion":
            y, x, z = value
            if not (np.isfinite([float(y), float(x)]).all() and abs(y) < 1e5 and abs(x) < 1e5):
                raise UsageError("an insertion point that is no place")
            return float(y), float(x), _index(z, state.slices)
        case "no_slices":
            return tuple(sorted({_index(z, state.slices) for z in value}))
        case "no_frames":
            return tuple(sorted({_index(t, state.frames) for t in value}))
    raise UsageError("a decision of another version of lvcine")


def contour_count(contours: Sequence[Sequence[Contour | None]]) -> int:
    """How many there are."""
    return sum(c is not None for frames in contours for c in frames)

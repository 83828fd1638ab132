"""Options as keywords, under the names that the command line gives them."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import update_wrapper
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypedDict, TypeVar

from lvcine.errors import UsageError
from lvcine.measure import Insertion
from lvcine.pipeline.options import AnalyzeOptions, Engine
from lvcine.read import ReadOptions
from lvcine.report import Movie, Viewer
from lvcine.study import Papillary, View
from lvcine.systems.echo.view import Flip

P = ParamSpec("P")
R = TypeVar("R")


class Keywords(TypedDict, total=False):
    """What a call may decide: each option of the command, without the dashes. Fields of
    :class:`AnalyzeOptions` and :class:`ReadOptions` are taken under their own names too.
    """

    papillary: Papillary
    series: str | int | None
    spacing: tuple[float, float] | None
    slice_step: float | None
    frame_ms: float | None
    view: View | str | None
    axes: str | None
    gated: bool | None
    venc: str | tuple[float, float, float] | None
    reverse: str | tuple[int, ...]
    max_pixels: int
    height: float | None
    weight: float | None
    sex: Literal["M", "F"] | None
    age: float | None
    ed: int | None
    es: int | None
    base: tuple[int, int] | None
    apex: tuple[int, int] | None
    insertion: Insertion | tuple[float, float] | None
    flip: Flip
    engine: Engine
    threads: int | None
    weights: str | Path | None
    movie: Movie
    viewer: Viewer
    label: str | None
    identify: bool
    overwrite: bool
    # Under the names of the fields.
    read: ReadOptions
    spacing_mm: tuple[float, float] | None
    slice_step_mm: float | None
    venc_cm_s: str | tuple[float, float, float] | None
    reversed_channels: str | tuple[int, ...]
    height_m: float | None
    weight_kg: float | None
    age_years: float | None


FIELDS = {
    "spacing": "spacing_mm", "slice_step": "slice_step_mm",
    "venc": "venc_cm_s", "reverse": "reversed_channels",
    "height": "height_m", "weight": "weight_kg", "age": "age_years",
}  # fmt: skip
"""Name of an option of the command -> field, where they differ."""

_READ = {f.name for f in fields(ReadOptions)}
_OWN = {f.name for f in fields(AnalyzeOptions)}
OFFERED = [name for name in Keywords.__annotations__ if name not in FIELDS.values()]
"""Names that completion offers."""


def options_of(options: AnalyzeOptions | None, given: Mapping[str, Any]) -> AnalyzeOptions:
    """The options, with what the call says over them.

    Raises
    ------
    TypeError
        No such option.
    UsageError
        An option under both of its names, or a value that it cannot have.

    Examples
    --------
    >>> found = options_of(None, {"axes": "TYX", "papillary": "exclude", "height": 1.8})
    >>> found.read.axes, found.papillary, found.height_m
    ('TYX', 'exclude', 1.8)
    """
    begun = options or AnalyzeOptions()
    known: dict[str, Any] = {}
    for name, value in given.items():
        field = FIELDS.get(name, name)
        if field not in _READ | _OWN:
            near = difflib.get_close_matches(name, [*OFFERED, *FIELDS.values()], 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"no option {name!r}{hint}")
        if field in known:
            raise UsageError(f"{field} is given twice", advice=f"give {name} alone")
        known[field] = value
    of_reading = {name: value for name, value in known.items() if name in _READ}
    own = {name: value for name, value in known.items() if name in _OWN}
    if of_reading:
        own["read"] = replace(own.get("read", begun.read), **of_reading)
    return replace(begun, **own)


def with_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """Let ``help`` and the completion of a notebook name each option, instead of ``**keywords``."""
    signature = inspect.signature(function)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    taken = {p.name for p in own}
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in Keywords.__annotations__.items()
        if name in OFFERED and name not in taken
    ]

    def call(*args: P.args, **named: P.kwargs) -> R:
        return function(*args, **named)

    wrapped = update_wrapper(call, function)
    wrapped.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
    return wrapped

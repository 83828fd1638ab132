"""When in the heart cycle each picture of one slice was taken.

Pictures of a slice may come from several acquisitions (a repeated breath-hold, another
heart beat, a copied folder). They are distinguished by time, then every acquisition becomes
one :class:`Run`: pictures in cyclic order with their times after the R wave.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from lvcine.read.dicom.image import Image
from lvcine.read.dicom.planes import grouped
from lvcine.study import Array

_SLOWEST_FRAME_MS = 250.0
"""Longer between pictures than any cine frame: one picture per heart beat (perfusion, mapping)."""

_RESTING_CYCLE_MS = 1200.0
"""The longest usual one, where the header says nothing of it."""

_LEAST_CYCLE = 8
"""Frames of a series that can be a cycle by itself."""


@dataclass(frozen=True)
class Clock:
    """One way in which a header tells the order in time.

    Attributes
    ----------
    name : str
    read : callable
    cardiac : bool
        True: the value returns with every heart beat, so equal values mean repeats.
    in_ms : bool
        True: the value is the time after the R wave.
    """

    name: str
    read: Callable[[Image], float | None]
    cardiac: bool = False
    in_ms: bool = False


# In order of trust. Acquisition and content time are times of day of a reconstruction that
# sorts beats into phases: they order, but their differences are no cardiac time.
CLOCKS = (
    Clock("trigger time", lambda image: image.trigger_ms, cardiac=True, in_ms=True),
    Clock("trigger delay", lambda image: image.delay_ms, cardiac=True, in_ms=True),
    Clock("percentage of the cycle", lambda image: image.percent, cardiac=True),
    Clock("temporal position", lambda image: image.temporal_index, cardiac=True),
    Clock("acquisition time", lambda image: image.acquired_s),
    Clock("content time", lambda image: image.content_s),
    Clock("instance number", lambda image: image.instance),
)
_IN_MS = tuple(clock.name for clock in CLOCKS if clock.in_ms)


@dataclass(frozen=True, eq=False)
class Run:
    """One acquisition of one slice, in time order.

    Attributes
    ----------
    images : tuple of Image, length T
    times_ms : ndarray, shape (T,), or None
        After the R wave; None where neither times nor a cycle length are known.
    cycle_ms : float or None
    cycle_stated : bool
        False: the cycle is frames x interval, not what the header says.
    clock : str
        What the order is from.
    """

    images: tuple[Image, ...]
    times_ms: Array | None
    cycle_ms: float | None
    cycle_stated: bool
    clock: str

    @property
    def frames(self) -> int:
        return len(self.images)

    @property
    def gated(self) -> bool:
        """Whether its times can be those of one cycle: not beyond it, and no times of day."""
        if self.times_ms is not None and self.clock in _IN_MS:
            span = float(np.ptp(self.times_ms)) * self.frames / max(self.frames - 1, 1)
            return span < 1.5 * (self.cycle_ms if self.cycle_stated and self.cycle_ms else _RESTING_CYCLE_MS)
        return self.clock not in ("acquisition time", "content time")

    @property
    def phases(self) -> Array:
        """Position of each frame in the normalised cycle, shape (T,): 0 at the R wave."""
        if self.times_ms is None or self.cycle_ms is None:
            return np.arange(self.frames) / self.frames
        return self.times_ms / self.cycle_ms


def choose_clock(images: Sequence[Image]) -> Clock | None:
    """The most trusted value that every picture has and that distinguishes them; None if none does.

    A cardiac value may come back (repeats), but three values among many pictures are no clock.
    """
    for clock in CLOCKS:
        values = [clock.read(image) for image in images]
        if None in values:
            continue
        distinct = len(set(values))
        repeats = clock.cardiac and (distinct > 3 or 1 < distinct >= len(values) / 4)
        if repeats or distinct == len(values) > 1:
            return clock
    return None


def make_run(images: Sequence[Image]) -> Run:
    """Order one acquisition in time (see :data:`CLOCKS`)."""
    clock = choose_clock(images)
    if clock is None:
        return Run(tuple(images), None, _stated_cycle(images), True, "none")
    values = _values(images, clock)
    order = np.argsort(values, kind="stable")
    ordered = tuple(images[i] for i in order)
    stated = _stated_cycle(images)
    if clock.in_ms:
        times = values[order]
        cycle = stated or float(np.median(np.diff(times)) * len(times))
        return Run(ordered, times, cycle, stated is not None, clock.name)
    percent = clock.name.startswith("percentage")
    share = values[order] / 100 if percent else np.arange(len(ordered)) / len(ordered)
    return Run(ordered, None if stated is None else share * stated, stated, stated is not None, clock.name)


def _values(images: Sequence[Image], clock: Clock) -> Array:
    return np.array([clock.read(image) for image in images], float)


def _stated_cycle(images: Sequence[Image]) -> float | None:
    stated = [image.interval_ms for image in images if image.interval_ms]
    return float(np.median(stated)) if stated else None


def why_no_cine(run: Run) -> str:
    """Why the pictures of a run do not show a heart beating, empty if they do."""
    images = run.images
    if len(images) < 2:
        return "one frame only"
    if run.clock == "none":
        return "nothing in the headers orders the pictures in time"
    if len({round(image.echo_ms or 0, 1) for image in images}) > max(1, len(images) // 2):
        return "several echo times (a map, not a cine)"
    if len({image.inversion_ms for image in images}) > max(1, len(images) // 2):
        return "several inversion times (a map, not a cine)"
    if _beats_apart(run):
        return "one picture per heart beat, not a cine"
    if len(images) == 2 and np.ptp(run.phases) < 0.1:
        return "two pictures of the same phase"
    return ""


def _beats_apart(run: Run) -> bool:
    """Whether the pictures were taken in one heart beat each (perfusion, mapping)."""
    if run.times_ms is not None and run.clock in _IN_MS:
        return len(run.images) > 4 and float(np.median(np.diff(run.times_ms))) > _SLOWEST_FRAME_MS
    taken = [image.acquired_s for image in run.images]
    if None in taken or len(taken) < 3 or run.clock == "percentage of the cycle":
        return False
    return float(np.median(np.diff(np.sort(np.array(taken, float))))) * 1000.0 > _SLOWEST_FRAME_MS


def acquisitions(images: Sequence[Image]) -> list[Run]:
    """Separate the acquisitions of one slice and order each in time.

    Series come apart first, except where every series holds one picture (phases exported as
    series) or a few (UIDs made anew) and all together are one cycle. Within a series, repeats show
    as times that nearly coincide, or as times that run over several R-R intervals.

    Parameters
    ----------
    images : sequence of Image
        All pictures of one slice, without copies.
    """
    by_series = grouped(images, lambda image: image.series)
    if all(len(part) == 1 for part in by_series) or _parts_of_one(by_series):
        by_series = [list(images)]
    return [run for part in by_series for piece in _separate(part) for run in _beats(make_run(piece))]


def _parts_of_one(by_series: list[list[Image]]) -> bool:
    """Whether series hold pieces of one cycle: none a cycle by itself, all together in clean times."""
    together = [image for part in by_series for image in part]
    longest = max(len(part) for part in by_series)
    pieces = longest < _LEAST_CYCLE or 3 * longest < len(together)
    return len(by_series) > 1 and len(together) > 2 and pieces and not _crowded(together)


def _separate(images: list[Image]) -> list[list[Image]]:
    """Split pictures whose times coincide into acquisitions with clean times."""
    if not _crowded(images):
        return [images]
    marks: tuple[Callable[[Image], Hashable], ...] = (
        lambda image: image.interval_ms,
        lambda image: image.acquisition,
        lambda image: image.acquired_s,
    )
    for mark in marks:
        parts = grouped(images, mark)
        if len(parts) > 1 and all(len(part) > 1 and not _crowded(part) for part in parts):
            return parts
    return _by_occurrence(images)


def _crowded(images: Sequence[Image]) -> bool:
    """Whether some neighbouring times are much closer than times are on average."""
    clock = choose_clock(images)
    if clock is None:
        return False
    steps = np.diff(np.sort(_values(images, clock)))
    return bool(steps.min() < 0.3 * steps.mean())


def _by_occurrence(images: list[Image]) -> list[list[Image]]:
    """The first picture at each time is one acquisition, the second another, and so on."""
    clock = choose_clock(images)
    if clock is None:
        return [images]
    age = sorted(images, key=_age)
    values = _values(age, clock)
    near = 0.3 * np.ptp(values) / (len(values) - 1)
    parts: list[list[tuple[float, Image]]] = []
    for value, image in zip(values, age, strict=True):
        free = (part for part in parts if all(abs(value - other) > near for other, _ in part))
        part = next(free, None)
        if part is None:
            parts.append(part := [])
        part.append((value, image))
    return [[image for _, image in part] for part in parts]


def _age(image: Image) -> tuple[float, float, float, float]:
    """Sort key: when the picture was made, as far as the header tells."""
    facts = (image.acquired_s, image.content_s, image.acquisition, image.instance)
    a, b, c, d = (-1.0 if fact is None else fact for fact in facts)
    return a, b, c, d


def latest(run: Run) -> tuple[float, float, float, float]:
    """Sort key of a run: when its newest picture was made."""
    return max(_age(image) for image in run.images)


def _beats(run: Run) -> list[Run]:
    """Cut a run that goes on over several heart beats into one run per beat."""
    times, cycle = run.times_ms, run.cycle_ms
    if times is None or cycle is None or not run.cycle_stated or run.clock not in _IN_MS:
        return [run]
    step = float(np.median(np.diff(times)))
    if np.ptp(times) < 1.5 * cycle or step > _SLOWEST_FRAME_MS:
        return [run]
    beat = np.floor((times - times[0]) / cycle).astype(int)
    runs = []
    for number in np.unique(beat):
        chosen = np.flatnonzero(beat == number)
        images = tuple(run.images[i] for i in chosen)
        runs.append(Run(images, times[chosen] - number * cycle, cycle, True, run.clock))
    return runs

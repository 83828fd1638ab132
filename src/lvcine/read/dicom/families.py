"""Parallel pictures -> stacks: which runs are of one family, which fill its gaps, which come later."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

import numpy as np

from lvcine.read.dicom.contrast import show_anatomy
from lvcine.read.dicom.image import Image
from lvcine.read.dicom.planes import grouped, height_mm, majority_grid, slices, without_copies
from lvcine.read.dicom.planned import Sorted, Stack
from lvcine.read.dicom.time import Run, acquisitions, latest, why_no_cine

_FILL_ROOM = 0.6  # of thickness or step: a slice of another acquisition needs this much room to fill a place
_FAR_STEPS = 3.5  # a slice this many steps away from the rest is not part of the stack


def stacks_of_plane(images: list[Image], result: Sorted) -> None:
    """All stacks of one orientation, best first."""
    images, copies = without_copies(images)
    runs: list[_Placed] = []
    for index, group in enumerate(slices(images)):
        for run in acquisitions(group):
            reason = why_no_cine(run)
            if reason:
                result.leave(run.images, reason)
            else:
                runs.append(_Placed(index, height_mm(run.images[0], images[0]), run))
    if not _are_placed(images, len(runs)):
        # Each may be a slice of its own or the same one again: nothing says so, and nothing is put together.
        result.stacks += [_lone(placed.run) for placed in runs]
        return
    while runs:
        stack, runs = _best_stack(runs, result, copies)
        result.stacks.append(stack)
        copies = 0


def _are_placed(images: list[Image], runs: int) -> bool:
    """Whether positions tell slices apart: several runs at the patient's zero are a tool's zeros."""
    return any(
        image.location_mm is not None
        or (image.position_mm is not None and (runs == 1 or bool(image.position_mm.any())))
        for image in images
    )


def _lone(run: Run) -> Stack:
    """A run by itself, that lies nowhere."""
    images = tuple(replace(image, position_mm=None) for image in run.images)
    run = replace(run, images=images)
    return Stack(runs=(run,), reference=run.images[0], frames=run.frames)


@dataclass(frozen=True, eq=False)
class _Placed:
    """A run with the index and the height of its slice among all parallel slices."""

    index: int
    height_mm: float
    run: Run


def _best_stack(runs: list[_Placed], result: Sorted, copies: int) -> tuple[Stack, list[_Placed]]:
    """The family of runs that covers most slices, completed from the others; and the runs that remain."""
    whole = _whole_series(runs)
    families = grouped(runs, lambda placed: _family(placed.run, whole))
    family = _best_family(families)
    frames = family[0].run.frames
    chosen: dict[int, _Placed] = {}
    for placed in sorted(family, key=_preferred(family)):
        if placed.index in chosen:
            older = chosen[placed.index].run
            result.leave(older.images, "another acquisition of a slice; the later one is read")
        chosen[placed.index] = placed
    done = set(map(id, family)) - set(map(id, chosen.values()))
    filling = _filling(list(chosen.values()), _fit_to_fill(runs, family, whole), frames)
    kept = _without_far([*chosen.values(), *filling])
    done |= set(map(id, kept))
    reference = majority_grid([placed.run.images[0] for placed in kept if placed.run.frames == frames])
    kept.sort(key=lambda placed: height_mm(placed.run.images[0], reference))
    times_met = Counter(placed.index for placed in runs)
    stack = Stack(
        runs=tuple(placed.run for placed in kept),
        reference=reference,
        frames=frames,
        repeated=tuple(place for place, placed in enumerate(kept) if times_met[placed.index] > 1),
        copies=copies,
    )
    return stack, [placed for placed in runs if id(placed) not in done]


def _best_family(families: list[list[_Placed]]) -> list[_Placed]:
    """The first by :func:`_family_rank` that shows anatomy, where others have nearly as many slices."""
    ranked = sorted(families, key=_family_rank, reverse=True)
    most = len({placed.index for placed in ranked[0]})
    rivals = [f for f in ranked if 2 * len({placed.index for placed in f}) >= most]
    anatomy = show_anatomy([_early(family[len(family) // 2].run) for family in rivals])
    return next(family for family, fine in zip(rivals, [*anatomy, True], strict=False) if fine)


def _preferred(family: list[_Placed]) -> Callable[[_Placed], tuple[float, ...]]:
    """Sort key of acquisitions of one family, of which the last is read: the newest that shows anatomy."""
    anatomy: dict[int, bool] = {}
    for same in grouped(family, lambda placed: placed.index):
        fine = show_anatomy([_early(placed.run) for placed in same])
        anatomy.update({id(placed): good for placed, good in zip(same, fine, strict=True)})
    return lambda placed: (float(anatomy[id(placed)]), *latest(placed.run))


def _early(run: Run) -> Image:
    """A picture in which tag lines have not faded yet."""
    return run.images[min(1, len(run.images) - 1)]


def _family(run: Run, whole: set[str]) -> Hashable:
    """What runs of one stack have in common: grid, frames, kind, and the series if a stack by itself."""
    image = run.images[0]
    spacing = None if image.spacing_mm is None else tuple(round(s, 2) for s in image.spacing_mm)
    series = image.series if image.series in whole else ""
    kind = tuple(sorted(set(image.image_type[2:])))  # magnitude, complex difference and the like
    return *sorted((image.rows, image.columns)), spacing, run.frames, kind, series


def _fit_to_fill(runs: list[_Placed], family: list[_Placed], whole: set[str]) -> list[_Placed]:
    """Runs that could complete a family.

    A series that is a stack by itself only does so if it continues the family (a stack acquired in
    two parts) or fills its gaps (every other slice in another series); one that lies among the
    family's slices is the same stack acquired again.
    """
    members = set(map(id, family))
    heights = [placed.height_mm for placed in family]
    own = {placed.run.images[0].series for placed in family}
    fit = []
    for part in grouped(runs, lambda placed: placed.run.images[0].series):
        series = part[0].run.images[0].series
        beyond = [placed for placed in part if not min(heights) <= placed.height_mm <= max(heights)]
        between = _fills_gaps(heights, [placed.height_mm for placed in part], part[0].run)
        if series in own or series not in whole or 2 * len(beyond) > len(part) or between:
            fit += [placed for placed in part if id(placed) not in members]
    return fit


def _fills_gaps(heights: list[float], others: list[float], run: Run) -> bool:
    """Whether slices lie in the middle of the gaps that a stack leaves, with room for their thickness."""
    if len(heights) < 2 or len(others) < 2:
        return False
    thick = run.images[0].thickness_mm or 0.0
    apart, together = np.diff(np.sort(heights)), np.diff(np.sort([*heights, *others]))
    even = np.abs(together - np.median(together)) < 0.1 * np.median(together)
    return bool(thick and even.all() and together.min() >= 0.8 * thick and apart.min() > 1.8 * together.max())


def _whole_series(runs: list[_Placed]) -> set[str]:
    """Series that hold three slices or more: stacks in themselves, not to be mixed."""
    found: dict[str, set[int]] = defaultdict(set)
    for placed in runs:
        found[placed.run.images[0].series].add(placed.index)
    return {series for series, indices in found.items() if len(indices) >= 3}


def _family_rank(family: list[_Placed]) -> tuple[float, ...]:
    """Most slices with a full cycle, twice as many if not gated; then most frames, finest pixels, newest."""
    run = family[0].run
    count = len({placed.index for placed in family}) * (2 if run.gated else 1)
    spacing = run.images[0].spacing_mm or (1.0, 1.0)
    newest = max(latest(placed.run) for placed in family)
    return count * min(run.frames, 8), run.frames, -spacing[0] * spacing[1], *newest


def _filling(chosen: list[_Placed], others: list[_Placed], frames: int) -> list[_Placed]:
    """Runs of other families for slices that the chosen family lacks: free places, similar frames."""
    taken = [placed.height_mm for placed in chosen]
    if len(taken) < 2:
        return []
    step = float(np.median(np.diff(np.sort(taken))))
    room = _FILL_ROOM * min(step, chosen[0].run.images[0].thickness_mm or step)
    filling: list[_Placed] = []
    for placed in sorted(others, key=lambda p: (abs(p.run.frames - frames), -p.run.frames)):
        free = all(abs(placed.height_mm - other) > room for other in taken)
        if free and 0.5 * frames <= placed.run.frames <= 2 * frames:
            filling.append(placed)
            taken.append(placed.height_mm)
    return filling


def _without_far(stack: list[_Placed]) -> list[_Placed]:
    """Cut off a few slices that lie far from the rest; all slices where no part is clearly the stack."""
    ascending = sorted(stack, key=lambda placed: placed.height_mm)
    if len(ascending) < 4:
        return ascending
    steps = np.diff([placed.height_mm for placed in ascending])
    cuts = np.flatnonzero(steps > _FAR_STEPS * np.median(steps)) + 1
    bounds = [0, *cuts.tolist(), len(ascending)]
    parts = [ascending[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
    largest = max(parts, key=len)
    return largest if len(largest) * 3 >= len(ascending) * 2 else ascending

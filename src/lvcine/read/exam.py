"""From a path to one Study, in this process: files, plan, pixels."""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import MeasureError, NotACineError, ReadError, UsageError
from lvcine.read.catalogue import Catalogue
from lvcine.read.dicom.cures import cure_of
from lvcine.read.dicom.decoder import Decoder
from lvcine.read.dicom.stack import Loaded, unreadable
from lvcine.read.dicom.subject import identity_of, subject_of
from lvcine.read.files import Gathered, gathered
from lvcine.read.inventory import take_inventory
from lvcine.read.items import Inventory, Item
from lvcine.read.options import ReadOptions
from lvcine.read.selection import Selection, by_series, name_items, no_cine, no_series, select
from lvcine.read.user_facts import with_reversed_channels
from lvcine.study import Cine, Finding, Identity, LeftAside, Study, Subject
from lvcine.study.progress import Count

Done = TypeVar("Done", Item, Loaded)

_log = logging.getLogger(__name__)
_VIEW_DOUBTS = ("view-unknown", "view-uncertain")


@dataclass(frozen=True)
class _Plan:
    items: tuple[Item, ...]
    subject: Subject
    left_aside: tuple[LeftAside, ...]
    findings: tuple[Finding, ...]
    refusal: MeasureError | None = None


def open_exam(
    path: Path,
    options: ReadOptions,
    *,
    series: str | int | None = None,
    stops: Mapping[str, str] = MappingProxyType({}),
    progress: Count | None = None,
) -> Study:
    """Read the cines of one exam in this process, as :func:`lvcine.read.open_study` does.

    ``stops`` are files to leave out, with the reason: those at which an earlier process died.
    """
    with _quiet(), gathered(path, stops) as files:
        plan = _plan(files, options, series)
        if plan.refusal is not None:
            raise plan.refusal
        return _load(plan, options, progress)


def list_exam(
    path: Path, options: ReadOptions, *, stops: Mapping[str, str] = MappingProxyType({})
) -> Catalogue:
    """What :func:`open_exam` would read, from headers and one picture of every series."""
    with _quiet(), gathered(path, stops) as files:
        plan = _plan(files, options, None)
        sound, unfit, lost = _probed(plan.items)
        groups = tuple(item.group() for item in sound)
        findings = (*plan.findings, *_refused(plan.refusal), *lost)
        return Catalogue(groups, plan.subject, (*plan.left_aside, *unfit), findings, files.count)


def _probed(items: Iterable[Item]) -> tuple[list[Item], list[LeftAside], list[Finding]]:
    """The cines of which a picture can be decoded: a list of others would promise too much."""

    def probe(item: Item) -> Item:
        if item.probe is not None:
            item.probe(Decoder())
        return item

    return _each(items, probe)


def _refused(refusal: MeasureError | None) -> tuple[Finding, ...]:
    """The refusal to measure as a finding, for a list of what there is."""
    if refusal is None:
        return ()
    return (Finding("slices-in-pieces", "error", refusal.found, refusal.advice),)


@contextmanager
def _quiet() -> Iterator[None]:
    """pydicom warns of every malformed value, and warnings may quote names: findings say what matters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _plan(files: Gathered, options: ReadOptions, series: str | int | None) -> _Plan:
    found = take_inventory(files, options)
    named = name_items(found.items)
    if series is not None:
        chosen = Selection(tuple(_wanted(files, options, named, str(series))))
    elif named:
        chosen = select(named)
    else:
        raise _nothing(found)
    items = _with_told_view(chosen.items, options)
    findings = (*found.findings, *chosen.findings, *((unreadable(found.broken),) if found.broken else ()))
    header = next((item.header for item in items if item.header is not None), None)
    subject = Subject() if header is None else subject_of(header)
    aside = (*found.left_aside, *_broken_aside(found), *chosen.left_aside)
    return _Plan(items, subject, aside, findings, chosen.refusal)


def _wanted(files: Gathered, options: ReadOptions, named: list[Item], series: str) -> list[Item]:
    """The cines the user named; where they are hidden behind others of the exam, planned by themselves."""
    hidden = (
        () if any(item.header is None for item in named) else take_inventory(files, options, series).items
    )
    chosen = by_series(named, series) or name_items(hidden)
    if not chosen:
        raise no_series(named, series)
    return chosen


def _nothing(found: Inventory) -> ReadError:
    """Why there is no cine: damage if that is all there was, else what was met."""
    if found.broken and not found.left_aside:
        path, reason = next(iter(sorted(found.broken.items())))
        more = f" (and {len(found.broken) - 1} more)" if len(found.broken) > 1 else ""
        return ReadError(f"{reason}{more}", where=path.name, advice=cure_of(found.broken.values()))
    return no_cine((*found.left_aside, *_broken_aside(found)))


def _broken_aside(found: Inventory) -> Iterable[LeftAside]:
    return (LeftAside("file", reason, file=path.name) for path, reason in sorted(found.broken.items()))


def _with_told_view(items: tuple[Item, ...], options: ReadOptions) -> tuple[Item, ...]:
    if options.view is None or not items:
        return items
    given = Finding("given-by-user", "info", f"view {options.view}: given by the user")
    kept = tuple(f for f in items[0].cine.findings if f.code not in _VIEW_DOUBTS)
    cine = replace(items[0].cine, view=options.view, findings=(*kept, given))
    return replace(items[0], cine=cine), *items[1:]


def _load(plan: _Plan, options: ReadOptions, progress: Count | None) -> Study:
    total = sum(item.cine.slices * item.cine.frames for item in plan.items)
    _check_size(plan.items, options)
    done = 0

    def tick(pictures: int) -> None:
        nonlocal done
        done = min(done + pictures, total)
        if progress is not None:
            progress(done, total)

    loaded, unfit, lost = _loaded(plan.items, Decoder(tick))
    first = plan.items[0].header
    return Study(
        cines=tuple(with_reversed_channels(part.cine, options) for part in loaded),
        subject=plan.subject,
        left_aside=(*plan.left_aside, *unfit, *(aside for part in loaded for aside in part.left_aside)),
        findings=(*plan.findings, *lost, *(finding for part in loaded for finding in part.findings)),
        digest=study_digest(digest for part in loaded for digest in part.digests),
        identity=Identity() if first is None else identity_of(first.path),
    )


def _loaded(items: Iterable[Item], decoder: Decoder) -> tuple[list[Loaded], list[LeftAside], list[Finding]]:
    """What could be decoded, under the names that were planned."""
    return _each(items, lambda item: _finished(item, item.load(decoder)))


def _each(
    items: Iterable[Item], work: Callable[[Item], Done]
) -> tuple[list[Done], list[LeftAside], list[Finding]]:
    """What comes of the cines; one that cannot be decoded, or whose pixels show none, costs itself alone."""
    done, unfit, findings = [], [], []
    last: ReadError | None = None
    for item in items:
        try:
            done.append(work(item))
        except (MemoryError, UsageError):
            raise
        except Exception as error:
            last = error if isinstance(error, ReadError) else _senseless(item)
            unfit.append(LeftAside(item.cine.label, last.found, item.files))
            if not isinstance(error, NotACineError):
                text = f"{item.cine.label} could not be read: {last.found}"
                cure = last.advice or cure_of([last.found])
                findings.append(Finding("unreadable-files", "warning", text, cure))
    if last is not None and not done:
        raise last
    return done, unfit, findings


def _senseless(item: Item) -> ReadError:
    _log.debug("%s cannot be read", item.cine.label, exc_info=True)
    return ReadError(
        "its files contradict each other or are damaged", where=item.cine.label,
        advice="copy the files again from the scanner",
    )  # fmt: skip


def _check_size(items: Iterable[Item], options: ReadOptions) -> None:
    for item in items:
        if item.cine.pixels.size > options.max_pixels:
            raise ReadError(
                f"{item.cine.pixels.size} pixels, more than the {options.max_pixels} allowed",
                where=item.cine.label, advice="raise max_pixels if this is meant",
            )  # fmt: skip


def _finished(item: Item, loaded: Loaded) -> Loaded:
    """The decoded cine under the planned one's name and view; doubts that were resolved stay so."""
    planned, read = item.cine.findings, loaded.cine.findings
    kept = tuple(finding for finding in read if finding in planned or finding.code not in _VIEW_DOUBTS)
    more = tuple(finding for finding in planned if finding not in read)
    cine = replace(loaded.cine, view=item.cine.view, label=item.cine.label, findings=(*kept, *more))
    return replace(loaded, cine=cine)


def study_digest(digests: Iterable[str]) -> str:
    """One hash for a set of files, whatever their names and order.

    Examples
    --------
    >>> study_digest(["b", "a"]) == study_digest(["a", "b", "b"])
    True
    """
    return hashlib.sha256("\n".join(sorted(set(digests))).encode()).hexdigest()


def array_study(array: NDArray[Any], options: ReadOptions) -> Study:
    """An array in memory as a study."""
    from lvcine.read.arrays import read_array

    cine: Cine = read_array(array, options)
    content = hashlib.sha256(f"{array.dtype}{array.shape}".encode())
    content.update(np.ascontiguousarray(array).tobytes())
    return Study((cine,), digest=study_digest([content.hexdigest()]))

"""``lvcine.cohort``: from many scans to their tables."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lvcine.cohorts.find import Found, Labels, find_studies
from lvcine.cohorts.folder import CohortFolder, Plan, cohort_folder, plan, records_of
from lvcine.cohorts.local import run_here
from lvcine.cohorts.page import cohort_html
from lvcine.cohorts.progress import Countdown
from lvcine.cohorts.record import Record
from lvcine.cohorts.slot import WORK, Limits
from lvcine.cohorts.tables import counts, rows_of, versions_of, write_per_slice, write_tables
from lvcine.errors import UsageError
from lvcine.isolated.threads import available_threads
from lvcine.output import write_whole
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.read.ranges import Range, require, require_count
from lvcine.study.progress import Progress

PAGE = "cohort.html"

_log = logging.getLogger(__name__)
_WORKERS = Range(1, 4096)
_SECONDS = Range(1, 10_000_000, "s")
_MEMORY = Range(0.5, 100_000, "GB")


@dataclass(frozen=True)
class CohortResult:
    """What lies in a cohort's folder when a run is done.

    Attributes
    ----------
    folder : Path
    studies : dict
        ``done``, ``refused``, ``failed`` -> how many.
    measured : int
        How many of them this run has worked on.
    versions : dict
        Version of lvcine -> how many studies it finished.
    others : tuple of str
        Labels of finished studies in the folder that are not in this cohort.
    """

    folder: Path
    studies: dict[str, int]
    measured: int
    versions: dict[str, int]
    others: tuple[str, ...] = ()


def cohort(
    source: str | Path,
    output: str | Path,
    *,
    options: AnalyzeOptions | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    labels: Labels = "folder",
    time_limit_s: float = Limits.seconds,
    memory_limit_gb: float = Limits.memory_gb,
    retry: bool = False,
    progress: Progress | None = None,
    announce: Callable[[Found], None] | None = None,
    work: str = WORK,
    **changes: Any,
) -> CohortResult:
    """Measure every study of a folder, a list or a pattern; a run that was stopped goes on when called again.

    Parameters
    ----------
    source : path or str
        Folder that is searched for studies, list (CSV) or pattern: :func:`lvcine.cohorts.find.find_studies`.
    output : path
        Gets ``cohort.csv``, ``cohort.parquet``, ``per_slice.parquet``, ``cohort.html``, and a folder for each
        study in ``studies`` with what ``lvcine analyze`` writes. A study that is finished there is not
        measured again, unless its files have changed.
    options : AnalyzeOptions, optional
    workers : int, optional
        Processes, one study each; as many as there are processors by default, and these are shared out.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers then measure the studies.
    labels : {"folder", "hash"}
        What a study is called that no list names.
    time_limit_s, memory_limit_gb : float
        Of one study; one that needs more is ended and its row says so.
    retry : bool
        Try studies again that a fault or a bound has ended.
    progress : callable, optional
    announce : callable, optional
        Called with what was found, before the work begins.
    work : str
        For tests: what a worker's process calls for a study.
    **changes
        Fields of :class:`lvcine.AnalyzeOptions`, over ``options``.

    Returns
    -------
    CohortResult

    Raises
    ------
    UsageError
        Nothing at ``source``, a folder that cannot be used, a disk that refuses. Finished studies stay.
    ReadError
        No study in it.

    Examples
    --------
    >>> import lvcine
    >>> lvcine.cohort("no such folder", "out")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    lvcine.errors.UsageError: ...
    """
    limits = Limits(
        require("time_limit_s (--time-limit)", time_limit_s, _SECONDS),
        require("memory_limit_gb (--memory-limit)", memory_limit_gb, _MEMORY),
    )
    count = (
        available_threads() if workers is None else require_count("workers (--workers)", workers, _WORKERS)
    )
    chosen = _for_cohort(replace(options or AnalyzeOptions(), **changes), count, scheduler)
    out = Path(output).absolute()  # workers have another working directory
    found = find_studies(source, labels=labels, out=out, progress=progress)
    if announce:
        announce(found)
    with cohort_folder(out, chosen, labels) as folder:
        todo = plan(folder, found.studies, retry=retry)
        _say(todo)
        finished = Countdown(progress, len(found.studies), todo.finished)

        def done(record: Record) -> None:
            finished(record.status == "done")

        if todo.todo and scheduler is not None:
            from lvcine.cohorts.cluster import run_on_cluster

            run_on_cluster(folder, todo.todo, chosen, limits, address=scheduler, done=done, work=work)
        elif todo.todo:
            workers = min(count, len(todo.todo))
            run_here(folder, todo.todo, chosen, limits, workers=workers, done=done, work=work)
        return _write(folder, found, todo, progress)


def _for_cohort(options: AnalyzeOptions, workers: int, scheduler: str | None) -> AnalyzeOptions:
    """One study does not decide for all; processors are shared out."""
    for name in ("ed", "es", "base", "apex", "insertion"):
        if getattr(options, name) is not None:
            raise UsageError(f"{name} (--{name}) is of one study", advice="leave it out for a cohort")
    threads = options.threads or (1 if scheduler else max(1, available_threads() // workers))
    weights = None if options.weights is None else options.weights.absolute()  # as the output, above
    return replace(options, threads=threads, overwrite=False, weights=weights)


def _say(todo: Plan) -> None:
    _log.info(
        "%d to measure, %d finished before, %d with other files, %d unfinished, %d not of this cohort",
        len(todo.todo), todo.finished, todo.changed, todo.unfinished, len(todo.others),
    )  # fmt: skip


def _write(folder: CohortFolder, found: Found, todo: Plan, progress: Progress | None) -> CohortResult:
    if progress:
        progress("writing the tables", 0, 0)
    records = list(records_of(folder, found.studies))
    write_tables(folder.out, rows_of(records))
    write_per_slice(folder.out, records)
    write_whole(folder.out / PAGE, cohort_html(records, folder.thumbnail))
    return CohortResult(folder.out, counts(records), len(todo.todo), versions_of(records), todo.others)

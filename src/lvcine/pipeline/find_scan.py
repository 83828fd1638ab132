"""The scan of a folder of results, which holds no pictures: found again by its digest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lvcine.errors import LvcineError, UsageError
from lvcine.output import STAGE_PREFIX, is_result
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.pipeline.source import open_source
from lvcine.report.record import Record
from lvcine.study import Study

_MOST_TRIED = 12
"""Neighbours of a folder of results that are opened to find its scan."""
_NO_SCANS = (".json", ".csv", ".html", ".jsonl", ".md", ".py", ".txt", ".parquet")


class ScanFinder:
    """Finds scans of results; asked for several results, it opens no place twice to learn its digest.

    Parameters
    ----------
    options : AnalyzeOptions
        How scans are read.
    scans : Path, optional
        A scan, or a folder of scans, to look in after the neighbours of the results: what lies in it and in
        its folders.
    """

    def __init__(self, options: AnalyzeOptions, scans: Path | None = None) -> None:
        self._options, self._scans = options, scans
        self._digests: dict[Path, str] = {}

    def scan_of(self, folder: Path, record: Record) -> Study:
        """The scan of a record among what lies in, beside and around its folder, then among the scans.

        Raises
        ------
        UsageError
            None of them is.
        """
        digest = record.analysis.study.digest
        places = [*_neighbours(folder), *(_within(self._scans) if self._scans else ())]
        known = [path for path in places if self._digests.get(path) == digest]
        for path in (*known, *(path for path in places if path not in self._digests)):
            with suppress(LvcineError, OSError):
                self._digests[path] = ""  # of what cannot be read
                study = open_source(path, self._options)
                self._digests[path] = study.digest
                if study.digest == digest:
                    return study
        raise UsageError(
            "the scan of these results was not found beside them", where=folder.name,
            advice="give it with --scan PATH: results hold no pictures",
        )  # fmt: skip


def _within(scans: Path) -> Iterator[Path]:
    """The place itself, what lies in it, and what lies in its folders."""
    yield scans
    for path in _listed(scans):
        yield path
        yield from _listed(path)


def _neighbours(folder: Path) -> list[Path]:
    """What may be the scan, no results and nothing hidden, the nearest first."""
    real = folder.resolve()
    found: dict[Path, None] = {}
    for home in (real, real.parent, Path.cwd().resolve()):
        for path in _listed(home):
            if path != real and path not in real.parents and not is_result(path):
                found[path] = None
    return list(found)[:_MOST_TRIED]


def _listed(home: Path) -> Iterator[Path]:
    with suppress(OSError):
        for path in sorted(home.iterdir()):
            scan = path.is_dir() or path.suffix.lower() not in _NO_SCANS
            own = path.name.startswith((".", STAGE_PREFIX)) or (is_result(home) and path.is_file())
            if scan and not own:
                yield path

"""A review from beginning to end: a folder opened, its journal held, its page served."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

from lvcine.errors import UsageError
from lvcine.output import check_file, write_whole
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.study.progress import Progress

_NEEDED = ("starlette", "uvicorn", "defusedxml")


class Review:
    """A result under review; closed, another process may review it.

    Parameters
    ----------
    session : Session
        What it is corrected through (:class:`lvcine.review.session.Session`), also from a program.
    """

    def __init__(self, session: Any) -> None:
        self.session = session

    def __enter__(self) -> Review:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def start_from(self, path: Path, labels: str | None = None, by: str = "") -> int:
        """Take the contours of a file as the starting point, as one correction; how many they are.

        Raises
        ------
        UsageError
            None of them is of this scan.
        ReadError
            The file is of an unknown kind, or damaged (:func:`lvcine.review.imports.read_contours`).
        """
        from lvcine.review.imports import as_request, read_contours

        found, words = read_contours(path, self.session.original, labels)
        self.session.correct(as_request(found, words), self.session.revision, by)
        return len(found)

    def export(self, path: Path) -> None:
        """Write the contours or masks as they are; the file's ending says which kind.

        Raises
        ------
        UsageError
            An ending of no kind, or the scan does not tell what the kind needs.
        """
        from lvcine.review.export import EXPORTS, exported

        kinds = [name for name in EXPORTS if path.name.lower().endswith(name.partition(".")[2])]
        if not kinds:
            endings = ", ".join(f".{name.partition('.')[2]}" for name in EXPORTS)
            raise UsageError("no kind of contours or masks", where=path.name, advice=f"end it in {endings}")
        check_file(path)
        write_whole(path, exported(self.session, kinds[0]))

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[str]:
        """Serve the page while the block runs; yields its address.

        Raises
        ------
        UsageError
            The port cannot be used.
        """
        from lvcine.review.serve import serving

        with serving(self.session, port) as address:
            yield address

    def wait(self) -> None:
        """Wait for a signal that ends the process."""
        while not threading.Event().wait(3600):
            pass


def review(
    folder: Path | str,
    scan: Path | None = None,
    *,
    options: AnalyzeOptions | None = None,
    progress: Progress | None = None,
) -> Review:
    """Open a folder of results to review it.

    Parameters
    ----------
    folder : path
        Of results.
    scan : path, optional
        Sought beside the results where it is not given.
    options : AnalyzeOptions, optional
        How the scan is read.
    progress : callable, optional

    Raises
    ------
    UsageError
        The extra ``review`` is not installed, the folder cannot be reviewed, the scan is not found or another
        one, another process reviews it.
    ReadError
        Results, corrections or scan cannot be read.
    """
    if any(find_spec(name) is None for name in _NEEDED):
        raise UsageError("the server of the page is not installed", advice="pip install 'lvcine[review]'")
    from lvcine.review.journal import check_writable
    from lvcine.review.open_result import open_result
    from lvcine.review.session import Session

    place = Path(folder)
    if place.is_dir():
        check_writable(place)
    return Review(Session(open_result(place, scan, options, progress=progress)))

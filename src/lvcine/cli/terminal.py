"""Progress and log on stderr; stdout belongs to the result."""

from __future__ import annotations

import logging
import sys
from types import TracebackType
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.progress import Progress as RichBar


def set_up_logging(verbose: bool) -> None:
    """Send the library's log to stderr; without ``verbose`` only what went wrong."""
    level = logging.DEBUG if verbose else logging.ERROR
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s", force=True)
    logging.getLogger("lvcine").setLevel(level)
    logging.captureWarnings(not verbose)


class Progress:
    """A progress bar on a terminal, one line per stage elsewhere, nothing when quiet.

    Call it with ``(stage, done, total)``; use it as a context manager.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._stage = ""
        self._bar = None if quiet or not sys.stderr.isatty() else _rich_bar()

    def __enter__(self) -> Progress:
        if self._bar:
            self._bar.start()
            self._task = self._bar.add_task("starting", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._bar:
            self._bar.update(self._task, description=stage, completed=done, total=total or None)
        elif not self._quiet and stage != self._stage:
            typer.echo(f"{stage} ...", err=True)
        self._stage = stage


def _rich_bar() -> RichBar:
    from rich.console import Console  # imported when a bar is drawn: most calls need none
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )

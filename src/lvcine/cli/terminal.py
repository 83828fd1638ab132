"""What reaches the terminal: plain text, whatever it is made of; stdout belongs to the result."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

import typer

from lvcine.errors import plain_text, without_paths

if TYPE_CHECKING:
    from rich.progress import Progress as RichBar


class NobodyListensError(Exception):
    """The reader of stdout has gone: ``lvcine info x | head -1``."""


def say(text: str, *, err: bool = False) -> None:
    """Print lines in which nothing steers the terminal, on a stream that may know fewer characters.

    Raises
    ------
    NobodyListensError
        Stdout is closed at its other end. (Of stderr that is no reason to stop.)
    """
    lines = "\n".join(plain_text(line, None) for line in text.rstrip("\n").split("\n"))
    code = getattr(sys.stderr if err else sys.stdout, "encoding", None) or "utf-8"
    try:
        typer.echo(lines.encode(code, "backslashreplace").decode(code), err=err)
    except BrokenPipeError as error:
        if not err:
            raise NobodyListensError from error
    except OSError:
        if not err:
            raise


def say_all(lines: Iterable[str]) -> None:
    """Print each line as :func:`say` does."""
    for line in lines:
        say(line)


def hang_up() -> None:
    """Let what is left for stdout go nowhere; Python would write it when it ends, and complain."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (AttributeError, OSError, ValueError):
        pass  # a stdout that is no file


def forgiving_streams() -> None:
    """A terminal that knows fewer characters (``LANG=C``) shows the others by their numbers."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def traced(trace: str) -> str:
    r"""A traceback without the paths in its messages: those are of data, the others of code.

    Examples
    --------
    >>> print(traced('Traceback:\n  File "/usr/x.py", line 1, in f\nValueError: not in /data/DOE JANE'))
    Traceback:
      File "/usr/x.py", line 1, in f
    ValueError: not in <path>
    """
    return "\n".join(line if line.startswith(" ") else without_paths(line) for line in trace.split("\n"))


class _Terminal(logging.Handler):
    """Our messages; those of other libraries, which quote files' paths and values, only when asked for."""

    def __init__(self, verbose: bool) -> None:
        super().__init__()
        self.verbose = verbose
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if not self.verbose and record.name.partition(".")[0] != "lvcine":
            return
        try:
            text = traced(self.format(record))
        except Exception:  # a library's message that does not fit its values says nothing
            return
        say(text, err=True)


def set_up_logging(verbose: bool) -> None:
    """Send the library's log to stderr; without ``verbose`` only what went wrong, and nothing of others'."""
    logging.basicConfig(level=logging.WARNING, handlers=[_Terminal(verbose)], force=True)
    logging.getLogger("lvcine").setLevel(logging.DEBUG if verbose else logging.ERROR)
    logging.getLogger("nibabel.global").disabled = True  # it brings a handler of its own
    logging.captureWarnings(True)


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
        stage = plain_text(stage)
        if self._bar:
            self._bar.update(self._task, description=stage, completed=done, total=total or None)
        elif not self._quiet and stage != self._stage:
            say(f"{stage} ...", err=True)
        self._stage = stage

    def note(self, lines: Iterable[str]) -> None:
        """Lines that stay, on stderr, above the bar where there is one."""
        for line in map(plain_text, lines):
            if self._bar:
                self._bar.console.print(line, markup=False, highlight=False)
            elif not self._quiet:
                say(line, err=True)


def _rich_bar() -> RichBar:
    from rich.console import Console  # imported when a bar is drawn: most calls need none
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )

"""The ``lvcine`` command: its sub-commands, its version, its exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from traceback import walk_tb
from typing import Annotated

import typer

from lvcine import __version__
from lvcine.cli.analyze import analyze
from lvcine.cli.cohort import cohort
from lvcine.cli.compare import compare
from lvcine.cli.demo import demo
from lvcine.cli.evaluate import evaluate
from lvcine.cli.frames import frames
from lvcine.cli.info import info
from lvcine.cli.measure import measure
from lvcine.cli.outcome import INTERRUPTED, NOBODY_LISTENS, exit_table, report
from lvcine.cli.phantom import phantom
from lvcine.cli.quantify import quantify
from lvcine.cli.reproduce import reproduce
from lvcine.cli.review import review
from lvcine.cli.signals import Stopped, stoppable
from lvcine.cli.stream import stream
from lvcine.cli.terminal import NobodyListensError, forgiving_streams, hang_up, say, set_up_logging
from lvcine.cli.train import train
from lvcine.cli.weights import weights

app = typer.Typer(
    name="lvcine",
    help="Left-ventricle numbers from cine MR and ultrasound: scanner files in, numbers, masks, report out.",
    epilog="Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in exit_table().items()) + ".",
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    analyze,
    cohort,
    compare,
    measure,
    review,
    frames,
    quantify,
    stream,
    info,
    demo,
    phantom,
    evaluate,
    reproduce,
    weights,
):
    app.command()(command)
app.add_typer(train, name="train")

_READING = ("analyze", "measure", "review", "frames", "quantify", "info")


def _print_version(asked: bool) -> None:
    if asked:
        say(f"lvcine {__version__}")
        raise typer.Exit


@app.callback()
def _lvcine(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def run(args: Sequence[str]) -> int:
    """Carry out one command line.

    Parameters
    ----------
    args : sequence of str
        Without the program's name.

    Returns
    -------
    int
        The exit code; :data:`lvcine.errors.EXIT_CODES` says what each means.

    Examples
    --------
    >>> run(["--version"])  # doctest: +ELLIPSIS
    lvcine ...
    0
    """
    verbose = "--verbose" in args
    set_up_logging(verbose)
    with stoppable() as asked:
        try:
            if args and args[0] in _READING and "--help" not in args:
                _begin_reading()
            code = app(list(args) or ["--help"], prog_name="lvcine", standalone_mode=False) or 0
        except KeyboardInterrupt:
            return INTERRUPTED
        except Stopped as stop:
            return stop.exit_code
        except NobodyListensError:
            hang_up()
            return NOBODY_LISTENS
        except SystemExit as end:  # so typer ends at a broken pipe, be it that of its help or one of ours
            broken = end.__context__
            if isinstance(broken, Exception) and _of_command(broken):
                return report(broken, as_json="--json" in args, verbose=verbose)
            hang_up()
            return NOBODY_LISTENS
        except Exception as error:
            # What breaks because the run was asked to stop needs no report.
            return asked[0].exit_code if asked else report(error, as_json="--json" in args, verbose=verbose)
    return code


def _begin_reading() -> None:
    """Start the process that reads files: it loads its modules while the command loads its own."""
    from lvcine.read.opening import begin

    begin()


def _of_command(error: Exception) -> bool:
    """Whether it was raised in a command's own work rather than in typer's."""
    modules = (str(frame.f_globals.get("__name__")) for frame, _ in walk_tb(error.__traceback__))
    return any(name.startswith("lvcine.") and name != __name__ for name in modules)


def main() -> None:
    """Entry point of the console script."""
    forgiving_streams()
    sys.exit(run(sys.argv[1:]))

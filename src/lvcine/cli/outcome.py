"""How an exception ends a command: one message, one exit code, a traceback only when asked for."""

from __future__ import annotations

import json
import traceback
from typing import Any

import typer

from lvcine.cli.terminal import NobodyListensError, hang_up, say, traced
from lvcine.errors import EXIT_CODES, MOST_TEXT, LvcineError, plain_text, without_paths

INTERRUPTED = 130
NOBODY_LISTENS = 141
_STOPPED = {  # 128 and the signal's number
    129: "stopped: its terminal was closed (SIGHUP)",
    INTERRUPTED: "stopped by the user (Ctrl-C)",
    NOBODY_LISTENS: "stopped: nobody reads its output any more (a closed pipe)",
    143: "stopped by another program (SIGTERM)",
}

_SEVERAL = (
    "give one path at a time: the folder, or an archive, of one exam with all its series; names with blanks "
    "in quotes"
)


def exit_table() -> dict[int, str]:
    """Every exit code of the command and what it means; the table of ``docs/cli.md``."""
    return EXIT_CODES | _STOPPED


def report(error: Exception, *, as_json: bool, verbose: bool) -> int:
    """Say what went wrong and return the exit code: one sentence on stderr, or one JSON object on stdout.

    ``verbose`` adds the traceback, on stderr.
    """
    if verbose:
        say(traced("".join(traceback.format_exception(error))), err=True)
    said = _describe(error)
    if as_json:
        try:
            say(json.dumps(said))
        except NobodyListensError:
            hang_up()
    else:
        say(f"lvcine: {_sentence(error)}", err=True)
    return int(said["exit_code"])


def _describe(error: Exception) -> dict[str, Any]:
    if isinstance(error, LvcineError):
        return {
            "error": error.found,
            "kind": type(error).__name__,
            "where": error.where,
            "advice": error.advice,
            "exit_code": error.exit_code,
        }
    code = error.exit_code if isinstance(error, typer.TyperException) else 1
    return {"error": _sentence(error), "kind": type(error).__name__, "exit_code": code}


def _sentence(error: Exception) -> str:
    if isinstance(error, LvcineError):
        return str(error)
    if isinstance(error, typer.TyperException):
        refused = plain_text(error.format_message().rstrip("."), MOST_TEXT)
        several = "unexpected extra argument" in refused
        return f"{refused}. Suggestion: {_SEVERAL if several else 'see lvcine --help'}."
    # Nobody foresaw it, so nobody knows what its words quote: a patient's folder, at worst.
    text = error.strerror if isinstance(error, OSError) else without_paths(str(error))
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    what = plain_text(what, MOST_TEXT)
    return f"unexpected {what}. Suggestion: run again with --verbose and report what it prints."

"""The page ``docs/cli.md``, written from the commands themselves: ``python -m lvcine.cli.manual``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from lvcine.cli.main import app
from lvcine.cli.outcome import exit_table
from lvcine.cli.terminal import say

_PAGE = """\
# Command line

This page is written by `make manual` from the commands themselves.

The result goes to stdout, progress to stderr. With `--json` a command prints one JSON object, whether it
succeeds or fails; a failure's object has `error`, `kind` and `exit_code`, and `where` and `advice` where they
are known. Nothing is fetched from or sent to a network.

## Exit codes

{codes}

An error is one sentence on stderr: what was found, where, and what to do. `--verbose` adds the traceback and
the log. When a run fails, nothing half-written stays in the output folder.

{commands}
"""


def render() -> str:
    """The whole page as Markdown."""
    codes = "\n".join(f"| {code} | {meaning} |" for code, meaning in exit_table().items())
    return _PAGE.format(
        codes=f"| code | meaning |\n| --- | --- |\n{codes}", commands="\n\n".join(_commands())
    )


def _commands() -> list[str]:
    group = get_command(app)
    return list(_sections(group, typer.Context(group, info_name="lvcine")))


def _sections(group: Any, parent: typer.Context) -> Iterator[str]:
    """A section for each command of a group; those of a group within it follow it."""
    for name, command in group.commands.items():
        context = typer.Context(command, info_name=name, parent=parent, terminal_width=100)
        yield f"## {context.command_path}\n\n```text\n{command.get_help(context).strip()}\n```"
        if hasattr(command, "commands"):
            yield from _sections(command, context)


if __name__ == "__main__":
    say(render())

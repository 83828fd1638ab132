"""``docs/cli.md`` says what the commands do."""

from __future__ import annotations

from pathlib import Path

from lvcine.cli.manual import render
from lvcine.errors import EXIT_CODES

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_is_the_commands_own():
    assert PAGE.read_text(encoding="utf-8") == render(), "run `make manual`"


def test_every_exit_code_is_in_the_page():
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"| {code} | {meaning} |" in text for code, meaning in EXIT_CODES.items())
    assert "| 130 |" in text

"""``docs/use/findings.md`` lists the codes that the code can give, and no others."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"[a-z]+(-[a-z]+)+")


def trees() -> list[ast.Module]:
    return [ast.parse(p.read_text(encoding="utf-8")) for p in (ROOT / "src" / "lvcine").rglob("*.py")]


def words(node: ast.AST) -> set[str]:
    """Every text in a piece of code that could be a finding's code."""
    texts = (n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return {text for text in texts if CODE.fullmatch(text)}


def given() -> set[str]:
    """Codes written where a Finding is made."""
    calls = (n for tree in trees() for n in ast.walk(tree) if isinstance(n, ast.Call))
    made = (c for c in calls if ast.unparse(c.func) == "Finding" and c.args)
    return set().union(*(words(call.args[0]) for call in made))


def listed() -> set[str]:
    page = (ROOT / "docs" / "use" / "findings.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`[^|]+) \|", page, flags=re.M)
    return {code for cell in cells for code in re.findall(r"`([a-z-]+)`", cell)}


def test_every_code_is_listed():
    assert len(given()) > 30
    assert not given() - listed()


def test_every_listed_code_can_be_given():
    assert not listed() - set().union(*map(words, trees()))

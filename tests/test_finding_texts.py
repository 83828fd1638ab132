"""Findings are written in one style: the rule is in ``docs/develop/architecture.md``, Errors and doubts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "lvcine"
MOST = 120
"""Characters that a text or an advice has without what is filled in."""
ANECDOTAL = re.compile(
    r"\b(I|we|our|us|told|tell|tells|heard|said|says|saw|seen by eye|the eye|left aside|nobody|somebody|sorry"
    r"|please|seems|guess(es)?)\b"
)
IMPERATIVES = set(
    "add check choose compare copy decide do exchange expect export give look move name open pass reverse "
    "scan state store".split()
)
FILLED = "\0"


def written(node: ast.expr | None, local: dict[str, ast.expr]) -> Iterator[str]:
    """Every text that an expression can be, as far as the source says; what is filled in is ``FILLED``."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(p.value if isinstance(p, ast.Constant) else FILLED for p in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from written(one, local)
            yield from written(other, local)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            for start in list(written(left, local)) or [FILLED]:
                for end in list(written(right, local)) or [FILLED]:
                    yield start + end
        case ast.Name(id=name) if name in local:
            yield from written(local[name], {k: v for k, v in local.items() if k != name})


def findings() -> Iterator[tuple[str, ast.Call, dict[str, ast.expr]]]:
    """Calls of Finding with the texts assigned before them in the same function."""
    for path in sorted(SOURCE.rglob("*.py")):
        functions = (
            n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)
        )
        for function in functions:
            local: dict[str, ast.expr] = {}
            nodes = (n for n in ast.walk(function) if isinstance(n, ast.Assign | ast.Call))
            for node in sorted(nodes, key=lambda n: (n.lineno, n.col_offset)):
                if isinstance(node, ast.Assign):
                    local |= {t.id: node.value for t in node.targets if isinstance(t, ast.Name)}
                elif ast.unparse(node.func) == "Finding":
                    yield f"{path.relative_to(SOURCE)}:{node.lineno}", node, dict(local)


def texts(place: int, name: str) -> list[tuple[str, str]]:
    """(where, text) of one argument of every Finding."""
    found = []
    for where, call, local in findings():
        given = {k.arg: k.value for k in call.keywords}
        node = call.args[place] if len(call.args) > place else given.get(name)
        found += [(where, text) for text in written(node, local) if text]
    return found


TEXTS, ADVICE = texts(2, "text"), texts(3, "advice")


def test_nearly_all_findings_are_seen():
    assert len(TEXTS) > 80 and len(ADVICE) > 70


@pytest.mark.parametrize(("where", "text"), [*TEXTS, *ADVICE])
def test_a_finding_is_a_short_plain_fragment(where, text):
    first = text.split()[0]
    assert not first[0].isupper() or re.fullmatch(r"[A-Z0-9-]{2,}\W?", first), "lower case or an abbreviation"
    assert not text.rstrip().endswith((".", "!", "?")), "no full stop"
    assert len(text.replace(FILLED, "")) <= MOST
    assert not ANECDOTAL.search(text)


@pytest.mark.parametrize(("where", "advice"), ADVICE)
def test_advice_says_what_to_do(where, advice):
    assert advice.split()[0] in IMPERATIVES

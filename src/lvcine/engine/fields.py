"""A card's text as a table whose entries are what they should be; a ValueError names what is not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

Table = Mapping[str, Any]

_MOST_DOTS = 32
# Texts and comments. One that is not closed reaches to the end of its line or of the card: TOML stops there.
_TEXTS = re.compile(
    r'"""(?s:\\.|[^\\])*?(?:"{3,5}|\\?\Z)'
    r"|'''(?s:.)*?(?:'{3,5}|\Z)"
    r'|"(?:\\.|[^"\\\n])*"?'
    r"|'[^'\n]*'?"
    r"|#[^\n]*"
)


def parse(text: bytes) -> Table:
    """The table that a card's TOML describes.

    Raises
    ------
    ValueError
        No TOML, or keys and arrays nested deeper than any card's: Python's reader takes memory with the
        square of the one and stops with the call stack at the other.

    Examples
    --------
    >>> parse(b"size = [80, 80]")
    {'size': [80, 80]}
    """
    written = text.decode("utf-8")
    bare = _TEXTS.sub("_", written)
    if any(part.count(".") > _MOST_DOTS for part in re.split(r"[\n,=]", bare)):
        raise ValueError(f"a key of more than {_MOST_DOTS} parts")
    try:
        return tomllib.loads(written)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def table(of: Table, key: str) -> dict[str, Any]:
    """A table; empty where there is none."""
    return _typed(of, key, dict, "a table") if key in of else {}


def string(of: Table, key: str) -> str:
    """A text; empty where there is none."""
    return _typed(of, key, str, "a text") if key in of else ""


def strings(of: Table, key: str) -> tuple[str, ...]:
    """Texts; none where there are none.

    Examples
    --------
    >>> strings({"channels": ["frame - 1", "frame"]}, "channels")
    ('frame - 1', 'frame')
    """
    values = _typed(of, key, list, "a list of texts") if key in of else []
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"{key} should be a list of texts")
    return tuple(values)


def lengths(of: Table, key: str) -> tuple[int, ...]:
    """Whole numbers of 0 to 65535; none where there are none."""
    values = _typed(of, key, list, "a list of lengths") if key in of else []
    if not all(type(value) is int and 0 <= value < 2**16 for value in values):
        raise ValueError(f"{key} should be a list of whole numbers, 0 to 65535")
    return tuple(values)


def positive(of: Table, key: str) -> float | None:
    """A number above 0; None where there is none."""
    if key not in of:
        return None
    value = of[key]
    if not (_is_number(value) and value > 0):
        raise ValueError(f"{key} should be a number above 0")
    return float(value)


def pairs(of: Table, key: str) -> None:
    """Check a table of two numbers each, where there is one."""
    for name, pair in table(of, key).items():
        if not (isinstance(pair, list) and len(pair) == 2 and all(_is_number(x) for x in pair)):
            raise ValueError(f"{key}: {name} should be two numbers")


def _typed(of: Table, key: str, kind: type, expected: str) -> Any:
    if not isinstance(of[key], kind):
        raise ValueError(f"{key} should be {expected}")
    return of[key]


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and abs(value) < 1e9  # type: ignore[arg-type]

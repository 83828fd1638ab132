"""Orders that names of files give, where the files themselves give none."""

from __future__ import annotations

import re
from pathlib import Path

from lvcine.errors import ReadError

_UNPACKED = re.compile(r"^\d{6}_")
"""What :mod:`lvcine.read.archive` puts before the name of a file."""


def in_order_of_names(paths: list[Path]) -> list[Path]:
    """By the numbers in their own names; in an archive's order only where these are all the same."""
    own = [path.name for path in paths]
    if all(_UNPACKED.match(name) for name in own):
        without = [_UNPACKED.sub("", name) for name in own]
        if len(set(without)) == len(without):
            own = without
        elif len(set(without)) > 1:
            raise ReadError(
                "pictures of several folders in one archive", advice="unpack it and give the folder"
            )
    return [path for _, path in sorted(zip(own, paths, strict=True), key=lambda pair: natural(pair[0]))]


def natural(name: str) -> list[tuple[int, str]]:
    """Sort key in which numbers count as numbers."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]

"""One study of a cohort, before it is measured."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class StudyRef:
    """Where a study lies and what it is called.

    Attributes
    ----------
    label : str
        Name of its folder and of its row.
    source : str
        Absolute path of a folder, a file or an archive.
    by : str
        What it was recognised by: ``study UID``, ``folder``, ``file``, ``archive``, ``list``, ``pattern``.
    files : tuple of str
        Only these files of the folder ``source``, which holds other studies too; empty for all.
    members : tuple of str
        Only these files of the archive ``source``, named as :func:`lvcine.read.archive.unpacked` does; empty
        for all.
    series : str or None
        Which of the hearts in a file.
    facts : mapping
        What a list says about it: fields of :class:`lvcine.AnalyzeOptions`.
    group : str
        What a list says about it, carried into the table.
    """

    label: str
    source: str
    by: str
    files: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    series: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""

    def signature(self) -> str:
        """Names, sizes and times of its files: another one means that the input has changed."""
        digest = hashlib.blake2b(f"{self.series}".encode(), digest_size=12)
        for path in sorted(self.files or _files_below(self.source)):
            try:
                found = os.stat(path)
            except OSError:
                continue
            name = os.path.relpath(path, self.source)
            digest.update(f"{name}|{found.st_size}|{found.st_mtime_ns};".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()


def _files_below(source: str) -> Iterable[str]:
    if not os.path.isdir(source):
        return [source]
    return (os.path.join(folder, name) for folder, _, names in os.walk(source) for name in names)

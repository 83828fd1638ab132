"""``corrections.jsonl``: every correction of a result, one line each, appended at once and never rewritten.

The first line says whose corrections they are: of which scan, of which contours. A line that a killed process
left unfinished is cut off at the next opening; all before it is there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lvcine
from lvcine.errors import ReadError, UsageError
from lvcine.output import writing
from lvcine.output.lock import take
from lvcine.pipeline.corrected import JOURNAL as NAME
from lvcine.pipeline.corrected import mark

SCHEMA = 1
MOST_BYTES = 1 << 30


class Journal:
    """The journal of one folder of results, held by this process alone until it is closed.

    Parameters
    ----------
    folder : Path
        Of results.
    name : str
        Of the file.

    Attributes
    ----------
    lines : list of dict
        What was there when it was opened, without the first line.
    cut : int
        Bytes of an unfinished line that were cut off.

    Raises
    ------
    UsageError
        Another process holds it, or the folder cannot be written to.
    ReadError
        It is of another analysis, of a later version, or damaged before its last line.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "contours.json").write_text("{}")
    >>> with Journal(folder) as journal:
    ...     journal.append({"do": "undo"})
    >>> with Journal(folder) as journal:
    ...     journal.lines[0]["do"]
    'undo'
    """

    def __init__(self, folder: Path, name: str = NAME) -> None:
        self.path = folder / name
        with writing(self.path, name):
            self._file = take(self.path, folder.name)
        try:
            self.lines, self.cut = self._read(folder)
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let other processes have it; an empty one is removed. Closed again, nothing happens."""
        if self._file < 0:
            return
        if not self.lines:
            self.path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = -1

    def append(self, line: Mapping[str, Any]) -> None:
        """Add a line with the time; the system keeps it, whatever becomes of the process."""
        stamped = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **line}
        with writing(self.path, NAME):
            self._write(stamped)
        self.lines.append(stamped)

    def sync(self) -> None:
        """Have the disk keep what was appended, also through a power cut."""
        with writing(self.path, NAME):
            os.fsync(self._file)

    def _write(self, line: Mapping[str, Any]) -> None:
        data = (json.dumps(line, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n").encode()
        begun = os.lseek(self._file, 0, os.SEEK_END)
        try:
            written = os.write(self._file, data)
            if written < len(data):
                raise OSError(28, os.strerror(28))
        except OSError:
            os.ftruncate(self._file, begun)  # a full disk: no half line stays
            raise

    def _read(self, folder: Path) -> tuple[list[dict[str, Any]], int]:
        size = os.lseek(self._file, 0, os.SEEK_END)
        if size > MOST_BYTES:
            raise ReadError(f"{NAME} is larger than any review", where=folder.name)
        os.lseek(self._file, 0, os.SEEK_SET)
        with open(self._file, "rb", closefd=False) as stream:
            data = stream.read()
        whole, _, rest = data.rpartition(b"\n")
        lines = [_parsed(text, folder) for text in whole.split(b"\n") if text]
        if rest:
            os.ftruncate(self._file, size - len(rest))
        digest = mark(folder)
        if not lines:
            self._write({"schema": SCHEMA, "lvcine_version": lvcine.__version__, "contours_sha256": digest})
            return [], len(rest)
        _check_first(lines[0], digest, folder)
        return lines[1:], len(rest)


def _parsed(text: bytes, folder: Path) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        line = None
    if not isinstance(line, dict):
        raise ReadError(f"{NAME} is damaged", where=folder.name, advice=f"move {NAME} away to begin anew")
    return line


def _check_first(first: Mapping[str, Any], digest: str, folder: Path) -> None:
    if first.get("schema") != SCHEMA:
        raise ReadError(f"{NAME} of another version of lvcine", where=folder.name)
    if first.get("contours_sha256") != digest:
        raise ReadError(
            f"{NAME} holds corrections of an earlier analysis in this folder", where=folder.name,
            advice=f"move {NAME} away to review the new one, or restore the analysis that was corrected",
        )  # fmt: skip


def check_writable(folder: Path) -> None:
    """Refuse a folder of results in which no corrections can be kept.

    Raises
    ------
    UsageError
    """
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(
            "the folder of results cannot be written to: corrections could not be kept", where=folder.name,
            advice="copy the folder to a place that can, and review the copy",
        )  # fmt: skip

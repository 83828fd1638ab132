"""New files in place of old ones, in a folder that itself stays: whole, or as it was.

A stage holds ``new/`` while files are made. One rename, ``new`` to ``ready``, decides: from then on a kill
cannot undo it, and the next run goes on. Every further step moves one file, so wherever a run stopped, the
files' places tell what is left to do: an old file lies in the folder or in ``old/``, a new one in ``ready/``
or in the folder. At the end ``ready`` becomes ``done``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lvcine.errors import UsageError
from lvcine.output.own import is_own_name

NEW = "new"
_READY, _DONE, _OLD, _PLAN = "ready", "done", "old", "plan.json"


@dataclass(frozen=True)
class _Plan:
    """Names within the folder, in the order in which old files go and new ones come."""

    old: tuple[str, ...]
    new: tuple[str, ...]


def put(stage: Path, out: Path, old: Sequence[str], new: Sequence[str]) -> None:
    """Move the files of ``stage/new`` into ``out``, and ``old`` ones out of it; all or none."""
    plan = _Plan(tuple(old), tuple(new))
    made: list[Path] = []
    _check(plan, out)
    _write_plan(stage, plan)
    try:
        os.rename(stage / NEW, stage / _READY)
        _forward(stage, out, plan, made)
        _finish(stage, out, plan)
    except BaseException:
        if is_unfinished(stage):
            _back(stage, out, plan, made)
        raise


def go_on(stage: Path) -> None:
    """Finish what a killed run had decided to put into the stage's folder; nothing where it had not.

    A first result, of which the last file is missing, is taken back: nothing is lost by it, and the run
    that was killed may be called again as it was.
    """
    if not is_unfinished(stage):
        return
    plan, out = _read_plan(stage), stage.parent
    if not plan.old and os.path.lexists(stage / _READY / plan.new[-1]):
        _back(stage, out, plan, [folder for name in plan.new for folder in _folders(out, name)])
        return
    _forward(stage, out, plan, [])
    _finish(stage, out, plan)


def is_unfinished(stage: Path) -> bool:
    """Whether a result lies there that is decided on and not wholly in place."""
    return (stage / _READY).is_dir()


def sync(path: Path) -> None:
    """Wait until a file, or all in a folder, is on the disk."""
    if path.is_dir():
        for entry in path.iterdir():
            sync(entry)
        sync_folder(path)
    else:
        _sync(path, os.O_RDWR)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    if os.name != "nt":  # where a folder cannot be opened
        _sync(path, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    file = os.open(path, flags)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _forward(stage: Path, out: Path, plan: _Plan, made: list[Path]) -> None:
    """From wherever it stands: old files out, then new ones in."""
    old, ready = stage / _OLD, stage / _READY
    for name in plan.old:
        new_is_there = name in plan.new and not os.path.lexists(ready / name)
        if os.path.lexists(out / name) and not os.path.lexists(old / name) and not new_is_there:
            (old / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(out / name, old / name)
    for name in plan.new:
        if os.path.lexists(ready / name):
            _make(out, name, made)
            os.replace(ready / name, out / name)


def _back(stage: Path, out: Path, plan: _Plan, made: list[Path]) -> None:
    """The same steps backwards; one that fails leaves the stage for the next run to go forward."""
    old, ready = stage / _OLD, stage / _READY
    for name in reversed(plan.new):
        if not os.path.lexists(ready / name):
            os.replace(out / name, ready / name)
    for name in reversed(plan.old):
        if os.path.lexists(old / name):
            os.replace(old / name, out / name)
    remove_empty(reversed(made))
    os.rename(ready, stage / _DONE)


def _finish(stage: Path, out: Path, plan: _Plan) -> None:
    remove_empty(sorted({folder for name in plan.old for folder in _folders(out, name)}, reverse=True))
    sync_folder(out)
    os.rename(stage / _READY, stage / _DONE)


def _folders(out: Path, name: str) -> list[Path]:
    """The folders of a file below ``out``, the outermost first."""
    return [out / folder for folder in reversed(PurePosixPath(name).parents[:-1])]


def _make(out: Path, name: str, made: list[Path]) -> None:
    for folder in _folders(out, name):
        if not folder.exists():
            folder.mkdir()
            made.append(folder)


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove those folders, the innermost first, that hold nothing."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _write_plan(stage: Path, plan: _Plan) -> None:
    with (stage / _PLAN).open("w", encoding="utf-8") as stream:
        json.dump(asdict(plan), stream)
        stream.flush()
        os.fsync(stream.fileno())


def _read_plan(stage: Path) -> _Plan:
    try:
        stored: dict[str, Any] = json.loads((stage / _PLAN).read_text(encoding="utf-8"))
        plan = _Plan(tuple(map(str, stored["old"])), tuple(map(str, stored["new"])))
        _check(plan, stage.parent)
    except (ValueError, KeyError, TypeError, RecursionError, UsageError) as error:
        raise UsageError(
            "a killed run left results that cannot be put in place",
            where=stage.name,
            advice="look into that hidden folder, keep what you need, and remove it",
        ) from error
    return plan


def _check(plan: _Plan, out: Path) -> None:
    """Nothing but lvcine's own files is ever moved, whoever wrote the plan, and none behind a link."""
    for name in (*plan.old, *plan.new):
        if not is_own_name(name) or any(folder.is_symlink() for folder in _folders(out, name)):
            raise UsageError(f"{name} cannot be put in place", where=out.name, advice="name another folder")

"""Read a scan as a user would, and say what of that must not have happened."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import re
import resource
import time
import traceback
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from lvcine.cli.outcome import report
from lvcine.cli.result import print_catalogue
from lvcine.errors import LvcineError
from lvcine.isolated import ChildDiedError
from lvcine.read import ReadOptions, catalogue, open_study, opening, video_pipe

from .corpus import PIPED

MOST_SECONDS = 10.0
"""Of processor time in one call."""
MOST_BYTES = 2 << 30
SECRET = "DOE-JANE"
"""Part of the folder's name: it must not come out."""

_STUCK = 60.0  # by the clock, which runs for other programs too
_MOST_FRAMES = 200  # of a piped film
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Verdict:
    """What became of one scan.

    Attributes
    ----------
    outcome : str
        ``read``, or the kind of error.
    faults : list of (str, str)
        A short name by which the same faults are counted together, and the whole story.
    deaths : list of str
        Why children ended.
    seconds, child_seconds : float
        Longest call: by the clock, and of processor time in the child.
    child_bytes : int
        Most memory that a child held.
    """

    outcome: str = ""
    faults: list[tuple[str, str]] = field(default_factory=list)
    deaths: list[str] = field(default_factory=list)
    seconds: float = 0.0
    child_seconds: float = 0.0
    child_bytes: int = 0

    @property
    def stuck(self) -> bool:
        """It took long by the clock alone."""
        return self.seconds > _STUCK and self.child_seconds <= MOST_SECONDS

    def fault(self, name: str, story: str = "") -> None:
        self.faults.append((name, story or name))


def judged(kind: str, path: Path, options: Mapping[str, Any]) -> Verdict:
    """Read the scan at a path by every door, and judge what comes out."""
    verdict = Verdict()
    if kind.startswith(PIPED):
        _attempt(verdict, path, lambda: _piped(path, verdict))
        return verdict
    told = ReadOptions(**options)
    with _noted_deaths(verdict):
        _attempt(verdict, path, lambda: _catalogued(path, told, verdict))
        _attempt(verdict, path, lambda: _opened(path, told, verdict))
    return verdict


def _attempt(verdict: Verdict, path: Path, call: Callable[[], None]) -> None:
    """One call under the clock; an error of lvcine's own is an answer, any other a fault."""
    began, busy = time.monotonic(), _child_seconds()
    try:
        call()
        verdict.outcome = "read"
    except LvcineError as error:
        verdict.outcome = type(error).__name__
        _check_error(verdict, error)
    except Exception as error:
        verdict.outcome = "unexpected"
        verdict.fault(_signature(error), _story(error))
    took = time.monotonic() - began
    verdict.seconds = max(verdict.seconds, took)
    verdict.child_seconds = max(verdict.child_seconds, _child_seconds() - busy)
    verdict.child_bytes = max(verdict.child_bytes, _child_bytes())
    if verdict.child_bytes > MOST_BYTES:
        verdict.fault("memory", f"{verdict.child_bytes:,} bytes")
    if verdict.child_seconds > MOST_SECONDS or took > _STUCK:
        verdict.fault("hang", f"{took:.1f} s, {verdict.child_seconds:.1f} s of the processor")


# ---- the doors -----------------------------------------------------------------------------------


def _catalogued(path: Path, options: ReadOptions, verdict: Verdict) -> None:
    found = catalogue(path, options)
    _check_texts(verdict, found, "catalogue")
    json.dumps(found.to_dict())
    for as_json in (False, True):
        printed = _printed(print_catalogue, found, as_json=as_json)
        _check_printed(verdict, printed)
        if as_json:
            json.loads(printed, parse_constant=_no_number)


def _opened(path: Path, options: ReadOptions, verdict: Verdict) -> None:
    study = open_study(path, options)
    _check_texts(verdict, study, "study")
    repr(study.cines[0]), repr(study.subject)
    for cine in study.cines:
        for name, numbers in (
            ("pixels", cine.pixels), ("times", cine.times_ms), ("cycle", cine.cycle_ms),
            ("origins", cine.geometry.origins_mm), ("rows", cine.geometry.row_step_mm),
            ("columns", cine.geometry.column_step_mm),
        ):  # fmt: skip
            if numbers is not None and not np.isfinite(numbers).all():
                verdict.fault(f"senseless: {name} not finite")


def _piped(path: Path, verdict: Verdict) -> None:
    with path.open("rb") as raw, _forked():
        for number, (frame, stamp) in enumerate(video_pipe.piped_frames(raw)):
            if frame.ndim != 2 or frame.dtype != np.uint8 or not (stamp is None or isinstance(stamp, float)):
                verdict.fault("senseless: a frame of the pipe")
            if number > _MOST_FRAMES:
                break


# ---- what came out -------------------------------------------------------------------------------


def _check_error(verdict: Verdict, error: LvcineError) -> None:
    if not error.found.strip():
        verdict.fault("error without a word", repr(error))
    for text in (error.found, error.where, error.advice, str(error)):
        _check_text(verdict, text, "error")
    for as_json in (False, True):
        _check_printed(verdict, _printed(report, error, as_json=as_json, verbose=False))


def _check_texts(verdict: Verdict, value: Any, where: str) -> None:
    for text, place in _texts(value, where):
        _check_text(verdict, text, place)


def _check_text(verdict: Verdict, text: str, place: str) -> None:
    bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    if bad:
        verdict.fault(f"control characters: {re.sub('[0-9]+', 'N', place)}", f"{place}: {text!r}")
    if SECRET in text:
        verdict.fault(f"a folder's name: {place}", repr(text))


def _check_printed(verdict: Verdict, printed: str) -> None:
    for line in printed.split("\n"):
        _check_text(verdict, line, "printed")
    printed.encode("utf-8")


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Every text in a result, with where it stands."""
    if isinstance(value, str) and not isinstance(value, Enum):
        yield value, place
    elif dataclasses.is_dataclass(value):
        for part in dataclasses.fields(value):
            yield from _texts(getattr(value, part.name), f"{place}.{part.name}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key, place)
            yield from _texts(item, f"{place}.{key}")
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _texts(item, place)


def _printed(call: Callable[..., object], *arguments: Any, **named: Any) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        call(*arguments, **named)
    return out.getvalue()


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _signature(error: BaseException) -> str:
    """Type and innermost line: what tells one fault from another."""
    noted = "\n".join(getattr(error, "__notes__", ()))
    said = noted or "".join(traceback.format_exception(error))
    lines = re.findall(r'File "([^"]+)", line (\d+), in (\S+)', said)
    own = [place for place in lines if "/lvcine/" in place[0]] or lines or [("?", "0", "?")]
    file, line, function = own[-1]
    kind = str(error).split(":")[0] if noted else type(error).__name__
    return f"{kind} at {file.rpartition('/lvcine/')[2]}:{line} {function}"


def _story(error: BaseException) -> str:
    return "\n".join(getattr(error, "__notes__", ())) or "".join(traceback.format_exception(error))


# ---- the child -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _noted_deaths(verdict: Verdict) -> Iterator[None]:
    """Note why children die meanwhile."""
    child, call = opening._child, opening._child.call

    def noting(*arguments: Any, **named: Any) -> Any:
        try:
            return call(*arguments, **named)
        except ChildDiedError as death:
            verdict.deaths.append(death.reason)
            raise

    child.call = noting  # type: ignore[method-assign]
    try:
        yield
    finally:
        child.call = call  # type: ignore[method-assign]


def _child_id() -> int | None:
    process = opening._child._process
    return None if process is None else process.pid


def _child_seconds() -> float:
    """Processor time of all children until now."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    alive = 0.0
    with contextlib.suppress(OSError, TypeError):
        fields = Path(f"/proc/{_child_id()}/stat").read_text().rsplit(")", 1)[1].split()
        alive = (int(fields[11]) + int(fields[12])) / _TICKS
    return ended.ru_utime + ended.ru_stime + alive


def _child_bytes() -> int:
    """Most memory of the child since it was last asked, or of one that died."""
    try:
        status = Path(f"/proc/{_child_id()}/status").read_text()
        most = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) << 10  # type: ignore[index]
        Path(f"/proc/{_child_id()}/clear_refs").write_text("5")
    except (OSError, TypeError):
        return 0
    return most


def dead_bytes() -> int:
    """Most memory that any child held that has ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10


# ---- a pipe's decoder, forked: a new Python for each film takes half a second -----------------------


@contextlib.contextmanager
def _forked() -> Iterator[None]:
    import lvcine.read.video  # noqa: F401  # once, before the first fork

    started = video_pipe.start_python
    video_pipe.start_python = lambda run, folder, **_: _Fork()  # type: ignore[attr-defined,assignment]
    try:
        yield
    finally:
        video_pipe.start_python = started  # type: ignore[attr-defined]


class _Fork:
    """What :func:`lvcine.isolated.start_python` gives, by fork."""

    def __init__(self) -> None:
        to_child, from_child = os.pipe(), os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._be_child(to_child, from_child)
        os.close(to_child[0])
        os.close(from_child[1])
        self.stdin, self.stdout = os.fdopen(to_child[1], "wb"), os.fdopen(from_child[0], "rb")

    @staticmethod
    def _be_child(to_child: tuple[int, int], from_child: tuple[int, int]) -> None:
        import sys

        try:
            os.dup2(to_child[0], 0)
            os.dup2(from_child[1], 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            for number in (*to_child, *from_child):
                os.close(number)
            sys.stdin = os.fdopen(0, "r")
            video_pipe._MEMORY += (
                int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE
            )  # what is there already
            video_pipe.decode()
        finally:
            os._exit(1)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, 9)

    def wait(self) -> int:
        return os.waitpid(self._pid, 0)[1]

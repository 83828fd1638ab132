"""Read mutated scans by the thousand; each must be read, or refused with a reason.

From the root of the repository::

    python -m tests.fuzz.run --cases 100000 --jobs 2 --out /tmp/fuzz     # the long run
    python -m tests.fuzz.run --cases 2000 --kind dicom                   # kinds whose name begins so
    python -m tests.fuzz.run --out /tmp/fuzz --only 4711                 # one case again, with its story

``--out`` gets ``corpus.pkl`` (what cases are made from: the same numbers give the same case only on it),
``summary.json`` and, for each kind of fault, up to three scans with the story of their fault.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lvcine.read import opening

from .corpus import Files, stored_corpus
from .judge import MOST_BYTES, SECRET, Verdict, dead_bytes, judged
from .mutate import Mutant, mutant

_KEPT = 3  # scans of each kind of fault
_NOTED = 250  # cases between two notes of how far it is


@dataclass
class Tally:
    """What became of many scans."""

    cases: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)
    died: list[tuple[int, str, str]] = field(default_factory=list)
    faults: dict[str, list[Any]] = field(default_factory=dict)
    slow: list[tuple[float, float, int, str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    child_bytes: int = 0
    parent_bytes: int = 0

    def add(self, number: int, kind: str, verdict: Verdict, took: float) -> None:
        """Count one case."""
        self.cases += 1
        self.kinds[kind] += 1
        self.outcomes[f"{kind}: {verdict.outcome}"] += 1
        self.deaths.update(f"{kind}: {why}" for why in verdict.deaths)
        self.died += [(number, kind, why) for why in dict.fromkeys(verdict.deaths)]
        self.seconds.append(took)
        self.child_bytes = max(self.child_bytes, verdict.child_bytes)
        if verdict.seconds > 2.0:
            self.slow.append((round(verdict.seconds, 2), round(verdict.child_seconds, 2), number, kind))
        for name, _ in verdict.faults:
            found = self.faults.setdefault(name, [0, []])
            found[0] += 1
            found[1] = (found[1] + [(number, kind)])[:20]

    def told(self) -> dict[str, Any]:
        """Plain values for JSON."""
        ordered = sorted(self.seconds) or [0.0]
        return {
            "cases": self.cases,
            "faults": self.faults,
            "deaths": dict(self.deaths.most_common()),
            "died": self.died,
            "seconds": {
                "mean": sum(ordered) / len(ordered),
                "p99": ordered[int(0.99 * (len(ordered) - 1))],
                "most": ordered[-1],
            },
            "child_bytes": self.child_bytes,
            "parent_bytes": self.parent_bytes,
            "slow": sorted(self.slow, reverse=True)[:40],
            "kinds": dict(sorted(self.kinds.items())),
            "outcomes": dict(sorted(self.outcomes.items())),
        }

    def join(self, other: Tally) -> None:
        """Add another's counts."""
        self.cases += other.cases
        for name in ("kinds", "outcomes", "deaths"):
            getattr(self, name).update(getattr(other, name))
        for name, (count, cases) in other.faults.items():
            found = self.faults.setdefault(name, [0, []])
            found[0] += count
            found[1] = (found[1] + cases)[:20]
        self.slow += other.slow
        self.died += other.died
        self.seconds += other.seconds
        self.child_bytes = max(self.child_bytes, other.child_bytes)
        self.parent_bytes = max(self.parent_bytes, other.parent_bytes)


def chosen(corpus: Mapping[str, Files], prefix: str) -> list[str]:
    """Kinds in the order in which cases go through them; what is read fast comes twice."""
    kinds = sorted(kind for kind in corpus if kind.startswith(prefix))
    return [*kinds, *(kind for kind in kinds if not kind.startswith("dicom"))]


def made(corpus: Mapping[str, Files], kinds: list[str], seed: int, number: int) -> Mutant:
    """The case of that number."""
    return mutant(corpus, kinds[number % len(kinds)], random.Random(f"{seed}:{number}"))


@contextlib.contextmanager
def laid_out(scan: Mutant, home: Path) -> Iterator[Path]:
    """The scan as files, for as long as the ``with`` block lasts."""
    folder = home / SECRET / "scan"
    folder.mkdir(parents=True)
    try:
        for name, data in scan.files.items():
            path = os.path.join(os.fsencode(folder), name)
            with contextlib.suppress(OSError, ValueError):  # a name that this file system does not take
                os.makedirs(os.path.dirname(path), exist_ok=True)
                Path(os.fsdecode(path)).write_bytes(data)
        files = [entry for entry in folder.iterdir() if entry.is_file()]
        yield files[0] if (scan.alone or scan.kind.startswith("pipe-")) and files else folder
    finally:
        shutil.rmtree(folder.parent, ignore_errors=True)


def one(scan: Mutant, home: Path) -> Verdict:
    """Lay a scan out, read it, judge it."""
    before = dead_bytes()
    with laid_out(scan, home) as path:
        verdict = judged(scan.kind, path, scan.options)
        if verdict.faults and verdict.stuck:  # or somebody stopped this process for a while: once more
            verdict = judged(scan.kind, path, scan.options)
    if dead_bytes() > max(before, MOST_BYTES):
        verdict.fault("memory of a child that died", f"{dead_bytes():,} bytes")
    return verdict


def keep(scan: Mutant, verdict: Verdict, number: int, out: Path) -> None:
    """Put a faulty scan aside, unless there are enough of its kind."""
    for name, story in verdict.faults:
        place = out / "faults" / "".join(c if c.isalnum() else "-" for c in name)[:90]
        if place.exists() and len(list(place.iterdir())) >= _KEPT:
            continue
        folder = place / f"{number}-{scan.kind}"
        (folder / "scan").mkdir(parents=True, exist_ok=True)
        (folder / "story.txt").write_text(
            f"{name}\noptions {scan.options}\n{story}\n", "utf-8", "backslashreplace"
        )
        with laid_out(scan, folder / "scan"):
            shutil.copytree(folder / "scan", folder / "kept", dirs_exist_ok=True)


def fuzz(
    corpus: Mapping[str, Files], kinds: list[str], seed: int, numbers: Iterable[int], out: Path | None = None,
    note: Path | None = None, seconds: float | None = None, least: int = 0,
) -> Tally:  # fmt: skip
    """Read the cases of these numbers, for so many seconds at most, but so many of them at least."""
    tally, end = Tally(), None if seconds is None else time.monotonic() + seconds
    home = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        for number in numbers:
            if end is not None and tally.cases >= least and time.monotonic() > end:
                break
            scan = made(corpus, kinds, seed, number)
            if note is not None:
                note.with_suffix(".now").write_text(f"{number} {scan.kind}")
            began = time.monotonic()
            verdict = one(scan, home)
            tally.add(number, scan.kind, verdict, time.monotonic() - began)
            if out is not None and verdict.faults:
                keep(scan, verdict, number, out)
            if note is not None and tally.cases % _NOTED == 0:
                _write(note, tally)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if note is not None:
        _write(note, tally)
    return tally


def _write(note: Path, tally: Tally) -> None:
    import resource

    tally.parent_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    note.write_text(json.dumps({**tally.told(), "all_seconds": tally.seconds, "all_slow": tally.slow}))


def _read(note: Path) -> Tally:
    told = json.loads(note.read_text()) if note.exists() else None
    if told is None:
        return Tally()
    return Tally(
        told["cases"], Counter(told["kinds"]), Counter(told["outcomes"]), Counter(told["deaths"]),
        [tuple(d) for d in told["died"]], told["faults"],
        [tuple(s) for s in told["all_slow"]], told["all_seconds"], told["child_bytes"], told["parent_bytes"],
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 where a fault was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", default="", help="kinds whose name begins so")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir(), "fuzz"))
    parser.add_argument("--only", type=int, help="this case alone")
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    corpus = stored_corpus(given.out / "corpus.pkl")
    kinds = chosen(corpus, given.kind)
    if given.only is not None:
        return _again(corpus, kinds, given.seed, given.only, given.out)
    if given.part is not None:
        numbers = range(given.first + given.part, given.first + given.cases, given.jobs)
        fuzz(corpus, kinds, given.seed, numbers, given.out, given.out / f"part-{given.part}.json")
        return 0
    return _all_parts(given)


def _again(corpus: Mapping[str, Files], kinds: list[str], seed: int, number: int, out: Path) -> int:
    scan, home = made(corpus, kinds, seed, number), Path(tempfile.mkdtemp(prefix="fuzz-"))
    print(scan.kind, scan.options, {name: len(data) for name, data in scan.files.items()})
    verdict = one(scan, home)
    print(verdict.outcome, f"{verdict.seconds:.2f} s", verdict.deaths, f"{verdict.child_bytes >> 20} MiB")
    for name, story in verdict.faults:
        print(name, story, sep="\n")
    shutil.rmtree(home, ignore_errors=True)
    return bool(verdict.faults)


def _all_parts(given: argparse.Namespace) -> int:
    """A process for each part: should one die, it is a fault like any other."""
    for old in given.out.glob("part-*"):
        old.unlink()
    command = [sys.executable, "-m", "tests.fuzz.run", *sys.argv[1:]]
    began = time.monotonic()
    parts = [subprocess.Popen([*command, "--part", str(k)]) for k in range(given.jobs)]
    codes = [part.wait() for part in parts]
    whole = Tally()
    for k, code in enumerate(codes):
        whole.join(_read(given.out / f"part-{k}.json"))
        if code:
            now = given.out / f"part-{k}.now"
            whole.faults[f"death of the parent, code {code}"] = [1, [now.read_text() if now.exists() else ""]]
    told = {**whole.told(), "wall_seconds": time.monotonic() - began, "asked": given.cases}
    (given.out / "summary.json").write_text(json.dumps(told, indent=1))
    for name in (
        "cases",
        "faults",
        "deaths",
        "seconds",
        "child_bytes",
        "parent_bytes",
        "slow",
        "wall_seconds",
    ):
        print(name, json.dumps(told[name]))
    return bool(whole.faults)


if __name__ == "__main__":
    code = main()
    opening._child.stop()
    raise SystemExit(code)

"""Kill a process at its n-th step on the disk, for every n, and look at what it leaves.

Run as a program: ``killing.py HOME CASE kill|interrupt`` stops one run per step in folders below HOME and
prints a line of JSON per run. A fork per kill: a new interpreter for each would take seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path

from lvcine.output import FILES
from lvcine.report import write, write_outputs

STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "fcntl.flock"}
OLD = {name: f"old {name}".encode() * 50 for name in FILES if name != "contours.gif"}
OLD["run.json"] = b'{"lvcine_version": "0", "of": "old"}'
NEW = {name: f"new {name}".encode() * 70 for name in FILES if name not in ("contours.mp4", "velocity.npz")}
NEW["run.json"] = b'{"lvcine_version": "0", "of": "new"}'
MINE = {"notes.txt": b"mine", "scans/a.dcm": b"also mine"}

CASES = {
    # what lies in OUT before, below which folders, and whether it is overwritten
    "new": (None, "out", False),
    "nested": (None, "a/b/out", False),
    "empty": ({}, "out", False),
    "older": (OLD, "out", True),
    "older and mine": (OLD | MINE, "out", True),
    "mine": (MINE, "out", True),
}


def lay(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def found(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def run(out: Path, overwrite: bool) -> None:
    """What a run does when its numbers are there."""
    write_outputs(None, out, overwrite=overwrite)  # type: ignore[arg-type]


def killed_at(step: int, out: Path, overwrite: bool, how: str = "kill") -> bool:
    """Run in a child that dies before its step-th step, or is interrupted; whether it came so far."""
    child = os.fork()
    if child == 0:
        left = [step]

        def count(event: str, _args: object) -> None:
            if event in STEPS:
                left[0] -= 1
                if left[0] == -1 and how == "interrupt":
                    raise KeyboardInterrupt
                if left[0] == -1:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(count)
            run(out, overwrite)
            os._exit(0)
        except KeyboardInterrupt:
            os._exit(130)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 130:
        return True
    if os.WEXITSTATUS(status):
        raise RuntimeError(f"the run failed at step {step}")
    return False


def told(out: Path, home: Path) -> dict[str, object]:
    """What lies there: the older result, the new one, or neither; other files; hidden ones."""
    there = found(out) if out.is_dir() else {}
    ours = {name: content for name, content in there.items() if name in FILES}
    state = "older" if ours == OLD else "new" if ours == NEW else "none" if not ours else "part"
    return {
        "state": state,
        "finished": "run.json" in ours,
        "mine": {n: c for n, c in there.items() if n in MINE} == MINE or not any(n in MINE for n in there),
        "hidden": sorted(p.name for p in home.rglob(".*")),
        "exists": out.exists(),
    }


def main(home: Path, case: str, how: str) -> None:
    write._contents = lambda *_: NEW  # what is written is no matter here, and costs time
    os.fsync = lambda _file: None  # a kill loses nothing that was written; a plug that is pulled does
    before, name, overwrite = CASES[case]
    step = 0
    while True:
        place = home / f"{case.replace(' ', '-')}-{step}"
        place.mkdir(parents=True)
        out = place / name
        if before is not None:
            lay(out, before)
        died = killed_at(step, out, overwrite, how)
        after_kill = told(out, place)
        error = ""
        if died:
            try:
                run(out, overwrite)
            except Exception as refused:
                error = str(refused)
        print(
            json.dumps(
                {"step": step, "died": died, "kill": after_kill, "error": error, "again": told(out, place)}
            )
        )
        shutil.rmtree(place)
        if not died:
            return
        step += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])

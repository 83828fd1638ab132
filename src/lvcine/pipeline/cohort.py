"""A cohort of virtual subjects in one folder: made in parallel, resumed where it stopped."""

from __future__ import annotations

import csv
import io
import json
import shutil
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from lvcine import __version__
from lvcine.engine.threads import available_threads
from lvcine.errors import UsageError
from lvcine.pipeline.scans import scan_subject
from lvcine.pipeline.stages import Progress
from lvcine.pipeline.subject import PhantomOptions, draw_subject, subject_name, subject_truth

SETTING, TABLE, TRUTH = "cohort.json", "cohort.csv", "truth.json"
"""Files of a cohort: how it was made, one line per subject; and of a subject: its exact numbers."""

COLUMNS = (
    "subject", "seed", "kind", "sex", "height_cm", "weight_kg", "heart_rate_bpm",
    "edv_ml", "esv_ml", "sv_ml", "ef_percent", "lv_mass_g",
    "max_wall_ed_mm", "longitudinal_strain_es_percent", "circumferential_strain_es_percent", "twist_es_deg",
)  # fmt: skip
"""Of the table; ``scar_segments`` follows them."""

_PART = ".part-"


@dataclass(frozen=True)
class Cohort:
    """What lies in a cohort's folder when a run is done.

    Attributes
    ----------
    folder : Path
    asked : tuple of str
        Names of the subjects of this run, each a folder.
    made : int
        How many of them were made now; the others lay there, finished.
    subjects : int
        In the folder, with those of earlier runs.
    """

    folder: Path
    asked: tuple[str, ...]
    made: int
    subjects: int


def make_cohort(
    output: str | Path,
    *,
    first: int = 0,
    count: int = 1,
    options: PhantomOptions | None = None,
    jobs: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Cohort:
    """Make ``count`` virtual subjects, each with the files of a scanner and the truth about it.

    Parameters
    ----------
    output : path
        Gets a folder per subject, ``cohort.json`` and ``cohort.csv``. Subjects that an earlier run
        with the same options finished stay; unfinished ones are made again.
    first : int
        Number of the first subject, 0 to 999,999; the same number is the same heart.
    count : int
    options : PhantomOptions, optional
    jobs : int, optional
        Processes; as many as there are processors by default. With more than one, a script must
        call from under ``if __name__ == "__main__":``, as :mod:`multiprocessing` asks.
    overwrite : bool
        Remove the cohort that lies in ``output`` first.
    progress : callable, optional

    Returns
    -------
    Cohort

    Raises
    ------
    UsageError
        Options out of range; a folder that holds something else, or a cohort of other options;
        a disk that refuses.

    Examples
    --------
    >>> import tempfile
    >>> small = PhantomOptions(frames=2, size=32, spacing_mm=6.0)
    >>> cohort = make_cohort(tempfile.mkdtemp(), first=3, options=small)
    >>> cohort.asked, cohort.made
    (('subject-000003',), 1)
    """
    out, options, report = Path(output), options or PhantomOptions(), progress or (lambda *_: None)
    _check_numbers(first, count, jobs)
    names = {number: subject_name(number) for number in range(first, first + count)}
    with _writing(out):
        _take_folder(out, options, overwrite)
        missing = [number for number, name in names.items() if not (out / name / TRUTH).is_file()]
        finished = count - len(missing)
        report("virtual subjects", finished, count)
        for made in _made(out, missing, options, jobs or available_threads()):
            report("virtual subjects", finished + made, count)
        subjects = _write_table(out)
    return Cohort(out, tuple(names.values()), len(missing), subjects)


def make_subject(out: Path, number: int, options: PhantomOptions) -> None:
    """Make one subject's folder in ``out``, whole or not at all; replaces an unfinished one."""
    subject = draw_subject(number, options)
    part, final = out / f"{_PART}{subject.name}", out / subject.name
    shutil.rmtree(part, ignore_errors=True)
    try:
        views = scan_subject(subject, part, options)
        _write_json(part / TRUTH, {**subject_truth(subject), "views": views})
        shutil.rmtree(final, ignore_errors=True)
        part.replace(final)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _check_numbers(first: int, count: int, jobs: int | None) -> None:
    if count < 1 or not 0 <= first <= 1_000_000 - count:
        raise UsageError(
            f"{count} virtual subjects from number {first} on", advice="stay within 0 to 999,999"
        )
    if jobs is not None and jobs < 1:
        raise UsageError(f"{jobs} jobs", advice="give 1 or more")


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """A disk that refuses becomes one clear error; a new folder that got no subject goes."""
    new = not out.exists()
    try:
        yield
    except BaseException as error:
        if new and not any(out.glob(f"*/{TRUTH}")):
            shutil.rmtree(out, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        raise UsageError(
            f"the virtual subjects could not be written: {error.strerror or error}",
            where=out.name,
            advice="check the folder's rights and the space on the disk",
        ) from error


def _take_folder(out: Path, options: PhantomOptions, overwrite: bool) -> None:
    """Begin a cohort in the folder, or go on with the one that lies there."""
    setting = {"made_by": f"lvcine {__version__}", **json.loads(json.dumps(asdict(options)))}
    if not out.exists():
        out.mkdir(parents=True)
    elif not out.is_dir():
        raise UsageError("the output is a file, not a folder", where=out.name, advice="name another folder")
    elif (out / SETTING).is_file():
        _take_up(out, setting, overwrite)
    elif any(out.iterdir()):
        raise UsageError(
            "the output folder holds something that is no cohort",
            where=out.name,
            advice="name another folder",
        )
    _write_json(out / SETTING, setting)


def _take_up(out: Path, setting: dict[str, Any], overwrite: bool) -> None:
    for part in out.glob(f"{_PART}*"):
        shutil.rmtree(part, ignore_errors=True)
    if overwrite:
        for folder in out.glob("subject-[0-9]*"):
            shutil.rmtree(folder)
        (out / TABLE).unlink(missing_ok=True)
        return
    known = _read_json(out / SETTING)
    other = [f"{name} {known.get(name)!r}" for name, value in setting.items() if known.get(name) != value]
    if other:
        raise UsageError(
            f"the output folder holds a cohort of other options: {', '.join(other)}",
            where=out.name,
            advice="give the same options to go on, name another folder, or pass --overwrite",
        )


def _made(out: Path, numbers: Sequence[int], options: PhantomOptions, jobs: int) -> Iterator[int]:
    """Make the subjects; yields how many are done."""
    if min(jobs, len(numbers)) <= 1:
        for done, number in enumerate(numbers, 1):
            make_subject(out, number, options)
            yield done
        return
    waiting, done = iter(numbers), 0
    # Spawned, not forked: the caller's threads (the bar's, the net's) must not be copied half-way.
    with ProcessPoolExecutor(min(jobs, len(numbers)), get_context("spawn"), _leave_ctrl_c) as pool:

        def begin(most: int) -> set[Future[None]]:
            return {pool.submit(make_subject, out, n, options) for n in islice(waiting, most)}

        running = begin(jobs)  # no more at a time, so that Ctrl-C waits for one subject at most
        while running:
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                future.result()
            done += len(ended)
            running |= begin(len(ended))
            yield done


def _leave_ctrl_c() -> None:
    """Ctrl-C stops the run, which lets its processes finish the subject in hand."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _write_table(out: Path) -> int:
    """One line per finished subject of the folder; returns how many."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*COLUMNS, "scar_segments"])
    truths = [_read_json(path) for path in sorted(out.glob(f"subject-*/{TRUTH}"))]
    for truth in truths:
        scarred = sorted({segment for scar in truth["scars"] for segment in scar["segments"]})
        table.writerow([*(truth[name] for name in COLUMNS), " ".join(map(str, scarred))])
    _write_text(out / TABLE, text.getvalue())
    return len(truths)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise UsageError(
            "not the JSON that lvcine wrote", where=f"{path.parent.name}/{path.name}",
            advice="remove it, or pass --overwrite",
        ) from error  # fmt: skip


def _write_json(path: Path, content: dict[str, Any]) -> None:
    _write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    """In one step: who reads sees the old file or the new one."""
    part = path.with_name(f"{_PART}{path.name}")
    part.write_text(text, encoding="utf-8")
    part.replace(path)

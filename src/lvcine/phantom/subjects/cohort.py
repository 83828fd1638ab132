"""A cohort of virtual subjects in one folder: made in parallel, resumed where it stopped."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from lvcine import __version__
from lvcine.errors import UsageError
from lvcine.isolated.processes import processes
from lvcine.isolated.threads import available_threads
from lvcine.output import entries, hold, writing
from lvcine.phantom.subjects.render import scan_subject
from lvcine.phantom.subjects.subject import PhantomOptions, draw_subject, subject_name, subject_truth
from lvcine.study.progress import Progress

SETTING, TABLE, TRUTH = "cohort.json", "cohort.csv", "truth.json"
"""Files of a cohort: how it was made, one line per subject; and of a subject: its exact numbers."""

COLUMNS = (
    "subject", "seed", "kind", "sex", "height_cm", "weight_kg", "heart_rate_bpm",
    "edv_ml", "esv_ml", "sv_ml", "ef_percent", "lv_mass_g",
    "max_wall_ed_mm", "longitudinal_strain_es_percent", "circumferential_strain_es_percent", "twist_es_deg",
)  # fmt: skip
"""Of the table; ``scar_segments`` follows them."""

_WHAT = "the virtual subjects"


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
        with the same options finished stay; one that was killed leaves no unfinished ones.
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
        Options out of range; a folder that holds something else, or a cohort of other options, or
        that another run is writing to; a disk that refuses.

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
    with writing(out, _WHAT), hold(out) as stage, _in_folder(out):
        _take_folder(out, stage, options, overwrite)
        missing = [number for number, name in names.items() if not (out / name / TRUTH).is_file()]
        finished = count - len(missing)
        report("virtual subjects", finished, count)
        for made in _made(out, stage, missing, options, jobs or available_threads()):
            report("virtual subjects", finished + made, count)
        subjects = _write_table(out, stage)
    return Cohort(out, tuple(names.values()), len(missing), subjects)


def make_subject(out: Path, stage: Path, number: int, options: PhantomOptions) -> None:
    """Make one subject's folder in ``stage`` and move it into ``out``; replaces an unfinished one."""
    subject = draw_subject(number, options)
    part, final = stage / subject.name, out / subject.name
    views = scan_subject(subject, part, options)
    (part / TRUTH).write_text(_json({**subject_truth(subject), "views": views}), encoding="utf-8")
    if final.is_dir():
        final.rename(stage / f"old-{subject.name}")
    part.rename(final)


def _check_numbers(first: int, count: int, jobs: int | None) -> None:
    if count < 1 or not 0 <= first <= 1_000_000 - count:
        raise UsageError(
            f"{count} virtual subjects from number {first} on", advice="stay within 0 to 999,999"
        )
    if jobs is not None and jobs < 1:
        raise UsageError(f"{jobs} jobs", advice="give 1 or more")


@contextmanager
def _in_folder(out: Path) -> Iterator[None]:
    """A new folder that got no subject goes."""
    new = not out.exists()
    try:
        yield
    except BaseException:
        if new and not any(out.glob(f"*/{TRUTH}")):
            shutil.rmtree(out, ignore_errors=True)
        raise


def _take_folder(out: Path, stage: Path, options: PhantomOptions, overwrite: bool) -> None:
    """Begin a cohort in the folder, or go on with the one that lies there."""
    setting = {"made_by": f"lvcine {__version__}", **json.loads(json.dumps(asdict(options)))}
    out.mkdir(parents=True, exist_ok=True)
    if (out / SETTING).is_file():
        _take_up(out, stage, setting, overwrite)
    elif entries(out):
        raise UsageError(
            "the output folder holds something that is no cohort",
            where=out.name,
            advice="name another folder",
        )
    _put(_json(setting), stage, out / SETTING)


def _take_up(out: Path, stage: Path, setting: dict[str, Any], overwrite: bool) -> None:
    for part in out.glob(".part-subject-*"):  # left by a killed run of an earlier lvcine
        shutil.rmtree(part, ignore_errors=True)
    if overwrite:
        for folder in out.glob(f"subject-{'[0-9]' * 6}"):
            # In one step: half a subject must not pass for a whole one.
            folder.rename(stage / f"old-{folder.name}")
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


def _made(
    out: Path, stage: Path, numbers: Sequence[int], options: PhantomOptions, jobs: int
) -> Iterator[int]:
    """Make the subjects; yields how many are done."""
    if min(jobs, len(numbers)) <= 1:
        for done, number in enumerate(numbers, 1):
            make_subject(out, stage, number, options)
            yield done
        return
    waiting, done = iter(numbers), 0
    with processes(min(jobs, len(numbers))) as submit:

        def begin(most: int) -> set[Future[None]]:
            return {submit(make_subject, out, stage, n, options) for n in islice(waiting, most)}

        running = begin(jobs)
        while running:
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                future.result()
            done += len(ended)
            running |= begin(len(ended))
            yield done


def _write_table(out: Path, stage: Path) -> int:
    """One line per finished subject of the folder; returns how many."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*COLUMNS, "scar_segments"])
    truths = [_read_json(path) for path in sorted(out.glob(f"subject-*/{TRUTH}"))]
    for truth in truths:
        scarred = sorted({segment for scar in truth["scars"] for segment in scar["segments"]})
        table.writerow([*(truth[name] for name in COLUMNS), " ".join(map(str, scarred))])
    _put(text.getvalue(), stage, out / TABLE)
    return len(truths)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise UsageError(
            "not the JSON that lvcine wrote", where=f"{path.parent.name}/{path.name}",
            advice="remove it, or pass --overwrite",
        ) from error  # fmt: skip


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _put(text: str, stage: Path, file: Path) -> None:
    """In one step: who reads sees the old file or the new one."""
    (stage / file.name).write_text(text, encoding="utf-8")
    (stage / file.name).replace(file)

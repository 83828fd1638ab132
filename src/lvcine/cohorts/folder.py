"""The folder of a cohort: what it was made with, the records of its studies, what is left to do.

``records/LABEL.json`` says that a study is finished; it is written after the study's results, in one step.
So a run that was killed, at whatever moment, leaves each study finished or to be done again.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import lvcine
from lvcine.cohorts.find import SETTING
from lvcine.cohorts.record import AGAIN, Record
from lvcine.cohorts.study_ref import StudyRef
from lvcine.errors import UsageError
from lvcine.output import FILES, entries, hold, write_whole, writing
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.report.manifest import without_paths

SCHEMA = 1
RECORDS, STUDIES = "records", "studies"
_NO_NUMBERS = ("threads", "overwrite")  # options that change no result


@dataclass(frozen=True)
class CohortFolder:
    """A cohort's folder, held by this run.

    Attributes
    ----------
    out : Path
    stage : Path
        Empty folder on the same disk, removed at the end.
    token : str
        Of this folder alone: who sees the same file sees the same disk.
    """

    out: Path
    stage: Path
    token: str

    def results(self, label: str) -> Path:
        """Where the results of a study lie."""
        return self.out / STUDIES / label

    def record_file(self, label: str) -> Path:
        """Where the record of a study lies."""
        return self.out / RECORDS / f"{label}.json"

    def record(self, label: str) -> Record | None:
        """The record of a finished study; None where there is none, or one that cannot be read."""
        try:
            return Record.of_json(self.record_file(label).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def thumbnail(self, label: str) -> str:
        """A study's ED and ES, WebP as base64; empty where there is none."""
        record = self.record(label)
        return "" if record is None else record.thumbnail

    def keep(self, record: Record) -> None:
        """Write a study's record: it is finished then."""
        write_whole(self.record_file(record.label), record.to_json())

    def clear(self, label: str) -> None:
        """Remove what a killed run, or one of other files, left of a study.

        Raises
        ------
        UsageError
            Something that lvcine has not written lies there.
        """
        folder = self.results(label)
        with writing(self.out):
            self.record_file(label).unlink(missing_ok=True)
            if not folder.exists():
                return
            foreign = [entry.name for entry in entries(folder) if entry.name not in FILES]
            if foreign:
                raise UsageError(
                    f"{foreign[0]} in the results of {label} is not lvcine's",
                    where=label, advice="move it elsewhere, or name another output folder",
                )  # fmt: skip
            for entry in entries(folder):
                entry.unlink(missing_ok=True)
            with suppress(FileNotFoundError):  # another worker has cleared it
                folder.rmdir()


@contextmanager
def cohort_folder(out: Path, options: AnalyzeOptions, labels: str) -> Iterator[CohortFolder]:
    """Begin a cohort in a folder, or go on with the one that lies there; no other run works there meanwhile.

    Raises
    ------
    UsageError
        The folder holds something else, a cohort of other options or of a newer lvcine; another run works
        there; the disk refuses.
    """
    asked = _asked(options, labels)
    with writing(out), hold(out) as stage:
        token = _take(out, asked)
        yield CohortFolder(out, stage, token)


def _asked(options: AnalyzeOptions, labels: str) -> dict[str, Any]:
    """What decides the numbers, comparable as JSON."""
    said = without_paths({k: v for k, v in asdict(options).items() if k not in _NO_NUMBERS})
    if options.weights is not None:
        cards = sorted(Path(options.weights).glob("*.toml"))
        said["weights"] = hashlib.sha256(b"".join(card.read_bytes() for card in cards)).hexdigest()
    return dict(json.loads(json.dumps({"labels": labels, "options": said})))


def _take(out: Path, asked: dict[str, Any]) -> str:
    out.mkdir(parents=True, exist_ok=True)
    if (out / SETTING).is_file():
        token = _go_on(out, asked)
    elif entries(out):
        raise UsageError(
            "the output folder holds something that is no cohort",
            where=out.name,
            advice="name another folder",
        )
    else:
        token = secrets.token_hex(16)
        made = {"made_by": f"lvcine {lvcine.__version__}", "schema": SCHEMA, "token": token, **asked}
        write_whole(out / SETTING, json.dumps(made, indent=2) + "\n")
    for name in (RECORDS, STUDIES):
        (out / name).mkdir(exist_ok=True)
    for part in (out / RECORDS).glob(".lvcine-*.part"):  # of a killed run
        with suppress(OSError):
            part.unlink()
    return token


def _go_on(out: Path, asked: dict[str, Any]) -> str:
    """The token of the cohort that lies there, if it is the same one."""
    try:
        known = json.loads((out / SETTING).read_text(encoding="utf-8"))
        schema, token = int(known["schema"]), str(known["token"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{SETTING} in the output folder is not lvcine's", where=out.name, advice="name another folder"
        ) from error
    if schema > SCHEMA:
        raise UsageError(
            "a cohort of a newer lvcine", where=out.name, advice="use that, or name another folder"
        )
    other = [*_differences(known, asked, ("labels",)), *_differences(
        known.get("options", {}), asked["options"], tuple(asked["options"]))]  # fmt: skip
    if other:
        raise UsageError(
            f"the output folder holds a cohort of other options: {', '.join(other)}",
            where=out.name, advice="give the same options to go on, or name another folder",
        )  # fmt: skip
    return token


def _differences(known: dict[str, Any], asked: dict[str, Any], names: Sequence[str]) -> list[str]:
    return [f"{name} {known[name]!r}" for name in names if name in known and known[name] != asked[name]]


@dataclass(frozen=True)
class Plan:
    """What a run has to do.

    Attributes
    ----------
    todo : tuple of StudyRef
    finished : int
    changed, unfinished : int
        Of ``todo``: whose input is another than at the last run; that a killed run left half-way.
    others : tuple of str
        Labels in the folder that are not in the cohort any more; they stay out of its tables.
    """

    todo: tuple[StudyRef, ...]
    finished: int
    changed: int
    unfinished: int
    others: tuple[str, ...]


def plan(folder: CohortFolder, studies: Sequence[StudyRef], *, retry: bool) -> Plan:
    """Which studies are to be measured; what is half-way or outdated is removed."""
    todo, changed, unfinished = [], 0, 0
    with os.scandir(folder.out / STUDIES) as found:
        lying = {entry.name for entry in found}
    with os.scandir(folder.out / RECORDS) as found:
        recorded = {entry.name.removesuffix(".json") for entry in found}
    for study in studies:
        record = folder.record(study.label) if study.label in recorded else None
        whole = record is not None and (record.status != "done" or study.label in lying)
        new_input = record is not None and record.signature != study.signature()
        again = record is not None and record.status != "done" and (retry or record.kind in AGAIN)
        if record is not None and whole and not new_input and not again:
            continue
        changed += new_input
        unfinished += record is None and study.label in lying
        if study.label in lying or study.label in recorded:
            folder.clear(study.label)
        todo.append(study)
    labels = {study.label for study in studies}
    others = tuple(sorted(name for name in recorded - labels if not name.startswith(".")))
    return Plan(tuple(todo), len(studies) - len(todo), changed, unfinished, others)


def records_of(folder: CohortFolder, studies: Sequence[StudyRef]) -> Iterator[Record]:
    """The records of a cohort's studies in their order, without thumbnails: these are read when shown."""
    for study in studies:
        record = folder.record(study.label)
        if record is not None:
            yield replace(record, thumbnail="")

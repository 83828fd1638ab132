"""A cohort as text or JSON: what was taken for a study, and what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvcine.cli.result import print_json
from lvcine.cli.terminal import say, say_all

if TYPE_CHECKING:
    from lvcine.cohorts.find import Found
    from lvcine.cohorts.run import CohortResult


def print_found(found: Found, *, as_json: bool) -> None:
    """Every study with its label, what it was recognised by, and where it lies."""
    from lvcine.cohorts.summary import summary

    if as_json:
        studies = [
            {
                "label": s.label,
                "by": s.by,
                "path": s.source,
                "files": len(s.files or s.members) or None,
                "series": s.series,
            }
            for s in found.studies
        ]
        print_json({"studies": studies, "left_aside": dict(found.left_aside), "exit_code": 0})
        return
    for study in found.studies:
        some, of = (study.members, "archive") if study.members else (study.files, "folder")
        part = f", {len(some)} files of the {of}" if some else ""
        series = f", series {study.series}" if study.series else ""
        say(f"{study.label}: {study.source} (by {study.by}{part}{series})")
    say_all(summary(found))


def print_studies(done: CohortResult, *, as_json: bool) -> None:
    """How many studies have numbers, and where their tables lie."""
    table = done.folder / "cohort.csv"
    some = done.studies["refused"] + done.studies["failed"]
    if as_json:
        print_json(
            {
                "output": str(done.folder),
                "table": str(table),
                "studies": done.studies,
                "measured_now": done.measured,
                "versions": done.versions,
                "exit_code": 7 if some else 0,
            }
        )
        return
    counted = done.studies
    each = f"{counted['done']} measured, {counted['refused']} refused, {counted['failed']} failed"
    say(f"{sum(counted.values())} studies: {each}")
    if some:
        say("the column reason of the table says why; --retry tries them again")
    if len(done.versions) > 1:
        say(
            "measured by several versions of lvcine: "
            + ", ".join(f"{v} ({n})" for v, n in done.versions.items())
        )
    if done.others:
        say(f"{len(done.others)} finished studies in the folder are not in this cohort; they are in no table")
    say(f"table: {table}")
    if (page := done.folder / "cohort.html").is_file():
        say(f"page: {page}")

"""Reviewed studies as readers: the numbers and masks of ``corrected`` beside those of the analysis."""

from __future__ import annotations

import csv
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lvcine.comparison.columns import ALIASES
from lvcine.comparison.masks import MaskScores, agreement_of, ends_of
from lvcine.comparison.readings import OURS, Reading, finite
from lvcine.errors import ReadError, UsageError
from lvcine.pipeline.corrected import CORRECTED, mark, saved_review
from lvcine.pipeline.measure_masks import OWN_MASKS
from lvcine.pipeline.reviewed import results_in

UNNAMED = "a reader"
AGAIN = ", again"
"""After the name of a reader who read the same studies in a second folder."""
BEGUN = (
    "reviews begin with the contours of the analysis: they agree with it, and with each other, better than "
    "readings do that were drawn from nothing"
)


@dataclass(frozen=True)
class Reviews:
    """What one reader reviewed.

    Attributes
    ----------
    reader : str
    folders : mapping
        Label -> folder of the results that hold the review.
    """

    reader: str
    folders: Mapping[str, Path]

    def masks(self, label: str) -> Path:
        """The corrected masks of a study."""
        return self.folders[label] / CORRECTED / OWN_MASKS


def reviews_in(place: Path, cohort: Path, note: Callable[[str], None]) -> list[Reviews]:
    """The reviews of a cohort's studies that lie in a place, by reader; none where nothing was reviewed.

    Parameters
    ----------
    place : Path
        A cohort, or any tree of folders of results.
    cohort : Path
        Whose studies are meant; a study is known by the digest of its scan, then by the folder's name.
    note : callable
        Takes a sentence for each review that is left out.

    Raises
    ------
    UsageError
        One reader reviewed a study twice in the place.
    """
    digests = _digests(cohort)
    found: dict[str, dict[str, Path]] = defaultdict(dict)
    for folder in sorted(results_in(place)):
        saved = saved_review(folder)
        if saved is None:
            continue
        label = _label(folder, digests)
        if label is None:
            note(f"{folder.name}: reviewed, but no study of the cohort")
        elif saved.corrected_from != mark(folder):
            note(f"{folder.name}: its review is of an earlier analysis")
        else:
            mine = found[saved.reader or UNNAMED]
            if label in mine:
                raise UsageError(
                    f"{label} was reviewed twice by {saved.reader or UNNAMED}", where=place.name,
                    advice="name the readers in lvcine review, or compare with one folder at a time",
                )  # fmt: skip
            mine[label] = folder
    return [Reviews(reader, folders) for reader, folders in found.items()]


def all_reviews(cohort: Path, other: Path, note: Callable[[str], None]) -> list[Reviews]:
    """The reviews in another place, after those of the cohort's own; none where the other place has none."""
    own = reviews_in(cohort, cohort, note)
    if cohort.resolve() == other.resolve():
        return own
    theirs = reviews_in(other, cohort, note)
    if not theirs:
        return []
    taken = {one.reader for one in own}
    return own + [replace(r, reader=r.reader + AGAIN) if r.reader in taken else r for r in theirs]


def numbers_of(reviews: Reviews) -> Reading:
    """The corrected numbers of a reader.

    Raises
    ------
    ReadError
        A corrected result is damaged.
    """
    numbers = {}
    for label, folder in reviews.folders.items():
        try:
            stored = json.loads((folder / CORRECTED / "measurements.json").read_text("utf-8"))
            numbers[label] = finite({name: stored.get(name) for name in ALIASES})
        except (OSError, ValueError, AttributeError) as error:
            raise ReadError(f"numbers of {CORRECTED} that cannot be read", where=folder.name) from error
    return Reading(reviews.reader, numbers)


def compare_reviews(cohort: Path, readers: Sequence[Reviews]) -> list[MaskScores]:
    """Masks of the analysis against each reader's, then readers' against each other's.

    In the frames that the analysis took for ED and ES, whichever ones a reader took.
    """
    ends = ends_of(cohort)
    labels = sorted({label for one in readers for label in one.folders})
    automatic = Reviews(OURS, {label: cohort / "studies" / label for label in labels})
    found = []
    for one, other in itertools.combinations([automatic, *readers], 2):
        for label in sorted(one.folders.keys() & other.folders.keys()):
            mine = one.folders[label] / OWN_MASKS if one is automatic else one.masks(label)
            blank = MaskScores(label, {}, one=one.reader, other=other.reader)
            try:
                found.append(replace(blank, scores=agreement_of(mine, other.masks(label), ends[label])))
            except ReadError as error:
                found.append(replace(blank, reason=str(error)))
    return found


def _digests(cohort: Path) -> dict[str, str]:
    """Label -> digest of the scan, of the studies that were measured."""
    with (cohort / "cohort.csv").open(encoding="utf-8", newline="") as stream:
        return {
            row["label"]: row.get("input_sha256") or ""
            for row in csv.DictReader(stream)
            if row["status"] == "done"
        }


def _label(folder: Path, digests: Mapping[str, str]) -> str | None:
    """Which study of a cohort a folder of results is of."""
    try:
        digest = json.loads((folder / "run.json").read_text("utf-8")).get("input_sha256") or ""
    except (OSError, ValueError, AttributeError):
        return None
    named = digests.get(folder.name)
    if named is not None and (named == digest or not named or not digest):
        return folder.name
    same = [label for label, known in digests.items() if known and known == digest]
    return same[0] if len(same) == 1 else None


def same_numbers(one: Reading, other: Reading) -> bool:
    """Whether two readings say the same of every study that both have: of a copy of the same results."""
    return all(
        name not in other.numbers[label] or np.isclose(value, other.numbers[label][name], rtol=1e-6)
        for label in one.numbers.keys() & other.numbers.keys()
        for name, value in one.numbers[label].items()
    )

"""The cohort of the tables: 18 healthy virtual subjects, 8 of them scanned twice, 121 slices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lvcine.phantom.seeds import seed_of
from lvcine.phantom.velocity import VelocityStudy, VelocityTruth, virtual_velocity
from lvcine.systems.velocity.train.data import LabelledSlice, slices_of
from lvcine.training.items import fill, read_item

SUBJECTS, TWICE, SLICES = 18, 8, 121
"""As in the paper; its 26 exams have 3 to 5 slices."""


@dataclass(frozen=True)
class Scans:
    """How a preset's scans are made.

    Attributes
    ----------
    twice, slices : int
        Subjects who come twice; slices of all scans together.
    frames, size, spacing_mm : of each slice.
    velocities : bool
        Whether the peaks are measured too.
    """

    twice: int
    slices: int
    frames: int
    size: int
    spacing_mm: float
    velocities: bool = True


@dataclass(frozen=True)
class Exam:
    """One scan of one subject.

    Attributes
    ----------
    subject : str
    number : int
        Of the heart on its side.
    side : str
    visit : int
        0, or 1 of those who came twice.
    slices : int
    """

    subject: str
    number: int
    side: str
    visit: int
    slices: int

    def scanned(self, frames: int, size: int, spacing_mm: float) -> tuple[VelocityStudy, VelocityTruth]:
        """What the scanner gives, and what was there."""
        return virtual_velocity(
            seed_of("velocity-table", self.side, self.number), slices=self.slices, frames=frames, size=size,
            spacing_mm=spacing_mm, kind="normal", visit=self.visit,
        )  # fmt: skip


def exams(side: str, subjects: int, twice: int, slices: int) -> list[Exam]:
    """Scans of some subjects, the first ``twice`` of whom come again; all slices shared out evenly.

    Examples
    --------
    >>> cohort = exams("reporting", SUBJECTS, TWICE, SLICES)
    >>> len(cohort), len({e.subject for e in cohort}), sum(e.slices for e in cohort)
    (26, 18, 121)
    """
    visits = [(n, 0) for n in range(subjects)] + [(n, 1) for n in range(twice)]
    shares = [slices // len(visits) + (k < slices % len(visits)) for k in range(len(visits))]
    return [
        Exam(f"{side}-{n}", n, side, visit, share) for (n, visit), share in zip(visits, shares, strict=True)
    ]


def exam_slices(folder: Path, exam: Exam, frames: int, size: int, spacing_mm: float) -> list[LabelledSlice]:
    """The slices of an exam, made once and kept in ``folder``."""

    def make(number: int, side: str) -> Iterator[LabelledSlice]:
        study, _ = exam.scanned(frames, size, spacing_mm)
        return slices_of(study, f"{exam.subject}~visit{exam.visit}-z")

    visit = folder / f"visit-{exam.visit}"
    fill(visit, make, exam.side, [exam.number])
    return [read_item(file, LabelledSlice) for file in sorted(visit.glob(f"{exam.subject}~*.npz"))]

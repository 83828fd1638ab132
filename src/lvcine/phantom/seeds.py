"""Which virtual hearts belong to whom: every purpose has a side, every use has numbers of its own.

A virtual heart is made from one seed. The sides of the split are a million seeds apart, so that no heart
that a net learned from is ever measured in a table. Within a side each use (a system's training, a paper's
table) has a range of numbers; :data:`RANGES` is the one place that they are written in.
"""

from __future__ import annotations

from dataclasses import dataclass

from lvcine.errors import SplitError

SIDES = {
    "training": 1_000_000,
    "choosing": 2_000_000,
    "reporting": 3_000_000,
    "demo": 4_000_000,
    "user": 5_000_000,
}
"""First seed of each side; a million seeds apart."""


@dataclass(frozen=True)
class SeedRange:
    """The numbers of one use, on every side alike.

    Attributes
    ----------
    first, count : int
    scanners : tuple of str
        Under which the hearts are seen: MR, ultrasound (``us``), velocity mapping. A heart of one number
        may be seen by one use under one scanner and by another use under another; the side is the same.
    """

    first: int
    count: int
    scanners: tuple[str, ...] = ("mr",)

    @property
    def end(self) -> int:
        return self.first + self.count


RANGES = {
    "sax": SeedRange(0, 200_000),
    "coverage": SeedRange(200_000, 100_000),
    "echo": SeedRange(300_000, 100_000, ("us",)),
    "frames": SeedRange(400_000, 5_000, ("mr", "us")),
    "frames-table": SeedRange(405_000, 5_000, ("mr", "us")),
    "shapes": SeedRange(500_000, 100_000),
    "quantification": SeedRange(600_000, 5_000),
    "quantification-table": SeedRange(605_000, 5_000),
    "echo-table": SeedRange(600_000, 10_000, ("us",)),
    "agreement-limits": SeedRange(700_000, 10_000),
    "tests-ultrasound": SeedRange(710_000, 1_000, ("us",)),
    "velocity": SeedRange(800_000, 50_000, ("velocity",)),
    "velocity-table": SeedRange(850_000, 10_000, ("velocity",)),
    "tests-velocity": SeedRange(860_000, 10_000, ("velocity",)),
    "pigs": SeedRange(900_000, 1_000),
    "benchmarks": SeedRange(990_000, 10_000, ("mr", "us", "velocity")),
}
"""Who uses which numbers. ``*-table``: hearts that only a paper's table learns from or reports on."""


def phantom_seed(side: str, number: int) -> int:
    """Seed of the ``number``-th virtual heart of a side; the sides never meet.

    Raises
    ------
    SplitError
        A number beyond the side's million.
    """
    if not 0 <= number < 1_000_000:
        raise SplitError(f"virtual heart {number} of {side}: only 0 to 999,999")
    return SIDES[side] + number


def seed_of(use: str, side: str, number: int) -> int:
    """Seed of the ``number``-th heart of one use (:data:`RANGES`) on a side.

    Raises
    ------
    SplitError
        A number beyond the use's range.

    Examples
    --------
    >>> seed_of("pigs", "reporting", 2)
    3900002
    """
    numbers = RANGES[use]
    if not 0 <= number < numbers.count:
        raise SplitError(f"virtual heart {number} of {use}: only 0 to {numbers.count - 1:,}")
    return phantom_seed(side, numbers.first + number)

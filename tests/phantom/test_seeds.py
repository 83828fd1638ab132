"""The ledger of seeds: no heart belongs to two sides, nor to two uses under one scanner."""

from itertools import combinations

import pytest

from lvcine.errors import SplitError
from lvcine.phantom.seeds import RANGES, SIDES, phantom_seed, seed_of


@pytest.mark.parametrize(("one", "other"), combinations(sorted(RANGES), 2))
def test_uses_under_one_scanner_share_no_number(one, other):
    a, b = RANGES[one], RANGES[other]
    assert not set(a.scanners) & set(b.scanners) or a.end <= b.first or b.end <= a.first


@pytest.mark.parametrize("use", sorted(RANGES))
def test_a_use_keeps_to_its_range_and_within_its_side(use):
    numbers = RANGES[use]
    first, last = (seed_of(use, "training", n) for n in (0, numbers.count - 1))
    assert (first, last) == (SIDES["training"] + numbers.first, SIDES["training"] + numbers.end - 1)
    assert numbers.count > 0 and numbers.end <= 1_000_000
    for beyond in (-1, numbers.count):
        with pytest.raises(SplitError):
            seed_of(use, "training", beyond)


def test_sides_never_meet():
    ends = sorted((phantom_seed(side, 0), phantom_seed(side, 999_999)) for side in SIDES)
    assert all(last < first for (_, last), (first, _) in zip(ends, ends[1:], strict=False))
    for beyond in (-1, 1_000_000):
        with pytest.raises(SplitError):
            phantom_seed("demo", beyond)


def test_seeds_are_those_of_the_published_weights_and_tables():
    """A number that moves is another heart: what was trained and measured could not be made again."""
    assert phantom_seed("training", 0) == 1_000_000 and phantom_seed("reporting", 7) == 3_000_007
    assert seed_of("echo", "choosing", 5) == 2_300_005 and seed_of("velocity", "training", 0) == 1_800_000

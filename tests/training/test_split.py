"""No subject and no seed on two sides."""

import pytest

from lvcine.errors import SplitError
from lvcine.phantom.seeds import phantom_seed
from lvcine.training.split import SUNNYBROOK, Split


def test_a_subject_on_two_sides_is_refused_by_name():
    with pytest.raises(SplitError, match="b"):
        Split(("a", "b"), ("c",), ("b",))


def test_a_stray_is_refused():
    split = Split(("a",), ("b",), ("c",))
    split.only("training", ["a"])
    with pytest.raises(SplitError, match="c"):
        split.only("training", ["a", "c"])
    with pytest.raises(SplitError, match="nobody"):
        split.side("nobody")


def test_the_labelled_subjects_the_pig_and_drawn_cavities_stand_on_one_side_each():
    sides = SUNNYBROOK.training, SUNNYBROOK.choosing, SUNNYBROOK.reporting
    assert sum(map(len, sides)) == len(set().union(*map(set, sides))) == 31


def test_virtual_hearts_of_different_sides_never_share_a_seed():
    last, first = phantom_seed("training", 999_999), phantom_seed("choosing", 0)
    assert last < first
    with pytest.raises(SplitError):
        phantom_seed("training", 1_000_000)

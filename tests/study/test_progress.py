"""Stages report themselves and take time; units count."""

import pytest

from lvcine.study.progress import Stages, Units


def test_a_stage_reports_its_name_and_its_steps_and_keeps_its_time():
    seen = []
    stages = Stages(lambda *step: seen.append(step))
    with stages("read") as steps:
        steps(1, 3)
    assert seen == [("read", 0, 0), ("read", 1, 3)]
    assert set(stages.seconds) == {"read"} and stages.seconds["read"] >= 0


def test_a_stage_that_fails_has_no_time():
    stages = Stages(None)
    with pytest.raises(ValueError), stages("read"):
        raise ValueError
    assert stages.seconds == {}


def test_units_are_reported_as_they_begin():
    seen = []
    units = Units(lambda *step: seen.append(step), 2)
    units("one"), units("two")
    assert seen == [("one", 0, 2), ("two", 1, 2)]

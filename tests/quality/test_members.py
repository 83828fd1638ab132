"""Wide intervals become a finding; narrow ones and missing ones do not."""

import pytest

from lvcine.quality.members import members_disagree
from lvcine.study import Measurement


def number(name: str, value: float, half: float | None) -> Measurement:
    low, high = (None, None) if half is None else (value - half, value + half)
    return Measurement(name, value, "", "test", low=low, high=high)


@pytest.mark.parametrize(
    ("name", "value", "half", "said"),
    [
        ("ef_percent", 55.0, 6.0, False), ("ef_percent", 55.0, 13.0, True), ("ef_percent", 55.0, None, False),
        ("edv_ml", 200.0, 30.0, False), ("edv_ml", 200.0, 50.0, True), ("lv_mass_g", 100.0, 60.0, True),
        ("heart_rate_bpm", 60.0, 60.0, False),
    ],
)  # fmt: skip
def test_an_interval_wider_than_readers_differ_is_said(name, value, half, said):
    findings = members_disagree([number(name, value, half)])
    assert [f.code for f in findings] == (["members-disagree"] if said else [])

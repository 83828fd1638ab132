"""Limits of agreement between contours and direct regression."""

import pytest

from benchmarks import agreement_limits as limits


def test_limits_are_the_mean_and_twice_the_spread(monkeypatch):
    values = iter([1.0, 3.0, 5.0])
    monkeypatch.setattr(limits, "virtual_study", lambda seed, step_mm: (seed, None))
    monkeypatch.setattr(
        limits, "_differences", lambda cine, options: {"cavity_area": next(values)} if cine else {}
    )
    seen = []
    monkeypatch.setattr(limits, "INDICES", ("cavity_area",))
    found = limits.limits_of(3, progress=lambda done, total: seen.append((done, total)))
    assert found["cavity_area"] == pytest.approx((3 - 3.92, 3 + 3.92)) and seen[-1] == (3, 3)

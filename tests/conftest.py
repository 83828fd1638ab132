"""Settings that every test shares."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# The same examples on every machine, and no stop-watch: two cores shared with others are slow at times.
settings.register_profile(
    "lvcine", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lvcine")

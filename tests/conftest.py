"""Settings that every test shares."""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every machine, and no stop-watch: two cores shared with others are slow at times.
settings.register_profile(
    "lvcine", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lvcine")

HAS_TORCH = importlib.util.find_spec("torch") is not None
NEEDS_TORCH = re.compile(r"^(import|from) torch\b", flags=re.M)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Tests of training run where `make train` has set it up: torch is larger than all the rest."""
    if HAS_TORCH or collection_path.suffix != ".py":
        return None
    return True if NEEDS_TORCH.search(collection_path.read_text(encoding="utf-8")) else None


def pytest_report_header() -> str | None:
    return None if HAS_TORCH else "no torch here: the tests of training are left out (`make train` adds it)"


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """A command that runs within a test sets up the log of its process, which other tests share."""
    root, ours = logging.getLogger(), logging.getLogger("lvcine")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    logging.getLogger("nibabel.global").disabled = False

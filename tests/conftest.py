"""Settings that every test shares."""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tests.report.browser import start

# The same examples on every machine, and no stop-watch: two cores shared with others are slow at times.
settings.register_profile(
    "lvcine", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lvcine")

HAS_TORCH = importlib.util.find_spec("torch") is not None
NEEDS_TORCH = re.compile(
    r"^\s*(?:import|from) (?:torch|lvcine\.papers|lvcine\.systems\.\w+\.train|tests\.contract"
    r"|lvcine\.training\.(?:augment|blocks|convlstm|export|fit|loop|ship|task))\b",
    flags=re.M,
)
LEFT_OUT: list[str] = []


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Tests of training run where `make train` has set it up: torch is larger than all the rest."""
    if HAS_TORCH:
        return None
    papers = collection_path.is_dir() and collection_path.name == "papers"
    if papers or collection_path.suffix == ".py" and NEEDS_TORCH.search(collection_path.read_text("utf-8")):
        LEFT_OUT.append(str(collection_path.relative_to(Path(__file__).parent)))
        return True
    return None


def pytest_report_header() -> str | None:
    return None if HAS_TORCH else "no torch here: the tests of training are left out (`make train` adds it)"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if LEFT_OUT:
        terminalreporter.write_line(
            f"left out, since torch is not installed (`make train` adds it): {', '.join(sorted(LEFT_OUT))}"
        )


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Closed with its file: while one is open, its process can start no other and run no event loop."""
    yield from start()

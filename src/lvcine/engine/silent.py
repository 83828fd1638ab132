"""The two engines as modules, with what they report to their makers switched off.

Every import of an engine goes through here, because both begin to report while they are imported:

- ONNX Runtime (1.29 and later) writes a device id and a store of events into the user's cache and looks up
  its maker's server some ten seconds later. A variable that is set before the import stops all of it; its own
  ``disable_telemetry_events`` comes too late for the first event and stops only those that follow.
- OpenVINO writes a client id into the user's home and has a child process count the import. It does so
  through a package of its own, ``openvino_telemetry``, and does without where that is not installed.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

log = logging.getLogger(__name__)

SWITCH = "ORT_DISABLE_TELEMETRY"
_LATE = (
    "ONNX Runtime was imported before lvcine and may have reported that to its maker; "
    f"set {SWITCH}=1 before the import"
)


def onnxruntime() -> ModuleType:
    """ONNX Runtime, which then reports nothing in this process and the ones it starts.

    The variable stays set: it also holds for children and for a version that reads it later. Where other code
    imported ONNX Runtime first, its later events are stopped, and a warning is logged about the first.

    Examples
    --------
    >>> onnxruntime().__name__, os.environ["ORT_DISABLE_TELEMETRY"]
    ('onnxruntime', '1')
    """
    late = "onnxruntime" in sys.modules and os.environ.get(SWITCH, "0") in ("", "0")
    os.environ[SWITCH] = "1"
    module = import_module("onnxruntime")
    module.disable_telemetry_events()
    if late:
        log.warning(_LATE)
    return module


def openvino() -> ModuleType:
    """OpenVINO, imported as if ``openvino_telemetry`` were not installed.

    Raises
    ------
    ImportError
        OpenVINO is not installed.
    """
    with _missing("openvino_telemetry"):
        return import_module("openvino")


@contextmanager
def _missing(package: str) -> Iterator[None]:
    """While this lasts, importing the package fails as it does where it is not installed."""
    before = {name: sys.modules[name] for name in (package,) if name in sys.modules}
    sys.modules[package] = None  # type: ignore[assignment]  # Python's own mark for "not to be found"
    try:
        yield
    finally:
        del sys.modules[package]
        sys.modules.update(before)

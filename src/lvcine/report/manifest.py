"""``run.json``: what made these results, so that they can be made again."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping
from typing import Any

import lvcine
from lvcine import errors
from lvcine.report.tables import plain
from lvcine.study import Analysis, Identity

_PACKAGES = ("numpy", "scipy", "pydicom", "nibabel", "onnxruntime", "openvino")


def run_json(analysis: Analysis, run: Mapping[str, Any] | None, identity: Identity | None) -> str:
    """Versions, nets, input digest, time per stage, options of the call (``run``) and exit status.

    Paths among the options are left out: folders carry names. ``identity`` is given only where the user asked
    for it.
    """
    record: dict[str, Any] = {
        "lvcine_version": lvcine.__version__,
        "versions": versions(),
        "net": dict(analysis.net),  # that of the contours
        "nets": [dict(net) for net in analysis.nets],
        "masks": None if analysis.masks is None else vars(analysis.masks),  # whose, where not the net's
        "input_sha256": analysis.study.digest,
        "seconds": {stage: plain(round(s, 3)) for stage, s in analysis.seconds.items()},
        "options": without_paths(dict(run or {})),
        "papillary": analysis.papillary,
        "left_aside": [{"reason": a.reason, "files": a.files} for a in analysis.study.left_aside],
        "exit_status": 0,
    }
    if identity is not None:
        record["identity"] = vars(identity)
    return json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def versions() -> dict[str, str]:
    """Versions of Python, the operating system's family and the packages that made the numbers."""
    found = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def without_paths(value: Any) -> Any:
    """The same options with everything that is, holds or looks like a path replaced, ready for JSON.

    Examples
    --------
    >>> without_paths({"input": "/data/DOE^JANE", "papillary": "include", "rate": 0.5})
    {'input': '<path>', 'papillary': 'include', 'rate': 0.5}
    """
    if isinstance(value, Mapping):
        return {str(key): without_paths(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [without_paths(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return plain(value)
    text = errors.plain_text(value)
    return "<path>" if isinstance(value, os.PathLike) or errors.without_paths(text) != text else text

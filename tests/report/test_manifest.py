"""run.json."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import numpy as np

import lvcine
from lvcine.report.manifest import run_json, without_paths


def test_it_names_versions_net_input_and_times(ring):
    told = json.loads(run_json(ring, {"papillary": "include", "movie": "gif"}, None))
    assert told["lvcine_version"] == lvcine.__version__
    assert told["versions"]["python"] == platform.python_version()
    assert told["versions"]["numpy"] == np.__version__
    assert told["net"] == ring.net and told["nets"] == list(ring.nets) and len(ring.nets) == 2
    assert told["input_sha256"] == "ab" * 32
    assert told["seconds"]["segment"] == 6.2
    assert told["options"] == {"papillary": "include", "movie": "gif"}
    assert told["exit_status"] == 0 and "identity" not in told


def test_paths_are_left_out_wherever_they_stand():
    given = {
        "input": Path("ward") / "DOE^JANE",
        "list": ["/a/b", "~/scan.dcm", "C:\\scans\\x", "..\\x", "plain", "exams/jane"],
        "deep": {"home": "./scan"},
        "threads": 2,
        "spacing": (1.5, float("nan")),
        "view": None,
    }
    assert without_paths(given) == {
        "input": "<path>",
        "list": ["<path>", "<path>", "<path>", "<path>", "plain", "<path>"],
        "deep": {"home": "<path>"},
        "threads": 2,
        "spacing": [1.5, None],
        "view": None,
    }

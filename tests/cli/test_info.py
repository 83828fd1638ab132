"""``lvcine info``: what would be read, in words and as an object."""

from __future__ import annotations

import json

import pytest

from lvcine.cli.main import run
from lvcine.read import Catalogue, Group
from lvcine.study import Finding, LeftAside, Subject, View

GAP = Finding("missing-slice", "warning", "1 missing between slices 3 and 4", "look for it")
GROUP = Group(
    label="series 3",
    modality="MR",
    view=View.SAX,
    slices=1,
    frames=25,
    rows=208,
    columns=256,
    spacing_mm=(1.40625, 1.40625),
    slice_step_mm=None,
    thickness_mm=8.0,
    frame_ms=33.2,
    cycle_ms=830.0,
    heart_rate_bpm=72.3,
    timing="trigger time",
    gated=True,
    phases_only=False,
    files=25,
    findings=(GAP,),
)


@pytest.fixture(autouse=True)
def catalogued(monkeypatch) -> None:
    found = Catalogue((GROUP,), Subject(), (LeftAside("series 9", "one frame", 1),), (GAP,), 26)
    monkeypatch.setattr("lvcine.read.catalogue", lambda path, options: found)


def test_a_line_for_every_cine_and_a_reason_for_what_is_left(capsys):
    assert run(["info", "exam"]) == 0
    cine, aside, doubt = capsys.readouterr().out.splitlines()
    assert cine == (
        "series 3: MR SAX, 1 slice x 25 frames, 208 x 256 pixels, 1.406 x 1.406 mm, 33.2 ms a frame, "
        "72.3 beats/min, timing: trigger time"
    )
    assert aside == "not analysed: series 9 (1 file): one frame"
    assert doubt == "warning: 1 missing between slices 3 and 4. Suggestion: look for it [missing-slice]"


def test_one_object_for_scripts(capsys):
    assert run(["info", "exam", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["groups"][0]["view"] == "SAX"
    assert said["left_aside"][0]["reason"] == "one frame"

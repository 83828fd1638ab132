"""What headers and names hold reaches the results as text alone, and names of files do not reach them."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests.test_text_is_data import HOSTILE, NAME, exam, harmless

from lvcine.read import open_study
from lvcine.report import write_outputs
from lvcine.study import Finding, Identity, LeftAside

MARKUP = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`${x}{{x}}<!--"

pytestmark = pytest.mark.filterwarnings("ignore")  # pydicom's, of values that are meant to be bad


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.met: list[str] = []
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        self.met.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def written(analysis, out, **how):
    return {file.name: file.read_bytes() for file in write_outputs(analysis, out, movie="none", **how)}


def test_no_result_names_a_damaged_file(ring, tmp_path):
    study = open_study(exam(tmp_path / "scan"))
    assert study.left_aside and any(NAME in aside.file for aside in study.left_aside)
    found = replace(ring, study=replace(ring.study, left_aside=study.left_aside, findings=study.findings))
    results = written(found, tmp_path / "out")
    assert not any(NAME.encode() in content for content in results.values())
    assert b"unreadable-files" in results["measurements.json"] and b"not be read" in results["report.html"]


@pytest.mark.parametrize("text", [MARKUP, *HOSTILE, "\u2028\u2029"])
def test_text_is_text_in_every_result(text, ring, tmp_path):
    usual = Tags(written(ring, tmp_path / "usual")["report.html"].decode())
    hostile = replace(
        ring,
        cine=replace(ring.cine, label=text),
        study=replace(
            ring.study,
            left_aside=(LeftAside(text, text, file=text),),
            identity=Identity(text, text, text, text),
        ),
        findings=(*ring.findings, Finding("x", "info", text, text)),
    )
    results = written(
        hostile, tmp_path / "out", identify=True, run={"series": text, "weights": f"/data/{NAME}"}
    )
    page = Tags(results["report.html"].decode())
    assert page.met.count("script") == usual.met.count("script") and not page.handlers
    assert page.met.count("img") == usual.met.count("img")
    assert all(map(harmless, results["report.html"].decode().replace("\n", "").splitlines()))
    for name in ("measurements.json", "run.json"):
        json.loads(results[name])
        assert all(map(harmless, results[name].decode().splitlines())) and NAME.encode() not in results[name]

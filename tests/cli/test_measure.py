from __future__ import annotations

import json

import pytest

from lvcine.cli.main import run

from .conftest import Recorder


@pytest.fixture
def measurer(monkeypatch, analysis) -> Recorder:
    recorder = Recorder(analysis)
    monkeypatch.setattr("lvcine.pipeline.measure_masks.measure_masks", recorder)
    return recorder


def test_masks_labels_and_decisions_reach_the_measuring(measurer, capsys):
    words = "measure scan.nii --mask a.nii.gz --mask b.nii.gz --labels acdc --by R2 --ed 3 --es 9 --base 1 2"
    assert run([*words.split(), "--papillary", "exclude", "--quiet", "--json"]) == 0
    path, masks = measurer.args
    assert str(path) == "scan.nii" and [str(m) for m in masks] == ["a.nii.gz", "b.nii.gz"]
    assert (measurer.options["labels"], measurer.options["by"]) == ("acdc", "R2")
    assert measurer.options["papillary"] == "exclude"
    options = measurer.options["options"]
    assert (options.ed, options.es, options.base) == (3, 9, (1, 2))
    assert json.loads(capsys.readouterr().out)["edv_ml"] == 152.25


def test_results_need_no_mask(measurer):
    assert run(["measure", "results", "--quiet"]) == 0
    assert measurer.args[1] is None and "papillary" not in measurer.options

"""Real stacks: which subjects come into the pool."""

import numpy as np

from lvcine.systems.sax.train import real
from lvcine.training.labelled import LabelledStudy
from lvcine.training.split import Split


def test_subjects_for_training_and_choosing_are_taken_and_no_others(monkeypatch, tmp_path):
    blank = np.zeros((1, 1, 4, 4), np.uint8)
    studies = [LabelledStudy(name, blank, blank) for name in ("a", "b", "c", "unknown")]
    monkeypatch.setattr(real, "studies_of", lambda data: iter(studies))
    found = real.real_stacks(tmp_path, Split(("a",), ("b",), ("c",)))
    assert [study.name for study in found] == ["a~SAX", "b~SAX"]

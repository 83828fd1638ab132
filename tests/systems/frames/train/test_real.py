"""Real cines: ED and ES are where the readers drew most and least, and sides are kept apart."""

import numpy as np
import pytest

from lvcine.errors import SplitError
from lvcine.systems.frames.train import real
from lvcine.training.labelled import ENDO_ONLY, UNLABELLED, LabelledStudy, marked_frames
from lvcine.training.split import Split


def contoured(ed: int, es: int, name: str = "a") -> LabelledStudy:
    """Four slices, 12 frames: all drawn at ED, but two at ES, and one slip in another frame."""
    y, x = np.indices((60, 60)) - 30
    labels = np.full((4, 12, 60, 60), UNLABELLED, np.uint8)
    for z in range(4):
        labels[z, ed] = np.where(np.hypot(y, x) < 14 - z, 1, np.where(np.hypot(y, x) < 20 - z, 2, 0))
    for z in (1, 2):
        labels[z, es] = np.where(np.hypot(y, x) < 9 - z, 1, 0) + ENDO_ONLY
    labels[0, 4] = np.where(np.hypot(y, x) < 3, 1, 0)
    pixels = np.random.default_rng(0).integers(0, 255, labels.shape).astype(np.uint8)
    return LabelledStudy(name, pixels, labels)


@pytest.mark.parametrize(("ed", "es"), [(0, 5), (11, 3), (9, 1)])
def test_ed_and_es_are_where_readers_drew_most_and_least(ed, es):
    assert marked_frames(contoured(ed, es).labels) == (ed, es)


def test_every_frame_drawn():
    y, x = np.indices((60, 60)) - 30
    radii = 12 + 5 * np.cos(2 * np.pi * (np.arange(20) - 4) / 20)
    labels = (np.hypot(y, x)[None, None] < radii[None, :, None, None]).astype(np.uint8)
    assert marked_frames(np.repeat(labels, 3, 0)) == (4, 14)


def test_subjects_of_another_side_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(real, "studies_of", lambda data: [contoured(0, 5, "a"), contoured(2, 7, "b")])
    split = Split(training=("b",), choosing=(), reporting=("a",))
    found = real.real_clips(tmp_path, split)
    assert {(c.name, float(c.eds[0]), float(c.ess[0])) for c in found} == {
        ("b~SAX1", 2.0, 7.0),
        ("b~SAX2", 2.0, 7.0),
    }
    with pytest.raises(SplitError):
        list(real.real_clips(tmp_path, Split((), (), ("a",))))

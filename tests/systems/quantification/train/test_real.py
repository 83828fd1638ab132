"""Real labelled cines as outlined slices: borders as drawn, sides kept apart, stills as stills."""

import numpy as np
import pytest

from lvcine.study import Contour, Mask, Segmentation
from lvcine.systems.quantification.train import real as outlined
from lvcine.systems.quantification.train.sample import truth_of
from lvcine.systems.sax.infer import SaxResult
from lvcine.training.items import subject_of
from lvcine.training.labelled import ENDO_ONLY, SPACING_MM, UNLABELLED, LabelledStudy
from lvcine.training.split import Split

MIDDLE, INNER, OUTER = (52.0, 44.0), 14.0, 20.0


def study(frames: int, name: str = "a") -> LabelledStudy:
    """ED whole in frame 0, ES with the endocardium alone, other frames not drawn; a bright cavity."""
    y, x = np.indices((100, 100)).astype(float)
    far = np.hypot(y - MIDDLE[0], x - MIDDLE[1])
    labels = np.full((2, frames, 100, 100), UNLABELLED, np.uint8)
    labels[:, 0] = np.where(far < INNER, 1, np.where(far < OUTER, 2, 0))
    labels[:, frames // 2] = np.where(far < INNER - 4, 1, 0) + ENDO_ONLY
    pixels = np.broadcast_to(np.where(far < INNER, 200, 50), labels.shape).astype(np.uint8)
    return LabelledStudy(name, pixels, labels)


@pytest.fixture(autouse=True)
def septum_below(monkeypatch):
    """`sax` that sees the right ventricle below the left one."""

    def segment(cine):
        line = Contour(np.array([[40.0, 40.0], [60.0, 40.0], [60.0, 60.0]]))
        lines = tuple((line,) * cine.frames for _ in range(cine.slices))
        down = np.repeat([[1.0, 0.0]], cine.slices, axis=0)
        mask = Mask(np.zeros(cine.pixels.shape, np.uint8))
        return SaxResult(Segmentation(mask, lines, lines, rv_direction=down), (), {})

    monkeypatch.setattr(outlined, "segment", segment)


def test_a_cine_keeps_its_frames_and_what_was_drawn_of_them():
    clips = list(outlined.outlined(study(10)))
    assert [c.name for c in clips] == ["a~z0", "a~z1"]
    clip = clips[0]
    assert clip.phase.tolist() == [0, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    numbers = truth_of(clip)[:, :11] * 80 * clip.pixel_mm / SPACING_MM
    assert numbers[0, 2:5] == pytest.approx(2 * INNER, abs=1.2)
    assert numbers[0, 5:] == pytest.approx(OUTER - INNER, abs=0.5)
    # Frames that were not drawn, and ES, where these readers draw farther out than others.
    assert np.isnan(numbers[[1, 4, 5, 9]]).all()
    # The septum is turned to the left: what lay below lies left, at the height of the middle.
    inside = clip.pixels[0, 60, 60]
    assert inside > 180 and clip.pixels[0, 60, 60 - 45] < 80


def test_stills_stand_alone_without_a_phase():
    clips = list(outlined.outlined(study(2)))
    assert [c.name for c in clips] == ["a~still0-z0", "a~still0-z1"]
    assert all(len(c.pixels) == 1 and c.phase.tolist() == [-1] for c in clips)


def test_sides_are_kept_apart(tmp_path, monkeypatch):
    studies = [study(4, "a"), study(4, "b"), study(4, "nowhere")]
    monkeypatch.setattr(outlined, "studies_of", lambda data: studies)
    split = Split(("a",), (), ("b",))
    found = {side: {subject_of(c.name) for c in outlined.real_clips(tmp_path, side, split)}
             for side in ("training", "choosing", "reporting")}  # fmt: skip
    assert found == {"training": {"a"}, "choosing": set(), "reporting": {"b"}}

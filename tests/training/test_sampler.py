"""What a batch shows: the whole beat, and the base of the stack."""

import numpy as np
import pytest
import torch

from lvcine.training.sampler import ENDS, UNSURE, Sampler
from lvcine.training.sunnybrook import UNLABELLED, LabelledStudy

SIZE, FRAMES = 32, 6
RADII = (7, 9, 8, 4, 3, 5)
"""Of the cavity in each frame: frame 1 is ED, frame 4 ES."""


def disc(radius: float) -> np.ndarray:
    y, x = np.mgrid[:48, :48] - 24
    return np.hypot(y, x) < radius


def labels(slices: int = 6, base: int = 2) -> np.ndarray:
    """No LV above slice ``base``, and there only around ED."""
    out = np.zeros((slices, FRAMES, 48, 48), np.uint8)
    for z in range(base, slices):
        for t, radius in enumerate(RADII):
            if z > base or radius > 6:
                out[z, t][disc(radius + 3)] = 2
                out[z, t][disc(radius)] = 1
    return out


@pytest.fixture
def sampler(tmp_path):
    drawn = labels()
    # Every picture tells its slice and frame by its grey.
    slices, frames = np.indices(drawn.shape[:2])
    pixels = np.broadcast_to((40 * slices + frames)[..., None, None], drawn.shape).astype(np.uint8)
    np.save(tmp_path / "0.npy", np.stack([pixels, drawn]))
    read = (np.isin(frames, (1, 4)) & (slices >= 2))[..., None, None]
    real = LabelledStudy("one", pixels, np.where(read, drawn, UNLABELLED))
    made = Sampler([real], tmp_path, SIZE, lambda clip: clip, torch.Generator().manual_seed(1))
    made.refresh()
    return made


def shown(clip: np.ndarray) -> tuple[int, list[int]]:
    """(slice, frames) of a clip (frames, 3, Y, X)."""
    grey = clip[:, 1, 0, 0]
    return int(grey[0]) // 40, [int(g) % 40 for g in grey]


@pytest.mark.parametrize("frames", [2, 3, 4, 6])
@pytest.mark.parametrize("kind", ["_virtual_clip", "_real_clip"])
def test_every_clip_holds_ed_and_es_in_the_order_of_the_cycle(sampler, frames, kind):
    for _ in range(40):
        _, order = shown(getattr(sampler, kind)(frames)[0])
        assert {1, 4} <= set(order) and len(set(order)) == frames
        assert (np.diff(order) < 0).sum() <= 1  # the cycle may begin anywhere


def test_a_single_frame_may_be_any_virtual_one_and_any_drawn_real_one(sampler):
    virtual = {shown(sampler._virtual_clip(1)[0])[1][0] for _ in range(200)}
    real = {shown(sampler._real_clip(1)[0])[1][0] for _ in range(60)}
    assert virtual == set(range(FRAMES)) and real == {1, 4}


def test_the_base_comes_more_often_than_other_slices(sampler):
    count = np.bincount([shown(sampler._virtual_clip(2)[0])[0] for _ in range(3000)], minlength=6) / 3000
    ends = ENDS / 2 + (1 - ENDS) / 6  # slice 2 holds the LV at ED only, slice 1 lies above it
    assert count == pytest.approx([(1 - ENDS) / 6, ends, ends, *[(1 - ENDS) / 6] * 3], abs=0.03)


def test_the_slice_above_is_rarely_taken_for_the_one_below(sampler):
    seen = [sampler._virtual_clip(2)[0][0, :, 0, 0].astype(int) // 40 for _ in range(3000)]
    inner = [(above, here, below) for above, here, below in seen if 0 < here < 5 and above and below]
    turned = np.mean([above > below for above, _, below in inner])
    assert turned == pytest.approx(UNSURE, abs=0.03)

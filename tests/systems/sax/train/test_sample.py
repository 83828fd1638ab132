"""What a batch shows: the whole beat, and the base of the stack."""

from dataclasses import replace

import numpy as np
import pytest

from lvcine.systems.sax.recipe import TINY
from lvcine.systems.sax.train.sample import ENDS, REAL, UNSURE, Sampler
from lvcine.training.labelled import UNLABELLED, LabelledStudy

FRAMES = 6
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
def stacks():
    """A virtual one and a real one."""
    whole = labels()
    # Every picture tells its slice and frame by its grey.
    slices, frames = np.indices(whole.shape[:2])
    pixels = np.broadcast_to((40 * slices + frames)[..., None, None], whole.shape).astype(np.uint8)
    read = (np.isin(frames, (1, 4)) & (slices >= 2))[..., None, None]
    real = LabelledStudy("one~SAX", pixels, np.where(read, whole, UNLABELLED))
    return [LabelledStudy("training-000000~SAX", pixels, whole), real]


@pytest.fixture
def sampler(stacks):
    return Sampler(stacks, TINY, 1)


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


def test_a_single_frame_may_be_any_virtual_one_and_any_labelled_real_one(sampler):
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


def test_real_labels_have_a_code_of_their_own_and_their_share(stacks):
    for share, real in ((0.0, False), (1.0, True)):
        batch = Sampler(stacks, replace(TINY, real_share=share), 1)(1)
        assert batch.images.shape == (8, 3, 32, 32) and batch.clips == 4
        codes = set(batch.labels.unique().tolist()) - {UNLABELLED}
        assert codes <= ({REAL, REAL + 1, REAL + 2} if real else {0, 1, 2}) and len(codes) == 3


def test_drawn_cavities_are_made_pictures_and_nobodys_convention(stacks):
    made = replace(stacks[0], name="dsb-cavities~0007")
    for items, share in (([made], 0.0), ([made, *stacks], 0.0), ([made, stacks[1]], 0.0)):
        batch = Sampler(items, replace(TINY, real_share=share), 1)(1)
        assert (batch.labels < REAL).all()
    only_real = Sampler([made, stacks[1]], replace(TINY, real_share=1.0), 1)(1)
    assert (only_real.labels >= REAL).all()


def test_what_comes_into_a_pool_meanwhile_is_learned_from_too(stacks):
    items = stacks[1:]
    sampler = Sampler(items, replace(TINY, real_share=0.0), 1)
    assert (sampler(0).labels >= REAL).all()  # nothing else is there yet
    items.append(stacks[0])
    assert (sampler(0).labels < REAL).all()

"""Batches made where they are used agree with the hearts they were made from."""

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lvcine.errors import SplitError
from lvcine.phantom.seeds import phantom_seed  # noqa: E402
from lvcine.training.stream import stream  # noqa: E402
from lvcine.training.virtual_hearts import virtual_subject  # noqa: E402

SMALL = {"hearts": 2, "frames": 3, "size": 24}


def test_the_same_arguments_give_the_same_batches():
    first, second = (list(itertools.islice(stream(again=1, **SMALL), 2)) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a.images, b.images) and torch.equal(a.labels, b.labels) and a.numbers == b.numbers
    assert not torch.equal(first[0].images, first[1].images)
    assert [b.numbers for b in first] == [(0, 1), (2, 3)]


def test_again_looks_at_the_same_subjects_elsewhere():
    a, b, c = itertools.islice(stream(again=2, **SMALL), 3)
    assert a.numbers == b.numbers == (0, 1) and c.numbers == (2, 3)
    assert not torch.equal(a.images, b.images)


def test_a_later_first_number_joins_the_stream_there():
    _, second = itertools.islice(stream(again=1, **SMALL), 2)
    assert torch.equal(next(stream(first=2, again=1, **SMALL)).images, second.images)


def test_sides_share_no_subject_and_numbers_end():
    a, b = (next(stream(side, **SMALL)) for side in ("training", "reporting"))
    assert not torch.equal(a.images, b.images) and not torch.equal(a.volumes_ml, b.volumes_ml)
    with pytest.raises(SplitError):
        next(stream(first=999_999, **SMALL))


def test_shapes_and_values():
    batch = next(stream(hearts=2, frames=4, size=32))
    assert batch.images.shape == (2, 4, 3, 32, 32) and batch.labels.shape == (2, 4, 32, 32)
    assert batch.areas_mm2.shape == (2, 4, 2) and batch.volumes_ml.shape == batch.phases.shape == (2, 4)
    assert batch.labels.dtype == torch.uint8 and int(batch.labels.max()) <= 3
    assert torch.isfinite(batch.images).all() and float(batch.images.min()) >= 0.0
    phases = batch.phases.numpy()
    assert (np.diff(phases, axis=1) > 0).all() and (phases[:, 0] == 0.0).all()
    for n, row in zip(batch.numbers, phases, strict=True):
        systole = virtual_subject(phantom_seed("training", n))[0].anatomy.heart.beat.systole
        assert np.abs(row - systole).min() < 1e-6


def test_plain_areas_are_those_of_the_labels():
    seen = []
    for batch in itertools.islice(stream(plain=True, hearts=8, frames=2, size=100), 2):
        lv = (batch.labels == 1) | (batch.labels == 2)
        cut = lv[:, :, [0, -1]].any(-1).any(-1) | lv[..., [0, -1]].any(-1).any(-1)
        counted = torch.stack([(batch.labels == k).sum((2, 3)) for k in (1, 2)], -1) * 1.4**2
        # Where less than half of the wall stands a reader draws nothing, where not all of it, all.
        chosen = ~cut & lv.any(-1).any(-1) & (batch.areas_mm2[..., 0] > 600)
        seen.append((counted / batch.areas_mm2)[chosen].numpy())
    ratios = np.concatenate(seen)
    assert len(ratios) > 6
    assert np.median(ratios, axis=0) == pytest.approx([1.0, 1.0], abs=0.015)
    assert (np.abs(ratios - 1) < 0.06).mean() > 0.7


def test_volumes_are_those_of_the_subjects_cavities():
    batch = next(stream(hearts=2, frames=3, size=16))
    for n, phases, volumes in zip(batch.numbers, batch.phases, batch.volumes_ml, strict=True):
        heart = virtual_subject(phantom_seed("training", n))[0].anatomy.heart
        side = np.arange(-60.0, 60.0, 2.0) + 1.0
        z = np.arange(-16.0, heart.length_mm, 2.0) + 1.0
        points = np.meshgrid(side, side, z, indexing="ij")
        for phase, volume in zip(phases, volumes, strict=True):
            place = heart.locate(*points, heart.beat.at(float(phase)))
            inside = (place.radius < place.endo) & (place.below_base > 0)
            assert float(volume) == pytest.approx(inside.sum() * 8.0 / 1000.0, rel=0.02)


def test_the_middle_picture_lies_between_its_neighbours():
    batch = next(stream(plain=True, hearts=6, frames=1, size=64))
    flat = batch.images[:, 0].reshape(6, 3, -1)
    score = [np.corrcoef(p) for p in flat.numpy()]
    near = np.mean([(s[0, 1] + s[1, 2]) / 2 for s in score])
    assert near > np.mean([s[0, 2] for s in score])

"""What was not labelled must not be punished."""

import torch

from lvcine.systems.sax.train.losses import drawn_by_readers, partial_loss
from lvcine.systems.sax.train.sample import REAL, Batch
from lvcine.training.labelled import ENDO_ONLY, UNLABELLED


def logits_of(classes: torch.Tensor, sure: float = 12.0) -> torch.Tensor:
    return torch.nn.functional.one_hot(classes, 4).permute(0, 3, 1, 2).float() * sure


def picture() -> torch.Tensor:
    y = torch.zeros(1, 32, 32, dtype=torch.long)
    y[:, 6:26, 6:26], y[:, 10:22, 10:22], y[:, 6:26, 0:5] = 2, 1, 3
    return y


def test_frames_of_real_clips_are_the_readers_even_where_nothing_was_drawn_in_them():
    virtual = torch.stack([picture()[0], torch.zeros(32, 32, dtype=torch.long)])
    real = torch.stack([picture()[0] % 3 + REAL, torch.full((32, 32), UNLABELLED)])
    batch = Batch(torch.zeros(4, 3, 32, 32), torch.cat([virtual, real]), 2)
    assert drawn_by_readers(batch).tolist() == [0, 0, 1, 1]


def test_a_perfect_answer_costs_nothing_and_a_wrong_one_does():
    y = picture()
    assert partial_loss(logits_of(y), y) < 0.01
    assert partial_loss(logits_of(torch.zeros_like(y)), y) > 1.0


def test_the_rv_is_free_where_it_was_not_labelled():
    seen = picture()
    labelled = torch.where(seen == 3, 0, seen) + REAL
    assert partial_loss(logits_of(seen), labelled) < 0.01
    assert partial_loss(logits_of(seen), labelled - REAL) > 0.3


def test_the_wall_is_free_where_only_the_endocardium_was_labelled():
    seen = picture()
    labelled = (seen == 1).long() + REAL + ENDO_ONLY
    assert partial_loss(logits_of(seen), labelled) < 0.01
    no_cavity = torch.where(seen == 1, 2, seen)
    assert partial_loss(logits_of(no_cavity), labelled) > 0.5


def test_unlabelled_frames_have_no_gradient():
    logits = torch.randn(2, 4, 8, 8, requires_grad=True)
    y = torch.stack([torch.full((8, 8), UNLABELLED), torch.zeros(8, 8, dtype=torch.long)])
    partial_loss(logits, y).backward()
    assert logits.grad[0].abs().max() == 0 and logits.grad[1].abs().max() > 0

"""What chooses between nets: Dice over what was labelled."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from lvcine.systems.sax.recipe import TINY
from lvcine.systems.sax.train.check import check
from lvcine.training.labelled import ENDO_ONLY, UNLABELLED, LabelledStudy


class ByGrey(nn.Module):
    """Bright is cavity, dark wall, grey neither; blind in the pictures' lower rows where ``blind``."""

    def __init__(self, blind: bool = False) -> None:
        super().__init__()
        self.scale, self.blind = nn.Parameter(torch.ones(())), blind

    def forward(self, x: torch.Tensor, clips: int, real: torch.Tensor | None = None) -> torch.Tensor:
        self.told = real
        grey = x[:, 1].clone()
        if self.blind:
            grey[:, grey.shape[1] // 2 :] = 0.5
        levels = torch.tensor([0.5, 1.0, 0.0, 9.0])[None, :, None, None]
        return -((grey[:, None] - levels) ** 2) * self.scale


def stack(name: str) -> LabelledStudy:
    """A ring in four frames: all of it labelled, its endocardium alone, not at all, and beside an RV."""
    y, x = np.mgrid[:64, :64] - 30
    radius = np.hypot(y, x)
    whole = np.where(radius < 8, 1, np.where(radius < 13, 2, 0)).astype(np.uint8)
    pixels = np.choose(whole, [100, 200, 0]).astype(np.uint8)
    labels = np.stack([whole, (whole == 1) + ENDO_ONLY, np.full_like(whole, UNLABELLED), whole])
    labels[3][(radius > 16) & (x > 0)] = 3
    return LabelledStudy(name, np.stack([pixels] * 4)[None], labels.astype(np.uint8)[None])


def test_the_dice_is_that_of_what_was_labelled():
    found = check(ByGrey(), [stack("real~SAX")], TINY)
    assert found == {"real_endo": 1.0, "real_epi": 1.0, "score": 1.0}
    half = check(ByGrey(blind=True), [stack("real~SAX")], TINY)
    assert half["real_endo"] == pytest.approx(2 / 3, abs=0.05) and half["score"] < 0.75


def test_real_and_virtual_stacks_choose_and_real_ones_only_for_nets_that_learn_from_such():
    blank = stack("choosing-000001~SAX")
    blank = replace(blank, pixels=np.zeros_like(blank.pixels))
    both = [blank, stack("real~SAX")]
    found = check(ByGrey(), both, TINY)
    assert found["real_endo"] == 1.0 > found["virtual_endo"]
    assert found["virtual_endo"] < found["score"] < 1.0
    alone = check(ByGrey(), both, replace(TINY, real_share=0.0))
    assert alone["score"] == pytest.approx((alone["virtual_endo"] + alone["virtual_epi"]) / 2)


@pytest.mark.parametrize(("name", "told"), [("real~SAX", True), ("choosing-000001~SAX", False)])
def test_a_net_is_told_whose_border_it_is_to_draw(name, told):
    net = ByGrey()
    check(net, [stack(name)], TINY)
    assert (net.told is not None and bool((net.told == 1).all())) is told

"""A shipped member as a net that can be trained on, whichever way its file was written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from lvcine.engine import read_card
from lvcine.errors import WeightsError
from lvcine.systems.sax.recipe import RECIPES, Recipe
from lvcine.systems.sax.train.net import SaxNet
from lvcine.systems.sax.train.sample import Batch
from lvcine.training.export import parameters_of
from lvcine.training.fit import Draws

_FOLDED = "onnx::Conv_"
"""Begins the names that the exporter gives to a convolution which took in its norm, and to its bias."""
COUNTED = 8
"""Batches over which norms are counted."""


def shipped(weights: Path, part: str) -> tuple[SaxNet, str]:
    """A member and its recipe's name.

    What is added for the readers of the real scans is not shipped; it begins at nothing. Norms that the file
    holds inside of convolutions change nothing until :func:`count_norms` has seen what they are to spread.

    Raises
    ------
    WeightsError
        A parameter lacks in the file.
    """
    card = read_card("sax", weights)
    name = str(card.training.get(part, {}).get("recipe", "member"))
    net = SaxNet(RECIPES[name])
    found = {k.removeprefix("net."): v for k, v in parameters_of(weights / f"sax-{part}.onnx").items()}
    found |= _unfolded(net, {k: v for k, v in found.items() if k.startswith(_FOLDED)})
    own = net.state_dict()
    lost = [k for k in own if k not in found and not k.startswith("readers.") and not k.endswith("_tracked")]
    if lost:
        raise WeightsError(f"without {lost[0]}", where=card.name, advice="train the net anew")
    net.load_state_dict({k: found.get(k, v) for k, v in own.items()})
    return net, name


def _unfolded(net: SaxNet, folded: dict[str, Tensor]) -> dict[str, Tensor]:
    """Parameters of convolutions and norms from pairs of weight and bias in the order of the net's layers."""
    numbers = sorted(int(name.removeprefix(_FOLDED)) for name, v in folded.items() if v.ndim == 4)
    found: dict[str, Tensor] = {}
    for number, (convolution, norm) in zip(numbers, norm_pairs(net), strict=False):
        place = {module: name for name, module in net.named_modules()}
        bias = folded[f"{_FOLDED}{number + 1}"]
        found |= {
            f"{place[convolution]}.weight": folded[f"{_FOLDED}{number}"],
            f"{place[norm]}.weight": torch.ones_like(bias),
            f"{place[norm]}.bias": bias,
            f"{place[norm]}.running_mean": torch.zeros_like(bias),
            f"{place[norm]}.running_var": torch.full_like(bias, 1.0 - norm.eps),
        }
    return found


def norm_pairs(net: SaxNet) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Every convolution with the batch norm right behind it, in the order of the layers."""
    pairs = []
    for block in (*net.down, *net.up):
        layers = list(block.children())
        pairs += [
            (a, b)
            for a, b in zip(layers[:-1], layers[1:], strict=True)
            if isinstance(a, nn.Conv2d) and isinstance(b, nn.BatchNorm2d)
        ]
    return pairs


def ready(net: nn.Module, draws: Draws, recipe: Recipe, warm: bool) -> None:
    """Of a net that goes on from another, count the norms that came out of a folded file.

    Nets of another kind, as the paper's table trains them, have none.
    """
    if not isinstance(net, SaxNet):
        return
    empty = [pair for pair in norm_pairs(net) if not pair[1].running_mean.any()]
    if warm and empty:
        count_norms(net, empty, [draws(step) for step in range(COUNTED)])


@torch.no_grad()
def count_norms(net: SaxNet, pairs: list[tuple[nn.Conv2d, nn.BatchNorm2d]], batches: Sequence[Batch]) -> None:
    """Give norms the mean and spread of what their convolutions put out; what the net says stays the same.

    Parameters
    ----------
    net : SaxNet
    pairs : list of (Conv2d, BatchNorm2d)
        Norms that do nothing but add a bias.
    batches : sequence of Batch
        As many frames in every clip of one as the sampler gives.
    """
    net.eval()
    outputs: dict[nn.BatchNorm2d, list[Tensor]] = {norm: [] for _, norm in pairs}
    hooks = [
        convolution.register_forward_hook(lambda _m, _i, out, kept=outputs[norm]: kept.append(_some(out)))
        for convolution, norm in pairs
    ]
    for batch in batches:
        net(batch.images, batch.clips)
    for hook in hooks:
        hook.remove()
    for norm, seen in outputs.items():
        values = torch.cat(seen, 1)
        norm.running_mean.copy_(values.mean(1))
        norm.running_var.copy_(values.var(1))
        norm.bias += norm.running_mean
        norm.weight.copy_((norm.running_var + norm.eps).sqrt())


def _some(out: Tensor) -> Tensor:
    """Every eighth pixel of feature maps (N, channels, Y, X), as (channels, pixels)."""
    return out.transpose(0, 1).flatten(1)[:, ::8].contiguous()

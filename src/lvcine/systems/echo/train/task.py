"""How the ultrasound net is trained and shipped: one graph of one step that clips and streams share."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lvcine.engine import read_card
from lvcine.errors import UsageError, WeightsError
from lvcine.systems.echo.recipe import DRAW_FILE, MEMORY, RECIPES, VIEW, VIEW_FILE, Recipe, ViewRecipe
from lvcine.systems.echo.train.data import LabelledClip, make
from lvcine.systems.echo.train.losses import loss
from lvcine.systems.echo.train.net import EchoNet, grow
from lvcine.systems.echo.train.norms import COUNTED, count_norms
from lvcine.systems.echo.train.real import data_sets_of, real_clips, reviewed_clips
from lvcine.systems.echo.train.sample import Sampler
from lvcine.systems.echo.train.view import NAMES, ViewNet, ViewSampler, view_check, view_loss
from lvcine.training.export import parameters_of
from lvcine.training.fit import Draws
from lvcine.training.loop import Schedule
from lvcine.training.task import CardText, Graph, Task, same_weights

PARTS = {"draw": "memory", "view": "view"}
"""The nets of the card and the recipe of each: one draws, one says which view it is and which way up."""


class OneStep(nn.Module):
    """The net on one frame of one stream, the form that is shipped.

    Norms are folded into the convolutions before them, under the names that these have in the net:
    :func:`shipped` finds them again.
    """

    def __init__(self, net: EchoNet) -> None:
        super().__init__()
        self.net = copy.deepcopy(net).eval()
        for place in _convolutions(self.net):
            place[0] = fuse_conv_bn_eval(place[0], place[1])
            place[1] = nn.Identity()

    def forward(self, frame: Tensor, flag: Tensor, *flat: Tensor) -> tuple[Tensor, ...]:
        """(1, 1, Y, X), (1,), hidden and cell of each level -> logits, view, hidden and cell after."""
        states = tuple((flat[k], flat[k + 1]) for k in range(0, len(flat), 2))
        logits, view, after = self.net(frame[:, None], flag, states)
        return (logits[:, 0], view[:, 0], *(s for pair in after for s in pair))


def state_shapes(recipe: Recipe) -> list[list[int]]:
    """(filters, rows, columns) of hidden and cell of every level that remembers."""
    return [
        [recipe.filters[level], recipe.size >> level, recipe.size >> level]
        for level in recipe.memory
        for _ in range(2)
    ]


def build(recipe: Recipe | ViewRecipe) -> nn.Module:
    """The net of a recipe."""
    return ViewNet(recipe) if isinstance(recipe, ViewRecipe) else EchoNet(recipe)


def sampler(items: Sequence[LabelledClip], recipe: Recipe | ViewRecipe, seed: int) -> Sampler | ViewSampler:
    """The batches of a recipe."""
    return (ViewSampler if isinstance(recipe, ViewRecipe) else Sampler)(items, recipe, seed)  # type: ignore


def loss_of(net: nn.Module, batch: Any, recipe: Recipe | ViewRecipe) -> Tensor:
    """The loss of a recipe."""
    return view_loss(net, batch, recipe) if isinstance(recipe, ViewRecipe) else loss(net, batch, recipe)


def check(net: nn.Module, clips: Sequence[LabelledClip], recipe: Recipe | ViewRecipe) -> dict[str, float]:
    """Of views alone; what is drawn is looked at with ``benchmarks/echo_nets.py``."""
    return view_check(net, clips, recipe) if isinstance(recipe, ViewRecipe) else {}


def graphs(net: Any, recipe: Recipe | ViewRecipe, part: str) -> Iterator[Graph]:
    """One file a net, whose parameters keep their names: training can go on from it."""
    if isinstance(recipe, ViewRecipe):
        pictures = torch.zeros(1, 1, recipe.size, recipe.size)
        axes = dict.fromkeys(("pictures", "view", "turned"), {0: "picture"})
        yield Graph(VIEW_FILE, net, {"pictures": pictures}, ("view", "turned"), axes, folded=False, bits=8)
        return
    shapes = state_shapes(recipe)
    inputs = {"frame": torch.zeros(1, 1, recipe.size, recipe.size), "flag": torch.zeros(1)}
    inputs |= {f"state_{k}": torch.zeros(1, *shape) for k, shape in enumerate(shapes)}
    outputs = ("logits", "view", *(f"after_{k}" for k in range(len(shapes))))
    yield Graph(DRAW_FILE, OneStep(net), inputs, outputs, folded=False)


def shipped(weights: Path, part: str) -> tuple[nn.Module, str]:
    """A shipped net as one that can be trained on, and its recipe's name.

    Raises
    ------
    UsageError
        No such part.
    WeightsError
        A parameter lacks in the file.
    """
    card = read_card("echo", weights)
    # Cards of one net alone have its training as it is.
    trained = card.training if "recipe" in card.training else card.training.get(part or "draw")
    if trained is None:
        raise UsageError(f"the ultrasound card has no net {part!r}", advice=f"one of {', '.join(PARTS)}")
    name = str(trained["recipe"])
    recipe = RECIPES[name]
    net = build(recipe)
    file = VIEW_FILE if isinstance(recipe, ViewRecipe) else DRAW_FILE
    found = {k.removeprefix("net."): v for k, v in parameters_of(weights / file).items()}
    own = net.state_dict()
    if isinstance(net, EchoNet):
        found |= _norms_of(net, found)
    fits = {k: v for k, v in found.items() if k in own and own[k].shape == v.shape}
    lost = [k for k in own if k not in fits and not k.endswith("num_batches_tracked")]
    if lost:
        raise WeightsError(f"without {lost[0]}", where=card.name, advice="train the net anew")
    net.load_state_dict(own | fits)
    return net, name


def _norms_of(net: EchoNet, found: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Norms that do nothing but add what the folded convolutions of a file add."""
    names = {module: name for name, module in net.named_modules()}
    out: dict[str, Tensor] = {}
    for convolution, norm, _ in _convolutions(net):
        at = names[norm]
        if (bias := found.get(f"{names[convolution]}.bias")) is None:
            continue
        out[f"{at}.bias"] = bias
        out[f"{at}.weight"] = torch.ones_like(norm.weight)
        out[f"{at}.running_mean"] = torch.zeros_like(norm.running_mean)
        out[f"{at}.running_var"] = torch.full_like(norm.running_var, 1 - norm.eps)
    return out


def _convolutions(net: nn.Module) -> list[nn.Sequential]:
    """Every convolution with its norm and what cuts off at 0."""
    return [m for m in net.modules() if isinstance(m, nn.Sequential) and isinstance(m[0], nn.Conv2d)]


def ready(net: Any, draws: Draws, recipe: Recipe | ViewRecipe, warm: bool) -> None:
    """Of a net that goes on from another, count the norms of levels that changed."""
    if warm and isinstance(net, EchoNet):
        count_norms(net, (draws(k).images for k in range(COUNTED)))


def begin(base: nn.Module, net: nn.Module) -> None:
    """From one net to another of the same part."""
    if isinstance(base, EchoNet) and isinstance(net, EchoNet):
        grow(base, net)
    else:
        same_weights(base, net)


def schedule(recipe: Recipe | ViewRecipe) -> Schedule:
    """From random weights; what goes on from a shipped net needs a seventh of the rate."""
    return Schedule(recipe.steps, 2e-3, 1e-4, recipe.ema, warm_up=50)


def first_line(virtual: int, real: Sequence[str]) -> str:
    """What a reader of the numbers must know."""
    if not real:
        return "Trained on virtual hearts alone; on no real clip."
    on_real = f"{len(real)} subjects of {data_sets_of(real)}"
    return f"Trained on virtual hearts, then on {on_real}." if virtual else f"Trained on {on_real} alone."


def sources(real: Sequence[str]) -> Mapping[str, str]:
    """Where the real clips are from."""
    return {"clips": f"{data_sets_of(real)}, the user's own copy"}


def results(recipe: Recipe | ViewRecipe) -> dict[str, Any]:
    """What the programs that run the nets must know of them."""
    drawn = recipe if isinstance(recipe, Recipe) else MEMORY
    return {
        "warm": drawn.warm if drawn.memory else 0,
        "states": state_shapes(drawn),
        "views": list(NAMES),
        "view_size": VIEW.size,
    }


TASK = Task(
    name="echo",
    recipes=RECIPES,
    parts=PARTS,
    own=("view",),
    item=LabelledClip,
    make=make,
    real=real_clips,
    reviewed=reviewed_clips,
    build=build,
    sampler=sampler,
    loss=loss_of,
    check=check,
    schedule=schedule,
    begin=begin,
    ready=ready,
    fast=lambda r: False,  # in bfloat16 on a processor the tiny nets of the paper's test learned nothing
    every=lambda r: 50 if getattr(r, "memory", ()) else 250,
    graphs=graphs,
    shipped=shipped,
    card=CardText(
        first_line=first_line,
        intended_use="Research: LV cavity, myocardium and left atrium in every frame of an apical clip.",
        known_failures=(
            "Apical five-chamber views, taken for four-chamber ones; transoesophageal clips.",
            "EF comes out too low (docs/methods/echo.md).",
            "Open mitral leaflets in a full ventricle may be taken for the valve's plane.",
            "A right ventricle as large as the left one may be taken in for single frames.",
        ),
        input=lambda recipe: {
            "axes": ["frame", "channel", "row", "column"],
            "size": [recipe.size, recipe.size],
            "channels": ["picture"],
            "normalisation": "lvcine.systems.echo.prepare: the sector cut square, grey values / 255",
        },
        labels={
            "0": "background",
            "1": "left ventricle (papillary muscles inside)",
            "2": "myocardium",
            "3": "left atrium",
        },
        data=sources,
        results=results,
        see="docs/methods/echo.md",
    ),
)

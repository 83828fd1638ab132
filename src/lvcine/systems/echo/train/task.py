"""Turn a run's weights into the graph of one step that clips and streams share, and a draft of its card.

python -m lvcine.systems.echo.train.task --run runs/echo-memory --recipe memory
"""

from __future__ import annotations

import argparse
import copy
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

import lvcine
from lvcine.engine import read_card
from lvcine.errors import WeightsError
from lvcine.systems.echo.recipe import RECIPES, Recipe
from lvcine.systems.echo.train.data import FIRST
from lvcine.systems.echo.train.net import EchoNet
from lvcine.training.export import export_graph, parameters_of
from lvcine.training.loop import load_mean

WEIGHTS = Path(lvcine.__file__).parent / "weights"

CARD = """\
# Card of the ultrasound net; written by `python -m lvcine.systems.echo.train.task`.
name = "echo"
first_line = "{first_line}"
intended_use = "Research: LV cavity, myocardium and left atrium in every frame of an apical clip."
known_failures = [
  "Views other than apical two-, three- and four-chamber.",
  "Contrast-enhanced clips, colour Doppler, transoesophageal clips.",
  "EF of strong hearts comes out too low (docs/methods/echo.md).",
  "A right ventricle as large as the left one may be taken in for single frames.",
]
licence = "Apache-2.0"
code_version = "{version}"

[files]
"{file}" = "{sha256}"

[input]
axes = ["frame", "channel", "row", "column"]
size = [{size}, {size}]
channels = ["picture"]
normalisation = "lvcine.systems.echo.prepare: the sector cut square, grey values / 255"

[labels]
0 = "background"
1 = "left ventricle (papillary muscles inside)"
2 = "myocardium"
3 = "left atrium"

[data]
{data}
{split}
[training]
recipe = "{recipe}"  # of lvcine.systems.echo.recipe
steps = {steps}
minutes_on_two_shared_cores = {minutes}

[results]
warm = {warm}
states = {states}
see = "docs/methods/echo.md"
"""


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


@dataclass(frozen=True)
class Source:
    """What a net learned from, as its card says it.

    Attributes
    ----------
    first_line : str
    data : str
        Of what kind, from where.
    subjects : tuple of str
        Real subjects: ``lvcine evaluate`` refuses to report on them.
    """

    first_line: str
    data: str
    subjects: tuple[str, ...] = ()


VIRTUAL = Source(
    "Trained on virtual hearts alone; on no real clip.",
    f"clips of lvcine.systems.echo.train.data, hearts {FIRST} onwards of the side training",
)


def ship(run: Path, recipe_name: str, weights: Path = WEIGHTS, source: Source = VIRTUAL) -> Path:
    """Export a run and write its card; returns the card's file."""
    recipe = RECIPES[recipe_name]
    net = EchoNet(recipe)
    load_mean(run, net)
    shapes = state_shapes(recipe)
    inputs = {"frame": torch.zeros(1, 1, recipe.size, recipe.size), "flag": torch.zeros(1)}
    inputs |= {f"state_{k}": torch.zeros(1, *shape) for k, shape in enumerate(shapes)}
    outputs = ["logits", "view", *(f"after_{k}" for k in range(len(shapes)))]
    weights.mkdir(parents=True, exist_ok=True)
    file = weights / "echo.onnx"
    digest = export_graph(OneStep(net), inputs, outputs, file, folded=False)
    log = json.loads((run / "log.jsonl").read_text().splitlines()[-1])
    card = weights / "echo.toml"
    split = f"\n[split]\ntraining = {json.dumps(source.subjects)}\n" if source.subjects else ""
    card.write_text(
        CARD.format(
            version=lvcine.__version__,
            file=file.name,
            sha256=digest,
            size=recipe.size,
            first_line=source.first_line,
            data=f"clips = {json.dumps(source.data)}",
            split=split,
            recipe=recipe_name,
            steps=log["step"],
            minutes=round(log["seconds"] / 60),
            warm=recipe.warm if shapes else 0,
            states=json.dumps(shapes),
        )  # fmt: skip
    )
    return card


def shipped(weights: Path = WEIGHTS) -> tuple[EchoNet, str]:
    """A shipped net as one that can be trained on, and its recipe's name."""
    card = read_card("echo", weights)
    name = str(card.training["recipe"])
    net = EchoNet(RECIPES[name])
    found = {k.removeprefix("net."): v for k, v in parameters_of(weights / next(iter(card.sha256))).items()}
    names = {module: name for name, module in net.named_modules()}
    own = net.state_dict()
    with torch.no_grad():
        for convolution, norm, _ in _convolutions(net):
            at = names[norm]
            found[f"{at}.bias"] = found.pop(f"{names[convolution]}.bias")
            found[f"{at}.weight"] = torch.ones_like(norm.weight)
            found[f"{at}.running_mean"] = torch.zeros_like(norm.running_mean)
            found[f"{at}.running_var"] = torch.full_like(norm.running_var, 1 - norm.eps)
    net.load_state_dict({k: found.get(k, v) for k, v in own.items()})
    lost = [k for k in own if k not in found and not k.endswith("num_batches_tracked")]
    if lost:
        raise WeightsError(f"without {lost[0]}", where=card.name, advice="train the net anew")
    return net, name


def _convolutions(net: nn.Module) -> list[nn.Sequential]:
    """Every convolution with its norm and what cuts off at 0."""
    return [m for m in net.modules() if isinstance(m, nn.Sequential) and isinstance(m[0], nn.Conv2d)]


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="memory")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder for the net and its card")
    chosen = parser.parse_args()
    ship(chosen.run, chosen.recipe, chosen.weights)


if __name__ == "__main__":
    main()

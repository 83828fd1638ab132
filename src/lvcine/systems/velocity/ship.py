"""Turn a run's weights into the shipped graph and a draft of its card.

python -m lvcine.systems.velocity.ship --run runs/velocity
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch

import lvcine
from lvcine.errors import WeightsError
from lvcine.systems.velocity.net import EarNet
from lvcine.systems.velocity.pool import FIRST
from lvcine.systems.velocity.recipe import CHANNELS, RECIPES, Recipe
from lvcine.training.export import export_graph, parameters_of
from lvcine.training.loop import load_mean

WEIGHTS = Path(lvcine.__file__).parent / "weights"

CARD = """\
# Card of the velocity-mapping net; written by `python -m lvcine.systems.velocity.ship`.
name = "velocity"
first_line = "Trained on virtual hearts alone; on no real scan."
intended_use = "Research: the wall of the left ventricle in short-axis velocity-mapping MR."
known_failures = [
  "Slices above the mitral valve or beyond the apex; long axes.",
  "No real velocity-mapping scan was at hand to try it on: look at the contours.",
]
licence = "Apache-2.0"
code_version = "{version}"

[files]
"velocity.onnx" = "{digest}"

[input]
axes = ["clip", "frame", "channel", "row", "column"]
spacing_mm = {spacing}
normalisation = "lvcine.systems.velocity.prepare: percentiles 1 and 99 to 0 and 1; velocities in 20 cm/s"

[data]
virtual = "{hearts} hearts of lvcine.systems.velocity.pool, from {first} of the side training, 3 slices each"

[training]
recipe = "lvcine.systems.velocity.recipe: {recipe}"
steps = {steps}  # of the runs one after the other
minutes_on_two_shared_cores = {minutes}

[results]
see = "docs/velocity.md"
"""


def ship(runs: Sequence[Path], recipe_name: str, hearts: int, weights: Path = WEIGHTS) -> Path:
    """Export the last of some runs, of which each went on from the one before; returns the card's file."""
    run = runs[-1]
    recipe = RECIPES[recipe_name]
    net = load_mean(run, EarNet(recipe))
    weights.mkdir(parents=True, exist_ok=True)
    axes = {1: "frame", 3: "row", 4: "column"}
    digest = export_graph(
        net,
        {"pictures": torch.zeros(1, recipe.frames, CHANNELS, recipe.size, recipe.size)},
        ["logits"],
        weights / "velocity.onnx",
        {"pictures": axes, "logits": axes},
        folded=False,  # so that training can go on from what is shipped
    )
    ends = [json.loads((one / "log.jsonl").read_text().splitlines()[-1]) for one in runs]
    card = weights / "velocity.toml"
    card.write_text(
        CARD.format(
            version=lvcine.__version__,
            digest=digest,
            spacing=recipe.spacing_mm,
            hearts=hearts,
            first=FIRST,
            recipe=recipe_name,
            steps=[end["step"] for end in ends],
            minutes=[round(end["seconds"] / 60) for end in ends],
        ),
        encoding="utf-8",
    )
    return card


def shipped_net(recipe: Recipe, weights: Path = WEIGHTS) -> EarNet:
    """The shipped net as one that can be trained on.

    Raises
    ------
    WeightsError
        It has not all the parameters of the recipe's net.
    """
    net = EarNet(recipe)
    found = parameters_of(weights / "velocity.onnx")
    own = net.state_dict()
    lost = [k for k in own if k not in found and not k.endswith("num_batches_tracked")]
    if lost:
        raise WeightsError(f"without {lost[0]}", where="velocity.onnx", advice="train the net anew")
    net.load_state_dict({k: found.get(k, v) for k, v in own.items()})
    return net.eval()


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, nargs="+", default=[Path("runs/velocity")])
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="ear")
    parser.add_argument("--pool", type=Path, default=Path("packs/velocity"))
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder for the net and its card")
    chosen = parser.parse_args()
    hearts = len(list(chosen.pool.glob("training-*.npz")))
    ship(chosen.run, chosen.recipe, hearts, chosen.weights)


if __name__ == "__main__":
    main()

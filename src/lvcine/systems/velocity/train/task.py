"""Turn runs' weights into the shipped graphs and their card.

python -m lvcine.systems.velocity.train.task --draw runs/velocity-near
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

import lvcine
from lvcine.engine import read_card
from lvcine.errors import WeightsError
from lvcine.systems.velocity.recipe import CHANNELS, RECIPES, Recipe
from lvcine.systems.velocity.train.data import FIRST
from lvcine.systems.velocity.train.net import EarNet
from lvcine.systems.velocity.train.widen import filters_in
from lvcine.training.export import export_graph, parameters_of
from lvcine.training.loop import load_mean

WEIGHTS = Path(lvcine.__file__).parent / "weights"

CARD = """\
# Card of the velocity-mapping nets; written by `python -m lvcine.systems.velocity.train.task`.
name = "velocity"
first_line = "Trained on virtual hearts alone; on no real scan."
intended_use = "Research: the wall of the left ventricle in short-axis velocity-mapping MR."
known_failures = [
  "Slices above the mitral valve or beyond the apex; long axes.",
  "No real velocity-mapping scan was at hand to try it on: look at the contours.",
]
licence = "Apache-2.0"
code_version = "{version}"

[files]  # what finds the heart, what draws its wall
{files}

[input]
axes = ["clip", "frame", "channel", "row", "column"]
normalisation = "lvcine.systems.velocity.prepare: percentiles 1 and 99 to 0 and 1; velocities in 20 cm/s"

[data]
virtual = "hearts of lvcine.systems.velocity.train.data, from {first} of the side training, 3 slices each"

{training}

[results]
see = "docs/methods/velocity.md"
"""
TRAINING = """\
[training.{part}]  # of the runs one after the other
recipe = "lvcine.systems.velocity.recipe: {recipe}"
{made}"""
PARTS = {"find": "ear", "draw": "near"}
"""The nets of the card and the recipe of each."""


def file_of(part: str) -> str:
    """Name of a net's file."""
    return f"velocity-{part}.onnx"


def ship(runs: Mapping[str, Sequence[Path]], hearts: int, weights: Path = WEIGHTS) -> Path:
    """Export the last of the runs of each net, of which each went on from the one before.

    Parameters
    ----------
    runs : mapping of str to sequence of Path
        By :data:`PARTS`. A net without runs stays what it is in ``weights``.
    hearts : int
        That were learned from.
    weights : Path

    Returns
    -------
    Path
        The card's.

    Raises
    ------
    WeightsError
        A net has neither runs nor weights.
    """
    weights.mkdir(parents=True, exist_ok=True)
    before = read_card("velocity", weights) if (weights / "velocity.toml").is_file() else None
    digests, training = [], []
    for part, name in PARTS.items():
        if runs.get(part):
            digest = _export(runs[part][-1], RECIPES[name], weights / file_of(part))
            ends = [json.loads((one / "log.jsonl").read_text().splitlines()[-1]) for one in runs[part]]
            made = {
                "hearts": hearts,
                "filters": [list(filters_in(one)) for one in runs[part]],
                "steps": [end["step"] for end in ends],
                "minutes_on_two_shared_cores": [round(end["seconds"] / 60) for end in ends],
            }
        elif before is not None and file_of(part) in before.sha256:
            digest, made = before.sha256[file_of(part)], dict(before.training[part])
            made.pop("recipe")
        else:
            raise WeightsError(f"no net to {part}", where=str(weights), advice=f"give --{part} RUN")
        digests.append(f'"{file_of(part)}" = "{digest}"')
        lines = "\n".join(f"{key} = {value}" for key, value in made.items())
        training.append(TRAINING.format(part=part, recipe=name, made=lines))
    card = weights / "velocity.toml"
    text = CARD.format(
        version=lvcine.__version__, files="\n".join(digests), first=FIRST, training="\n\n".join(training)
    )
    card.write_text(text, encoding="utf-8")
    return card


def _export(run: Path, recipe: Recipe, file: Path) -> str:
    net = load_mean(run, EarNet(recipe))
    axes = {1: "frame", 3: "row", 4: "column"}
    example = torch.zeros(1, recipe.frames, CHANNELS, recipe.size, recipe.size)
    return export_graph(
        net, {"pictures": example}, ["logits"], file, {"pictures": axes, "logits": axes},
        folded=False,  # so that training can go on from what is shipped
    )  # fmt: skip


def shipped_net(recipe: Recipe, weights: Path = WEIGHTS) -> EarNet:
    """The shipped net of that recipe as one that can be trained on.

    Raises
    ------
    WeightsError
        It has not all the parameters of the recipe's net.
    """
    net = EarNet(recipe)
    file = weights / file_of("draw" if recipe.reach else "find")
    found = parameters_of(file)
    own = net.state_dict()
    lost = [k for k in own if k not in found and not k.endswith("num_batches_tracked")]
    if lost:
        raise WeightsError(f"without {lost[0]}", where=file.name, advice="train the net anew")
    net.load_state_dict({k: found.get(k, v) for k, v in own.items()})
    return net.eval()


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    for part, recipe in PARTS.items():
        parser.add_argument(f"--{part}", type=Path, nargs="+", metavar="RUN", help=f"runs of recipe {recipe}")
    parser.add_argument("--pool", type=Path, default=Path("packs/velocity"))
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder for the nets and their card")
    chosen = parser.parse_args()
    hearts = len(list(chosen.pool.glob("training-*.npz")))
    ship({part: vars(chosen)[part] or () for part in PARTS}, hearts, chosen.weights)


if __name__ == "__main__":
    main()

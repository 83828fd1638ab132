"""Turn a run's weights into the shipped graph and a draft of its card.

python -m lvcine.systems.quantification.train.task --run runs/quantification
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

import lvcine
from lvcine.systems.quantification.recipe import RECIPES, SIZE
from lvcine.systems.quantification.train.data import FIRST
from lvcine.systems.quantification.train.losses import LEARNED_FROM
from lvcine.systems.quantification.train.net import build
from lvcine.training.export import export_graph
from lvcine.training.loop import load_mean
from lvcine.training.split import SUNNYBROOK, Split

WEIGHTS = Path(lvcine.__file__).parent / "weights"

CARD = """\
# Card of the net that tells indices from pixels; written by `python -m lvcine.systems.quantification.train.task`.
name = "quantification"
first_line = "{first_line}"
intended_use = "Research: a second reading of areas, dimensions and wall thickness beside the masks' one."
known_failures = [
  "Slices whose ring of wall is open (base) or closes (apex): they are not read.",
  "Pictures in which the LV lies far from the middle or fills another share than four to eight tenths.",
]
licence = "Apache-2.0"
code_version = "{version}"

[files]
"quantification.onnx" = "{digest}"

[input]
axes = ["clip", "frame", "row", "column"]
size = [{size}, {size}]
normalisation = "lvcine.systems.quantification.prepare: septum left, percentiles 1 and 99 to 0 and 1"

[data]
virtual = "{virtual} slices of lvcine.systems.quantification.train.data, hearts {first} onwards, side training"
real = "Sunnybrook Cardiac Data, Radau et al. 2009, MIDAS Journal, and its preclinical EP set, both CC0"

[split]
{split}

[training]
recipe = "lvcine.systems.quantification.recipe: {recipe}"
steps = {steps}  # of the runs one after the other
minutes_on_two_shared_cores = {minutes}  # of the last

[results]
kappa = {kappa}
see = "docs/methods/quantification.md"

[results.limits]  # of agreement with the masks, 95 %, of a slice's mean over the cycle, on virtual hearts
{limits}
"""
_FROM_VIRTUAL = "Trained on virtual hearts alone; on no real cine."
_FROM_REAL = "Trained on virtual hearts and on slices of {} real subjects."


class Told(nn.Module):
    """The numbers without the maps."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, frames: Tensor) -> Tensor:
        told: Tensor = self.net(frames)[0]
        return told


def ship(
    run: Path,
    recipe_name: str,
    weights: Path = WEIGHTS,
    limits: Mapping[str, tuple[float, float]] | None = None,
) -> Path:
    """Export a run and write its card; returns the card's file.

    ``limits`` are those of :mod:`lvcine.pipeline.agreement_limits`; none are written without them.
    """
    recipe = RECIPES[recipe_name]
    net = load_mean(run, build(recipe))
    weights.mkdir(parents=True, exist_ok=True)
    digest = export_graph(
        Told(net),
        {"frames": torch.zeros(1, 9 + recipe.kappa - 1, SIZE, SIZE)},
        ["told"],
        weights / "quantification.onnx",
        {"frames": {1: "frame"}, "told": {1: "frame"}},
    )
    learned_from = json.loads((run / LEARNED_FROM).read_text(encoding="utf-8"))
    real = learned_from["real"]
    Split(tuple(real), SUNNYBROOK.choosing, SUNNYBROOK.reporting)
    sides = {"training": real, "choosing": SUNNYBROOK.choosing, "reporting": SUNNYBROOK.reporting}
    log = json.loads((run / "log.jsonl").read_text().splitlines()[-1])
    card = weights / "quantification.toml"
    card.write_text(
        CARD.format(
            first_line=_FROM_REAL.format(len(real)) if real else _FROM_VIRTUAL,
            version=lvcine.__version__,
            digest=digest,
            size=SIZE,
            virtual=learned_from["virtual"],
            first=FIRST,
            split="\n".join(f"{side} = {json.dumps(list(names))}" for side, names in sides.items()),
            recipe=recipe_name,
            steps=[*learned_from["steps_before"], log["step"]],
            minutes=round(log["seconds"] / 60),
            kappa=recipe.kappa,
            limits="\n".join(f"{k} = [{v[0]:.2f}, {v[1]:.2f}]" for k, v in (limits or {}).items()),
        ),
        encoding="utf-8",
    )
    return card


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("runs/quantification"))
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="default")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder for the net and its card")
    parser.add_argument(
        "--limits", type=Path, help="JSON that `python -m lvcine.pipeline.agreement_limits` wrote"
    )
    chosen = parser.parse_args()
    limits = json.loads(chosen.limits.read_text(encoding="utf-8")) if chosen.limits else None
    ship(chosen.run, chosen.recipe, chosen.weights, limits)


if __name__ == "__main__":
    main()

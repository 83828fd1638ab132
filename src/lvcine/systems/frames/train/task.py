"""Turn a run's weights into the shipped graphs, encoder and recurrence, and a draft of their card.

python -m lvcine.systems.frames.train.task --run runs/frames
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor, nn

import lvcine
from lvcine.systems.frames.recipe import RECIPES
from lvcine.systems.frames.train.data import FIRST
from lvcine.systems.frames.train.net import TempRegNet
from lvcine.systems.frames.train.sample import LEARNED_FROM
from lvcine.training.export import export_graph
from lvcine.training.loop import load_mean
from lvcine.training.split import SUNNYBROOK, Split

WEIGHTS = Path(lvcine.__file__).parent / "weights"

CARD = """\
# Card of TempReg-Net; written by `python -m lvcine.systems.frames.train.task`.
name = "frames"
first_line = "{first_line}"
intended_use = "Research: ED and ES from the pixels of short-axis, long-axis and apical cines."
known_failures = [
  "Views other than these; clips in which the LV leaves the picture.",
  "Cines that do not hold a whole beat.",
  "ED of cines that stand still before systole.",
]
licence = "Apache-2.0"
code_version = "{version}"

[files]
{files}

[input]
axes = ["frame", "row", "column"]
size = [{size}, {size}]
normalisation = "lvcine.systems.frames.prepare: what moves cut out, percentiles 1 and 99 to 0 and 1"

[data]
virtual = "{virtual} clips of lvcine.systems.frames.train.data, hearts {first} onwards of the side training"
real = "Sunnybrook Cardiac Data, Radau et al. 2009, MIDAS Journal, and its preclinical EP set, both CC0"

[split]
{split}

[training]
recipe = "lvcine.systems.frames.recipe: {recipe}"
steps = {steps}  # of the runs one after the other
minutes_on_two_shared_cores = {minutes}  # of the last

[results]
see = "docs/frames.md"
"""


_FROM_VIRTUAL = "Trained on virtual hearts alone; on no real cine."
_FROM_REAL = (
    "Trained on virtual hearts and on short-axis cines of {} real subjects; on real long axes and ultrasound "
    "of none."
)


def _sides(real: list[str]) -> dict[str, list[str]]:
    """Who was learned from, and whom the split keeps for the other sides."""
    Split(tuple(real), SUNNYBROOK.choosing, SUNNYBROOK.reporting)
    return {
        "training": real,
        "choosing": list(SUNNYBROOK.choosing),
        "reporting": list(SUNNYBROOK.reporting),
    }


class Encoder(nn.Module):
    """(frames, Y, X) -> features (frames, F)."""

    def __init__(self, net: TempRegNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, frames: Tensor) -> Tensor:
        return self.net.features(frames[None])[0]


class OverTime(nn.Module):
    """(frames, F) -> values (frames,), not closed: who calls it goes round."""

    def __init__(self, net: TempRegNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, features: Tensor) -> Tensor:
        return self.net.over_time(features[None], closed=False)[0]


def ship(run: Path, recipe_name: str, weights: Path = WEIGHTS) -> Path:
    """Export a run and write its card; returns the card's file."""
    recipe = RECIPES[recipe_name]
    net = TempRegNet(recipe)
    load_mean(run, net)
    weights.mkdir(parents=True, exist_ok=True)
    parts = (
        ("frames-encoder.onnx", Encoder(net), "frames", torch.zeros(3, recipe.size, recipe.size), "features"),
        ("frames-time.onnx", OverTime(net), "features", torch.zeros(3, recipe.features), "values"),
    )
    files = []
    for name, part, takes, example, gives in parts:
        axes = {takes: {0: "frame"}, gives: {0: "frame"}}
        digest = export_graph(part, {takes: example}, [gives], weights / name, axes)
        files.append(f'"{name}" = "{digest}"')
    learned_from = json.loads((run / LEARNED_FROM).read_text(encoding="utf-8"))
    real = learned_from["real"]
    log = json.loads((run / "log.jsonl").read_text().splitlines()[-1])
    card = weights / "frames.toml"
    card.write_text(
        CARD.format(
            version=lvcine.__version__,
            files="\n".join(files),
            size=recipe.size,
            first=FIRST,
            first_line=_FROM_REAL.format(len(real)) if real else _FROM_VIRTUAL,
            virtual=learned_from["virtual"],
            split="\n".join(f"{side} = {json.dumps(names)}" for side, names in _sides(real).items()),
            recipe=recipe_name,
            steps=[*learned_from.get("steps_before", []), log["step"]],
            minutes=round(log["seconds"] / 60),
        )  # fmt: skip
    )
    return card


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("runs/frames"))
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="light")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder for the nets and their card")
    chosen = parser.parse_args()
    ship(chosen.run, chosen.recipe, chosen.weights)


if __name__ == "__main__":
    main()

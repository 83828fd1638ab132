"""Turn a run's running-mean weights into the shipped net and a draft of its card.

python -m lvcine.systems.sax.train.task --run runs/sax
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import lvcine
from lvcine.systems.sax.recipe import RECIPES
from lvcine.systems.sax.train.net import OneClip, SaxNet
from lvcine.training.export import export, shrink_again
from lvcine.training.loop import load_mean
from lvcine.training.split import SUNNYBROOK

WEIGHTS = Path(lvcine.__file__).parent / "weights"

CARD = """\
# Card of the short-axis net; written by `python -m lvcine.systems.sax.train.task`.
name = "sax"
first_line = "{first_line}"
intended_use = "Research: LV cavity and myocardium in every frame of a short-axis bSSFP cine, any vendor."
known_failures = [
  "Basal slices at end-systole, where the atrium has come down, may still be outlined.",
  "The last apical slice may be lost or kept against a reader's judgement.",
  "No dark-blood, late-enhancement, perfusion or velocity images.",
]
licence = "Apache-2.0"
code_version = "{version}"

[files]
{files}

[input]
axes = ["frame", "channel", "row", "column"]
spacing_mm = {spacing}
size = [{size}, {size}]
channels = ["next slice towards the base", "the slice", "next slice towards the apex"]
normalisation = "lvcine.systems.sax.prepare: percentiles 1 and 99 of the clip to 0 and 1"

[labels]
0 = "background"
1 = "cavity (papillary muscles inside)"
2 = "myocardium"
3 = "RV cavity (learned from virtual hearts only)"

[data]
{data}

[split]
training = {training}
choosing = {choosing}
reporting = {reporting}

[training]
recipes = "lvcine.systems.sax.recipe: {recipes}, each from the one before"
steps = {steps}
minutes_on_two_shared_cores = {minutes}
choosing_dice = {dice}

[results]
see = "docs/evidence/results.md"
"""


_REAL = """\
sunnybrook = "Sunnybrook Cardiac Data, Radau et al. 2009, MIDAS Journal, CC0; masks shrunk by half a pixel"
pig = "Sunnybrook preclinical EP data set, CC0; automatic contours"
"""
_SOURCES = {
    (True, True): "Trained on 20 Sunnybrook subjects, one pig and virtual hearts; on no other hospital.",
    (True, False): "Trained on 20 Sunnybrook subjects and one pig alone; on no other hospital.",
    (False, True): "Trained on virtual hearts alone; on no real picture.",
}


def ship(
    runs: list[Path],
    recipes: list[str],
    pool: Path,
    weights: Path = WEIGHTS,
    *,
    members: int = 1,
    earlier: Sequence[Path] = (),
) -> Path:
    """Export the last of ``runs`` (parts of one training) and write their card.

    Parameters
    ----------
    runs : list of Path
        Folders of the parts, in order.
    recipes : list of str
        Of :data:`~lvcine.systems.sax.recipe.RECIPES`, one for each.
    pool : Path
        The virtual studies that were used.
    weights : Path
        Gets ``sax.onnx``, or with several members ``sax-1.onnx`` and so on in eight bits, and ``sax.toml``.
    members : int
        How many of the last runs are members of an ensemble.
    earlier : sequence of Path
        Nets shipped before, in 16 bits, that are members too.

    Returns
    -------
    Path
        Of the card.
    """
    parts = [RECIPES[name] for name in recipes]
    recipe = parts[-1]
    real, virtual = any(r.real_share > 0 for r in parts), any(r.real_share < 1 for r in parts)
    shape = (4, recipe.neighbours, recipe.size, recipe.size)
    weights.mkdir(parents=True, exist_ok=True)
    files = []
    alone = members == 1 and not earlier
    for k, run in enumerate(runs[-members:], 1):
        net = SaxNet(recipe)
        load_mean(run, net)
        file = weights / ("sax.onnx" if alone else f"sax-{k}.onnx")
        axes = {0: "frames", 2: "rows", 3: "columns"}
        bits = 16 if alone else 8
        digest = export(OneClip(net), shape, file, axes, ("clip", "logits"), bits=bits)
        files.append(f'"{file.name}" = "{digest}"')
    for k, before in enumerate(earlier, members + 1):
        file = weights / f"sax-{k}.onnx"
        files.append(f'"{file.name}" = "{shrink_again(before, file)}"')
    logs = [json.loads((run / "log.jsonl").read_text().splitlines()[-1]) for run in runs]
    used = f'virtual = "virtual hearts and rings of lvcine.training.pool, numbers {_numbers(pool)}"'
    card = CARD.format(
        version=lvcine.__version__, files="\n".join(files), spacing=recipe.spacing_mm, size=recipe.size,
        first_line=_SOURCES[real, virtual], data=(_REAL if real else "") + (used if virtual else ""),
        training=_names(SUNNYBROOK.training if real else ()), choosing=_names(SUNNYBROOK.choosing),
        reporting=_names(SUNNYBROOK.reporting), recipes=", ".join(recipes),
        steps=[log["step"] for log in logs], minutes=[round(log["seconds"] / 60) for log in logs],
        dice="{ " + ", ".join(f"{k} = {logs[-1][k]}" for k in ("endo", "epi") if k in logs[-1]) + " }",
    )  # fmt: skip
    file = weights / "sax.toml"
    file.write_text(card)
    return file


def _numbers(pool: Path) -> str:
    """The numbers of the pool's studies as ranges: ``0-559, 500000-500199``."""
    numbers = sorted(int(file.stem) for file in pool.glob("*.npy"))
    starts = [n for n in numbers if n - 1 not in set(numbers)]
    ends = [n for n in numbers if n + 1 not in set(numbers)]
    return ", ".join(f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


def _names(names: tuple[str, ...]) -> str:
    return json.dumps(list(names))


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, nargs="+", default=[Path("runs/sax")], help="its parts, in order")
    parser.add_argument("--pool", type=Path, default=Path("packs/pool"))
    parser.add_argument(
        "--recipe", nargs="+", choices=sorted(RECIPES), default=["default"], help="of each part"
    )
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder for the net and its card")
    parser.add_argument("--members", type=int, default=1, help="of the last runs, averaged")
    parser.add_argument("--earlier", type=Path, nargs="*", default=[], help="shipped nets as members too")
    chosen = parser.parse_args()
    ship(
        chosen.run, chosen.recipe, chosen.pool, chosen.weights, members=chosen.members, earlier=chosen.earlier
    )


if __name__ == "__main__":
    main()

"""What makes the recipe better: each variant learns as long from the same slices and is measured alike.

python benchmarks/quantification_recipes.py --pool FOLDER [--minutes 3] [--only 0 4]

The paper's optimiser and its rate are far too slow for minutes: its layers run with ours beside it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lvcine.papers.quantification.experiment import predict, score
from lvcine.papers.quantification.score import GROUPS, correlation, errors, phase_error
from lvcine.systems.quantification.recipe import DEFAULT, DIRECT, PAPER, Recipe
from lvcine.systems.quantification.train.data import OutlinedClip
from lvcine.systems.quantification.train.task import TASK
from lvcine.training.fit import fit, sides

VARIANTS = {
    "paper: layers, loss, optimiser": PAPER,
    "paper's layers, our optimiser and variation": replace(
        PAPER, optimiser="adamw", learning_rate=5e-4, decay=0.01, varied=True
    ),
    "the same, one encoder for all neighbours": replace(
        PAPER, shared=True, optimiser="adamw", learning_rate=5e-4, decay=0.01, varied=True
    ),
    "direct: residual blocks, dense at the end": DIRECT,
    "default: integrals of maps": DEFAULT,
    "default, each neighbour its own encoder": replace(DEFAULT, shared=False),
    "default, kappa 1": replace(DEFAULT, kappa=1),
    "direct, kappa 1": replace(DIRECT, kappa=1),
    "paper's layers, kappa 1, our optimiser and variation": replace(
        PAPER, kappa=1, optimiser="adamw", learning_rate=5e-4, decay=0.01, varied=True
    ),
}


def row(
    name: str, recipe: Recipe, clips: Sequence[OutlinedClip], kept: Sequence[OutlinedClip], minutes: float
) -> str:
    """One variant, trained and measured."""
    with tempfile.TemporaryDirectory() as folder:
        net = fit(TASK, recipe, clips, Path(folder), seconds=60.0 * minutes)
    fold = f"kappa-{recipe.kappa}-1-0"
    scored = [s for clip in kept for s in score(None, "", predict(net, clip, recipe.kappa), clip, fold)]
    off = errors(scored)
    cells = [f"{off[:, part].mean():.3g}, {correlation(scored, part)[0]:.3f}" for part in GROUPS.values()]
    return f"| {name} | {' | '.join(cells)} | {phase_error(scored, alone=True):.1f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True, help="of `lvcine train fill quantification`")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--only", nargs="*", type=int, help="numbers of variants, from 0")
    chosen = parser.parse_args()
    clips, kept = sides(TASK, "default", chosen.pool)
    print(
        f"{len(kept)} slices of the side choosing, {chosen.minutes:g} minutes each; MAE, PCC of all frames\n"
    )
    print(f"| variant | {' | '.join(GROUPS)} | phase (%) |\n| --- | --- | --- | --- | --- |", flush=True)
    for k, (name, recipe) in enumerate(VARIANTS.items()):
        if chosen.only is None or k in chosen.only:
            print(row(name, recipe, clips, kept, chosen.minutes), flush=True)


if __name__ == "__main__":
    main()

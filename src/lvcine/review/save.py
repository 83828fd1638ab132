"""The corrected result as a folder of results, ``OUT/corrected``, beside what the analysis wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lvcine.localise.drawn import rasterised
from lvcine.output import claim, old_results
from lvcine.pipeline.corrected import CORRECTED, Saved, mark, marked, run_options
from lvcine.report import fill
from lvcine.review.state import State, measured_contours
from lvcine.study import Analysis, Finding, MaskOrigin, listed


def corrected(
    now: Analysis, original: Analysis, state: State, by: str, across: Sequence[int] = ()
) -> Analysis:
    """The analysis with what says that a reader corrected it: by name, place and number.

    ``across``: frames that were corrected in the second apical plane.
    """
    places = changed_places(state, original)
    origin = original.masks
    if places:
        earlier = origin.changed if origin is not None else ()
        origin = replace(origin or MaskOrigin(by), by=by, changed=tuple(sorted({*earlier, *places})))
    said = [what_changed(state, places)] if places or not across else []
    said += [f"second plane in {listed(f'frame {t}' for t in across)}"] if across else []
    finding = Finding("corrected-by-reader", "info", f"corrected by {by}: {'; '.join(said)}")
    return marked(
        replace(
            now,
            segmentation=rasterised(now.segmentation, now.atrium),
            masks=origin,
            basis=(*now.basis, finding),
            findings=(finding, *now.findings),
        ),
        original,
    )


def changed_places(state: State, original: Analysis) -> list[tuple[int, int]]:
    """Slices and frames whose contours, or hinges, are not those of the analysis."""
    endo, epi = measured_contours(state)
    seg = original.segmentation
    found = {
        (z, t)
        for z, t in np.ndindex(state.slices, state.frames)
        if endo[z][t] is not seg.endo[z][t] or epi[z][t] is not seg.epi[z][t]
    }
    for t, pair in enumerate(state.hinges):
        old = original.hinges[t] if original.hinges else None
        if pair is not None and (old is None or not np.allclose(np.ravel(old), pair, atol=1e-3)):
            found.add((0, t))
    return sorted((int(z), int(t)) for z, t in found)


def what_changed(state: State, places: list[tuple[int, int]]) -> str:
    """Contours and decisions in words."""
    choices = state.choices
    said = []
    if places:
        said.append(f"contours in {listed(f'slice {z} frame {t}' for z, t in places)}")
    said += [f"{n.upper()} frame {v}" for n, v in (("ed", choices.ed), ("es", choices.es)) if v is not None]
    for name, pair in (("base", choices.base), ("apex", choices.apex)):
        if pair is not None:
            said.append(f"{name} at slices {pair[0]} (ED) and {pair[1]} (ES)")
    if choices.papillary is not None:
        said.append(f"papillary muscles {choices.papillary}d")
    if choices.insertion is not None:
        said.append(f"RV insertion in slice {choices.insertion[2]}")
    if choices.no_slices:
        said.append(f"excluded slices {listed(choices.no_slices)}")
    if choices.no_frames:
        said.append(f"excluded frames {listed(choices.no_frames)}")
    return "; ".join(said) or "nothing in the end"


def saved_as(folder: Path, original: Analysis, state: State, reader: str, revision: int) -> Saved:
    """What is noted of a review beside its numbers."""
    places = tuple(changed_places(state, original))
    return Saved(mark(folder), revision, reader, places, state.choices.no_slices, state.choices.no_frames)


def save(folder: Path, analysis: Analysis, saved: Saved) -> Path:
    """Write the corrected result, whole or not at all; an earlier one is replaced.

    Parameters
    ----------
    folder : Path
        Of the analysis.
    analysis : Analysis
        Of :func:`corrected`.
    saved : Saved
        Of :func:`saved_as`.

    Raises
    ------
    UsageError
        The disk refuses, or files that are not lvcine's lie there.
    """
    out = folder / CORRECTED
    with claim(out, old_results(overwrite=True)) as place:
        fill(place, analysis, identify=False, movie="none", run=run_options(saved))
        place.commit()
    return out

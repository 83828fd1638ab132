"""NIfTI scans with masks beside them: ``name.nii`` and ``name_gt.nii`` (or ``.nii.gz``).

Masks hold 0 background, 1 cavity with the papillary muscles inside, 2 myocardium (or the cavity alone), of
all slices from base to apex; two phases, ED and ES in either order. Other files order the labels otherwise
(ACDC itself: 3 cavity, 2 myocardium, 1 right ventricle): change them first.

``two-phase``: the scan holds these two phases and no other. ``cines``: the scan holds the whole
cycle, and ``meta.json`` says which frames the reader took, ``{"name": {"ed": 3, "es": 11}}``.
With ``"group"`` beside them the results are given by group too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import nibabel
import numpy as np

from lvcine.errors import ReadError
from lvcine.evaluate.case import Case, Score
from lvcine.evaluate.masks import ed_and_es, mask_scores
from lvcine.evaluate.reference_contours import ReferenceContours, frame_scores
from lvcine.study import CAVITY, MYOCARDIUM, U8, Analysis

_ENDINGS = (".nii", ".nii.gz")


def two_phase(folder: Path, *, scaled: bool = True) -> Iterator[Case]:
    """Scans of two phases; ``scaled`` is False where the headers' spacing is made up."""
    groups = _groups(folder / "meta.json")
    for name, scan, masks in _pairs(folder):
        yield Case(name, scan, partial(_of_two_phases, masks, scaled), groups.get(name, ""))


def cines(folder: Path) -> Iterator[Case]:
    """Full cycles with the reader's frames in ``meta.json``."""
    frames, groups = _frames(folder / "meta.json"), _groups(folder / "meta.json")
    for name, scan, masks in _pairs(folder):
        if name not in frames:
            raise ReadError(f"no frames of {name}", where="meta.json")
        yield Case(name, scan, partial(_of_a_cycle, masks, frames[name]), groups.get(name, ""))


def _of_two_phases(masks: Path, scaled: bool, analysis: Analysis) -> Iterator[Score]:
    labels = _labels(masks, analysis)
    order = ed_and_es(labels)
    yield from mask_scores(analysis, labels[:, list(order)], order, scaled=scaled)


def _of_a_cycle(masks: Path, frames: tuple[int, int], analysis: Analysis) -> Iterator[Score]:
    if max(frames) >= analysis.cine.frames:
        raise ReadError(f"frames {frames} of a cine of {analysis.cine.frames}", where="meta.json")
    yield from frame_scores(analysis, ReferenceContours(*frames, {}))
    labels = _labels(masks, analysis)
    yield from mask_scores(analysis, labels[:, list(ed_and_es(labels))], frames, scaled=True)


def _pairs(folder: Path) -> Iterator[tuple[str, Path, Path]]:
    for masks in sorted(folder.rglob("*_gt.nii*")):
        stem = masks.name[: masks.name.index("_gt.nii")]
        beside = (masks.with_name(stem + ending) for ending in _ENDINGS)
        scan = next((path for path in beside if path.is_file()), None)
        if scan is None:
            raise ReadError("masks without their scan", where=masks.name)
        yield stem, scan, masks


def _frames(path: Path) -> dict[str, tuple[int, int]]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {name: (int(of["ed"]), int(of["es"])) for name, of in stored.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReadError("the reader's frames cannot be read", where=path.name) from error


def _groups(path: Path) -> dict[str, str]:
    """Group of each subject, where ``meta.json`` gives one."""
    if not path.is_file():
        return {}
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {name: str(of["group"]) for name, of in stored.items() if "group" in of}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ReadError("the subjects' groups cannot be read", where=path.name) from error


def _labels(path: Path, analysis: Analysis) -> U8:
    """Masks on the cine's grid (Z, 2, Y, X)."""
    stored = np.asanyarray(nibabel.load(path).dataobj)  # type: ignore[attr-defined]
    if stored.ndim != 4 or stored.shape[3] != 2:
        raise ReadError(f"masks of shape {stored.shape}, expected two phases", where=path.name)
    if not set(np.unique(stored).tolist()) <= {0, CAVITY, MYOCARDIUM}:
        raise ReadError("labels other than 0, 1 (cavity) and 2 (myocardium)", where=path.name)
    labels = analysis.cine.file_grid.from_file_axes(stored).astype(np.uint8)
    expected = (analysis.cine.slices, 2, *analysis.cine.pixels.shape[2:])
    if labels.shape != expected:
        raise ReadError(f"masks of shape {labels.shape} on a scan of {expected}", where=path.name)
    return labels

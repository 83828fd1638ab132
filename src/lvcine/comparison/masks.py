"""Our masks of a cohort against a reader's: one NIfTI file a study, or one for ED and one for ES."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from lvcine.cohorts.labels import plain_label
from lvcine.comparison.readings import OURS, Reading
from lvcine.errors import ReadError
from lvcine.measure.mask_agreement import border_distances, mask_agreement
from lvcine.study import CAVITY, MYOCARDIUM, U8

_CLOSE_MM = 0.01
_PHASE = re.compile(r"(?:^|[^a-z])(ed|es)(?:[^a-z]|$)")


MASKS = "masks"
"""Reader of a folder of masks."""


@dataclass(frozen=True)
class MaskScores:
    """What became of one study's masks: scores by name, or the reason why there are none.

    ``one`` and ``other``: whose masks they are.
    """

    label: str
    scores: Mapping[str, float]
    reason: str = ""
    one: str = OURS
    other: str = MASKS


def mask_files(folder: Path, labels: Sequence[str]) -> dict[str, list[Path]]:
    """NIfTI files by the study whose label begins their name; the longest label that fits.

    Raises
    ------
    ReadError
        None of the files is named after a study.
    """
    files = [p for p in sorted(folder.rglob("*.nii*")) if p.is_file()]
    known = sorted(((plain_label(label).lower(), label) for label in labels), key=lambda pair: -len(pair[0]))
    found: dict[str, list[Path]] = {}
    for path in files:
        stem = plain_label(path.name.removesuffix(".gz").removesuffix(".nii")).lower()
        for key, label in known:
            if stem.startswith(key) and not stem[len(key) :][:1].isalnum():
                found.setdefault(label, []).append(path)
                break
    if not found:
        raise ReadError(
            "no mask is named after a study of the cohort", where=folder.name,
            advice=f"call them LABEL.nii.gz, or LABEL_ED and LABEL_ES; a label is {next(iter(labels))}",
        )  # fmt: skip
    return found


def compare_masks(
    cohort: Path, files: Mapping[str, Sequence[Path]], values: tuple[int, int] = (CAVITY, MYOCARDIUM)
) -> tuple[list[MaskScores], Reading]:
    """Scores of every study that has masks, and the volumes of the reader's masks as a reading.

    Parameters
    ----------
    values : (int, int)
        Numbers of cavity and myocardium in the reader's files.
    """
    scores, numbers = [], {}
    ends = ends_of(cohort)
    for label, paths in files.items():
        try:
            mine, affine = _load(cohort / "studies" / label / "segmentation.nii.gz")
            theirs = _phases(paths, mine.shape, affine, ends[label], values)
            spacing = np.linalg.norm(affine[:3, :3], axis=0)
            scores.append(MaskScores(label, dict(_scores(mine, theirs, ends[label], spacing))))
            numbers[label] = _volumes(theirs, float(np.prod(spacing)) / 1000.0)
        except ReadError as error:
            scores.append(MaskScores(label, {}, str(error)))
    return scores, Reading(MASKS, numbers)


def agreement_of(mine: Path, theirs: Path, ends: tuple[int, int]) -> dict[str, float]:
    """Scores of two files of masks with lvcine's labels, of the same cycle on one grid, at two frames.

    Raises
    ------
    ReadError
        One cannot be read, or they lie on different grids.
    """
    ours, affine = _load(mine)
    phases = _phases([theirs], ours.shape, affine, ends, (CAVITY, MYOCARDIUM))
    return dict(_scores(ours, phases, ends, np.linalg.norm(affine[:3, :3], axis=0)))


def ends_of(cohort: Path) -> dict[str, tuple[int, int]]:
    """Label -> ED and ES of every study that was measured."""
    with (cohort / "cohort.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["status"] == "done"]
    return {row["label"]: (int(float(row["ed_frame"])), int(float(row["es_frame"]))) for row in rows}


def _load(path: Path) -> tuple[U8, Any]:
    try:
        image: Any = nibabel.load(path)
        return np.asanyarray(image.dataobj).astype(np.int16), image.affine
    except Exception as error:  # nibabel raises anything on a damaged file
        raise ReadError("a mask that cannot be read", where=path.name) from error


def _phases(
    paths: Sequence[Path], shape: tuple[int, ...], affine: Any, ends: tuple[int, int], values: tuple[int, int]
) -> dict[str, U8]:
    """``ed`` and ``es`` -> labels (X, Y, Z) with our numbers."""
    if len(paths) == 2:
        named = {m.group(1): p for p in paths if (m := _PHASE.search(p.name.lower()))}
        if set(named) != {"ed", "es"}:
            raise ReadError("two masks that are not named ED and ES", where=paths[0].name)
        pair = {phase: _on_grid(named[phase], shape[:3], affine) for phase in ("ed", "es")}
        return {phase: _renamed(labels, values) for phase, labels in pair.items()}
    if len(paths) != 1:
        raise ReadError(
            f"{len(paths)} masks of one study",
            where=paths[0].name,
            advice="one, or one for ED and one for ES",
        )
    labels = _on_grid(paths[0], shape[:3], affine)
    if labels.ndim != 4 or labels.shape[3] not in (2, shape[3]):
        raise ReadError(f"masks of shape {labels.shape} on a scan of {shape}", where=paths[0].name)
    if labels.shape[3] == 2:
        cavity = [(labels[..., k] == values[0]).sum() for k in (0, 1)]
        places = (0, 1) if cavity[0] >= cavity[1] else (1, 0)
    else:
        places = ends
    return {phase: _renamed(labels[..., k], values) for phase, k in zip(("ed", "es"), places, strict=True)}


def _on_grid(path: Path, shape: tuple[int, ...], affine: Any) -> U8:
    """A reader's labels, if they lie where ours do."""
    labels, theirs = _load(path)
    if labels.shape[:3] != shape:
        raise ReadError(f"masks of shape {labels.shape} on a scan of {shape}", where=path.name)
    if np.abs(theirs - affine).max() > _CLOSE_MM:
        raise ReadError(
            "masks that lie elsewhere than the scan",
            where=path.name,
            advice="write them on the scan's own grid",
        )
    return labels


def _renamed(labels: U8, values: tuple[int, int]) -> U8:
    found = np.zeros(labels.shape, np.uint8)
    found[labels == values[0]], found[labels == values[1]] = CAVITY, MYOCARDIUM
    return found


def _scores(
    mine: U8, theirs: Mapping[str, U8], ends: tuple[int, int], spacing: Any
) -> Iterator[tuple[str, float]]:
    for phase, frame in zip(("ed", "es"), ends, strict=True):
        ours = np.moveaxis(mine[..., frame], 2, 0).astype(np.uint8)
        reader = np.moveaxis(theirs[phase], 2, 0)
        if not (reader == CAVITY).any():
            continue  # a reader who did not draw this phase
        found = mask_agreement(ours, reader) | border_distances(ours, reader, (spacing[0], spacing[1]))
        yield from ((f"{name}_{phase}", value) for name, value in found.items())


def _volumes(theirs: Mapping[str, U8], voxel_ml: float) -> dict[str, float]:
    cavity = {phase: float((labels == CAVITY).sum()) * voxel_ml for phase, labels in theirs.items()}
    if not cavity["ed"] or not cavity["es"]:
        return {}
    ef = 100.0 * (cavity["ed"] - cavity["es"]) / cavity["ed"]
    return {"edv_ml": cavity["ed"], "esv_ml": cavity["es"], "ef_percent": ef}

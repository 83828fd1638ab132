"""A reader's contours on the grid of the cine, and how far the analysis is from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from lvcine.errors import ReadError
from lvcine.evaluate.case import Score
from lvcine.measure.agreement import (
    average_perpendicular_distance_mm,
    cyclic_frame_difference,
    hausdorff_mm,
)
from lvcine.measure.area import contour_area_mm2, largest_contour
from lvcine.measure.coverage import pixel_coverage
from lvcine.measure.volume import slice_summation
from lvcine.study import CAVITY, MYOCARDIUM, U8, Analysis, Contour, Geometry

Place = tuple[int, int]
"""(slice, frame)"""

# Areas are exact whatever the pixels; what two contours share is not where they cross within one.
# On pixels this many times finer that is below 0.1 % of a cavity of 200 pixels.
_FINER = 4
# The challenge's bar for a contour that a reader would leave as it is (Radau 2009, hdl:10380/3070).
_GOOD_APD_MM = 5.0


@dataclass(frozen=True)
class ReferenceContours:
    """A reader's contours.

    Attributes
    ----------
    ed, es : int
        The frames that the reader drew.
    endo, epi : dict of (slice, frame) to Contour
        In pixels of the cine's grid, (y, x).
    """

    ed: int
    es: int
    endo: Mapping[Place, Contour]
    epi: Mapping[Place, Contour] = field(default_factory=dict)

    @classmethod
    def of_frames(cls, endo: Mapping[Place, Contour], epi: Mapping[Place, Contour]) -> ReferenceContours:
        """ED and ES: the two frames contoured most often, the one with the larger areas is ED."""
        area: dict[int, list[float]] = {}
        for (_, t), contour in endo.items():
            area.setdefault(t, []).append(contour_area_mm2(contour, (1.0, 1.0)))
        if len(area) < 2:
            raise ReadError(f"contours of {len(area)} frame(s), expected those of ED and ES")
        both = sorted(area, key=lambda t: len(area[t]), reverse=True)[:2]
        ed, es = sorted(both, key=lambda t: float(np.mean(area[t])), reverse=True)
        return cls(ed, es, endo, epi)

    @classmethod
    def of_labels(cls, labels: U8, frames: tuple[int, int]) -> ReferenceContours:
        """Contours around labels (Z, 2, Y, X) of the frames (ED, ES); the phases in that order.

        No epicardium where no myocardium was drawn in any slice.
        """
        walled = bool((labels == MYOCARDIUM).any())
        endo: dict[Place, Contour] = {}
        epi: dict[Place, Contour] = {}
        for z, phase in np.ndindex(labels.shape[:2]):
            cavity = labels[z, phase] == CAVITY
            for found, mask in ((endo, cavity), (epi, cavity | (labels[z, phase] == MYOCARDIUM))):
                contour = largest_contour(mask.astype(float)) if cavity.any() else None
                if contour is not None:
                    found[z, frames[phase]] = contour
        return cls(*frames, endo, epi if walled else {})

    @property
    def phases(self) -> dict[str, int]:
        return {"ed": self.ed, "es": self.es}


def contour_scores(
    analysis: Analysis, reference: ReferenceContours, *, overlap: bool = True
) -> Iterator[Score]:
    """Dice, Hausdorff and average perpendicular distance of every slice with a reference.

    A slice without a contour of ours has Dice 0 and no distance (NaN, counted as failed).
    """
    for phase, frame in reference.phases.items():
        for name, ours, theirs in (
            ("endo", analysis.segmentation.endo, reference.endo),
            ("epi", analysis.segmentation.epi, reference.epi),
        ):
            for (z, t), reader in sorted(theirs.items()):
                if t == frame:
                    pair = ours[z][t], reader
                    yield from _pair(f"{name}_{phase}", z, pair, analysis.cine.geometry, overlap)


def _pair(
    name: str, z: int, pair: tuple[Contour | None, Contour], geometry: Geometry, overlap: bool
) -> Iterator[Score]:
    (ours, reader), spacing = pair, geometry.pixel_spacing_mm
    mm = None if ours is None else ours.scaled(spacing)
    apd = average_perpendicular_distance_mm(mm, reader.scaled(spacing))
    if overlap:
        yield Score(f"dice_{name}", contour_dice(ours, reader), z)
    yield Score(f"hd_{name}_mm", hausdorff_mm(mm, reader.scaled(spacing)), z)
    yield Score(f"apd_{name}_mm", apd, z)
    if overlap:
        yield Score(f"good_{name}_percent", 100.0 * (apd < _GOOD_APD_MM), z)


def contour_dice(a: Contour | None, b: Contour) -> float:
    """Overlap of the areas inside two contours in pixels; 0 where the first is missing.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [0.0, 20.0], [20.0, 20.0], [20.0, 0.0]])
    >>> round(contour_dice(Contour(square), Contour(square + [0.0, 10.0])), 2)
    0.5
    """
    if a is None:
        return 0.0
    low = np.floor(np.minimum(a.points.min(axis=0), b.points.min(axis=0))) - 1
    high = np.ceil(np.maximum(a.points.max(axis=0), b.points.max(axis=0))) + 1
    rows, columns = (int(n) for n in (high - low) * _FINER)
    inside = [pixel_coverage((c.points - low) * _FINER, (rows, columns)) for c in (a, b)]
    return float(2.0 * np.minimum(*inside).sum() / (inside[0].sum() + inside[1].sum()))


def volume_scores(
    analysis: Analysis, reference: ReferenceContours, *, scaled: bool = True
) -> Iterator[Score]:
    """Volumes and EF of the reference against ours of the same slices and frames.

    Differences are ours minus the reader's. EF of our own frames and extent against the same
    reader's EF follows. ``scaled``: the spacing is true; without it no volumes are given.
    """
    geometry = analysis.cine.geometry
    theirs = {phase: _volume(reference.endo, t, geometry) for phase, t in reference.phases.items()}
    same = {
        (z, t): contour
        for (z, t) in reference.endo
        if (contour := analysis.segmentation.endo[z][t]) is not None
    }
    ours = {phase: _volume(same, t, geometry) for phase, t in reference.phases.items()}
    if scaled and geometry.calibrated:
        for phase in theirs:
            yield Score(f"{phase}v_ml_drawn", theirs[phase])
            yield Score(f"{phase}v_ml_same_slices_difference", ours[phase] - theirs[phase])
    drawn_ef = _ef(theirs["ed"], theirs["es"])
    yield Score("ef_percent_drawn", drawn_ef)
    yield Score("ef_percent_same_slices_difference", _ef(ours["ed"], ours["es"]) - drawn_ef)
    own = analysis.headline().get("ef_percent", float("nan"))
    yield Score("ef_percent_difference", own - drawn_ef)


def frame_scores(analysis: Analysis, reference: ReferenceContours) -> Iterator[Score]:
    """Frames between our ED and ES and the reader's, the short way round the cycle."""
    pairs = (("ed", analysis.ed_frame, reference.ed), ("es", analysis.es_frame, reference.es))
    for phase, ours, theirs in pairs:
        difference = int(cyclic_frame_difference(ours, theirs, analysis.cine.frames))
        yield Score(f"{phase}_frame_difference", difference)
        yield Score(f"{phase}_frame_absolute_difference", abs(difference))


def _volume(contours: Mapping[Place, Contour], frame: int, geometry: Geometry) -> float:
    """Volume inside the contours of one frame (mL; a sum of areas where there is no spacing)."""
    areas = np.zeros((geometry.slices, 1))
    for (z, t), contour in contours.items():
        if t == frame:
            areas[z, 0] = contour_area_mm2(contour, geometry.pixel_spacing_mm)
    return float(slice_summation(areas, geometry)[0] if geometry.calibrated else areas.sum())


def _ef(edv: float, esv: float) -> float:
    return 100.0 * (edv - esv) / edv if edv > 0 else float("nan")

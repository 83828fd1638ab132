"""A reader's masks of ED and ES, all slices from base to apex, against ours."""

from __future__ import annotations

from collections.abc import Iterator

from lvcine.evaluate.case import Score
from lvcine.evaluate.reference_contours import ReferenceContours, contour_scores
from lvcine.measure.mask_agreement import mask_agreement
from lvcine.measure.volume import myocardial_mass_g, slice_summation
from lvcine.study import CAVITY, MYOCARDIUM, U8, Analysis, Array, Bools


def ed_and_es(labels: U8) -> tuple[int, int]:
    """Which of two labelled phases (Z, 2, Y, X) is ED: the one with the larger cavity."""
    pixels = (labels == CAVITY).sum(axis=(0, 2, 3))
    ed = int(pixels.argmax())
    return ed, 1 - ed


def mask_scores(analysis: Analysis, labels: U8, frames: tuple[int, int], *, scaled: bool) -> Iterator[Score]:
    """Every score that masks of two phases allow; of the wall where the reader drew any.

    Parameters
    ----------
    labels : ndarray of uint8, shape (Z, 2, Y, X)
        ED, then ES, on the cine's grid.
    frames : (int, int)
        Frames of the cine that they belong to.
    scaled : bool
        The grid's spacing is true; without it nothing in mm or mL is given.
    """
    ours = analysis.segmentation.mask.labels[:, list(frames)]
    walled = bool((labels == MYOCARDIUM).any())
    found = [
        (f"{name}_{phase}", value)
        for index, phase in enumerate(("ed", "es"))
        for name, value in mask_agreement(ours[:, index], labels[:, index], walled=walled).items()
    ]
    yield from (Score(name, value) for name, value in found if name.startswith("dice"))
    if scaled:
        yield from contour_scores(analysis, ReferenceContours.of_labels(labels, frames), overlap=False)
    yield from (Score(name, value) for name, value in found if not name.startswith("dice"))
    yield from _numbers(analysis, labels, scaled, walled)


def _numbers(analysis: Analysis, labels: U8, scaled: bool, walled: bool) -> Iterator[Score]:
    """Differences of the headline numbers from those of the masks, ours minus the reader's."""
    geometry = analysis.cine.geometry
    cavity = _millilitres(labels == CAVITY, analysis)
    wall = _millilitres(labels == MYOCARDIUM, analysis)
    theirs = {
        "edv_ml": cavity[0],
        "esv_ml": cavity[1],
        "ef_percent": 100.0 * (cavity[0] - cavity[1]) / cavity[0] if cavity[0] > 0 else float("nan"),
    } | ({"lv_mass_g": myocardial_mass_g(wall[0])} if walled else {})
    ours = {m.name: m for m in analysis.measurements if m.slice is m.frame is m.segment is None}
    for name, value in theirs.items():
        if name == "ef_percent" or (scaled and geometry.calibrated):
            m = ours.get(name)
            yield Score(f"{name}_drawn", float(value))
            yield Score(f"{name}_difference", (m.value if m else float("nan")) - float(value))
            if m is not None and m.low is not None and m.high is not None:
                yield Score(f"{name}_in_interval", float(m.low <= value <= m.high))


def _millilitres(mask: Bools, analysis: Analysis) -> Array:
    geometry = analysis.cine.geometry
    areas = mask.sum(axis=(2, 3)) * geometry.pixel_area_mm2
    return slice_summation(areas, geometry) if geometry.calibrated else areas.sum(axis=0)

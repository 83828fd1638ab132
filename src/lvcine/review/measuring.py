"""The numbers of a state: by the measures of any analysis, of which only new contours are measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import LvcineError
from lvcine.localise.blood import blood_fraction
from lvcine.localise.drawn import Contours, labels_of
from lvcine.measure import Insertion
from lvcine.measure.area import blood_share
from lvcine.pipeline.remeasure import Decisions, remeasure
from lvcine.report.slices import base_first
from lvcine.review.state import State, measured_contours
from lvcine.study import U8, Analysis, Bools, Contour, Mask, Segmentation
from lvcine.study.mask import CAVITY, MYOCARDIUM


class Measuring:
    """Measures one state after another of a result.

    Parameters
    ----------
    original : Analysis
        On its scan, its labels drawn from its contours.
    sector : ndarray of bool, shape (Y, X), or None
        Of a clip.

    Attributes
    ----------
    original : Analysis
    order : tuple of int
        Slices from base to apex.
    second_plane : SecondPlane or None
        What the clip at right angles adds to volumes, as it is now.
    """

    def __init__(self, original: Analysis, sector: Bools | None = None) -> None:
        seg = original.segmentation
        self.original, self._sector = original, sector
        self.order, self.second_plane = base_first(original), original.second_plane
        self._labels = seg.mask.labels.copy()
        self._endo, self._epi = seg.endo, seg.epi
        self._share = None if seg.blood_share is None else seg.blood_share.copy()
        self._known: WeakKeyDictionary[Contour, tuple[Contour | None, float]] = WeakKeyDictionary()
        if self._share is not None:
            for z, t in np.ndindex(*self._share.shape):
                self._keep(seg.endo[z][t], seg.epi[z][t], float(self._share[z, t]))

    def measure(self, state: State) -> Analysis:
        """The numbers of a state.

        Raises
        ------
        LvcineError
            They cannot be had: no ventricle at ED, for one.
        """
        endo, epi = measured_contours(state)
        exclude = (state.choices.papillary or self.original.papillary) == "exclude"
        self._follow(endo, epi, exclude)
        choices = state.choices
        base, apex = choices.base, choices.apex
        if base or apex:  # where one end is stated the other one tells which way the stack lies
            base, apex = base or (self.order[0],) * 2, apex or (self.order[-1],) * 2
        point = None if choices.insertion is None else Insertion(*choices.insertion)
        decisions = Decisions(
            choices.papillary, choices.ed, choices.es, base, apex, point,
            (self.original.ed_frame, self.original.es_frame),
        )  # fmt: skip
        hinges = [None if h is None else (np.array(h[:2]), np.array(h[2:])) for h in state.hinges]
        held = replace(self.original, second_plane=self.second_plane)
        segmentation = self._segmentation(endo, epi)
        return remeasure(
            held, decisions, segmentation=segmentation, hinges=hinges or None, sector=self._sector
        )

    def try_measure(self, state: State) -> Analysis | LvcineError:
        """The numbers, or why there are none."""
        try:
            return self.measure(state)
        except LvcineError as error:
            return error

    def _segmentation(self, endo: Contours, epi: Contours) -> Segmentation:
        share = None if self._share is None else self._share.copy()
        before = self.original.segmentation
        return replace(before, mask=Mask(self._labels), endo=endo, epi=epi, blood_share=share)

    def _follow(self, endo: Contours, epi: Contours, exclude: bool) -> None:
        """Labels, and shares of blood where they count, of those contours that are others than before."""
        if exclude and self._share is None:
            self._share = np.full(self._labels.shape[:2], np.nan)
        for z, t in np.ndindex(self._labels.shape[0], self._labels.shape[1]):
            inner, outer = endo[z][t], epi[z][t]
            same = inner is self._endo[z][t] and outer is self._epi[z][t]
            if not same:
                self._labels[z, t] = labels_of(inner, outer, (self._labels.shape[2], self._labels.shape[3]))
            if self._share is not None and (not same or (exclude and not np.isfinite(self._share[z, t]))):
                self._share[z, t] = self._share_at(z, t, inner, outer) if exclude else np.nan
        self._endo, self._epi = endo, epi

    def _share_at(self, z: int, t: int, endo: Contour | None, epi: Contour | None) -> float:
        if endo is None:
            return float("nan")
        known = self._known.get(endo)
        if known is not None and known[0] is epi and np.isfinite(known[1]):
            return known[1]
        return self._keep(endo, epi, _blood(self.original.cine.pixels[z, t], self._labels[z, t], endo, epi))

    def _keep(self, endo: Contour | None, epi: Contour | None, share: float) -> float:
        if endo is not None:
            self._known[endo] = (epi, share)
        return share


def _blood(picture: NDArray[Any], labels: U8, endo: Contour, epi: Contour | None) -> float:
    """The share of blood inside an endocardium, from the pixels."""
    cavity, wall = labels == CAVITY, labels == MYOCARDIUM
    blood = blood_fraction(np.asarray(picture, np.float32), cavity, wall)
    one = Segmentation(
        Mask(labels[None, None]), ((endo,),), ((epi,),), blood_fraction=blood[None, None].astype(np.float16)
    )
    return blood_share(one, 0, 0)

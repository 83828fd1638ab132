"""Masks of a scan as a drawing in lvcine's own labels, and the contours of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lvcine.engine import read_card
from lvcine.errors import ReadError
from lvcine.localise.drawn import Contours, outline_of_largest, pixels_of, segmentation_of
from lvcine.output import is_result
from lvcine.pipeline.apical import ATRIAL_VIEWS, within_sector
from lvcine.pipeline.choose import Selected
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.pipeline.remeasure import is_clip
from lvcine.read.label_orders import LVCINE, LVCINE_CLIP, LabelOrder, chosen_order
from lvcine.read.mask_contours import MaskContours
from lvcine.read.masks import Masks, MaskSource, read_masks
from lvcine.report.record import Record, crc32, read_record
from lvcine.study import (
    U8,
    Analysis,
    Array,
    Bools,
    Cine,
    Contour,
    Finding,
    Mask,
    MaskOrigin,
    Papillary,
    Segmentation,
    View,
    listed,
)
from lvcine.study.mask import CAVITY, LEFT_ATRIUM, MYOCARDIUM
from lvcine.systems.echo.postprocess import annulus
from lvcine.systems.echo.prepare import find_sector

_APART, _APART_PIXELS = 0.05, 4  # of contours in a header from their pixels

UNNAMED = "the user"
"""Whose masks they are where no name is given."""


@dataclass(frozen=True)
class Given:
    """What the user gives beside the scan."""

    masks: MaskSource | None
    order: LabelOrder | None
    by: str
    papillary: Papillary | None


@dataclass(frozen=True, eq=False)
class Drawing:
    """Masks in lvcine's own labels, and where they are from."""

    labels: U8
    rv: Bools | None
    order: LabelOrder
    masks: Masks


def drawing_of(given: Given, cine: Cine, chosen: AnalyzeOptions, like: Array | None = None) -> Drawing:
    """The masks on the cine's grid, in lvcine's labels; ``like``: checksums of masks known already."""
    assert given.masks is not None
    limit = chosen.read.max_pixels
    masks = read_masks(given.masks, cine, max_pixels=limit, ed=chosen.ed, es=chosen.es)
    clip = is_clip(cine)
    known = masks.labels.max(initial=0) <= LEFT_ATRIUM and like is not None
    if known and given.order is None and bool((crc32(masks.labels.astype(np.uint8)) == like).all()):
        order = LVCINE_CLIP if clip else LVCINE  # as they were written: nothing to doubt
    else:
        order = chosen_order(masks.labels, given.order, ultrasound=clip)
    labels = np.zeros(cine.pixels.shape, np.uint8)
    labels[np.isin(masks.labels, order.atrium if clip else ())] = LEFT_ATRIUM
    labels[np.isin(masks.labels, order.myocardium)] = MYOCARDIUM
    labels[np.isin(masks.labels, order.cavity)] = CAVITY
    return Drawing(labels, np.isin(masks.labels, order.rv) if order.rv else None, order, masks)


def recorded_beside(masks: MaskSource | None, selected: Selected) -> Record | None:
    """The record beside a mask file, if it is of this very scan, read in the same way; else None."""
    if isinstance(masks, Sequence) and not isinstance(masks, str) and len(masks) == 1:
        (masks,) = masks
    if not isinstance(masks, str | Path) or not is_result(Path(masks).parent):
        return None
    try:
        record = read_record(Path(masks).parent)
    except ReadError:
        return None  # the masks stand for themselves
    known, cine = record.analysis.cine, selected.cine
    same = (
        bool(selected.study.digest)
        and record.analysis.study.digest == selected.study.digest
        and known.pixels.shape == cine.pixels.shape
        and _same(known.times_ms, cine.times_ms)
        and _same(known.cycle_ms, cine.cycle_ms)
        and (known.gated, known.phases_only) == (cine.gated, cine.phases_only)
        and known.geometry.calibrated == cine.geometry.calibrated
        and all(
            _same(getattr(known.geometry, name), getattr(cine.geometry, name))
            for name in ("origins_mm", "row_step_mm", "column_step_mm")
        )
    )
    return record if same else None


def _same(one: Array | None, other: Array | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.shape(one) == np.shape(other) and bool(np.allclose(one, other, equal_nan=True))


def contours_of(drawing: Drawing, cine: Cine) -> tuple[Segmentation, tuple[Finding, ...]]:
    """Contours of the masks; the atrium of a clip stays in them."""
    labels = drawing.labels
    found, doubts = segmentation_of(labels == CAVITY, labels == MYOCARDIUM, cine, rv=drawing.rv)
    atrium = (labels == LEFT_ATRIUM) & (found.mask.labels == 0)
    found.mask.labels[atrium] = LEFT_ATRIUM
    return found, doubts


@dataclass(frozen=True, eq=False)
class Drawn:
    """Contours of a drawing, and of a clip where its valve hinges and its atrium."""

    segmentation: Segmentation
    hinges: tuple[tuple[Array, Array] | None, ...] = ()
    atrium: tuple[Contour | None, ...] = ()
    findings: tuple[Finding, ...] = ()


def drawn_of(drawing: Drawing, cine: Cine) -> Drawn:
    """The contours that a clip's unchanged masks carry in their header; else outlined from the pixels."""
    if not is_clip(cine):
        segmentation, doubts = contours_of(drawing, cine)
        return Drawn(segmentation, findings=doubts)
    held, cavity = drawing.masks.contours, drawing.labels[0] == CAVITY
    if held is not None and _fits(held, cavity):
        segmentation = Segmentation(Mask(drawing.labels), (held.endo,), (held.epi,))
        text = "masks as an analysis wrote them: the contours in their header are measured"
        atrium = held.atrium if cine.view in ATRIAL_VIEWS else ()
        return Drawn(segmentation, held.hinges, atrium, (Finding("masks-unchanged", "info", text),))
    segmentation, doubts = contours_of(drawing, cine)
    hinges, atrium = hinges_of(drawing.labels, segmentation), atria_of(drawing.labels, cine.view)
    return Drawn(segmentation, hinges, atrium, doubts)


def _fits(held: MaskContours, cavity: Bools) -> bool:
    """Whether contours lie where the cavity (T, Y, X) does: a twentieth of its pixels may differ."""
    if len(held.endo) != len(cavity):
        return False
    for contour, pixels in zip(held.endo, cavity, strict=True):
        if (contour is None) == bool(pixels.any()):
            return False
        if contour is None:
            continue
        apart = (pixels_of(contour, (pixels.shape[0], pixels.shape[1])) != pixels).sum()
        if apart > _APART * pixels.sum() + _APART_PIXELS:
            return False
    return True


def hinges_of(labels: U8, segmentation: Segmentation) -> tuple[tuple[Array, Array] | None, ...]:
    """Where the mitral valve hinges in every frame of a clip's masks (1, T, Y, X)."""
    return tuple(
        None if contour is None else annulus(contour.points, frame)
        for contour, frame in zip(segmentation.endo[0], labels[0], strict=True)
    )


def atria_of(labels: U8, view: View) -> tuple[Contour | None, ...]:
    """The left atrium in every frame of a clip's masks (1, T, Y, X); nothing in other views."""
    return tuple(outline_of_largest(f == LEFT_ATRIUM) for f in labels[0]) if view in ATRIAL_VIEWS else ()


def with_changes(analysis: Analysis, drawing: Drawing, record: Record, by: str, *, pixels: bool) -> Analysis:
    """The analysis with the contours of those slices and frames whose masks are no longer as recorded."""
    labels, before = drawing.labels, analysis.segmentation
    where = crc32(labels) != record.mask_crc32
    if not where.any():
        return replace(analysis, segmentation=replace(before, mask=Mask(labels)))
    only = replace(drawing, labels=np.where(where[..., None, None], labels, 0).astype(np.uint8))
    new, doubts = contours_of(only, analysis.cine)
    share = before.blood_share
    segmentation = Segmentation(
        mask=Mask(np.where(where[..., None, None], new.mask.labels, labels).astype(np.uint8)),
        endo=_merged(before.endo, new.endo, where),
        epi=_merged(before.epi, new.epi, where),
        rv_direction=before.rv_direction,
        blood_fraction=new.blood_fraction if pixels else None,
        blood_share=None if share is None else np.where(where, np.nan, share),
    )
    places = tuple((int(z), int(t)) for z, t in np.argwhere(where))
    earlier = analysis.masks.changed if analysis.masks is not None else ()
    origin = MaskOrigin(
        by or UNNAMED, str(drawing.order), drawing.masks.sha256, drawing.masks.files,
        tuple(sorted({*earlier, *places})),
    )  # fmt: skip
    which = listed(f"slice {z} frame {t}" for z, t in places)
    noted = Finding("masks-changed", "info", f"contours changed by {origin.by} in {which}")
    hinges, atrium = analysis.hinges, analysis.atrium
    if is_clip(analysis.cine):
        fresh = hinges_of(only.labels, new)
        hinges = tuple(f if where[0, t] else hinges[t] for t, f in enumerate(fresh))
        atria = atria_of(only.labels, analysis.cine.view)
        atrium = tuple(f if where[0, t] or not atrium else atrium[t] for t, f in enumerate(atria))
    return replace(
        analysis,
        segmentation=segmentation,
        masks=origin,
        hinges=hinges,
        atrium=atrium,
        basis=(*analysis.basis, noted, *drawing.masks.findings, *doubts),
    )


def _merged(before: Contours, new: Contours, where: Bools) -> Contours:
    return tuple(
        tuple(new[z][t] if where[z, t] else c for t, c in enumerate(frames))
        for z, frames in enumerate(before)
    )


def sector_of(cine: Cine) -> Bools | None:
    """Where the scanner draws, of a clip whose pixels are there."""
    if not is_clip(cine) or not cine.pixels.any():
        return None
    size = read_card("echo").contract.size[-1]
    return find_sector(cine.pixels[0], cine.geometry.pixel_spacing_mm, size).mask


def within(cine: Cine, sector: Bools | None) -> tuple[Cine, tuple[Finding, ...]]:
    """The same cine where there is no sector, else as :func:`lvcine.pipeline.apical.within_sector`."""
    return (cine, ()) if sector is None else within_sector(cine, sector)

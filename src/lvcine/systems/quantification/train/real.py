"""Real labelled cines as outlined slices; the septum's direction is the one that `sax` sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lvcine.measure.anchor import find_anchor
from lvcine.measure.area import largest_contour, polygon_area, polygon_centroid
from lvcine.measure.lvquan_indices import in_systole
from lvcine.measure.rays import ray_radii
from lvcine.read.datasets.sunnybrook import signed_depth
from lvcine.study import U8, Array, Bools, Cine, Geometry, View
from lvcine.systems.quantification.prepare import form_of
from lvcine.systems.quantification.train.data import POINTS, STORED, OutlinedClip
from lvcine.systems.sax.infer import segment
from lvcine.training.labelled import SPACING_MM, LabelledStudy, cavity, marked_frames, studies_of
from lvcine.training.split import SUNNYBROOK, Split

AT_ED = 0.85
"""Share of a slice's largest cavity above which a frame counts as ED."""


@dataclass(frozen=True)
class Outlines:
    """Both outlines (y, x) of one frame in pixels; the epicardium may be missing."""

    endo: Array
    epi: Array | None


def outlined(study: LabelledStudy) -> Iterator[OutlinedClip]:
    """Slices of a study that have both contours in some frame; the septum's direction as `sax` sees the RV.

    The pictures must be viewed from the apex, as these are. Stills of two phases become clips of one frame:
    nothing is known about what lies between them.
    """
    geometry = Geometry.stack(slices=len(study.pixels), spacing_mm=(SPACING_MM, SPACING_MM), step_mm=8.0)
    cine = Cine(study.pixels, geometry, view=View.SAX, label=study.name)
    ed, es = marked_frames(study.labels)
    anchor = find_anchor(segment(cine).segmentation, geometry, ed)
    for z in range(len(study.pixels)):
        lines = _at_ed([_outlines(frame) for frame in study.labels[z]])
        if not any(one is not None and one.epi is not None for one in lines):
            continue
        clip = _clip(study, z, lines, anchor.septum[z], in_systole(cine.frames, ed, es))
        if cine.frames > 2:
            yield clip
            continue
        for t in np.flatnonzero(np.isfinite(clip.endo).all((1, 2))):
            kept = slice(int(t), int(t) + 1)
            yield replace(
                clip, name=f"{study.name}~still{t}-z{z}", pixels=clip.pixels[kept], endo=clip.endo[kept],
                epi=clip.epi[kept], insertion=clip.insertion[kept], phase=np.array([-1], np.int8),
            )  # fmt: skip


def _at_ed(lines: list[Outlines | None]) -> list[Outlines | None]:
    """Without the frames away from ED: there the readers of the real scans draw farther out than others do.

    The short-axis net gets a flag instead (:func:`lvcine.systems.sax.train.losses.drawn_by_readers`).
    """
    areas = [polygon_area(one.endo) if one is not None else 0.0 for one in lines]
    return [one if area >= AT_ED * max(areas) else None for one, area in zip(lines, areas, strict=True)]


def _outlines(labels: U8) -> Outlines | None:
    """The outlines of one frame's labels; None where no cavity was drawn."""
    inside = cavity(labels)
    if not inside.any():
        return None
    endo, epi = _outline(inside), _outline(np.isin(labels, (1, 2))) if (labels == 2).any() else None
    return None if endo is None else Outlines(endo, epi)


def _outline(mask: Bools) -> Array | None:
    """The distance from the border is smooth where a mask has steps."""
    line = largest_contour(np.clip(signed_depth(mask) + 8.0, 0, 16), 8.0)
    return None if line is None else line.points


def _clip(
    study: LabelledStudy, z: int, lines: list[Outlines | None], septum: Array, systole: Bools
) -> OutlinedClip:
    whole = [one.epi * SPACING_MM for one in lines if one is not None and one.epi is not None]
    form = form_of(whole, septum, 1, (SPACING_MM, SPACING_MM)).larger(STORED)
    endo, epi = np.full((2, len(lines), POINTS, 2), np.nan)
    insertion = np.full((len(lines), 2), np.nan)
    angles = np.arange(POINTS) * (2 * np.pi / POINTS)
    ways = np.stack([-np.sin(angles), -np.cos(angles)], 1)  # from the left upwards
    for t, one in enumerate(lines):
        if one is None:
            continue
        inner = form.to_picture(one.endo)
        middle = polygon_centroid(inner)
        endo[t] = middle + ray_radii(inner, middle, ways)[:, None] * ways
        insertion[t] = middle + STORED / 4 * ways[POINTS // 6]
        if one.epi is not None:
            epi[t] = middle + ray_radii(form.to_picture(one.epi), middle, ways)[:, None] * ways
    grey = np.clip(form.resample(study.pixels[z]), 0, 255).astype(np.uint8)
    name = f"{study.name}~z{z}"
    return OutlinedClip(name, grey, endo, epi, insertion, systole.astype(np.int8), form.pixel_mm)


def real_clips(data: Path, side: str = "training", split: Split = SUNNYBROOK) -> Iterator[OutlinedClip]:
    """All outlined slices of the subjects on ``side`` in a folder of labelled scans."""
    for study in studies_of(data):
        if study.name in getattr(split, side):
            yield from outlined(study)

"""``contours.json``: what the numbers of an analysis are computed from, without its pixels, to and from text.

With it the numbers can be had again, and others from corrected contours, without the scan and without a net
(:mod:`lvcine.pipeline.remeasure`).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import lvcine
from lvcine.errors import ReadError
from lvcine.measure.area import blood_share
from lvcine.report.points import Contours, array, contour, contours_json_of, hinges_json, nested, pair, row
from lvcine.report.second_plane import second_plane, second_plane_json
from lvcine.report.tables import plain
from lvcine.study import (
    U8,
    Analysis,
    Array,
    Cine,
    FileGrid,
    Finding,
    Geometry,
    Mask,
    MaskOrigin,
    Measurement,
    PhaseEstimate,
    Segmentation,
    Study,
    Subject,
    View,
)

NAME = "contours.json"
SCHEMA = 1
MOST_BYTES = 256 << 20


def contours_json(analysis: Analysis) -> str:
    """The record of an analysis.

    Contours are lists of y, x, y, x ... in pixels of the scan's grid, by slice and frame, null where there is
    none. Places and steps are DICOM's, in mm.
    """
    cine, seg = analysis.cine, analysis.segmentation
    geometry, grid = cine.geometry, cine.file_grid
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "lvcine_version": lvcine.__version__,
        "input_sha256": analysis.study.digest,
        "axes": "slice, frame; contours y, x in pixels, pixel centres at integers",
        "shape": list(cine.pixels.shape),
        "geometry": {
            "origins_mm": geometry.origins_mm.tolist(),
            "row_step_mm": geometry.row_step_mm.tolist(),
            "column_step_mm": geometry.column_step_mm.tolist(),
            "thickness_mm": plain(geometry.thickness_mm),
            "calibrated": geometry.calibrated,
            "placed": geometry.placed,
        },
        "file": {
            "axes": list(grid.axes),
            "flips": list(grid.flips),
            "ras_affine": None if grid.ras_affine is None else np.asarray(grid.ras_affine).tolist(),
        },
        "times_ms": nested(cine.times_ms),
        "cycle_ms": nested(cine.cycle_ms),
        **{name: getattr(cine, name) for name in ("gated", "phases_only", "modality", "label")},
        "view": cine.view.value,
        "subject": {name: plain(v) if not isinstance(v, str) else v for name, v in _subject(analysis)},
        "study_label": analysis.study.label,
        "papillary": analysis.papillary,
        "ed_frame": int(analysis.ed_frame),
        "es_frame": int(analysis.es_frame),
        "stated": list(analysis.stated),
        "insertion": None if analysis.insertion is None else list(analysis.insertion),
        "estimates": [vars(e) | {"ed": int(e.ed), "es": int(e.es)} for e in analysis.estimates],
        "endo": contours_json_of(seg.endo),
        "epi": contours_json_of(seg.epi),
        "rv_direction": nested(seg.rv_direction),
        "blood_share": nested(shares(seg)),
        "hinges": hinges_json(analysis.hinges),
        "atrium": contours_json_of((analysis.atrium,))[0],
        "second_plane": second_plane_json(analysis.second_plane),
        "mask_crc32": crc32(seg.mask.labels).astype(int).tolist(),
        "velocity": analysis.velocity is not None,
        "masks": None if analysis.masks is None else vars(analysis.masks),
        "nets": [dict(net) for net in analysis.nets],
        "intervals": [
            [m.name, m.slice, m.frame, m.segment, *map(plain, (m.value, m.low, m.high))]
            for m in analysis.measurements
            if m.low is not None and m.high is not None and np.isfinite([m.value, m.low, m.high]).all()
        ],
        "findings": {
            "study": [vars(f) for f in analysis.study.findings],
            "cine": [vars(f) for f in cine.findings],
            "basis": [vars(f) for f in analysis.basis],
        },
    }
    return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def _subject(analysis: Analysis) -> list[tuple[str, Any]]:
    return list(vars(analysis.study.subject).items())


def shares(seg: Segmentation) -> Array | None:
    """Share of blood inside every endocardium, (Z, T), where the segmentation knows it."""
    if seg.blood_fraction is None and seg.blood_share is None:
        return None
    out = np.full((len(seg.endo), len(seg.endo[0])), np.nan)
    for z, t in np.ndindex(*out.shape):
        if seg.endo[z][t] is None:
            continue
        if seg.blood_fraction is not None or np.isfinite(seg.blood_share[z, t]):  # type: ignore[index]
            out[z, t] = blood_share(seg, z, t)
    return out


def crc32(labels: U8) -> Array:
    """A checksum of every slice and frame of labels (Z, T, Y, X), to see where they were changed."""
    sums = [[zlib.crc32(np.ascontiguousarray(p, np.uint8).tobytes()) for p in frames] for frames in labels]
    return np.array(sums, float)


@dataclass(frozen=True, eq=False)
class Record:
    """What a folder of results says of its analysis.

    Attributes
    ----------
    analysis : Analysis
        Its pixels blank, its masks empty; of its numbers only those with an interval, to be measured again.
    mask_crc32 : ndarray, shape (Z, T)
        Checksums of its masks (:func:`crc32`).
    velocity : bool
        Of a velocity-mapping scan: nothing of it can be measured without the scan.
    """

    analysis: Analysis
    mask_crc32: Array
    velocity: bool


def read_record(folder: Path) -> Record:
    """The record of a folder of results.

    Raises
    ------
    ReadError
        No record there, a damaged one, or one of a later version.
    """
    path = folder / NAME
    where = folder.name
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ReadError(f"{NAME} is larger than any analysis", where=where)
        with path.open("rb") as stream:
            record = json.loads(stream.read(MOST_BYTES))
    except FileNotFoundError:
        raise ReadError(
            f"results without {NAME}", where=where,
            advice="analyse the scan again; results before version 0.1.0 have none",
        ) from None  # fmt: skip
    except (OSError, ValueError, RecursionError) as error:
        raise ReadError(f"{NAME} is damaged", where=where, advice="analyse the scan again") from error
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise ReadError(f"{NAME} of another version of lvcine", where=where, advice="analyse the scan again")
    try:
        analysis = _analysis(record)
        sums = np.asarray(record["mask_crc32"], float)
        if sums.shape != analysis.cine.pixels.shape[:2]:
            raise ValueError("checksums")
        return Record(analysis, sums, bool(record["velocity"]))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise ReadError(f"{NAME} is damaged", where=where, advice="analyse the scan again") from error


def _analysis(r: Mapping[str, Any]) -> Analysis:
    shape = tuple(int(n) for n in r["shape"])
    found = {part: tuple(Finding(**f) for f in r["findings"][part]) for part in ("study", "cine", "basis")}
    cine = Cine(
        np.broadcast_to(np.zeros(1, np.uint8), shape),
        _geometry(r["geometry"]),
        array(r["times_ms"]),
        array(r["cycle_ms"]),
        gated=bool(r["gated"]),
        phases_only=bool(r["phases_only"]),
        view=View(r["view"]),
        modality=str(r["modality"]),
        label=str(r["label"]),
        file_grid=_grid(r["file"]),
        findings=found["cine"],
    )
    endo, epi = (_contours(r[side], shape) for side in ("endo", "epi"))
    labels = np.broadcast_to(np.zeros(1, np.uint8), shape)
    seg = Segmentation(Mask(labels), endo, epi, array(r["rv_direction"]), blood_share=array(r["blood_share"]))
    return Analysis(
        study=Study(
            (cine,),
            Subject(**r["subject"]),
            findings=found["study"],
            digest=str(r["input_sha256"]),
            label=str(r["study_label"]),
        ),
        cine=cine,
        segmentation=seg,
        ed_frame=int(r["ed_frame"]),
        es_frame=int(r["es_frame"]),
        papillary="exclude" if r["papillary"] == "exclude" else "include",
        measurements=tuple(_measurement(row) for row in r["intervals"]),
        curves=(),
        findings=(),
        nets=tuple({str(k): str(v) for k, v in net.items()} for net in r["nets"]),
        seconds={},
        masks=_origin(r["masks"]),
        hinges=tuple(pair(both) for both in r["hinges"]),
        atrium=row(r["atrium"], shape),
        second_plane=second_plane(r["second_plane"]),
        estimates=tuple(PhaseEstimate(**e) for e in r["estimates"]),
        basis=found["basis"],
        stated=tuple(str(name) for name in r["stated"]),
        insertion=None if r["insertion"] is None else tuple(r["insertion"]),
    )


def _geometry(g: Mapping[str, Any]) -> Geometry:
    return Geometry(
        np.asarray(g["origins_mm"], float),
        np.asarray(g["row_step_mm"], float),
        np.asarray(g["column_step_mm"], float),
        g["thickness_mm"],
        calibrated=bool(g["calibrated"]),
        placed=bool(g["placed"]),
    )


def _grid(f: Mapping[str, Any]) -> FileGrid:
    i, j, k = (int(n) for n in f["axes"])
    a, b, c = (bool(n) for n in f["flips"])
    if sorted((i, j, k)) != [0, 1, 2]:
        raise ValueError("axes")
    return FileGrid((i, j, k), array(f["ras_affine"]), (a, b, c))


def _contours(lines: Sequence[Any], shape: tuple[int, ...]) -> Contours:
    found = tuple(tuple(contour(line) for line in frames) for frames in lines)
    if len(found) != shape[0] or any(len(frames) != shape[1] for frames in found):
        raise ValueError("contours")
    return found


def _origin(masks: Mapping[str, Any] | None) -> MaskOrigin | None:
    if masks is None:
        return None
    changed = tuple((int(z), int(t)) for z, t in masks["changed"])
    return MaskOrigin(
        str(masks["by"]), str(masks["labels"]), str(masks["sha256"]), int(masks["files"]), changed
    )


def _measurement(row: Sequence[Any]) -> Measurement:
    name, z, t, segment, value, low, high = row
    return Measurement(str(name), float(value), "", "", z, t, segment, float(low), float(high))

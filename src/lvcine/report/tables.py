"""Results as ``measurements.json`` (flat, for scripts) and ``measurements.csv`` (tidy, for statistics)."""

from __future__ import annotations

import json
import math
from typing import Any

import lvcine
from lvcine.output import csv_text
from lvcine.report.headline import whole_study, why_no_intervals
from lvcine.report.velocity import velocity_block
from lvcine.study import Analysis, Finding, IndexComparison, Measurement

SCHEMA = 1
COLUMNS = ("name", "value", "unit", "method", "slice", "frame", "segment", "low", "high")
_PHASES = "largest and smallest cavity volume of the cycle"
_OF_A_BEAT = "ends of ejection in the beat of middle EF"


def measurements_json(analysis: Analysis) -> str:
    """The numbers of the whole study as flat keys, then what is needed to read them.

    Every key of ``units``, ``methods`` and ``intervals`` is one of the flat keys. What could
    not be measured is ``null``; NaN never appears.
    """
    flat = whole_study(analysis)
    numbers: dict[str, Any] = {name: plain(m.value) for name, m in flat.items()}
    numbers |= {"ed_frame": int(analysis.ed_frame), "es_frame": int(analysis.es_frame)}
    about: dict[str, Any] = {
        "papillary": analysis.papillary,
        "masks": None if analysis.masks is None else vars(analysis.masks),
        "view": str(analysis.cine.view),
        "modality": analysis.cine.modality,
        "slices": analysis.cine.slices,
        "frames": analysis.cine.frames,
        "beats": [{k: plain(v) for k, v in vars(beat).items()} for beat in analysis.beats],
        "units": {name: m.unit for name, m in flat.items()},
        "methods": {name: m.method for name, m in flat.items()},
        "intervals": {name: both for name, m in flat.items() if (both := _interval(m)) is not None},
        "why_no_intervals": why_no_intervals(analysis) or None,
        "readings": {
            r.name: {
                "masks": plain(r.masks),
                "pixels": plain(r.pixels),
                "unit": r.unit,
                "limits": _interval(r),
            }
            for r in analysis.comparisons
        },
        "findings": [vars(f) for f in findings(analysis)],
        "lvcine_version": lvcine.__version__,
        "schema": SCHEMA,
    }
    if analysis.velocity is not None:
        about["velocity"] = velocity_block(analysis.velocity)
    return json.dumps(numbers | about, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def measurements_csv(analysis: Analysis) -> str:
    """One row per number: the study's, every slice's, frame's and segment's, and the curves'."""
    cells = (
        (m.name, plain(m.value), m.unit, m.method, m.slice, m.frame, m.segment, plain(m.low), plain(m.high))
        for m in rows(analysis)
    )
    return csv_text((COLUMNS, *cells))


def rows(analysis: Analysis) -> list[Measurement]:
    """All measurements, with ED and ES and the points of every curve not measured already."""
    known = {(m.name, m.slice, m.frame, m.segment) for m in analysis.measurements}
    phases = _OF_A_BEAT if analysis.beats else _PHASES
    extra = [
        Measurement("ed_frame", int(analysis.ed_frame), "frame", phases),
        Measurement("es_frame", int(analysis.es_frame), "frame", phases),
    ]
    for beat in analysis.beats:
        method = f"one plane, from frame {beat.ed_frame}"
        extra.append(Measurement("beat_ef_percent", beat.ef_percent, "%", method, frame=beat.es_frame))
    for curve in analysis.curves:
        extra += [
            Measurement(curve.name, float(value), curve.unit, "curve over the cycle", frame=frame)
            for frame, value in enumerate(curve.values)
        ]
    fresh = [m for m in extra if (m.name, m.slice, m.frame, m.segment) not in known]
    return [*analysis.measurements, *fresh]


def findings(analysis: Analysis) -> list[Finding]:
    """Findings of the analysis, its cine and its study, each said once, the gravest first."""
    every = dict.fromkeys((*analysis.findings, *analysis.cine.findings, *analysis.study.findings))
    return sorted(every, key=lambda f: ("error", "warning", "info").index(f.severity))


def plain(value: float | None) -> int | float | None:
    """A number for a file: nine digits, whole where it is whole by nature, None for NaN.

    Examples
    --------
    >>> plain(3), plain(1 / 3), plain(float("nan"))
    (3, 0.333333333, None)
    """
    if value is None or not math.isfinite(value):
        return None
    return int(value) if isinstance(value, int) else float(f"{float(value):.9g}")


def _interval(m: Measurement | IndexComparison) -> list[int | float | None] | None:
    both = [plain(m.low), plain(m.high)]
    return None if None in both else both

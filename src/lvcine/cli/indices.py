"""What ``lvcine quantify`` prints and writes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lvcine.cli.result import finding_lines, print_json
from lvcine.cli.terminal import say, say_all
from lvcine.errors import UsageError
from lvcine.measure.lvquan_indices import INDICES
from lvcine.output import check_file, whole_text
from lvcine.read.datasets.lvquan import write_lvquan_reading

if TYPE_CHECKING:
    from lvcine.pipeline.quantify import CineIndices
    from lvcine.systems.quantification.infer import SliceReading


def print_indices(found: Sequence[CineIndices], *, as_json: bool) -> None:
    """The mean over the cycle of every slice's indices; every frame's as JSON."""
    if as_json:
        print_json({"cines": [_as_dict(one) for one in found], "exit_code": 0})
        return
    for one in found:
        unit = "mm" if one.cine.geometry.calibrated else "pixels"
        cine = one.cine
        shown = f"{cine.label}: {cine.view}, {cine.frames} frames"
        say(f"{shown}; mean over the cycle, in {unit} and {unit}2")
        for read in one.reading.slices:
            systole = int(read.in_systole.sum())
            say(f"  slice {read.slice}, {systole} frames of systole")
            for name, value in zip(INDICES, read.indices.mean(0), strict=True):
                say(f"    {name:<20}  {value:8.4g}")
        say_all(finding_lines((*one.cine.findings, *one.findings)))


def check_places(source: Path, table: Path | None, mat: Path | None) -> None:
    """Refuse files that cannot be written, or would replace the input, before the work."""
    if table is not None:
        check_file(table, source, begins=b"cine,slice,frame,")
    if mat is not None:
        check_file(mat, source)
    if table is not None and mat is not None and table.resolve() == mat.resolve():
        raise UsageError("--csv and --mat name one file", where=mat.name, advice="name two")


def write_indices(found: Sequence[CineIndices], table: Path | None, mat: Path | None) -> None:
    """As CSV, and in the challenge's form; each whole or not at all."""
    if table is not None:
        with whole_text(table) as stream:
            writer = csv.writer(stream)
            writer.writerow(["cine", "slice", "frame", *INDICES, "systole", "systole_likelihood"])
            for one in found:
                for read in one.reading.slices:
                    writer.writerows(_rows(one.cine.label, read))
    if mat is not None:
        slices = [read for one in found for read in one.reading.slices]
        write_lvquan_reading(mat, [r.shares for r in slices], [r.in_systole for r in slices])


def _rows(label: str, read: SliceReading) -> list[list[str]]:
    return [
        [label, str(read.slice), str(t), *(f"{v:.3f}" for v in values), str(int(inside)), f"{likely:.3f}"]
        for t, (values, inside, likely) in enumerate(
            zip(read.indices, read.in_systole, read.systole, strict=True)
        )
    ]


def _as_dict(one: CineIndices) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "cine": one.cine.label,
        "calibrated": one.cine.geometry.calibrated,
        "slices": [
            {
                "slice": read.slice,
                "indices": {name: read.indices[:, k].tolist() for k, name in enumerate(INDICES)},
                "systole": read.in_systole.tolist(),
                "systole_likelihood": read.systole.tolist(),
            }
            for read in one.reading.slices
        ],
        "findings": [asdict(f) for f in (*one.cine.findings, *one.findings)],
        "net": one.reading.net,
    }

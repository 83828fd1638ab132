"""The second apical plane in ``contours.json``, to and fro."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lvcine.report.points import array, contours_json_of, hinges_json, nested, pair, row
from lvcine.study import Cine, Geometry, SecondPlane, View


def second_plane_json(plane: SecondPlane | None) -> dict[str, Any] | None:
    """A second plane as plain JSON types."""
    if plane is None:
        return None
    discs = {k: [d.tolist(), float(length)] for k, (d, length) in plane.discs.items()}
    said: dict[str, Any] = {"discs": discs, "ef_percent": plane.ef_percent, "method": plane.method}
    if (cine := plane.cine) is None:
        return said
    return said | {
        "label": cine.label,
        "view": cine.view.value,
        "shape": list(cine.pixels.shape),
        "spacing_mm": list(cine.geometry.pixel_spacing_mm),
        "times_ms": nested(cine.times_ms),
        "endo": contours_json_of((plane.endo,))[0],
        "hinges": hinges_json(plane.hinges),
    }


def second_plane(plane: Mapping[str, Any] | None) -> SecondPlane | None:
    """The second plane of its JSON."""
    if plane is None:
        return None
    discs = {k: (np.asarray(d, float), float(length)) for k, (d, length) in plane["discs"].items()}
    if "endo" not in plane:  # of a version that kept the discs alone
        return SecondPlane(discs, float(plane["ef_percent"]), str(plane["method"]))
    rows, columns = plane["spacing_mm"]
    shape = tuple(int(n) for n in plane["shape"])
    cine = Cine(
        np.broadcast_to(np.zeros(1, np.uint8), shape),
        Geometry.stack(1, (float(rows), float(columns)), 1.0),
        array(plane["times_ms"]),
        gated=False,
        view=View(plane["view"]),
        modality="US",
        label=str(plane["label"]),
    )
    endo, hinges = row(plane["endo"], shape), tuple(pair(both) for both in plane["hinges"])
    if not len(endo) == len(hinges) == shape[1]:
        raise ValueError("second plane")
    return SecondPlane(discs, float(plane["ef_percent"]), str(plane["method"]), cine, endo, hinges)

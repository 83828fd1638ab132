"""What the report's player needs: a picture of all slices per frame, and the contours as numbers."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from lvcine.measure.timing import frame_times_ms, mean_frame_step_ms
from lvcine.report.picture import Tiles, grid, mosaic
from lvcine.report.slices import bar_text
from lvcine.study import Analysis, Array

_QUALITY = 85  # JPEG: no visible loss at twice the size, some 30 kB per frame
_SUBPIXEL = 20  # contours are written as whole twentieths of a pixel


def player_data(analysis: Analysis, tiles: Tiles) -> dict[str, Any]:
    """Everything the player draws from, as plain JSON types.

    ``frames``: one JPEG per frame as a data URI, the slices of ``order`` in reading order; ``endo``, ``epi``:
    [z][t], z as the scan counts, flat lists x, y, x, y ... in 1/``subpixel`` of a pixel of the tile, or null.
    """
    times, _ = frame_times_ms(analysis.cine)
    return {
        "frames": [sprite(tiles, frame) for frame in range(tiles.frames)],
        "slices": tiles.slices,
        "order": list(tiles.order),
        "edges": dict(tiles.edges),
        "bar": [round(tiles.bar_px / tiles.box.width, 5), bar_text(tiles.bar_mm)] if tiles.bar_px else None,
        "columns": grid(tiles.slices)[1],
        "tile": [tiles.box.width, tiles.box.height],
        "aspect": round(tiles.aspect, 5),
        "subpixel": _SUBPIXEL,
        "endo": [[_whole(line) for line in frames] for frames in tiles.endo],
        "epi": [[_whole(line) for line in frames] for frames in tiles.epi],
        "times": None if times is None else [round(t) for t in times.tolist()],
        "step": 800 if analysis.cine.phases_only else round(mean_frame_step_ms(analysis.cine) or 50),
        "ed": analysis.ed_frame,
        "es": analysis.es_frame,
    }


def sprite(tiles: Tiles, frame: int) -> str:
    """All slices of a frame as one grey JPEG, as a data URI."""
    file = io.BytesIO()
    Image.fromarray(mosaic(tiles, frame, grid(tiles.slices)[1])).save(file, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


def _whole(line: Array | None) -> list[int] | None:
    return None if line is None else np.rint(line * _SUBPIXEL).astype(int).ravel().tolist()

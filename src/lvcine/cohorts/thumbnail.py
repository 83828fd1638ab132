"""ED and ES of one slice side by side, small, with the contours drawn in."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

from lvcine.report.picture import Tiles, tiles_of
from lvcine.study import Analysis, Array

SIDE = 96
"""Pixels of each of the two pictures."""
_COLOURS = {"endo": (230, 159, 0), "epi": (86, 180, 233)}
_QUALITY = 55
_FINER = 3  # drawn so many times larger, for smooth lines


def thumbnail(analysis: Analysis) -> bytes:
    """WebP, twice as wide as it is high: the middle slice with a cavity at ED, at ED and at ES."""
    tiles = tiles_of(analysis)
    z = _middle(tiles, analysis.ed_frame)
    sheet = Image.new("RGB", (2 * SIDE, SIDE))
    for place, frame in enumerate((analysis.ed_frame, analysis.es_frame)):
        sheet.paste(_picture(tiles, z, frame), (place * SIDE, 0))
    file = io.BytesIO()
    sheet.save(file, "WEBP", quality=_QUALITY, method=4)
    return file.getvalue()


def _middle(tiles: Tiles, frame: int) -> int:
    drawn = [z for z in range(tiles.slices) if tiles.endo[z][frame] is not None]
    return drawn[len(drawn) // 2] if drawn else tiles.slices // 2


def _picture(tiles: Tiles, z: int, frame: int) -> Image.Image:
    height, width = tiles.grey.shape[2] * tiles.aspect, float(tiles.grey.shape[3])
    scale = SIDE * _FINER / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = Image.fromarray(tiles.grey[z, frame]).resize(size, Image.Resampling.BICUBIC).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for name, curves in (("epi", tiles.epi), ("endo", tiles.endo)):
        if (line := curves[z][frame]) is not None:
            draw.line(
                _closed(line * (scale, scale * tiles.aspect)),
                fill=_COLOURS[name],
                width=_FINER,
                joint="curve",
            )
    square = Image.new("RGB", (SIDE * _FINER, SIDE * _FINER))
    square.paste(picture, ((square.width - size[0]) // 2, (square.height - size[1]) // 2))
    return square.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _closed(line: Array) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in np.vstack([line, line[:1]])]

"""Colours for quantities of either sign: blue below nought, red above, white at it.

The scale is ColorBrewer's RdBu, which the colour-blind can read (Harrower and Brewer 2003,
doi:10.1179/000870403235002042).
"""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lvcine.report.figures import ticks

_BLUE_TO_RED = np.array(
    [
        (5, 48, 97), (33, 102, 172), (67, 147, 195), (146, 197, 222), (209, 229, 240), (247, 247, 247),
        (253, 219, 199), (244, 165, 130), (214, 96, 77), (178, 24, 43), (103, 0, 31),
    ],
    float,
)  # fmt: skip
_INK, _WHITE = "#1c2733", "#fff"
_FROM_WHITE = 0.72  # share of the scale from which black text no longer shows on it


def colours(values: NDArray[np.floating], limit: float) -> NDArray[np.uint8]:
    """Red, green, blue and opacity (..., 4) of values between -limit and limit; NaN is see-through.

    Examples
    --------
    >>> colours(np.array([0.0, np.nan]), 5.0).tolist()
    [[247, 247, 247, 255], [0, 0, 0, 0]]
    """
    seen = np.isfinite(values)
    share = np.clip(np.where(seen, values, 0.0) / (2.0 * limit) + 0.5, 0.0, 1.0) * (len(_BLUE_TO_RED) - 1)
    rgba = np.zeros((*values.shape, 4), np.uint8)
    for channel in range(3):
        anchors = _BLUE_TO_RED[:, channel]
        rgba[..., channel] = np.rint(np.interp(share, np.arange(len(anchors)), anchors))
    rgba[..., 3] = 255
    rgba[~seen] = 0
    return rgba


def fill_and_ink(value: float, limit: float) -> tuple[str, str]:
    """Colour of an area and of the text on it; no fill without a value.

    Examples
    --------
    >>> fill_and_ink(0.0, 5.0), fill_and_ink(5.0, 5.0)
    (('#f7f7f7', '#1c2733'), ('#67001f', '#fff'))
    """
    if not np.isfinite(value):
        return "none", _INK
    red, green, blue, _ = colours(np.array(value), limit).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}", _WHITE if abs(value) > _FROM_WHITE * limit else _INK


def symmetric_limit(values: NDArray[np.floating], least: float = 0.1) -> float:
    """A round number that no value exceeds in size, at least ``least``.

    Examples
    --------
    >>> symmetric_limit(np.array([-7.2, 3.0, np.nan])), symmetric_limit(np.array([np.nan]))
    (8.0, 0.1)
    """
    sizes = np.abs(values[np.isfinite(values)])
    return ticks(0.0, max(float(sizes.max()) if sizes.size else 0.0, least))[-1]


def picture(rgba: NDArray[np.uint8], times: int = 1) -> str:
    """A picture (rows, columns, 4) as a PNG in a data URI, each pixel ``times`` as wide and as high.

    Enlarged here, so that no viewer or printer blurs one pixel into the next.
    """
    file = io.BytesIO()
    large = np.repeat(np.repeat(rgba, times, 0), times, 1)
    Image.fromarray(large).save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def colour_bar(x: float, y: float, limit: float, symbol: str) -> list[str]:
    """The scale from -limit to limit as parts of a drawing, 120 wide and 10 high, the numbers under it."""
    width = 120.0
    strip = colours(np.linspace(-limit, limit, 61)[None], limit)
    parts = [
        f'<image href="{picture(strip, 2)}" x="{x}" y="{y}" width="{width}" height="10" '
        'preserveAspectRatio="none"/>',
        f'<rect class="frame" x="{x}" y="{y}" width="{width}" height="10"/>',
    ]
    ends = ((0.0, f"−{limit:g}"), (0.5, "0"), (1.0, f"{limit:g}"))
    for share, text in ends:
        parts.append(f'<text class="tick middle" x="{x + share * width:.1f}" y="{y + 23}">{text}</text>')
    parts.append(f'<text class="tick" x="{x + width + 14}" y="{y + 9}">{symbol}</text>')
    return parts

"""The contours playing on all slices, as GIF or MP4."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lvcine.measure.timing import mean_frame_step_ms
from lvcine.output import FILM_MARK
from lvcine.report.picture import Curves, Tiles, grid
from lvcine.report.slices import bar_text
from lvcine.study import U8, Analysis

ENDO, EPI = (230, 159, 0), (86, 180, 233)  # orange and sky blue: distinct to every eye (Okabe & Ito 2008)

_WIDEST = 840  # pixels of the whole picture: readable on a page, a few MB as GIF
_FINE = 3  # lines are drawn this much larger and averaged down: smooth edges at sub-pixel places
_GREYS, _SHADES, _ALPHAS = 64, 16, 6  # 64 + 2 colours x 6 coverages x 16 greys below = 256 colours
_BAR = 22  # height of the caption
LONGEST = 60  # frames of a clip that are all in the film


def _palette() -> U8:
    """256 colours (256, 3): greys, then each contour's colour over grey at every coverage."""
    greys = np.repeat(np.linspace(0, 255, _GREYS)[:, None], 3, axis=1)
    alpha = (np.arange(1, _ALPHAS + 1) / _ALPHAS)[:, None, None]
    below = np.repeat(np.linspace(0, 255, _SHADES)[:, None], 3, axis=1)[None]
    tints = [((1 - alpha) * below + alpha * np.array(colour)).reshape(-1, 3) for colour in (ENDO, EPI)]
    return np.rint(np.concatenate([greys, *tints])).astype(np.uint8)


PALETTE = _palette()


def gif(analysis: Analysis, tiles: Tiles) -> bytes:
    """An endless GIF of :func:`shown_frames` at the heart's own speed (not faster than 25 per second)."""
    frames = []
    for indexed in pictures(analysis, tiles):
        image = Image.fromarray(indexed)
        image.putpalette(PALETTE.tobytes())
        frames.append(image)
    file = io.BytesIO()
    # GIF counts hundredths of a second.
    duration = round(_step_ms(analysis) / 10) * 10
    # The comment tells a reader that this is no scan.
    more = {"append_images": frames[1:], "duration": duration, "loop": 0, "comment": FILM_MARK}
    frames[0].save(file, "GIF", save_all=True, optimize=False, **more)
    return file.getvalue()


def mp4(analysis: Analysis, tiles: Tiles) -> bytes:
    """An MPEG-4 film of the cycle, repeated to last some five seconds."""
    import av

    step_ms = _step_ms(analysis)
    pictures_rgb = [PALETTE[p] for p in pictures(analysis, tiles)]
    height, width = (n - n % 2 for n in pictures_rgb[0].shape[:2])  # 4:2:0 colour wants even sizes
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as film:
        film.metadata["comment"] = FILM_MARK.decode()
        stream = film.add_stream("mpeg4", rate=Fraction(1000.0 / step_ms).limit_denominator(100))
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", 4_000_000
        for _ in range(math.ceil(5000.0 / (step_ms * len(pictures_rgb)))):
            for rgb in pictures_rgb:
                picture = np.ascontiguousarray(rgb[:height, :width])
                film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        film.mux(stream.encode())
    return file.getvalue()


@dataclass(frozen=True)
class _Sheet:
    """How the tiles of one picture lie: columns, and the size of a tile in pixels."""

    columns: int
    rows: int
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        return self.columns * self.width, self.rows * self.height + _BAR

    def corner(self, place: int) -> tuple[int, int]:
        """Upper left corner of the tile that is shown at a place in reading order."""
        return place % self.columns * self.width, place // self.columns * self.height + _BAR


def pictures(analysis: Analysis, tiles: Tiles) -> list[U8]:
    """Every frame as indices into :data:`PALETTE`, shape (H, W): tiles, contours, captions."""
    rows, columns = grid(tiles.slices)
    h, w = tiles.grey.shape[2:]
    scale = min(_WIDEST / (columns * w), 480.0 / w)
    sheet = _Sheet(columns, rows, max(1, round(w * scale)), max(1, round(h * scale * tiles.aspect)))
    return [
        _indexed(
            _grey(tiles, frame, sheet, _caption(analysis, frame)),
            _lines(tiles.endo, frame, sheet, tiles),
            _lines(tiles.epi, frame, sheet, tiles),
        )
        for frame in shown_frames(analysis)
    ]


def shown_frames(analysis: Analysis) -> range:
    """All frames of a cycle or a short clip; of a long clip the beat of middle EF: speckle makes large films.

    The report's player has them all.
    """
    frames = analysis.cine.frames
    if not analysis.beats or frames <= LONGEST:
        return range(frames)
    first, last = sorted((analysis.ed_frame, analysis.es_frame))  # ED is the later one where a beat was cut
    later = [beat.ed_frame for beat in analysis.beats if beat.ed_frame > last]
    # The last beat of a clip ends with it; diastole takes about two thirds of a beat.
    end = min(later, default=first + 3 * (last - first))
    return range(first, min(end, frames, first + LONGEST))


def _grey(tiles: Tiles, frame: int, sheet: _Sheet, caption: str) -> U8:
    """Tiles and captions, (H, W)."""
    page = Image.new("L", sheet.size)
    pen = ImageDraw.Draw(page)
    for place, z in enumerate(tiles.order):
        x, y = sheet.corner(place)
        tile = Image.fromarray(tiles.grey[z, frame])
        page.paste(tile.resize((sheet.width, sheet.height), Image.Resampling.BICUBIC), (x, y))
        if tiles.slices > 1:
            pen.text((x + 5, y + 3), str(z), fill=190, font=ImageFont.load_default(13))
    _marks(pen, tiles, sheet)
    pen.text((6, 3), caption, fill=235, font=ImageFont.load_default(14))
    return np.asarray(page)


def _marks(pen: ImageDraw.ImageDraw, tiles: Tiles, sheet: _Sheet) -> None:
    """Sides of the patient and the scale bar, once: all tiles are the same way round and of one size."""
    x, y = sheet.corner(0)
    font = ImageFont.load_default(12)
    across, down = x + sheet.width / 2, y + sheet.height / 2
    middle = {
        "left": (x + 4, down, "lm"), "right": (x + sheet.width - 4, down, "rm"),
        "top": (across, y + 4, "mt"), "bottom": (across, y + sheet.height - 4, "mb"),
    }  # fmt: skip
    for edge, letters in tiles.edges.items():
        left, top, anchor = middle[edge]
        pen.text((left, top), letters, fill=200, font=font, anchor=anchor)
    if tiles.bar_px:
        length = tiles.bar_px / tiles.box.width * sheet.width
        right, bottom = x + sheet.width - 8, y + sheet.height - 8
        pen.line([(right - length, bottom), (right, bottom)], fill=230, width=2)
        pen.text((right - length / 2, bottom - 4), bar_text(tiles.bar_mm), fill=220, font=font, anchor="mb")


def _lines(side: Curves, frame: int, sheet: _Sheet, tiles: Tiles) -> U8:
    """How much of each pixel (H, W) a contour line covers, 0-255."""
    width, height = sheet.size
    page = Image.new("L", (width * _FINE, height * _FINE))
    pen = ImageDraw.Draw(page)
    stretch = np.array((sheet.width, sheet.height)) / tiles.grey.shape[:1:-1]
    for place, z in enumerate(tiles.order):
        if (line := side[z][frame]) is not None:
            points = ((line * stretch + sheet.corner(place)) * _FINE).tolist()
            pen.line([(x, y) for x, y in points + points[:2]], fill=255, width=5, joint="curve")
    return np.asarray(page.reduce(_FINE))


def _indexed(grey: U8, endo: U8, epi: U8) -> U8:
    """Grey and the coverage (0-255) of the two lines -> palette indices."""
    index = (grey.astype(np.uint16) * _GREYS) >> 8
    shade = (grey.astype(np.uint16) * _SHADES) >> 8
    for number, cover in enumerate((endo, epi)):
        level = (cover.astype(np.uint16) * _ALPHAS + 127) // 255
        tint = _GREYS + number * _ALPHAS * _SHADES + (level - 1) * _SHADES + shade
        index = np.where(level > 0, tint, index)
    return index.astype(np.uint8)


def _caption(analysis: Analysis, frame: int) -> str:
    phases = {analysis.ed_frame: "end-diastole", analysis.es_frame: "end-systole"}
    place = f"frame {frame} (0-{analysis.cine.frames - 1})"
    return f"{place}   {phases[frame].upper()}" if frame in phases else place


def _step_ms(analysis: Analysis) -> float:
    """Time a frame is shown: the heart's own, between 40 ms and 1 s; ED and ES alone are slow."""
    if analysis.cine.phases_only or analysis.cine.frames < 4:
        return 800.0
    return float(np.clip(mean_frame_step_ms(analysis.cine) or 50.0, 40.0, 1000.0))

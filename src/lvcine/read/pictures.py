"""A clip as a folder of still pictures, PNG, JPEG, BMP or TIFF, in the order of their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageOps

from lvcine.errors import NotACineError, ReadError
from lvcine.isolated import working_on
from lvcine.read.colour import DOPPLER, SAMPLED, shows_flow, thinned
from lvcine.read.names import in_order_of_names, natural
from lvcine.read.options import DEFAULTS, ReadOptions
from lvcine.read.packed import mapped, most_inflated
from lvcine.read.user_facts import NO_SPACING, NO_TIMES, TWO_PHASES, with_user_facts
from lvcine.study import U8, Cine, Finding, Geometry

_LARGEST_PICTURE = 1 << 24
_KINDS = ("PNG", "JPEG", "BMP", "TIFF")

_BY_NAME = Finding(
    "ordered-by-name",
    "info",
    "still pictures say nothing of their order: they are taken in that of the numbers in their names",
    "look whether the clip runs as it should",
)


def read_pictures(paths: Iterable[Path], options: ReadOptions = DEFAULTS) -> Cine:
    """Read the pictures of one folder as a free-running clip of one plane.

    Parameters
    ----------
    paths : iterable of Path
        In any order; numbers in names count as numbers (``2.png`` before ``10.png``).
    options : ReadOptions
        Pictures know neither millimetres nor times.

    Returns
    -------
    Cine
        Grey, uint8 or uint16, (1, T, Y, X), modality ``UNKNOWN``. Two pictures are ED and ES.

    Raises
    ------
    ReadError
        Unequal sizes, a damaged picture, more than ``options.max_pixels``.
    NotACineError
        A single picture, or flow in colour over the pictures.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for t in (10, 9, 2):
    ...     picture = np.full((24, 32), 50 + t, np.uint8)
    ...     picture[12:] = 0
    ...     Pillow.fromarray(picture).save(folder / f"frame{t}.png")
    >>> cine = read_pictures(folder.iterdir())
    >>> cine.pixels[0, :, 0, 0].tolist(), cine.pixels.shape
    ([52, 59, 60], (1, 3, 24, 32))
    """
    ordered = in_order_of_names(list(paths))
    if len(ordered) < 2:
        raise NotACineError("a single picture", advice="give the folder with all frames of the clip")
    pixels = _stacked(ordered, options.max_pixels)
    cine = Cine(
        pixels[None],
        Geometry.stack(1, (1.0, 1.0), 1.0, calibrated=False),
        gated=False,
        phases_only=len(pixels) == 2,
        modality="UNKNOWN",
        label="pictures",
        findings=(_BY_NAME, NO_SPACING, TWO_PHASES if len(pixels) == 2 else NO_TIMES),
    )
    return with_user_facts(cine, options)


def by_folder(paths: Iterable[Path]) -> list[list[Path]]:
    """Pictures that lie in one folder together, folders by their names."""
    groups: dict[Path, list[Path]] = defaultdict(list)
    for path in paths:
        groups[path.parent].append(path)
    return [groups[folder] for folder in sorted(groups, key=lambda folder: natural(folder.name))]


def _stacked(paths: list[Path], max_pixels: int) -> NDArray[np.generic]:
    """Grey pictures (T, Y, X)."""
    most = min(max_pixels, most_inflated(sum(path.stat().st_size for path in paths)))
    frames = np.empty((0, 0, 0), np.uint8)
    coloured: list[U8] = []
    every = max(1, len(paths) // SAMPLED)
    for t, path in enumerate(paths):
        working_on(path)
        frame, rgb = _opened(path, len(paths), most, t % every == 0)
        coloured += [] if rgb is None else [rgb]
        if not t:
            frames = np.empty((len(paths), *frame.shape), frame.dtype)
        if frame.shape != frames.shape[1:]:
            raise ReadError(
                f"a picture of {frame.shape} rows and columns beside one of {frames.shape[1:]}",
                where=path.name, advice="give the frames of one clip alone",
            )  # fmt: skip
        frames = frames.astype(np.result_type(frames, frame), copy=False)
        frames[t] = frame
    if shows_flow(coloured):
        raise NotACineError(DOPPLER, advice="give a clip without colour")
    return frames


def _opened(path: Path, count: int, most_pixels: int, colours: bool) -> tuple[NDArray[np.generic], U8 | None]:
    """A picture in grey (Y, X), and in its colours where they are wanted."""
    try:
        with mapped(path) as content, Pillow.open(content, formats=_KINDS) as picture:
            _check_size(picture.size, count, most_pixels)
            shown = ImageOps.exif_transpose(picture)  # as the file says that it is to be shown
            rgb = thinned(np.asarray(shown.convert("RGB"))) if colours else None
            return _grey(shown), rgb
    except (ReadError, MemoryError) as error:
        if isinstance(error, ReadError):
            error.where = error.where or path.name
        raise
    except Exception as error:  # Pillow's readers raise anything on damage
        raise ReadError("a damaged picture", where=path.name, advice="export it again") from error


def _check_size(size: tuple[int, int], frames: int, most_pixels: int) -> None:
    if size[0] * size[1] > min(_LARGEST_PICTURE, most_pixels // frames):
        raise ReadError(
            f"{frames} pictures of {size[0]} x {size[1]} pixels",
            advice="crop them or give fewer, or raise max_pixels",
        )


def _grey(picture: Pillow.Image) -> NDArray[np.generic]:
    """8 bits, or 16 where the file has them."""
    deep = picture.mode.startswith("I") or picture.mode == "F"
    return np.asarray(picture).astype(np.uint16) if deep else np.asarray(picture.convert("L"))

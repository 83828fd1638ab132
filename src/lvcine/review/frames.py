"""The pictures of a cine for the page: grey values as they are stored, packed small, a frame at a time."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.report.picture import ventricle_box
from lvcine.study import Analysis

_KEPT_BYTES = 64 << 20
_LEVEL = 1  # of gzip: the page is on the same machine, time counts more than bytes


class Frames:
    """Frames of a cine, all slices of one at a time.

    Parameters
    ----------
    analysis : Analysis

    Attributes
    ----------
    window : (float, float)
        Grey values shown black and white at first, in the numbers that are sent.
    top : float
        The largest number that is sent.
    bytes_a_pixel : int
        1 or 2, little-endian.

    Examples
    --------
    >>> from lvcine.study import Cine, Geometry, Mask, Segmentation, Study
    >>> cine = Cine(np.arange(32, dtype=np.uint16).reshape(1, 2, 4, 4), Geometry.stack(1, (1, 1), 8))
    >>> none = ((None, None),)
    >>> seg = Segmentation(Mask(np.zeros(cine.pixels.shape, np.uint8)), none, none)
    >>> frames = Frames(Analysis(Study((cine,)), cine, seg, 0, 1, "include", (), (), (), (), {}))
    >>> np.frombuffer(gzip.decompress(frames.packed(1)), "u1")[:3].tolist()
    [16, 17, 18]
    """

    def __init__(self, analysis: Analysis) -> None:
        self._pixels = analysis.cine.pixels
        low, high = _range(self._pixels)
        whole = self._pixels.dtype.kind in "iu" and low >= 0 and high <= 65535
        self._offset, self._scale = (0.0, 1.0) if whole else (low, 65535.0 / max(high - low, 1e-12))
        self.top = high if whole else 65535.0
        self.bytes_a_pixel = 1 if whole and high <= 255 else 2
        box = ventricle_box(analysis.cine, analysis.segmentation)
        cut = np.asarray(self._pixels[:, :, box.top : box.bottom : 3, box.left : box.right : 3], float)
        cut = cut[np.isfinite(cut)]
        ends = np.percentile(cut, (1.0, 98.5)) if cut.size else (low, high)
        first, last = ((float(v) - self._offset) * self._scale for v in ends)
        self.window = (first, max(last, first + 1.0))
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def packed(self, t: int) -> bytes:
        """Frame ``t`` of all slices (Z, Y, X), gzip.

        Raises
        ------
        IndexError
            No such frame.
        """
        if not 0 <= t < self._pixels.shape[1]:
            raise IndexError(t)
        with self._lock:
            if t in self._kept:
                self._kept.move_to_end(t)
                return self._kept[t]
        packed = gzip.compress(self._plain(t).tobytes(), _LEVEL, mtime=0)
        with self._lock:
            self._kept[t] = packed
            while sum(map(len, self._kept.values())) > _KEPT_BYTES and len(self._kept) > 1:
                self._kept.popitem(last=False)
        return packed

    def _plain(self, t: int) -> NDArray[Any]:
        frame = self._pixels[:, t]
        kind = "<u1" if self.bytes_a_pixel == 1 else "<u2"
        if self._scale == 1.0 and self._offset == 0.0:
            return np.ascontiguousarray(frame, kind)
        known = np.nan_to_num(np.asarray(frame, float), nan=self._offset)
        return np.ascontiguousarray(np.clip((known - self._offset) * self._scale, 0, 65535), kind)


def _range(pixels: NDArray[Any]) -> tuple[float, float]:
    if pixels.dtype.kind in "iu":
        return float(pixels.min()), float(pixels.max())
    known = pixels[np.isfinite(pixels)]
    return (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)

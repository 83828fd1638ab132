"""Decode the pixels of DICOM files, one file after the other, with progress reported.

The codecs are C and C++, and a damaged JPEG stream can make one abort, and the process with it (seen with
gdcm on single flipped bytes). That is why reading runs in a child (:mod:`lvcine.read.opening`); here the
file in work is noted, so that it can be named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lvcine.isolated import working_on
from lvcine.read.dicom.header import Header
from lvcine.read.dicom.pixels import Pixels, check_syntax, decode


class Decoder:
    """Decodes frames of DICOM files.

    Parameters
    ----------
    tick : callable, optional
        Called with the number of pictures just decoded.
    """

    def __init__(self, tick: Callable[[int], None] = lambda pictures: None) -> None:
        self.tick = tick

    def frames(self, data: bytes, header: Header, wanted: Sequence[int]) -> list[Pixels]:
        """Grey pictures of the wanted frames, each (Y, X); see :func:`lvcine.read.dicom.pixels.decode`.

        Parameters
        ----------
        data : bytes
            The whole file.
        header : Header
            Of the same file.
        wanted : sequence of int
            Frame indices, ascending.

        Raises
        ------
        UnusableError
        """
        check_syntax(header)
        working_on(header.path)
        pixels = decode(data, header.syntax, wanted, header.path.name)
        self.tick(len(wanted))
        return pixels

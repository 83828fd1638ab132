"""JPEG of 12 bits with loss (ITU-T T.81, process 4): gdcm reads it, pydicom asks gdcm for 8 bits alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import gdcm
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

EXTENDED = "1.2.840.10008.1.2.4.51"
"""Transfer syntax of both depths."""


def is_deep(dataset: FileDataset) -> bool:
    """Whether a file of this syntax has more than 8 bits a pixel."""
    return int(dataset.get("BitsStored") or 8) > 8


def deep_frames(dataset: FileDataset, coded: Iterable[bytes]) -> Iterator[NDArray[Any]]:
    """Coded frames as pixels (Y, X), 16 bits each.

    Raises
    ------
    ValueError
        gdcm cannot decode one.
    """
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    for stream in coded:
        image = _image(stream, rows, columns, int(dataset.BitsStored))
        text = image.GetBuffer()
        if text is None:
            raise ValueError("gdcm cannot decode it")
        values = np.frombuffer(text.encode("utf-8", "surrogateescape"), "<u2")
        yield values.reshape(rows, columns)


def _image(stream: bytes, rows: int, columns: int, bits: int) -> Any:
    """One frame as gdcm takes it."""
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(stream + bytes(len(stream) % 2))
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((columns, rows, 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.GetPIType("MONOCHROME2")
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(EXTENDED)))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, bits, bits - 1, 0))
    return image

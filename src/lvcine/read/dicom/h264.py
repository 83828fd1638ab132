"""Clips coded as H.264 or H.265 in DICOM (PS3.5 section 8.2.7 to 8.2.9): a film within the file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.encaps import generate_fragments

from lvcine.read.dicom.header import UnusableError

H264 = {
    **{f"1.2.840.10008.1.2.4.{n}": "h264" for n in (102, 103, 104, 105, 106)},
    **{f"1.2.840.10008.1.2.4.{n}.1": "h264" for n in (102, 103, 104, 105, 106)},
    **{f"1.2.840.10008.1.2.4.{n}": "hevc" for n in (107, 108)},
}
"""Transfer syntaxes, with FFmpeg's name of the plain stream; it may also lie in MP4 or MPEG-TS."""


def h264_frames(dataset: FileDataset, wanted: Sequence[int], name: str) -> Iterator[NDArray[Any]]:
    """The wanted frames in red, green and blue, each (Y, X, 3).

    Raises
    ------
    UnusableError
        Fewer frames than declared, or of another size.
    """
    from lvcine.read.video import frames_of_stream  # opens FFmpeg, which few exams need

    data = b"".join(
        fragment
        for k, fragment in enumerate(generate_fragments(dataset.PixelData))
        if k > 0  # 0: offset table
    )
    rows, columns, declared = int(dataset.Rows), int(dataset.Columns), int(dataset.get("NumberOfFrames") or 1)
    chosen, count = set(wanted), 0
    for index, frame in enumerate(
        frames_of_stream(io.BytesIO(data), H264[dataset.file_meta.TransferSyntaxUID])
    ):
        if frame.shape[:2] != (rows, columns):
            raise UnusableError(
                f"pixels coded as {frame.shape[0]} x {frame.shape[1]} but declared as {rows} x {columns}",
                broken=True, where=name,
            )  # fmt: skip
        count = index + 1
        if index in chosen:
            yield np.asarray(frame)
        if count >= declared:
            return
    raise UnusableError(
        f"cut short: {declared} frames declared, {count} in the file", broken=True, where=name
    )

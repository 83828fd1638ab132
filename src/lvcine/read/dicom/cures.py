"""What to do about a file that cannot be read, by what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable

DECOMPRESS = "decompress the files with another tool (gdcmconv --raw, dcmdjpeg), as explicit little endian"
COPY = "copy the files again from the scanner"


def cure_of(reasons: Iterable[str]) -> str:
    """The advice for files with these faults: a codec's is no fault of the copy.

    Examples
    --------
    >>> cure_of(["transfer syntax 1.2.3 is not read"]) == DECOMPRESS, cure_of(["cut short"]) == COPY
    (True, True)
    """
    of_codec = ["transfer syntax" in reason or "pixels cannot be decoded (" in reason for reason in reasons]
    if of_codec and all(of_codec):
        return DECOMPRESS
    return f"{DECOMPRESS}; {COPY} where that fails" if any(of_codec) else COPY

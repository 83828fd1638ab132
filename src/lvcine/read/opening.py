"""Open a scan: the one way from a path to a study, with every parser in a process of its own.

What lies in a folder may be damaged or made to do harm. So the reading itself (:mod:`lvcine.read.exam`)
runs in a child with bounds on memory and time. A file at which the child dies is named and left out, and
the others are read.
"""

from __future__ import annotations

import atexit
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.isolated import Child, ChildDiedError
from lvcine.read.catalogue import Catalogue
from lvcine.read.options import DEFAULTS, ReadOptions
from lvcine.study import Study
from lvcine.study.progress import Count

_DEATHS = 5
"""Children lost in one exam; so many files that stop a parser are no accident."""

_BASE_BYTES = 5 << 28
_BYTES_A_PIXEL = 4
"""Of address space: what Python and its libraries take, and room for the pixels that are allowed."""

_child = Child(preload="lvcine.read.exam")
atexit.register(_child.stop)


def open_study(
    path: Path | str | NDArray[Any],
    options: ReadOptions = DEFAULTS,
    *,
    series: str | int | None = None,
    progress: Count | None = None,
) -> Study:
    """Read the cines of one exam.

    Parameters
    ----------
    path : path or ndarray
        A folder (nested, mixed, shuffled, renamed as it may be), a file, a zip or tar archive, or
        an array with the axes named in ``options.axes``. DICOM with or without preamble, MR one
        file per frame or enhanced, ultrasound clips, NIfTI, AVI, MP4, MOV, GIF, folders of PNG and other
        pictures, NumPy, LVQuan; recognised
        by content, never by name.
    options : ReadOptions
        What the user knows better. ``view`` is taken for the first cine.
    series : str or int, optional
        A label from :func:`catalogue` or a series number: read that and nothing else.
    progress : callable, optional
        Called with (pictures decoded, pictures in all).

    Returns
    -------
    Study
        The short-axis stack first, then long-axis cines, each with the findings of its reading.

    Raises
    ------
    UsageError
        Nothing at the path; no such series.
    NotACineError
        Pictures, but nothing that beats.
    ReadError
        Empty, damaged, hostile, too large, of several patients.

    Notes
    -----
    Files are parsed in a child process (:mod:`lvcine.isolated`), which stays for the next call. An array
    is taken as it is.

    Examples
    --------
    >>> still = np.random.default_rng(0).integers(0, 99, (12, 32, 32))
    >>> study = open_study(still, ReadOptions(axes="TYX", spacing_mm=(1.5, 1.5)))
    >>> study.cines[0].pixels.shape
    (1, 12, 32, 32)
    """
    if isinstance(path, np.ndarray):
        from lvcine.read.exam import array_study

        return array_study(path, options)
    study: Study = _exam("open_exam", Path(path), options, progress, series=series)
    return study


def catalogue(path: Path | str, options: ReadOptions = DEFAULTS) -> Catalogue:
    """What :func:`open_study` would read, from headers and one picture of every series.

    A thousand DICOM files take about a second.

    Raises
    ------
    LvcineError
        As :func:`open_study`, save what only decoding every picture shows.
    """
    found: Catalogue = _exam("list_exam", Path(path), options, None)
    return found


def begin() -> None:
    """Start the process that reads before it is needed, so that it is ready when it is."""
    _child.start()


def in_child(function: str, path: Path, *, max_pixels: int) -> Any:
    """What ``module:function`` reads from one file, called with its path and ``max_pixels`` in the child.

    Raises
    ------
    ReadError
        The child died of the file; or as the function says.
    """
    arguments = {"path": path.absolute(), "max_pixels": max_pixels}
    try:
        return _child.call(function, arguments, memory=_memory(max_pixels))
    except ChildDiedError as death:
        raise ReadError(death.reason, where=path.name, advice="copy it again from its source") from None


def _memory(max_pixels: int) -> int:
    return _BASE_BYTES + _BYTES_A_PIXEL * max_pixels


def _exam(function: str, path: Path, options: ReadOptions, progress: Count | None, **more: Any) -> Any:
    """Call a function of :mod:`lvcine.read.exam`, again without each file at which the child died."""
    stops: dict[str, str] = {}
    memory = _memory(options.max_pixels)
    while len(stops) <= _DEATHS:
        arguments = {"path": path.absolute(), "options": options, "stops": dict(stops), **more}
        try:
            return _child.call(f"lvcine.read.exam:{function}", arguments, memory=memory, progress=progress)
        except ChildDiedError as death:
            if not death.working_on or death.working_on in stops:
                raise ReadError(
                    f"reading it {death.reason}", where=path.name, advice="give a part of it"
                ) from None
            stops[death.working_on] = death.reason
    raise ReadError(
        f"more than {_DEATHS} files that no parser survives, one {next(iter(stops.values()))}",
        where=path.name, advice="check where the files come from; copy them again from the scanner",
    )  # fmt: skip

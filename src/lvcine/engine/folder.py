"""The files of a net: plain names in one folder, none of them a way out of it."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from lvcine.errors import WeightsError

REINSTALL = "install lvcine again from a trusted source"
_ASIDE = frozenset('/\\:*?"<>|')  # separators, a drive, a stream, and what Windows takes for patterns


def shipped() -> Traversable:
    """The folder of the weights inside the package."""
    return files("lvcine") / "weights"


def is_plain(name: str) -> bool:
    """Whether a text names a file of a folder itself, on any system: no path, no drive, nothing hidden.

    Examples
    --------
    >>> [is_plain(name) for name in ("sax-1.onnx", "../sax.onnx", "/etc/x", "a/b", "C:x", "..", "")]
    [True, False, False, False, False, False, False]
    """
    return not name.startswith(".") and name.isprintable() and 0 < len(name) <= 200 and not _ASIDE & set(name)


def read_file(folder: Traversable, name: str, most: int, *, missing: WeightsError) -> bytes:
    """The bytes of a file of a net's folder.

    Parameters
    ----------
    name : str
        A plain name.
    most : int
        Bytes that the file may have.
    missing : WeightsError
        What to raise where there is no such file.

    Raises
    ------
    WeightsError
        A name that is a path, a link that leads out of the folder, a file that is missing, too large or not
        to be read.
    """
    if not is_plain(name):
        raise WeightsError(f"{name!r} is not the plain name of a file", advice="keep a net in one folder")
    path = folder / name
    try:
        if _leads_out(folder, name):
            raise WeightsError(
                "a link that leads out of the net's folder", where=name, advice="copy the file"
            )
        if not path.is_file():
            raise missing
        if isinstance(path, Path) and path.stat().st_size > most:
            raise WeightsError(f"the file has more than {most} bytes", where=name, advice=REINSTALL)
        return path.read_bytes()
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, up to Python 3.12
        reason = getattr(error, "strerror", None) or "links in a circle"  # not its text: folders carry names
        raise WeightsError(f"the file cannot be read: {reason}", where=name) from error


def _leads_out(folder: Traversable, name: str) -> bool:
    """Not asked of lvcine's own folder, whose files some installers link to a store of packages."""
    if not isinstance(folder, Path) or folder == shipped():
        return False
    return not (folder / name).resolve().is_relative_to(folder.resolve())

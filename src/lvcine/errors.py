"""The errors that lvcine raises on purpose: what was found, where, what to do.

Every one of them reaches the command line as one message and a documented exit
code (see :data:`EXIT_CODES`), never as a traceback. Here too is the one rule for text
that comes from elsewhere, a file's name or a header's value: it is data (:func:`plain_text`).
"""

from __future__ import annotations

import re
import unicodedata

MOST_TEXT = 1000
"""Characters of an error's or a finding's sentence."""
MOST_NAME = 80
"""Characters of a name: of a file, a series, a kind of picture."""

_QUOTED_PATH = re.compile(r"""'[^'\n]*[\\/].*'|"[^"\n]*[\\/].*\"""")
_BARE_PATH = re.compile(r"(?:\S*[^\s\\/][\\/]|~?[\\/])[^\s\\/].*")
# A folder's name may hold blanks and quotes: what follows on the line may be part of it.


def plain_text(text: object, most: int | None = 200) -> str:
    r"""One line of printable characters, at most so many: text from elsewhere, made harmless.

    Escape sequences and other control characters, marks that turn the direction of writing or have no
    width, and halves of characters (a name that is no UTF-8) would steer a terminal, hide a part of a
    line, or could not be written at all.

    Parameters
    ----------
    text : object
        Its ``str``.
    most : int or None
        Longest text; what is longer ends in dots. None: as long as it is.

    Examples
    --------
    >>> plain_text("series 3\x1b[2J\nall is well"), plain_text("a\u202eb"), plain_text("abcdefgh", 6)
    ('series 3�[2J all is well', 'ab', 'abc...')
    """
    line = str(text)
    if most is not None and len(line) > most:
        line = f"{line[: most - 3]}..."
    return line if line.isprintable() else "".join(map(_printable, line))


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    # Marks of format (direction, width) show nothing by themselves; anything else shows that it was there.
    return "" if unicodedata.category(character) == "Cf" else "\N{REPLACEMENT CHARACTER}"


def without_paths(text: str) -> str:
    """The text with what is or looks like a path replaced: folders carry names.

    Examples
    --------
    >>> without_paths("cannot open '/data/DOE JANE/1.dcm': denied"), without_paths("3 of /data/DOE JANE")
    ("cannot open '<path>': denied", '3 of <path>')
    """
    return _BARE_PATH.sub("<path>", _QUOTED_PATH.sub("'<path>'", text))


class LvcineError(Exception):
    """Something lvcine understands and refuses, with the way out.

    Each part becomes :func:`plain_text`, whoever wrote it.

    Parameters
    ----------
    found : str
        What was met, in the user's terms; never a patient's name.
    where : str, optional
        File name (folders are cut off), tag, slice or frame.
    advice : str, optional
        What the user can do about it.

    Examples
    --------
    >>> print(LvcineError("no pixel spacing", where="a.dcm", advice="pass --spacing"))
    no pixel spacing (a.dcm). Suggestion: pass --spacing.
    """

    exit_code = 1

    def __init__(self, found: str, *, where: str = "", advice: str = "") -> None:
        self.found, self.advice = plain_text(found, MOST_TEXT), plain_text(advice, MOST_TEXT)
        self.where = where
        super().__init__(self.found)

    @property
    def where(self) -> str:
        """File name without folders, tag, slice or frame; empty where nothing is known."""
        return self._where

    @where.setter
    def where(self, place: str) -> None:
        self._where = plain_text(re.split(r"[\\/]", place.rstrip("\\/"))[-1], MOST_NAME)

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        cure = f". Suggestion: {self.advice.rstrip('.')}." if self.advice else "."
        return f"{self.found.rstrip('.')}{place}{cure}"


class UsageError(LvcineError):
    """The call itself is wrong: an option, a path, an output folder in use."""

    exit_code = 2


class FolderInUseError(UsageError):
    """Another run is writing into the output folder."""


class ReadError(LvcineError):
    """The input cannot be read as a cine: missing, broken, hostile or another kind of file."""

    exit_code = 3


class NotACineError(ReadError):
    """Readable images, but none that moves like a heart in a view we can measure."""

    exit_code = 4


class MeasureError(LvcineError):
    """A number was asked for that the data cannot give (no spacing, no ED, open contour)."""

    exit_code = 5


class WeightsError(LvcineError):
    """A shipped net is missing, changed (hash) or not for this input."""

    exit_code = 6


class SplitError(LvcineError):
    """A subject or a seed stands on two sides of a split, or on none."""


EXIT_CODES: dict[int, str] = {
    0: "done",
    1: "stopped: an error that has no class of its own",
    2: "the call is wrong (option, path, output folder)",
    3: "the input cannot be read",
    4: "no cine of the left ventricle in the input",
    5: "the data cannot give the number asked for",
    6: "a net's weights are missing or damaged",
    7: "a cohort is done, but some of its studies have no numbers (its table says which and why)",
}

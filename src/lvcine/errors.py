"""The errors that lvcine raises on purpose: what was found, where, what to do.

Every one of them reaches the command line as one message and a documented exit
code (see :data:`EXIT_CODES`), never as a traceback.
"""

from __future__ import annotations


class LvcineError(Exception):
    """Something lvcine understands and refuses, with the way out.

    Parameters
    ----------
    found : str
        What was met, in the user's terms; never a patient's name.
    where : str, optional
        File name (without folders), tag, slice or frame.
    advice : str, optional
        What the user can do about it.

    Examples
    --------
    >>> print(LvcineError("no pixel spacing", where="a.dcm", advice="pass --spacing"))
    no pixel spacing (a.dcm). To do: pass --spacing.
    """

    exit_code = 1

    def __init__(self, found: str, *, where: str = "", advice: str = "") -> None:
        super().__init__(found)
        self.found, self.where, self.advice = found, where, advice

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        cure = f". To do: {self.advice.rstrip('.')}." if self.advice else "."
        return f"{self.found.rstrip('.')}{place}{cure}"


class UsageError(LvcineError):
    """The call itself is wrong: an option, a path, an output folder in use."""

    exit_code = 2


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


EXIT_CODES: dict[int, str] = {
    0: "done",
    1: "stopped: an error that has no class of its own",
    2: "the call is wrong (option, path, output folder)",
    3: "the input cannot be read",
    4: "no cine of the left ventricle in the input",
    5: "the data cannot give the number asked for",
    6: "a net's weights are missing or damaged",
}

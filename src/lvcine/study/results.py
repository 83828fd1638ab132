"""What lvcine says: numbers with unit, method and place, and doubts with advice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from lvcine.errors import MOST_TEXT, plain_text

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Measurement:
    """One number.

    Attributes
    ----------
    name : str
        Snake-case with the unit as suffix, e.g. ``edv_ml``, ``cavity_area_mm2``.
    value : float or int
    unit : str
        ``mL``, ``%``, ``g``, ``mm``, ``mm2``, ``ms``, ``L/min``, ``mL/m2``, ``1`` ...
    method : str
        How it was found, short: ``slice summation, papillary muscles in the cavity``.
    slice, frame, segment : int or None
        Where, counted from 0 (segments: AHA numbers, from 1); None = the whole study.
    low, high : float or None
        Bounds of the 90 % interval where one is known.
    """

    name: str
    value: float
    unit: str
    method: str
    slice: int | None = None
    frame: int | None = None
    segment: int | None = None
    low: float | None = None
    high: float | None = None


class Quantity(float):
    """A number that knows its unit and its 90 % interval; it counts as the number it is.

    Examples
    --------
    >>> ef = Quantity(59.91, "%", low=55.2, high=64.6)
    >>> ef, ef.unit, round(100 - ef, 2)
    (59.9 % (55.2 to 64.6), '%', 40.09)
    """

    unit: str
    low: float | None
    high: float | None

    def __new__(
        cls, value: float, unit: str = "1", low: float | None = None, high: float | None = None
    ) -> Quantity:
        number = super().__new__(cls, value)
        number.unit, number.low, number.high = unit, low, high
        return number

    def __reduce__(self) -> tuple[type[Quantity], tuple[float, str, float | None, float | None]]:
        return Quantity, (float(self), self.unit, self.low, self.high)

    def __repr__(self) -> str:
        text = f"{float(self):.3g}" if abs(self) < 1000 else f"{float(self):.0f}"
        text += "" if self.unit == "1" else f" {self.unit}"
        if self.low is None or self.high is None:
            return text
        return f"{text} ({self.low:.3g} to {self.high:.3g})"

    __str__ = __repr__


@dataclass(frozen=True)
class Beat:
    """One beat of a free-running clip.

    Attributes
    ----------
    ed_frame, es_frame : int
        From 0.
    ef_percent : float
    edv_ml, esv_ml : float or None
        None where the clip has no pixel spacing.
    """

    ed_frame: int
    es_frame: int
    ef_percent: float
    edv_ml: float | None = None
    esv_ml: float | None = None


@dataclass(frozen=True)
class PhaseEstimate:
    """Where one curve sees ED and ES.

    Attributes
    ----------
    name : str
    ed, es : int
        Its frames, from 0.
    sureness : float
        0 to 1.
    """

    name: str
    ed: int
    es: int
    sureness: float


@dataclass(frozen=True)
class Finding:
    """A doubt, a guess or a defect that the reader of the numbers must know.

    Attributes
    ----------
    code : str
        Kebab-case, stable, e.g. ``missing-slice``; listed in ``docs/use/findings.md``.
    severity : {"info", "warning", "error"}
        info: good to know; warning: look before trusting; error: some number was withheld.
    text : str
        What was found and where, a fragment; never a patient's name, a file's name or a path. Made plain
        (:func:`lvcine.errors.plain_text`), as it may quote a header.
    advice : str
        What to do, in the imperative; made plain too.
    """

    code: str
    severity: Severity
    text: str
    advice: str = ""

    def __post_init__(self) -> None:
        for name in ("text", "advice"):
            object.__setattr__(self, name, plain_text(getattr(self, name), MOST_TEXT))


def listed(places: Iterable[object], most: int = 3) -> str:
    """Places as a finding names them: the first ``most``, and how many more.

    Examples
    --------
    >>> listed([2, 3]), listed(range(5))
    ('2, 3', '0, 1, 2 and 2 more')
    """
    every = [str(place) for place in places]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more

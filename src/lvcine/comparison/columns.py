"""Which column of somebody's table is which number, and of which reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lvcine.errors import UsageError

ALIASES: dict[str, tuple[str, ...]] = {
    "edv_ml": ("edv", "lvedv", "enddiastolicvolume", "volumeed", "edvolume"),
    "esv_ml": ("esv", "lvesv", "endsystolicvolume", "volumees", "esvolume"),
    "sv_ml": ("sv", "lvsv", "strokevolume"),
    "ef_percent": ("ef", "lvef", "ejectionfraction"),
    "lv_mass_g": ("lvm", "mass", "lvmass", "edmass", "massed", "myocardialmass"),
    "edvi_ml_m2": ("edvi", "lvedvi"),
    "esvi_ml_m2": ("esvi", "lvesvi"),
    "svi_ml_m2": ("svi", "lvsvi"),
    "lv_mass_index_g_m2": ("lvmi", "massi", "lvmassi", "lvmassindex", "massindex"),
    "cardiac_output_l_min": ("co", "cardiacoutput"),
    "heart_rate_bpm": ("hr", "heartrate"),
    "max_wall_thickness_ed_mm": ("mwt", "maxwallthickness", "maximalwallthickness"),
    "ed_frame": ("edframe", "framed"),
    "es_frame": ("esframe", "frames"),
}
"""Number -> names that tables have for it: letters and digits only, without units and readers."""

READER = ("reader", "observer", "rater", "session")
"""Names of a column that says whose line it is."""

_UNITS = {"ml", "g", "percent", "pct", "mm", "m2", "bpm", "l", "min", "manual", "of"}
_KNOWN = {alias: name for name, aliases in ALIASES.items() for alias in aliases}


@dataclass(frozen=True)
class Column:
    """What a column holds.

    Attributes
    ----------
    name : str
        Of the number, as in ``measurements.json``.
    column : str
        Its header in the table.
    reader : str
        Empty where the header names none.
    stated : bool
        The user said so.
    """

    name: str
    column: str
    reader: str = ""
    stated: bool = False


def guess_columns(headers: Iterable[str], stated: Mapping[str, str]) -> list[Column]:
    """The columns that hold numbers; what the user stated (number -> header) goes first.

    Raises
    ------
    UsageError
        A header that is stated is not in the table.

    Examples
    --------
    >>> [(c.name, c.reader) for c in guess_columns(["ID", "LVEDV (mL)", "EF reader 2", "Mass_A"], {})]
    [('edv_ml', ''), ('ef_percent', 'reader 2'), ('lv_mass_g', 'a')]
    """
    headers = list(headers)
    missing = [column for column in stated.values() if column not in headers]
    if missing:
        raise UsageError(
            f"no column is called {missing[0]!r}",
            advice=f"one of {', '.join(headers)}, as --map NUMBER=COLUMN",
        )
    by_user = {column: name for name, column in stated.items()}
    found = []
    for header in headers:
        if header in by_user:
            found.append(Column(by_user[header], header, stated=True))
        elif (guess := _guess(header)) is not None and guess[0] not in stated:
            found.append(Column(guess[0], header, guess[1]))
    return found


def _guess(header: str) -> tuple[str, str] | None:
    """Number and reader; None where the header means neither."""
    if header.strip().lower() in ALIASES:
        return header.strip().lower(), ""
    words = [w for w in re.split(r"[^a-z0-9]+", header.lower().replace("%", " ")) if w and w not in _UNITS]
    for count in range(len(words), 0, -1):
        for first in sorted({0, len(words) - count}):
            name = _KNOWN.get("".join(words[first : first + count]))
            if name is not None:
                return name, " ".join(words[:first] + words[first + count :])
    return None

"""How numbers, units and names are written for people."""

from __future__ import annotations

import math
import re

from lvcine.study import Analysis, Papillary

PAPILLARY: dict[Papillary, str] = {
    "include": "Papillary muscles are counted with the cavity (blood volume)",
    "exclude": "Papillary muscles are counted with the myocardium (mass)",
}

BY_READER = "corrected by a reader"
"""Ends the method of every number that a reader's corrections changed."""

_UNITS = {"mm2": "mm²", "mL/m2": "mL/m²", "g/m2": "g/m²", "L/min/m2": "L/min/m²", "m2": "m²", "px2": "px²",
          "1/min": "per minute", "1": "", "frame": "", "slice": ""}  # fmt: skip
_DECIMALS = dict.fromkeys(("mL", "g", "mL/m2", "g/m2", "mm2", "px2", "ms", "1/min", "mL/s"), 0)
_ACRONYMS = {"edv", "esv", "sv", "ef", "lv", "rv", "ed", "es", "bsa", "aha"}
_NAMES = {
    "edvi": "EDV index", "esvi": "ESV index", "svi": "SV index", "lv_mass_es": "LV mass at ES",
    # Word joiners keep each pair of walls on one line.
    "dimension_is_al": "Diameter IS\u2060–\u2060AL", "dimension_i_a": "Diameter I\u2060–\u2060A",
    "dimension_il_as": "Diameter IL\u2060–\u2060AS",
    "ed_extent": "Length of the cavity at ED", "es_extent": "Length of the cavity at ES",
    "ed_slices": "Slices with cavity at ED", "es_slices": "Slices with cavity at ES",
    "ed_es_curve": "1 at ED, 0 at ES, by temporal regression (no unit)",
    "max_wall_thickness_ed": "Largest wall thickness at ED",
    "la_volume": "Left atrium at ES", "la_volume_index": "Left atrium at ES, index",
    "la_length": "Length of the left atrium at ES", "ef_sd": "EF, SD over beats",
    "cavity_area_ed": "Area of the cavity at ED", "cavity_area_es": "Area of the cavity at ES",
    "long_axis_ed": "Long axis at ED", "long_axis_es": "Long axis at ES",
    "ef_first_plane": "EF of the first plane", "ef_second_plane": "EF of the second plane",
    "background_velocity": "Velocity error of the background, taken out",
    "delay_longitudinal": "Delay, longitudinal", "delay_radial": "Delay, radial",
}  # fmt: skip

_SUFFIX_UNITS = {
    "_l_min_m2": "L/min/m2", "_ml_m2": "mL/m2", "_g_m2": "g/m2", "_l_min": "L/min", "_ml_s": "mL/s",
    "_cm_s": "cm/s", "_percent": "%", "_mm2": "mm2", "_bpm": "1/min", "_mm": "mm", "_ml": "mL", "_ms": "ms",
    "_m2": "m2", "_px2": "px2", "_px": "px", "_g": "g",
}  # fmt: skip
_UNIT_SUFFIXES = tuple(_SUFFIX_UNITS)  # those that end another one behind it


def unit(symbol: str) -> str:
    """A unit as it is printed: ``mm2`` becomes mm²."""
    return _UNITS.get(symbol, symbol)


def number(value: float | None, symbol: str = "1", decimals: int | None = None) -> str:
    """A value with as many decimals as its unit deserves; a dash for what is not known.

    Examples
    --------
    >>> number(151.62, "mL"), number(57.31, "%"), number(float("nan"), "mL"), number(4, "1")
    ('152', '57.3', '–', '4')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if isinstance(value, int):
        return str(value)
    text = f"{value:.{_DECIMALS.get(symbol, 1) if decimals is None else decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def signed(value: float, decimals: int = 1) -> str:
    """A difference with its sign; none where it is nothing as it is printed.

    Examples
    --------
    >>> signed(21.44), signed(-3.0), signed(-0.04)
    ('+21.4', '−3.0', '0.0')
    """
    text = number(value, decimals=decimals)
    return f"+{text}" if value > 0 and float(text) > 0 else text


def unit_of(name: str) -> str:
    """The printed unit in a measurement's name; empty where it has none.

    Examples
    --------
    >>> unit_of("edv_ml"), unit_of("lv_mass_index_g_m2"), unit_of("ef_percent"), unit_of("ed_frame")
    ('mL', 'g/m²', '%', '')
    """
    suffix = next((s for s in _UNIT_SUFFIXES if name.endswith(s)), "")
    return unit(_SUFFIX_UNITS.get(suffix, ""))


def span(low: float | None, high: float | None, symbol: str) -> str:
    """An interval as it is printed; empty where either end is not known.

    Examples
    --------
    >>> span(138.2, 190.4, "mL"), span(None, 3.0, "mm"), span(-1.2, 3.0, "mm")
    ('138–190', '', '−1.2 to 3.0')
    """
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ""
    between = " to " if low < 0 else "–"
    return f"{number(low, symbol)}{between}{number(high, symbol)}"


def study_name(analysis: Analysis) -> str:
    """What the user calls the study, else its series and the first letters of its digest: no date, no name.

    Of a digest eight letters tell some ten thousand studies apart.
    """
    if analysis.study.label:
        return analysis.study.label
    return " · ".join(filter(None, (analysis.cine.label, analysis.study.digest[:8])))


def title(name: str) -> str:
    """A measurement's name in words: ``cavity_area_mm2`` becomes Cavity area.

    Examples
    --------
    >>> title("peak_filling_rate_ml_s"), title("lv_mass_g"), title("wall_thickness_by_pixels_mm")
    ('Peak filling rate', 'LV mass', 'Wall thickness by pixels')
    """
    stem = next((name.removesuffix(s) for s in _UNIT_SUFFIXES if name.endswith(s)), name)
    if stem.endswith("_by_pixels"):
        return f"{title(stem.removesuffix('_by_pixels'))} by pixels"
    if stem in _NAMES:
        return _NAMES[stem]
    words = [w.upper() if w in _ACRONYMS else w for w in stem.split("_") if w]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def method_title(name: str) -> str:
    """A measurement's name beside its method; peaks of the wall's velocity have one name for all phases.

    Examples
    --------
    >>> method_title("time_to_peak_early_diastolic_radial_velocity_ms"), method_title("edv_ml")
    ('Peaks of the radial velocity and their times', 'EDV')
    """
    peak = re.fullmatch(
        r"(time_to_)?peak_[a-z_]*_(longitudinal|radial|circumferential)_velocity_(cm_s|ms)", name
    )
    if peak is None:
        return title(name)
    return f"Peaks of the {peak[2]} velocity and their times"


def index_title(index: str) -> str:
    """An index in words, its sector in capitals.

    Examples
    --------
    >>> index_title("wall_thickness_al"), index_title("cavity_area")
    ('Wall thickness AL', 'Cavity area')
    """
    if index.startswith("wall_thickness_"):
        return f"{title('wall_thickness')} {index.removeprefix('wall_thickness_').upper()}"
    return title(index)


def sentence(text: str) -> str:
    """Text with a capital letter and a full stop.

    Examples
    --------
    >>> sentence("no pixel spacing"), sentence("")
    ('No pixel spacing.', '')
    """
    stripped = text.strip().rstrip(".")
    return f"{stripped[:1].upper()}{stripped[1:]}." if stripped else ""

"""Published normal values of the left ventricle, by the papillary convention they were drawn with.

A number is compared only with hearts measured the same way: whether the papillary muscles
belong to the cavity or to the wall moves volumes, EF and mass (doi:10.1007/s12471-016-0805-y).
Which study used which convention: Kawel-Boehm 2020, Table 1 (doi:10.1186/s12968-020-00683-3).
Only figures checked against their source are here; for every other number the report says
that it has no verified range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lvcine.study import Papillary

Sex = Literal["M", "F"]


@dataclass(frozen=True)
class Source:
    """A paper: how it is cited, whom it measured."""

    citation: str
    doi: str
    cohort: str
    ages: tuple[int, int]


@dataclass(frozen=True)
class Range:
    """The middle 95 % of healthy adults of one sex."""

    low: float
    high: float
    source: Source


_PETERSEN = Source(
    "Petersen et al. 2017, J Cardiovasc Magn Reson 19:18",
    "10.1186/s12968-017-0327-9",
    "800 healthy adults of the UK Biobank",
    (45, 74),
)
_ZHAN = Source(
    "Zhan et al. 2024, Circ Cardiovasc Imaging 17:e016090",
    "10.1161/CIRCIMAGING.123.016090",
    "meta-analysis of 52 studies of healthy adults",
    (18, 120),
)
_LANG = Source(
    "Lang et al. 2015, J Am Soc Echocardiogr 28:1",
    "10.1016/j.echo.2014.10.003",
    "healthy adults of seven data bases, biplane method of discs",
    (18, 120),
)
_HENRIKSEN = Source(
    "Henriksen et al. 2015, Int J Cardiovasc Imaging 31:57",
    "10.1007/s10554-014-0533-6",
    "left atrium: 168 adults without cardiovascular disease, method of discs in one plane",
    (40, 80),
)
_HUDSMITH = Source(
    "Hudsmith et al. 2005, J Cardiovasc Magn Reson 7:775",
    "10.1080/10976640500295516",
    "108 healthy adults",
    (21, 68),
)
_MACEIRA = Source(
    "Maceira et al. 2006, J Cardiovasc Magn Reson 8:417",
    "10.1080/10976640600572889",
    "120 healthy adults",
    (20, 80),
)


def _normal(source: Source, mean: float, sd: float) -> Range:
    """The middle 95 % where a paper gives mean and standard deviation."""
    return Range(mean - 1.96 * sd, mean + 1.96 * sd, source)


_TABLE: dict[Papillary, dict[str, dict[Sex, Range]]] = {
    "include": {
        # Petersen 2017: abstract (EF, mass index) and table of parameters by sex (volumes).
        "edv_ml": {"M": _normal(_PETERSEN, 166, 32), "F": _normal(_PETERSEN, 124, 21)},
        "esv_ml": {"M": _normal(_PETERSEN, 69, 16), "F": _normal(_PETERSEN, 49, 11)},
        "sv_ml": {"M": _normal(_PETERSEN, 96, 20), "F": _normal(_PETERSEN, 75, 14)},
        "ef_percent": {"M": _normal(_PETERSEN, 58, 5), "F": _normal(_PETERSEN, 61, 5)},
        "lv_mass_index_g_m2": {"M": _normal(_PETERSEN, 53, 9), "F": _normal(_PETERSEN, 42, 7)},
        # Zhan 2024: abstract, limits as given for papillary muscles in the volume.
        "edvi_ml_m2": {"M": Range(60, 109, _ZHAN), "F": Range(56, 96, _ZHAN)},
        "esvi_ml_m2": {"M": Range(18, 45, _ZHAN), "F": Range(16, 38, _ZHAN)},
    },
    "exclude": {
        # Hudsmith 2005: abstract. Maceira 2006: EF does not differ by sex.
        "edv_ml": {"M": _normal(_HUDSMITH, 160, 29), "F": _normal(_HUDSMITH, 135, 26)},
        "esv_ml": {"M": _normal(_HUDSMITH, 50, 16), "F": _normal(_HUDSMITH, 42, 12)},
        "ef_percent": {"M": _normal(_MACEIRA, 67, 4.6), "F": _normal(_MACEIRA, 67, 4.6)},
    },
}


_ULTRASOUND: dict[str, dict[Sex, Range]] = {
    # Lang 2015, table of normal values of LV size and function in 2-D echocardiography.
    "edv_ml": {"M": Range(62, 150, _LANG), "F": Range(46, 106, _LANG)},
    "esv_ml": {"M": Range(21, 61, _LANG), "F": Range(14, 42, _LANG)},
    "ef_percent": {"M": Range(52, 72, _LANG), "F": Range(54, 74, _LANG)},
    # As well Lang 2015, per body surface.
    "edvi_ml_m2": {"M": Range(34, 74, _LANG), "F": Range(29, 61, _LANG)},
    "esvi_ml_m2": {"M": Range(11, 31, _LANG), "F": Range(8, 24, _LANG)},
    # Henriksen 2015, abstract: the same for both sexes.
    "la_volume_index_ml_m2": {"M": Range(15, 37, _HENRIKSEN), "F": Range(15, 37, _HENRIKSEN)},
}


def reference_range(name: str, papillary: Papillary, sex: str | None, modality: str = "MR") -> Range | None:
    """The verified range of a number for healthy adults of one sex, if there is one.

    Parameters
    ----------
    name : str
        Of a :class:`~lvcine.study.Measurement`, e.g. ``edv_ml``.
    papillary : {"include", "exclude"}
        The convention the number was measured with; the other one's ranges are never used.
    sex : {"M", "F"} or None
        As DICOM writes it; anything else has no range.
    modality : str
        MR, or US: volumes of ultrasound are smaller and have ranges of their own.

    Examples
    --------
    >>> r = reference_range("ef_percent", "include", "F")
    >>> round(r.low), round(r.high), r.source.doi
    (51, 71, '10.1186/s12968-017-0327-9')
    >>> reference_range("lv_mass_g", "exclude", "F") is None
    True
    """
    table = _ULTRASOUND if modality == "US" else _TABLE[papillary]
    by_sex: dict[str, Range] = dict(table.get(name, {}))  # type: ignore[arg-type]
    return by_sex.get(sex or "")

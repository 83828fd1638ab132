"""``compare.html``: how well two readings agree, with the pictures and the worst cases."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from lvcine.comparison.pictures import bland_altman_svg, scatter_svg, with_unit
from lvcine.measure.reliability import Interval
from lvcine.report.wording import number, signed, title

if TYPE_CHECKING:
    from lvcine.comparison.agree import Pairing
    from lvcine.comparison.run import Comparison

_WORST = 10
_SMALLEST_FIRST = "dice"


def compare_html(result: Comparison, link: Callable[[str], str]) -> str:
    """The page as text; ``link`` gives the address of a study's report, empty where there is none."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lvcine.comparison"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("compare.html").render(_context(result, link)) + "\n"


def _context(result: Comparison, link: Callable[[str], str]) -> dict[str, Any]:
    return {
        "css": Markup(files("lvcine.comparison").joinpath("templates", "compare.css").read_text("utf-8")),
        "pairings": [_of_pairing(p, link) for p in result.pairings],
        "all_readers": [(title(name), *_shown(icc, 3), n) for name, icc, n in result.all_readers if n > 2],
        "summaries": [
            (
                name,
                _number(s.mean, 3),
                _number(s.sd, 3),
                f"{_number(s.low, 3)} to {_number(s.high, 3)}",
                s.n,
                s.n_failed,
            )
            for name, s in (result.summaries or {}).items()
        ],
        "worst_masks": _worst_masks(result, link),
        "columns": [text.replace(" -> ", " → ") for text in result.columns],
        "notes": result.notes,
    }


def _of_pairing(p: Pairing, link: Callable[[str], str]) -> dict[str, Any]:
    limits = p.limits
    worst = [
        (p.labels[k], link(p.labels[k]), _number(p.a[k], 1), _number(p.b[k], 1), signed(p.differences[k]))
        for k in p.worst(_WORST)
    ]
    return {
        "title": with_unit(p.name),
        "name": p.name,
        "one": p.one,
        "other": p.other,
        "n": len(p.labels),
        "alone": (p.only_one, p.only_other),
        "rows": [
            ("Bias", *_shown(limits.bias, 2)),
            ("Lower limit of agreement", *_shown(limits.lower, 2)),
            ("Upper limit of agreement", *_shown(limits.upper, 2)),
            ("ICC(A,1)", *_shown(p.icc, 3)),
            ("Coefficient of variation (%)", _number(p.cov_percent, 1), ""),
            ("Pearson's r", _number(p.r, 3), ""),
        ],
        "bland_altman": bland_altman_svg(p, link),
        "scatter": scatter_svg(p, link),
        "worst": worst,
    }


def _worst_masks(result: Comparison, link: Callable[[str], str]) -> list[tuple[str, str, str, str]]:
    """Label, report, figure and value of the lowest Dice of each study, the lowest first."""
    found = []
    several = len({(one.one, one.other) for one in result.masks}) > 1
    for one in result.masks:
        dice = {
            name: v for name, v in one.scores.items() if name.startswith(_SMALLEST_FIRST) and math.isfinite(v)
        }
        if dice:
            name = min(dice, key=lambda n: dice[n])
            whose = f"{name} ({one.one} and {one.other})" if several else name
            found.append((dice[name], one.label, whose))
    return [(label, link(label), name, _number(value, 3)) for value, label, name in sorted(found)[:_WORST]]


def _shown(interval: Interval, digits: int) -> tuple[str, str]:
    if not math.isfinite(interval.low):
        return _number(interval.value, digits), ""
    return _number(
        interval.value, digits
    ), f"{_number(interval.low, digits)} to {_number(interval.high, digits)}"


def _number(value: float, digits: int) -> str:
    return number(float(value), decimals=digits)

"""The errors of EF and ESV by group of disease and by the reader's EF: where they sit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lvcine.evaluate.case import Outcome
from lvcine.measure.agreement import Summary, summarise
from lvcine.study import Array

BANDS = ((-np.inf, 45.0), (45.0, 55.0), (55.0, 65.0), (65.0, np.inf))
"""Of the reader's EF, in percent."""
_EF, _OFF, _ESV, _DICE = "ef_percent_drawn", "ef_percent_difference", "esv_ml_difference", "dice3d_cavity_es"
FEWEST = 3
"""Studies that a slope is drawn through."""


def by_group_and_ef(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Lines of a Markdown table; none where no reader's EF is known.

    The last line is the slope of the error of EF against the reader's EF, with an interval over subjects.
    """
    known = [o for o in outcomes if np.isfinite(_of(o, _EF)) and np.isfinite(_of(o, _OFF))]
    if not known:
        return
    yield "| by | n | EF difference (SD), 95 % interval | EF absolute | ESV difference, mL | cavity ES |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for group in sorted({o.group for o in known if o.group}):
        yield _line(group, [o for o in known if o.group == group])
    for low, high in BANDS:
        within = [o for o in known if low <= _of(o, _EF) < high]
        if within:
            yield _line(_named(low, high), within)
    yield ""
    if len(known) >= FEWEST:
        ef, off = (np.array([_of(o, name) for o in known]) for name in (_EF, _OFF))
        low, high = slope_interval(ef, off)
        slope = f"{slope_of(ef, off):+.3f} ({low:+.3f} to {high:+.3f})"
        yield f"Slope of the error of EF against the reader's EF: {slope}."
        yield ""


def slope_of(ef: Array, off: Array) -> float:
    """Least squares of errors against EF; NaN where EF does not vary.

    Examples
    --------
    >>> round(slope_of(np.array([40.0, 60.0, 80.0]), np.array([0.0, -2.0, -4.0])), 3)
    -0.1
    """
    return float(np.polyfit(ef, off, 1)[0]) if np.ptp(ef) > 0 else float("nan")


def slope_interval(ef: Array, off: Array, resamples: int = 2000, seed: int = 0) -> tuple[float, float]:
    """95 % of the slopes of as many subjects drawn again."""
    drawn = np.random.default_rng(seed).integers(len(ef), size=(resamples, len(ef)))
    slopes = [slope_of(ef[k], off[k]) for k in drawn]
    low, high = np.nanpercentile(slopes, [2.5, 97.5])
    return float(low), float(high)


def _line(name: str, outcomes: Sequence[Outcome]) -> str:
    off = _summary(outcomes, _OFF)
    error = f"{off.mean:+.1f} ({off.sd:.1f})" + (f", {off.low:+.1f} to {off.high:+.1f}" if off.n > 1 else "")
    far = float(np.mean([abs(_of(o, _OFF)) for o in outcomes]))
    esv, dice = _summary(outcomes, _ESV), _summary(outcomes, _DICE)
    cells = [name, str(len(outcomes)), error, f"{far:.1f}", _shown(esv, "+.1f"), _shown(dice, ".3f")]
    return f"| {' | '.join(cells)} |"


def _shown(summary: Summary, digits: str) -> str:
    return format(summary.mean, digits) if summary.n else ""


def _named(low: float, high: float) -> str:
    if not np.isfinite(low):
        return f"EF below {high:.0f}"
    return f"EF {low:.0f} to {high:.0f}" if np.isfinite(high) else f"EF {low:.0f} and more"


def _summary(outcomes: Sequence[Outcome], metric: str) -> Summary:
    return summarise([_of(o, metric) for o in outcomes], [o.subject for o in outcomes])


def _of(outcome: Outcome, metric: str) -> float:
    """One number of a study; NaN where there is none."""
    return next((s.value for s in outcome.scores if s.metric == metric), float("nan"))

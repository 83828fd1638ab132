"""Agreement of the nets of an ensemble."""

from __future__ import annotations

from collections.abc import Sequence

from lvcine.study import Finding, Measurement

# Half the width of a 90 % interval beyond which a number should not be used unseen: 1.64 times the SD
# between core laboratories, 7.5 points, 28 mL and 35 g at most (Suinesiaputra 2015,
# doi:10.1186/s12968-015-0170-9).
WIDEST = {"ef_percent": 12.0, "edv_ml": 46.0, "lv_mass_g": 57.0}
_NAMES = {"ef_percent": "EF", "edv_ml": "EDV", "lv_mass_g": "mass"}


def members_disagree(measurements: Sequence[Measurement]) -> list[Finding]:
    """``members-disagree``: the interval of a headline number is wider than core laboratories differ by."""
    wide = []
    for m in measurements:
        if m.name not in WIDEST or m.low is None or m.high is None or m.slice is not None:
            continue
        if (m.high - m.low) / 2 > WIDEST[m.name]:
            wide.append(f"{_NAMES[m.name]} {m.low:.0f} to {m.high:.0f} {m.unit}")
    if not wide:
        return []
    text = f"members of the ensemble disagree: {', '.join(wide)}"
    return [Finding("members-disagree", "warning", text, "look at the contours before using these numbers")]

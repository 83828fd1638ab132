"""Do the nets of the ensemble see the same ventricle?"""

from __future__ import annotations

from collections.abc import Sequence

from lvcine.study import Finding, Measurement

# Half the width of a 90 % interval beyond which a number should not be used unseen. Ours, at twice what two
# readers differ by: inter-observer SD of 3-4 points of EF, 5 % of EDV and 6-7 % of mass (Suinesiaputra 2015,
# doi:10.1186/s12968-015-0170-9), of which 90 % lie within 1.64 SD.
WIDEST = {
    "ef_percent": (10.0, "points"),
    "edv_ml": (0.16, "of the value"),
    "lv_mass_g": (0.22, "of the value"),
}


def members_disagree(measurements: Sequence[Measurement]) -> list[Finding]:
    """``members-disagree``: an interval is wider than twice what readers differ by.

    Parameters
    ----------
    measurements : sequence of Measurement
        Headline numbers with their intervals; without intervals nothing is said.
    """
    wide = []
    for m in measurements:
        if m.name not in WIDEST or m.low is None or m.high is None or m.slice is not None:
            continue
        limit, unit = WIDEST[m.name]
        if (m.high - m.low) / 2 > (limit if unit == "points" else limit * m.value):
            wide.append(f"{m.name} {m.low:.0f} to {m.high:.0f}")
    if not wide:
        return []
    text = f"the members of the net disagree: {', '.join(wide)}"
    return [Finding("members-disagree", "warning", text, "look at the contours before using these numbers")]

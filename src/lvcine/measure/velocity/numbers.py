"""Peaks and curves of the wall's velocity as measurements."""

from __future__ import annotations

from lvcine.measure.segments import LVQUAN_SECTORS
from lvcine.study import Curve, Measurement, VelocityPeak, WallVelocity
from lvcine.study.wall_velocity import COMPONENTS, SECTORS

_SECTOR = "sector by AHA basal number (IS 3, I 4, IL 5, AL 6, A 1, AS 2)"
_WAYS = {
    "longitudinal": "from base to apex",
    "radial": "inwards, motion of the whole ring taken out",
    "circumferential": "clockwise seen from the apex, motion of the whole ring taken out",
}


def velocity_numbers(wall: WallVelocity) -> list[Measurement]:
    """Peaks with their times, and delays of sectors.

    Names are ``peak_systolic_longitudinal_velocity_cm_s`` and
    ``time_to_peak_systolic_longitudinal_velocity_ms``, with other phases and components in their
    place, and ``delay_longitudinal_ms``.
    """
    found = [number for peak in wall.peaks for number in _of_peak(peak)]
    method = f"time to the systolic peak less the mean of the slice's sectors; {_SECTOR}"
    for component, delays in zip(COMPONENTS, wall.delay_ms, strict=False):
        for z, of_slice in enumerate(delays):
            for sector, value in zip(SECTORS, of_slice, strict=True):
                if value == value:
                    segment = LVQUAN_SECTORS[sector]
                    name = f"delay_{component}_ms"
                    found.append(Measurement(name, float(value), "ms", method, z, segment=segment))
    return found


def _of_peak(peak: VelocityPeak) -> list[Measurement]:
    name = f"peak_{peak.phase.replace(' ', '_')}_{peak.component}_velocity"
    segment = None if peak.sector is None else LVQUAN_SECTORS[peak.sector]
    where = "mean over the wall" if segment is None else f"mean over the wall's {_SECTOR}"
    method = f"{where}, positive {_WAYS[peak.component]}"
    value = Measurement(f"{name}_cm_s", peak.value_cm_s, "cm/s", method, peak.slice, segment=segment)
    if peak.time_ms != peak.time_ms:  # below the noise floor
        return [value]
    return [value, Measurement(f"time_to_{name}_ms", peak.time_ms, "ms", method, peak.slice, segment=segment)]


def velocity_curves(wall: WallVelocity) -> tuple[Curve, ...]:
    """The curves of the whole wall, one a component."""
    return tuple(
        Curve(f"{component}_velocity_cm_s", "cm/s", wall.times_ms, values)
        for component, values in zip(COMPONENTS, wall.whole_cm_s, strict=True)
    )

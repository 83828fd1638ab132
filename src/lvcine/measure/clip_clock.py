"""Doubts about the clock of a clip: by how long its beats and their systoles last."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lvcine.study import Array, Beat, Cine, Finding

LONGEST_SYSTOLE_MS, SHORTEST_SYSTOLE_MS = 600.0, 120.0
"""From ED to ES. Electromechanical systole lasts 546 ms less 2.1 ms for every beat a minute in men, less in
women (Weissler et al. 1968, doi:10.1161/01.CIR.37.2.149): 460 ms at 40 beats a minute, 130 ms at 200."""
OF_MAN_MM = 0.1
"""Pixels of a mouse's heart, whose systole is shorter, are smaller."""
UNEVEN = 0.2
"""Spread of the beats' lengths (SD over mean) beyond which the rhythm is called irregular. Ours: an error of
one frame of 40 ms in two beats of 800 ms gives 0.07."""
SAME_RATE = 0.3
"""Of the rate in the header, which may be that of the beat before: what the clip's may differ by."""
FORWARDS_MS, PER_BEAT_MS, MOST_OF_SYSTOLE = 546.0, 2.1, 1.35
"""Weissler's systole and what it loses for every beat a minute; how many times as long it may be."""


def clock_doubts(beats: Sequence[Beat], times: Array, cine: Cine) -> list[Finding]:
    """``rhythm-irregular``, ``clip-slowed``, ``clip-hurried``, ``clip-backwards``, ``heart-rate-differs``.

    Parameters
    ----------
    beats : sequence of Beat
    times : ndarray, shape (T,)
        In ms, assumed ones where the file has none: then only whether beats are even is asked.
    cine : Cine
    """
    lengths = np.diff([times[b.es_frame] for b in beats])
    if cine.times_ms is None:
        return _rhythm(lengths)
    return [*_rhythm(lengths), *_systole(beats, times, lengths, cine), *_against_header(lengths, cine)]


def _rhythm(lengths: Array) -> list[Finding]:
    if len(lengths) < 2 or lengths.std() / lengths.mean() <= UNEVEN:
        return []
    text = f"beats last {lengths.min():.0f} to {lengths.max():.0f} ms: irregular rhythm"
    return [Finding("rhythm-irregular", "warning", text, "compare the EF of single beats")]


def _systole(beats: Sequence[Beat], times: Array, lengths: Array, cine: Cine) -> list[Finding]:
    """Too long or too short a systole: the file's times are not the heart's, or run backwards."""
    systole = float(np.median([times[b.es_frame] - times[b.ed_frame] for b in beats]))
    if cine.phases_only or systole <= 0:  # stills, and a cut beat whose ED comes after its ES
        return []
    lasts = f"systole lasts {systole:.0f} ms by the file's frame times: clip probably stored"
    advice = "state the time between frames (--frame-ms): rate, beats and their EF depend on it"
    if systole > LONGEST_SYSTOLE_MS:
        return [Finding("clip-slowed", "warning", f"{lasts} slowed down, or backwards", advice)]
    of_man = not cine.geometry.calibrated or min(cine.geometry.pixel_spacing_mm) > OF_MAN_MM
    if systole < SHORTEST_SYSTOLE_MS and of_man:
        return [Finding("clip-hurried", "warning", f"{lasts} speeded up", advice)]
    if not len(lengths):
        return []
    beat = float(np.median(lengths))
    usual = FORWARDS_MS - PER_BEAT_MS * 60000.0 / beat
    if systole <= MOST_OF_SYSTOLE * usual or systole <= beat - systole:
        return []
    text = (
        f"systole lasts {systole:.0f} of {beat:.0f} ms, longer than diastole: clip backwards or slowed down"
    )
    return [Finding("clip-backwards", "warning", text, "look whether the clip runs forwards")]


def _against_header(lengths: Array, cine: Cine) -> list[Finding]:
    if not len(lengths) or cine.cycle_ms is None or not np.isfinite(cine.cycle_ms[0]):
        return []
    rate, stated = 60000.0 / float(np.median(lengths)), 60000.0 / float(cine.cycle_ms[0])
    if abs(rate - stated) <= SAME_RATE * stated:
        return []
    text = f"heart rate {rate:.0f} by the clip's beats and frame times, {stated:.0f} in the header"
    advice = "check the time between frames (--frame-ms), and whether every beat was found"
    return [Finding("heart-rate-differs", "warning", text, advice)]

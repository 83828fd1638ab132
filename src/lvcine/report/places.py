"""The slices and frames that a finding names, as links into the report's player."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from lvcine.study import Analysis

# How findings name a place (docs/develop/architecture.md): "slice 3 after frame 7", "frames 3, 4 and 5".
_NAMED = re.compile(r"\b(?P<kind>slice|frame)s? (?P<first>\d+)(?P<others>(?:, \d+)*(?: and \d+\b(?! more))?)")
_AFTER = re.compile(r" after frame (?P<frame>\d+)")
_PHASE = re.compile(r"\bat (ED|ES)\b")


def linked(text: str, analysis: Analysis) -> Markup:
    """The text with a link at every slice and frame of the measured cine that it names.

    A slice named with a phase ("at ED", before it or else the first in the text) is shown in its frame;
    a number beyond the cine stays text.
    """
    out, at = Markup(""), 0
    for start, end, z, frame in places_of(text, analysis):
        shown = "".join(
            f' data-{kind}="{number}"'
            for kind, number in (("slice", z), ("frame", frame))
            if number is not None
        )
        link = Markup('<a class="place" href="#playing"{}>{}</a>').format(Markup(shown), text[start:end])
        out += escape(text[at:start]) + link
        at = end
    return out + escape(text[at:])


def places_of(text: str, analysis: Analysis) -> Iterator[tuple[int, int, int | None, int | None]]:
    """Start and end in the text, slice and frame of every place of the measured cine that it names."""
    cine = analysis.cine
    phases = list(_PHASE.finditer(text))
    of_phase = {"ED": analysis.ed_frame, "ES": analysis.es_frame}
    done = 0
    for found in _NAMED.finditer(text):
        if found.start() < done:
            continue
        limit = cine.slices if found["kind"] == "slice" else cine.frames
        after = _AFTER.match(text, found.end()) if found["kind"] == "slice" and not found["others"] else None
        if after is not None and int(found["first"]) < limit and int(after["frame"]) < cine.frames:
            done = after.end()
            yield found.start(), done, int(found["first"]), int(after["frame"])
            continue
        for number in re.finditer(r"\d+", found[0]):
            first = number.start() == found.start("first") - found.start()
            start = found.start() if first else found.start() + number.start()
            value = int(number[0])
            if value < limit:
                before = [phase for phase in phases if phase.end() <= found.start()]
                named = before[-1:] or phases[:1]
                at_phase = of_phase[named[0][1]] if named else None
                z, frame = (value, at_phase) if found["kind"] == "slice" else (None, value)
                yield start, found.start() + number.end(), z, frame

"""Which views the ultrasound clips of an exam show, so that the right ones are measured together."""

from __future__ import annotations

from dataclasses import replace

from lvcine.engine import Runtime, load
from lvcine.localise import spread_frames
from lvcine.pipeline.choose import said_apical
from lvcine.read.sector import eight_bits
from lvcine.study import Cine, LeftAside, Study, View
from lvcine.systems.echo.prepare import as_input, find_sector
from lvcine.systems.echo.recipe import DRAW_FILE, VIEW_FILE
from lvcine.systems.echo.view import CONFIDENT, NOT_APICAL, Look, look_at, view_guessed

FRAMES = 6
"""Frames of a clip that are looked at, spread over it."""


def with_views(study: Study, runtime: Runtime) -> Study:
    """The study with the views of its ultrasound clips, where the files do not say them.

    One clip alone is left as it is: what is measured looks at it anyway. Of several, those that show no
    apical view are left aside, unless none shows one.

    Parameters
    ----------
    study : Study
    runtime : Runtime
    """
    cines = [said_apical(cine) for cine in study.cines]
    silent = [c for c in cines if c.modality == "US" and c.view in (View.UNKNOWN, View.APICAL)]
    if not silent or sum(c.modality == "US" for c in cines) < 2:
        return study
    looks = {id(c): look_of(c, runtime) for c in silent}
    none = {key for key, look in looks.items() if look.other[1] > NOT_APICAL}
    if len(none) == len(cines):
        return study
    aside = tuple(
        LeftAside(c.label, f"it looks like a {looks[id(c)].other[0]}, no apical view")
        for c in cines
        if id(c) in none
    )
    kept = tuple(_named(c, looks.get(id(c))) for c in cines if id(c) not in none)
    return replace(study, cines=kept, left_aside=(*study.left_aside, *aside))


def look_of(cine: Cine, runtime: Runtime) -> Look:
    """What a clip looks like."""
    draws = load("echo", runtime, file=DRAW_FILE)
    pixels = eight_bits(cine.pixels[0])
    sector = find_sector(pixels, cine.geometry.pixel_spacing_mm, draws.card.contract.size[-1])
    frames = as_input(pixels[spread_frames(len(pixels), FRAMES)], sector)
    return look_at(load("echo", runtime, file=VIEW_FILE), frames)


def _named(cine: Cine, look: Look | None) -> Cine:
    if look is None or look.apical[1] < CONFIDENT:
        return cine
    view, share = look.apical
    return replace(cine, view=view).with_findings(view_guessed(view, share))

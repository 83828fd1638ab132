"""A page of virtual hearts under every scanner, beside their truth.

``python benchmarks/phantom_gallery.py docs/develop`` writes it. Each heart is subject ``n`` of its kind,
so that ``lvcine phantom --seed n --kind KIND`` makes it again.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.output import write_whole
from lvcine.phantom.mr import Protocol, render
from lvcine.phantom.population import KINDS, draw_heart
from lvcine.phantom.scene import draw_scene
from lvcine.phantom.subjects.render import apical_clip
from lvcine.phantom.subjects.subject import (
    APICAL,
    PhantomOptions,
    VirtualSubject,
    draw_subject,
    subject_truth,
)
from lvcine.phantom.truth import find_timing
from lvcine.phantom.velocity import virtual_velocity
from lvcine.phantom.views import Plane, long_axis, short_axis
from lvcine.study import CAVITY, MYOCARDIUM, View

HEARTS = 12
_COLUMNS, _TILE_INCHES, _DPI = 8, 1.5, 100
_MR = {"size": 112, "spacing_mm": 1.4, "window": 0.04, "noise": 0.02}
_LEVELS = {"base": 0.2, "mid": 0.5, "apex": 0.8}  # of the long axis at ES, so that ES has a base too
_SYSTOLE = 2  # of the velocity scan's frames: the wall is at its fastest
_COLOURS = {CAVITY: "#ffcc00", MYOCARDIUM: "#35d0a5"}

_PAGE = """\
# Gallery

Twelve virtual hearts, two of every kind, each under every scanner; this page is written by
`python benchmarks/phantom_gallery.py docs/develop`. Yellow is the exact outline of the cavity, green
that of the wall.
The numbers are the heart's own, from its closed form ([what they mean](phantom.md)).

In each picture, above: short axis at base, middle and apex, at ED and then at ES; four- and two-chamber view.
Below: three-chamber view; ultrasound A4C, A2C, A3C; velocity mapping in systole, the magnitude and the
velocity along x, y and through the plane, grey where nothing moves.

{hearts}
"""

_HEART = """\
## {title}

![{title}](gallery/{file})

| EDV | ESV | EF | mass | thickest wall at ED | heart rate | longitudinal strain | scarred segments |
| --- | --- | --- | --- | --- | --- | --- | --- |
| {edv_ml:.0f} mL | {esv_ml:.0f} mL | {ef_percent:.0f} % | {lv_mass_g:.0f} g | {max_wall_ed_mm:.1f} mm \
| {heart_rate_bpm:.0f}/min | {longitudinal_strain_es_percent:.0f} % | {scarred} |
"""


@dataclass(frozen=True)
class Tile:
    """One picture with its truth.

    Attributes
    ----------
    title : str
    pixels : ndarray, shape (Y, X)
    limits : (float, float)
        Shown as black and as white.
    labels : ndarray of uint8, shape (Y, X), or None
    """

    title: str
    pixels: NDArray[Any]
    limits: tuple[float, float]
    labels: NDArray[np.uint8] | None = None


def write_gallery(docs: Path, hearts: int = HEARTS) -> Path:
    """Write ``gallery.md`` and a picture per heart into ``gallery/``.

    Parameters
    ----------
    docs : Path
    hearts : int

    Returns
    -------
    Path
        The page.
    """
    (docs / "gallery").mkdir(parents=True, exist_ok=True)
    parts = []
    for number in range(hearts):
        options = PhantomOptions(kind=list(KINDS)[number % len(KINDS)])
        subject = draw_subject(number, options)
        file = f"{subject.name}-{subject.kind}.jpg"
        write_whole(docs / "gallery" / file, _picture(list(tiles(subject, options))))
        truth = subject_truth(subject)
        scarred = sorted({segment for scar in truth["scars"] for segment in scar["segments"]})
        parts.append(
            _HEART.format(
                title=f"Subject {number}: {subject.kind}",
                file=file,
                scarred=", ".join(map(str, scarred)) or "none",
                **truth,
            )
        )
    return write_whole(docs / "gallery.md", _PAGE.format(hearts="\n".join(parts)).rstrip() + "\n")


def tiles(subject: VirtualSubject, options: PhantomOptions) -> Iterator[Tile]:
    """Every picture of one heart, in the gallery's order."""
    yield from _short_axis(subject, options)
    for view in ("4CH", "2CH", "3CH"):
        yield from _long_axis(subject, options, view)
    for view in APICAL:
        _, clip, _ = apical_clip(subject, view, replace(options, frames=2, size=224))
        yield Tile(view, clip.pixels[0], (0.0, 255.0), clip.labels[0])
    yield from _velocity(subject)


def _short_axis(subject: VirtualSubject, options: PhantomOptions) -> Iterator[Tile]:
    heart = subject.heart
    es = heart.beat.at(find_timing(heart).es)
    middles = {name: float(heart.height(u, es)) for name, u in _LEVELS.items()}
    planes = tuple(short_axis(z) for z in middles.values())
    pixels, labels = _rendered(subject, options, planes, 8.0)
    for t, moment in enumerate(("ED", "ES")):
        for z, name in enumerate(middles):
            yield Tile(f"{name} {moment}", pixels[z, t], _limits(pixels), labels[z, t])


def _long_axis(subject: VirtualSubject, options: PhantomOptions, view: str) -> Iterator[Tile]:
    plane = long_axis(View(view), 0.35 * float(subject.heart.length_mm))
    pixels, labels = _rendered(subject, options, (plane,), 7.0)
    yield Tile(view, pixels[0, 0], _limits(pixels), labels[0, 0])


def _rendered(
    subject: VirtualSubject, options: PhantomOptions, planes: tuple[Plane, ...], thickness_mm: float
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Pixels and labels (Z, 2, Y, X) at ED and ES of the scene that every MR cine of the subject shows."""
    rng = np.random.default_rng(subject.seed)
    scene = draw_scene(draw_heart(rng, options.kind), rng, spread=0.5)
    scene = replace(scene, anatomy=subject.anatomy)
    timing = find_timing(subject.heart)
    protocol = Protocol(**_MR, phases=(timing.ed, timing.es), thickness_mm=thickness_mm)  # type: ignore[arg-type]
    stack = render(scene, planes, protocol, rng, reader=None)
    return stack.pixels, np.where(stack.labels > MYOCARDIUM, 0, stack.labels).astype(np.uint8)


def _limits(pixels: NDArray[Any]) -> tuple[float, float]:
    return 0.0, float(np.percentile(pixels, 99.0))


def _velocity(subject: VirtualSubject) -> Iterator[Tile]:
    study, _ = virtual_velocity(
        subject.seed, frames=12, size=112, heart=subject.heart, kind=subject.kind, cycle_ms=subject.cycle_ms
    )
    magnitude = study.magnitude[1, _SYSTOLE]
    yield Tile("velocity: magnitude", magnitude, _limits(magnitude), study.labels[1, _SYSTOLE])
    for axis, velocity, venc in zip("xyz", study.velocity_cm_s, study.venc_cm_s, strict=True):
        yield Tile(f"{axis}, -{venc:.0f} to {venc:.0f} cm/s", velocity[1, _SYSTOLE], (-venc, venc))


def _picture(shown: list[Tile]) -> bytes:
    """All tiles in rows, as JPEG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = -(-len(shown) // _COLUMNS)
    figure = Figure((_COLUMNS * _TILE_INCHES, rows * _TILE_INCHES), dpi=_DPI, facecolor="black")
    for place, tile in enumerate(shown):
        row, column = divmod(place, _COLUMNS)
        axes = figure.add_axes((column / _COLUMNS, 1 - (row + 1) / rows, 1 / _COLUMNS, 1 / rows))
        axes.set_axis_off()
        low, high = tile.limits
        axes.imshow(tile.pixels, cmap="gray", vmin=low, vmax=high, aspect="auto")
        if tile.labels is not None:
            _outline(axes, tile.labels)
        axes.text(
            0.03, 0.96, tile.title, color="white", fontsize=6.5, va="top", transform=axes.transAxes,
            bbox={"facecolor": "black", "alpha": 0.55, "pad": 1.0, "linewidth": 0.0},
        )  # fmt: skip
    stream = io.BytesIO()
    canvas = FigureCanvasAgg(figure)
    canvas.print_figure(stream, format="jpg", pil_kwargs={"quality": 82})
    return stream.getvalue()


def _outline(axes: Any, labels: NDArray[np.uint8]) -> None:
    """Edges of the cavity and of the whole ventricle."""
    inside = {CAVITY: labels == CAVITY, MYOCARDIUM: (labels == CAVITY) | (labels == MYOCARDIUM)}
    for label, mask in inside.items():
        if mask.any():
            axes.contour(mask.astype(float), [0.5], colors=_COLOURS[label], linewidths=0.6)


def main() -> None:
    """Command line: ``python benchmarks/phantom_gallery.py docs/develop``."""
    import argparse

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("docs", type=Path, help="gets gallery.md and gallery/")
    parser.add_argument("--hearts", type=int, default=HEARTS)
    chosen = parser.parse_args()
    write_gallery(chosen.docs, chosen.hearts)


if __name__ == "__main__":
    main()

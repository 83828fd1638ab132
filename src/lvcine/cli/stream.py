"""``lvcine stream FILE|-``: an ultrasound clip or a live film, frame by frame."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lvcine.cli.options import Engine, Threads, Verbose, Weights, given
from lvcine.cli.terminal import say

if TYPE_CHECKING:
    from lvcine.read import ReadOptions
    from lvcine.systems.echo.live import Seen


def stream(
    source: Annotated[
        str, typer.Argument(metavar="FILE|-", help="A clip; - reads a film (y4m, MJPEG, ...) from stdin.")
    ],
    view: Annotated[str | None, typer.Option(metavar="V", help="A4C, A2C or A3C.")] = None,
    spacing: Annotated[
        tuple[float, float] | None, typer.Option(metavar="ROW COL", help="Pixel spacing in mm.")
    ] = None,
    masks: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the labels of every frame there, as PNG.")
    ] = None,
    engine: Engine = None,
    threads: Threads = None,
    weights: Weights = None,
    verbose: Verbose = False,
) -> None:
    """Outline the left ventricle in a stream; one line of JSON for every frame, as it comes."""
    from lvcine.engine import Runtime
    from lvcine.read import ReadOptions
    from lvcine.systems.echo.live import Live

    stated = ReadOptions(**given(view=view, spacing_mm=spacing))
    runtime = Runtime(**given(engine=engine, threads=threads, weights=weights))
    with _written(masks) as write:
        frames, known = _frames(source, stated)
        live = Live(**known, runtime=runtime)
        for number, (picture, time_ms) in enumerate(frames):
            seen = live.push(picture, time_ms)
            say(json.dumps(_line(number, time_ms, seen, live.spacing_mm is not None)))
            write(f"{number:06d}.png", seen)


@contextmanager
def _written(folder: Path | None) -> Iterator[Callable[[str, Seen], None]]:
    """What writes a frame's labels into the folder; each picture is whole as soon as it has its name."""
    if folder is None:
        yield lambda name, seen: None
        return
    from PIL import Image

    from lvcine.output import check_out, hold, writing

    def write(name: str, seen: Seen) -> None:
        with writing(folder, "the masks"):
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(seen.segmentation.labels).save(stage / name)
            (stage / name).replace(folder / name)

    with hold(folder) as stage:
        check_out(folder)
        yield write


def _frames(source: str, stated: ReadOptions) -> tuple[Iterator[tuple[Any, float | None]], dict[str, Any]]:
    """(picture, time in ms) one after the other, and what is known of them all."""
    from lvcine.read import open_study
    from lvcine.read.video_pipe import piped_frames

    if source == "-":
        view = None if stated.view is None else stated.view.value
        return piped_frames(sys.stdin.buffer), given(view=view, spacing_mm=stated.spacing_mm)
    cine = open_study(Path(source), stated).cines[0]
    times = [None] * cine.frames if cine.times_ms is None else [float(t) for t in cine.times_ms[0]]
    known = given(
        view=cine.view.value if cine.view.value in ("A4C", "A2C", "A3C") else None,
        spacing_mm=cine.geometry.pixel_spacing_mm if cine.geometry.calibrated else None,
    )
    return zip(cine.pixels[0], times, strict=True), known


def _line(number: int, time_ms: float | None, seen: Seen, calibrated: bool) -> dict[str, Any]:
    unit = ("area_mm2", "volume_ml") if calibrated else ("area_px2", "volume_px3_1000")
    numbers = {unit[0]: seen.area, unit[1]: seen.volume, "ef_percent": seen.ef_percent}
    finite = {name: round(v, 3) if math.isfinite(v) else None for name, v in numbers.items()}
    restarted = {"began_anew": seen.began_anew} if seen.began_anew else {}
    return {"frame": number, "time_ms": time_ms, **finite, "beats": seen.beats, **restarted}

"""Benchmark: do virtual short-axis cines look like real ones, in numbers?

    .venv/bin/python benchmarks/phantom_realism.py DATA --siemens FOLDER --subjects 60

``DATA`` holds the labelled scans that :mod:`lvcine.training.labelled` reads,
``--siemens`` an unpacked exam with guide points. Real and virtual frames are measured by the
same code on the net's 1.4 mm grid, inside the masks; a subject's value is the median over its
frames. Prints the table of docs/evidence/realism.md.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates, uniform_filter

from lvcine.phantom.mr import render, short_axis_planes
from lvcine.phantom.seeds import seed_of
from lvcine.study import Contour
from lvcine.training.labelled import (
    ENDO_ONLY,
    SPACING_MM,
    UNLABELLED,
    pig_cine,
    polygon_depth,
    resample,
    signed_depth,
    stills,
)
from lvcine.training.virtual_hearts import virtual_subject

Array = NDArray[np.float64]
HALF = 48  # pixels of the window around the cavity: 134 mm
SMALLEST_MM2 = 300.0  # of a cavity that is looked at; smaller ones are all border


@dataclass(frozen=True)
class Frame:
    """One picture with a reader's borders as signed depths in mm; ``epi`` is None where not drawn."""

    image: Array
    endo: Array
    epi: Array | None
    es: bool
    slice: int


@dataclass(frozen=True)
class Subject:
    name: str
    frames: tuple[Frame, ...]


def frame_of(image: NDArray[np.generic], labels: NDArray[np.uint8], es: bool, z: int) -> Frame | None:
    """A window around the cavity, or None where there is no cavity worth measuring."""
    cavity = (labels == 1) | (labels == 1 + ENDO_ONLY)
    if (labels == UNLABELLED).any() or cavity.sum() * SPACING_MM**2 < SMALLEST_MM2:
        return None
    wall = cavity | (labels == 2)
    row, column = (int(round(float(v))) for v in np.argwhere(cavity).mean(0))
    window = tuple(slice(max(c - HALF, 0), c + HALF) for c in (row, column))
    endo = signed_depth(cavity[window]) * SPACING_MM
    epi = signed_depth(wall[window]) * SPACING_MM if (labels == 2).any() else None
    return Frame(image[window].astype(np.float64), endo, epi, es, z)


def real_subjects(data: Path) -> Iterator[Subject]:
    """Sunnybrook's labelled frames and the pig at its largest and smallest cavity."""
    for study in stills(data):
        if study.name != "SC-N-06":  # its contours lie beside its heart: docs/develop/training.md
            yield _subject(study.name, study.pixels, study.labels)
    pig = pig_cine(data)
    areas = (pig.labels == 1).sum((0, 2, 3))
    pair = [int(areas.argmax()), int(areas.argmin())]
    yield _subject(pig.name, pig.pixels[:, pair], pig.labels[:, pair])


def virtual_subjects(count: int) -> Iterator[Subject]:
    """ED and ES of the studies that choose between nets; the generator's own settings."""
    for number in range(count):
        scene, protocol, rng = virtual_subject(seed_of("sax", "choosing", number))
        heart = scene.anatomy.heart
        protocol = replace(protocol, phases=(0.0, float(heart.beat.systole)))
        stack = render(scene, short_axis_planes(heart, protocol, rng), protocol, rng)
        labels = np.where(stack.labels == 3, 0, stack.labels).astype(np.uint8)
        pixels = np.clip(stack.pixels * 120.0, 0, 255).astype(np.uint8)  # as lvcine.training.virtual_hearts
        yield _subject(f"virtual-{number}", pixels, labels)


def _subject(name: str, pixels: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Subject:
    frames = [frame_of(pixels[z, t], labels[z, t], t == 1, z) for z in range(len(pixels)) for t in range(2)]
    return Subject(name, tuple(f for f in frames if f is not None))


def siemens_subject(root: Path) -> Subject:
    """ED and ES of the exam's short-axis series inside a program's guide points (biv-me)."""
    import pydicom

    points = root / "guidepoints" / "default" / "patient1"
    times = sorted(points.glob("GPFile_*.txt"))
    tables = [np.genfromtxt(f, dtype=None, encoding="utf-8", names=True, delimiter="\t") for f in times]
    areas: dict[int, list[float]] = {}
    frames = []
    for series in sorted((root / "dicoms" / "patient1").iterdir()):
        images = sorted((pydicom.dcmread(f) for f in series.iterdir()), key=lambda d: float(d.TriggerTime))
        found = [_on_plane(images[0], t) for t in tables]
        if any(f is None for f in found):
            continue
        order = [float(_polygon_area(f[0])) for f in found if f is not None]
        for t, es in ((int(np.argmax(order)), False), (int(np.argmin(order)), True)):
            frames.append(_guided(images[t], found[t], es, len(areas)))
        areas[len(areas)] = order
    return Subject("siemens", tuple(f for f in frames if f is not None))


def _on_plane(image, table) -> tuple[Array, Array] | None:  # type: ignore[no-untyped-def]
    """Endo- and epicardial points (N, 2) x, y in pixels that lie in the image's plane."""
    row, column = np.split(np.array(image.ImageOrientationPatient, float), 2)
    normal, at = np.cross(row, column), np.array(image.ImagePositionPatient, float)
    spacing = float(image.PixelSpacing[0])
    xyz = np.stack([table[k] for k in "xyz"], 1) - at
    near = np.abs(xyz @ normal) < 0.5
    out = []
    for kind in ("SAX_LV_ENDOCARDIAL", "SAX_LV_EPICARDIAL"):
        chosen = xyz[near & (table["contour_type"] == kind)]
        if len(chosen) < 20:
            return None
        flat = np.stack([chosen @ row, chosen @ column], 1) / spacing
        turn = np.arctan2(*(flat - flat.mean(0)).T)
        out.append(flat[np.argsort(turn)])
    return out[0], out[1]


def _polygon_area(points: Array) -> float:
    x, y = points.T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


def _guided(image, found: tuple[Array, Array] | None, es: bool, z: int) -> Frame | None:  # type: ignore[no-untyped-def]
    if found is None:
        return None
    spacing = float(image.PixelSpacing[0])
    pixels = resample(image.pixel_array, spacing)
    endo, epi = (polygon_depth(Contour(p[:, ::-1]), pixels.shape, spacing) for p in found)
    labels = np.where(endo > 0, 1, np.where(epi > 0, 2, 0)).astype(np.uint8)
    return frame_of(pixels, labels, es, z)


# ---- measures of one frame ---------------------------------------------------------------------
def blood(f: Frame) -> float:
    """Median of the cavity's inner part."""
    return float(np.median(f.image[f.endo > min(3.0, 0.4 * float(f.endo.max()))]))


def _mid_wall(f: Frame) -> NDArray[np.bool_]:
    """Pixels of the middle of the wall."""
    assert f.epi is not None
    return (f.epi > 0) & (f.endo < 0) & (np.abs(f.epi + f.endo) < 1.5) & (np.minimum(f.epi, -f.endo) > 1.4)


def muscle(f: Frame) -> float:
    inside = f.image[_mid_wall(f)]
    return float(np.median(inside)) if len(inside) else np.nan


def _around(f: Frame) -> Array:
    """Pixels 3 to 45 mm outside the wall."""
    assert f.epi is not None
    return f.image[(f.epi < -3.0) & (f.epi > -45.0)]


def contrast(f: Frame) -> float:
    return blood(f) / muscle(f)


def lung(f: Frame) -> float:
    """Darkest surroundings over blood: 5th percentile."""
    return float(np.percentile(_around(f), 5)) / blood(f)


def muscle_over_lung(f: Frame) -> float:
    return muscle(f) / max(float(np.percentile(_around(f), 5)), 1.0)


def middle_surroundings(f: Frame) -> float:
    return float(np.median(_around(f))) / blood(f)


def bright_surroundings(f: Frame) -> float:
    return float(np.percentile(_around(f), 95)) / blood(f)


def blood_cv(f: Frame) -> float:
    return _cv(f.image[f.endo > 2.0])


def muscle_cv(f: Frame) -> float:
    return _cv(f.image[_mid_wall(f)])


def _cv(values: Array) -> float:
    return float(values.std() / values.mean()) if len(values) > 9 else np.nan


def dark_share(f: Frame) -> float:
    """Share of the drawn cavity darker than 60 % of blood: papillary muscles, trabeculae, border."""
    return float((f.image[f.endo > 0] < 0.6 * blood(f)).mean())


def noise(f: Frame) -> float:
    """Noise by the median of diagonal Haar details (Donoho 1994, doi:10.1093/biomet/81.3.425) over blood."""
    i = f.image
    detail = (i[:-1, :-1] - i[1:, :-1] - i[:-1, 1:] + i[1:, 1:]) / 2.0
    return float(np.median(np.abs(detail))) / 0.6745 / blood(f)


def quiet_sd(f: Frame) -> float:
    """SD in the quietest 10 mm patches of the dark surroundings (air, lung) over blood."""
    mean = uniform_filter(f.image, 7)
    sd = np.sqrt(np.clip(uniform_filter(f.image**2, 7) - mean**2, 0, None))
    dark = mean < np.percentile(mean, 20)
    return float(np.percentile(sd[dark], 10)) / blood(f)


def _rays(f: Frame) -> tuple[Array, Array]:
    """Profiles (48, N) along the border's normals by depth in mm (inside positive, outwards first)."""
    middle = np.argwhere(f.endo > 0).mean(0)
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    reach = np.arange(0, 40, 0.25)  # pixels
    at = middle[:, None, None] + np.stack([np.sin(angles), np.cos(angles)])[..., None] * reach
    values = map_coordinates(f.image, at, order=1, mode="nearest")
    return values, map_coordinates(f.endo, at, order=1, mode="nearest")


def edge_mm(f: Frame) -> float:
    """10-90 % width across the endocardial border: median over rays, between each ray's own plateaus."""
    widths = []
    for values, depth in zip(*_rays(f), strict=True):
        here = np.flatnonzero(np.abs(depth) < 7.0)
        if len(here) < 20:
            continue
        v, d = values[here], depth[here]
        steepest = int(np.argmax(np.where(np.abs(d) < 3.5, -np.gradient(v), -np.inf)))
        high = float(np.percentile(v[: steepest + 1], 75))
        low = float(np.percentile(v[steepest : steepest + 20], 15))
        if high - low < 0.25 * blood(f):
            continue  # a papillary muscle, or no edge
        share = (v - low) / (high - low)
        begin = steepest - int(np.argmax(share[steepest::-1] > 0.9))
        end = steepest + int(np.argmax(share[steepest:] < 0.1))
        widths.append((end - begin) * 0.25 * SPACING_MM)
    return float(np.median(widths)) if len(widths) > 11 else np.nan


def border_level(f: Frame) -> float:
    """Where between wall (0) and blood (1) the reader's endocardium lies: median over rays."""
    values, depth = _rays(f)
    at = np.argmax(depth < 0, axis=1)
    on = values[np.arange(len(at)), at]
    return float((np.median(on) - muscle(f)) / (blood(f) - muscle(f)))


def spectrum_slope(f: Frame) -> float:
    """Exponent of the radial power spectrum between 0.03 and 0.25 cycles per mm."""
    side = min(f.image.shape)
    crop = f.image[:side, :side]
    hann = np.hanning(side)
    power = np.abs(np.fft.fft2((crop - crop.mean()) * hann * hann[:, None])) ** 2
    frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(side, SPACING_MM)] * 2))
    edges = np.geomspace(0.03, 0.25, 13)
    middles = np.sqrt(edges[1:] * edges[:-1])
    bands = [
        power[(frequency >= a) & (frequency < b)].mean() for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]
    return float(np.polyfit(np.log(middles), np.log(bands), 1)[0])


def ed_only(measure: Callable[[Frame], float]) -> Callable[[Subject], float]:
    return lambda s: _median([measure(f) for f in s.frames if not f.es and f.epi is not None])


def both(measure: Callable[[Frame], float]) -> Callable[[Subject], float]:
    return lambda s: _median([measure(f) for f in s.frames])


def es_only(measure: Callable[[Frame], float]) -> Callable[[Subject], float]:
    return lambda s: _median([measure(f) for f in s.frames if f.es])


def blood_change(s: Subject) -> float:
    """Blood at ES over blood at ED of the same slice."""
    ed = {f.slice: blood(f) for f in s.frames if not f.es}
    return _median([blood(f) / ed[f.slice] for f in s.frames if f.es and f.slice in ed])


def _median(values: list[float]) -> float:
    known = [v for v in values if np.isfinite(v)]
    return float(np.median(known)) if known else np.nan


MEASURES: dict[str, Callable[[Subject], float]] = {
    "blood / myocardium, ED": ed_only(contrast),
    "myocardium / darkest surroundings, ED": ed_only(muscle_over_lung),
    "darkest surroundings / blood, ED": ed_only(lung),
    "median surroundings / blood, ED": ed_only(middle_surroundings),
    "brightest surroundings / blood, ED": ed_only(bright_surroundings),
    "CV of blood inside the cavity, ED": ed_only(blood_cv),
    "CV of blood inside the cavity, ES": es_only(blood_cv),
    "CV of mid-wall myocardium, ED": ed_only(muscle_cv),
    "dark share of the cavity, ED": ed_only(dark_share),
    "dark share of the cavity, ES": es_only(dark_share),
    "noise (diagonal details) / blood": both(noise),
    "SD in quiet dark patches / blood": both(quiet_sd),
    "endocardial edge 10-90 %, ED (mm)": ed_only(edge_mm),
    "endocardial edge 10-90 %, ES (mm)": es_only(edge_mm),
    "signal at the drawn endocardium, ED (0 wall, 1 blood)": ed_only(border_level),
    "slope of the power spectrum": both(spectrum_slope),
    "blood at ES / at ED": blood_change,
}


def table(real: list[Subject], virtual: list[Subject]) -> Iterator[str]:
    """Rows of the table: median and 5-95 % of both, share of real inside the virtual spread."""
    yield "| measure | real: median (5–95 %) | virtual: median (5–95 %) | real inside virtual | virtual is |"
    yield "| --- | --- | --- | --- | --- |"
    for name, measure in MEASURES.items():
        r, v = (np.array([measure(s) for s in group]) for group in (real, virtual))
        r, v = r[np.isfinite(r)], v[np.isfinite(v)]
        low, high = np.percentile(v, [5, 95])
        inside = float(((r >= low) & (r <= high)).mean())
        below, above = float((r < low).mean()), float((r > high).mean())
        verdict = "as real" if inside >= 0.8 else "too high" if below > above else "too low"
        yield f"| {name} | {_spread(r)} | {_spread(v)} | {100 * inside:.0f} % | {verdict} |"


def _spread(values: Array) -> str:
    low, middle, high = np.percentile(values, [5, 50, 95])
    return f"{middle:.3g} ({low:.3g}–{high:.3g})"


def main() -> None:
    """Command line of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--siemens", type=Path)
    parser.add_argument("--subjects", type=int, default=60)
    chosen = parser.parse_args()
    real = list(real_subjects(chosen.data))
    if chosen.siemens:
        real.append(siemens_subject(chosen.siemens))
    virtual = [s for s in virtual_subjects(chosen.subjects) if s.frames]
    frames = [sum(len(s.frames) for s in group) for group in (real, virtual)]
    print(f"{len(real)} real subjects ({frames[0]} frames), {len(virtual)} virtual ({frames[1]} frames)\n")
    sys.stdout.writelines(f"{row}\n" for row in table(real, virtual))


if __name__ == "__main__":
    main()

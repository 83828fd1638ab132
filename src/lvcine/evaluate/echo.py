"""Apical ultrasound with tracings: CAMUS and EchoNet-Dynamic, as their owners hand them out.

CAMUS (Leclerc et al. 2019, doi:10.1109/TMI.2019.2900516): ``patient0001/patient0001_4CH_ED.nii.gz``, ES
and 2CH likewise, with ``_gt`` beside them (1 LV, 2 myocardium, 3 left atrium) and ``Info_4CH.cfg``, whose EF
is that of both planes. EchoNet-Dynamic (Ouyang et al. 2020, doi:10.1038/s41586-020-2145-8):
``Videos/NAME.avi``, ``FileList.csv`` with EF and split, ``VolumeTracings.csv`` with the long axis and then
the discs of two frames.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from matplotlib.path import Path as Polygon
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.evaluate.case import Case, Score
from lvcine.measure.agreement import dice
from lvcine.study import CAVITY, LEFT_ATRIUM, MYOCARDIUM, Analysis, Cine, Geometry, Study, View

_VIEWS = {"4CH": View.A4C, "2CH": View.A2C}
_STRUCTURES = {"lv": (CAVITY,), "myocardium": (MYOCARDIUM,), "atrium": (LEFT_ATRIUM,)}
_TRACED = ("FileName", "X1", "Y1", "X2", "Y2", "Frame")


def camus(folder: Path) -> Iterator[Case]:
    """A case for every patient: both views where both are there, scored on the first of them."""
    for home in sorted(p for p in folder.rglob("patient*") if p.is_dir()):
        name = home.name
        views = [v for v in _VIEWS if _stills(home, v) is not None]
        if not views:
            continue
        cines = tuple(_clip(home, v) for v in views)
        yield Case(name, Study(cines), partial(_camus_scores, home, views[0]))


def echonet(folder: Path, split: str = "TEST") -> Iterator[Case]:
    """A case for every video of a split that has tracings."""
    traced = _tracings(folder / "VolumeTracings.csv")
    for row in _rows(folder / "FileList.csv"):
        name = Path(row["FileName"]).stem
        if row["Split"].upper() != split or name not in traced:
            continue
        video = folder / "Videos" / f"{name}.avi"
        if not video.is_file():
            raise ReadError("a video of the list is not there", where=video.name)
        yield Case(name, video, partial(_echonet_scores, traced[name], float(row["EF"])))


def _stills(home: Path, view: str) -> tuple[Path, Path] | None:
    found = []
    for phase in ("ED", "ES"):
        beside = (home / f"{home.name}_{view}_{phase}{ending}" for ending in (".nii.gz", ".nii"))
        found.append(next((p for p in beside if p.is_file()), None))
    return (found[0], found[1]) if found[0] is not None and found[1] is not None else None


def _clip(home: Path, view: str) -> Cine:
    """ED and ES as a clip of two frames."""
    stills = _stills(home, view)
    assert stills is not None
    (ed, spacing), (es, _) = (_picture(p) for p in stills)
    if ed.shape != es.shape:
        raise ReadError(f"ED of {ed.shape} pixels and ES of {es.shape}", where=stills[1].name)
    pixels = np.clip(np.stack([ed, es])[None], 0, 255).astype(np.uint8)
    return Cine(
        pixels, Geometry.stack(1, spacing, 1.0), gated=False, phases_only=True, view=_VIEWS[view],
        modality="US", label=f"{home.name} {view}",
    )  # fmt: skip


def _picture(path: Path) -> tuple[NDArray[np.generic], tuple[float, float]]:
    """(Y, X) and the spacing of rows and columns; the files' first axis runs across."""
    image: Any = nibabel.load(path)
    stored = np.squeeze(np.asanyarray(image.dataobj))
    if stored.ndim != 2:
        raise ReadError(f"a still of shape {stored.shape}, expected two axes", where=path.name)
    zooms = image.header.get_zooms()
    return stored.T, (float(zooms[1]), float(zooms[0]))


def _camus_scores(home: Path, view: str, analysis: Analysis) -> Iterator[Score]:
    stills = _stills(home, view)
    assert stills is not None
    for frame, (phase, path) in enumerate(zip(("ed", "es"), stills, strict=True)):
        masks = path.with_name(path.name.replace(f"_{phase.upper()}.", f"_{phase.upper()}_gt."))
        if not masks.is_file():
            raise ReadError("a still without its masks", where=path.name)
        yield from _overlaps(analysis, frame, phase, _picture(masks)[0])
    told = _cfg(home / f"Info_{view}.cfg").get("EF")
    if told is not None:
        yield from _fraction(analysis, told)


def _overlaps(analysis: Analysis, frame: int, phase: str, theirs: NDArray[np.generic]) -> Iterator[Score]:
    ours = analysis.segmentation.mask.labels[0, frame]
    if theirs.shape != ours.shape:
        raise ReadError(f"masks of {theirs.shape} pixels on a picture of {ours.shape}")
    for name, labels in _STRUCTURES.items():
        yield Score(f"dice_{name}_{phase}", dice(np.isin(ours, labels), np.isin(theirs, labels)))


def _fraction(analysis: Analysis, theirs: float) -> Iterator[Score]:
    yield Score("ef_percent_drawn", theirs)
    yield Score("ef_percent_difference", analysis.headline().get("ef_percent", float("nan")) - theirs)


def _cfg(path: Path) -> dict[str, float]:
    """The numbers of a CAMUS card, ``key: value`` a line."""
    if not path.is_file():
        return {}
    pairs = (line.partition(":") for line in path.read_text(encoding="utf-8").splitlines())
    numbers = {}
    for key, _, value in pairs:
        try:
            numbers[key.strip()] = float(value)
        except ValueError:
            continue
    return numbers


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))
    except OSError as error:
        raise ReadError("a list of the data set is not there", where=path.name) from error


def _tracings(path: Path) -> dict[str, dict[int, NDArray[np.float64]]]:
    """Video -> frame -> outline (N, 2) as (x, y): down one side of the discs and up the other."""
    lines: dict[str, dict[int, list[list[float]]]] = {}
    for row in _rows(path):
        if not set(_TRACED) <= set(row):
            raise ReadError(f"no columns {', '.join(_TRACED)}", where=path.name)
        ends = [float(row[k]) for k in _TRACED[1:5]]
        lines.setdefault(Path(row["FileName"]).stem, {}).setdefault(int(row["Frame"]), []).append(ends)
    out: dict[str, dict[int, NDArray[np.float64]]] = {}
    for name, frames in lines.items():
        for frame, drawn in frames.items():
            discs = np.array(drawn[1:])  # the first is the long axis
            if len(discs) >= 3:
                out.setdefault(name, {})[frame] = np.concatenate([discs[:, :2], discs[::-1, 2:]])
    return out


def _echonet_scores(traced: dict[int, NDArray[np.float64]], ef: float, analysis: Analysis) -> Iterator[Score]:
    shape = analysis.cine.pixels.shape[2:]
    masks = {frame: _filled(outline, shape) for frame, outline in traced.items()}
    ed, es = max(masks, key=lambda t: masks[t].sum()), min(masks, key=lambda t: masks[t].sum())
    for phase, frame, ours in (
        ("ed", ed, [b.ed_frame for b in analysis.beats]),
        ("es", es, [b.es_frame for b in analysis.beats]),
    ):
        if frame >= analysis.cine.frames:
            raise ReadError(f"a tracing of frame {frame} in a video of {analysis.cine.frames}")
        cavity = analysis.segmentation.mask.labels[0, frame] == CAVITY
        yield Score(f"dice_lv_{phase}", dice(cavity, masks[frame]))
        yield Score(
            f"{phase}_frame_difference", float(min((t - frame for t in ours), key=abs, default=np.nan))
        )
    yield from _fraction(analysis, ef)


def _filled(outline: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    y, x = np.indices(shape)
    inside = Polygon(outline).contains_points(np.stack([x.ravel(), y.ravel()], 1))
    return inside.reshape(shape)

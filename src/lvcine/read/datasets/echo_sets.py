"""Data sets of apical ultrasound with tracings, as their owners hand them out.

CAMUS (Leclerc et al. 2019, doi:10.1109/TMI.2019.2900516): ``patient0001/patient0001_4CH_ED.nii.gz``, ES
and 2CH likewise, with ``_gt`` beside them (1 LV, 2 myocardium, 3 left atrium) and ``Info_4CH.cfg``, whose EF
is that of both planes. EchoNet-Dynamic (Ouyang et al. 2020, doi:10.1038/s41586-020-2145-8):
``Videos/NAME.avi``, ``FileList.csv`` with EF and split, ``VolumeTracings.csv`` with the long axis and then
the discs of two frames.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.study import CAVITY, U8, Array, Cine, Geometry, View

_VIEWS = {"4CH": View.A4C, "2CH": View.A2C}
_TRACED = ("FileName", "X1", "Y1", "X2", "Y2", "Frame")


@dataclass(frozen=True, eq=False)
class CamusView:
    """ED and ES of one view.

    Attributes
    ----------
    subject : str
    cine : Cine
        Two frames, ED first.
    labels : ndarray of uint8, shape (2, Y, X)
        0 background, 1 LV, 2 myocardium, 3 left atrium.
    ef_percent : float or None
        Of both planes, from the card.
    """

    subject: str
    cine: Cine
    labels: U8
    ef_percent: float | None


def camus_patients(folder: Path) -> Iterator[tuple[CamusView, ...]]:
    """Patients with their views, four chambers first.

    Raises
    ------
    ReadError
        A still without its masks, or of another size than these.
    """
    for home in sorted(p for p in folder.rglob("patient*") if p.is_dir()):
        views = [_camus_view(home, v) for v in _VIEWS if _still(home, v, "ED") and _still(home, v, "ES")]
        if views:
            yield tuple(views)


def _camus_view(home: Path, view: str) -> CamusView:
    pictures: list[NDArray[np.generic]] = []
    labels: list[U8] = []
    for phase in ("ED", "ES"):
        still, masks = _still(home, view, phase), _still(home, view, f"{phase}_gt")
        assert still is not None
        if masks is None:
            raise ReadError("a still without its masks", where=still.name)
        picture, spacing = _picture(still)
        drawn, _ = _picture(masks)
        if drawn.shape != picture.shape or (pictures and picture.shape != pictures[0].shape):
            raise ReadError(f"{drawn.shape} masks on a picture of {picture.shape}", where=still.name)
        pictures.append(picture)
        labels.append(drawn.astype(np.uint8))
    pixels = np.clip(np.stack(pictures)[None], 0, 255).astype(np.uint8)
    cine = Cine(
        pixels, Geometry.stack(1, spacing, 1.0), gated=False, phases_only=True, view=_VIEWS[view],
        modality="US", label=f"{home.name} {view}",
    )  # fmt: skip
    return CamusView(home.name, cine, np.stack(labels), _card(home / f"Info_{view}.cfg").get("EF"))


def _still(home: Path, view: str, phase: str) -> Path | None:
    beside = (home / f"{home.name}_{view}_{phase}{ending}" for ending in (".nii.gz", ".nii"))
    return next((p for p in beside if p.is_file()), None)


def _picture(path: Path) -> tuple[NDArray[np.generic], tuple[float, float]]:
    """(Y, X) and the spacing of rows and columns; the files' first axis runs across."""
    image: Any = nibabel.load(path)
    stored = np.squeeze(np.asanyarray(image.dataobj))
    if stored.ndim != 2:
        raise ReadError(f"a still of shape {stored.shape}, expected two axes", where=path.name)
    zooms = image.header.get_zooms()
    return stored.T, (float(zooms[1]), float(zooms[0]))


def _card(path: Path) -> dict[str, float]:
    """The numbers of a CAMUS card, ``key: value`` a line."""
    if not path.is_file():
        return {}
    numbers = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        try:
            numbers[key.strip()] = float(value)
        except ValueError:
            continue
    return numbers


@dataclass(frozen=True, eq=False)
class EchonetVideo:
    """A video and its tracings.

    Attributes
    ----------
    name : str
    path : Path
    outlines : dict
        Frame -> outline of the LV (N, 2) as (x, y) in pixels: down one side of the discs, up the other.
    ef_percent : float
    """

    name: str
    path: Path
    outlines: dict[int, Array]
    ef_percent: float


def echonet_videos(folder: Path, split: str) -> Iterator[EchonetVideo]:
    """Videos of a split (TRAIN, VAL, TEST) that have tracings.

    Raises
    ------
    ReadError
        A list or a video that is not there.
    """
    traced = _tracings(folder / "VolumeTracings.csv")
    for row in _rows(folder / "FileList.csv"):
        name = Path(row["FileName"]).stem
        if row["Split"].upper() != split or name not in traced:
            continue
        video = folder / "Videos" / f"{name}.avi"
        if not video.is_file():
            raise ReadError("a video of the list is not there", where=video.name)
        yield EchonetVideo(name, video, traced[name], float(row["EF"]))


def filled(outline: Array, shape: tuple[int, ...]) -> U8:
    """Labels (Y, X) of an outline (N, 2) as (x, y): 1 inside."""
    y, x = np.indices(shape, dtype=float)
    inside = np.zeros(shape, bool)
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, 0), strict=True):
        if y0 != y1:  # an odd number of edges lies to the right of what is inside
            inside ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return (inside * CAVITY).astype(np.uint8)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))
    except OSError as error:
        raise ReadError("a list of the data set is not there", where=path.name) from error


def _tracings(path: Path) -> dict[str, dict[int, Array]]:
    lines: dict[str, dict[int, list[list[float]]]] = {}
    for row in _rows(path):
        if not set(_TRACED) <= set(row):
            raise ReadError(f"no columns {', '.join(_TRACED)}", where=path.name)
        ends = [float(row[k]) for k in _TRACED[1:5]]
        lines.setdefault(Path(row["FileName"]).stem, {}).setdefault(int(row["Frame"]), []).append(ends)
    out: dict[str, dict[int, Array]] = {}
    for name, frames in lines.items():
        for frame, drawn in frames.items():
            discs = np.array(drawn[1:])  # the first is the long axis
            if len(discs) >= 3:
                out.setdefault(name, {})[frame] = np.concatenate([discs[:, :2], discs[::-1, 2:]])
    return out

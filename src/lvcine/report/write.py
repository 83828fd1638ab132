"""One folder of results, whole or not at all."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

from lvcine.errors import UsageError
from lvcine.report import manifest, movie, nifti, page, tables, velocity
from lvcine.report.picture import tiles_of
from lvcine.study import Analysis

Movie = Literal["gif", "mp4", "none"]

FILES = (
    "measurements.json",
    "measurements.csv",
    "segmentation.nii.gz",
    "report.html",
    "contours.gif",
    "contours.mp4",
    "velocity_curves.csv",
    "velocity.npz",
    "run.json",
)
VELOCITY_FILES = ("velocity_curves.csv", "velocity.npz")
"""Of them, those that only a velocity-mapping scan gives."""

_log = logging.getLogger(__name__)


def write_outputs(
    analysis: Analysis,
    out: Path,
    *,
    overwrite: bool = False,
    identify: bool = False,
    movie: Movie = "gif",
    run: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write everything an analysis found into one folder.

    Parameters
    ----------
    analysis : Analysis
    out : Path
        Made where it does not exist, with the folders above it.
    overwrite : bool
        Replace the results of an earlier run in ``out``; other files there stay.
    identify : bool
        Print who was examined in the report's header and in ``run.json``. Without it no
        file holds a name, an ID, a birth date or a path.
    movie : {"gif", "mp4", "none"}
    run : mapping, optional
        Options of the call, for ``run.json``; paths among them are left out.

    Returns
    -------
    list of Path
        The files, of :data:`FILES`.

    Raises
    ------
    UsageError
        ``out`` holds files already and ``overwrite`` is not set, or cannot be written to.

    Notes
    -----
    All files are made in a hidden folder on the same disk and moved into place when the
    last one is there: a run that fails leaves ``out`` as it was.
    """
    out = Path(out)
    check_out(out, overwrite=overwrite)
    if movie not in get_args(Movie):
        raise UsageError(f"movie {movie!r}", advice=f"one of {', '.join(get_args(Movie))}")
    contents = _contents(analysis, identify, movie, run)
    with _writing(out), _stage(out) as stage:
        for name, content in contents.items():
            (stage / name).write_bytes(content)
        _move(stage, out)
    _log.info("wrote %d files", len(contents))
    return [out / name for name in FILES if name in contents]


def check_out(out: Path, *, overwrite: bool = False) -> None:
    """Refuse an output folder in use; to be asked before the analysis starts.

    Raises
    ------
    UsageError
        ``out`` is a file, or a folder with files in it and ``overwrite`` is not set.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise UsageError("the output is a file, not a folder", where=out.name, advice="name another folder")
    if not overwrite and any(out.iterdir()):
        raise UsageError(
            "the output folder is not empty",
            where=out.name,
            advice="name another folder, or pass --overwrite",
        )


def _contents(
    analysis: Analysis, identify: bool, film: Movie, run: Mapping[str, Any] | None
) -> dict[str, bytes]:
    """File name -> bytes, all made before anything is written."""
    who = analysis.study.identity if identify else None
    tiles = tiles_of(analysis)
    made = {
        "measurements.json": tables.measurements_json(analysis).encode(),
        "measurements.csv": tables.measurements_csv(analysis).encode(),
        "segmentation.nii.gz": nifti.segmentation_nifti(analysis),
        "report.html": page.report_html(analysis, tiles, who).encode(),
        "run.json": manifest.run_json(analysis, run, who).encode(),
    }
    if (wall := analysis.velocity) is not None:
        made["velocity_curves.csv"] = velocity.velocity_csv(wall).encode()
        made["velocity.npz"] = velocity.velocity_npz(analysis, wall, tiles.box)
    if film == "gif":
        made["contours.gif"] = movie.gif(analysis, tiles)
    elif film == "mp4":
        made["contours.mp4"] = movie.mp4(analysis, tiles)
    return made


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """A disk that refuses becomes one clear error."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"the results could not be written: {error.strerror or error}",
            where=out.name,
            advice="check the folder's rights and the space on the disk",
        ) from error


@contextmanager
def _stage(out: Path) -> Iterator[Path]:
    """A hidden folder on the disk of ``out``, gone at the end.

    Inside ``out`` where that exists (it may be a disk of its own, as in a container), else
    in the nearest folder above it that does.
    """
    home = next(folder for folder in (out, *out.absolute().parents) if folder.is_dir())
    stage = Path(tempfile.mkdtemp(prefix=".lvcine-", dir=home))
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _move(stage: Path, out: Path) -> None:
    """Put the new files in place of the old ones; on any failure put the old ones back."""
    fresh = [name for name in FILES if (stage / name).exists()]
    old = stage / "old"
    old.mkdir()
    made = [folder for folder in (out, *out.absolute().parents) if not folder.exists()]
    kept: list[str] = []
    placed: list[str] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            if (out / name).exists():
                os.replace(out / name, old / name)
                kept.append(name)
        for name in fresh:
            os.replace(stage / name, out / name)
            placed.append(name)
    except BaseException:
        for name in placed:
            (out / name).unlink()
        for name in kept:
            os.replace(old / name, out / name)
        for folder in made:
            if folder.is_dir():
                folder.rmdir()
        raise

"""One folder of results, whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from lvcine.errors import UsageError
from lvcine.output import FILES, Claim, claim, old_results, writing
from lvcine.report import manifest, movie, nifti, page, record, tables, velocity
from lvcine.report.picture import tiles_of
from lvcine.report.viewer import Viewer, viewer_files
from lvcine.study import Analysis

Movie = Literal["gif", "mp4", "none"]

VELOCITY_FILES = ("velocity_curves.csv", "velocity.npz")
"""Of ``FILES``, those that only a velocity-mapping scan gives."""
VIEWER_FILES = (
    "cine.nii.gz", "ed.nii.gz", "ed_labels.nii.gz", "es.nii.gz", "es_labels.nii.gz",
    "frames.zip", "slices.zip",
)  # fmt: skip
"""Of ``FILES``, those that only ``viewer`` asks for."""

_log = logging.getLogger(__name__)


def write_outputs(
    analysis: Analysis,
    out: Path,
    *,
    overwrite: bool = False,
    identify: bool = False,
    movie: Movie = "gif",
    viewer: Viewer = "none",
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
    viewer : {"none", "pairs", "frames", "slices"}
        The scan itself beside the masks: :func:`lvcine.report.viewer.viewer_files`.
    run : mapping, optional
        Options of the call, for ``run.json``; paths among them are left out.

    Returns
    -------
    list of Path
        The files, of :data:`lvcine.output.FILES`.

    Raises
    ------
    UsageError
        ``out`` holds files already and ``overwrite`` is not set, another run is writing
        there, or it cannot be written to.

    Notes
    -----
    All files are made in a hidden folder on the same disk and moved into place when the
    last one is there: a run that fails or is killed leaves ``out`` as it was, or the whole
    new results there (:mod:`lvcine.output`).
    """
    with claim(Path(out), old_results(overwrite=overwrite)) as place:
        written = fill(place, analysis, identify=identify, movie=movie, viewer=viewer, run=run)
        place.commit()
    return [Path(out) / name for name in written]


def fill(
    place: Claim,
    analysis: Analysis,
    *,
    identify: bool,
    movie: Movie,
    viewer: Viewer = "none",
    run: Mapping[str, Any] | None = None,
) -> list[str]:
    """Write the files into a claimed folder's stage, to be committed; their names."""
    if movie not in get_args(Movie):
        raise UsageError(f"movie {movie!r}", advice=f"one of {', '.join(get_args(Movie))}")
    if viewer not in get_args(Viewer):
        raise UsageError(f"viewer {viewer!r}", advice=f"one of {', '.join(get_args(Viewer))}")
    contents = _contents(analysis, identify, movie, run) | viewer_files(analysis, viewer)
    with writing(place.out):
        for name, content in contents.items():
            (place.new / name).write_bytes(content)
    _log.info("wrote %d files", len(contents))
    return [name for name in FILES if name in contents]


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
        record.NAME: record.contours_json(analysis).encode(),
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

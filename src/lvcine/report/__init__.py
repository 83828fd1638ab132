"""Results as files: JSON, CSV, NIfTI masks, a report to look at, a film, a record of the run."""

from __future__ import annotations

from lvcine.output import FILES, check_out
from lvcine.report.viewer import Viewer
from lvcine.report.write import VELOCITY_FILES, VIEWER_FILES, Movie, fill, write_outputs

__all__ = ["FILES", "VELOCITY_FILES", "VIEWER_FILES", "Movie", "Viewer", "check_out", "fill", "write_outputs"]

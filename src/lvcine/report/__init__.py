"""Results as files: JSON, CSV, NIfTI masks, a report to look at, a film, a record of the run."""

from __future__ import annotations

from lvcine.output import FILES, check_out
from lvcine.report.write import VELOCITY_FILES, Movie, fill, write_outputs

__all__ = ["FILES", "VELOCITY_FILES", "Movie", "check_out", "fill", "write_outputs"]

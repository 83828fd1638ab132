"""Files and folders written whole or not at all, by one run at a time; and telling them from scans."""

from lvcine.output.claim import Claim, check_out, claim, old_results
from lvcine.output.file import check_file, csv_text, whole, whole_text, write_whole
from lvcine.output.lock import writing
from lvcine.output.own import FILES, FILM_MARK, STAGE_PREFIX, is_own_film, is_result, own_files
from lvcine.output.stage import entries, hold

__all__ = [
    "FILES", "FILM_MARK", "STAGE_PREFIX", "Claim",
    "check_file", "check_out", "claim", "csv_text", "entries", "hold", "is_own_film", "is_result",
    "old_results", "own_files", "whole", "whole_text", "write_whole", "writing",
]  # fmt: skip

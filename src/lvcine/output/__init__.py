"""Files and folders written whole or not at all, by one run at a time; and telling them from scans."""

from lvcine.output.claim import Claim, check_out, claim, old_results
from lvcine.output.file import check_file, csv_text, whole, whole_text, write_whole
from lvcine.output.lock import writing
from lvcine.output.own import (
    FILES,
    FILM_MARK,
    STAGE_PREFIX,
    MaskMark,
    is_own_film,
    is_result,
    mask_mark,
    own_files,
    read_mask_mark,
)
from lvcine.output.stage import entries, hold

__all__ = [
    "FILES", "FILM_MARK", "STAGE_PREFIX", "Claim", "MaskMark",
    "check_file", "check_out", "claim", "csv_text", "entries", "hold", "is_own_film", "is_result",
    "mask_mark", "old_results", "own_files", "read_mask_mark", "whole", "whole_text",
    "write_whole", "writing",
]  # fmt: skip

"""Contours and masks as they are now, as files for other programs."""

from __future__ import annotations

from lvcine.report.nifti import segmentation_nifti
from lvcine.report.record import contours_json
from lvcine.review.session import Session

JSON, NIFTI = "contours.json", "segmentation.nii.gz"
EXPORTS = {JSON: "application/json", NIFTI: "application/gzip"}
"""Name of a file -> its kind."""


def exported(session: Session, name: str) -> bytes:
    """A file of the corrected result; ``name`` is one of :data:`EXPORTS`.

    Raises
    ------
    LvcineError
        There are no numbers, or the scan does not tell what the format needs.
    """
    analysis = session.corrected()
    if name == JSON:
        return contours_json(analysis).encode()
    return segmentation_nifti(analysis)

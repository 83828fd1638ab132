"""Contours and masks as they are now, as files for other programs."""

from __future__ import annotations

from lvcine.errors import UsageError
from lvcine.report.nifti import segmentation_nifti
from lvcine.report.record import contours_json
from lvcine.review.cvi42 import write_cvi42
from lvcine.review.session import Session
from lvcine.study import Analysis, Array

JSON, NIFTI, CVI42 = "contours.json", "segmentation.nii.gz", "contours.cvi42wsx"
EXPORTS = {JSON: "application/json", NIFTI: "application/gzip", CVI42: "application/xml"}
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
    return segmentation_nifti(analysis) if name == NIFTI else _cvi42(analysis)


def _cvi42(analysis: Analysis) -> bytes:
    """By SOP Instance UID: the one export that names the scan's objects."""
    seg, found = analysis.segmentation, dict[str, dict[str, Array]]()
    for z, row in enumerate(analysis.cine.instances):
        for t, uid in enumerate(row):
            for side, contours in (("endo", seg.endo), ("epi", seg.epi)):
                contour = contours[z][t]
                if uid and contour is not None:
                    found.setdefault(uid, {})[side] = contour.points
    if not found:
        raise UsageError(
            "cvi42 names each picture by its DICOM object, which this scan does not tell",
            advice="review with the DICOM scan, one file for each picture",
        )
    return write_cvi42(found)

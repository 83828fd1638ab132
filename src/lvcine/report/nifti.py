"""The masks as NIfTI on the grid of the scan they were drawn on."""

from __future__ import annotations

import gzip
from typing import Any

import numpy as np

from lvcine.measure.timing import mean_frame_step_ms
from lvcine.output import MaskMark, mask_mark
from lvcine.read.mask_contours import COMMENT, MaskContours, contours_text
from lvcine.study import LABEL_NAMES, LEFT_ATRIUM, Analysis

# NIfTI-1 xform codes: 1 scanner coordinates, 2 aligned to something else (nifti1.h).
_SCANNER, _ALIGNED = 1, 2


def segmentation_nifti(analysis: Analysis) -> bytes:
    """Labels of every frame as a gzipped NIfTI-1 file.

    Axes are the file's own where the scan was NIfTI, else (X, Y, Z, T); uint8 labels 0
    background, 1 cavity, 2 myocardium, in ultrasound 3 left atrium; ``pixdim[4]`` is the mean
    time between frames in s; ``aux_file`` names ED and ES (:class:`lvcine.output.MaskMark`); of ultrasound a
    header extension holds the contours (:mod:`lvcine.read.mask_contours`). A scan without pixel spacing gets
    unit voxels and unknown units.
    """
    import nibabel

    cine = analysis.cine
    labels = np.ascontiguousarray(cine.file_grid.to_file_axes(analysis.segmentation.mask.labels), np.uint8)
    affine = cine.file_affine
    image: Any = nibabel.Nifti1Image(labels, affine)
    placed = cine.geometry.placed and cine.geometry.calibrated
    image.set_sform(affine, code=_SCANNER if placed else _ALIGNED)
    image.set_qform(affine, code=_SCANNER if placed else _ALIGNED)
    header = image.header
    step_ms = mean_frame_step_ms(cine)
    header.set_zooms((*header.get_zooms()[:3], step_ms / 1000.0 if step_ms else 1.0))
    header.set_xyzt_units("mm" if cine.geometry.calibrated else "unknown", "sec" if step_ms else "unknown")
    header.set_intent("label", name="LV labels")
    names = LABEL_NAMES | ({LEFT_ATRIUM: "left atrium"} if cine.modality == "US" else {})
    header["descrip"] = ", ".join(f"{n} {name}" for n, name in names.items()).encode()[:79]
    header["cal_max"] = max(names)
    mark = MaskMark(int(analysis.ed_frame), int(analysis.es_frame), analysis.papillary)
    header["aux_file"] = mask_mark(mark, labels.tobytes())
    if cine.modality == "US" and len(analysis.hinges) == cine.frames:
        seg = analysis.segmentation
        drawn = MaskContours(seg.endo[0], seg.epi[0], tuple(analysis.hinges), tuple(analysis.atrium))
        header.extensions.append(nibabel.nifti1.Nifti1Extension(COMMENT, contours_text(drawn)))
    # mtime 0: the same masks give the same bytes.
    return gzip.compress(image.to_bytes(), compresslevel=5, mtime=0)

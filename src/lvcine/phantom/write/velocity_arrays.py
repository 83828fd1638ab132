"""A velocity-mapping scan as NumPy or NIfTI files, as groups keep what they reconstruct themselves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from lvcine.phantom.velocity import VelocityStudy
from lvcine.phantom.write.nifti import write_nifti

CHANNELS = ("x", "y", "z")


def write_velocity_npz(study: VelocityStudy, path: Path | str) -> Path:
    """Write one ``.npz``: magnitude, velocities and what little goes with them, but no place in the patient.

    Parameters
    ----------
    study : VelocityStudy
    path : Path
        Ends in ``.npz``.

    Examples
    --------
    >>> import tempfile
    >>> from lvcine.phantom.velocity import virtual_velocity
    >>> study, _ = virtual_velocity(1, slices=1, frames=2, size=32, spacing_mm=4.0)
    >>> file = np.load(write_velocity_npz(study, Path(tempfile.mkdtemp()) / "scan.npz"))
    >>> file["velocity_cm_s"].shape, file["venc_cm_s"].shape
    ((3, 1, 2, 32, 32), (3,))
    """
    g = study.geometry
    np.savez_compressed(
        path,
        pixels=study.cine.pixels,
        velocity_cm_s=study.velocity_cm_s,
        venc_cm_s=np.array(study.venc_cm_s),
        spacing_mm=np.array(g.pixel_spacing_mm),
        step_mm=np.array(g.slice_step_mm),
        times_ms=study.times_ms,
    )
    return Path(path)


def write_velocity_nifti(
    study: VelocityStudy,
    folder: Path | str,
    name: str,
    *,
    axes: tuple[int, int, int] = (2, 1, 0),
    flips: tuple[bool, bool, bool] = (False, False, False),
) -> Path:
    """Write ``NAME-magnitude``, ``NAME-x``, ``-y`` and ``-z`` (``.nii.gz``), and ``NAME.velocity.json``.

    Parameters
    ----------
    study : VelocityStudy
    folder : Path
    name : str
    axes, flips
        How the files store the cine's (Z, Y, X), see :func:`lvcine.phantom.write.write_nifti`. The channels
        stay along the picture's x, y and normal; the sidecar says these directions.

    Returns
    -------
    Path
        The sidecar.
    """
    folder = Path(folder)
    files = [f"{name}-{part}.nii.gz" for part in ("magnitude", *CHANNELS)]
    for file, pixels in zip(files, (study.cine.pixels, *study.velocity_cm_s), strict=True):
        write_nifti(replace(study.cine, pixels=pixels), folder / file, axes=axes, flips=flips)
    facts = {
        "magnitude": files[0],
        "velocity": files[1:],
        "venc_cm_s": [float(v) for v in study.venc_cm_s],
        "unit": "cm/s",
        "directions": np.round(study.directions, 6).tolist(),
    }
    path = folder / f"{name}.velocity.json"
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return path

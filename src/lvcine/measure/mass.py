"""Mass of the myocardium."""

from __future__ import annotations

import numpy as np

from lvcine.study import Array

#: Density of myocardium in g/mL, the value that cardiac MR reports by custom
#: (Schulz-Menger 2020, doi:10.1186/s12968-020-00610-6; Petersen 2017,
#: doi:10.1186/s12968-017-0327-9).
MYOCARDIAL_DENSITY_G_ML = 1.05


def myocardial_mass_g(volume_ml: Array) -> Array:
    """Mass of volumes of myocardium, any shape.

    Examples
    --------
    >>> myocardial_mass_g(np.array([100.0, 120.0]))
    array([105., 126.])
    """
    return MYOCARDIAL_DENSITY_G_ML * np.asarray(volume_ml, float)

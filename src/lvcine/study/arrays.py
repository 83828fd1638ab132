"""Short names of the arrays that most functions take and give."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Whole = NDArray[np.intp]
"""Indices, or counts."""

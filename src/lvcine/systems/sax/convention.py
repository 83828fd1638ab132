"""By whose convention the endocardium is drawn in each frame.

The nets learned from two kinds of labels: those of virtual hearts
(:func:`lvcine.phantom.labels.reader_labels`) and those of Sunnybrook's readers, who draw farther out.
Readers of other hospitals draw around dark trabeculae as Sunnybrook's do where these stand open, at ED,
and not where the cavity has narrowed and they are pressed together (docs/evidence/notebook-sax.md,
"End-systole"). So a frame is drawn with a share of Sunnybrook's convention that falls with how far the
cavity has emptied. A heart that hardly contracts keeps its share: its trabeculae stay open.
"""

from __future__ import annotations

import numpy as np

from lvcine.study import F32

CONVENTION = "share"
"""Name of the nets' input: the share of Sunnybrook's convention, per frame."""
OPEN = 0.7
"""Share where the cavity is largest."""
PRESSED = 0.5
"""Part of the largest cavity that has to be gone for a share of 0."""


def share_of(cavity: F32) -> F32:
    """Share of Sunnybrook's convention for each frame.

    Parameters
    ----------
    cavity : ndarray, shape (T,)
        Size of the cavity in every frame, in any unit.

    Returns
    -------
    ndarray, shape (T,)

    Examples
    --------
    >>> [round(float(s), 2) for s in share_of(np.array([100.0, 75.0, 50.0, 30.0], np.float32))]
    [0.7, 0.35, 0.0, 0.0]
    """
    largest = float(cavity.max(initial=0.0))
    if largest <= 0:
        return np.full(len(cavity), OPEN, np.float32)
    gone = 1.0 - cavity / largest
    return np.asarray(OPEN * np.clip(1.0 - gone / PRESSED, 0.0, 1.0), np.float32)

"""Along what velocity channels are positive, in the patient: from what the files say of it.

An enhanced file gives a vector. A classic one gives words: through plane, or an axis of the patient.
Through plane is read as :attr:`lvcine.study.Geometry.normal`, ``out`` as its reverse. In an oblique
plane the words cannot be meant exactly: gradients play along the picture's axes, and the words name
them by the patient's axes that are nearest. So named channels get the picture's axes that fit best
together (largest sum of |cosine|), each positive along its name. Makers publish no more about their
signs; so this is an assumption, and said as a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from lvcine.read.dicom.venc import Direction, Frame
from lvcine.study import Array, Finding

_NORMAL = 2
_CLEAR_COS = 0.35  # a name at more than 70 degrees from its axis hardly says which way is positive

DIRECTIONS_UNKNOWN = Finding(
    "velocity-directions-unknown",
    "warning",
    "the files do not say along what the velocities were encoded: taken, in the order of series and instance "
    "numbers, as along the rows' direction (x), the columns' (y) and through the plane (z)",
    "compare with the scan's protocol: another order or sign exchanges or reverses components",
)


def in_patient(channels: Sequence[Direction], picture: Array) -> tuple[Array, float]:
    """Unit vectors of three channels.

    Parameters
    ----------
    channels : sequence of Direction, length 3
    picture : ndarray, shape (3, 3)
        The picture's x, y and normal in LPS, one a row.

    Returns
    -------
    directions : ndarray, shape (3, 3)
        In LPS, one a row.
    least_cos : float
        Of the angle between a named axis and the picture's axis it stands for, of the worst one;
        1 without named axes.

    Examples
    --------
    >>> right_to_left = Direction(Frame.NAMED, (1.0, 0.0, 0.0))
    >>> back_to_front = Direction(Frame.NAMED, (0.0, -1.0, 0.0))
    >>> through = Direction(Frame.PICTURE, (0.0, 0.0, 1.0))
    >>> coronal = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
    >>> foot_to_head = Direction(Frame.NAMED, (0.0, 0.0, 1.0))
    >>> in_patient((through, right_to_left, foot_to_head), coronal)[0].tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [-0.0, -0.0, 1.0]]
    """
    directions = np.array([_exactly(channel, picture) for channel in channels])
    named = [k for k, channel in enumerate(channels) if channel.frame is Frame.NAMED]
    if not named:
        return directions, 1.0
    through = any(channel.frame is Frame.PICTURE for channel in channels)
    free = [axis for axis in range(3) if not (through and axis == _NORMAL)]
    cosines = directions[named] @ picture.T
    rows = np.arange(len(named))
    axes = max(permutations(free, len(named)), key=lambda axes: float(np.abs(cosines[rows, axes]).sum()))
    chosen = cosines[rows, axes]
    directions[named] = np.where(chosen < 0, -1.0, 1.0)[:, None] * picture[list(axes)]
    return directions, float(np.abs(chosen).min())


def _exactly(channel: Direction, picture: Array) -> Array:
    vector = np.array(channel.vector)
    return vector @ picture if channel.frame is Frame.PICTURE else vector


def assumed(channels: Sequence[Direction], least_cos: float) -> tuple[Finding, ...]:
    """The finding for directions that were read out of words; none where all are vectors."""
    if all(channel.frame is Frame.PATIENT for channel in channels):
        return ()
    clear = least_cos >= _CLEAR_COS
    text = (
        "velocity directions were read as the picture's axes nearest to those the files name, positive along "
    )
    text += "the name, through plane along the normal (rows x columns)"
    if not clear:
        text += f"; one of them lies {np.degrees(np.arccos(least_cos)):.0f} degrees from its name"
    return (
        Finding(
            "velocity-directions-assumed", "info" if clear else "warning", text,
            "check the signs once on a scan of yours: in systole the base moves towards the apex",
        ),
    )  # fmt: skip

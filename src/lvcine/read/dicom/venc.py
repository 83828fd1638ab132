"""How a velocity picture was encoded: VENC and direction, wherever a maker writes them.

The standard has them in the enhanced MR object alone (MR Velocity Encoding, PS3.3 C.8.13.5.15, cm/s).
Classic files hold them in private elements, here in the order of trust:

- Siemens ``SIEMENS MR HEADER`` (0051,xx14), ``v20in`` or ``v150_through`` (cm/s), XA's (0021,xx29), or the
  SequenceName, ``*fl2d1_v20in``;
- Philips ``Philips Imaging DD 001`` (2001,xx1A), three components along R-L, A-P, F-H in cm/s, of which
  the encoded ones are not zero;
- GE ``GEMS_ACQU_01`` (0019,xxCC), mm/s, with the axis in (0019,xxCB): 1 is R-L, 2 A-P, 4 F-H.

Names have a sign: ``rl`` is from right to left, ``lr`` its reverse; a negative component of Philips
reverses its axis. GE's axes have none: positive is taken as towards left, back and head.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from lvcine.read.dicom.fields import Fields

_SIEMENS_TEXT = re.compile(r"(?:^|_)v(\d+(?:\.\d+)?)_?([a-z]*)$", re.IGNORECASE)
_THROUGH = {"in": 1.0, "through": 1.0, "out": -1.0}
_SIEMENS_PLACES = ((0x0051, "SIEMENS MR HEADER", 0x14), (0x0021, "SIEMENS MR SDI 02", 0x29))
_AXES, _REVERSED = ("R-L", "A-P", "F-H"), ("L-R", "P-A", "H-F")
_TOWARDS = {
    "rl": (1.0, 0.0, 0.0), "lr": (-1.0, 0.0, 0.0), "ap": (0.0, 1.0, 0.0), "pa": (0.0, -1.0, 0.0),
    "fh": (0.0, 0.0, 1.0), "hf": (0.0, 0.0, -1.0),
}  # fmt: skip
_GE_AXES = {1: "rl", 2: "ap", 4: "fh"}
_MM_PER_CM = 10.0

SIEMENS_HALF_TURN = 4096.0
"""Rescaled value at half a turn of the phase: 12 bits with slope 2 and intercept -4096."""

GE_SOURCE = "(0019,xxcc)"
"""The encoding's place in files whose signed pixels are mm/s."""


class Frame(StrEnum):
    """What a direction refers to."""

    PICTURE = "picture"  # x, y and the normal of the picture
    NAMED = "named"  # an axis of the patient by name: stands for the picture's axis nearest to it
    PATIENT = "patient"  # exactly so, LPS


@dataclass(frozen=True)
class Direction:
    """Along what a channel is positive.

    Attributes
    ----------
    frame : Frame
    vector : (float, float, float)
        Unit vector in that frame.
    """

    frame: Frame
    vector: tuple[float, float, float]

    @classmethod
    def in_patient(cls, vector: tuple[float, ...] | None) -> Direction | None:
        """Along a vector of any length in LPS; None if it has none."""
        length = 0.0 if vector is None else float(np.linalg.norm(vector))
        if vector is None or length < 1e-6:
            return None
        x, y, z = (round(v / length, 4) + 0.0 for v in vector)
        return cls(Frame.PATIENT, (x, y, z))


@dataclass(frozen=True)
class Encoding:
    """Velocity encoding of one picture.

    Attributes
    ----------
    venc_cm_s : float
        Velocity at half a turn of the phase.
    direction : str
        As the file says it: ``through plane``, ``A-P``, ``fh``, ``(0.6, 0, 0.8)``; empty if it does not.
    source : str
        Where it was found.
    along : Direction or None
        The direction as numbers; None if the file does not say one that is known here.
    unclear : str
        Why the pixels cannot be turned into velocities; empty if they can.
    """

    venc_cm_s: float
    direction: str
    source: str
    along: Direction | None = None
    unclear: str = ""

    def __str__(self) -> str:
        return f"VENC {self.venc_cm_s:g} cm/s" + (f", {self.direction}" if self.direction else "")


def encoding_of(fields: Fields) -> Encoding | None:
    """The encoding of a classic picture, None where the file does not say.

    Examples
    --------
    >>> from pydicom.dataset import Dataset
    >>> ds = Dataset()
    >>> ds.SequenceName = "*fl2d1_v20in"
    >>> print(encoding_of(Fields(ds)))
    VENC 20 cm/s, through plane
    """
    return _siemens(fields) or _philips(fields) or _ge(fields)


def enhanced_encoding(group: Fields) -> Encoding | None:
    """The encoding in an item of MRVelocityEncodingSequence (0018,9197)."""
    ends = group.number("VelocityEncodingMinimumValue"), group.number("VelocityEncodingMaximumValue")
    venc = max((abs(v) for v in ends if v is not None), default=0.0)
    if venc <= 0.0:
        return None
    vector = group.vector("VelocityEncodingDirection", 3)
    direction = "" if vector is None else f"({', '.join(f'{v:.3g}' for v in vector)})"
    return Encoding(venc, direction, "MR Velocity Encoding", Direction.in_patient(vector))


def nested_encoding(group: Fields) -> Encoding | None:
    """The encoding in a maker's own sequence within a functional group, as of every frame of Siemens XA."""
    for tag in group.dataset.keys():
        if int(tag) >> 16 & 1 and group.dataset[tag].VR == "SQ":
            for item in group.dataset[tag].value or ():
                found = encoding_of(Fields(item))
                if found is not None:
                    return found
    return None


def _siemens(fields: Fields) -> Encoding | None:
    texts = [
        (text, f"({group:04x},xx{element:02x})")
        for group, creator, element in _SIEMENS_PLACES
        for text in fields.private_texts(group, creator, element)
    ]
    texts += [(text, "SequenceName") for text in fields.texts("SequenceName")]
    for text, source in texts:
        found = _SIEMENS_TEXT.search(text)
        if found and 0.0 < float(found[1]) < np.inf:
            return Encoding(float(found[1]), *_siemens_direction(found[2].lower(), source))
    return None


def _siemens_direction(name: str, source: str) -> tuple[str, str, Direction | None]:
    if name in _THROUGH:
        text = "through plane" if _THROUGH[name] > 0 else "through plane, out"
        return text, source, Direction(Frame.PICTURE, (0.0, 0.0, _THROUGH[name]))
    return name, source, Direction(Frame.NAMED, _TOWARDS[name]) if name in _TOWARDS else None


def _philips(fields: Fields) -> Encoding | None:
    values = fields.private_numbers(0x2001, "Philips Imaging DD 001", 0x1A, "FL")
    sizes = np.abs(values)
    if not len(sizes) or sizes.max() <= 0.0:
        return None
    parts = values if len(values) == 3 else (0.0, 0.0, 0.0)
    names = [(_AXES if part > 0 else _REVERSED)[k] for k, part in enumerate(parts) if part]
    direction = Direction.in_patient(parts)
    if direction is not None and len(names) == 1:
        direction = Direction(Frame.NAMED, direction.vector)
    return Encoding(float(sizes.max()), " and ".join(names), "(2001,xx1a)", direction)


def _ge(fields: Fields) -> Encoding | None:
    venc, axis, scale = (
        next(iter(fields.private_numbers(0x0019, "GEMS_ACQU_01", element, vr)), 0.0)
        for element, vr in ((0xCC, "SS"), (0xCB, "SS"), (0xE2, "DS"))
    )
    if venc <= 0.0:
        return None
    flags = next(iter(fields.private_numbers(0x0043, "GEMS_PARM_01", 0x32, "SS")), None)
    known = _GE_AXES.get(int(axis))
    text = f"flow axis {axis:g}" if axis else ""
    along = None if known is None else Direction(Frame.NAMED, _TOWARDS[known])
    return Encoding(venc / _MM_PER_CM, text, GE_SOURCE, along, _ge_doubt(flags, scale))


def _ge_doubt(flags: float | None, scale: float) -> str:
    """Phase weighted by the magnitude is no velocity until it is divided by that and a scale."""
    if flags:
        return f"phase weighted by the magnitude, flags {flags:g} in (0043,xx32)"
    if flags is None and scale not in (0.0, 1.0):
        return f"a scale of {scale:g} in (0019,xxe2), and no (0043,xx32) that says what it is for"
    return ""

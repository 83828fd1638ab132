"""How a velocity picture was encoded: VENC and direction, wherever a maker writes them.

The standard has them in the enhanced MR object alone (MR Velocity Encoding, PS3.3 C.8.13.5.15, cm/s).
Classic files hold them in private elements, here in the order of trust:

- Siemens ``SIEMENS MR HEADER`` (0051,xx14), ``v20in`` or ``v150_through`` (cm/s), XA's (0021,xx29), or the
  SequenceName, ``*fl2d1_v20in``;
- Philips ``Philips Imaging DD 001`` (2001,xx1A), three components along R-L, A-P, F-H in cm/s, of which
  the encoded ones are not zero;
- GE ``GEMS_ACQU_01`` (0019,xxCC), mm/s, with the axis in (0019,xxCB).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from lvcine.read.dicom_fields import Fields

_SIEMENS_TEXT = re.compile(r"(?:^|_)v(\d+(?:\.\d+)?)_?([a-z]*)$", re.IGNORECASE)
_THROUGH = ("in", "through")
_SIEMENS_PLACES = ((0x0051, "SIEMENS MR HEADER", 0x14), (0x0021, "SIEMENS MR SDI 02", 0x29))
_AXES = ("R-L", "A-P", "F-H")
_MM_PER_CM = 10.0


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
    """

    venc_cm_s: float
    direction: str
    source: str

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
    return Encoding(venc, direction, "MR Velocity Encoding")


def _siemens(fields: Fields) -> Encoding | None:
    texts = [
        (text, f"({group:04x},xx{element:02x})")
        for group, creator, element in _SIEMENS_PLACES
        for text in fields.private_texts(group, creator, element)
    ]
    texts += [(text, "SequenceName") for text in fields.texts("SequenceName")]
    for text, source in texts:
        found = _SIEMENS_TEXT.search(text)
        if found and float(found[1]) > 0.0:
            direction = found[2].lower()
            return Encoding(float(found[1]), "through plane" if direction in _THROUGH else direction, source)
    return None


def _philips(fields: Fields) -> Encoding | None:
    values = fields.private_numbers(0x2001, "Philips Imaging DD 001", 0x1A, "FL")
    sizes = np.abs(values)
    if not len(sizes) or sizes.max() <= 0.0:
        return None
    along = [_AXES[k] for k in np.flatnonzero(sizes)] if len(sizes) == 3 else []
    return Encoding(float(sizes.max()), " and ".join(along), "(2001,xx1a)")


def _ge(fields: Fields) -> Encoding | None:
    venc = next(iter(fields.private_numbers(0x0019, "GEMS_ACQU_01", 0xCC, "SS")), 0.0)
    if venc <= 0.0:
        return None
    axis = next(iter(fields.private_numbers(0x0019, "GEMS_ACQU_01", 0xCB, "SS")), 0.0)
    return Encoding(venc / _MM_PER_CM, f"flow axis {axis:g}" if axis else "", "(0019,xxcc)")

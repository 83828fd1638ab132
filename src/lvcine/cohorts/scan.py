"""What each file of a tree is, and whose: read in a child process, since files may be damaged."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.uid import UID

from lvcine.isolated import own_folder, working_on
from lvcine.output import is_own_film
from lvcine.read.archive import unpacked
from lvcine.read.dicom.elements import read_elements
from lvcine.read.dicom.fields import Fields, tag_and_vr
from lvcine.read.options import DEFAULTS, ReadOptions
from lvcine.read.sniff import Kind, sniff

DAMAGED = "damaged"
_KEYWORDS = (
    "SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "InstanceNumber", "PatientID",
    "PatientName", "PatientBirthDate", "PatientSex", "Rows", "ImagePositionPatient",
    "ImageOrientationPatient",
)  # fmt: skip
_TAGS = [tag_and_vr(keyword)[0] for keyword in _KEYWORDS]
_MOST_LABELS = 12  # values of a mask; a picture of a heart has hundreds
_SHORTEST_WORD = 3  # of a name: shorter ones stand in many words by chance


_NO_NAMES = {
    "anonymous",
    "anonymized",
    "anonymised",
    "anon",
    "patient",
    "subject",
    "unknown",
    "none",
    "phantom",
}


@dataclass(frozen=True)
class Seen:
    """One file.

    Attributes
    ----------
    path : str
    kind : str
        Of :class:`lvcine.read.sniff.Kind`; empty where it cannot be opened.
    problem : str
        Why it belongs to no study, empty where it may.
    study : str
        Study UID of a DICOM picture.
    person : str
        Hash of who is named in its header.
    words : tuple of str
        Name, number and birth date in lower case: no label may hold one of them.
    picture : (str, str)
        Hash of its series and number, and of its own UID.
    place : tuple of float
        Direction and height of its plane, where it has one.
    subjects : tuple of str
        Of a MATLAB file with several hearts: what to pass as the series for each.
    parts : tuple of str
        Of a velocity scan: the files that it joins.
    """

    path: str
    kind: str
    problem: str = ""
    study: str = ""
    person: str = ""
    words: tuple[str, ...] = ()
    picture: tuple[str, str] = ("", "")
    place: tuple[float, ...] = ()
    subjects: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


def scan_files(paths: Sequence[str], options: ReadOptions = DEFAULTS) -> list[Seen]:
    """What each file is.

    Whatever a parser stumbles over costs its file alone.
    """
    return [_seen(path, options) for path in paths]


def scan_archive(path: str, options: ReadOptions = DEFAULTS) -> list[Seen]:
    """What the files in an archive are; their paths are the names that :func:`unpacked` gives them.

    Raises
    ------
    ReadError
        The archive is damaged or refused.
    """
    working_on(path)
    home = own_folder()
    with unpacked(path, work=None if home is None else home / "archive") as folder:
        seen = [_seen(str(file), options) for file in sorted(folder.iterdir())]
    return [replace(one, path=os.path.basename(one.path)) for one in seen]


def _seen(path: str, options: ReadOptions) -> Seen:
    working_on(path)
    kind = ""
    try:
        kind = sniff(Path(path))
        if kind is Kind.DICOM:
            return _dicom(path)
        if kind is Kind.NIFTI:
            return Seen(path, kind, problem=_no_cine(path))
        if kind is Kind.VIDEO and is_own_film(Path(path)):
            return Seen(path, kind, problem="a film that lvcine made")
        if kind is Kind.MATLAB:
            return Seen(path, kind, subjects=_subjects(path, options))
        if kind is Kind.VELOCITY:
            from lvcine.read.nifti.velocity import named_by

            return Seen(path, kind, parts=tuple(map(str, named_by(Path(path)))))
        return Seen(path, kind, problem="no kind of picture that is read" if kind is Kind.OTHER else "")
    except OSError:
        return Seen(path, "", problem="cannot be opened")
    except MemoryError:
        raise
    except Exception:  # pydicom, nibabel and SciPy raise anything on a damaged file
        return Seen(path, kind, problem=DAMAGED)


def _dicom(path: str) -> Seen:
    with open(path, "rb") as file:
        fields = Fields(read_elements(file, _TAGS).dataset)
    if not fields.number("Rows"):
        made_as = UID(fields.text("SOPClassUID")).name
        picture = "Image Storage" in made_as or not made_as or made_as[0].isdigit()
        return Seen(path, Kind.DICOM, problem=DAMAGED if picture else "DICOM, but no picture")
    who = [fields.text(keyword) for keyword in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex")]
    number = f"{fields.text('SeriesInstanceUID')} {fields.text('InstanceNumber')}"
    return Seen(
        path,
        Kind.DICOM,
        study=fields.text("StudyInstanceUID"),
        person=_hash("|".join(who)) if any(who) else "",
        words=name_words(*who[:3]),
        picture=(_hash(number), _hash(fields.text("SOPInstanceUID"))),
        place=_place(fields),
    )


def name_words(number: str, name: str, born: str) -> tuple[str, ...]:
    """What of a patient's number, name and birth date must not be in a label.

    Nothing where the name is none, or a pseudonym (it has a digit): then the data were made anonymous, and
    the number is the one that tables go by.

    Examples
    --------
    >>> name_words("MRN-00417", "DOE^JANE L", "19670401")
    ('19670401', 'doe', 'jane', 'mrn00417')
    >>> name_words("SC-HF-I-01", "SC-HF-I-01", ""), name_words("017", "Anonymous", "")
    ((), ())
    """
    words = {word for word in re.split(r"[\W_]+", name.lower()) if len(word) >= _SHORTEST_WORD}
    if not words - _NO_NAMES or any(character.isdigit() for character in name):
        return ()
    plain = {re.sub(r"[\W_]+", "", text.lower()) for text in (number, born)}
    return tuple(sorted(words | {text for text in plain if len(text) > _SHORTEST_WORD}))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _place(fields: Fields) -> tuple[float, ...]:
    axes, at = fields.vector("ImageOrientationPatient", 6), fields.vector("ImagePositionPatient", 3)
    if axes is None or at is None:
        return ()
    normal = np.cross(axes[:3], axes[3:])
    return tuple(float(v) for v in np.round([*normal, float(np.dot(normal, at))], 1))


def _no_cine(path: str) -> str:
    """Why a NIfTI file is no study by itself: its header and one of its pictures are read."""
    import nibabel

    image: Any = nibabel.load(path)
    if len(image.shape) < 4 or image.shape[3] < 2:
        return "NIfTI without frames"
    picture = np.asarray(image.dataobj[:, :, image.shape[2] // 2, 0])
    return "NIfTI of labels, no pictures" if len(np.unique(picture)) <= _MOST_LABELS else ""


def _subjects(path: str, options: ReadOptions) -> tuple[str, ...]:
    """Series of each heart in a MATLAB file of several, none where it holds one."""
    from lvcine.read.datasets.lvquan import read_lvquan

    count = len(read_lvquan(Path(path), options))
    return tuple(str(number) for number in range(1, count + 1)) if count > 1 else ()

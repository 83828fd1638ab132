"""What a study is called in tables, pages and folders: never a patient's name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

LONGEST = 64


def plain_label(text: str) -> str:
    """Letters, digits, dots, dashes and underscores, as a folder can be called on every system.

    Examples
    --------
    >>> plain_label("site 3/patient-017.zip"), plain_label("../x")
    ('site_3_patient-017.zip', 'x')
    """
    kept = re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._- ")
    return kept[:LONGEST].rstrip("._- ") or "study"


def hashed(text: str) -> str:
    """A label that says nothing: the same text has the same one.

    Examples
    --------
    >>> hashed("1.2.840.1"), hashed("1.2.840.1") == hashed("1.2.840.2")
    ('study-f9a1359915', False)
    """
    return "study-" + hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:10]


def quotes(label: str, words: Iterable[str]) -> bool:
    """Whether a label holds a word of the patient's name, the number or the birth date.

    Examples
    --------
    >>> quotes("DOE_JANE_2021", ("doe", "jane")), quotes("patient017", ("doe", "jane"))
    (True, False)
    """
    parts = {part for part in re.split(r"[^a-z]+", label.lower()) if part}
    whole = re.sub(r"[\W_]+", "", label.lower())
    return any(word in parts or (len(word) > 4 and word in whole) for word in words)


def unique(label: str, taken: set[str]) -> str:
    """The label, or the label with the first number that is free; it is taken then.

    On disks that do not tell capitals apart two labels must differ by more.
    """
    name, number = label, 1
    while name.lower() in taken:
        number += 1
        name = f"{label[: LONGEST - 6]}-{number}"
    taken.add(name.lower())
    return name

"""What a search for studies found, in a few lines."""

from __future__ import annotations

from collections import Counter

from lvcine.cohorts.find import Found


def summary(found: Found) -> list[str]:
    """What was taken for a study, in lines: how many, by what, and what was left out."""
    by: dict[str, int] = Counter(study.by for study in found.studies)
    lines = [
        f"{len(found.studies)} studies: " + ", ".join(f"{n} by {what}" for what, n in sorted(by.items()))
    ]
    lines += [f"left out: {n} x {reason}" for reason, n in sorted(found.left_aside.items())]
    return lines

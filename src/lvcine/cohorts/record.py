"""What became of one study, as it is kept in a file: enough for its row, its findings and its thumbnail."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import lvcine
from lvcine.cohorts.study_ref import StudyRef
from lvcine.errors import LvcineError, plain_text, without_paths
from lvcine.report.headline import whole_study
from lvcine.report.tables import findings, plain
from lvcine.study import Analysis

SCHEMA = 1
Status = Literal["done", "refused", "failed"]
EXIT_OF = {"time": 124, "memory": 137, "killed": 137, "crash": 139}
"""Exit codes of studies whose process was ended, as shells have them."""
AGAIN = ("killed", "FolderInUseError")
"""Kinds of failure and refusal that the next run tries again: they say nothing about the study."""


@dataclass(frozen=True)
class Record:
    """One study of a cohort.

    Attributes
    ----------
    label, group, signature : str
        As in :class:`lvcine.cohorts.study_ref.StudyRef`.
    status : {"done", "refused", "failed"}
        Measured; not to be measured, for a reason that lvcine names; ended by a bound or by a fault.
    exit_code : int
        That of ``lvcine analyze``; 124 for the bound on time, 137 on memory, 139 for a crash.
    kind : str
        Of a failure: the error's class, or ``time``, ``memory``, ``killed``, ``crash``.
    reason, advice : str
    facts : mapping
        Sex, age, body, modality, view, slices, frames, papillary convention, digest of the input.
    numbers, intervals : mapping
        Headline numbers by name; (low, high) of the 90 % interval where one is known.
    findings : tuple of (code, severity)
    nets : mapping
        File -> SHA-256 of every net that had a part in a number.
    lvcine_version : str
    seconds, processor_seconds, peak_mb : float or None
        Wall time, processor time and largest memory of the process while it measured this study; what reads
        the files is a process beside it.
    thumbnail : str
        WebP of ED and ES with contours, base64.
    schema : int
    """

    label: str
    status: Status
    exit_code: int = 0
    kind: str = ""
    reason: str = ""
    advice: str = ""
    group: str = ""
    signature: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    numbers: Mapping[str, float | None] = field(default_factory=dict)
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    findings: tuple[tuple[str, str], ...] = ()
    nets: Mapping[str, str] = field(default_factory=dict)
    lvcine_version: str = lvcine.__version__
    seconds: float | None = None
    processor_seconds: float | None = None
    peak_mb: float | None = None
    thumbnail: str = ""
    schema: int = SCHEMA

    def to_json(self) -> str:
        """One JSON object; NaN never appears."""
        return json.dumps(asdict(self), ensure_ascii=False, allow_nan=False) + "\n"

    @staticmethod
    def of_json(text: str) -> Record:
        """The record that :meth:`to_json` wrote.

        Raises
        ------
        ValueError
            It is none, or one of another schema.

        Examples
        --------
        >>> one = Record("p1", "failed", 124, "time", "takes longer than it may")
        >>> Record.of_json(one.to_json()) == one
        True
        """
        stored = json.loads(text)
        if not isinstance(stored, dict) or stored.get("schema") != SCHEMA:
            raise ValueError("no record of this schema")
        try:
            stored["findings"] = tuple((str(code), str(severity)) for code, severity in stored["findings"])
            stored["intervals"] = {k: (float(a), float(b)) for k, (a, b) in stored["intervals"].items()}
            return Record(**stored)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError("no record") from error


def done(study: StudyRef, analysis: Analysis, thumbnail: bytes) -> Record:
    """The record of a study that was measured; its time and memory are the caller's to add."""
    flat = whole_study(analysis)
    person, cine = analysis.study.subject, analysis.cine
    nets = {
        file: digest
        for net in analysis.nets
        for file, digest in zip(net.get("file", "").split(), net.get("sha256", "").split(), strict=False)
    }
    return Record(
        label=study.label,
        status="done",
        group=study.group,
        facts={
            "sex": person.sex, "age_years": plain(person.age_years), "height_m": plain(person.height_m),
            "weight_kg": plain(person.weight_kg), "bsa_m2": plain(person.bsa_m2),
            "modality": cine.modality, "view": str(cine.view), "slices": cine.slices, "frames": cine.frames,
            "papillary": analysis.papillary, "input_sha256": analysis.study.digest,
        },
        numbers={name: plain(m.value) for name, m in flat.items()}
        | {"ed_frame": int(analysis.ed_frame), "es_frame": int(analysis.es_frame)},
        intervals={
            name: (float(m.low), float(m.high))
            for name, m in flat.items()
            if m.low is not None and m.high is not None and math.isfinite(m.low) and math.isfinite(m.high)
        },
        findings=tuple((f.code, f.severity) for f in findings(analysis)),
        nets=nets,
        thumbnail=base64.b64encode(thumbnail).decode(),
    )  # fmt: skip


def refused(study: StudyRef, error: LvcineError) -> Record:
    """The record of a study that lvcine does not measure, with the reason."""
    reason = error.found + (f" ({error.where})" if error.where and "." not in error.where else "")
    return Record(
        study.label, "refused", error.exit_code, type(error).__name__, reason, error.advice, study.group
    )


def failed(study: StudyRef, kind: str, reason: str, advice: str = "") -> Record:
    """The record of a study that a bound or a fault ended."""
    code = EXIT_OF.get(kind, 1)
    return Record(study.label, "failed", code, kind, plain_text(without_paths(reason)), advice, study.group)

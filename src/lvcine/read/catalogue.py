"""What a folder holds, found without decoding a pixel."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lvcine.study import Finding, LeftAside, Subject, View


@dataclass(frozen=True)
class Group:
    """One cine that would be read.

    Attributes
    ----------
    label : str
        Neutral name, as in :attr:`lvcine.study.Cine.label`; what ``series=`` takes.
    modality : str
    view : View
    slices, frames, rows, columns : int
    spacing_mm : (float, float) or None
        Between rows, between columns; None if the file does not say.
    slice_step_mm, thickness_mm : float or None
    frame_ms, cycle_ms, heart_rate_bpm : float or None
        Typical values over the slices.
    timing : str
        What the order in time is from, e.g. ``trigger time``.
    gated, phases_only : bool
        As in :class:`lvcine.study.Cine`.
    velocities : bool
        Three velocity channels beside the pictures.
    files : int
    findings : tuple of Finding
    """

    label: str
    modality: str
    view: View
    slices: int
    frames: int
    rows: int
    columns: int
    spacing_mm: tuple[float, float] | None
    slice_step_mm: float | None
    thickness_mm: float | None
    frame_ms: float | None
    cycle_ms: float | None
    heart_rate_bpm: float | None
    timing: str
    gated: bool
    phases_only: bool
    files: int
    findings: tuple[Finding, ...] = ()
    velocities: bool = False


@dataclass(frozen=True)
class Catalogue:
    """What :func:`lvcine.read.open_study` would read, and what it would not analyse.

    Attributes
    ----------
    groups : tuple of Group
        The short-axis stack first.
    subject : Subject
    left_aside : tuple of LeftAside
    findings : tuple of Finding
        About the folder as a whole.
    files : int
        Files met.
    """

    groups: tuple[Group, ...]
    subject: Subject
    left_aside: tuple[LeftAside, ...]
    findings: tuple[Finding, ...]
    files: int

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, text, numbers: ready for ``json.dumps``. Names of files are left out.

        Examples
        --------
        >>> Catalogue((), Subject(), (), (), 0).to_dict()["groups"]
        []
        """
        plain: dict[str, Any] = _plain(asdict(self))
        for entry in plain["left_aside"]:
            del entry["file"]
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, View):
        return str(value)
    if isinstance(value, float):
        return round(value, 4)
    return value

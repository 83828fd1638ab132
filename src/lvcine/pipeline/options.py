"""What the user may decide, and what she knows better than the files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from lvcine.errors import UsageError
from lvcine.measure import Insertion
from lvcine.read import ReadOptions
from lvcine.report import Movie
from lvcine.study import Finding, Papillary, Study


@dataclass(frozen=True)
class AnalyzeOptions:
    """Everything the user may decide; every default lives here and nowhere else.

    Attributes
    ----------
    papillary : {"include", "exclude"}
        Papillary muscles belong to the cavity or to the myocardium. "include" is the default
        because the sources that the net learned from and the references it is judged by
        (Sunnybrook, ACDC) draw the endocardium around them, and because a smooth contour is
        the more reproducible one.
    series : str or int or None
        Which cine, as listed by ``lvcine info``; the largest short-axis stack by default.
    read : ReadOptions
        What the files do not say: spacing, timing, view.
    height_m, weight_kg, sex, age_years
        Of the subject; each goes before the header.
    ed, es : int or None
        Frames from 0; found from the volume curve by default.
    insertion : Insertion or (y, x) or None
        Anterior insertion of the RV in pixels, set by hand.
    engine : {"onnxruntime", "openvino", "openvino-bf16"}
    threads : int or None
        Processor threads for the net; all that there are by default.
    weights : Path or None
        Folder with another net and its card, ``sax.toml`` or ``echo.toml``, than lvcine's own.
    movie : {"gif", "mp4", "none"}
    identify : bool
        Write the patient's name and dates into the results.
    overwrite : bool
        Replace results that lie in the output folder.
    """

    papillary: Papillary = "include"
    series: str | int | None = None
    read: ReadOptions = field(default_factory=ReadOptions)
    height_m: float | None = None
    weight_kg: float | None = None
    sex: str | None = None
    age_years: float | None = None
    ed: int | None = None
    es: int | None = None
    insertion: Insertion | tuple[float, float] | None = None
    engine: Literal["onnxruntime", "openvino", "openvino-bf16"] = "onnxruntime"
    threads: int | None = None
    weights: Path | None = None
    movie: Movie = "gif"
    identify: bool = False
    overwrite: bool = False

    def __post_init__(self) -> None:
        for name, kind in (("papillary", Papillary), ("movie", Movie)):
            if getattr(self, name) not in get_args(kind):
                raise UsageError(
                    f"{name} {getattr(self, name)!r}", advice=f"one of {', '.join(get_args(kind))}"
                )
        if self.weights is not None and not any(self.weights.glob("*.toml")):
            raise UsageError(
                "no card in the folder of weights",
                where=self.weights.name,
                advice="give a folder with a net and its card, sax.toml or echo.toml, as `ship` writes them",
            )
        for name in ("height_m", "weight_kg", "age_years", "threads"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{name} of {value}", advice="give a number above 0")


def with_user_facts(study: Study, options: AnalyzeOptions) -> Study:
    """The study with what the user knows better than the header about the subject."""
    names = ("height_m", "weight_kg", "sex", "age_years")
    facts = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    if not facts:
        return study
    said = ", ".join(f"{name} {value}" for name, value in facts.items())
    note = Finding("given-by-user", "info", f"{said}: given by the user")
    return replace(study, subject=replace(study.subject, **facts), findings=(*study.findings, note))

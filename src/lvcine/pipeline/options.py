"""What the user may decide, and what she knows better than the files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from lvcine.engine import Runtime
from lvcine.errors import MOST_NAME, UsageError, plain_text
from lvcine.localise.extent import Stated
from lvcine.measure import Insertion
from lvcine.read import ReadOptions
from lvcine.read.plausible import plausible
from lvcine.read.ranges import AGE_YEARS, HEIGHT_M, WEIGHT_KG, Range, require, require_count
from lvcine.report import Movie, Viewer
from lvcine.study import Finding, Papillary, Study
from lvcine.systems.echo.view import FLIPS, Flip

Engine = Literal["onnxruntime", "cuda", "coreml", "directml", "openvino", "openvino-bf16"]

_CHOICES = {
    "papillary": get_args(Papillary),
    "movie": get_args(Movie),
    "viewer": get_args(Viewer),
    "engine": get_args(Engine),
    "flip": FLIPS,
    "sex": ("M", "F", None),
}
_SAID = {"height_m": "height", "weight_kg": "weight", "sex": "sex", "age_years": "age"}
_SAID_UNITS = {"height_m": " m", "weight_kg": " kg", "age_years": " years"}
_BODY = {"height_m": HEIGHT_M, "weight_kg": WEIGHT_KG, "age_years": AGE_YEARS}
_COUNTS = {"ed": Range(0, 1_000_000), "es": Range(0, 1_000_000), "threads": Range(1, 1_000_000)}
_SERIES = Range(-(2**31), 2**31 - 1)
"""What DICOM's integer strings hold (PS3.5 section 6.2)."""
_SLICES = Range(0, 1_000_000)
_PIXEL = Range(-0.5, 100_000.0, "pixels")


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
    base, apex : (int, int) or None
        First and last short-axis slice that holds the ventricle, at ED and at ES, from 0 in the scan's order;
        decided over the stack and the cycle by default.
    insertion : Insertion or (y, x) or None
        Anterior insertion of the RV in pixels, set by hand.
    flip : {"auto", "none", "vertical", "horizontal", "both"}
        How an ultrasound picture is turned before it is outlined; "auto" as it looks.
    engine : {"onnxruntime", "cuda", "coreml", "directml", "openvino", "openvino-bf16"}
        What runs the nets: ONNX Runtime on the processor, or on what it offers on this machine; or OpenVINO.
    threads : int or None
        Processor threads for the net; at most, and by default, one for each processor.
    weights : Path or None
        Folder with other nets and their cards (``sax.toml``, ...) than lvcine's own. What holds where a net
        is not in it: :class:`lvcine.engine.Runtime`.
    movie : {"gif", "mp4", "none"}
    viewer : {"none", "pairs", "frames", "slices"}
        The scan itself as NIfTI beside the masks.
    label : str or None
        What the study is called in the report's title, e.g. a pseudonym; series and digest by default.
    identify : bool
        Write the patient's name and dates into the results.
    overwrite : bool
        Replace results that lie in the output folder.

    Raises
    ------
    UsageError
        A word that is none of these, a number that is none or cannot be
        (:mod:`lvcine.read.ranges`), a folder of weights without a card.

    Examples
    --------
    >>> AnalyzeOptions(height_m=1.8, weight_kg=75).papillary
    'include'
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
    base: tuple[int, int] | None = None
    apex: tuple[int, int] | None = None
    insertion: Insertion | tuple[float, float] | None = None
    flip: Flip = "auto"
    engine: Engine = "onnxruntime"
    threads: int | None = None
    weights: Path | None = None
    movie: Movie = "gif"
    viewer: Viewer = "none"
    label: str | None = None
    identify: bool = False
    overwrite: bool = False

    @property
    def runtime(self) -> Runtime:
        """What runs the nets, and whose weights are taken."""
        return Runtime(self.engine, self.threads, self.weights)

    @property
    def ends(self) -> Stated:
        """Where the user says that the ventricle begins and ends."""
        return Stated(self.base, self.apex)

    def __post_init__(self) -> None:
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                words = ", ".join(str(word) for word in known if word is not None)
                raise UsageError(
                    f"{_named(name)} {plain_text(getattr(self, name), 40)!r}", advice=f"one of {words}"
                )
        if self.weights is not None:
            object.__setattr__(self, "weights", _with_card(Path(self.weights)))
        for names, check in ((_BODY, require), (_COUNTS, require_count)):
            for name, allowed in names.items():
                if getattr(self, name) is not None:
                    object.__setattr__(self, name, check(_named(name), getattr(self, name), allowed))
        self._check_label()
        self._check_series()
        self._check_ends()
        self._check_insertion()

    def _check_label(self) -> None:
        if self.label is None:
            return
        if not isinstance(self.label, str) or not self.label.strip() or len(self.label) > MOST_NAME:
            raise UsageError(
                f"{_named('label')} {plain_text(self.label, 40)!r}",
                advice=f"give a name of 1 to {MOST_NAME} letters",
            )
        object.__setattr__(self, "label", plain_text(self.label.strip(), MOST_NAME))

    def _check_series(self) -> None:
        if isinstance(self.series, str):
            if not self.series.strip() or len(self.series) > MOST_NAME:
                raise UsageError(
                    f"{_named('series')} {plain_text(self.series, 40)!r}",
                    advice="give a series number, or a label of `lvcine info`",
                )
            object.__setattr__(self, "series", plain_text(self.series, MOST_NAME))
        elif self.series is not None:
            object.__setattr__(self, "series", require_count(_named("series"), self.series, _SERIES))

    def _check_ends(self) -> None:
        for name in ("base", "apex"):
            given = getattr(self, name)
            if given is None:
                continue
            if not isinstance(given, tuple | list) or len(given) != 2:
                raise UsageError(
                    f"{_named(name)} {plain_text(given, 40)}", advice="give two slices, at ED and at ES"
                )
            pair = tuple(require_count(_named(name), z, _SLICES) for z in given)
            object.__setattr__(self, name, pair)

    def _check_insertion(self) -> None:
        if self.insertion is None:
            return
        given = self.insertion
        place = (given.y, given.x) if isinstance(given, Insertion) else given
        if not isinstance(place, tuple | list) or len(place) != 2:
            raise UsageError(
                f"{_named('insertion')} {plain_text(place, 40)}", advice="give two numbers, row and column"
            )
        for at in place:
            require(_named("insertion"), at, _PIXEL)


def _with_card(folder: Path) -> Path:
    if any(folder.glob("*.toml")):
        return folder
    raise UsageError(
        "no card in the folder of weights",
        where=folder.name,
        advice="give a folder with a net and its card, sax.toml or echo.toml, as `ship` writes them",
    )


def _named(field_name: str) -> str:
    """A field and the command's option for it: ``height_m (--height)``."""
    return f"{field_name} (--{field_name.removesuffix('_m').removesuffix('_kg').removesuffix('_years')})"


def stated_by(options: AnalyzeOptions) -> dict[str, Any]:
    """Fields of an analysis that say what the user stated of the numbers."""
    point = options.insertion
    point = Insertion(*point) if isinstance(point, tuple | list) else point
    return {
        "stated": tuple(name for name in ("ed", "es") if getattr(options, name) is not None),
        "insertion": None if point is None else (point.y, point.x, point.slice),
    }


def with_user_facts(study: Study, options: AnalyzeOptions) -> Study:
    """The study with what the user knows better than the header about the subject.

    Numbers that cannot be are judged here once more: a study may come from memory instead of from a reader.
    """
    study = replace(study, cines=tuple(plausible(cine) for cine in study.cines))
    study = replace(study, label=options.label or study.label)
    names = ("height_m", "weight_kg", "sex", "age_years")
    facts = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    if not facts:
        return study
    said = ", ".join(f"{_SAID[name]} {value}{_SAID_UNITS.get(name, '')}" for name, value in facts.items())
    note = Finding("given-by-user", "info", f"{said}: given by the user")
    return replace(study, subject=replace(study.subject, **facts), findings=(*study.findings, note))

"""The main job on a study that lvcine makes itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

from lvcine.errors import UsageError
from lvcine.output import claim, is_result, old_results, writing
from lvcine.phantom.subjects.render import cine_mr
from lvcine.phantom.subjects.subject import PhantomOptions, draw_subject
from lvcine.phantom.write import write_dicom_mr
from lvcine.pipeline.analyze import analyze
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.report import fill
from lvcine.study import Analysis, Finding
from lvcine.study.progress import Progress, Stages

_SEED = 7
# A healthy heart in small pictures: two cores make and measure them in seconds.
_OPTIONS = PhantomOptions(kind="normal", side="demo", frames=20, size=128, spacing_mm=1.7)
_STEP_MM = 10.0
_TRUTH, _STUDY = "truth.json", "study"
_TRUTHS = {
    "edv_ml": "EDV {:g} mL", "esv_ml": "ESV {:g} mL", "ef_percent": "EF {:g} %", "mass_g": "mass {:g} g",
    "ed_frame": "ED frame {:g}", "es_frame": "ES frame {:g}",
}  # fmt: skip
"""What the truth holds, and how it is said."""


def demo(
    output: str | Path, seed: int = _SEED, progress: Progress | None = None, *, overwrite: bool = False
) -> Analysis:
    """Make a virtual heart, write it as a scanner would, and measure it through the same door.

    Parameters
    ----------
    output : path
        Gets the DICOM files in ``study/``, the exact numbers in ``truth.json`` and the results.
    seed : int
        Which healthy heart.
    progress : callable, optional
    overwrite : bool
        Replace an earlier demo in ``output``; files of your own beside it stay.

    Returns
    -------
    Analysis
        Its finding ``virtual-heart`` gives the exact numbers.

    Raises
    ------
    UsageError
        ``output`` holds something: no earlier demo, or one that is not to be replaced.
    """
    stages = Stages(progress)
    with claim(Path(output), _earlier_demo if overwrite else _empty) as place:
        with stages("virtual heart"):
            # A demonstration on a heart that the net was trained on would show nothing.
            subject = draw_subject(seed, _OPTIONS)
            cine, truth = cine_mr(subject, "SAX", _OPTIONS, step_mm=_STEP_MM)
            known = {name: round(float(getattr(truth, name)), 2) for name in _TRUTHS}
            with writing(place.out):
                (place.new / _TRUTH).write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
                write_dicom_mr(cine, place.new / _STUDY, vendor="ge", subject=subject.body, seed=seed + 1)
        analysis = analyze(place.new / _STUDY, progress=progress)
        numbers = ", ".join(f"{words.format(known[name])}" for name, words in _TRUTHS.items())
        exact = Finding("virtual-heart", "info", f"heart made by lvcine; its exact numbers: {numbers}")
        analysis = replace(analysis, findings=(exact, *analysis.findings))
        with stages("report"):
            options = AnalyzeOptions(overwrite=True)
            fill(place, analysis, identify=False, movie=options.movie, run=asdict(options))
            place.commit()
    return replace(analysis, seconds={**analysis.seconds, **stages.seconds})


def truth_of(output: str | Path) -> dict[str, float]:
    """The exact numbers that lie beside a demo's results: ``edv_ml``, ``esv_ml``, ``ef_percent``, ..."""
    return dict(json.loads((Path(output) / _TRUTH).read_text(encoding="utf-8")))


def _empty(out: Path) -> Iterable[str]:
    """Nothing to replace; an earlier demo is named as such."""
    if _is_demo(out):
        raise UsageError(
            "an earlier demo", where=out.name, advice="replace it with --overwrite, or name another folder"
        )
    return old_results()(out)


def _is_demo(out: Path) -> bool:
    study = out / _STUDY
    return (
        is_result(out) and _keys(out / _TRUTH) == set(_TRUTHS) and study.is_dir() and not study.is_symlink()
    )


def _earlier_demo(out: Path) -> Iterable[str]:
    """The files of an earlier demo, known by its truth and finished results; else ``out`` must be empty."""
    if not _is_demo(out):
        return old_results()(out)
    scan = (f"{_STUDY}/{file.name}" for file in (out / _STUDY).glob("S*_I*.dcm"))
    return [*old_results(overwrite=True)(out), _TRUTH, *scan]


def _keys(path: Path) -> set[str]:
    try:
        return set(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return set()

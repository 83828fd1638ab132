"""The main job on a study that lvcine makes itself."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from lvcine.phantom.write import write_dicom_mr
from lvcine.pipeline.flow import analyze, save
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.pipeline.scans import cine_mr
from lvcine.pipeline.stages import Progress, Stages
from lvcine.pipeline.subject import PhantomOptions, draw_subject
from lvcine.report import FILES, check_out
from lvcine.study import Analysis, Finding

_SEED = 7
# A healthy heart in small pictures: two cores make and measure them in seconds.
_OPTIONS = PhantomOptions(kind="normal", side="demo", frames=20, size=128, spacing_mm=1.7)
_STEP_MM = 10.0
_MARK = "truth.json"  # its presence also tells the folder of an earlier demo
_TRUTHS = ("edv_ml", "esv_ml", "ef_percent", "mass_g", "ed_frame", "es_frame")


def demo(output: str | Path, seed: int = _SEED, progress: Progress | None = None) -> Analysis:
    """Make a virtual heart, write it as a scanner would, and measure it through the same door.

    Parameters
    ----------
    output : path
        Gets the DICOM files in ``study/``, the exact numbers in ``truth.json`` and the results.
        An earlier demo in it is replaced.
    seed : int
        Which healthy heart.
    progress : callable, optional

    Returns
    -------
    Analysis
        Its finding ``virtual-heart`` tells the exact numbers.

    Raises
    ------
    UsageError
        ``output`` holds anything but an earlier demo.
    """
    out = Path(output)
    _clear_earlier_demo(out)
    stages = Stages(progress)
    with stages("virtual heart"):
        # A demonstration on a heart that the net was trained on would show nothing.
        subject = draw_subject(seed, _OPTIONS)
        cine, truth = cine_mr(subject, "SAX", _OPTIONS, step_mm=_STEP_MM)
        known = {name: round(float(getattr(truth, name)), 2) for name in _TRUTHS}
        out.mkdir(parents=True, exist_ok=True)
        (out / _MARK).write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
        write_dicom_mr(cine, out / "study", vendor="ge", subject=subject.body, seed=seed + 1)
    analysis = analyze(out / "study", progress=progress)
    told = ", ".join(f"{name} {value:g}" for name, value in known.items())
    exact = Finding("virtual-heart", "info", f"this heart is made by lvcine; its exact numbers: {told}")
    analysis = replace(analysis, findings=(exact, *analysis.findings))
    with stages("report"):
        save(analysis, out, AnalyzeOptions(overwrite=True))
    return replace(analysis, seconds={**analysis.seconds, **stages.seconds})


def _clear_earlier_demo(out: Path) -> None:
    if (out / _MARK).is_file():
        shutil.rmtree(out / "study", ignore_errors=True)
        for name in (_MARK, *FILES):
            (out / name).unlink(missing_ok=True)
    check_out(out)

"""Studies without a reader: the headline numbers, to be believed or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lvcine.evaluate.case import Case, Score
from lvcine.output import STAGE_PREFIX
from lvcine.read.archive import is_archive
from lvcine.read.datasets.sunnybrook import SUBJECT
from lvcine.study import Analysis

NUMBERS = (
    "edv_ml", "esv_ml", "ef_percent", "lv_mass_g", "ed_frame", "es_frame", "heart_rate_bpm",
    "max_wall_thickness_ed_mm",
)  # fmt: skip
_OF_MANY = ("sunnybrook_labelled", "external_evaluation_only")  # subjects, so no exam
# Exams whose subject goes by another name in the split of the weights' card.
_OTHER_NAMES = {"pig_exam_sax_lax": "pig-E774"}


def cases(data: Path) -> Iterator[Case]:
    """Every archive and folder in ``data`` as one exam, but for those of the other kinds."""
    for path in sorted(data.iterdir()):
        name = path.name if path.is_dir() else path.name.split(".")[0]
        if name not in _OF_MANY and not name.startswith(STAGE_PREFIX) and (path.is_dir() or is_archive(path)):
            found = SUBJECT.search(name)
            yield Case(found.group() if found else _OTHER_NAMES.get(name, name), path, _scores)


def _scores(analysis: Analysis) -> Iterator[Score]:
    headline = analysis.headline()
    yield Score("slices", analysis.cine.slices)
    yield Score("frames", analysis.cine.frames)
    for name in NUMBERS:
        yield Score(name, headline.get(name, float("nan")))
    yield Score("warnings", sum(f.severity != "info" for f in analysis.findings))

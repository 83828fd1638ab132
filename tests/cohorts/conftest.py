"""Studies whose measuring is stood in for: what becomes of a worker is real, the numbers are not."""

from __future__ import annotations

from pathlib import Path

import pytest

STANDIN = '''
"""What a worker runs in these tests: the list's group says what becomes of the study."""
import ctypes, json, os, time
from pathlib import Path

from lvcine.cohorts.record import Record, refused
from lvcine.errors import ReadError, UsageError
from lvcine.output import claim, old_results, writing


def measure(study, options, folder):
    what, _, number = study.group.partition(":")
    log = Path(study.source).parent / "log.txt"
    with log.open("a") as stream:
        stream.write(f"{study.label} {os.getpid()}\\n")
    if what == "crash":
        ctypes.string_at(0)
    if what == "hang":
        time.sleep(600)
    if what == "eat":
        bytearray(20 << 30)
    if what == "raise":
        raise RuntimeError("odd in /data/DOE JANE")
    if what == "refuse":
        return refused(study, ReadError("no pixels", where="a.dcm", advice="copy it again"))
    if what == "lost" and log.read_text().split().count(study.label) == 1:
        Path(folder).mkdir()  # by another worker, which ends before it writes its record
        (Path(folder) / "run.json").write_text(json.dumps({"lvcine_version": "0"}))
        return refused(study, UsageError("the output folder is not empty"))
    if what == "weights":
        assert (Path(options.weights) / "card.toml").exists()
    if what == "slow":
        time.sleep(float(number))
    with claim(Path(folder), old_results()) as place, writing(place.out):
        (place.new / "report.html").write_text("x" * int(number if what == "large" else 10))
        (place.new / "measurements.csv").write_text(
            "name,value,unit,method,slice,frame,segment,low,high\\n"
            "edv_ml,100.0,mL,,,,,90,110\\ncavity_area_mm2,800.5,mm2,,2,0,,,\\ncavity_area_mm2,700,mm2,,2,1,,,\\n"
        )
        (place.new / "run.json").write_text(json.dumps({"lvcine_version": "0"}))
        place.commit()
    return Record(
        study.label, "done", group=study.group, numbers={"edv_ml": 100.0, "ed_frame": 0, "es_frame": 3},
        intervals={"edv_ml": (90.0, 110.0)}, findings=(("few-slices", "warning"),), peak_mb=1.0, seconds=0.1,
        facts={"sex": "F", "age_years": 50.0, "papillary": "include", "modality": "MR"},
    )
'''
WORK = "cohort_standin:measure"


@pytest.fixture
def standin(tmp_path, monkeypatch) -> str:
    """Put the stand-in where workers look: site-packages of the parent are handed on."""
    place = tmp_path / "site-packages"
    place.mkdir()
    (place / "cohort_standin.py").write_text(STANDIN)
    monkeypatch.syspath_prepend(str(place))
    return WORK


def write_list(folder: Path, **groups: str) -> Path:
    """A list of studies, label -> what becomes of it, each with a file of its own."""
    lines = ["label,path,group"]
    for label, group in groups.items():
        if not (folder / f"{label}.txt").exists():  # a new time would be another scan
            (folder / f"{label}.txt").write_text(label)
        lines.append(f"{label},{label}.txt,{group}")
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
    return folder / "list.csv"


def seen(folder: Path) -> list[str]:
    """Labels in the order in which workers began with them."""
    return [line.split()[0] for line in (folder / "log.txt").read_text().splitlines()]


def pids(folder: Path) -> list[int]:
    return [int(line.split()[1]) for line in (folder / "log.txt").read_text().splitlines()]

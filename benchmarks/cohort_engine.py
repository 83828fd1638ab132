"""What the engine of `lvcine cohort` adds to the work: overhead, memory over many studies, many workers.

The nets are stood in for by studies that take a stated time and write results as large as real ones; finding,
processes, limits, records, tables and the page are the real ones.

    python benchmarks/cohort_engine.py --studies 1000 --workers 2 --delay 0.2
    python benchmarks/cohort_engine.py --studies 256 --workers 64 --delay 10

`--busy` lets a study keep its processor for that time instead of waiting, as nets do: only on a machine that
has nothing else to do does the ratio of two such runs say how much faster two workers are.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

STANDIN = r"""
import base64, json, time
from pathlib import Path
from lvcine.cohorts.record import Record
from lvcine.output import claim, old_results, writing

NOISE = bytes(range(256)) * 8000  # 2 MB: a report with its film


def measure(study, options, folder):
    start, worked = time.perf_counter(), time.process_time()
    busy, _, delay = study.group.partition(":")
    if busy == "busy":
        while time.process_time() - worked < float(delay):
            sum(range(2000))
    else:
        time.sleep(float(delay))
    took = time.perf_counter() - start
    with claim(Path(folder), old_results()) as place, writing(place.out):
        (place.new / "report.html").write_bytes(NOISE)
        lines = [f"cavity_area_mm2,{800 + k},mm2,contours,{k},0,,," for k in range(500)]
        (place.new / "measurements.csv").write_text(
            "name,value,unit,method,slice,frame,segment,low,high\n" + "\n".join(lines) + "\n"
        )
        (place.new / "run.json").write_text(json.dumps({"lvcine_version": "0"}))
        place.commit()
    rss = int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
    number = int(study.label[1:])
    numbers = {"edv_ml": 120.0 + number % 60, "ef_percent": 50.0 + number % 20, "ed_frame": 0, "es_frame": 9}
    return Record(
        study.label, "done", numbers=numbers | {f"number_{k}_ml": float(k) for k in range(30)}, seconds=took,
        facts={"sex": "FM"[number % 2], "age_years": 40.0 + number % 40, "papillary": "include"},
        findings=(("few-slices", "warning"), ("not-indexed", "info")), peak_mb=rss,
        thumbnail=base64.b64encode(NOISE[:2500]).decode(),
    )
"""


def rss_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def measure(home: Path, studies: int, workers: int, delay: float, busy: bool) -> dict[str, float]:
    from lvcine.cohorts.run import cohort

    lines = ["label,path,group"]
    group = f"{'busy' if busy else 'wait'}:{delay}"
    for k in range(studies):
        (home / f"{k}.txt").write_text(str(k))
        lines.append(f"p{k:05d},{k}.txt,{group}")
    (home / "list.csv").write_text("\n".join(lines) + "\n")
    parent: list[tuple[float, float]] = []

    def watch(stage: str, done: int, total: int) -> None:
        if "finished" in stage and done > len(parent):
            parent.append((time.perf_counter(), rss_mb()))

    start, worked = time.perf_counter(), time.process_time()
    cohort(
        home / "list.csv", home / "out", workers=workers, work="cohort_engine_standin:measure", progress=watch
    )
    wall, worked = time.perf_counter() - start, time.process_time() - worked
    records = sorted((home / "out" / "records").glob("*.json"), key=lambda p: p.stat().st_mtime)
    workers_mb = [json.loads(path.read_text())["peak_mb"] for path in records]
    # From when every worker is at work to when the first has nothing more to do.
    first, last = min(2 * workers, studies // 4), studies - workers
    steady = (parent[last - 1][0] - parent[first - 1][0]) / max(last - first, 1)
    at = min(100, studies // 2)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "studies": studies, "workers": workers, "delay_s": delay, "wall_s": wall,
        "s_per_study": steady, "efficiency": delay / workers / steady,
        "parent_processor_ms_per_study": 1000 * worked / studies,
        "workers_processor_ms_per_study": 1000 * (children.ru_utime + children.ru_stime) / studies,
        "parent_mb_early": parent[at - 1][1], "parent_mb_late": parent[-1][1],
        "workers_mb_early": max(workers_mb[at - 10 : at]), "workers_mb_late": max(workers_mb[-10:]),
        "page_mb": (home / "out" / "cohort.html").stat().st_size / 1e6,
        "tables_and_page_s": start + wall - parent[-1][0],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--delay", type=float, default=0.2, help="seconds of a study")
    parser.add_argument("--busy", action="store_true", help="of processor time instead of waiting")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "site-packages"  # where workers look for modules
        place.mkdir()
        (place / "cohort_engine_standin.py").write_text(STANDIN)
        sys.path.insert(0, str(place))
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        found = measure(Path(folder), asked.studies, asked.workers, asked.delay, asked.busy)
    for name, value in found.items():
        print(f"{name:32} {value:.4g}")


if __name__ == "__main__":
    main()

"""The virtual population: histograms of 1,000 hearts against published ranges, as docs/ shows them.

    python benchmarks/phantom_variety.py [--count 1000] [--out docs/evidence/phantom_variety.png]

Prints the table of docs/evidence/variety.md. Needs matplotlib; one core, about a minute.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lvcine.phantom.anatomy import draw_anatomy
from lvcine.phantom.indices import slice_indices
from lvcine.phantom.population import KINDS, Subject, draw_subject
from lvcine.phantom.segments import scar_segments
from lvcine.phantom.strain import strain
from lvcine.phantom.truth import QUICK, cavity_moments, find_timing, mass_g, volume_ml


@dataclass(frozen=True)
class Panel:
    """One histogram: what is counted, on which axis, and the healthy range that is shaded."""

    name: str
    unit: str
    low: float
    high: float
    healthy: tuple[float, float]
    source: str


PETERSEN = "Petersen 2017, doi:10.1186/s12968-017-0327-9"
YOUNG = "Young 2012, doi:10.1186/1532-429X-14-49"
PANELS = (
    Panel("EDV", "mL", 0, 380, (80, 232), PETERSEN),
    Panel("ESV", "mL", 0, 320, (25, 103), PETERSEN),
    Panel("EF", "%", 0, 90, (48, 71), PETERSEN + ": mean -/+ 2 SD, both sexes"),
    Panel("mass", "g", 0, 500, (56, 176), "Kawel-Boehm 2015, doi:10.1186/s12968-015-0111-7: the same"),
    Panel("wall at ED", "mm", 0, 26, (3.5, 8.5), "Kawel 2012, doi:10.1161/CIRCIMAGING.112.973560: the same"),
    Panel("thickest wall at ED", "mm", 0, 40, (7, 9), "Kawel 2012: mean of women and of men"),
    Panel("twist", "degrees", 0, 26, (7, 19), YOUNG + ": about 10 and 3 at the ends, +/- 50 % (ours)"),
    Panel(
        "longitudinal strain",
        "%",
        -30,
        2,
        (-23.4, -15.8),
        "means of 33 studies, PMID 31611158; ours: mid-wall",
    ),
    Panel("heart rate", "1/min", 30, 130, (50, 90), "usual at rest"),
)


def measured(subject: Subject, rng: np.random.Generator) -> dict[str, float]:
    heart = subject.heart
    moments = cavity_moments(heart, nodes=QUICK)
    timing = find_timing(heart, moments)
    edv, esv = volume_ml(heart, heart.beat.at(np.array([timing.ed, timing.es])), moments)
    ed = heart.beat.at(timing.ed)
    middle = slice_indices(draw_anatomy(heart, rng), float(heart.height(0.5, ed)), ed)
    moved = strain(heart, [timing.es])
    scars = [n for numbers in scar_segments(heart) for n in numbers]
    return {
        "EDV": float(edv),
        "ESV": float(esv),
        "EF": 100 * float(1 - esv / edv),
        "mass": mass_g(heart),
        "wall at ED": middle.mean_thickness_mm,
        "thickest wall at ED": middle.max_thickness_mm,
        "twist": float(np.degrees(heart.twist_base - heart.twist_apex)),
        "longitudinal strain": float(moved.longitudinal[0]),
        "heart rate": subject.person.rate_bpm,
        "scarred segments": float(len(set(scars))),
        "EDV index": float(edv) / subject.person.bsa_m2,
    }


def draw(rows: list[dict[str, float]], kinds: np.ndarray, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    colours = ["#3b6ea5", "#c8553d", "#7a4d9f", "#e0a030", "#5b9a68", "#9aa0a6"]
    figure, axes = plt.subplots(3, 3, figsize=(11, 8.2), constrained_layout=True)
    for axis, panel in zip(axes.ravel(), PANELS, strict=True):
        values = np.array([row[panel.name] for row in rows])
        edges = np.linspace(panel.low, panel.high, 39)
        axis.axvspan(*panel.healthy, color="#000000", alpha=0.08, lw=0)
        parts = [np.clip(values[kinds == kind], panel.low, panel.high) for kind in KINDS]
        axis.hist(parts, edges, stacked=True, color=colours, label=list(KINDS))
        axis.set_xlabel(f"{panel.name} ({panel.unit})")
        axis.set_xlim(panel.low, panel.high)
        axis.spines[["top", "right"]].set_visible(False)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, frameon=False)
    axes[1, 0].set_ylabel("hearts")
    figure.suptitle(f"{len(rows)} virtual hearts; shaded: healthy adults", fontsize=11)
    figure.savefig(path, dpi=85)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("docs/evidence/phantom_variety.png"))
    options = parser.parse_args()
    rows, kinds = [], []
    for seed in range(options.count):
        rng = np.random.default_rng(seed)
        subject = draw_subject(rng)
        rows.append(measured(subject, rng))
        kinds.append(subject.kind)
    of = np.array(kinds)
    draw(rows, of, options.out)
    print("| | min | 5 % | median | 95 % | max | normal hearts, 5-95 % | healthy adults | source |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for panel in PANELS:
        values = np.array([row[panel.name] for row in rows])
        marks = np.percentile(values, [0, 5, 50, 95, 100])
        normal = np.percentile(values[of == "normal"], [5, 95])
        digits = 1 if np.ptp(values) < 60 else 0
        cells = " | ".join(f"{v:.{digits}f}" for v in marks)
        span = " to ".join(f"{v:.{digits}f}" for v in normal)
        healthy = f"{panel.healthy[0]:g} to {panel.healthy[1]:g}"
        print(f"| {panel.name}, {panel.unit} | {cells} | {span} | {healthy} | {panel.source} |")
    index = np.array([row["EDV index"] for row in rows])[of == "normal"]
    scars = np.array([row["scarred segments"] for row in rows])[of == "infarcted"]
    print(
        "\nEDV index of normal hearts, 5-95 %:",
        f"{np.percentile(index, 5):.0f}-{np.percentile(index, 95):.0f} mL/m2",
    )
    print(f"scarred segments of infarcted hearts: {np.bincount(scars.astype(int)).tolist()} (0, 1, 2, ...)")
    print({kind: int((of == kind).sum()) for kind in KINDS})


if __name__ == "__main__":
    main()

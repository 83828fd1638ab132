"""Pictures of large temporal errors: where a net of single frames fails and one with memory does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lvcine.output import whole
from lvcine.papers.echo.recordings import Recording
from lvcine.papers.echo.score import temporal_errors_mm
from lvcine.study import U8
from lvcine.training.items import subject_of

COLOURS = {1: "red", 2: "lime", 3: "deepskyblue"}
"""LV, myocardium, left atrium."""


def draw_figure(
    file: Path,
    clips: Sequence[Recording],
    predicted: Mapping[str, Sequence[U8]],
    single: str,
    memory: str,
) -> None:
    """Draw the three frames in which the error of ``single`` exceeds that of ``memory`` most, by every row.

    Parameters
    ----------
    file : Path
        PNG; rows are recordings, columns the truth and every row of the table.
    clips : sequence of Recording
    predicted : dict of row -> sequence of ndarray (T, Y, X)
        Labels in the recordings' order.
    single, memory : str
        Two rows: where they differ most is shown.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    places = _worst(clips, predicted[single], predicted[memory])[:3]
    figure = Figure(figsize=(2.2 * (1 + len(predicted)), 2.4 * len(places)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(places), 1 + len(predicted), squeeze=False)
    for line, (k, t) in enumerate(places):
        shown = {"truth": clips[k].labels, **{row: labels[k] for row, labels in predicted.items()}}
        for axis, (row, labels) in zip(axes[line], shown.items(), strict=True):
            axis.imshow(clips[k].pixels[t], cmap="gray")
            for label, colour in COLOURS.items():
                if (labels[t] == label).any():
                    axis.contour(labels[t] == label, [0.5], colors=colour, linewidths=0.8)
            error = temporal_errors_mm(labels, clips[k])[t]
            said = "lost" if not np.isfinite(error) else f"{error:.0f} mm"
            axis.set_title(row if row == "truth" else f"{row}: {said}", fontsize=7)
            axis.set_xticks([])
            axis.set_yticks([])
        axes[line][0].set_ylabel(f"{subject_of(clips[k].name)}, frame {t}", fontsize=7)
    figure.suptitle(
        "red: LV; green: myocardium; blue: atrium; mm: from the nearest labelled frame", fontsize=8
    )
    with whole(file) as stream:
        figure.savefig(stream, format="png", dpi=110)


def _worst(clips: Sequence[Recording], single: Sequence[U8], memory: Sequence[U8]) -> list[tuple[int, int]]:
    """(recording, frame), the worst first, each recording once; what is lost is worse than any distance."""
    worst = []
    for k, clip in enumerate(clips):
        far, kept = (
            np.nan_to_num(temporal_errors_mm(labels[k], clip), nan=1e3) for labels in (single, memory)
        )
        more = far - kept
        worst.append((float(more.max()), k, int(more.argmax())))
    return [(k, t) for _, k, t in sorted(worst, reverse=True)]

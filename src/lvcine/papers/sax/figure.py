"""A picture like the paper's Fig. 3: neighbouring frames where the CNN alone is farthest off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lvcine.output import whole
from lvcine.papers.sax.circular import Paper
from lvcine.papers.sax.clips import Clip
from lvcine.papers.sax.score import ring_score

AROUND = 2
"""Frames before and after the one looked at."""


def draw_figure(
    file: Path,
    clips: Sequence[Clip],
    found: Mapping[str, Sequence[np.ndarray]],
    paper: Paper,
) -> None:
    """Draw the two frames, of different clips, with the CNN's largest Hausdorff distance.

    Parameters
    ----------
    file : Path
        PNG.
    clips : sequence of Clip
    found : dict of row -> sequence of ndarray (T, size, size)
        Labels in the clips' middles, in the clips' order.
    paper : Paper
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    places = _worst(clips, found["cnn"], paper)[:2]
    columns = 2 * AROUND + 1
    figure = Figure(figsize=(2 * columns + 1, 2 * len(found) * len(places)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(found) * len(places), columns, squeeze=False)
    for n, (k, t) in enumerate(places):
        for r, (row, labels) in enumerate(found.items()):
            for c in range(columns):
                frame = (t + c - AROUND) % len(clips[k].pixels)
                axis = axes[n * len(found) + r][c]
                pixels, truth = (a[frame] for a in clips[k].middle(paper.size))
                axis.imshow(pixels, cmap="gray")
                for of, colour, line in ((truth, "lime", "-"), (labels[k][frame], "red", "--")):
                    for inner in (of == 1, of > 0):
                        if inner.any():
                            axis.contour(inner, [0.5], colors=colour, linestyles=line, linewidths=0.8)
                axis.set_xticks([])
                axis.set_yticks([])
                if r == 0:
                    axis.set_title(f"{clips[k].name}, frame {frame}", fontsize=7)
            axes[n * len(found) + r][0].set_ylabel(row, fontsize=8)
    figure.suptitle("green: truth; red: found", fontsize=9)
    with whole(file) as stream:
        figure.savefig(stream, format="png", dpi=110)


def _worst(clips: Sequence[Clip], found: Sequence[np.ndarray], paper: Paper) -> list[tuple[int, int]]:
    """(clip, frame), the worst first, each clip once; frames that were lost altogether come last."""
    worst = []
    for k, (clip, labels) in enumerate(zip(clips, found, strict=True)):
        pairs = zip(labels, clip.middle(paper.size)[1], strict=True)
        far = [ring_score(ours, truth, paper.spacing_mm).hausdorff_mm for ours, truth in pairs]
        if np.isfinite(far).any():
            worst.append((float(np.nanmax(far)), k, int(np.nanargmax(far))))
    return [(k, t) for _, k, t in sorted(worst, reverse=True)]

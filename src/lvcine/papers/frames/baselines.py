"""What TempReg-Net is compared with: no learning, an area or a difference, and its extremes.

The paper starts a level set and a graph cut from a contour; here it is a circle in the middle of the cut
that :mod:`~lvcine.systems.frames.prepare` makes around what moves.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import label, zoom
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from lvcine.study import F32, U8, Bools
from lvcine.systems.frames.prepare import scaled

Pair = tuple[int, int]

START = 0.12
"""Radius of the circle to start from, as a share of the cut's side."""
REACH = 0.33
"""Beyond this share of the side from the middle nothing belongs to the cavity."""
GRID = 64
"""Rows and columns on which the graph is cut; its time grows with the square and more."""
STIFF = 0.6
"""Of the graph cut: what a border between like pixels costs, against their likelihoods."""


def level_set(clip: U8) -> Pair:
    """Areas of a level set without edges (Chan and Vese 2001, doi:10.1109/83.902291).

    Its morphological form (Marquez-Neila et al. 2014, doi:10.1109/TPAMI.2013.106), from scikit-image.

    Parameters
    ----------
    clip : ndarray of uint8, shape (T, Y, X)

    Returns
    -------
    (int, int)
        Frames of ED and ES.
    """
    from skimage.segmentation import morphological_chan_vese

    frames = scaled(clip.astype(np.float32))
    start = _disc(frames.shape[1:], START)
    cut = _disc(frames.shape[1:], REACH)
    areas = []
    for frame in frames:
        found = morphological_chan_vese(frame * cut, 40, init_level_set=start, smoothing=2) > 0
        areas.append(_area(_bright(found & cut, frame, cut)))
    return _extremes(areas)


def graph_cut(clip: U8) -> Pair:
    """Areas of the cheapest cut between blood and the rest.

    Boykov and Jolly 2001, doi:10.1109/ICCV.2001.937505; the cut by SciPy's maximum flow.
    """
    frames = scaled(clip.astype(np.float32))
    small = zoom(frames, (1, GRID / frames.shape[1], GRID / frames.shape[2]), order=1)
    return _extremes([_area(_cut(frame)) for frame in small])


def motion(clip: U8) -> Pair:
    """The two frames that differ most; ES is the one that comes sooner after the other."""
    frames = scaled(clip.astype(np.float32))
    flat = frames.reshape(len(frames), -1)
    flat = flat - flat.mean(1, keepdims=True)
    square = (flat**2).sum(1)
    apart = square[:, None] + square[None] - 2 * flat @ flat.T
    a, b = sorted(divmod(int(apart.argmax()), len(frames)))
    return (a, b) if b - a <= len(frames) - (b - a) else (b, a)


def first_frame(clip: U8) -> Pair:
    """ED is frame 0, as if every cine began at the R wave; ES is the frame that differs most from it."""
    frames = scaled(clip.astype(np.float32))
    return 0, int(((frames - frames[0]) ** 2).mean((1, 2)).argmax())


BASELINES = {
    "frame 0": first_frame,
    "most different frames": motion,
    "level set": level_set,
    "graph cut": graph_cut,
}


def _extremes(areas: list[float]) -> Pair:
    return int(np.argmax(areas)), int(np.argmin(areas))


def _disc(shape: tuple[int, ...], share: float) -> Bools:
    y, x = np.indices(shape)
    return np.hypot(y - (shape[0] - 1) / 2, x - (shape[1] - 1) / 2) <= share * min(shape)


def _bright(found: Bools, frame: F32, cut: Bools) -> Bools:
    """The brighter of the two sides: blood, in a bSSFP cine."""
    inside, outside = frame[found & cut], frame[~found & cut]
    return found if not len(outside) or (len(inside) and inside.mean() >= outside.mean()) else ~found & cut


def _area(found: Bools) -> float:
    """Of the piece that has the most of the middle."""
    regions, count = label(found)
    if not count:
        return 0.0
    middle = np.bincount(regions[_disc(found.shape, START)], minlength=count + 1)[1:]
    best = 1 + int(middle.argmax()) if middle.max() else 1 + int(np.bincount(regions.ravel())[1:].argmax())
    return float((regions == best).sum())


def _cut(frame: F32) -> Bools:
    """Pixels on the side of the blood."""
    shape = frame.shape
    start, reach = _disc(shape, START), _disc(shape, REACH)
    bright, dark = float(np.percentile(frame[start], 75)), float(np.percentile(frame[reach], 20))
    spread = max((bright - dark) / 4, 1e-3)
    as_blood = ((frame - bright) / spread) ** 2 / 2
    as_rest = ((frame - dark) / spread) ** 2 / 2
    as_blood = np.where(frame > bright, 0.0, as_blood) + np.where(reach, 0.0, 1e3)
    as_rest = np.where(frame < dark, 0.0, as_rest)
    nodes = np.arange(frame.size).reshape(shape)
    edges, weights = [], []
    for a, b, x, y in (
        (nodes[:, :-1], nodes[:, 1:], frame[:, :-1], frame[:, 1:]),
        (nodes[:-1], nodes[1:], frame[:-1], frame[1:]),
    ):
        stiff = STIFF * np.exp(-(((x - y) / spread) ** 2) / 2).ravel()
        edges += [(a.ravel(), b.ravel()), (b.ravel(), a.ravel())]
        weights += [stiff, stiff]
    source, sink = frame.size, frame.size + 1
    every = nodes.ravel()
    edges += [(np.full(frame.size, source), every), (every, np.full(frame.size, sink))]
    weights += [as_rest.ravel(), as_blood.ravel()]
    rows, columns = (np.concatenate([e[k] for e in edges]) for k in (0, 1))
    capacity = np.minimum(np.concatenate(weights) * 100, 1e6).astype(np.int32)  # SciPy's flow is whole
    graph = coo_array((capacity, (rows, columns)), shape=(frame.size + 2, frame.size + 2)).tocsr()
    flow = maximum_flow(graph, source, sink).flow
    left = graph - flow
    left.data = np.maximum(left.data, 0)
    left.eliminate_zeros()
    reached = breadth_first_order(left, source, return_predecessors=False)
    blood = np.zeros(frame.size + 2, bool)
    blood[reached] = True
    return blood[: frame.size].reshape(shape)

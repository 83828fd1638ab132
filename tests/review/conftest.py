"""A stack of rings and a clip of half ellipses whose every number is known, as results to be reviewed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from lvcine.phantom.write import write_nifti
from lvcine.pipeline.measure_masks import measure_masks
from lvcine.review.open_result import open_result
from lvcine.review.run import Review
from lvcine.review.session import Session
from lvcine.study import Cine, Geometry, Study, View

SLICES, FRAMES, SIZE, MM, STEP_MM = 4, 10, 72, 1.25, 10.0
MIDDLE = SIZE / 2.0


def radius_mm(t: int) -> float:
    """Of the cavity in every slice: 21 mm at frame 0, 14 mm at frame 5."""
    return 17.5 + 3.5 * float(np.cos(2 * np.pi * t / FRAMES))


def rings() -> tuple[Cine, np.ndarray]:
    """A stack from base to apex, bright blood, dark wall of 9 mm, an RV at the left."""
    y, x = (np.mgrid[:SIZE, :SIZE] - MIDDLE) * MM
    distance, noise = np.hypot(y, x), np.random.default_rng(0).normal(0, 15, (SIZE, SIZE))
    labels = np.zeros((SLICES, FRAMES, SIZE, SIZE), np.uint8)
    pixels = np.zeros(labels.shape, np.uint16)
    for t in range(FRAMES):
        labels[:, t] = np.where(distance <= radius_mm(t), 1, np.where(distance <= radius_mm(t) + 9, 2, 0))
        beside = np.where(np.hypot(y, x + 36) < 22, 420, 90 + 40 * np.sin(x / 7))
        grey = np.where(labels[0, t] == 1, 480, np.where(labels[0, t] == 2, 140, beside))
        pixels[:, t] = np.clip(grey + noise, 0, None)
    apex = np.array([0.7, -0.5, -0.51]) / np.linalg.norm([0.7, -0.5, -0.51])  # left, forward and down
    column = np.cross(apex, [0.0, 0.0, 1.0]) / np.linalg.norm(np.cross(apex, [0.0, 0.0, 1.0]))
    row = np.cross(column, apex)
    origins = np.array([apex * STEP_MM * z - 45 * (row + column) for z in range(SLICES)])
    place = Geometry(origins, row * MM, column * MM, STEP_MM)
    times = np.tile(np.arange(FRAMES) * 80.0, (SLICES, 1))
    cine = Cine(pixels, place, times, np.full(SLICES, 800.0), view=View.SAX, label="series 1")
    return cine, labels


def half_ellipses() -> tuple[Cine, np.ndarray]:
    """A clip of one beat: the cavity from the valve at row 110 up to the apex, the left atrium below it."""
    size, frames = 128, 30
    y, x = np.mgrid[:size, :size].astype(float)
    labels = np.zeros((1, frames, size, size), np.uint8)
    for t in range(frames):
        squeeze = np.sin(np.pi * min(max(t - 4, 0) / 20, 1.0)) ** 2
        tall, half = 76 - 9 * squeeze, 24 - 7 * squeeze
        up, across = (110 - y), (x - 64)
        labels[0, t][(up >= 0) & (np.hypot(up / (tall + 7), across / (half + 7)) <= 1)] = 2
        labels[0, t][(up >= 0) & (np.hypot(up / tall, across / half) <= 1)] = 1
        labels[0, t][(up < 0) & (np.hypot(up / 15, across / 20) <= 1)] = 3
    pixels = np.where(labels == 1, 20, np.where(labels == 2, 150, 60)).astype(np.uint8)
    pixels[0] += np.random.default_rng(0).integers(0, 40, (size, size)).astype(np.uint8)
    times = np.arange(frames)[None] * 33.0
    place = Geometry.stack(1, (1.0, 1.0), 1.0)
    return Cine(pixels, place, times, gated=False, view=View.A4C, modality="US", label="clip"), labels


@pytest.fixture(scope="session")
def analysed(tmp_path_factory) -> Path:
    """``stack`` and ``clip``: a scan beside the results of its analysis."""
    home = tmp_path_factory.mktemp("analysed")
    cine, labels = rings()
    (home / "stack").mkdir()
    scan = write_nifti(cine, home / "stack" / "scan.nii.gz")
    measure_masks(
        scan, labels, output=home / "stack" / "results", ed=0, es=5, movie="none", view="SAX", by="a net"
    )
    return home


@pytest.fixture(scope="session")
def clip_session(tmp_path_factory) -> Callable[[Path], Session]:
    """Makes a session of the clip in a folder of its own."""
    from lvcine.review.open_result import Opened

    cine, labels = half_ellipses()
    result = measure_masks(Study((cine,), digest="c" * 64), labels, labels="camus", by="a net")

    def make(folder: Path) -> Session:
        result.save(folder, movie="none")
        return Session(Opened(folder, result, None, Study((cine,))))

    return make


@pytest.fixture
def folder(analysed, tmp_path) -> Path:
    """Results of the stack, to be corrected, with its scan beside them."""
    shutil.copytree(analysed / "stack", tmp_path / "stack")
    return tmp_path / "stack" / "results"


@pytest.fixture
def reviewed(folder) -> Iterator[Callable[[], Review]]:
    """Opens the results for review; called again, it closes them first, as a new command would find them."""
    with ExitStack() as stack:

        def make() -> Review:
            stack.close()
            return stack.enter_context(Review(Session(open_result(folder))))

        yield make

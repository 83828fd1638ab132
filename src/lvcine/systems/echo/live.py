"""A live stream: push a frame, get its outlines, the area and the ejection fraction so far."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import SHIPPED, Runtime, load
from lvcine.errors import MeasureError, ReadError
from lvcine.measure.apical import one_frame
from lvcine.measure.beats import find_beats
from lvcine.measure.hinges import own_base
from lvcine.study import Contour
from lvcine.systems.echo.infer import FrameSegmentation, segment_frame
from lvcine.systems.echo.prepare import Sector, as_input, find_sector
from lvcine.systems.echo.recipe import DRAW_FILE
from lvcine.systems.echo.stream import Steps

LOOKED_AT = 24
"""Last frames in which the sector is sought: letters stand still in them and speckle does not."""
AGAIN = 60
"""Frames after which it is sought again: a new depth or view is told by the picture itself (SAME)."""
REMEMBERED_MS = 8000.0
"""Of the volume's course: some eight beats; an hour takes no more memory than that."""
GAP_MS = 250.0
"""Without frames for longer than a third of a beat the memory is of another heart phase: it begins anew."""
SAME = 0.4
"""Correlation of two neighbouring frames, 32 pixels wide, below which the picture is another one: other
depth, other view, other patient. Frames of one clip correlate by 0.8 and more."""


@dataclass(frozen=True)
class Seen:
    """What one frame gave.

    Attributes
    ----------
    segmentation : FrameSegmentation
        Labels and outlines on the frame's own pixels.
    area, volume : float
        Of the cavity, mm2 and mL; in pixels and thousands of cubic pixels where there is no spacing.
        NaN where no ventricle was found.
    ef_percent : float
        Mean over the last beats, NaN before the first whole one.
    beats : int
        Whole beats in what is remembered.
    began_anew : str
        Why the memory was cleared at this frame: ``""``, ``frames dropped`` or ``picture changed``.
    """

    segmentation: FrameSegmentation
    area: float
    volume: float
    ef_percent: float
    beats: int
    began_anew: str


class Live:
    """The ultrasound net on a stream of frames.

    Parameters
    ----------
    view : str, optional
        A4C, A2C or A3C.
    spacing_mm : (float, float), optional
        Of rows and columns.
    frame_ms : float
        Between frames pushed without a time.
    runtime : Runtime
        What runs the net, and whose weights are taken.

    Examples
    --------
    >>> live = Live(view="A4C")
    >>> seen = live.push(np.zeros((120, 160), np.uint8))
    >>> seen.beats, seen.segmentation.labels.shape
    (0, (120, 160))
    """

    def __init__(
        self,
        *,
        view: str | None = None,
        spacing_mm: tuple[float, float] | None = None,
        frame_ms: float = 33.0,
        runtime: Runtime = SHIPPED,
    ) -> None:
        net = load("echo", runtime, file=DRAW_FILE)
        self.size = net.card.contract.size[-1]
        self.steps = Steps(net, view)
        self.spacing_mm, self.frame_ms = spacing_mm, frame_ms
        self._recent: deque[NDArray[np.generic]] = deque(maxlen=LOOKED_AT)
        self._course: deque[tuple[float, float]] = deque()
        self._sector: Sector | None = None
        self._pushed, self._last_ms = 0, -np.inf

    def forget(self, *, spacing_mm: tuple[float, float] | None = None) -> None:
        """Begin anew: another depth, view or patient; ``spacing_mm`` is that of the frames to come."""
        self.spacing_mm = spacing_mm
        self._recent.clear()
        self._course.clear()
        self._sector = None
        self.steps.forget()

    def push(self, frame: NDArray[np.generic], time_ms: float | None = None) -> Seen:
        """One frame (Y, X), grey, with the time at which it was taken.

        Raises
        ------
        ReadError
            Not a grey picture, or a time that runs backwards.
        """
        if frame.ndim != 2 or min(frame.shape) < 16:
            raise ReadError(
                f"a frame of shape {frame.shape}",
                advice="push grey frames (rows, columns) of 16 pixels or more",
            )
        time_ms = self._last_ms + self.frame_ms if time_ms is None and self._pushed else time_ms or 0.0
        if time_ms <= self._last_ms:
            raise ReadError(f"the time runs backwards, from {self._last_ms:g} to {time_ms:g} ms")
        why = self._why_anew(frame, time_ms)
        if why == "picture changed":
            self.forget()  # the spacing is that of another depth: the user states the new one
        elif why:
            self.steps.forget()
        self._recent.append(frame)
        sector = self._find_sector()
        likelihood, _ = self.steps(as_input(frame[None], sector)[0])
        segmentation = segment_frame(likelihood, sector.window, frame.shape)
        area, volume = self._measured(segmentation)
        self._pushed, self._last_ms = self._pushed + 1, time_ms
        self._course.append((time_ms, volume))
        while self._course[0][0] < time_ms - REMEMBERED_MS:
            self._course.popleft()
        efs = self._fractions()
        return Seen(segmentation, area, volume, float(np.mean(efs)) if efs else np.nan, len(efs), why)

    def _why_anew(self, frame: NDArray[np.generic], time_ms: float) -> str:
        if not self._recent:
            return ""
        before = self._recent[-1]
        if before.shape != frame.shape or _likeness(before, frame) < SAME:
            return "picture changed"
        return "frames dropped" if time_ms - self._last_ms > max(GAP_MS, 3 * self.frame_ms) else ""

    def _find_sector(self) -> Sector:
        """The sector, sought again while it is young and now and then; a jump of it begins anew."""
        if self._sector is None or self._pushed % AGAIN == 0 or len(self._recent) in (2, 4, 8):
            found = find_sector(np.stack(self._recent), self.spacing_mm or (1.0, 1.0), self.size)
            if self._sector is None or _moved(self._sector, found):
                self._sector = found
        return self._sector

    def _measured(self, segmentation: FrameSegmentation) -> tuple[float, float]:
        if segmentation.endo is None:
            return np.nan, np.nan
        hinges = segmentation.annulus or own_base(Contour(segmentation.endo.points))
        area, _, volume, _ = one_frame(segmentation.endo, hinges, self.spacing_mm or (1.0, 1.0))
        return area, volume

    def _fractions(self) -> list[float]:
        times, volumes = np.array(self._course).T
        if len(times) < 8:  # two frames are taken as ED and ES of a still pair: not so in a stream
            return []
        try:
            beats = find_beats(volumes, times)
        except MeasureError:
            return []
        return [100.0 * float(1 - volumes[b.es_frame] / volumes[b.ed_frame]) for b in beats]


def _likeness(a: NDArray[np.generic], b: NDArray[np.generic]) -> float:
    step = max(1, a.shape[1] // 32)
    x, y = (np.asarray(one[::step, ::step], np.float32).ravel() for one in (a, b))
    x, y = x - x.mean(), y - y.mean()
    size = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / size if size > 0 else 1.0


def _moved(old: Sector, new: Sector) -> bool:
    """Whether the window is another one by more than a twentieth: a wobble must not shake the outlines."""
    shift = (
        np.hypot(*(np.subtract(new.window.centre, old.window.centre) / old.window.step)) / old.window.shape[0]
    )
    return bool(shift > 0.05 or abs(np.log(new.window.step[0] / old.window.step[0])) > 0.05)

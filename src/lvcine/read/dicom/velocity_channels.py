"""Three velocity channels beside a magnitude: phase pictures of the same places and times.

The makers sort them as they like: a series for each slice and channel (Siemens), a series for each
channel (GE), everything in one series (Philips), frames of multi-frame files. All are the same thing
seen this way: beside each slice of a magnitude, pictures on the same grid, in three directions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from lvcine.read.dicom.image import Image, is_whole_number
from lvcine.read.dicom.planes import grid, grouped, without_copies
from lvcine.read.dicom.time import Run, acquisitions, latest
from lvcine.read.dicom.venc import Direction, Encoding, Frame
from lvcine.study import Array

Channel = tuple[Run, ...]
"""Runs of one channel, one for each slice of the magnitude, their pictures in its frames' order."""

CHANNELS = 3
PHASE_TERMS = {"P", "PHASE", "PHASE MAP", "VELOCITY", "VELOCITY MAP"}
_SAME_PLACE_MM = 0.1
_SAME_FRAME = 0.5  # of a frame: further apart in the cycle, and it is another moment


def is_phase(image: Image) -> bool:
    """Whether the coded terms say that the pixels are a phase (:func:`lvcine.read.dicom.mr.why_aside`)."""
    return bool({term.upper() for term in image.image_type} & PHASE_TERMS)


def why_phase(encoding: Encoding | None, *, magnitude: bool = True) -> str:
    """Why phase pictures that are no channels of a magnitude are not analysed."""
    if encoding is None:
        return "phase pictures that do not say a velocity encoding"
    if not magnitude:
        return f"velocity pictures ({encoding}) without their magnitude"
    return f"velocity pictures ({encoding}): not in three directions beside a magnitude, so they are not read"


class PhasePictures:
    """Phase pictures of an exam, to be asked for those beside a magnitude.

    Parameters
    ----------
    images : sequence of Image
    venc_given : bool
        The user gives the VENC. Then channels may be distinguished by their order alone; otherwise, where
        the files say a VENC, they must say the directions too.
    """

    def __init__(self, images: Sequence[Image], *, venc_given: bool = False) -> None:
        self._venc_told = venc_given
        groups = grouped(images, lambda image: (image.study, grid(image)))
        self._on_grid = {(part[0].study, grid(part[0])): (part, _places(part)) for part in groups}

    def beside(self, runs: Sequence[Run]) -> tuple[Channel, ...]:
        """Three channels of a magnitude's runs, in the order of series and instance; empty if there are none.

        Parameters
        ----------
        runs : sequence of Run
            One for each slice.
        """
        if not self._on_grid:
            return ()
        found = [self._at(run) for run in runs]
        keys = list(found[0])
        if len(keys) != CHANNELS or any(set(slice_) != set(keys) for slice_ in found):
            return ()
        channels = [tuple(slice_[key] for slice_ in found) for key in keys]
        return tuple(sorted(channels, key=lambda channel: min(_order(run) for run in channel)))

    def directions(self, runs: Sequence[Run]) -> int:
        """In how many directions there are pictures of these slices, whatever their times."""
        keys = {_key(image) for run in runs for image in self._near(run)}
        return len(keys - {None})

    def named(self, runs: Sequence[Run]) -> str:
        """The directions that there are of these slices, as the files call them."""
        names = {
            image.encoding.direction
            for run in runs
            for image in self._near(run)
            if image.encoding is not None
        }
        return ", ".join(sorted(name for name in names if name)) or "not named"

    def counted(self, runs: Sequence[Run]) -> str:
        """How many pictures each direction has, beside those of the magnitude."""
        met: Counter[str] = Counter()
        for run in runs:
            for image in self._near(run):
                met[image.encoding.direction if image.encoding is not None else "without a VENC"] += 1
        magnitude = sum(run.frames for run in runs)
        parts = ", ".join(f"{name or 'not named'} {count}" for name, count in sorted(met.items()))
        return f"{parts}; magnitude {magnitude}"

    def _near(self, run: Run) -> list[Image]:
        """Pictures of the same place on the same grid."""
        first = run.images[0]
        images, places = self._on_grid.get((first.study, grid(first)), ([], np.zeros((0, 3))))
        away = np.linalg.norm(places - _places([first]), axis=1)
        return [images[k] for k in np.flatnonzero(~(away > _SAME_PLACE_MM))]

    def _at(self, magnitude: Run) -> dict[Hashable, Run]:
        """One run for each channel of a slice."""
        groups = grouped(self._near(magnitude), _key)
        parts = [(_key(part[0]), without_copies(part)[0]) for part in groups]
        fit = [
            (key, run)
            for key, part in parts
            for run in acquisitions(part)
            if len(part) > 1 and _at_its_times(run, magnitude)
        ]
        if any(key is None for key, _ in fit):
            return self._by_order([run for _, run in fit])
        best: dict[Hashable, Run] = {}
        for key, run in sorted(fit, key=lambda pair: _rank(pair[1], magnitude)):
            best[key] = run
        return best

    def _by_order(self, runs: list[Run]) -> dict[Hashable, Run]:
        """Channels whose directions are not all stated, numbered as they were written."""
        silent = all(image.encoding is None for run in runs for image in run.images)
        if len(runs) != CHANNELS or not (silent or self._venc_told):
            return {}
        return dict(enumerate(sorted(runs, key=_order)))


def _places(images: Iterable[Image]) -> Array:
    """Middle of each picture, shape (N, 3); NaN beside its slice location where it is not placed."""
    return np.array(
        [
            [0.0, 0.0, image.location_mm or 0.0] if image.centre_mm is None else image.centre_mm
            for image in images
        ]
    )


def _key(image: Image) -> Hashable:
    """What tells channels apart: the axis, whichever way along it."""
    along = None if image.encoding is None else image.encoding.along
    return None if along is None else axis(along)


def axis(along: Direction) -> tuple[Frame, tuple[float, ...]]:
    """A direction without its sign, coarse enough for slices that are tilted by rounding alone."""
    first = next(v for v in along.vector if abs(v) > 1e-2)
    return along.frame, tuple(round(v * float(np.sign(first)), 2) + 0.0 for v in along.vector)


def _at_its_times(run: Run, magnitude: Run) -> bool:
    """Whether the pictures are those of the magnitude's frames, one for one."""
    if run.frames != magnitude.frames:
        return False
    away = np.abs(run.phases - magnitude.phases)
    return bool((np.minimum(away, 1.0 - away) * run.frames < _SAME_FRAME).all())


def _rank(run: Run, magnitude: Run) -> tuple[object, ...]:
    """Last is best: of the magnitude's own acquisition, else the newest."""
    one, other = run.images[0], magnitude.images[0]
    own = one.acquisition == other.acquisition, one.acquired_s == other.acquired_s
    return *own, latest(run)


def _order(run: Run) -> tuple[float, str, float]:
    """Series and instance numbers."""
    return min(
        (
            float(image.series_number) if is_whole_number(image.series_number) else float("inf"),
            image.series,
            -1.0 if image.instance is None else image.instance,
        )
        for image in run.images
    )

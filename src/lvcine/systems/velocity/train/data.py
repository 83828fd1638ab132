"""The pool: virtual velocity-mapping slices for training, made from seeds and kept on disk.

python -m lvcine.systems.velocity.train.data --hearts 120
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.population import KINDS
from lvcine.phantom.seeds import phantom_seed
from lvcine.phantom.velocity import VelocityStudy, virtual_velocity

FIRST = 800_000
"""Numbers of these hearts, far from those of any other pool."""
SLICES, FRAMES, SIZE, SPACING_MM = 3, 24, 112, 1.4
RV = 3
"""Label of the right ventricle's blood: which way the septum lies is read off it."""
_STEPS = 127.0


@dataclass(frozen=True, eq=False)
class LabelledSlice:
    """One slice of a closed cycle with its truth.

    Attributes
    ----------
    subject : str
    magnitude : ndarray of uint8, shape (T, Y, X)
    velocity : ndarray of int8, shape (3, T, Y, X)
        Along x, y and z of the picture as scanned, wrapped; 127 is VENC.
    labels : ndarray of uint8, shape (T, Y, X)
        0 background, 1 cavity, 2 wall, 3 right ventricle.
    venc_cm_s : ndarray, shape (3,)
    """

    subject: str
    magnitude: NDArray[np.uint8]
    velocity: NDArray[np.int8]
    labels: NDArray[np.uint8]
    venc_cm_s: NDArray[np.float64]

    @property
    def velocity_cm_s(self) -> NDArray[np.float32]:
        venc = self.venc_cm_s.astype(np.float32).reshape(3, 1, 1, 1)
        return np.asarray(self.velocity * (venc / np.float32(_STEPS)), np.float32)


def slices_of(study: VelocityStudy, subject: str) -> list[LabelledSlice]:
    """What one slice after the other of a virtual scan shows.

    Examples
    --------
    >>> study, _ = virtual_velocity(1, slices=2, frames=2, size=32, spacing_mm=4.0)
    >>> [s.labels.shape for s in slices_of(study, "one")]
    [(2, 32, 32), (2, 32, 32)]
    """
    labels = np.where(study.rv, RV, study.labels).astype(np.uint8)
    venc = np.asarray(study.venc_cm_s, float)
    share = study.velocity_cm_s / venc.astype(np.float32).reshape(3, 1, 1, 1, 1)
    found = []
    for z in range(len(labels)):
        top = max(float(np.percentile(study.magnitude[z], 99.5)), 1e-6)
        magnitude = np.clip(study.magnitude[z] * (200.0 / top), 0, 255)
        stored = np.clip(np.rint(share[:, z] * _STEPS), -_STEPS, _STEPS)
        found.append(
            LabelledSlice(subject, magnitude.astype(np.uint8), stored.astype(np.int8), labels[z], venc)
        )
    return found


def fill_pool(folder: Path, numbers: Iterable[int], side: str = "training", kind: str | None = None) -> None:
    """Write the hearts that are not in the pool yet: ``SIDE-NUMBER.npz``; of all kinds, or of one."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        file = folder / f"{side}-{number:06d}.npz"
        if file.exists():
            continue
        study, _ = virtual_velocity(
            phantom_seed(side, FIRST + number), slices=SLICES, frames=FRAMES, size=SIZE,
            spacing_mm=SPACING_MM, kind=kind,
        )  # fmt: skip
        keep(slices_of(study, file.stem), file)


def keep(slices: list[LabelledSlice], file: Path) -> None:
    """Write the slices of one scan; whole or not at all."""
    part = file.with_suffix(".part")
    with part.open("wb") as stream:
        np.savez(
            stream,
            subject=slices[0].subject,
            magnitude=np.stack([s.magnitude for s in slices]),
            velocity=np.stack([s.velocity for s in slices]),
            labels=np.stack([s.labels for s in slices]),
            venc_cm_s=slices[0].venc_cm_s,
        )
    part.rename(file)


def load(file: Path) -> list[LabelledSlice]:
    """The slices of one scan."""
    with np.load(file) as stored:
        parts = zip(stored["magnitude"], stored["velocity"], stored["labels"], strict=True)
        subject, venc = str(stored["subject"]), stored["venc_cm_s"]
        return [LabelledSlice(subject, m, v, labels, venc) for m, v, labels in parts]


def load_pool(folder: Path, side: str = "training") -> list[LabelledSlice]:
    """All slices of one side."""
    return [one for file in sorted(folder.glob(f"{side}-*.npz")) for one in load(file)]


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, default=Path("packs/velocity"))
    parser.add_argument("--hearts", type=int, default=120)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--side", choices=("training", "choosing"), default="training")
    parser.add_argument("--kind", choices=KINDS, help="hearts of one kind; of all kinds by default")
    chosen = parser.parse_args()
    fill_pool(chosen.pool, range(chosen.first, chosen.first + chosen.hearts), chosen.side, chosen.kind)


if __name__ == "__main__":
    main()

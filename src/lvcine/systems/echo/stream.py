"""The net frame by frame: one step at a time, its memory handed on."""

from __future__ import annotations

import numpy as np

from lvcine.engine import Net
from lvcine.study import F32

FLAGS = {"A4C": 0.0, "A2C": 0.0, "A3C": 1.0}
UNKNOWN = 0.5


class Steps:
    """A net's memory over one clip or stream.

    Parameters
    ----------
    net : Net
        With inputs ``frame`` (1, 1, rows, columns), ``flag`` (1,) and ``state_0`` ... and outputs ``logits``
        (1, 4, rows, columns), ``view`` (1, 3) and ``after_0`` ...
    view : str or None
        A4C, A2C or A3C where it is known.
    """

    def __init__(self, net: Net, view: str | None = None) -> None:
        self.net = net
        self.flag = np.array([FLAGS[view] if view in FLAGS else UNKNOWN], np.float32)
        self._states: dict[str, F32] | None = None

    @property
    def remembers(self) -> bool:
        """Whether what a frame gives depends on those before."""
        return bool(self.net.card.results["states"])

    def forget(self) -> None:
        """Begin anew with the next frame: another view, another depth, another patient."""
        self._states = None

    def __call__(self, frame: F32) -> tuple[F32, F32]:
        """One frame (rows, columns) -> likelihoods (4, rows, columns) and those of the views (3,)."""
        if self._states is None:
            said = self.net.card.results
            self._states = {
                f"state_{k}": np.zeros((1, *shape), np.float32) for k, shape in enumerate(said["states"])
            }
            for _ in range(said["warm"]):  # the first frame is seen until the memory is that of a heart
                self._step(frame)
        logits, view = self._step(frame)
        return _softmax(logits), _softmax(view)

    def _step(self, frame: F32) -> tuple[F32, F32]:
        assert self._states is not None
        out = self.net({"frame": frame[None, None], "flag": self.flag, **self._states})
        self._states = {name: out[name.replace("state", "after")] for name in self._states}
        return out["logits"][0], out["view"][0]


def _softmax(x: F32) -> F32:
    p = np.exp(x - x.max(0))
    return np.asarray(p / p.sum(0), np.float32)

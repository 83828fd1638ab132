"""Convolutional LSTM with peepholes, open or round a closed cycle."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

WARM_UP = 24
"""Frames before the round that counts; forget gates of 3/4 leave 0.1 % of the start after as many."""

State = tuple[Tensor, Tensor]
"""Hidden and cell state, each (clips, filters, Y, X)."""


class ConvLSTM(nn.Module):
    """One layer of peephole ConvLSTM over the frames of clips.

    i = s(Wx*X + Wh*H' + wc.C' + b), f likewise, C = f.C' + i.tanh(Wx*X + Wh*H' + b),
    o = s(Wx*X + Wh*H' + wc.C + b), H = o.tanh(C); ``'`` marks the frame before (Shi et al. 2015,
    arXiv:1506.04214). The peephole weights ``wc`` are one per filter, not one per pixel, so that
    pictures of any size fit.

    Parameters
    ----------
    inputs, filters : int
    kernel : int
        Of both convolutions, odd.
    circular : bool
        The state after the last frame enters the first one: the frames are gone through again and
        again, :data:`WARM_UP` frames or one round at the least, and the round after that counts.
        Which frame is called the first then makes no difference, as long as the gates do forget.

    Examples
    --------
    >>> layer = ConvLSTM(3, 4, circular=True)
    >>> hidden, state = layer(torch.zeros(2, 5, 3, 8, 8))
    >>> hidden.shape, state[0].shape
    (torch.Size([2, 5, 4, 8, 8]), torch.Size([2, 4, 8, 8]))
    """

    def __init__(self, inputs: int, filters: int, kernel: int = 3, *, circular: bool = False) -> None:
        super().__init__()
        self.filters, self.circular = filters, circular
        around = kernel // 2
        self.of_input = nn.Conv2d(inputs, 4 * filters, kernel, padding=around)
        self.of_hidden = nn.Conv2d(filters, 4 * filters, kernel, padding=around, bias=False)
        self.peephole = nn.Parameter(torch.zeros(3, filters, 1, 1))
        # A forget gate that is open at first lets the far frames be heard (Jozefowicz et al. 2015).
        with torch.no_grad():
            self.of_input.bias[filters : 2 * filters] += 1.0

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Frames in, hidden states out.

        Parameters
        ----------
        x : Tensor, shape (clips, frames, inputs, Y, X)
        state : (hidden, cell), optional
            To go on from; zeros by default.

        Returns
        -------
        hidden : Tensor, shape (clips, frames, filters, Y, X)
        state : (hidden, cell)
            After the last frame.
        """
        clips, frames, _, rows, columns = x.shape
        # What does not wait for the frame before is done for all frames at once.
        seen = self.of_input(x.flatten(0, 1)).reshape(clips, frames, -1, rows, columns)
        if state is None:
            nothing = seen.new_zeros(clips, self.filters, rows, columns)
            state = (nothing, nothing)
        hidden: list[Tensor] = []
        for _ in range(1 + math.ceil(WARM_UP / frames) if self.circular else 1):
            hidden = []
            for t in range(frames):
                state = self.step(seen[:, t], state)
                hidden.append(state[0])
        return torch.stack(hidden, 1), state

    def step(self, seen: Tensor, state: State) -> State:
        """One frame: ``seen`` (clips, 4 * filters, Y, X) is its ``of_input``."""
        before, cell = state
        i, f, c, o = (seen + self.of_hidden(before)).chunk(4, 1)
        i = torch.sigmoid(i + self.peephole[0] * cell)
        f = torch.sigmoid(f + self.peephole[1] * cell)
        cell = f * cell + i * torch.tanh(c)
        o = torch.sigmoid(o + self.peephole[2] * cell)
        return o * torch.tanh(cell), cell

"""The training loop: steps, cosine, running mean of the weights, checkpoints, a log."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lvcine.output import whole

LAST = "last.pt"
"""Checkpoint that a stopped run goes on from."""


@dataclass(frozen=True)
class Schedule:
    """How long, how fast and how steady; ends by steps or by seconds, whichever comes first."""

    steps: int
    learning_rate: float
    weight_decay: float
    ema: float
    warm_up: int = 100
    seconds: float = math.inf

    def rate(self, progress: float, step: int) -> float:
        """Learning rate after a share ``progress`` (0..1) of the run."""
        warm = min(1.0, (step + 1) / self.warm_up)
        return self.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def train(
    net: nn.Module,
    loss_of: Callable[[nn.Module, int], Tensor],
    schedule: Schedule,
    folder: Path,
    *,
    every: int = 500,
    check: Callable[[nn.Module, int], dict[str, float]] | None = None,
    optimiser: torch.optim.Optimizer | None = None,
) -> nn.Module:
    """Train until the steps or the seconds are used up; resumes from ``folder/last.pt``.

    ``check`` measures the running mean of the weights on subjects kept for choosing; where it says
    ``score``, the mean with the highest is kept in ``folder/best.pt``. ``optimiser`` goes before AdamW; its
    rate is the schedule's.

    Returns the net with the running mean of its weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mean = copy.deepcopy(net)
    optimiser = optimiser or torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=schedule.weight_decay)
    step, spent = _resume(folder / LAST, net, mean, optimiser)
    started, total = time.monotonic() - spent, 0.0
    while step < schedule.steps and time.monotonic() - started < schedule.seconds:
        progress = max(step / schedule.steps, (time.monotonic() - started) / schedule.seconds)
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate(progress, step)
        net.train()
        loss = loss_of(net, step)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        _follow(mean, net, min(schedule.ema, (step + 1) / (step + 10)))
        total += float(loss.detach())
        step += 1
        over = step == schedule.steps or time.monotonic() - started >= schedule.seconds
        if step % every == 0 or over:
            spent = time.monotonic() - started
            checked = check(mean, step) if check else {}
            _keep_best(folder, mean, step, checked)
            _note(folder, step, spent, total / ((step - 1) % every + 1), checked)
            _keep(folder / LAST, net, mean, optimiser, step, spent)
            total = 0.0
    _keep(folder / LAST, net, mean, optimiser, step, time.monotonic() - started)
    return mean.eval()


def load_mean(folder: Path, net: nn.Module) -> nn.Module:
    """Put a run's running mean of the weights into ``net``, the best kept or else the last; eval mode."""
    best = folder / "best.pt"
    file = best if best.is_file() else folder / LAST
    net.load_state_dict(_load(file)["mean"])
    return net.eval()


def _keep_best(folder: Path, mean: nn.Module, step: int, checked: dict[str, float]) -> None:
    if "score" not in checked:
        return
    file = folder / "best.pt"
    if file.is_file() and _load(file)["score"] >= checked["score"]:
        return
    _save(file, {"mean": mean.state_dict(), "step": step, "score": checked["score"]})


@torch.no_grad()
def _follow(mean: nn.Module, net: nn.Module, share: float) -> None:
    for slow, fast in zip(mean.state_dict().values(), net.state_dict().values(), strict=True):
        if slow.is_floating_point():
            slow.lerp_(fast, 1 - share)
        else:
            slow.copy_(fast)


def _keep(
    file: Path, net: nn.Module, mean: nn.Module, optimiser: torch.optim.Optimizer, step: int, spent: float
) -> None:
    state = {"net": net.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict()}
    _save(file, state | {"step": step, "spent": spent})


def _save(file: Path, state: dict[str, Any]) -> None:
    with whole(file) as stream:
        torch.save(state, stream)


def _load(file: Path) -> dict[str, Any]:
    """Of a run on a GPU too, on a machine without one."""
    state: dict[str, Any] = torch.load(file, weights_only=True, map_location="cpu")
    return state


def _resume(
    file: Path, net: nn.Module, mean: nn.Module, optimiser: torch.optim.Optimizer
) -> tuple[int, float]:
    if not file.is_file():
        return 0, 0.0
    state = _load(file)
    net.load_state_dict(state["net"])
    mean.load_state_dict(state["mean"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"]), float(state["spent"])


def _note(folder: Path, step: int, spent: float, loss: float, checked: dict[str, float]) -> None:
    with (folder / "log.jsonl").open("a") as log:
        log.write(
            json.dumps({"step": step, "seconds": round(spent, 1), "loss": round(loss, 4)} | checked) + "\n"
        )

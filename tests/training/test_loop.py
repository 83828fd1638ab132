"""The training loop: which weights it keeps, and that it goes on where it stopped."""

import json
import time

import torch
from torch import nn

from lvcine.training.loop import Schedule, load_mean, train

SCHEDULE = Schedule(steps=8, learning_rate=0.05, weight_decay=0.0, ema=0.0, warm_up=1)


def towards_ten(net: nn.Module, step: int) -> torch.Tensor:
    return (net.weight - 10.0).square().sum()


def slowly(net: nn.Module, step: int) -> torch.Tensor:
    time.sleep(0.3)
    return towards_ten(net, step)


def small() -> nn.Linear:
    net = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(net.weight)
    return net


def weights_by_step(seen):
    def check(net, step):
        seen[step] = float(net.weight.detach())
        return {"score": -abs(step - 4.0)}  # the subjects kept for choosing like step 4 best

    return check


def test_the_best_weights_by_the_choosing_subjects_are_kept(tmp_path):
    seen: dict[int, float] = {}
    train(small(), towards_ten, SCHEDULE, tmp_path, every=2, check=weights_by_step(seen))
    assert sorted(seen) == [2, 4, 6, 8] and len(set(seen.values())) == 4
    assert float(load_mean(tmp_path, small()).weight) == seen[4]


def test_without_a_score_the_last_weights_are_kept(tmp_path):
    last = train(small(), towards_ten, SCHEDULE, tmp_path, every=2, check=lambda n, s: {"dice": -s})
    assert not (tmp_path / "best.pt").exists()
    assert float(load_mean(tmp_path, small()).weight) == float(last.weight)


def test_a_run_that_goes_on_keeps_a_better_one_from_before(tmp_path):
    seen: dict[int, float] = {}
    short = Schedule(steps=4, learning_rate=0.05, weight_decay=0.0, ema=0.0, warm_up=1)
    train(small(), towards_ten, short, tmp_path, every=2, check=weights_by_step(seen))
    train(small(), towards_ten, SCHEDULE, tmp_path, every=2, check=weights_by_step(seen))
    steps = [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert steps == [2, 4, 6, 8]
    assert float(load_mean(tmp_path, small()).weight) == seen[4]


def test_a_run_that_is_cut_by_time_is_measured_at_its_end_too(tmp_path):
    seen: dict[int, float] = {}
    hurried = Schedule(steps=8, learning_rate=0.05, weight_decay=0.0, ema=0.0, warm_up=1, seconds=0.2)
    train(small(), slowly, hurried, tmp_path, every=100, check=weights_by_step(seen))
    assert list(seen) == [1]
    assert float(load_mean(tmp_path, small()).weight.detach()) == seen[1]

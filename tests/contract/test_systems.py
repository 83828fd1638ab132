"""What every system's training does, of the five and a toy: fill, fit, go on, ship, refuse."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.contract import toy_system as toy

from lvcine.engine import Runtime, load, read_card
from lvcine.errors import SplitError, UsageError, WeightsError
from lvcine.systems.registry import SYSTEMS
from lvcine.training.fit import SOURCES, learn, runs_of, sides
from lvcine.training.items import Pool, fill, side_of, subject_of, subjects_of, write_item
from lvcine.training.ship import ship
from lvcine.training.task import Graph

TASKS = {"toy": toy.TASK} | {
    name: import_module(f"lvcine.systems.{name}.train.task").TASK for name in SYSTEMS
}
every_system = pytest.mark.parametrize("name", TASKS)


@pytest.fixture(scope="module")
def made():
    """(system, side) -> the items of its first subject, each made once."""

    @lru_cache
    def items_of(name: str, side: str) -> tuple:
        return tuple(TASKS[name].make(0, side))

    return items_of


@pytest.fixture(scope="module")
def pools(made, tmp_path_factory):
    """One virtual subject of the training side for each system, and one of the choosing side to check on."""

    @lru_cache
    def pool_of(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        for side in ("training", *(["choosing"] if TASKS[name].check else [])):
            fill(folder, lambda number, side: made(name, side), side, [0])
        return folder

    return pool_of


@pytest.fixture(scope="module")
def runs(pools, tmp_path_factory):
    """A run of two steps of each system's tiny recipe."""

    @lru_cache
    def run_of(name: str) -> Path:
        run = tmp_path_factory.mktemp("run") / name
        learn(TASKS[name], "tiny", pools(name), run, steps=2)
        return run

    return run_of


@every_system
def test_it_says_who_it_is(name):
    task = TASKS[name]
    assert task.name == name and "tiny" in task.recipes
    assert task.parts and set(task.parts.values()) <= set(task.recipes)


@every_system
def test_items_come_back_as_they_were_made_and_name_their_side(name, made, pools, tmp_path):
    task = TASKS[name]
    items = Pool(pools(name), task.item)
    assert {side_of(s) for s in subjects_of(items)} == {"training"} | ({"choosing"} if task.check else set())
    fresh = made(name, "training")
    assert fresh and {subject_of(one.name) for one in fresh} == {"training-000000"}
    assert len({one.name for one in fresh}) == len(fresh)
    for one in fresh:
        file = write_item(tmp_path, one)
        (back,) = Pool(tmp_path, task.item, lambda stem, name=file.stem: stem == name)
        for f in fields(one):
            a, b = getattr(one, f.name), getattr(back, f.name)
            np.testing.assert_array_equal(a, b)
            assert type(a) is type(b) and getattr(a, "dtype", None) == getattr(b, "dtype", None)


@every_system
def test_what_lies_in_a_pool_is_not_made_again(name, pools):
    fill(pools(name), lambda number, side: pytest.fail("made again"), "training", [0])


@every_system
def test_the_tiny_recipe_takes_steps_and_goes_on(name, pools, runs, tmp_path):
    run = runs(name)
    (line,) = (run / "log.jsonl").read_text().splitlines()
    assert json.loads(line)["step"] == 2 and np.isfinite(json.loads(line)["loss"])
    noted = json.loads((run / SOURCES).read_text())
    assert noted["recipe"] == "tiny" and noted["virtual"] == 1 and noted["numbers"] == "0-0"
    before = {
        k: v.clone() for k, v in learn(TASKS[name], "tiny", pools(name), run, steps=2).state_dict().items()
    }
    after = learn(TASKS[name], "tiny", pools(name), run, steps=3).state_dict()
    assert len((run / "log.jsonl").read_text().splitlines()) == 2
    assert any(not torch.equal(before[k], after[k]) for k in after)
    learn(TASKS[name], "tiny", pools(name), tmp_path / "second", start=run, steps=1)
    assert [r["steps"] for r in runs_of(tmp_path / "second")] == [3, 1]


@every_system
def test_the_same_seed_gives_the_same_batches(name, pools):
    task = TASKS[name]
    items, _ = sides(task, "tiny", pools(name))
    recipe = task.recipes["tiny"]
    batches = [task.sampler(items, recipe, seed)(0) for seed in (3, 3, 4)]
    same, other = (
        [torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(batches[0], batch, strict=True)
         if isinstance(a, torch.Tensor) and a.shape == b.shape]
        for batch in batches[1:]
    )  # fmt: skip
    assert all(same) and not all(other)


@every_system
def test_it_ships_what_was_trained(name, runs, tmp_path):
    task = tiny_parts(TASKS[name])
    card_file = ship(task, dict.fromkeys(task.parts, runs(name)), tmp_path)
    card = read_card(name, tmp_path)
    assert card_file == tmp_path / f"{name}.toml" and card.first_line and card.known_failures
    graphs = [g for part in task.parts for g in graphs_of(task, part)]
    assert set(card.sha256) == {g.file for g in graphs}
    for file, digest in card.sha256.items():
        assert hashlib.sha256((tmp_path / file).read_bytes()).hexdigest() == digest
        assert load(name, Runtime(weights=tmp_path), file=file).card.name == name
    if task.split is not None:
        assert card.split["reporting"] == task.split.reporting
    with pytest.raises(UsageError, match="no part"):
        ship(task, {"none": runs(name)}, tmp_path)


@every_system
def test_a_part_without_a_run_stays_what_it_is(name, runs, tmp_path):
    task = tiny_parts(TASKS[name])
    first, *rest = task.parts
    if not rest:
        pytest.skip("a card of one net")
    if not task.ensemble and not task.own:
        with pytest.raises(WeightsError, match="no net"):
            ship(task, {first: runs(name)}, tmp_path / "empty")
    ship(task, dict.fromkeys(task.parts, runs(name)), tmp_path)
    before = read_card(name, tmp_path)
    ship(task, {first: runs(name)}, tmp_path)
    assert read_card(name, tmp_path).sha256.keys() == before.sha256.keys()
    kept = [g.file for part in rest for g in graphs_of(task, part)]
    assert all(read_card(name, tmp_path).sha256[f] == before.sha256[f] for f in kept)


@every_system
def test_nobody_who_is_kept_for_reporting_is_learned_from(name, pools, tmp_path):
    task = TASKS[name]
    if task.split is None or task.real is None:
        pytest.skip("no real subjects, or the user's own")
    one = next(iter(Pool(pools(name), task.item)))
    for subject in (task.split.reporting[0], "nobody"):
        folder = tmp_path / subject
        folder.mkdir()
        write_item(folder, replace(one, name=f"{subject}~0"))
        with pytest.raises(SplitError):
            learn(task, "tiny", folder, tmp_path / "run", steps=1)
    assert not (tmp_path / "run").exists()


@every_system
def test_what_is_missing_is_said(name, tmp_path):
    with pytest.raises(UsageError, match="nothing to learn from"):
        learn(TASKS[name], "tiny", tmp_path, tmp_path / "run")
    with pytest.raises(UsageError, match="no recipe"):
        learn(TASKS[name], "none", tmp_path, tmp_path / "run")


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_shipped_card_names_the_files_that_its_task_makes(name):
    task, card = TASKS[name], read_card(name)
    files = [g.file for part, recipe in task.parts.items() for g in graphs_of(task, part, recipe)]
    assert sorted(card.sha256) == sorted(files)


def graphs_of(task, part: str, recipe: str = "tiny") -> list[Graph]:
    r = task.recipes[recipe]
    return list(task.graphs(task.build(r), r, part))


def tiny_parts(task):
    """The task with tiny nets for all of its parts."""
    return replace(task, parts=dict.fromkeys(task.parts, "tiny"))


def test_a_whole_system_is_small_and_makes_its_table(tmp_path):
    from lvcine.papers.experiment import run

    assert len(Path(toy.__file__).read_text().splitlines()) <= 400
    seen = []
    file = run(toy.EXPERIMENT, tmp_path, preset="cpu", progress=lambda *step: seen.append(step))
    means = {
        line.split("|")[1].strip(): float(line.split("|")[2]) for line in file.read_text().splitlines()[2:]
    }
    assert set(means) == set(toy.RECIPES) and max(means.values()) < 1.0  # radii of 2 to 7
    assert len((tmp_path / "scores.csv").read_text().splitlines()) == 1 + 2 * 6 * 2
    assert seen[-1][1] == seen[-1][2] - 1
    with pytest.raises(UsageError, match="preset"):
        run(toy.EXPERIMENT, tmp_path, preset="none")

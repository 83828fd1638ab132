"""`lvcine train`: from a pool to weights that `--weights` takes, and what it refuses."""

import tomllib

import pytest
from tests.contract import toy_system

from lvcine.cli import train
from lvcine.cli.main import run

torch = pytest.importorskip("torch")


@pytest.fixture
def toy(monkeypatch, tmp_path):
    monkeypatch.setattr(train, "_task", lambda system: toy_system.TASK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_fill_fit_and_ship(toy, capsys):
    assert run(["train", "fill", "toy", "--count", "3", "--quiet"]) == 0
    assert len(list((toy / "packs" / "toy").glob("training-*.npz"))) == 6
    assert run(["train", "fill", "toy", "--count", "1", "--side", "choosing", "--quiet"]) == 0
    assert run(["train", "fit", "toy", "--recipe", "tiny", "--steps", "5"]) == 0
    assert run(["train", "ship", "toy"]) == 0
    card = tomllib.loads((toy / "my-weights" / "toy.toml").read_text())
    assert card["training"]["steps"] == [5] and card["training"]["numbers"] == "0-2"
    assert (toy / "my-weights" / "toy.onnx").is_file()
    assert "3 virtual subjects of the side training" in capsys.readouterr().out


def test_real_subjects_come_in_but_for_those_that_are_kept(toy, capsys):
    (toy / "data").mkdir()
    (toy / "data" / "names.txt").write_text("real-1 real-2 real-4")
    (toy / "kept.txt").write_text("real-4\nnobody\n")
    assert run(["train", "fill", "toy", "--data", "data", "--without", "kept.txt", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "2 real subjects" in said and "left out: 1 of the 2 subjects" in said
    assert run(["train", "fit", "toy", "--recipe", "tiny", "--steps", "2"]) == 0
    assert run(["train", "ship", "toy", "--run", "runs/toy", "--weights", "mine"]) == 0
    card = tomllib.loads((toy / "mine" / "toy.toml").read_text())
    assert card["split"]["training"] == ["real-1", "real-2"] and card["split"]["reporting"] == ["real-4"]


def test_a_real_subject_named_like_a_virtual_one_is_refused(toy, capsys):
    (toy / "data").mkdir()
    (toy / "data" / "names.txt").write_text("reporting-7")
    assert run(["train", "fill", "toy", "--data", "data", "--quiet"]) == 1
    assert "'reporting-7' is named like a virtual one" in capsys.readouterr().err
    assert not list((toy / "packs" / "toy").glob("*.npz"))


def test_a_real_pool_is_filled_in_processes(tmp_path):
    assert run(["train", "fill", "sax", "--count", "2", "--first", "500000", "--jobs", "2",
                "--pool", str(tmp_path), "--quiet"]) == 0  # fmt: skip
    assert len(list(tmp_path.glob("training-*.npz"))) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fill", "none"], "no system is called"),
        (["fit", "velocity", "--pool", "nowhere"], "nothing to learn from"),
        (["fill", "velocity", "--data", "."], "virtual subjects only"),
        (["ship", "frames", "--run", "nowhere"], "no run of"),
        (["ship", "frames", "--run", "part=nowhere"], "has no part 'part'"),
        (["fit", "frames", "--recipe", "none"], "no recipe is called"),
    ],
)
def test_what_it_cannot_do_is_one_sentence(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["train", *arguments]) in (1, 2)
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())

"""What the members learn from, what their card says, and that one alone can be shipped."""

import json
from dataclasses import replace

import pytest

from lvcine.engine import Runtime, load_members, read_card
from lvcine.errors import SplitError
from lvcine.systems.sax.recipe import REAL, VIRTUAL
from lvcine.systems.sax.train.data import make
from lvcine.systems.sax.train.synthetic_shapes import FIRST
from lvcine.systems.sax.train.task import TASK, first_line
from lvcine.training.fit import SOURCES, learn, sides
from lvcine.training.items import write_item
from lvcine.training.labelled import ENDO_ONLY
from lvcine.training.ship import ship
from lvcine.training.split import SUNNYBROOK

LEARNED, CHOOSES, KEPT = (getattr(SUNNYBROOK, side)[0] for side in ("training", "choosing", "reporting"))


@pytest.fixture(scope="module")
def stacks():
    """A virtual stack of each side and one of real subjects on each side."""
    found = [next(make(FIRST, side)) for side in ("training", "choosing")]
    real = replace(found[0], labels=found[0].labels % 3 + ENDO_ONLY)
    return {s.name: s for s in (*found, *(replace(real, name=f"{n}~SAX") for n in (LEARNED, CHOOSES, KEPT)))}


@pytest.fixture
def pool(stacks, tmp_path):
    """All of them but the subject that is kept for reporting."""
    (tmp_path / "pool").mkdir()
    for name, stack in stacks.items():
        if KEPT not in name:
            write_item(tmp_path / "pool", stack)
    return tmp_path / "pool"


def test_each_side_of_the_split_has_its_use(pool, stacks, tmp_path):
    items, choosing = sides(TASK, "tiny", pool)
    assert items.names == [f"{LEARNED}~SAX", "training-500000~SAX"]
    assert choosing.names == [f"{CHOOSES}~SAX", "choosing-500000~SAX"]
    write_item(pool, stacks[f"{KEPT}~SAX"])
    with pytest.raises(SplitError, match=KEPT):
        learn(TASK, "tiny", pool, tmp_path / "run", steps=1)


@pytest.mark.parametrize(("recipe", "left"), [(VIRTUAL, "training-500000"), (REAL, LEARNED)])
def test_recipes_of_one_kind_learn_from_that_kind_alone(pool, recipe, left):
    task = replace(TASK, recipes={"one": recipe})
    assert sides(task, "one", pool)[0].names == [f"{left}~SAX"]


def test_one_member_alone_is_shipped_with_what_it_learned_from(pool, tmp_path):
    learn(TASK, "tiny", pool, tmp_path / "run", steps=1)
    noted = json.loads((tmp_path / "run" / SOURCES).read_text())
    assert noted["real"] == [LEARNED] and noted["numbers"] == "500000-500000"
    log = json.loads((tmp_path / "run" / "log.jsonl").read_text())
    assert 0 <= log["real_endo"] <= 1 and "score" in log and "real_epi" not in log
    ship(
        replace(TASK, parts=dict.fromkeys(TASK.parts, "tiny")), {"2": tmp_path / "run"}, tmp_path / "weights"
    )
    card = read_card("sax", tmp_path / "weights")
    assert list(card.sha256) == ["sax-2.onnx"] and LEARNED in card.split["training"]
    assert len(load_members("sax", Runtime(weights=tmp_path / "weights"))) == 1


def test_the_first_line_says_whose_scans_were_learned_from():
    assert first_line(9, SUNNYBROOK.training) == (
        "Trained on 20 Sunnybrook subjects, one pig, drawn cavities without pictures and virtual hearts; "
        "on no other hospital."
    )
    assert first_line(0, SUNNYBROOK.training[:-1]) == (
        "Trained on 20 Sunnybrook subjects and one pig alone; on no other hospital."
    )
    assert first_line(9, []) == "Trained on virtual hearts alone; on no real picture."

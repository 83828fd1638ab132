from __future__ import annotations

import pytest

from lvcine.engine import cards, read_card
from lvcine.errors import WeightsError


def test_a_card_is_read_whole(folder):
    card = read_card("tiny", folder)
    assert card.first_line == "Learned from nothing: a test."
    assert card.contract.spacing_mm == 1.5
    assert card.contract.size == (3,)
    assert card.labels == {0: "background", 1: "cavity"}
    assert card.results["dice"]["cavity"] == 0.5
    assert card.known_failures == ("everything",)


def test_a_card_knows_the_side_of_every_subject(folder):
    card = read_card("tiny", folder)
    assert [card.side(s) for s in ("two", "three", "four")] == ["training", "reporting", "unseen"]


def test_all_cards_of_a_folder(folder):
    assert list(cards(folder)) == ["tiny"]


@pytest.mark.parametrize(
    "text",
    ["not TOML at all [", 'name = "tiny"', 'name = "other"\n[files]\n"a.onnx" = "00"', "name = 3\nfiles = 4"],
)
def test_a_card_that_makes_no_sense_is_refused(folder, text):
    (folder / "tiny.toml").write_text(text)
    with pytest.raises(WeightsError, match=r"tiny\.toml"):
        read_card("tiny", folder)


def test_an_unknown_net_is_refused(folder):
    with pytest.raises(WeightsError, match="no net is called 'none'"):
        read_card("none", folder)

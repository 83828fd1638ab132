from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvcine.engine import cards, fields, read_card
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


def test_a_folder_that_is_none_has_no_cards(folder):
    for none in (folder / "missing", folder / "tiny.toml"):
        with pytest.raises(WeightsError, match="folder of weights"):
            cards(none)


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


WRONG = {
    'first_line = "Learned from nothing: a test."': ["first_line = 3", "first_line = {}"],
    'known_failures = ["everything"]': ['known_failures = "everything"', "known_failures = [1, 2]"],
    "spacing_mm = 1.5": [
        'spacing_mm = "1.5"', "spacing_mm = 0", "spacing_mm = -1.5", "spacing_mm = nan", "spacing_mm = inf",
        "spacing_mm = true", "spacing_mm = [1.5, 1.5]", "spacing_mm = 0x" + "f" * 400,
    ],
    "size = [3]": [
        "size = 3", "size = [3.5]", "size = [-1]", "size = [true]", "size = [65536]", 'size = ["3"]',
        "size = [[3]]",
    ],
    'axes = ["batch", "channel"]': ['axes = "batch"', "axes = [[]]", "axes = {batch = 1}"],
    'normalisation = "none"': ["normalisation = 1", 'normalisation = "none"\nmore = 1'],
    '0 = "background"': ['zero = "background"', "0 = 0", "0 = {}"],
    'training = ["one", "two"]': ['training = "one"', "training = [1]", "training = {one = 1}"],
    "[results.dice]": [
        "[results]\nintervals = 3\n[results.dice]", "[results]\nintervals = {ef = 3}\n[results.dice]",
        "[results]\nintervals = {ef = [1]}\n[results.dice]",
        "[results]\nintervals = {ef = [1, nan]}\n[results.dice]",
        '[results]\nintervals = {ef = [1, "2"]}\n[results.dice]',
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong"), [(right, wrong) for right, some in WRONG.items() for wrong in some]
)
def test_an_entry_of_the_wrong_kind_is_refused(right, wrong, folder):
    card = folder / "tiny.toml"
    assert right in card.read_text()
    card.write_text(card.read_text().replace(right, wrong))
    with pytest.raises(WeightsError, match=r"not understood.*tiny\.toml"):
        read_card("tiny", folder)


TABLES = ["files", "input", "labels", "data", "training", "split", "results"]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("value", ["3", '"text"', "[1]", "[{}]", "1979-05-27"])
def test_a_table_that_is_none_is_refused(table, value, folder):
    entries = {"files": f'{{"a.onnx" = "{"0" * 64}"}}', table: value}
    lines = ['name = "tiny"', *(f"{key} = {text}" for key, text in entries.items())]
    (folder / "tiny.toml").write_text("\n".join(lines))
    with pytest.raises(WeightsError, match=rf"{table} should be a table.*tiny\.toml"):
        read_card("tiny", folder)


@pytest.mark.parametrize("digest", ["3", "[]", "{}", "true"])
def test_a_hash_that_is_no_text_is_refused(digest, folder):
    (folder / "tiny.toml").write_text(f'name = "tiny"\n[files]\n"tiny.onnx" = {digest}')
    with pytest.raises(WeightsError, match="tiny.onnx should be a text"):
        read_card("tiny", folder)


HOSTILE = {
    "large": b'first_line = "' + b"a" * 2**18 + b'"',
    "no text": b'first_line = "\xff\xfe"',
    "arrays in arrays": b"data = " + b"[" * 50_000,
    "tables in tables": b"data = " + b"{a = " * 50_000,
    "a key of many parts": b"a." * 20_000 + b"a = 1",
    "a table of many parts": b"[" + b"a." * 20_000 + b"a]",
    "quoted parts": b'".".' * 20_000 + b"a = 1",
    "behind a text that ends in quotes": b'b = {c = """x"""", ' + b"a." * 20_000 + b"a = 1}",
    "behind a text with a mark of a comment": b"b = {c = '#', " + b"a." * 20_000 + b"a = 1}",
    "a number without end": b"data = " + b"9" * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_card_made_to_do_harm_is_refused_at_once(text, folder):
    card = folder / "tiny.toml"
    card.write_bytes(HOSTILE[text] + b"\n" + card.read_bytes())
    began = time.monotonic()
    with pytest.raises(WeightsError, match=r"tiny\.toml"):
        read_card("tiny", folder)
    assert time.monotonic() - began < 1


SENTENCES = "One. Two. " * 50


@pytest.mark.parametrize(
    "text",
    [
        f'a = "{SENTENCES}"', f"a = '{SENTENCES}'", f'a = """{SENTENCES}\n{SENTENCES}\\""""""',
        f'a = "\\"{SENTENCES}"', f"'{SENTENCES}' = 1", f"# {SENTENCES}", "a.b.c.d = 1",
        "a = [" + "0.5, " * 100 + "]",
    ],
)  # fmt: skip
def test_dots_in_texts_and_numbers_are_no_parts_of_a_key(text):
    assert fields.parse(text.encode()) is not None


@pytest.mark.parametrize("unit", ['"', "'", '"\\"', '"""\\', "'''", "#\n", "\\", '"\n', '""""'])
def test_a_text_of_quotes_takes_no_time(unit):
    began = time.monotonic()
    with pytest.raises(ValueError):
        fields.parse(b"a = [" + (unit * 200_000)[:200_000].encode())
    assert time.monotonic() - began < 2


@given(st.text(alphabet="ab.=[]{}\"'\\#,1 \n", max_size=40))
def test_any_text_is_a_table_or_an_error_of_value(text):
    try:
        assert isinstance(fields.parse(text.encode()), dict)
    except ValueError:
        pass

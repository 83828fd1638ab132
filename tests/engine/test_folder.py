"""What a card names stays in the card's folder."""

from __future__ import annotations

import os

import pytest

from lvcine.engine import Runtime, cards, load, load_all, load_members, read_card
from lvcine.engine.folder import is_plain, read_file
from lvcine.errors import WeightsError

OUTWARDS = [
    "../x.onnx",
    "/etc/hostname",
    "sub/x.onnx",
    "..",
    ".",
    "",
    "a\\b.onnx",
    "C:x.onnx",
    "x\0.onnx",
    "x\n",
]


def card(name, runtime):
    return read_card(name, runtime.folder)


READ = [card, load, load_all, load_members]


@pytest.mark.parametrize("name", OUTWARDS)
def test_a_path_is_no_plain_name(name):
    assert not is_plain(name)


@pytest.mark.parametrize("name", ["sax-1.onnx", "velocity-draw.onnx", "mein Netz.onnx", "网.onnx", "a..b"])
def test_a_name_is(name):
    assert is_plain(name)


def rename(folder, name: str) -> None:
    card = folder / "tiny.toml"
    escaped = name.replace("\\", "\\\\").replace("\0", "\\u0000").replace("\n", "\\n")
    card.write_text(card.read_text().replace('"tiny.onnx"', f'"{escaped}"'))


@pytest.mark.parametrize("name", OUTWARDS)
@pytest.mark.parametrize("read", READ)
def test_a_card_may_not_name_a_path(read, name, folder):
    (folder / "inner").mkdir()
    for file in ("tiny.onnx", "tiny.toml"):
        (folder / file).rename(folder / "inner" / file)
    (folder / "x.onnx").write_bytes(
        (folder / "inner" / "tiny.onnx").read_bytes()
    )  # ../x.onnx is the net itself
    rename(folder / "inner", name)
    with pytest.raises(WeightsError, match=r"not the plain name of a file.*tiny\.toml"):
        read("tiny", Runtime(weights=folder / "inner"))


@pytest.mark.parametrize("name", ["../tiny", "/tmp/tiny", "sub/tiny", "..", "", "a\0b"])
@pytest.mark.parametrize("read", READ)
def test_nor_may_the_name_of_a_net(read, name, folder):
    (folder / "sub").mkdir()
    with pytest.raises(WeightsError, match="not the plain name of a file"):
        read(name, Runtime(weights=folder / "sub"))


@pytest.fixture
def inner(folder):
    """The net in a folder of its own, in another one."""
    made = folder / "inner"
    made.mkdir()
    for file in ("tiny.onnx", "tiny.toml"):
        (folder / file).rename(made / file)
    return made


@pytest.mark.parametrize("file", ["tiny.onnx", "tiny.toml"])
def test_a_link_out_of_the_folder_is_refused(file, inner, tmp_path):
    (inner / file).rename(tmp_path / "elsewhere")
    (inner / file).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WeightsError, match=rf"leads out of the net's folder \({file}\)"):
        load("tiny", Runtime(weights=inner))


def test_a_link_within_the_folder_or_to_it_is_followed(inner, tmp_path):
    (inner / "tiny.onnx").rename(inner / "v2.onnx")
    (inner / "tiny.onnx").symlink_to("v2.onnx")
    (tmp_path / "latest").symlink_to(inner)
    assert load("tiny", Runtime(weights=tmp_path / "latest")).card.name == "tiny"


def test_links_in_a_circle_are_refused(inner):
    (inner / "tiny.onnx").unlink()
    (inner / "tiny.onnx").symlink_to("tiny.onnx")
    with pytest.raises(WeightsError, match=r"tiny\.onnx"):
        load("tiny", Runtime(weights=inner))


def test_what_is_no_file_is_missing(inner):
    (inner / "tiny.onnx").unlink()
    os.mkfifo(inner / "tiny.onnx")
    with pytest.raises(WeightsError, match="missing"):
        load("tiny", Runtime(weights=inner))


def test_a_file_that_may_not_be_read_is_named_without_its_folder(inner, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(WeightsError, match=r"Permission denied \(tiny\.toml\)") as caught:
        cards(inner)
    assert str(inner) not in str(caught.value)


def test_a_file_too_large_is_not_read(inner):
    with open(inner / "tiny.onnx", "r+b") as file:
        file.truncate(2**30 + 1)  # a hole: no byte on the disk, nor in memory
    with pytest.raises(WeightsError, match="more than 1073741824 bytes"):
        load("tiny", Runtime(weights=inner))
    missing = WeightsError("missing")
    assert read_file(inner, "tiny.toml", 10**5, missing=missing) == (inner / "tiny.toml").read_bytes()
    with pytest.raises(WeightsError, match="more than 100 bytes"):
        read_file(inner, "tiny.toml", 100, missing=missing)

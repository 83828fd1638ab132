"""Numbers in names count as numbers, wherever names decide an order."""

from __future__ import annotations

import pytest

from lvcine.read.files import gathered
from lvcine.read.names import in_order_of_names, natural
from lvcine.read.sniff import Kind


@pytest.mark.parametrize("first", [0, 1])
def test_files_are_met_in_the_order_of_their_numbers(tmp_path, first):
    numbers = range(first, first + 12)
    for number in numbers:
        folder = tmp_path / f"slice{number}"
        folder.mkdir()
        (folder / "a.npy").write_bytes(b"\x93NUMPY" + bytes(20))
        (folder / f"frame{number}.npy").write_bytes(b"\x93NUMPY" + bytes(20))
    with gathered(tmp_path) as files:
        met = [(path.parent.name, path.name) for path in files.of(Kind.ARRAY)]
    assert met == [(f"slice{n}", name) for n in numbers for name in ("a.npy", f"frame{n}.npy")]


def test_names_from_an_archive_are_ordered_by_their_own_numbers(tmp_path):
    packed = [tmp_path / f"{k:06d}_frame{n}.png" for k, n in enumerate([10, 2, 1])]
    assert [path.name[7:] for path in in_order_of_names(packed)] == [
        "frame1.png",
        "frame2.png",
        "frame10.png",
    ]


def test_names_with_several_numbers():
    names = ["p2_slice10", "p2_slice9", "p10_slice1", "p2_slice9b"]
    assert sorted(names, key=natural) == ["p2_slice9", "p2_slice9b", "p2_slice10", "p10_slice1"]

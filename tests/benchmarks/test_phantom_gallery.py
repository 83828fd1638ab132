"""The gallery's page and pictures belong together; a picture shows every tile and its outline."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
from benchmarks.phantom_gallery import Tile, write_gallery
from PIL import Image

from benchmarks import phantom_gallery as gallery
from lvcine.phantom.population import KINDS

DOCS = Path(__file__).parents[2] / "docs" / "develop"


def disc(radius: float) -> np.ndarray:
    y, x = np.mgrid[:60, :60] - 29.5
    return np.hypot(y, x) < radius


def one_tile(subject, options):
    labels = np.where(disc(12), 1, np.where(disc(20), 2, 0)).astype(np.uint8)
    yield Tile("mid ED", np.full((60, 60), 0.5), (0.0, 1.0), labels)
    yield Tile("x, -20 to 20 cm/s", np.full((60, 60), -20.0), (-20.0, 20.0))


def test_a_heart_of_every_kind_stands_beside_its_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "tiles", one_tile)
    page = write_gallery(tmp_path, hearts=3).read_text()
    pictures = re.findall(r"!\[Subject \d+: (\w+)\]\((gallery/[\w.-]+)\)", page)
    assert [kind for kind, _ in pictures] == list(KINDS)[:3]
    assert all((tmp_path / file).is_file() for _, file in pictures)
    assert len(re.findall(r"^\| \d+ mL \| \d+ mL \| \d+ % \| \d+ g \|", page, flags=re.M)) == 3


def test_a_picture_shows_grey_levels_between_its_limits_and_coloured_outlines():
    picture = Image.open(io.BytesIO(gallery._picture(list(one_tile(None, None)))))
    tile = picture.width // 8
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    grey, black = pixels[tile - 6, tile // 2], pixels[tile - 6, 3 * tile // 2]
    assert abs(grey - 128).max() < 12 and black.max() < 12
    colourful = np.ptp(pixels[:, :tile], axis=2) > 60
    rows = np.flatnonzero(colourful.any(1))
    # The outer ring of 40 of 60 pixels across spans two thirds of the tile.
    assert abs(np.ptp(rows) / tile - 2 / 3) < 0.05


def test_the_shipped_gallery_is_whole_and_small():
    page = (DOCS / "gallery.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\]\(gallery/([\w.-]+)\)", page))
    files = {p.name: p.stat().st_size for p in (DOCS / "gallery").iterdir()}
    assert len(shown) == 12 and shown == set(files)
    assert sum(files.values()) <= 3 * 2**20

"""The pool of studies for training."""

from pathlib import Path

import numpy as np

from lvcine.training import pool
from lvcine.training import synthetic_shapes as rings
from lvcine.training.pool import fill_pool
from lvcine.training.synthetic_shapes import ring_study


def test_the_pool_is_filled_once(tmp_path: Path):
    numbers = [rings.FIRST + 4, rings.FIRST + 5]
    fill_pool(tmp_path / "pool", numbers)
    files = sorted((tmp_path / "pool").iterdir())
    assert [f.name for f in files] == ["500004.npy", "500005.npy"]
    pixels, labels = np.load(files[0])
    study = ring_study(4)
    assert (pixels == study.pixels).all() and (labels == study.labels).all()
    stamps = [f.stat().st_mtime_ns for f in files]
    fill_pool(tmp_path / "pool", numbers)
    assert stamps == [f.stat().st_mtime_ns for f in files]


def test_numbers_below_the_rings_are_virtual_hearts(monkeypatch):
    monkeypatch.setattr(pool.virtual, "virtual_study", lambda n: ("heart", n))
    monkeypatch.setattr(pool.rings, "ring_study", lambda n: ("rings", n))
    assert pool.study(7) == ("heart", 7) and pool.study(rings.FIRST - 1)[0] == "heart"
    assert pool.study(rings.FIRST + 7) == ("rings", 7)

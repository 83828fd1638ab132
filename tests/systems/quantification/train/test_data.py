"""Stored slices: outlines where the renderer drew the borders, indices of the closed form."""

import numpy as np
import pytest

from lvcine.papers.quantification.experiment import in_mm
from lvcine.phantom.indices import cine_indices
from lvcine.phantom.population import draw_heart
from lvcine.phantom.scene import draw_scene
from lvcine.phantom.seeds import seed_of
from lvcine.systems.quantification.train import data as pool
from lvcine.systems.quantification.train.sample import truth_of
from lvcine.training.items import Pool, fill, subject_of


@pytest.fixture(scope="module")
def clip():
    return pool.table_clip(2, "reporting", frames=4)


def test_a_table_subject_has_the_closed_forms_indices(clip):
    rng = np.random.default_rng(seed_of("quantification", "reporting", 2))
    anatomy = draw_scene(draw_heart(rng), rng, spread=0.5).anatomy
    predicted = in_mm(truth_of(clip)[:, :11], clip.pixel_mm)
    heights = np.linspace(0.3, 0.6, 61) * float(anatomy.heart.length_mm)
    exact = np.stack([[i.lvquan for i in cine_indices(anatomy, z, np.arange(4) / 4)] for z in heights])
    # Its height is not stored: at the nearest one all indices of all frames agree.
    off = np.abs(exact / predicted - 1).max((1, 2))
    assert off.min() < 0.02


def test_borders_are_where_the_grey_changes(clip):
    endo, epi, pixels = clip.endo[0], clip.epi[0], clip.pixels[0].astype(float)
    middle = endo.mean(0)
    at = lambda share: np.rint(middle + share * (endo - middle)).astype(int)  # noqa: E731
    blood = np.median(pixels[tuple(at(0.5).T)])
    wall = np.median(pixels[tuple(np.rint((endo + epi) / 2).astype(int).T)])
    assert blood > 1.8 * wall
    border = np.median(pixels[tuple(at(1.0).T)])
    assert wall < border < blood


def test_varied_slices_are_whole_and_stored_as_they_are(tmp_path):
    fill(tmp_path, pool.make, "choosing", [4])
    stored = Pool(tmp_path, pool.OutlinedClip)
    made = list(pool.make(4, "choosing"))
    assert stored and [c.name for c in stored] == sorted(c.name for c in made)
    one, same = stored[0], next(c for c in made if c.name == stored[0].name)
    assert (one.pixels == same.pixels).all() and np.allclose(one.endo, same.endo, atol=1e-4)
    assert subject_of(one.name) == "choosing-000004" and np.isfinite(one.epi).all()
    assert {0, 1} == set(one.phase.tolist())
    # The epicardium takes the share of the picture that the form gives it.
    widest = max(np.ptp(e, axis=0).max() for e in one.epi)
    assert 80 / 2.1 < widest < 80 / 1.4

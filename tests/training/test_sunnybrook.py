"""Label codes and the bias of drawn masks, on discs of known area."""

import numpy as np
import pytest

from lvcine.errors import ReadError
from lvcine.training import sunnybrook as packs
from lvcine.training.sunnybrook import ENDO_ONLY, SPACING_MM, UNLABELLED, LabelledStudy


def disc(radius: float, size: int = 96) -> np.ndarray:
    rows, columns = np.indices((size, size))
    return np.hypot(rows - 47.4, columns - 48.2) < radius


def test_signed_depth_of_a_disc_is_its_distance_to_the_circle():
    rows, columns = np.indices((96, 96))
    depth = packs.signed_depth(disc(20.0))
    true = 20.0 - np.hypot(rows - 47.4, columns - 48.2)
    near = np.abs(true) < 5
    assert np.abs(depth - true)[near].max() < 1.0
    assert np.abs((depth - true)[near].mean()) < 0.1


def test_a_polygon_keeps_its_area_on_the_resampled_grid():
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    points = np.stack([60 + 21 * np.cos(angle), 58 + 21 * np.sin(angle)], 1)
    spacing = 1.2
    shape = tuple(int(n * spacing / SPACING_MM) for n in (120, 120))
    depth = packs.polygon_mask_depth(points, shape, spacing)
    assert (depth > 0).sum() * SPACING_MM**2 == pytest.approx(np.pi * (21 * spacing) ** 2, rel=0.01)


def test_masks_that_hold_their_contour_are_shrunk_by_it():
    grown = disc(20.5)  # as rasterised with the contour's own pixels
    depth = packs._npz_depth(grown)
    area_px2 = (depth > 0).sum() * (SPACING_MM / packs.NPZ_SPACING_MM) ** 2
    assert area_px2 == pytest.approx(np.pi * 20**2, rel=0.02)


def test_stills_become_stacks_of_ed_and_es(tmp_path):
    image = np.random.default_rng(0).integers(0, 255, (3, 96, 96), dtype=np.uint8)
    endo, epi = np.stack([disc(15)] * 3), np.stack([disc(24)] * 3)
    np.savez(
        tmp_path / "s.npz", image=image, endo=endo, epi=epi, has_epi=np.array([True, False, True]),
        subject=np.array(["A", "A", "A"]), dicom_index=np.array([20, 7, 40], np.int16),
    )  # fmt: skip
    (study,) = packs.sunnybrook_stills(tmp_path / "s.npz")
    assert study.labels.shape[:2] == (2, 2)
    assert set(np.unique(study.labels[0, 0])) == {0, 1, 2}
    assert set(np.unique(study.labels[0, 1])) == {ENDO_ONLY, ENDO_ONLY + 1}
    assert (study.labels[1, 1] == UNLABELLED).all()


def test_a_pack_comes_back_as_it_was_saved(tmp_path):
    study = LabelledStudy("A", np.ones((1, 2, 3, 4), np.uint8), np.zeros((1, 2, 3, 4), np.uint8))
    packs.save([study], tmp_path / "p.npz")
    (back,) = packs.load(tmp_path / "p.npz")
    assert back.name == "A" and np.array_equal(back.pixels, study.pixels)
    with pytest.raises(ReadError, match="pack"):
        packs.load(tmp_path / "none.npz")

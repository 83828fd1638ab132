"""LVQuan files hold what the challenges' readers expect, and open as short-axis cines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat

from lvcine.errors import UsageError
from lvcine.phantom.anatomy import draw_anatomy
from lvcine.phantom.heart import Heart
from lvcine.phantom.indices import cine_indices
from lvcine.phantom.write.lvquan import LVQuanSubject, write_lvquan18, write_lvquan19
from lvcine.read import open_study

SPACING = 1.5
HEART = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6, shortening=0.0, waist=0.0)


def subject(size: int = 80, heart: Heart = HEART) -> LVQuanSubject:
    """A round heart cut near its base: rings of known radius."""
    anatomy = draw_anatomy(heart, np.random.default_rng(0))
    phases = np.arange(20) / 20
    found = cine_indices(anatomy, 0.01, phases)
    y, x = (np.mgrid[:size, :size] - (size - 1) / 2) * SPACING
    endo_mm, epi_mm = (
        np.array([heart.outline(1e-4, 1.0, 0.0, heart.beat.at(p))[k] for p in phases]) for k in (0, 1)
    )
    endo, epi = (np.hypot(x, y) < r[:, None, None] for r in (endo_mm, epi_mm))
    images = np.where(endo, 900, np.where(epi, 300, 100)) + np.random.default_rng(1).integers(
        0, 60, endo.shape
    )
    return LVQuanSubject.of(images, endo, epi, found, SPACING)


def test_the_file_of_2018_has_the_published_names_shapes_and_units(tmp_path: Path) -> None:
    data = loadmat(write_lvquan18(tmp_path / "lv.mat", [subject(), subject(), subject()]))
    for name in ("images_LV", "endo_LV", "epi_LV"):
        assert data[name].shape == (80, 80, 60)
    assert data["areas"].shape == (2, 60) and data["dims"].shape == (3, 60)
    assert data["rwt"].shape == (6, 60) and data["lv_phase"].shape == (1, 60)
    # At ED: a cavity of radius 25 mm, a wall of 9 mm; 80 pixels are 120 mm.
    for frame in (0, 20, 40):
        assert data["areas"][:, frame] == pytest.approx(
            np.pi * np.array([25**2, 34**2 - 25**2]) / 120**2, rel=1e-3
        )
        assert data["dims"][:, frame] == pytest.approx(50 / 120, rel=1e-3)
        assert data["rwt"][:, frame] == pytest.approx(9 / 120, rel=1e-3)
    assert data["images_LV"].max() == 1.0 and data["images_LV"].min() >= 0.0
    # The masks are filled and agree with the areas over all frames.
    assert ((data["epi_LV"] - data["endo_LV"]) >= 0).all()
    wall = (data["epi_LV"] - data["endo_LV"]).sum((0, 1)) / 6400
    assert data["endo_LV"].sum((0, 1)) / 6400 == pytest.approx(data["areas"][0], rel=0.03)
    assert wall == pytest.approx(data["areas"][1], rel=0.03)


def test_phase_is_one_while_the_cavity_shrinks(tmp_path: Path) -> None:
    data = loadmat(write_lvquan18(tmp_path / "lv.mat", [subject()]))
    systole, area = data["lv_phase"][0], data["areas"][0]
    es = int(area.argmin())
    assert 4 < es < 10 and set(systole) == {0.0, 1.0}
    assert (systole[1:es] == 1).all() and (systole[es + 1 :] == 0).all()


def test_the_file_of_2019_knows_its_spacing_and_keeps_the_size(tmp_path: Path) -> None:
    data = loadmat(write_lvquan19(tmp_path / "patient1.mat", subject(120)))
    assert data["image"].shape == data["endo"].shape == data["epi"].shape == (120, 120, 20)
    assert data["pix_spacing"].item() == SPACING
    assert data["dims"][0, 0] * 120 * SPACING == pytest.approx(50.0, rel=1e-3)
    cine = open_study(tmp_path / "patient1.mat").cines[0]
    assert cine.geometry.calibrated and cine.geometry.pixel_spacing_mm == (SPACING, SPACING)


def test_a_file_of_one_subject_opens_as_a_short_axis_cine_without_millimetres(tmp_path: Path) -> None:
    s = subject()
    (cine,) = open_study(write_lvquan18(tmp_path / "lv.mat", [s])).cines
    assert cine.pixels.shape == (1, 20, 80, 80) and cine.view == "SAX"
    assert np.corrcoef(cine.pixels[0].ravel(), s.images.ravel())[0, 1] > 0.9999
    assert not cine.geometry.calibrated
    assert {f.code for f in cine.findings} == {"no-pixel-spacing", "no-frame-times"}


def test_wrong_sizes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="crop"):
        write_lvquan18(tmp_path / "lv.mat", [subject(90)])
    with pytest.raises(UsageError, match="no subject"):
        write_lvquan18(tmp_path / "lv.mat", [])
    s = subject()
    with pytest.raises(UsageError, match="rwt_mm"):
        replace(s, rwt_mm=s.rwt_mm[:, :5])
    with pytest.raises(UsageError, match="no numbers"):
        replace(s, dims_mm=s.dims_mm * np.nan)
    with pytest.raises(UsageError, match="square"):
        write_lvquan19(
            tmp_path / "p.mat", replace(s, images=s.images[:, :70], endo=s.endo[:, :70], epi=s.epi[:, :70])
        )

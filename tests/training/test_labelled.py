"""Labels of real scans on discs and polygons of known place and area."""

import tarfile

import numpy as np
import pytest

from lvcine.errors import ReadError
from lvcine.phantom.write import write_dicom_mr
from lvcine.read.datasets.sunnybrook import FRAMES, STILLS_SPACING_MM
from lvcine.study import Cine, Contour, Geometry
from lvcine.training.labelled import (
    ENDO_ONLY,
    SPACING_MM,
    UNLABELLED,
    contoured_cine,
    polygon_depth,
    stills,
    studies_of,
)

CENTRE, INNER, OUTER = np.array([47.4, 50.2]), 14.0, 22.0  # pixels of the image
MASK_BEFORE_CONTOUR = np.array([0.31, 0.25])  # data README: how far masks lie before the text files
ANGLE = np.linspace(0, 2 * np.pi, 90, endpoint=False)
RING = np.stack([np.sin(ANGLE), np.cos(ANGLE)], 1)


def disc(radius: float, centre=CENTRE, size: int = 96) -> np.ndarray:
    rows, columns = np.indices((size, size))
    return np.hypot(rows - centre[0], columns - centre[1]) < radius


def write_stills(folder):
    """Two slices of one subject as the data set has them: grown by the contour, counted from 1."""
    at = CENTRE + 1 - MASK_BEFORE_CONTOUR
    np.savez(
        folder / "sunnybrook_labelled.npz",
        image=np.random.default_rng(0).integers(0, 255, (3, 96, 96), dtype=np.uint8),
        endo=np.stack([disc(INNER + 0.5, at), disc(INNER - 3.5, at), disc(INNER + 0.5, at)]),
        epi=np.stack([disc(OUTER + 0.5, at)] * 3),
        has_epi=np.array([True, False, True]),
        subject=np.array(["SC-N-70"] * 3),
        dicom_index=np.array([20, 7, 40], np.int16),
    )  # fmt: skip


def write_cine(folder, name: str, spacing_mm: float = 1.3):
    """An archive of one slice with contours at two frames, as the data set has them."""
    pixels = np.random.default_rng(1).integers(0, 900, (1, FRAMES, 96, 96)).astype(np.int16)
    times = np.arange(FRAMES)[None] * 40.0
    cine = Cine(pixels, Geometry.stack(1, (spacing_mm, spacing_mm), 8.0), times_ms=times)
    (folder / "contours").mkdir(parents=True)
    for number, path in enumerate(write_dicom_mr(cine, folder / "files"), 1):
        path.rename(path.with_name(f"{number}.dcm"))
    for number, kind, radius in ((3, "i", INNER), (3, "o", OUTER), (11, "i", INNER - 4)):
        points = (CENTRE + radius * RING)[:, ::-1] + 1
        np.savetxt(folder / "contours" / f"IM-0001-{number:04d}-{kind}contour-manual.txt", points)
    with tarfile.open(folder.with_name(f"sunnybrook_{name}.tar.xz"), "w:xz") as archive:
        archive.add(folder, name)
    return folder


def middle(labels: np.ndarray) -> np.ndarray:
    return np.argwhere(labels % ENDO_ONLY == 1).mean(0)


def test_a_polygon_keeps_its_area_on_the_resampled_grid():
    spacing = 1.2
    shape = tuple(int(n * spacing / SPACING_MM) for n in (120, 120))
    depth = polygon_depth(Contour([58, 60] + 21 * RING), shape, spacing)
    assert (depth > 0).sum() * SPACING_MM**2 == pytest.approx(np.pi * (21 * spacing) ** 2, rel=0.01)


def test_stills_become_stacks_of_ed_and_es(tmp_path):
    write_stills(tmp_path)
    (study,) = stills(tmp_path)
    assert study.labels.shape[:2] == (2, 2)
    assert set(np.unique(study.labels[0, 0])) == {0, 1, 2}
    assert set(np.unique(study.labels[0, 1])) == {ENDO_ONLY, ENDO_ONLY + 1}
    assert (study.labels[1, 1] == UNLABELLED).all()
    assert np.array_equal(study.pixels[1, 1], study.pixels[1, 0])


def test_stills_lie_where_they_were_drawn_and_as_large(tmp_path):
    write_stills(tmp_path)
    labels = next(stills(tmp_path)).labels[0, 0]
    step = SPACING_MM / STILLS_SPACING_MM
    np.testing.assert_allclose(middle(labels) * step, CENTRE, atol=0.25)
    assert (labels == 1).sum() * step**2 == pytest.approx(np.pi * INNER**2, rel=0.03)


def test_a_cine_has_its_contours_on_their_frames_and_places(tmp_path):
    study = contoured_cine(*[write_cine(tmp_path / "SC-N-71", "SC-N-71")] * 2, "SC-N-71")
    assert study.pixels.shape[:2] == (1, FRAMES)
    drawn = (study.labels != UNLABELLED).any((0, 2, 3))
    assert np.flatnonzero(drawn).tolist() == [2, 10]
    step = SPACING_MM / 1.3
    for frame, radius in ((2, INNER), (10, INNER - 4)):
        cavity = study.labels[0, frame]
        np.testing.assert_allclose(middle(cavity) * step, CENTRE, atol=0.15)
        assert (cavity % ENDO_ONLY == 1).sum() * step**2 == pytest.approx(np.pi * radius**2, rel=0.02)
    assert study.labels[0, 2].max() == 2 and study.labels[0, 10].max() == ENDO_ONLY + 1


def test_a_complete_cine_replaces_the_stills_of_its_subject(tmp_path):
    write_stills(tmp_path)
    for name in ("SC-N-70", "SC-N-71"):
        write_cine(tmp_path / "raw" / name, name)
        (tmp_path / "raw" / f"sunnybrook_{name}.tar.xz").rename(tmp_path / f"sunnybrook_{name}.tar.xz")
    found = studies_of(tmp_path)
    assert [(s.name, s.pixels.shape[1]) for s in (next(found), next(found))] == [
        ("SC-N-70", FRAMES),
        ("SC-N-71", FRAMES),
    ]
    with pytest.raises(ReadError, match="pig_exam"):
        next(found)


def test_a_folder_without_labelled_scans_is_refused(tmp_path):
    with pytest.raises(ReadError, match="missing"):
        next(studies_of(tmp_path))

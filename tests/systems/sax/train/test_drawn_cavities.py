"""Painted stacks around drawn cavities: the shapes are the reader's, the rest is made."""

import numpy as np
import pytest

from lvcine.systems.sax.train.drawn_cavities import SUBJECT, drawn_cavities, painted, read_drawn
from lvcine.systems.sax.train.real import real_stacks
from lvcine.training.items import subject_of
from lvcine.training.labelled import SPACING_MM
from lvcine.training.split import SUNNYBROOK

ED = (14.0, 22.0, 23.0, 21.0, 17.0, 9.0)
ES = (0.0, 15.0, 15.0, 13.0, 9.0, 0.0)
"""Radii in mm, base first: the base has gone at ES, and so has the cavity of the last slice."""


def discs(radii: tuple[float, ...]) -> np.ndarray:
    y, x = np.mgrid[:184, :184]
    return np.stack([np.hypot(y - 80, x - 100) < r for r in radii])


@pytest.fixture(params=[1, -1], ids=["base first", "apex first"])
def data(request, tmp_path):
    """A patient whose base lies at either end of the positions, and one of too few slices."""
    order = slice(None, None, request.param)
    masks, positions, frames, patients = [], [], [], []
    for patient, count in ((7, 6), (8, 3)):
        for frame, radii in ((1, ED), (12, ES)):
            masks += list(discs(radii[:count])[order])
            positions += [10 * z for z in range(count)]
            frames += [frame] * count
            patients += [patient] * count
    np.savez(
        tmp_path / "dsb_cavity_masks.npz", packed=np.packbits(np.array(masks).reshape(len(masks), -1), 1),
        shape=[184, 184], patient=patients, position_mm=positions, frame=frames,
    )  # fmt: skip
    return tmp_path


def test_cavities_have_their_size_base_first(data):
    (drawn,) = read_drawn(data / "dsb_cavity_masks.npz")
    assert drawn.patient == 7
    area = (drawn.depth > 0).sum((2, 3)) * SPACING_MM**2
    assert area[:, 0] == pytest.approx([np.pi * r**2 for r in ED], rel=0.09)
    assert area[1:5, 1] == pytest.approx([np.pi * r**2 for r in ES[1:5]], rel=0.09)
    assert drawn.there[:, 1].tolist() == [False, True, True, True, True, False]


def test_labels_are_the_drawn_cavities_in_a_wall_and_the_base_leaves(data):
    (study,) = drawn_cavities(data)
    cavity = (study.labels == 1).sum((2, 3)) * SPACING_MM**2
    es = int(cavity.sum(0).argmin())
    assert cavity[1:5, 0] == pytest.approx([np.pi * r**2 for r in ED[1:5]], rel=0.09)
    assert cavity[1:5, es] == pytest.approx([np.pi * r**2 for r in ES[1:5]], rel=0.09)
    lv = np.isin(study.labels, (1, 2)).any((2, 3))
    assert lv[0, 0] and not lv[0, es]  # the atrium has come down
    assert cavity[5, es] == 0 and lv[5, es]  # at the apex the wall is left


def test_the_cavity_is_brighter_than_the_wall_at_every_time(data):
    (study,) = drawn_cavities(data)
    blood, wall = (np.median(study.pixels[study.labels == k]) for k in (1, 2))
    assert wall < 0.8 * blood


def test_the_wall_does_not_lose_area_where_the_cavity_narrows(data):
    (study,) = drawn_cavities(data)
    wall = (study.labels == 2).sum((2, 3))[1:5]
    es = int((study.labels == 1).sum((0, 2, 3)).argmin())
    assert (wall[:, es] >= 0.95 * wall[:, 0]).all() and (wall[:, es] <= 1.4 * wall[:, 0]).all()


def test_a_patient_is_painted_the_same_each_time(data):
    (drawn,) = read_drawn(data / "dsb_cavity_masks.npz")
    one, two = (painted(drawn, np.random.default_rng(drawn.patient)) for _ in range(2))
    assert one.pixels.tobytes() == two.pixels.tobytes()
    assert subject_of(one.name) == SUBJECT and SUNNYBROOK.side(SUBJECT) == "training"


def test_a_folder_without_the_file_has_none(tmp_path):
    assert list(drawn_cavities(tmp_path)) == []
    with pytest.raises(Exception, match="missing"):
        list(real_stacks(tmp_path))

"""The challenge's files as slices, and what was found in their form."""

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from lvcine.errors import ReadError
from lvcine.papers.quantification.experiment import in_mm
from lvcine.papers.quantification.lvquan import clips_of_file
from lvcine.phantom.write.lvquan import LVQuanSubject, write_lvquan18, write_lvquan19
from lvcine.read.datasets.lvquan import read_lvquan_truth, write_lvquan_reading
from lvcine.systems.quantification.train.sample import centred, truth_of
from lvcine.training.items import subject_of


def subject(size=80, spacing=1.5, radius=20.0, wall=7.0):
    y, x = np.indices((size, size)) - (size - 1) / 2
    far = np.hypot(y, x) * spacing
    time = np.arange(20)
    inner = radius - 4 * np.sin(np.pi * time / 20) ** 2
    endo, epi = far[None] < inner[:, None, None], far[None] < (inner + wall)[:, None, None]
    areas = np.stack([np.pi * inner**2, np.pi * ((inner + wall) ** 2 - inner**2)], 1)
    dims, rwt = np.repeat(2 * inner[:, None], 3, 1), np.full((20, 6), wall)
    return LVQuanSubject(200.0 * endo + 60.0 * epi, endo, epi, areas, dims, rwt, time < 9, spacing)


def test_2018_comes_as_it_is_with_its_own_numbers(tmp_path):
    file = write_lvquan18(tmp_path / "all.mat", [subject(), subject(radius=26.0)])
    first, second = clips_of_file(file)
    assert centred(first).shape == (20, 80, 80) and first.phase.sum() == 9
    assert truth_of(first)[0, 2] == pytest.approx(40 / 120, rel=1e-6)
    # Outlines made from the masks tell the same.
    told = np.stack([second.indices, truth_of(type(second)(**{**vars(second), "indices": None}))[:, :11]])
    assert told[1] == pytest.approx(told[0], rel=0.05, abs=0.004)
    assert subject_of(first.name) != subject_of(second.name)


def test_2019_is_cut_out_and_its_numbers_are_those_of_the_cut(tmp_path):
    write_lvquan19(tmp_path / "patient1.mat", subject(size=200, spacing=1.2))
    (clip,) = clips_of_file(tmp_path)
    found = in_mm(truth_of(clip)[:, :11], clip.pixel_mm)
    assert found[0, 2:5] == pytest.approx(40.0, rel=1e-3) and found[0, 5:] == pytest.approx(7.0, rel=1e-3)
    assert found[0, 0] == pytest.approx(np.pi * 400, rel=1e-3)
    drawn = np.linalg.norm(clip.endo[0] - clip.endo[0].mean(0), axis=1).mean() * clip.pixel_mm
    assert drawn == pytest.approx(20.0, rel=0.03)


def test_odd_spelling_and_orientation_are_taken(tmp_path):
    file = write_lvquan18(tmp_path / "a.mat", [subject()])
    stored = {k: v for k, v in loadmat(file).items() if k[0] != "_"}
    odd = {"IMAGES_LV" if k == "images_LV" else k: v.T if k == "dims" else v for k, v in stored.items()}
    savemat(tmp_path / "b.mat", odd)
    plain, other = (read_lvquan_truth(tmp_path / f"{n}.mat")[0] for n in "ab")
    assert (plain.indices == other.indices).all() and (plain.pictures == other.pictures).all()
    for missing in ("rwt", "endo_LV"):
        savemat(tmp_path / "c.mat", {k: v for k, v in stored.items() if k != missing})
        with pytest.raises(ReadError, match=missing.lower()):
            read_lvquan_truth(tmp_path / "c.mat")
    savemat(tmp_path / "d.mat", stored | {"areas": np.zeros((2, 7))})
    with pytest.raises(ReadError, match="areas"):
        read_lvquan_truth(tmp_path / "d.mat")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReadError, match="no MATLAB file"):
        clips_of_file(tmp_path / "empty")


def test_what_was_found_is_written_as_the_challenge_takes_it(tmp_path):
    told = [np.arange(220, dtype=float).reshape(20, 11) + k for k in range(2)]
    file = write_lvquan_reading(tmp_path / "out.mat", told, [np.arange(20) < 8] * 2)
    back = loadmat(file)
    assert [back[k].shape for k in ("areas_hat", "dims_hat", "rwt_hat", "lv_phase_hat")] == [
        (2, 40), (3, 40), (6, 40), (1, 40),
    ]  # fmt: skip
    assert back["dims_hat"][:, 20].tolist() == told[1][0, 2:5].tolist()
    assert back["lv_phase_hat"].sum() == 16 and not list(tmp_path.glob("*.part"))

"""A folder of still pictures is a clip, in the order of the numbers in their names."""

import shutil

import numpy as np
import pytest
from PIL import Image

import lvcine
from lvcine.errors import NotACineError, ReadError
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.ultrasound import virtual_clip
from lvcine.read import ReadOptions, catalogue, open_study


def save(folder, frames, name="{}.png", mode=None):
    folder.mkdir(parents=True, exist_ok=True)
    for t, frame in enumerate(frames):
        picture = Image.fromarray(frame)
        (picture.convert(mode) if mode else picture).save(folder / name.format(t))


@pytest.fixture
def frames():
    return np.random.default_rng(0).integers(0, 255, (12, 20, 30)).astype(np.uint8)


@pytest.mark.parametrize("name", ["{}.png", "clip_{}.bmp", "{}.tif"])
def test_frames_come_back_in_their_order(frames, tmp_path, name):
    save(tmp_path / "clip", frames, name)
    (cine,) = open_study(tmp_path / "clip", ReadOptions(frame_ms=40.0, spacing_mm=(0.5, 0.4))).cines
    assert (cine.pixels[0] == frames).all() and cine.times_ms[0, -1] == 440.0
    assert cine.geometry.calibrated and not cine.gated
    assert "ordered-by-name" in [f.code for f in cine.findings]


def test_colour_palette_and_sixteen_bits_are_grey(frames, tmp_path):
    save(tmp_path / "rgb", frames, mode="RGB")
    save(tmp_path / "palette", frames, mode="P")
    save(tmp_path / "deep", frames.astype(np.uint16) * 200)
    for folder, scale in (("rgb", 1), ("palette", 1), ("deep", 200)):
        (cine,) = open_study(tmp_path / folder).cines
        assert (cine.pixels[0] == frames.astype(int) * scale).all(), folder


def test_an_archive_of_pictures_and_two_folders_are_clips_too(frames, tmp_path):
    save(tmp_path / "exam" / "a", frames)
    shutil.make_archive(str(tmp_path / "clip"), "zip", tmp_path / "exam")
    assert (open_study(tmp_path / "clip.zip").cines[0].pixels[0] == frames).all()
    save(tmp_path / "exam" / "b", frames[:5])
    assert [g.frames for g in catalogue(tmp_path / "exam").groups] == [12, 5]
    shutil.make_archive(str(tmp_path / "exam"), "zip", tmp_path / "exam")
    with pytest.raises(ReadError, match="several folders"):
        open_study(tmp_path / "exam.zip")


def test_two_stills_are_two_phases(frames, tmp_path):
    save(tmp_path / "two", frames[:2])
    (cine,) = open_study(tmp_path / "two").cines
    assert cine.phases_only


def test_what_is_no_clip_is_refused(frames, tmp_path):
    save(tmp_path / "one", frames[:1])
    with pytest.raises(NotACineError):
        open_study(tmp_path / "one")
    save(tmp_path / "mixed", frames[:3])
    Image.fromarray(frames[0, :10]).save(tmp_path / "mixed" / "9.png")
    with pytest.raises(ReadError, match="rows and columns"):
        open_study(tmp_path / "mixed")
    save(tmp_path / "cut", frames[:3])
    (tmp_path / "cut" / "1.png").write_bytes((tmp_path / "cut" / "1.png").read_bytes()[:60])
    with pytest.raises(ReadError, match="damaged"):
        open_study(tmp_path / "cut")
    save(tmp_path / "many", frames)
    with pytest.raises(ReadError, match="pixels"):
        open_study(tmp_path / "many", ReadOptions(max_pixels=1000))


def test_pictures_beside_another_cine_stay_aside(frames, tmp_path):
    save(tmp_path / "both", frames[:3])
    np.save(tmp_path / "both" / "cine.npy", frames)
    study = open_study(tmp_path / "both")
    assert len(study.cines) == 1 and study.left_aside[0].files == 3


def test_a_folder_of_apical_frames_is_analysed(tmp_path):
    cine, _ = virtual_clip(
        seed_of("tests-ultrasound", "reporting", 0), "A4C", frames=40, size=160, kind="normal"
    )
    save(tmp_path / "clip", cine.pixels[0].astype(np.uint8), "frame{}.png")
    analysis = lvcine.analyze(tmp_path / "clip", read=ReadOptions(view="A4C", frame_ms=25.0))
    assert 20 < analysis.headline()["ef_percent"] < 90 and "edv_ml" not in analysis.headline()

"""CAMUS and EchoNet-Dynamic as they lie on disk, made from a virtual clip, and scored against its truth."""

import csv

import av
import nibabel
import numpy as np
import pytest

from lvcine.errors import ReadError
from lvcine.evaluate.echo import camus, echonet
from lvcine.study import Analysis, Beat, Mask, Measurement, Segmentation, Study

FRAMES, SHAPE = 12, (64, 80)
Y, X = np.indices(SHAPE)


def labels(t: int) -> np.ndarray:
    radius = 12 - 4 * np.sin(np.pi * t / (FRAMES - 1)) ** 2
    r = np.hypot(Y - 28, X - 40)
    out = np.where(r < radius, 1, np.where(r < radius + 5, 2, 0))
    return np.where((out == 0) & (np.hypot(Y - 54, X - 40) < 8), 3, out).astype(np.uint8)


def analysis_of(study: Study, drawn: np.ndarray, ef: float, beats=()) -> Analysis:
    cine = study.cines[0]
    empty = ((None,) * cine.frames,)
    return Analysis(
        study, cine, Segmentation(Mask(drawn[None]), empty, empty), 0, 1, "include",
        (Measurement("ef_percent", ef, "%", "t"),), (), (), ({},), {}, beats,
    )  # fmt: skip


@pytest.fixture
def camus_folder(tmp_path):
    home = tmp_path / "database_nifti" / "patient0007"
    home.mkdir(parents=True)
    for view in ("2CH", "4CH"):
        for phase, t in (("ED", 0), ("ES", 6)):
            drawn = labels(t)
            speckle = np.random.default_rng(t).integers(0, 40, SHAPE).astype(np.uint8)
            for name, array in (("", drawn * 60 + speckle), ("_gt", drawn)):
                # Their first axis runs across the picture.
                image = nibabel.Nifti1Image(array.T, np.diag([0.3, 0.2, 1, 1]))
                nibabel.save(image, home / f"patient0007_{view}_{phase}{name}.nii.gz")
        (home / f"Info_{view}.cfg").write_text("ED: 1\nES: 7\nSex: F\nEF: 54.5\n")
    return tmp_path


def test_a_camus_patient_is_one_study_of_two_views(camus_folder):
    (case,) = camus(camus_folder)
    first, second = case.source.cines
    assert (case.subject, first.view, second.view) == ("patient0007", "A4C", "A2C")
    assert first.pixels.shape == (1, 2, *SHAPE) and first.geometry.pixel_spacing_mm == pytest.approx(
        (0.2, 0.3)
    )
    assert (first.pixels[0, 1] // 60 == labels(6)).all()


def test_camus_masks_are_compared_phase_by_phase(camus_folder):
    (case,) = camus(camus_folder)
    exact = np.stack([labels(0), labels(6)])
    scores = {s.metric: s.value for s in case.score(analysis_of(case.source, exact, 50.0))}
    assert all(
        scores[f"dice_{name}_{p}"] == 1 for name in ("lv", "myocardium", "atrium") for p in ("ed", "es")
    )
    assert scores["ef_percent_drawn"] == 54.5 and scores["ef_percent_difference"] == pytest.approx(-4.5)
    turned = {s.metric: s.value for s in case.score(analysis_of(case.source, exact[::-1], 50.0))}
    assert turned["dice_lv_ed"] == turned["dice_lv_es"] < 0.8


def test_a_still_without_masks_is_said(camus_folder):
    next(camus_folder.rglob("*4CH_ES_gt*")).unlink()
    with pytest.raises(ReadError, match="without its masks"):
        list(camus(camus_folder))


def discs(t: int) -> list[list[float]]:
    """Long axis and 20 discs of the round cavity of frame t."""
    radius = 12 - 4 * np.sin(np.pi * t / (FRAMES - 1)) ** 2
    heights = np.linspace(-radius, radius, 22)[1:-1]
    half = np.sqrt(radius**2 - heights**2)
    rows = [[40.0, 28 - radius, 40.0, 28 + radius]]
    return rows + [[40 - w, 28 + h, 40 + w, 28 + h] for h, w in zip(heights, half, strict=True)]


@pytest.fixture
def echonet_folder(tmp_path):
    (tmp_path / "Videos").mkdir()
    with av.open(str(tmp_path / "Videos" / "0XA.avi"), "w") as out:
        stream = out.add_stream("mjpeg", rate=50)
        stream.height, stream.width, stream.pix_fmt = *SHAPE, "yuvj420p"
        for t in range(FRAMES):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(labels(t) * 60, "gray")))
        out.mux(stream.encode())
    with (tmp_path / "FileList.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow("FileName EF ESV EDV FrameHeight FrameWidth FPS NumberOfFrames Split".split())
        writer.writerow(["0XA", 61.0, 40, 100, *SHAPE, 50, FRAMES, "TEST"])
        writer.writerow(["0XB", 61.0, 40, 100, *SHAPE, 50, FRAMES, "TRAIN"])
    with (tmp_path / "VolumeTracings.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow("FileName X1 Y1 X2 Y2 Frame".split())
        for frame in (0, 6):
            for ends in discs(frame):
                writer.writerow(["0XA.avi", *ends, frame])
    return tmp_path


def test_echonet_tracings_become_areas_and_only_the_test_split_is_taken(echonet_folder):
    (case,) = echonet(echonet_folder)
    assert case.subject == "0XA"
    from lvcine.read import open_study

    study = open_study(case.source)
    exact = np.stack([labels(t) for t in range(FRAMES)])
    beats = (Beat(1, 5, 60.0), Beat(9, 11, 60.0))
    scores = {s.metric: s.value for s in case.score(analysis_of(study, exact, 58.0, beats))}
    assert scores["dice_lv_ed"] > 0.96 and scores["dice_lv_es"] > 0.95
    assert (scores["ed_frame_difference"], scores["es_frame_difference"]) == (1, -1)
    assert scores["ef_percent_difference"] == pytest.approx(-3.0)


def test_a_list_without_its_video_is_said(echonet_folder):
    (echonet_folder / "Videos" / "0XA.avi").unlink()
    with pytest.raises(ReadError, match="not there"):
        list(echonet(echonet_folder))

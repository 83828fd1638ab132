"""What a script gets: keywords, numbers with units, short texts, equality that does not raise."""

from __future__ import annotations

import copy
import gzip
import inspect
import json
import pickle
import zipfile
from dataclasses import replace

import nibabel
import numpy as np
import pytest

import lvcine
from lvcine.cli.options import analyze_options
from lvcine.errors import UsageError
from lvcine.pipeline.keywords import OFFERED, options_of
from lvcine.pipeline.result import Result, result_of
from lvcine.report.viewer import viewer_files
from lvcine.study import Quantity, Study

from .conftest import make_cine
from .test_measure_masks import STUDY, drawn, measure_masks, scan, xyzt  # noqa: F401


@pytest.fixture(scope="module")
def result() -> Result:
    return measure_masks(STUDY, drawn(), ed=0, es=4)


def test_keywords_are_options_of_the_command_under_its_names():
    said = {
        "spacing": (1.5, 1.4),
        "venc": "20",
        "height": 1.8,
        "ed": 3,
        "view": "SAX",
        "papillary": "exclude",
    }
    found = options_of(None, said)
    command = analyze_options(
        spacing_mm=(1.5, 1.4), venc_cm_s="20", height_m=1.8, ed=3, view="SAX", papillary="exclude"
    )
    assert found == command
    assert options_of(found, {"ed": None, "age_years": 50}).age_years == 50


def test_every_option_of_the_command_is_a_keyword():
    from lvcine.cli.analyze import analyze as command

    not_of_python = {"path", "output", "quiet", "as_json", "verbose"}
    assert set(inspect.signature(command).parameters) - not_of_python == set(OFFERED) - {"read"}


@pytest.mark.parametrize("function", ["analyze", "measure_masks", "frames", "quantify"])
def test_completion_and_help_see_each_keyword(function):
    names = set(inspect.signature(getattr(lvcine, function)).parameters)
    assert {"axes", "papillary", "view", "spacing", "ed"} <= names and "keywords" not in names


def test_a_keyword_that_does_not_exist_names_the_one_that_does():
    with pytest.raises(TypeError, match="papilary.*papillary"):
        lvcine.frames(np.zeros((4, 4)), papilary="include")
    with pytest.raises(UsageError, match="twice"):
        options_of(None, {"height": 1.8, "height_m": 1.7})


def test_numbers_know_their_unit_and_interval(result):
    edv = result.headline()["edv_ml"]
    assert isinstance(edv, float) and edv.unit == "mL" and edv.low is None
    assert result.headline()["ed_frame"] == 0 and type(result.headline()["ed_frame"]) is int
    wide = Quantity(59.9, "%", 55.0, 64.0)
    assert str(wide) == "59.9 % (55 to 64)" and f"{wide:.1f}" == "59.9" and json.dumps(wide) == "59.9"
    for same in (pickle.loads(pickle.dumps(wide)), copy.copy(wide)):
        assert (same, same.unit, same.low, same.high) == (59.9, "%", 55.0, 64.0)


def test_texts_are_short_and_comparing_does_not_raise(result):
    segmentation = result.segmentation
    things = [
        result, result.study, result.cine, result.cine.geometry, segmentation, segmentation.mask,
        segmentation.endo[2][0], result.curves[0], result.cine.file_grid,
    ]  # fmt: skip
    for thing in things:
        assert len(repr(thing)) < 300, repr(thing)
        assert thing == thing and thing != replace(thing) if thing is not result.study else thing == thing
        assert hash(thing) == hash(thing)
    assert "EDV 18" in repr(result) and "6 slices x 8 frames" in repr(result.cine)


def test_a_table_has_every_number_with_unit_and_place(result):
    pytest.importorskip("pandas")
    table = result.to_dataframe()
    edv = table[table.name == "edv_ml"].iloc[0]
    assert edv.value == result.headline()["edv_ml"] and edv.unit == "mL"
    areas = table[(table.name == "cavity_area_mm2") & (table.frame == 0)]
    assert list(areas.slice) == list(range(6)) and str(table.slice.dtype) == "Int64"


def test_a_table_without_pandas_says_what_to_install(result, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(UsageError, match="pandas is not installed"):
        result.to_dataframe()


def test_a_result_shows_and_saves_itself(result, tmp_path):
    html = result._repr_html_()
    assert html.count("<svg") == 2 and "EDV" in html and "http" not in html and "<script" not in html
    files = result.save(tmp_path / "out", movie="none", viewer="frames")
    assert {p.name for p in files} >= {"report.html", "cine.nii.gz", "frames.zip"}
    with pytest.raises(UsageError, match="not empty|holds"):
        result.save(tmp_path / "out")
    bare = replace(result, cine=replace(result.cine, pixels=np.zeros_like(result.cine.pixels)))
    assert "<svg" not in bare._repr_html_()
    with pytest.raises(UsageError, match="need the scan"):
        bare.save(tmp_path / "bare")


# ---- the scan for viewers ---------------------------------------------------------------------------


def opened(content: bytes):
    return nibabel.Nifti1Image.from_bytes(gzip.decompress(content))


def test_grey_cine_and_masks_are_one_grid_and_phases_are_pairs(scan, tmp_path):  # noqa: F811
    masks = {t: save(xyzt(drawn())[..., t], tmp_path) for t in (0, 4)}
    result = measure_masks(scan, masks, ed=0, es=4, view="SAX")
    made = viewer_files(result, "pairs")
    assert set(made) == {"cine.nii.gz", "ed.nii.gz", "ed_labels.nii.gz", "es.nii.gz", "es_labels.nii.gz"}
    grey, source = opened(made["cine.nii.gz"]), nibabel.load(scan)
    assert np.array_equal(grey.get_fdata(), source.get_fdata())
    assert grey.affine == pytest.approx(source.affine) and grey.header.get_zooms()[3] == pytest.approx(0.1)
    for name, frame in (("ed", 0), ("es", 4)):
        picture, labels = (opened(made[f"{name}{end}.nii.gz"]) for end in ("", "_labels"))
        assert picture.shape == labels.shape == source.shape[:3] and labels.affine == pytest.approx(
            source.affine
        )
        assert np.array_equal(picture.get_fdata(), source.get_fdata()[..., frame])
        assert np.array_equal(labels.get_fdata(), xyzt(drawn())[..., frame])


def save(labels, folder):
    from .test_measure_masks import nifti

    return nifti(labels, folder / f"{labels.sum()}.nii.gz")


def test_frames_and_slices_in_their_order(result, tmp_path):
    with zipfile.ZipFile(writable(viewer_files(result, "frames")["frames.zip"], tmp_path)) as archive:
        assert len(archive.namelist()) == 16 and "labels/frame_007.nii.gz" in archive.namelist()
        labels = opened(archive.read("labels/frame_003.nii.gz")).get_fdata()
        assert np.array_equal(labels, xyzt(drawn())[..., 3])
    with zipfile.ZipFile(writable(viewer_files(result, "slices")["slices.zip"], tmp_path)) as archive:
        one = opened(archive.read("images/slice_002.nii.gz"))
        assert np.array_equal(one.get_fdata(), result.cine.pixels[2].transpose(2, 1, 0))


def writable(content: bytes, folder):
    path = folder / "a.zip"
    path.write_bytes(content)
    return path


def test_a_new_study_is_equal_to_itself_alone():
    first, second = Study((make_cine(),)), Study((make_cine(),))
    assert first != second and len({first, second}) == 2
    assert isinstance(result_of(measure_masks(STUDY, drawn(), ed=0, es=4)), Result)

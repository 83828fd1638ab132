"""Contours that other programs drew, in and out."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest

import lvcine
from lvcine.errors import ReadError, UsageError
from lvcine.measure.area import polygon_area
from lvcine.phantom.write import write_dicom_mr
from lvcine.pipeline.measure_masks import measure_masks
from lvcine.review.cvi42 import read_cvi42, write_cvi42
from lvcine.review.open_result import open_result
from lvcine.review.run import Review
from lvcine.review.session import Session

from .conftest import MM, rings
from .test_session import circle

# Written by hand after what published readers of the format take, not by lvcine.
WORKSPACE = """<?xml version="1.0" encoding="UTF-8"?>
<Workspace:Workspace xmlns:Workspace="http://www.circlecvi.com/cvi42/Workspace/"
 xmlns:Hash="http://www.circlecvi.com/cvi42/Workspace/Hash/" xmlns:List="http://www.circlecvi.com/cvi42/Workspace/List/"
 xmlns:Point="http://www.circlecvi.com/cvi42/Workspace/Point/">
<Hash:item Hash:key="StudyStates"><Hash:item Hash:key="ImageStates" Hash:count="1">
<Hash:item Hash:key="{uid}" Hash:count="2"><Hash:item Hash:key="Contours" Hash:count="2">
<Hash:item Hash:key="saendocardialContour"><Hash:item Hash:key="Points" List:count="4">
<List:item><Point:x>80</Point:x><Point:y>120</Point:y></List:item>
<List:item><Point:x>200</Point:x><Point:y>120</Point:y></List:item>
<List:item><Point:x>200</Point:x><Point:y>200</Point:y></List:item>
<List:item><Point:x>80</Point:x><Point:y>200</Point:y></List:item></Hash:item>
<Hash:item Hash:key="SubpixelResolution">4</Hash:item></Hash:item>
<Hash:item Hash:key="sarvendocardialContour"><Hash:item Hash:key="Points"/></Hash:item>
</Hash:item></Hash:item></Hash:item></Hash:item></Workspace:Workspace>"""


@pytest.fixture(scope="module")
def dicom(tmp_path_factory):
    """Two slices of the rings, which are alike, as DICOM; analysed, the reader's contours are to come."""
    from dataclasses import replace

    cine, labels = rings()
    few = replace(
        cine, pixels=cine.pixels[:2], geometry=cine.geometry.take([0, 1]), times_ms=cine.times_ms[:2],
        cycle_ms=cine.cycle_ms[:2],
    )  # fmt: skip
    home = tmp_path_factory.mktemp("dicom")
    write_dicom_mr(few, home / "scan", vendor="ge")
    study = lvcine.open_study(home / "scan")
    measure_masks(study, labels[:2], output=home / "results", ed=0, es=5, movie="none", by="a net")
    return home


@pytest.fixture
def session(dicom, tmp_path):
    import shutil

    shutil.copytree(dicom / "results", tmp_path / "results")
    with Review(Session(open_result(tmp_path / "results", dicom / "scan"))) as review:
        yield review


def test_a_workspace_of_cvi42_is_taken_by_its_dicom_objects(session, tmp_path):
    uid = session.session.original.cine.instances[1][3]
    path = tmp_path / "reader.cvi42wsx"
    path.write_text(WORKSPACE.format(uid=uid))
    assert session.start_from(path, by="reader 2") == 1
    points = session.session.state.at(("endo", 1, 3)).points
    assert points.tolist() == [
        [30, 20],
        [30, 50],
        [50, 50],
        [50, 20],
    ]  # a quarter of the stored numbers; y, x
    assert "from cvi42" in session.session.everything()["last"]
    session.session.undo(session.session.revision)
    assert polygon_area(session.session.state.at(("endo", 1, 3)).points) != 600


def test_what_is_exported_is_read_again_in_every_form(session, tmp_path):
    request = {"do": "contour", "side": "endo", "z": 0, "t": 2, "points": circle(17.0)}
    session.session.correct(request, session.session.revision, "reader")
    area = polygon_area(session.session.state.at(("endo", 0, 2)).points)
    for name, close in (("a.cvi42wsx", 1e-3), ("b.json", 1e-6), ("c.nii.gz", 0.01)):
        session.export(tmp_path / name)
        session.session.undo(session.session.revision)
        session.start_from(tmp_path / name)
        assert polygon_area(session.session.state.at(("endo", 0, 2)).points) == pytest.approx(area, rel=close)
        session.session.undo(session.session.revision)
        session.session.correct(request, session.session.revision, "reader")
    tree = ElementTree.parse(tmp_path / "a.cvi42wsx")
    uids = {e.attrib.get("{http://www.circlecvi.com/cvi42/Workspace/Hash/}key") for e in tree.iter()}
    assert session.session.original.cine.instances[0][2] in uids
    with pytest.raises(UsageError, match="kind"):
        session.export(tmp_path / "a.pdf")


def test_sunnybrooks_contours_are_assigned_by_their_pictures(session, dicom, tmp_path):
    import shutil

    import pydicom

    folder = tmp_path / "SC-HF-I-1"
    (folder / "contours").mkdir(parents=True)
    wanted = session.session.original.cine.instances[1][4]
    for k, file in enumerate(sorted(p for p in (dicom / "scan").rglob("*") if p.is_file()), 1):
        shutil.copy(file, folder / f"{k:04d}.dcm")
        if pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID == wanted:
            number = k
    xy = np.array(circle(15.0)).reshape(-1, 2)[:, ::-1] + 1  # Sunnybrook counts pixels from 1
    text = "\n".join(f"{x:.2f} {y:.2f}" for x, y in xy)
    (folder / "contours" / f"IM-0001-{number:04d}-icontour-manual.txt").write_text(text)
    assert session.start_from(folder) == 1
    found = session.session.state.at(("endo", 1, 4)).points
    assert polygon_area(found * MM) == pytest.approx(np.pi * 15**2, rel=2e-3)
    np.testing.assert_allclose(found.mean(0), [36, 36], atol=0.01)


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "<a>",
        "",
        "<a/>",
        WORKSPACE.format(uid="1").replace("<Point:x>80<", "<Point:x>eighty<"),
        WORKSPACE.format(uid="1").replace(">4<", ">0<"),
    ],
)
def test_xml_that_could_do_harm_or_says_nothing_is_refused(text):
    with pytest.raises(ReadError):
        read_cvi42(text.encode(), "reader.xml")


def test_contours_of_another_scan_are_refused(session, tmp_path):
    path = tmp_path / "other.xml"
    path.write_bytes(write_cvi42({"1.2.3": {"endo": np.eye(3)[:, :2] * 9}}))
    with pytest.raises(UsageError, match="none of these"):
        session.start_from(path)
    other = tmp_path / "contours.json"
    other.write_text(json.dumps({"shape": [1, 2, 3, 4], "endo": [], "epi": []}))
    with pytest.raises(UsageError, match="another scan"):
        session.start_from(other)
    with pytest.raises(UsageError, match="no such file"):
        session.start_from(tmp_path / "none.xml")
    with pytest.raises(ReadError, match="unknown kind"):
        (tmp_path / "a.txt").write_text("1 2")
        session.start_from(tmp_path / "a.txt")
    assert session.session.revision == 0

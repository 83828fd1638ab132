"""report.html: self-contained, escaped, and whole with pieces missing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from lvcine.report.page import report_html
from lvcine.report.picture import tiles_of
from lvcine.study import Curve, Finding, Geometry, Identity, LeftAside, Measurement, Segmentation, Subject

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.scripts, self._in_script = [], [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in_script = tag in ("script", "style")

    def handle_endtag(self, tag):
        self._in_script = False

    def handle_data(self, data):
        (self.scripts if self._in_script else self.text).append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


def page(analysis, identity=None):
    return Page(report_html(analysis, tiles_of(analysis), identity))


def test_the_numbers_the_convention_and_the_doubts_are_on_the_page(ring):
    words = page(ring).words
    assert "Papillary muscles are counted with the cavity" in words
    assert "45 mL" in words and "61.6 %" in words
    assert "warning A slice is missing. Suggestion: Look at the stack." in words
    assert "Research use. Not a medical device." in words
    assert "4 slices × 8 frames" in words and "75 per minute" in words and "sax-unet 0123456789ab" in words
    assert words.index("A slice is missing") < words.index("End-diastolic volume")


def test_every_net_is_named_with_its_files_and_hashes(ring):
    words = page(ring).words
    assert "sax-unet sha256 0123456789abcdef" in words
    assert f"frames (a.onnx b.onnx) sha256 {'9' * 16} {'8' * 16}" in words


def test_the_other_convention_is_said_as_well(ring):
    assert "counted with the myocardium" in page(replace(ring, papillary="exclude")).words


def test_nothing_is_fetched_from_anywhere(ring):
    text = report_html(ring, tiles_of(ring), None)
    assert "://" not in text and not re.search(r"url\(|@import|fetch\(|XMLHttp", text)
    found = page(ring)
    assert not {tag for tag, _ in found.tags} & {"link", "iframe", "object", "embed", "base", "form"}
    sources = [a[k] for _, a in found.tags for k in ("src", "href", "srcset", "action", "data") if k in a]
    assert sources and all(s.startswith("data:image/jpeg;base64,") for s in sources)
    policy = next(a["content"] for _, a in found.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy


def hostile(ring):
    return replace(
        ring,
        study=replace(
            ring.study,
            subject=Subject(1.7, 70.0, HOSTILE, 50.0),
            left_aside=(LeftAside(HOSTILE, HOSTILE),),
            digest=HOSTILE,
        ),
        findings=(Finding(HOSTILE, "warning", HOSTILE, HOSTILE),),
        measurements=(
            *ring.measurements,
            Measurement(HOSTILE, 1.0, HOSTILE, HOSTILE),
            Measurement(HOSTILE, 1.0, HOSTILE, HOSTILE, slice=0, frame=0),
            Measurement("wall_thickness" + HOSTILE, 1.0, HOSTILE, HOSTILE, segment=1, frame=0),
        ),
        curves=(Curve("volume" + HOSTILE, HOSTILE, None, ring.curves[0].values),),
        nets=({"name": HOSTILE, "file": HOSTILE, "sha256": HOSTILE, "engine": HOSTILE},),
        seconds={HOSTILE: 1.0},
    )


def test_hostile_header_strings_stay_text(ring):
    clean, found = page(ring), page(hostile(ring), Identity(HOSTILE, HOSTILE, HOSTILE, HOSTILE))
    assert [t for t, _ in found.tags if t == "script"] == [t for t, _ in clean.tags if t == "script"]
    assert "img" not in {t for t, _ in found.tags}
    assert not [k for _, a in found.tags for k in a if k.startswith("on")]
    assert "<script>alert(1)</script>" in found.words and "{{ 7*7 }}" in found.words
    assert not [s for s in found.scripts if "alert" in s]


def test_the_player_gets_every_frame_and_contour(ring):
    data = json.loads(next(s for s in page(ring).scripts if s.startswith("{")))
    assert len(data["frames"]) == 8 and data["slices"] == 4
    assert (data["ed"], data["es"], data["step"]) == (0, 4, 100)
    assert data["times"] == [0, 100, 200, 300, 400, 500, 600, 700]
    xy = np.reshape(data["epi"][0][0], (-1, 2)) / data["subpixel"]
    mm = (xy - xy.mean(0)) * (1.2, 1.5)
    assert np.hypot(*mm.T) == pytest.approx(np.full(len(mm), 33.0), abs=0.1)
    assert data["aspect"] == pytest.approx(1.25)


def test_names_are_printed_only_when_asked_for(ring):
    assert "Quillfeather" not in page(ring).words
    assert "Quillfeather^Ambrosia" in page(ring, ring.study.identity).words


def bare(ring, **cine):
    """No times, no spacing, no numbers, no curve, no septum, nothing known about anybody."""
    geometry = Geometry.stack(4, (1.0, 1.0), 1.0, calibrated=False)
    plain = replace(ring.cine, geometry=geometry, times_ms=None, cycle_ms=None, **cine)
    return replace(
        ring,
        cine=plain,
        study=replace(ring.study, subject=Subject(), findings=(), digest=""),
        measurements=(),
        curves=(),
        findings=(),
        nets=({},),
        seconds={},
    )


def test_a_page_without_times_spacing_curve_and_segments(ring):
    words = page(bare(ring)).words
    assert "no known spacing" in words and "Heart rate not known" in words
    assert "ED frame 0, ES frame 4" in words and "Over the cycle" not in words.replace("Contours over", "")
    assert "Not given: segments need" in words and "None." in words
    assert "nan" not in words.lower().split()


def test_a_page_of_two_phases(make_ring):
    two = make_ring(frames=2)
    two = replace(two, cine=replace(two.cine, phases_only=True, times_ms=None, cycle_ms=None))
    found = page(two)
    assert "ED and ES only" in found.words
    assert "plot" not in {a.get("class") for _, a in found.tags}


def test_a_page_where_no_ventricle_was_found(ring):
    none = tuple((None,) * 8 for _ in range(4))
    empty = replace(ring, segmentation=Segmentation(ring.segmentation.mask, none, none))
    data = json.loads(next(s for s in page(empty).scripts if s.startswith("{")))
    assert data["endo"] == [[None] * 8] * 4 and data["tile"] == [96, 96]


def test_areas_of_every_slice_at_ed_and_es(ring):
    words = page(ring).words
    table = words[words.index("By slice") :]
    ed, es = np.pi * 24.0**2, np.pi * (24.0 * 0.62) ** 2
    assert f"{ed:.0f}" in table and f"{es:.0f}" in table


def test_methods_and_papers_are_cited(ring):
    cited = replace(
        ring,
        measurements=(*ring.measurements, Measurement("x_mm", 1.0, "mm", "rays (doi:10.1000/abc.1).")),
    )
    words = page(cited).words
    assert "doi:10.1186/s12968-017-0327-9" in words and "doi:10.1186/s12968-021-00827-z" in words
    assert "doi:10.1000/abc.1" in words


def test_what_is_measured_in_two_ways_is_named_by_where(ring):
    """One row a method, and no two rows of one name."""
    by_slice = Measurement("wall_thickness_mm", 9.0, "mm", "mean over rays", 0, 0, 1)
    words = page(replace(ring, measurements=(*ring.measurements, by_slice))).words
    assert "Wall thickness, by segment centreline" in words
    assert "Wall thickness, by slice mean over rays" in words
    assert "Wall thickening ED to ES" in words  # in one way: the plain name

"""Direct regression: of which slices, what it is compared with, what is said where the two differ."""

from dataclasses import replace

import numpy as np
import pytest

from lvcine.engine import SHIPPED
from lvcine.errors import NotACineError
from lvcine.measure import measure_short_axis
from lvcine.measure.lvquan_indices import INDICES
from lvcine.phantom.write.lvquan import LVQuanSubject, write_lvquan18
from lvcine.pipeline.quantify import quantify
from lvcine.pipeline.regression_check import as_measurements, compare, regress_indices, whole_slices
from lvcine.study import Study, Subject
from lvcine.systems.quantification.infer import Reading, SliceReading, read_indices, whole_pictures
from lvcine.systems.quantification.prepare import Form

from .conftest import cylinder, make_cine

FORM = Form((36.0, 36.0), 60.0, (0.0, -1.0), 1, (1.5, 1.5))


@pytest.fixture(scope="module")
def measured():
    cine = make_cine(slices=5, frames=8)
    found = cylinder(cine, SHIPPED)
    return cine, found.segmentation, measure_short_axis(cine, found.segmentation, Subject())


def reading_of(measurements, cine, add):
    """A reading that says what the masks say, and a little more."""
    slices = []
    for z in whole_slices(measurements, cine):
        at = {(m.name, m.segment, m.frame): m.value for m in measurements if m.slice == z}
        rows = []
        for t in range(cine.frames):
            walls = [at["wall_thickness_mm", s, t] for s in (3, 4, 5, 6, 1, 2)]
            chords = [at[f"dimension_{d}_mm", None, t] for d in ("is_al", "i_a", "il_as")]
            rows.append([at["cavity_area_mm2", None, t], at["myocardium_area_mm2", None, t], *chords, *walls])
        slices.append(SliceReading(z, FORM, np.array(rows) + add, np.zeros(cine.frames)))
    return tuple(slices)


def test_slices_with_a_whole_ring_are_read(measured):
    cine, _, m = measured
    assert whole_slices(m.measurements, cine) == [1, 2, 3]


def test_contours_and_regression_stand_side_by_side_and_differ_beyond_the_limits(measured):
    cine, _, m = measured
    limits = {name: (-5.0, 5.0) for name in INDICES}
    add = np.zeros(11)
    add[[0, 10]] = 40.0, -6.0
    reading = Reading(reading_of(m.measurements, cine, add), limits, {})
    pairs, findings = compare(reading, m.measurements, cine)
    assert [p.name for p in pairs] == list(INDICES)
    assert [p.name for p in pairs if p.exceeds_limits] == ["cavity_area", "wall_thickness_as"]
    assert pairs[0].pixels - pairs[0].masks == pytest.approx(40.0)
    (said,) = findings
    assert said.code == "readers-disagree" and "cavity area +40 mm2" in said.text
    assert "wall thickness AS -6.0 mm" in said.text and "myocardium" not in said.text
    near, nothing = compare(Reading(reading_of(m.measurements, cine, 1.0), limits, {}), m.measurements, cine)
    assert nothing == () and not any(p.exceeds_limits for p in near)
    unknown, nothing = compare(Reading(reading_of(m.measurements, cine, 99.0), {}, {}), m.measurements, cine)
    assert nothing == () and unknown[0].low is None


def test_every_slices_and_frames_numbers_are_kept(measured):
    cine, _, m = measured
    reading = Reading(reading_of(m.measurements, cine, 0.0), {}, {})
    rows = as_measurements(reading, cine)
    assert len(rows) == 3 * 8 * 12
    wall = [r for r in rows if r.name == "wall_thickness_by_pixels_mm" and r.slice == 2 and r.frame == 3]
    assert [r.segment for r in wall] == [3, 4, 5, 6, 1, 2]


def test_stills_have_no_direct_regression(measured):
    cine, segmentation, m = measured
    stills = replace(cine, phases_only=True)
    assert regress_indices(stills, segmentation, m.measurements, 0, SHIPPED) is None


def lvquan(tmp_path, subjects=1):
    y, x = np.indices((80, 80)) - 39.5
    far = np.hypot(y, x)
    inner = 18 - 5 * np.sin(np.pi * np.arange(20) / 20) ** 2
    endo = far[None] < inner[:, None, None]
    epi = far[None] < np.sqrt(inner**2 + 350)[:, None, None]
    right = (np.hypot(y, x + 24) < 14)[None] & ~epi
    noise = np.random.default_rng(0).normal(0, 3, endo.shape)
    pictures = np.clip(40 + 140.0 * endo + 20.0 * (epi & ~endo) + 130.0 * right + noise, 0, None)
    one = LVQuanSubject(
        pictures, endo, epi, np.ones((20, 2)), np.ones((20, 3)), np.ones((20, 6)), inner > 15, 1.4
    )
    return write_lvquan18(tmp_path / "lv.mat", [one] * subjects), inner


def test_pictures_of_the_challenge_are_taken_as_they_are(tmp_path):
    file, inner = lvquan(tmp_path, 2)
    found = quantify(file)
    assert len(found) == 2 and [f.code for f in found[0].findings] == ["form-assumed"]
    (one,) = found[0].reading.slices
    assert one.shares == pytest.approx(one.indices / np.array([6400.0] * 2 + [80.0] * 9))
    # Circles of known size; a net of virtual hearts must come near them.
    assert np.abs(one.indices[:, 0] - np.pi * inner**2).mean() < 0.15 * np.pi * 15**2
    assert np.corrcoef(one.indices[:, 3], inner)[0, 1] > 0.95
    assert quantify(file, as_is=True)[0].findings == ()


def test_the_start_of_the_cycle_changes_nothing_but_the_order(tmp_path):
    file, _ = lvquan(tmp_path)
    cine = quantify(file)[0].cine
    plain = read_indices(cine, whole_pictures(cine)).slices[0].indices
    turned = replace(cine, pixels=np.roll(cine.pixels, 7, axis=1))
    again = read_indices(turned, whole_pictures(turned)).slices[0].indices
    # Which frames set the grey scale differs with the start, the numbers hardly.
    assert again == pytest.approx(np.roll(plain, 7, axis=0), rel=0.02, abs=0.3)


def test_what_cannot_be_read_is_said():
    cine = make_cine(slices=2, frames=3)
    with pytest.raises(NotACineError, match="no gated short-axis cine"):
        quantify(Study((cine,)))
    oblong = replace(make_cine(slices=1), pixels=np.zeros((1, 20, 48, 60), np.uint16))
    with pytest.raises(NotACineError, match="not square"):
        quantify(Study((oblong,)), as_is=True)


def test_one_of_several_cines_may_hold_no_ventricle(tmp_path):
    file, _ = lvquan(tmp_path)
    good = quantify(file)[0].cine
    oblong = replace(make_cine(slices=1), pixels=np.zeros((1, 20, 48, 60), np.uint16), label="blank")
    found = quantify(Study((oblong, good)), as_is=True)
    assert len(found) == 1 and [f.code for f in found[0].findings] == ["cine-left-out"]
    assert "not square" in found[0].findings[0].text

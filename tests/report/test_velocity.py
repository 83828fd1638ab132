"""The velocities of the wall in the files and on the page."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lvcine.report import FILES, VELOCITY_FILES, write_outputs
from lvcine.report.diverging import colours, symmetric_limit
from lvcine.report.page import report_html
from lvcine.report.picture import tiles_of
from lvcine.report.slices import apex_along_z, base_first
from lvcine.report.tables import measurements_json
from lvcine.report.velocity import CURVE_COLUMNS, FIELD_AXES, velocity_csv, velocity_npz
from lvcine.report.velocity_figures import delay_svg, velocity_curve_svg, velocity_map_svg
from lvcine.report.velocity_page import moment
from lvcine.report.velocity_pictures import wall_motion
from lvcine.report.wording import title
from lvcine.study import MaskOrigin, Measurement, VelocityPeak, WallVelocity
from lvcine.study.wall_velocity import COMPONENTS, PEAKS, SECTORS

Z, T, SIZE = 4, 8, 96
TIMES = np.arange(T) * 100.0
BULK = (1.5, -0.75)
MISSING = (2, SECTORS.index("IL"))  # slice and sector that no frame shows
BLIND = (1, SECTORS.index("A"), 3)  # and one that a single frame does not show


def course(size):
    """Positive in the first three frames after ED, then negative, then at rest."""
    return size * np.array([0.0, 0.6, 1.0, 0.4, -1.2, -0.5, 0.0, -0.3])


def every_peak():
    """Of the whole, slices and sectors, no two with the same value; no late diastolic radial ones."""
    value = 1.0
    for c, component in enumerate(COMPONENTS):
        places = [(None, None)] + [(z, s) for z in range(Z) for s in (None, *SECTORS)]
        for z, sector in places:
            if (z, sector) == (MISSING[0], SECTORS[MISSING[1]]):
                continue
            for phase, time in zip(PEAKS, (190.0, 410.0, 700.0), strict=True):
                if (component, phase) == ("radial", "late diastolic"):
                    continue
                value += 0.1
                sign = 1.0 if phase == "systolic" else -1.0
                yield VelocityPeak(
                    component, phase, sign * round(value, 1), time + c + 7 * (z or 0), z, sector
                )


def wall_velocity(analysis, apex=-1):
    """A wall that moves along the axis and inwards alike everywhere, on a ring that drifts as a whole."""
    along, inwards = course(6.0), course(3.0)
    slices = np.stack([np.tile(v, (Z, 1)) for v in (along, inwards, 0.2 * along)])
    sectors = np.repeat(slices[:, :, None], 6, 2)
    sectors[:, MISSING[0], MISSING[1]] = np.nan
    sectors[:, BLIND[0], BLIND[1], BLIND[2]] = np.nan
    delay = np.arange(2 * Z * 6, dtype=float).reshape(2, Z, 6) - 20.0
    delay[:, MISSING[0], MISSING[1]] = np.nan
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2.0
    y, x = y * 1.5, x * 1.2  # mm
    far = np.maximum(np.hypot(x, y), 1e-6)
    field = np.empty((3, Z, T, SIZE, SIZE), np.float32)
    field[0] = BULK[0] - inwards[:, None, None] * x / far
    field[1] = BULK[1] - inwards[:, None, None] * y / far
    field[2] = apex * along[:, None, None]
    bulk = np.tile(np.array(BULK)[:, None, None], (1, Z, T))
    whole = slices[:, 0]
    return WallVelocity(TIMES, whole, slices, sectors, bulk, tuple(every_peak()), delay, field)


def measured(wall):
    for p in wall.peaks:
        if p.slice is None:
            stem = f"peak_{p.phase.replace(' ', '_')}_{p.component}_velocity"
            yield Measurement(f"{stem}_cm_s", p.value_cm_s, "cm/s", "extreme of the curve")
            yield Measurement(f"time_to_{stem}_ms", p.time_ms, "ms", "extreme of the curve")


@pytest.fixture(scope="module")
def mapped(ring):
    wall = wall_velocity(ring)
    return replace(ring, velocity=wall, measurements=tuple(measured(wall)), curves=())


def text_of(analysis):
    html = report_html(analysis, tiles_of(analysis), None)
    body = re.sub(r"<(script|style).*?</\1>", " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def pixels_of(href):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(href.split(",")[1]))))


def read_csv(wall):
    return list(csv.DictReader(io.StringIO(velocity_csv(wall))))


def test_the_files_are_there_for_a_velocity_scan_only(mapped, ring, tmp_path):
    with_them = {p.name for p in write_outputs(mapped, tmp_path / "a", movie="none")}
    without = {p.name for p in write_outputs(ring, tmp_path / "b", movie="none")}
    assert with_them - without == set(VELOCITY_FILES) <= set(FILES)
    write_outputs(ring, tmp_path / "a", overwrite=True, movie="none")
    assert not {p.name for p in (tmp_path / "a").iterdir()} & set(VELOCITY_FILES)  # none of an earlier run


def test_page_and_json_say_once_why_no_velocity_has_an_interval(mapped, ring):
    why = json.loads(measurements_json(mapped))["why_no_intervals"]
    assert "velocity mapping" in why and "virtual hearts" in why and "calibrated" in why
    assert text_of(mapped).count(f"No 90 % interval: {why}.") == 1
    assert "peak_systolic_longitudinal_velocity_cm_s" in json.loads(measurements_json(mapped))["units"]
    # The ring's EDV has an interval: nothing is to be explained.
    assert json.loads(measurements_json(ring))["why_no_intervals"] is None
    assert "No 90 % interval" not in text_of(ring)
    by_somebody = replace(
        ring, measurements=tuple(replace(m, low=None, high=None) for m in ring.measurements)
    )
    by_somebody = replace(by_somebody, masks=MaskOrigin("Dr. Who", "acdc", "", 1))
    assert "no net's" in json.loads(measurements_json(by_somebody))["why_no_intervals"]
    assert text_of(by_somebody).count("these contours are no net") == 1


def test_every_curve_comes_back_from_the_table(mapped):
    rows, wall = read_csv(mapped.velocity), mapped.velocity
    assert tuple(rows[0]) == CURVE_COLUMNS and len(rows) == 3 * (1 + Z + 6 * Z) * T
    back = np.full(wall.sector_cm_s.shape, np.inf)
    slices, whole = np.full(wall.slice_cm_s.shape, np.inf), np.full(wall.whole_cm_s.shape, np.inf)
    for row in rows:
        c, t = COMPONENTS.index(row["component"]), int(row["frame"])
        value = float(row["value_cm_s"] or "nan")
        assert float(row["time_ms"]) == TIMES[t]
        if row["sector"]:
            back[c, int(row["slice"]), SECTORS.index(row["sector"]), t] = value
        elif row["slice"]:
            slices[c, int(row["slice"]), t] = value
        else:
            whole[c, t] = value
    np.testing.assert_allclose(back, wall.sector_cm_s, rtol=1e-5)
    np.testing.assert_allclose(slices, wall.slice_cm_s, rtol=1e-5)
    np.testing.assert_allclose(whole, wall.whole_cm_s, rtol=1e-5)


def test_the_json_block_names_its_axes_and_writes_nan_as_null(mapped, ring):
    assert "velocity" not in json.loads(measurements_json(ring))
    told = json.loads(measurements_json(mapped), parse_constant=pytest.fail)
    block, wall = told["velocity"], mapped.velocity
    assert block["components"] == list(COMPONENTS) and block["sectors"] == list(SECTORS)
    assert block["times_ms"] == TIMES.tolist()
    assert block["sector_cm_s"][0][MISSING[0]][MISSING[1]] == [None] * T
    assert block["sector_cm_s"][1][1][0][2] == pytest.approx(3.0)
    assert np.shape(block["slice_cm_s"]) == (3, Z, T) and np.shape(block["whole_cm_s"]) == (3, T)
    assert list(block["delay_ms"]) == ["longitudinal", "radial"]
    assert block["delay_ms"]["radial"][0] == [4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    assert block["peaks"] == [vars(p) for p in wall.peaks]
    assert told["peak_systolic_longitudinal_velocity_cm_s"] == wall.peaks[0].value_cm_s


def test_the_field_is_the_corrected_one_and_says_where_it_lies(mapped):
    box, wall = tiles_of(mapped).box, mapped.velocity
    stored = np.load(io.BytesIO(velocity_npz(mapped, wall, box)), allow_pickle=False)
    assert tuple(stored["axes"]) == FIELD_AXES and stored["field_cm_s"].dtype == np.float16
    row, column = stored["corner"]
    h, w = stored["field_cm_s"].shape[3:]
    assert (h, w) == (box.height, box.width) and h < SIZE
    part = wall.field_cm_s[..., row : row + h, column : column + w]
    np.testing.assert_allclose(stored["field_cm_s"], part, rtol=1e-3, atol=1e-3)
    labels = mapped.segmentation.mask.labels
    assert (stored["labels"] == labels[..., row : row + h, column : column + w]).all()
    assert (labels > 0).sum() == (stored["labels"] > 0).sum()  # nothing of the ventricle is cut off
    np.testing.assert_allclose(stored["bulk_cm_s"][:, 0, 0], BULK)
    first = mapped.cine.geometry.to_patient(2, np.array([[row, column]], float))[0]
    np.testing.assert_allclose(stored["origins_mm"][2], first)


def test_every_peak_is_on_the_page(mapped):
    words = text_of(mapped)
    for p in mapped.velocity.peaks:
        value = f"{p.value_cm_s:.1f}".replace("-", "−")
        assert f" {value} {p.time_ms:.0f} " in words, p
    assert words.index("Peak velocities of the whole wall") < words.index("Velocities of the wall")
    assert "clockwise seen from the apex" in words and "doi:10.1186/1532-429X-15-34" in words


def test_what_has_no_peak_is_a_dash_and_no_nan_is_printed(mapped):
    words = text_of(mapped)
    assert "nan" not in words.lower().split()
    whole = words[words.index("whole wall", words.index("below it ms")) :].split("slice 0")[0].split()
    late_radial = whole[2:][2 * 3 + 2 * 2]  # three longitudinal and two radial peaks stand before it
    assert late_radial == "–"
    bare = replace(mapped.velocity, peaks=(), delay_ms=np.full((2, Z, 6), np.nan))
    words = text_of(replace(mapped, velocity=bare, measurements=()))
    assert "nan" not in words.lower().split() and "The wall in motion" not in words
    assert "Delay of the systolic" not in words and "Time and sector" in words


def test_a_scan_without_volumes_shows_no_table_of_them(mapped, ring):
    words = text_of(mapped)
    assert "End-diastolic volume" not in words and "Papillary muscles" not in words
    assert "velocity-mapping MR" in words and "Early diastolic −1.2 cm/s 410 ms" in words
    both = replace(mapped, measurements=(*mapped.measurements, *ring.measurements))
    words = text_of(both)
    assert "End-diastolic volume" in words and "Papillary muscles are counted" in words
    further = words[words.index("Further numbers") :] if "Further numbers" in words else ""
    assert "Time to peak" not in further.split("Contours over the cycle")[0]


def test_hostile_names_in_peaks_do_not_reach_the_page(mapped):
    hostile = '"><script>alert(1)</script>'
    peaks = (*mapped.velocity.peaks, VelocityPeak(hostile, hostile, 1.0, 1.0, 0, hostile))
    found = replace(mapped, velocity=replace(mapped.velocity, peaks=peaks))
    assert "<script>alert" not in report_html(found, tiles_of(found), None)


def test_a_curve_breaks_where_a_value_is_missing():
    slices = np.tile(course(3.0), (2, 1))
    slices[1, 3] = np.nan
    svg = ET.fromstring(str(velocity_curve_svg(TIMES, course(3.0), slices, (), "radial")))
    thin = [e for e in svg.iter("polyline") if e.get("class") == "thin"]
    assert [len(e.get("points").split()) for e in thin] == [8, 3, 4]
    assert "nan" not in str(velocity_curve_svg(TIMES, course(3.0) * np.nan, slices * np.nan, (), "radial"))


def test_peaks_are_marked_where_they_are_with_value_and_time():
    peaks = [VelocityPeak("radial", "systolic", 3.0, 200.0), VelocityPeak("radial", "x", -3.6, 400.0)]
    svg = ET.fromstring(str(velocity_curve_svg(TIMES, course(3.0), course(3.0)[None], peaks, "radial")))
    marks = [(float(e.get("cx")), float(e.get("cy"))) for e in svg.iter("circle")]
    line = next(e for e in svg.iter("polyline") if e.get("class") == "whole").get("points").split()
    on_curve = [tuple(float(v) for v in line[k].split(",")) for k in (2, 4)]
    np.testing.assert_allclose(marks, on_curve, atol=0.1)
    texts = {e.text for e in svg.iter("text")}
    assert {"3.0", "200 ms", "−3.6", "400 ms"} <= texts


def test_the_map_shows_sign_as_colour_and_leaves_gaps(mapped):
    svg = ET.fromstring(
        str(velocity_map_svg(TIMES, mapped.velocity.sector_cm_s[0], [str(z) for z in range(Z)], 8.0, "map"))
    )
    blocks = [pixels_of(e.get("href")) for e in svg.iter("image")][:Z]
    step = blocks[0].shape[1] // T
    cells = np.stack([b[step // 2 :: step, step // 2 :: step] for b in blocks]).astype(int)
    assert cells.shape == (Z, 6, T, 4)
    seen = cells[..., 3] == 255
    expected = np.ones((Z, 6, T), bool)
    expected[MISSING] = False
    expected[BLIND] = False
    assert (seen == expected).all()
    red, blue = cells[..., 0], cells[..., 2]
    values = np.broadcast_to(course(6.0), (Z, 6, T))
    assert (red - blue)[seen & (values > 0)].min() > 0 > (red - blue)[seen & (values < 0)].max()


def test_colours_are_symmetric_about_nought():
    limit = symmetric_limit(np.array([-7.2, 3.0]))
    assert limit >= 7.2
    low, middle, high = colours(np.array([-limit, 0.0, limit]), limit)[:, :3].astype(int)
    assert abs(low.sum() - high.sum()) < 80 and len(set(middle)) == 1 and middle[0] > 240


def test_delays_stand_at_their_walls_and_the_base_outside():
    delay = np.array([[1.0, 2.0, 3.0, 4.0, 5.0, np.nan], [11.0, 12.0, 13.0, 14.0, 15.0, -16.0]])
    svg = ET.fromstring(str(delay_svg(delay, 20.0, "delay")))
    at = {e.text: np.array((float(e.get("x")), float(e.get("y")))) for e in svg.iter("text") if e.get("x")}
    assert at["+5"][1] < at["+15"][1] < 0 < at["+12"][1] < at["+2"][1]  # A above, I below, base outside
    assert at["+1"][0] < at["+11"][0] < 0 and at["+14"][0] > 0  # IS left, AL right
    assert at["–"][0] < 0 > at["–"][1] and "−16" in at


def test_arrows_point_to_the_middle_whatever_the_ring_does_as_a_whole(mapped):
    tiles, wall = tiles_of(mapped), mapped.velocity
    motion = wall_motion(wall, mapped.segmentation, tiles, 0, 2, -1)
    middle = np.array((SIZE / 2.0 - tiles.box.left, SIZE / 2.0 - tiles.box.top)) + 0.5
    inwards = (middle - motion.start) * (1.2, 1.5)
    inwards /= np.hypot(*inwards.T)[:, None]
    assert len(motion.start) > 30
    np.testing.assert_allclose(motion.vector_cm_s, 3.0 * inwards, atol=0.3)
    there = mapped.segmentation.mask.myocardium[0, 2].sum()
    assert np.isfinite(motion.along_cm_s).sum() == there
    np.testing.assert_allclose(motion.along_cm_s[np.isfinite(motion.along_cm_s)], 6.0, rtol=1e-6)


@pytest.mark.parametrize("apex", [-1, 1])
def test_the_side_of_the_apex_is_read_from_the_curves(ring, apex):
    wall = wall_velocity(ring, apex)
    assert apex_along_z(wall, ring.segmentation) == apex
    order = base_first(replace(ring, velocity=wall))  # the ring's slices go down along the normal
    assert order == ((0, 1, 2, 3) if apex < 0 else (3, 2, 1, 0))


def test_pictures_are_of_the_frames_at_the_peaks(mapped):
    assert moment(mapped.velocity, "systolic") == 2 and moment(mapped.velocity, "early diastolic") == 4
    radial = tuple(p for p in mapped.velocity.peaks if p.component != "longitudinal")
    assert moment(replace(mapped.velocity, peaks=radial), "systolic") == 2
    assert moment(replace(mapped.velocity, peaks=()), "systolic") is None


def test_the_player_moves_a_cursor_over_every_curve_and_map(mapped):
    html = report_html(mapped, tiles_of(mapped), None)
    places = re.findall(r'class="cursor" data-x="([^"]+)"', html)
    assert len(places) == 6 and all(len(p.split(",")) == T for p in places)


def test_one_slice_and_many_slices_are_drawn(make_ring):
    one = make_ring(slices=1)
    wall = wall_velocity(one)
    single = WallVelocity(
        TIMES, wall.whole_cm_s, wall.slice_cm_s[:, :1], wall.sector_cm_s[:, :1], wall.bulk_cm_s[:, :1],
        tuple(p for p in wall.peaks if p.slice in (None, 0)), wall.delay_ms[:, :1], wall.field_cm_s[:, :1],
    )  # fmt: skip
    words = text_of(replace(one, velocity=single))
    assert "slice 0" in words and "slice 0, basal" not in words
    crowded = str(delay_svg(np.tile(np.arange(6.0), (9, 1)), 20.0, "delay"))
    assert "+5" not in crowded and crowded.count('class="segment"') == 54


def test_the_names_of_peaks_are_told_in_words():
    assert title("peak_early_diastolic_radial_velocity_cm_s") == "Peak early diastolic radial velocity"
    name = "time_to_peak_systolic_longitudinal_velocity_ms"
    assert title(name) == "Time to peak systolic longitudinal velocity"

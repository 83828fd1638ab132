"""Clips of the virtual echo against their geometry and their truth."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from lvcine.phantom import Heart
from lvcine.phantom.anatomy import draw_anatomy
from lvcine.phantom.rhythm import draw_rhythm, regular
from lvcine.phantom.ultrasound import UltrasoundProtocol, good_window, scan, virtual_clip
from lvcine.phantom.ultrasound.outline import cavity_in_plane
from lvcine.phantom.ultrasound.screen import BEYOND_MM, Screen
from lvcine.phantom.ultrasound.stage import READ_AS_WALL
from lvcine.phantom.views import long_axis
from lvcine.phantom.write import write_ultrasound
from lvcine.read import open_study
from lvcine.study import View

HEART = Heart(length_mm=85.0, radius_mm=24.0, wall_mm=10.0, ejection_fraction=0.6, taper=2.2)
PROTOCOL = UltrasoundProtocol(depth_mm=150.0, size=128, frame_rate_hz=40.0)


def anatomy(heart=HEART):
    return draw_anatomy(heart, np.random.default_rng(4))


@pytest.fixture(scope="module")
def clip():
    row = regular(HEART.beat, 0.8, 3)
    return scan(
        anatomy(), good_window(anatomy(), View.A4C), row, PROTOCOL, np.random.default_rng(1), frames=34
    )


@pytest.fixture(scope="module")
def drawn():
    """The first of some seeds whose clip holds a whole beat."""
    clips = (virtual_clip(seed, "A2C", frames=45, size=96, kind="normal") for seed in range(12, 30))
    return next(pair for pair in clips if len(pair[1].edv_ml))


def test_same_seed_same_bytes_other_seed_another_heart():
    one, two, other = (virtual_clip(s, frames=1, size=64) for s in (5, 5, 6))
    assert one[0].pixels.tobytes() == two[0].pixels.tobytes()
    assert one[1].clip.labels.tobytes() == two[1].clip.labels.tobytes()
    assert one[1].clip.reader_labels.tobytes() == two[1].clip.reader_labels.tobytes()
    assert one[0].pixels.tobytes() != other[0].pixels.tobytes()
    assert one[1].anatomy != other[1].anatomy


def test_frames_follow_at_the_frame_rate(clip):
    np.testing.assert_allclose(np.diff(clip.times_ms), 1000.0 / 40.0)
    assert clip.ed_frames == (0, 32)
    assert clip.es_frames == (round(0.36 * 0.8 * 40.0),)


def test_outside_the_sector_all_is_black(clip):
    assert clip.pixels[:, ~clip.sector].max() == 0 and clip.labels[:, ~clip.sector].max() == 0
    assert clip.pixels[:, clip.sector].mean() > 5


@pytest.mark.parametrize(("angle", "probe"), [(60, 0.0), (75, 8.0), (95, 13.0)])
def test_the_sector_has_the_angle_depth_and_area_asked_for(angle, probe):
    p = replace(PROTOCOL, angle=np.radians(angle), probe_mm=probe, size=400)
    screen = Screen(p)
    area = screen.sector.sum() * screen.pixel_mm**2
    exact = 0.5 * p.angle * ((p.depth_mm + probe) ** 2 - probe**2)
    assert area == pytest.approx(exact, rel=3e-3)
    rows, columns = np.nonzero(screen.sector)
    tall, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
    half = p.angle / 2
    assert tall * screen.pixel_mm == pytest.approx(
        p.depth_mm + probe - probe * np.cos(half), abs=2 * screen.pixel_mm
    )
    assert wide * screen.pixel_mm == pytest.approx(
        2 * (p.depth_mm + probe) * np.sin(half), abs=2 * screen.pixel_mm
    )


def test_labels_lie_where_the_axis_says():
    """Down the middle of a good window: chest, wall of the apex, cavity, then the atrium."""
    bare = replace(anatomy(), papillary=(), trabeculae_mm=0.0)
    window = good_window(bare, View.A4C, gap_mm=12.0)
    still = regular(HEART.beat, 1.0, 1)
    one = scan(bare, window, still, PROTOCOL, np.random.default_rng(1), frames=1)
    screen = Screen(PROTOCOL)
    down, across = screen.plane_mm
    column = int(np.abs(across[0]).argmin())
    seen = [(int(k), len(list(g))) for k, g in itertools.groupby(one.labels[0, :, column])]
    values = [k for k, _ in seen]
    assert values[:4] == [0, 2, 1, 3]
    first = int(np.flatnonzero(one.labels[0, :, column] == 1)[0])
    assert down[first, column] == pytest.approx(12.0 + HEART.apex_wall_mm, abs=1.5 * one.pixel_mm)
    assert seen[2][1] * one.pixel_mm == pytest.approx(HEART.length_mm, abs=3 * one.pixel_mm)


def test_a_reader_takes_most_of_the_trabecular_layer_for_wall():
    """Without trabeculae both are one; with them the line moves with it, half of it blood."""
    row = regular(HEART.beat, 0.8, 2)
    fine = replace(PROTOCOL, size=300, frame_rate_hz=1.0 / (0.36 * 0.8))  # ED and ES
    seen = {}
    for depth in (0.0, 4.0):
        bare = replace(anatomy(), papillary=(), trabeculae_mm=depth)
        window = good_window(bare, View.A4C, gap_mm=12.0)
        seen[depth] = scan(bare, window, row, fine, np.random.default_rng(1), frames=2)
    plain, one = seen[0.0], seen[4.0]
    assert (plain.reader_labels == plain.labels)[:, plain.sector].all()
    assert (one.labels == plain.labels).all() and not one.labels[:, ~one.sector].any()
    assert ((one.labels == 3) == (one.reader_labels == 3))[:, one.sector].all()
    rows = np.flatnonzero((one.labels[0] == 1).any(1))
    middle = int(rows[0] + 0.5 * len(rows))  # half way: a layer of (0.9 + 1.4 / 2) * 4 mm at ED
    exact, drawn = ((a[0, middle] == 1).sum() * one.pixel_mm for a in (one.labels, one.reader_labels))
    assert exact - drawn == pytest.approx(2 * READ_AS_WALL * 1.6 * 4.0, abs=2 * one.pixel_mm)
    # What lies inside the true border, of the heart turned about its axis, has lost half of itself at ES, the
    # blood: between the levels 0.2 and 0.6, which come down with the base.
    layer = (one.labels == 1) & (one.reader_labels == 2)
    down, across = Screen(fine).plane_mm
    tip = 12.0 + HEART.apex_wall_mm + HEART.length_mm
    volumes = []
    for t, base in enumerate((0.0, HEART.length_mm * HEART.shortening)):
        u = (tip - down - base) / (HEART.length_mm - base)
        volumes.append(float((layer[t] * np.abs(across) * ((u > 0.2) & (u < 0.6))).sum()))
    assert volumes[1] == pytest.approx(0.5 * volumes[0], rel=0.04)


def test_a_reader_goes_on_drawing_a_little_beyond_the_sector():
    window = good_window(anatomy(), View.A4C, gap_mm=0.0)
    narrow = replace(PROTOCOL, angle=np.radians(40), probe_mm=0.0, size=200, fill=0.6)
    one = scan(anatomy(), window, regular(HEART.beat, 1.0, 1), narrow, np.random.default_rng(1), frames=1)
    beyond = (one.reader_labels[0] > 0) & ~one.sector
    assert beyond.any() and not one.labels[0][~one.sector].any()
    far = distance_transform_edt(~one.sector) * one.pixel_mm
    assert far[beyond].max() <= BEYOND_MM and far[beyond].max() > 0.8 * BEYOND_MM


def test_a_round_heart_has_the_volume_of_its_picture_turned_about_the_axis():
    """Discs over the labels' width give the closed form's volume: the heart is a body of revolution."""
    window = good_window(anatomy(), View.A4C)
    row = regular(HEART.beat, 0.8, 2)
    sharp = replace(PROTOCOL, size=300, frame_rate_hz=1.0 / (0.36 * 0.8))
    one = scan(anatomy(), window, row, sharp, np.random.default_rng(1), frames=2)
    widths = (one.labels == 1).sum(2) * one.pixel_mm
    volumes = (np.pi / 4 * widths**2).sum(1) * one.pixel_mm / 1000.0
    a = np.linspace(0, 1, 20001)
    cap = (1 - a**2.2) * (1 - HEART.waist * np.clip(1 - a / 0.35, 0, 1) ** 2) ** 2
    edv = np.pi * 24.0**2 * 85.0 * np.trapezoid(cap, a) / 1000.0
    np.testing.assert_allclose(volumes, [edv, 0.4 * edv], rtol=0.02)


def test_truth_of_a_drawn_clip_agrees_with_its_labels(drawn):
    cine, truth = drawn
    clip = truth.clip
    areas = (clip.labels == 1).sum((1, 2)) * clip.pixel_mm**2
    assert (areas <= truth.areas_mm2 * 1.03).all()  # the sector may cut the cavity
    corr = np.corrcoef(truth.areas_mm2, truth.volumes_ml)[0, 1]
    assert corr > 0.85
    longest = np.hypot(truth.anatomy.heart.length_mm, 1.5 * truth.anatomy.heart.radius_mm)
    assert (truth.lengths_mm > 0.3 * longest).all() and (truth.lengths_mm < longest).all()


def test_beats_of_the_truth_bound_the_volumes_of_the_frames(drawn):
    _, truth = drawn
    assert len(truth.edv_ml) >= 1
    ed = truth.volumes_ml[list(truth.clip.ed_frames)]
    es = truth.volumes_ml[list(truth.clip.es_frames)]
    assert ed.mean() == pytest.approx(truth.edv_ml.mean(), rel=0.06)
    assert es.mean() == pytest.approx(truth.esv_ml.mean(), rel=0.08)
    np.testing.assert_allclose(
        truth.ejection_fraction_percent, 100 * (truth.edv_ml - truth.esv_ml) / truth.edv_ml
    )


def test_a_clip_is_written_as_dicom_and_read_back(drawn, tmp_path):
    cine, _ = drawn
    write_ultrasound(cine, tmp_path / "clip.dcm")
    (back,) = open_study(tmp_path / "clip.dcm").cines
    assert (back.pixels == cine.pixels).all()
    np.testing.assert_allclose(back.geometry.pixel_spacing_mm, cine.geometry.pixel_spacing_mm, rtol=1e-6)
    np.testing.assert_allclose(back.times_ms, cine.times_ms, atol=0.05)


def test_walls_are_brighter_than_blood_and_the_atrium_fills_while_the_ventricle_empties(clip):
    wall, blood = clip.pixels[clip.labels == 2].mean(), clip.pixels[clip.labels == 1].mean()
    assert wall > blood + 20
    lv = (clip.labels == 1).sum((1, 2))
    assert lv[clip.es_frames[0]] < 0.75 * lv[0]


def test_foreshortened_planes_show_a_shorter_cavity():
    heart = anatomy()
    good = good_window(heart, View.A4C)
    row = regular(HEART.beat, 0.8, 1)
    at_ed = row.at(np.zeros(1))
    _, true = cavity_in_plane(HEART, good.plane, at_ed, np.zeros((1, 3)))
    assert true[0] == pytest.approx(HEART.length_mm, abs=0.3)
    leant = long_axis(View.A4C, 0.0, lean=0.35)
    _, short = cavity_in_plane(HEART, leant, at_ed, np.zeros((1, 3)))
    assert short[0] < 0.95 * true[0]


def test_ectopic_rhythms_reach_the_clip():
    """A row with an early beat gives beats of different ejection fraction."""
    fractions = []
    for seed in range(40):
        row = draw_rhythm(np.random.default_rng(seed), HEART, 0.7, 4.0)
        fractions.append(np.ptp(row.strengths))
    assert max(fractions) > 0.3 and min(fractions) < 0.3


def test_a_right_heavy_heart_has_the_smaller_left_atrium_and_all_else_as_it_was():
    plain, heavy = (virtual_clip(11, "A4C", frames=1, size=96, right_heavy=h)[1] for h in (False, True))
    assert plain.volumes_ml == pytest.approx(heavy.volumes_ml)
    assert ((plain.clip.labels == 1) == (heavy.clip.labels == 1)).mean() > 0.99
    assert (heavy.clip.labels == 3).sum() < 0.8 * (plain.clip.labels == 3).sum()
    size = {k: np.prod(getattr(heavy.anatomy, k)[3:]) for k in ("la_mm", "ra_mm")}
    before = {k: np.prod(getattr(plain.anatomy, k)[3:]) for k in ("la_mm", "ra_mm")}
    assert size["la_mm"] < 0.6 * before["la_mm"] and size["ra_mm"] > 1.2 * before["ra_mm"]
    assert heavy.anatomy.rv_reach_mm > 1.2 * heavy.anatomy.heart.radius_mm

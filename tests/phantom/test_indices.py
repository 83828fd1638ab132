"""Short-axis indices against analytic outlines, against masks, and against one another."""

from dataclasses import replace

import numpy as np
import pytest

from lvcine.phantom.anatomy import draw_anatomy, layers
from lvcine.phantom.contours import crossings_mm, polygon_centroid, section
from lvcine.phantom.heart import Heart
from lvcine.phantom.indices import (
    AHA_OF_SECTOR,
    SECTORS,
    cine_indices,
    segment_thickness,
    slice_indices,
)
from lvcine.phantom.population import KINDS, draw_heart
from lvcine.phantom.segments import scar_segments, segment_of

TUBE = {
    "length_mm": 90.0,
    "radius_mm": 25.0,
    "wall_mm": 9.0,
    "ejection_fraction": 0.6,
    "taper": 400.0,
    "waist": 0.0,
}
STEP = 0.5


def anatomy_of(heart, direction=np.pi, span=np.pi / 3):
    drawn = draw_anatomy(heart, np.random.default_rng(0))
    return replace(drawn, rv_direction=(float(np.cos(direction)), float(np.sin(direction))), rv_span=span)


def drawn(seed, kind=None):
    rng = np.random.default_rng(seed)
    return draw_anatomy(draw_heart(rng, kind), rng)


def masks(anatomy, z, state, step=STEP):
    axis = np.arange(-62.0, 62.0, step) + 0.37 * step
    x, y = np.meshgrid(axis, axis)
    found, place = layers(anatomy, x, y, np.full_like(x, z), state)
    depth = {layer.tissue: layer.depth for layer in found}
    cavity = depth["lv blood"] > 0
    return x, y, cavity, (depth["myocardium"] > 0) & ~cavity & (place.radius > place.endo)


def inside(points, x, y):
    """Even-odd rule, edge by edge."""
    out = np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if ay != by:
            out ^= ((ay > y) != (by > y)) & (x < ax + (y - ay) * (bx - ax) / (by - ay))
    return out


def polygon_area(points):
    """Gauss's shoelace formula."""
    y, x = points.T
    return abs(float(y @ np.roll(x, -1) - x @ np.roll(y, -1))) / 2


def test_an_oval_has_its_analytic_area_and_chords():
    heart = Heart(**TUBE, bulge=(0.0, 0.0, 0.12, 0.0))
    found = slice_indices(anatomy_of(heart), 40.0, heart.beat.at(0.0))
    assert found.cavity_area_mm2 == pytest.approx(np.pi * 25**2 * (1 + 0.12**2 / 2), rel=1e-9)
    # IS-AL, I-A, IL-AS: the septum's middle at 180 degrees, sectors' middles 30, 90, 150 degrees from it.
    chords = [50 * (1 + 0.12 * np.cos(2 * np.radians(a))) for a in (150, 90, 210)]
    assert found.dimensions_mm == pytest.approx(chords, abs=2e-3)
    assert found.thickness_mm == pytest.approx(np.full(6, 9.0), abs=2e-3)


def test_sectors_are_means_of_the_analytic_thickness():
    heart = Heart(**TUBE, wall_bulge=(0.2, -0.3))
    found = slice_indices(anatomy_of(heart), 40.0, heart.beat.at(0.0))
    # From the septum's middle (180 degrees) towards anterior (270): where each sector begins.
    starts = {"AS": 180, "A": 240, "AL": 300, "IL": 0, "I": 60, "IS": 120}
    for name, value in zip(SECTORS, found.thickness_mm, strict=True):
        a, b = np.radians(starts[name]), np.radians(starts[name] + 60)
        mean = 0.2 * (np.sin(b) - np.sin(a)) + 0.3 * (np.cos(b) - np.cos(a))
        assert value == pytest.approx(9 * (1 + mean / (b - a)), abs=2e-3), name
    assert (
        SECTORS[int(found.thickness_mm.argmax())] == "A" or SECTORS[int(found.thickness_mm.argmax())] == "AL"
    )
    assert found.mean_thickness_mm == pytest.approx(9.0, abs=1e-3)
    assert found.max_thickness_mm == pytest.approx(9 * (1 + np.hypot(0.2, 0.3)), rel=1e-2)


def test_anterior_is_up_and_the_septum_left_in_the_usual_picture():
    found = slice_indices(anatomy_of(Heart(**TUBE)), 40.0, Heart(**TUBE).beat.at(0.0))
    assert np.cos(found.septum) == pytest.approx(-1.0, abs=1e-6)
    thick = Heart(**TUBE, wall_bulge=(0.0, -0.3))  # y grows downwards: thick where y is negative
    values = dict(
        zip(SECTORS, slice_indices(anatomy_of(thick), 40.0, thick.beat.at(0.0)).thickness_mm, strict=True)
    )
    assert values["A"] == max(values.values()) and values["I"] == min(values.values())


def test_sectors_begin_at_the_anterior_insertion_or_lie_about_the_middle():
    heart = Heart(**TUBE)
    wide = anatomy_of(heart, span=np.radians(80))
    by_insertion, by_middle = (
        slice_indices(wide, 40.0, heart.beat.at(0.0), anchor=a).septum for a in ("insertion", "middle")
    )
    assert np.degrees(by_insertion - by_middle) % 360 == pytest.approx(20.0)


def test_sectors_turn_with_the_twisted_tissue():
    heart = Heart(**TUBE, wall_bulge=(0.2, -0.3), twist_base=-0.15, twist_apex=-0.15, swing_mm=(2.0, 1.0))
    still = replace(heart, twist_base=0.0, twist_apex=0.0, swing_mm=(0.0, 0.0))
    state = heart.beat.at(heart.beat.systole)
    a, b = (slice_indices(anatomy_of(h), 50.0, state) for h in (heart, still))
    assert a.thickness_mm == pytest.approx(b.thickness_mm, abs=1e-6)
    assert (a.septum - b.septum + np.pi) % (2 * np.pi) - np.pi == pytest.approx(-0.15, abs=1e-6)
    assert a.centroid_mm - b.centroid_mm == pytest.approx([2.0, 1.0], abs=1e-6)


@pytest.mark.parametrize("kind", list(KINDS))
def test_masks_contours_and_areas_agree(kind):
    anatomy = drawn(1, kind)
    heart = anatomy.heart
    for phase, share in ((0.0, 0.5), (heart.beat.systole, 0.02), (0.6, -0.03)):
        state = heart.beat.at(phase)
        z = float(heart.height(share, state))
        found = slice_indices(anatomy, z, state)
        _, _, cavity, wall = masks(anatomy, z, state)
        # A pixel on the edge is in or out by chance.
        assert found.cavity_area_mm2 == pytest.approx(cavity.sum() * STEP**2, rel=6e-3, abs=4.0)
        assert found.wall_area_mm2 == pytest.approx(wall.sum() * STEP**2, rel=6e-3, abs=4.0)
        assert polygon_area(found.endo) == pytest.approx(found.cavity_area_mm2, rel=1e-3, abs=0.1)
        assert polygon_area(found.epi) - polygon_area(found.endo) == pytest.approx(
            found.wall_area_mm2, rel=1e-3, abs=0.1
        )


@pytest.mark.parametrize("share", [0.5, -0.03])
def test_points_inside_the_contours_are_those_of_the_masks(share):
    anatomy = drawn(3, "wide")
    state = anatomy.heart.beat.at(0.2)
    z = float(anatomy.heart.height(share, state))
    found = slice_indices(anatomy, z, state)
    x, y, cavity, wall = masks(anatomy, z, state, 2.0)
    assert cavity.any() and (share > 0) == found.whole
    assert (inside(found.endo, x, y) != cavity).sum() <= 1
    assert (inside(found.epi, x, y) != (cavity | wall)).sum() <= 1


def test_twice_as_many_directions_change_nothing():
    anatomy = drawn(4, "infarcted")
    state = anatomy.heart.beat.at(0.25)
    z = float(anatomy.heart.height(0.55, state))
    few, many = (section(anatomy.heart, z, state, n) for n in (720, 5760))
    assert few.cavity_area_mm2 == pytest.approx(many.cavity_area_mm2, rel=1e-6)
    centre = polygon_centroid(many.endo())
    rays = np.linspace(0, 6.2, 50)
    for a, b in ((few.endo(), many.endo()), (few.epi(), many.epi())):
        assert np.abs(crossings_mm(a, centre, rays) - crossings_mm(b, centre, rays)).max() < 1e-3


def test_where_there_is_no_ventricle_there_is_nothing():
    anatomy = anatomy_of(Heart(**TUBE))
    for z in (-20.0, 120.0):
        found = slice_indices(anatomy, z, anatomy.heart.beat.at(0.0))
        assert found.cavity_area_mm2 == 0 == found.wall_area_mm2 and len(found.endo) == 0 == len(found.epi)
        assert np.isnan(found.thickness_mm).all() and not found.whole


def test_below_the_apex_of_the_cavity_only_wall_is_left():
    heart = replace(Heart(**TUBE), taper=2.0, apex_wall_mm=6.0)
    found = slice_indices(anatomy_of(heart), 92.0, heart.beat.at(0.0))
    assert found.cavity_area_mm2 == 0.0 and found.wall_area_mm2 > 10.0
    assert polygon_area(found.epi) == pytest.approx(found.wall_area_mm2, rel=1e-3)


def test_a_cine_is_systole_from_after_ed_to_es():
    anatomy = anatomy_of(Heart(**TUBE))
    frames = cine_indices(anatomy, 40.0, np.arange(20) / 20)
    areas = np.array([f.cavity_area_mm2 for f in frames])
    assert [f.phase for f in frames] == [0] + [1] * 7 + [0] * 12  # systole ends at 0.36
    assert areas.argmax() == 0 and areas.argmin() == 7
    assert frames[0].lvquan.shape == (11,) and frames[0].lvquan[0] == frames[0].cavity_area_mm2


def test_a_wall_that_keeps_its_volume_thickens():
    heart = Heart(**TUBE)
    walls = segment_thickness(anatomy_of(heart), heart.beat.at(0.0), heart.beat.at(heart.beat.systole))
    assert walls.ed_mm[:12] == pytest.approx(np.full(12, 9.0), abs=0.6)
    assert walls.ed_mm[:6] == pytest.approx(np.full(6, 9.0), abs=2e-3)
    assert walls.ed_mm[16] == 5.0
    kept, stretch = 0.4 / 0.85, 1 / 0.85
    es = np.sqrt(25**2 * kept + (34**2 - 25**2) * stretch) - 25 * np.sqrt(kept)
    assert walls.es_mm[:6] == pytest.approx(np.full(6, es), abs=2e-3)
    assert walls.max_ed_mm == pytest.approx(9.0, abs=2e-3)


def test_segments_of_the_tissue_are_the_sectors_of_the_picture():
    heart = Heart(**TUBE)
    middles = np.radians([150, 90, 30, -30, -90, -150])  # IS, I, IL, AL, A, AS with the septum at 180
    for level, first in ((0.1, 0), (0.5, 6)):
        numbers = segment_of(heart, np.full(6, level), np.cos(middles), np.sin(middles))
        assert tuple(numbers - first) == AHA_OF_SECTOR
    around = np.radians([-90, 180, 90, 0])
    assert segment_of(heart, np.full(4, 0.9), np.cos(around), np.sin(around)).tolist() == [13, 14, 15, 16]


def test_scars_name_their_segments():
    anatomy = drawn(0, "normal")
    assert all(
        numbers == () for numbers in scar_segments(anatomy.heart) if not anatomy.heart.scars[0].akinesia
    )
    counts = [len(set(sum(scar_segments(drawn(s, "infarcted").heart), ()))) for s in range(40)]
    assert min(counts) >= 1 and np.mean(counts) < 6

"""The whole way: contours of a known heart in, every number out."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from lvcine.errors import MeasureError, UsageError
from lvcine.measure import Insertion, Measured, measure_short_axis
from lvcine.measure.area import polygon_centroid
from lvcine.study import Segmentation, Subject

NOBODY = Subject()
PERSON = Subject(height_m=1.8, weight_kg=80.0)  # 2 m2 by Mosteller


def measure(scan, subject: Subject = NOBODY, **options) -> Measured:
    return measure_short_axis(scan.cine, scan.segmentation, subject, **options)


def headline(measured: Measured) -> dict[str, float]:
    return {
        m.name: m.value
        for m in measured.measurements
        if m.slice is None and m.frame is None and m.segment is None
    }


def placed(measured: Measured, name: str, **where: int | None) -> dict[int | None, float]:
    """Segment -> value of a measurement at a place."""
    return {
        m.segment: m.value
        for m in measured.measurements
        if m.name == name and all(getattr(m, k) == v for k, v in where.items())
    }


def codes(measured: Measured) -> set[str]:
    return {f.code for f in measured.findings}


@pytest.fixture(scope="module")
def known(usual) -> Measured:
    return measure(usual, PERSON)


# ---- against the formulas ---------------------------------------------------------------


def test_volumes_and_ejection(known, usual):
    found, heart = headline(known), usual.heart
    edv, esv = heart.volume_ml(heart.ed), heart.volume_ml(heart.es)
    assert found["edv_ml"] == pytest.approx(edv, rel=5e-3)
    assert found["esv_ml"] == pytest.approx(esv, rel=5e-3)
    assert found["sv_ml"] == pytest.approx(edv - esv, rel=5e-3)
    assert found["ef_percent"] == pytest.approx(100 * (1 - esv / edv), rel=5e-3)
    assert found["heart_rate_bpm"] == pytest.approx(60000 / 900)
    assert found["cardiac_output_l_min"] == pytest.approx((edv - esv) * 60 / 900, rel=5e-3)
    assert (known.ed_frame, known.es_frame) == (found["ed_frame"], found["es_frame"]) == (0, 7)
    assert (found["ed_time_ms"], found["es_time_ms"]) == pytest.approx((0.0, 315.0))


def test_mass(known, usual):
    truth = {
        frame: 1.05 * 8.0 / 1000 * sum(usual.heart.wall_area_mm2(d, frame) for d in usual.grid.depths())
        for frame in (0, 7)
    }
    found = headline(known)
    assert found["lv_mass_g"] == pytest.approx(truth[0], rel=5e-3)
    assert found["lv_mass_es_g"] == pytest.approx(truth[7], rel=5e-3)


def test_numbers_per_body_surface(known):
    found = headline(known)
    assert found["bsa_m2"] == pytest.approx(2.0)
    for indexed, plain in {
        "edvi_ml_m2": "edv_ml",
        "esvi_ml_m2": "esv_ml",
        "svi_ml_m2": "sv_ml",
        "cardiac_index_l_min_m2": "cardiac_output_l_min",
        "lv_mass_index_g_m2": "lv_mass_g",
    }.items():
        assert found[indexed] == pytest.approx(found[plain] / 2)


def test_the_volume_curve_and_its_rates(known, usual):
    volume, mass = known.curves
    assert (volume.name, volume.unit, mass.name) == ("volume_ml", "mL", "lv_mass_g")
    assert volume.values == pytest.approx([usual.heart.volume_ml(t) for t in range(20)], rel=5e-3)
    assert volume.times_ms == pytest.approx(np.arange(20) * 45.0)
    found, heart = headline(known), usual.heart
    stroke = heart.volume_ml(0) - heart.volume_ml(7)
    assert found["peak_ejection_rate_ml_s"] == pytest.approx(np.pi / 2 * stroke / 0.315, rel=0.03)
    assert found["peak_filling_rate_ml_s"] == pytest.approx(np.pi / 2 * stroke / 0.585, rel=0.03)
    assert found["peak_ejection_time_ms"] == pytest.approx(315 / 2, abs=30)


def test_extent(known):
    found = headline(known)
    assert found["ed_extent_mm"] == pytest.approx(72.0) and found["es_slices"] == 9


def test_areas_and_dimensions_of_every_slice_and_frame(known, usual):
    for z, t in ((0, 0), (4, 3), (8, 7), (6, 13)):
        radius = usual.heart.cavity_radius(usual.grid.depths()[z], t)
        where = {"slice": z, "frame": t}
        assert placed(known, "cavity_area_mm2", **where)[None] == pytest.approx(np.pi * radius**2, rel=1e-3)
        wall = usual.heart.wall_area_mm2(usual.grid.depths()[z], t)
        assert placed(known, "myocardium_area_mm2", **where)[None] == pytest.approx(wall, rel=1e-3)
        for chord in ("is_al", "i_a", "il_as"):
            assert placed(known, f"dimension_{chord}_mm", **where)[None] == pytest.approx(
                2 * radius, rel=1e-3
            )


SECTORS = {2: 0, 1: 60, 6: 120, 5: 180, 4: 240, 3: 300}  # AHA basal number -> where it begins
QUARTERS = {14: -45, 13: 45, 16: 135, 15: 225}


def test_wall_thickness_of_every_slice_by_sector(known, usual):
    for z, t in ((0, 0), (5, 7), (8, 11)):
        found = placed(known, "wall_thickness_mm", slice=z, frame=t)
        truth = {n: usual.heart.sector_mean(a, a + 60, t) for n, a in SECTORS.items()}
        assert found == pytest.approx(truth, rel=5e-3)


def test_the_16_segments_at_ed_and_es_and_their_thickening(known, usual):
    heart, truth = usual.heart, {}
    for t in (0, 7):
        sectors = {n + up: heart.sector_mean(a, a + 60, t) for n, a in SECTORS.items() for up in (0, 6)}
        truth[t] = sectors | {n: heart.sector_mean(a, a + 90, t) for n, a in QUARTERS.items()}
        assert placed(known, "wall_thickness_mm", slice=None, frame=t) == pytest.approx(truth[t], rel=5e-3)
    gain = {n: 100 * (truth[7][n] / truth[0][n] - 1) for n in truth[0]}
    assert placed(known, "wall_thickening_percent") == pytest.approx(gain, abs=1.0)
    thickest = max(truth[0][n] for n in range(1, 7))
    assert headline(known)["max_wall_thickness_ed_mm"] == pytest.approx(thickest, rel=5e-3)


def test_a_sound_study_has_no_findings(known):
    assert known.findings == ()


# ---- laws -------------------------------------------------------------------------------

FEW = {"slices": 6, "step_mm": 12.0, "frames": 8, "systole": 3}


@pytest.fixture(scope="module")
def few(scan) -> Measured:
    return measure(scan(**FEW), PERSON)


@pytest.mark.parametrize("shift", [1, 4, 7])
def test_a_cyclic_shift_moves_the_frames_and_nothing_else(few, scan, shift):
    found = measure(scan(**FEW, ed=shift), PERSON)
    assert (found.ed_frame, found.es_frame) == (shift, (3 + shift) % 8)
    assert found.findings == ()
    moved = {
        "ed_frame",
        "es_frame",
        "ed_time_ms",
        "es_time_ms",
        "peak_ejection_time_ms",
        "peak_filling_time_ms",
    }
    first, then = headline(few), headline(found)
    same = first.keys() - moved - {"peak_ejection_rate_ml_s", "peak_filling_rate_ml_s"}
    assert {k: then[k] for k in same} == pytest.approx({k: first[k] for k in same}, rel=1e-9)
    for name in ("peak_ejection_rate_ml_s", "peak_filling_rate_ml_s"):
        assert then[name] == pytest.approx(first[name], rel=5e-3)


@pytest.mark.parametrize("way", [w for w in product((False, True), repeat=4) if any(w)], ids=str)
def test_flips_and_swaps_of_the_grid_change_no_number(few, scan, way):
    turned = measure(scan(**FEW, flip=way[:3], swap=way[3]), PERSON)
    assert headline(turned) == pytest.approx(headline(few), rel=1e-6)
    assert turned.findings == ()
    for name in ("wall_thickness_mm", "wall_thickening_percent"):
        assert placed(turned, name, slice=None) == pytest.approx(placed(few, name, slice=None), rel=1e-6)
    z = 5 - 2 if way[0] else 2
    for chord in ("is_al", "i_a", "il_as"):
        name = f"dimension_{chord}_mm"
        first = placed(few, name, slice=2, frame=5)
        assert placed(turned, name, slice=z, frame=5) == pytest.approx(first, rel=1e-6)


@pytest.mark.parametrize("turn", [17.0, 90.0, 222.0])
def test_turning_the_image_changes_no_number(few, scan, turn):
    turned = measure(scan(**FEW, turn_deg=turn), PERSON)
    assert headline(turned) == pytest.approx(headline(few), rel=1e-6)
    first = placed(few, "wall_thickness_mm", slice=None, frame=0)
    assert placed(turned, "wall_thickness_mm", slice=None, frame=0) == pytest.approx(first, rel=1e-6)


@pytest.mark.parametrize("k", [0.5, 1.7])
def test_spacing_times_k_makes_volume_times_k_cubed_and_leaves_ef(few, scan, k):
    plain = scan(**FEW)
    g = plain.cine.geometry
    grown = plain.with_geometry(
        origins_mm=g.origins_mm * k, row_step_mm=g.row_step_mm * k, column_step_mm=g.column_step_mm * k
    )
    first, then = headline(few), headline(measure(grown, PERSON))
    for name in ("edv_ml", "esv_ml", "lv_mass_g", "cardiac_output_l_min"):
        assert then[name] == pytest.approx(k**3 * first[name], rel=1e-9)
    assert then["ef_percent"] == pytest.approx(first["ef_percent"], rel=1e-9)
    assert then["max_wall_thickness_ed_mm"] == pytest.approx(k * first["max_wall_thickness_ed_mm"], rel=1e-9)


def test_unequal_pixel_sides_change_no_number(few, scan):
    found = headline(measure(scan(**FEW, spacing_mm=(1.9, 1.25)), PERSON))
    assert found == pytest.approx(headline(few), rel=1e-6)


def test_the_papillary_convention_moves_muscle_from_cavity_to_wall(usual):
    size = usual.grid.size
    blood = np.broadcast_to(np.float16(0.75), (9, 20, size, size))
    spotted = usual.without(blood_fraction=blood)
    inside, outside = (headline(measure(spotted, papillary=p)) for p in ("include", "exclude"))
    assert outside["edv_ml"] == pytest.approx(0.75 * inside["edv_ml"], rel=0.02)
    moved = inside["edv_ml"] - outside["edv_ml"]
    assert outside["lv_mass_g"] - inside["lv_mass_g"] == pytest.approx(1.05 * moved, rel=1e-6)
    method = {m.name: m.method for m in measure(spotted, papillary="exclude").measurements}["edv_ml"]
    assert "papillary muscles in the myocardium" in method


# ---- what the user states ---------------------------------------------------------------


def test_stated_frames_are_taken(usual):
    found = measure(usual, ed=2, es=9)
    assert (found.ed_frame, found.es_frame) == (2, 9)
    assert headline(found)["edv_ml"] == pytest.approx(usual.heart.volume_ml(2), rel=5e-3)
    assert measure(usual, es=9).ed_frame == 0
    methods = {m.name: m.method for m in measure(usual, es=9).measurements}
    assert methods["es_frame"] == "stated by the user" and methods["ed_frame"] != methods["es_frame"]
    with pytest.raises(UsageError, match="frames 0 to 19"):
        measure(usual, ed=20)


def test_a_stated_insertion_point_turns_the_segments(usual, known):
    """60 degrees further: what was anterior is now anteroseptal, and so round the ring."""
    g = usual.cine.geometry
    centre = polygon_centroid(usual.segmentation.endo[4][0].points)
    # On the standard display the septum lies at the left and anterior at the top: the true
    # insertion is 60 degrees from left towards top; this one is 120 degrees.
    towards = np.deg2rad(120.0)
    point = centre + 40 * np.array([-np.sin(towards), -np.cos(towards)]) / g.pixel_spacing_mm
    turned = measure(usual, insertion=(float(point[0]), float(point[1])))
    first = placed(known, "wall_thickness_mm", slice=0, frame=0)
    then = placed(turned, "wall_thickness_mm", slice=0, frame=0)
    assert then == pytest.approx(
        {2: first[1], 1: first[6], 6: first[5], 5: first[4], 4: first[3], 3: first[2]}, rel=1e-3
    )
    also = measure(usual, insertion=Insertion(float(point[0]), float(point[1]), slice=4))
    assert placed(also, "wall_thickness_mm", slice=0, frame=0) == pytest.approx(then)


# ---- what is missing --------------------------------------------------------------------


def test_single_phases_give_volumes_but_no_rates(scan):
    two = scan(frames=2, systole=1)
    found = measure(replace(two, cine=replace(two.cine, phases_only=True)), PERSON)
    assert headline(found)["edv_ml"] == pytest.approx(two.heart.volume_ml(0), rel=5e-3)
    assert headline(found)["cardiac_output_l_min"] > 0
    assert "peak_ejection_rate_ml_s" not in headline(found)
    assert codes(found) == {"full-cycle-left-out"}


def test_unknown_times_leave_out_rates_and_output(usual):
    found = measure(replace(usual, cine=replace(usual.cine, times_ms=None, cycle_ms=None)))
    assert (
        headline(found).keys().isdisjoint({"cardiac_output_l_min", "peak_ejection_rate_ml_s", "ed_time_ms"})
    )
    assert codes(found) == {"full-cycle-left-out", "not-indexed"}
    assert found.curves[0].times_ms is None


def test_without_pixel_spacing_volumes_are_withheld_and_ef_stays(usual):
    g = usual.cine.geometry
    unit = {"row_step_mm": g.row_step_mm / 1.4, "column_step_mm": g.column_step_mm / 1.4}
    found = measure(usual.with_geometry(calibrated=False, **unit), PERSON)
    numbers = headline(found)
    ef = 100 * (1 - usual.heart.volume_ml(7) / usual.heart.volume_ml(0))
    assert numbers["ef_percent"] == pytest.approx(ef, rel=5e-3)
    assert not [
        m.name for m in found.measurements if m.unit in ("mL", "g", "mm", "mm2") or m.name.endswith("_mm")
    ]
    assert [f.severity for f in found.findings if f.code == "no-pixel-spacing"] == ["error"]
    radius = usual.heart.cavity_radius(usual.grid.depths()[2], 7) / 1.4
    assert placed(found, "cavity_area_px2", slice=2, frame=7)[None] == pytest.approx(
        np.pi * radius**2, rel=1e-3
    )
    assert placed(found, "dimension_i_a_px", slice=2, frame=7)[None] == pytest.approx(2 * radius, rel=1e-3)
    assert found.curves[0].unit == "px2"


def test_without_spacing_and_with_uneven_slices_there_is_no_ef(usual):
    uneven = usual.cine.geometry.origins_mm.copy()
    uneven[5:] += 9 * (uneven[1] - uneven[0])
    found = measure(usual.with_geometry(calibrated=False, origins_mm=uneven))
    assert "ef_percent" not in headline(found)


def test_one_slice_is_one_slab_and_without_thickness_only_an_area(scan):
    one = scan(slices=1, step_mm=10.0)
    found = measure(one)
    area = np.pi * one.heart.cavity_radius(5.0, 0) ** 2
    assert headline(found)["edv_ml"] == pytest.approx(area * 10 / 1000, rel=1e-3)
    assert "single-slice" in codes(found)
    alone = measure(one.with_geometry(thickness_mm=None))
    assert "edv_ml" not in headline(alone) and "no-slice-distance" in codes(alone)
    change = 100 * (1 - (one.heart.radius(7) / one.heart.radius(0)) ** 2)
    assert headline(alone)["fractional_area_change_percent"] == pytest.approx(change, rel=1e-3)


def blanked(segmentation: Segmentation, frames: set[int], which: tuple[str, ...]) -> Segmentation:
    """The segmentation with contours taken away in some frames."""
    return replace(
        segmentation,
        **{
            name: tuple(
                tuple(None if t in frames else c for t, c in enumerate(row))
                for row in getattr(segmentation, name)
            )
            for name in which
        },
    )


def test_a_frame_in_which_nothing_was_found_is_no_end_systole(usual, known):
    holed = replace(usual, segmentation=blanked(usual.segmentation, {3}, ("endo", "epi")))
    found = measure(holed, PERSON)
    assert (found.ed_frame, found.es_frame) == (0, 7)
    assert np.isnan(found.curves[0].values[3])
    assert codes(found) == {"frames-without-lv"}
    for name in ("peak_ejection_rate_ml_s", "peak_filling_rate_ml_s"):
        assert headline(found)[name] == pytest.approx(headline(known)[name], rel=0.05)
    with pytest.raises(MeasureError, match="no left ventricle at ES"):
        measure(holed, es=3)


def test_no_epicardium_means_no_mass_and_no_wall(usual):
    bare = replace(usual, segmentation=blanked(usual.segmentation, set(range(20)), ("epi",)))
    found = measure(bare, PERSON)
    assert "lv_mass_g" not in headline(found) and "max_wall_thickness_ed_mm" not in headline(found)
    assert placed(found, "wall_thickness_mm") == {}
    assert {"epicardium-missing", "segments-missing"} <= codes(found)
    assert headline(found)["edv_ml"] > 0


def test_an_empty_segmentation_is_refused(usual):
    empty = replace(usual, segmentation=blanked(usual.segmentation, set(range(20)), ("endo", "epi")))
    with pytest.raises(MeasureError, match="no left ventricle"):
        measure(empty)


def test_contours_of_another_cine_are_refused(usual, scan):
    with pytest.raises(MeasureError, match="contours of"):
        measure_short_axis(usual.cine, scan(frames=5, systole=2).segmentation, Subject())


# ---- doubts -----------------------------------------------------------------------------


def test_a_heart_that_hardly_moves_is_said(scan):
    found = measure(scan(radius_es_mm=25.8, wall_es_mm=8.1))
    assert {"flat-volume-curve", "ef-unusual"} <= codes(found)


def test_ed_equal_to_es_is_an_error_that_is_said(usual):
    found = measure(usual, ed=4, es=4)
    assert [f.severity for f in found.findings if f.code == "ed-equals-es"] == ["error"]


def test_a_wall_that_loses_mass_is_said(scan):
    assert "mass-changes" in codes(measure(scan(wall_es_mm=5.0)))


def test_a_volume_that_no_heart_has_is_said(scan):
    assert "edv-unusual" in codes(measure(scan(radius_ed_mm=70.0, radius_es_mm=50.0, wall_es_mm=8.0)))


def test_contours_that_all_but_touch_are_said(scan):
    thin = scan(wall_ed_mm=0.6, wall_es_mm=0.6, towards_septum_mm=0.0, towards_anterior_mm=0.0)
    assert {"wall-too-thin", "segments-missing"} <= codes(measure(thin))

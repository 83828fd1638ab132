"""Rings whose motion is a formula, and virtual hearts against their closed form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.phantom.ring_truth import ring_means

from lvcine.errors import MeasureError
from lvcine.measure.anchor import Anchor
from lvcine.measure.velocity import measure_velocity
from lvcine.phantom.anatomy import draw_anatomy
from lvcine.phantom.heart import Heart
from lvcine.phantom.population import draw_heart
from lvcine.phantom.velocity import Protocol, virtual_velocity
from lvcine.phantom.views import short_axis
from lvcine.study import Mask, Segmentation, Velocity


def contracting(dx, dy):
    """6 cm/s inwards everywhere, 8 towards the apex: against the normal."""
    r = np.maximum(np.hypot(dx, dy), 1e-6)
    return -6.0 * dx / r, -6.0 * dy / r, -8.0 + 0.0 * r


def rotating(dx, dy):
    """Clockwise on the screen: from right to down, 5 cm/s at 25 mm."""
    return -5.0 * dy / 25.0, 5.0 * dx / 25.0, 0.0 * dx


def test_a_contracting_ring_moves_inwards_and_towards_the_apex(ring, beat):
    wall = measure_velocity(*ring(contracting)).wall
    assert wall.whole_cm_s == pytest.approx(np.stack([8 * beat, 6 * beat, 0 * beat]), abs=0.02)
    assert wall.slice_cm_s[:, 1] == pytest.approx(wall.whole_cm_s, abs=0.02)
    assert wall.sector_cm_s == pytest.approx(
        np.broadcast_to(wall.whole_cm_s[:, None, None], wall.sector_cm_s.shape), abs=0.08
    )
    assert np.abs(wall.bulk_cm_s).max() < 0.05


def test_a_ring_turning_clockwise_seen_from_the_apex_is_positive_circumferential(ring, beat):
    wall = measure_velocity(*ring(rotating)).wall
    # Mean of r over the ring over 25 mm: (2/3)(R^3 - r^3)/(R^2 - r^2)/25.
    mean = 2 / 3 * (30**3 - 20**3) / (30**2 - 20**2) / 25 * 5
    assert wall.whole_cm_s[2] == pytest.approx(mean * beat, rel=0.02, abs=0.03)
    assert np.abs(wall.whole_cm_s[:2]).max() < 0.03


def test_a_ring_that_moves_as_a_whole_moves_nothing_else(ring, beat):
    wall = measure_velocity(*ring(lambda dx, dy: (3.0 + 0 * dx, -7.0 + 0 * dx, 0 * dx))).wall
    assert wall.bulk_cm_s[:, 0] == pytest.approx(np.stack([3 * beat, -7 * beat]), abs=0.03)
    assert np.abs(wall.whole_cm_s).max() < 0.03 and np.abs(wall.sector_cm_s).max() < 0.03


def test_motion_of_the_whole_does_not_leak_through_an_uneven_mask(ring):
    cine, seg = ring(lambda dx, dy: (6.0 + 0 * dx, 0 * dx, 0 * dx))
    labels = seg.mask.labels.copy()
    y, x = np.mgrid[:48, :48]
    labels[..., (np.hypot(y - 23, x - 25) > 12.5) & (x > 25)] = 0  # thin on the right
    wall = measure_velocity(cine, replace(seg, mask=Mask(labels))).wall
    assert np.abs(wall.whole_cm_s).max() < 0.05


def test_sectors_begin_at_the_septum_and_turn_towards_anterior(ring, beat):
    # Only the wall straight up in the picture (anterior, septum left seen from the apex) moves.
    def up(dx, dy):
        return 0 * dx, 0 * dx, -8.0 * ((dy < 0) & (np.abs(dx) < -0.2 * dy))

    wall = measure_velocity(*ring(up)).wall
    strength = np.abs(wall.sector_cm_s[0, 0]).max(-1)
    assert strength[4] > 2.0 and np.delete(strength, 4).max() < 0.05  # A alone
    septal = measure_velocity(*ring(lambda dx, dy: (0 * dx, 0 * dx, -8.0 * ((dx < 0) & (dy < 0))))).wall
    strength = np.abs(septal.sector_cm_s[0, 0]).max(-1)
    assert strength[5] > 6.0 and 2.0 < strength[4] < 7.0 and strength[[1, 2, 3]].max() < 0.8  # AS, half of A


@pytest.mark.parametrize("venc", [7.0, 5.0])
def test_a_wrapped_scan_gives_what_a_larger_venc_gives(ring, venc):
    def all_of_it(dx, dy):
        return tuple(a + b for a, b in zip(contracting(dx, dy), rotating(dx, dy), strict=True))

    free, wrapped = (measure_velocity(*ring(all_of_it, v, noise=0.05 * venc)) for v in (40.0, venc))
    assert wrapped.wall.slice_cm_s == pytest.approx(free.wall.slice_cm_s, abs=1e-3)
    assert any(f.code == "venc-low" for f in wrapped.findings)
    assert not any(f.code == "venc-low" for f in free.findings)


def test_a_planted_background_is_found_beside_the_heart_and_taken_out_of_it(ring):
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    error = np.stack([0.8 + 0.5 * x, -0.6 * y + 0.7 * x * x, 0.9 * x * y - 1.0])
    still = measure_velocity(*ring(contracting, noise=0.2)).wall
    found = measure_velocity(*ring(contracting, noise=0.2, error=error))
    assert found.wall.whole_cm_s == pytest.approx(still.whole_cm_s, abs=0.02)
    taken = next(m.value for m in found.measurements if m.name == "background_velocity_cm_s")
    assert 0.5 < taken < 1.2


def test_without_still_tissue_the_cycle_s_mean_stands_in_and_is_said(ring):
    cine, seg = ring(contracting, noise=0.2, error=np.full((3, 48, 48), 1.5))
    dark = np.where(seg.mask.labels > 0, cine.pixels, 0.0)
    found = measure_velocity(replace(cine, pixels=dark), seg)
    assert [f.severity for f in found.findings if f.code == "background-unknown"] == ["warning"]
    assert np.abs(found.wall.whole_cm_s.mean(-1)).max() < 0.05


@pytest.mark.parametrize("way", ["slices", "rows", "columns", "transposed", "quarter turn"])
def test_however_the_grid_is_stored_the_curves_are_the_same(ring, restored, way):
    def lopsided(dx, dy):
        r, side = np.maximum(np.hypot(dx, dy), 1e-6), 1.0 + 0.4 * np.tanh((dx + 0.5 * dy) / 10)
        turn = rotating(dx, dy)
        return (-6 * side * dx / r + turn[0] + 1, -6 * side * dy / r + turn[1] - 2, -8.0 * side)

    scan = ring(lopsided, noise=0.3)
    one, other = measure_velocity(*scan).wall, measure_velocity(*restored[way](*scan)).wall
    order = slice(None, None, -1) if way == "slices" else slice(None)
    assert other.whole_cm_s == pytest.approx(one.whole_cm_s, abs=1e-3)
    assert other.sector_cm_s[:, order] == pytest.approx(one.sector_cm_s, abs=1e-2)


def test_channels_along_other_directions_are_the_same_velocity(ring):
    cine, seg = ring(contracting)
    rows = np.array([[0.8, 0.6, 0.0], [-0.6, 0.8, 0.0], [0.3, 0.0, 0.95]])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    oblique = np.tensordot(rows, cine.velocity.cm_s, 1).astype(np.float32)
    other = replace(cine, velocity=Velocity(oblique, (40.0,) * 3, rows @ cine.velocity.directions))
    expected = measure_velocity(cine, seg).wall.sector_cm_s
    assert measure_velocity(other, seg).wall.sector_cm_s == pytest.approx(expected, abs=0.01)


def test_a_grid_without_a_place_in_the_patient_is_taken_as_seen_from_the_apex(ring, beat):
    cine, seg = ring(contracting)
    found = measure_velocity(replace(cine, geometry=replace(cine.geometry, placed=False)), seg)
    assert found.wall.whole_cm_s[0] == pytest.approx(8 * beat, abs=0.02)
    assert {"apex-assumed", "anterior-assumed"} <= {f.code for f in found.findings}


@pytest.mark.parametrize("channel, word", [(0, "along rows"), (1, "along columns"), (2, "through the plane")])
def test_a_reversed_channel_is_named(ring, channel, word):
    cine, seg = ring(contracting, noise=0.2)
    sign = np.ones((3, 1, 1, 1, 1), np.float32)
    sign[channel] = -1
    wrong = replace(cine, velocity=replace(cine.velocity, cm_s=cine.velocity.cm_s * sign))
    said = [f for f in measure_velocity(wrong, seg).findings if f.code == "velocity-sign"]
    assert len(said) == 1 and word in said[0].text and f"--reverse {channel + 1}" in said[0].advice
    assert not any(f.code == "velocity-sign" for f in measure_velocity(cine, seg).findings)


def test_exchanged_channels_are_named(ring):
    cine, seg = ring(contracting, noise=0.2)
    swapped = replace(cine, velocity=replace(cine.velocity, cm_s=cine.velocity.cm_s[[1, 0, 2]]))
    said = [f for f in measure_velocity(swapped, seg).findings if f.code == "velocity-sign"]
    assert len(said) == 1 and "exchanged" in said[0].text


def test_numbers_have_the_peaks_of_the_whole_the_slices_and_the_sectors(ring):
    found = measure_velocity(*ring(contracting))
    name = "peak_systolic_longitudinal_velocity_cm_s"
    at = {(m.slice, m.segment): m.value for m in found.measurements if m.name == name}
    assert set(at) == {(None, None)} | {(z, k) for z in (0, 1) for k in (None, 1, 2, 3, 4, 5, 6)}
    assert at[None, None] == pytest.approx(8.0, abs=0.05)
    times = [m.value for m in found.measurements if m.name == f"time_to_{name[:-5]}_ms"]
    assert times == pytest.approx([160.0] * 15, abs=3.0)
    assert [c.name for c in found.curves] == [
        "longitudinal_velocity_cm_s", "radial_velocity_cm_s", "circumferential_velocity_cm_s"
    ]  # fmt: skip


def test_what_cannot_be_measured_is_refused_with_a_reason(ring):
    cine, seg = ring(contracting)
    with pytest.raises(MeasureError, match="no velocities"):
        measure_velocity(replace(cine, velocity=None), seg)
    with pytest.raises(MeasureError, match="no wall"):
        measure_velocity(cine, replace(seg, mask=Mask(np.zeros_like(seg.mask.labels))))
    with pytest.raises(MeasureError, match="times"):
        measure_velocity(replace(cine, times_ms=None), seg)


HEART = Heart(
    length_mm=90, radius_mm=24, wall_mm=11, ejection_fraction=0.6, twist_base=0.05, twist_apex=-0.2,
    swing_mm=(1.0, 2.0), bulge=(0.03, -0.02), wall_bulge=(0.15, 0.05),
)  # fmt: skip


@pytest.mark.parametrize("venc", [(10.0, 10.0, 20.0), (30.0, 30.0, 30.0)])
def test_a_virtual_scan_gives_the_velocities_of_its_closed_form(venc):
    scan = Protocol(slices=2, frames=24, size=80, spacing_mm=2.0, venc_cm_s=venc, background_cm_s=0.8)
    study, truth = virtual_velocity(4, heart=HEART, protocol=scan, cycle_ms=850.0)
    rng = np.random.default_rng(4)
    draw_heart(rng)
    anatomy = draw_anatomy(HEART, rng)
    plane = short_axis(0.0, scan.turn, (0.0, 0.0))
    insertion = 0.7
    towards = np.array([np.cos(insertion), np.sin(insertion), 0.0])
    at = np.array([[towards @ plane.down, towards @ plane.across]])
    septum = Anchor(at / np.linalg.norm(at), 1).directions(0, np.array([-np.pi / 3]))
    none = tuple((None,) * 24 for _ in range(2))
    seg = Segmentation(Mask(study.labels), none, none, np.repeat(septum, 2, 0))
    velocity = Velocity(study.velocity_cm_s, venc, study.directions)
    found = measure_velocity(replace(study.cine, velocity=velocity), seg)
    beat, fine = HEART.beat, np.arange(600) / 600
    for z in range(2):
        period = study.cycle_ms[z] / 1000
        bulk, whole, sectors = ring_means(
            anatomy, truth.z_mm[z], beat.at(np.arange(24) / 24, period), insertion
        )
        error = found.wall.slice_cm_s[:, z] - whole
        assert np.abs(error.mean(-1)).max() < 0.1 and np.abs(error).max() < 0.35
        assert np.sqrt(np.mean((found.wall.sector_cm_s[:, z] - sectors) ** 2)) < 0.25
        assert np.abs(found.wall.bulk_cm_s[:, z] - bulk).max() < 0.3
        _, whole, _ = ring_means(anatomy, truth.z_mm[z], beat.at(fine, period), insertion)
        for c, name in enumerate(("longitudinal", "radial")):
            for phase, pick in (("systolic", np.argmax), ("early diastolic", np.argmin)):
                peak = next(
                    p for p in found.wall.peaks
                    if (p.slice, p.sector, p.component, p.phase) == (z, None, name, phase)
                )  # fmt: skip
                best = int(pick(whole[c]))
                assert peak.value_cm_s == pytest.approx(whole[c, best], abs=0.3)
                assert peak.time_ms == pytest.approx(fine[best] * 850.0, abs=850 / 24)

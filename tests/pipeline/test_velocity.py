"""A velocity-mapping scan from its files to its curves, by the shipped net."""

from dataclasses import replace

import numpy as np
import pytest

import lvcine
from lvcine.errors import MeasureError, NotACineError, UsageError
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.velocity import draw_protocol, virtual_velocity
from lvcine.phantom.write import write_dicom_velocity
from lvcine.study import Study, View


@pytest.fixture(scope="module")
def scanned():
    protocol = replace(
        draw_protocol(np.random.default_rng(4), slices=2, frames=24, size=104, spacing_mm=1.4),
        shift_mm=(0, 0),
    )
    return virtual_velocity(seed_of("tests-velocity", "reporting", 0), kind="normal", protocol=protocol)


@pytest.fixture(scope="module")
def analysis(scanned):
    return lvcine.analyze(Study((scanned[0].cine,)))


def peak(wall, component, phase, z=None):
    wanted = (component, phase, z, None)
    return next((p for p in wall.peaks if (p.component, p.phase, p.slice, p.sector) == wanted), None)


def test_peaks_of_automatic_masks_are_the_true_ones(scanned, analysis):
    study, truth = scanned
    for z in range(2):
        for k, component in enumerate(("longitudinal", "radial")):
            systolic, early = (
                peak(analysis.velocity, component, p, z) for p in ("systolic", "early diastolic")
            )
            assert systolic.value_cm_s == pytest.approx(truth.peaks.highest_cm_s[k, z], abs=0.5)
            assert early.value_cm_s == pytest.approx(truth.peaks.lowest_cm_s[k, z], abs=0.5)
            frame_ms = study.cycle_ms[z] / 24
            assert systolic.time_ms == pytest.approx(truth.peaks.highest_ms[k, z], abs=1.5 * frame_ms)


def test_the_wall_is_found(scanned, analysis):
    found, true = analysis.segmentation.mask.myocardium, scanned[0].labels == 2
    assert 2 * (found & true).sum() / (found.sum() + true.sum()) > 0.8


@pytest.mark.parametrize("vendor", ["siemens", "philips", "ge", "enhanced"])
def test_every_maker_gives_the_same_curves(scanned, analysis, vendor, tmp_path):
    write_dicom_velocity(scanned[0], tmp_path / "scan", vendor=vendor)
    again = lvcine.analyze(tmp_path / "scan", output=tmp_path / "out", movie="none")
    assert again.velocity is not None
    assert np.nanmax(np.abs(again.velocity.whole_cm_s - analysis.velocity.whole_cm_s)) < 0.1
    assert (tmp_path / "out" / "velocity_curves.csv").is_file()


def test_a_scan_that_lies_otherwise_gives_the_same_curves(scanned, analysis):
    cine = scanned[0].cine
    g, v = cine.geometry, cine.velocity
    last = cine.pixels.shape[3] - 1
    flipped = replace(g, origins_mm=g.origins_mm + last * g.column_step_mm, column_step_mm=-g.column_step_mm)
    there = replace(
        cine, pixels=cine.pixels[..., ::-1], geometry=flipped, velocity=replace(v, cm_s=v.cm_s[..., ::-1])
    )
    found = lvcine.analyze(Study((there,))).velocity
    assert np.allclose(found.whole_cm_s, analysis.velocity.whole_cm_s, atol=0.02)
    backwards = replace(cine, velocity=replace(v, cm_s=-v.cm_s, directions=-v.directions))
    found = lvcine.analyze(Study((backwards,))).velocity
    assert np.allclose(found.whole_cm_s, analysis.velocity.whole_cm_s, atol=1e-6)


def test_a_larger_stack_without_velocities_goes_first(scanned):
    cine = scanned[0].cine
    stack = replace(
        cine, pixels=np.repeat(cine.pixels, 3, 0), geometry=cine.geometry.take([0, 0, 0, 1, 1, 1]),
        times_ms=None, cycle_ms=None, velocity=None, label="series 1",
    )  # fmt: skip
    from lvcine.pipeline.choose import choose

    chosen = choose(Study((cine, stack)))
    assert chosen.cine.label == "series 1"
    assert any("with velocities" in f.text for f in chosen.cine.findings)


def test_bad_wishes_are_refused_before_the_work(scanned):
    with pytest.raises(UsageError):
        lvcine.analyze(Study((scanned[0].cine,)), ed=99)


def test_noise_is_no_heart(scanned):
    cine = scanned[0].cine
    rng = np.random.default_rng(0)
    speeds = rng.uniform(-10, 10, cine.velocity.cm_s.shape).astype(np.float32)
    noise = replace(
        cine, pixels=rng.integers(0, 50, cine.pixels.shape).astype(np.uint16), view=View.SAX,
        velocity=replace(cine.velocity, cm_s=speeds),
    )  # fmt: skip
    with pytest.raises((NotACineError, MeasureError)):  # its frames have no order either
        lvcine.analyze(Study((noise,)))

"""Velocities in NumPy files: three channels, their VENC, and what they may not be."""

from __future__ import annotations

import numpy as np
import pytest
from tests.read.velocity_scans import scan

from lvcine.errors import ReadError, UsageError
from lvcine.phantom.write import write_velocity_npz
from lvcine.read import ReadOptions, open_study
from lvcine.read.velocity_arrays import with_channels
from lvcine.study import Cine, Geometry, Velocity


def stored(path, **change):
    s = scan()
    facts = {
        "pixels": s.cine.pixels, "velocity_cm_s": s.velocity_cm_s, "venc_cm_s": np.array(s.venc_cm_s),
        "spacing_mm": np.array(s.geometry.pixel_spacing_mm), "step_mm": np.array(9.0), **change,
    }  # fmt: skip
    np.savez(path, **{name: value for name, value in facts.items() if value is not None})
    return path


def test_channels_come_out_as_they_went_in(tmp_path):
    (cine,) = open_study(write_velocity_npz(scan(), tmp_path / "scan.npz")).cines
    v = cine.velocity
    assert np.array_equal(v.cm_s, scan().velocity_cm_s) and v.venc_cm_s == scan().venc_cm_s
    assert np.array_equal(v.in_picture(cine.geometry, v.cm_s), v.cm_s)
    assert cine.times_ms == pytest.approx(scan().times_ms)


def test_axes_are_named_once_for_pixels_and_channels(tmp_path):
    s = scan()
    path = stored(
        tmp_path / "a.npz",
        pixels=s.cine.pixels.transpose(2, 3, 0, 1),
        velocity_cm_s=s.velocity_cm_s.transpose(0, 3, 4, 1, 2),
    )
    (cine,) = open_study(path, ReadOptions(axes="YXZT")).cines
    assert np.array_equal(cine.velocity.cm_s, s.velocity_cm_s) and np.array_equal(cine.pixels, s.cine.pixels)


def test_one_slice_one_venc_and_directions_of_its_own(tmp_path):
    s = scan()
    turn = np.array([[0.0, 1.0, 0.0], [-0.6, 0.0, 0.8], [0.8, 0.0, 0.6]])
    channels = np.tensordot(turn, s.true_velocity_cm_s[:, 0] * 0.1, 1)
    path = stored(
        tmp_path / "a.npz", pixels=s.cine.pixels[0], velocity_cm_s=channels, venc_cm_s=np.array(30.0),
        directions=turn,
    )  # fmt: skip
    (cine,) = open_study(path).cines
    back = cine.velocity.in_picture(cine.geometry, cine.velocity.cm_s)
    assert back[:, 0] == pytest.approx(s.true_velocity_cm_s[:, 0] * 0.1, abs=1e-4)
    assert cine.velocity.venc_cm_s == (30.0, 30.0, 30.0)


def test_where_nothing_was_measured_stays_so(tmp_path):
    values = scan().velocity_cm_s.copy()
    values[:, 0, :, :4] = np.nan
    (cine,) = open_study(stored(tmp_path / "a.npz", velocity_cm_s=values)).cines
    assert np.array_equal(np.isnan(cine.velocity.cm_s), np.isnan(values))


def test_a_missing_venc_is_asked_for_and_a_told_one_goes_first(tmp_path):
    path = stored(tmp_path / "a.npz", venc_cm_s=None)
    with pytest.raises(ReadError, match=r"VENC.*a\.npz.*--venc"):
        open_study(path)
    (cine,) = open_study(path, ReadOptions(venc_cm_s=(40.0, 41.0, 42.0))).cines
    assert cine.velocity.venc_cm_s == (40.0, 41.0, 42.0)
    assert any("VENC 40, 41, 42" in f.text for f in cine.findings if f.code == "given-by-user")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"velocity_cm_s": np.zeros((2, 2, 3, 32, 32), np.float32)}, "three channels"),
        ({"velocity_cm_s": np.zeros((3, 2, 3, 32, 30), np.float32)}, "three channels"),
        ({"velocity_cm_s": np.full((3, 2, 3, 32, 32), 31.0)}, "VENC"),
        ({"velocity_cm_s": np.full((3, 2, 3, 32, 32), np.inf)}, "no numbers"),
        ({"velocity_cm_s": np.full((3, 2, 3, 32, 32), np.nan)}, "no numbers"),
        ({"velocity_cm_s": np.ones((3, 2, 3, 32, 32), bool)}, "bool"),
        ({"venc_cm_s": np.array([20.0, -20.0, 30.0])}, "venc_cm_s"),
        ({"directions": np.eye(3) * 2}, "unit vectors"),
    ],
)
def test_what_velocities_may_not_be(change, words, tmp_path):
    with pytest.raises(ReadError, match=words):
        open_study(stored(tmp_path / "a.npz", **change))


@pytest.mark.parametrize("venc", ["", "fast", "0", "-20", "nan", "20,30", "1,2,3,4", (20.0,) * 2, ()])
def test_a_venc_that_is_none_is_a_wrong_call(venc):
    with pytest.raises(UsageError, match="VENC"):
        ReadOptions(venc_cm_s=venc)


def _scan(velocity, venc=(20.0, 20.0, 30.0)):
    pixels = np.random.default_rng(1).integers(1, 200, (1, 8, 12, 12))
    cine = Cine(pixels, Geometry.stack(1, (1.4, 1.4), 8.0))
    return with_channels(cine, velocity, venc, Velocity.along_picture(cine.geometry), ReadOptions())


def test_what_is_no_velocity_is_named():
    half = np.random.default_rng(0).uniform(-1, 1, (3, 1, 8, 12, 12))
    half[..., 0, 0], half[..., 1, 1] = -1, 1
    assert _scan(half * 20).velocity is not None
    for values, what in ((half * np.pi, "radians"), (half, "parts of the VENC")):
        with pytest.raises(ReadError, match=what):
            _scan(values)
    for values in (half / 2 + 0.5, (half + 1) * 2047.5):
        with pytest.raises(ReadError, match="no velocity below 0 in channel 1"):
            _scan(values)

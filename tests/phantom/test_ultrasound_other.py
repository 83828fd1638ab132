"""Clips that are no apical views: planes lie where the views' names say, and each looks like itself."""

import numpy as np
import pytest

from lvcine.phantom import draw_heart
from lvcine.phantom.anatomy import draw_anatomy
from lvcine.phantom.ultrasound.other import _WINDOWS, FIVE_CHAMBER, OTHERS, other_clip

AXIS = np.array([0.0, 0.0, 1.0])


def windows(kind, count=8):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        anatomy = draw_anatomy(draw_heart(rng), rng)
        yield anatomy, _WINDOWS[kind](rng, anatomy).plane


def test_a_short_axis_cuts_across_the_axis_and_holds_the_ventricle():
    for anatomy, plane in windows("parasternal short axis"):
        assert abs(plane.normal @ AXIS) > 0.75
        along = -(plane.middle_mm @ plane.normal) / (AXIS @ plane.normal)  # where the plane meets the axis
        assert -5.0 < -along < float(anatomy.heart.length_mm) + 5.0


@pytest.mark.parametrize(("kind", "least"), [("parasternal long axis", 60.0), ("subcostal view", 35.0)])
def test_a_view_from_beside_holds_the_axis_and_looks_across_it(kind, least):
    for _, plane in windows(kind):
        assert abs(plane.normal @ AXIS) < 0.2
        angle = np.degrees(np.arccos(abs(plane.down @ AXIS)))
        assert angle > least
        assert abs(plane.down @ plane.across) < 1e-9


def test_five_chambers_are_seen_from_the_apex_in_a_plane_that_meets_the_aortic_root():
    far = []
    for anatomy, plane in windows(FIVE_CHAMBER, 12):
        assert plane.down @ -AXIS > 0.8  # from the apex up to the base
        assert abs(plane.normal @ AXIS) < 0.55
        x, y, radius = (float(v) for v in anatomy.aorta_mm)
        root = np.array([x, y, -10.0])
        far.append(abs((root - plane.middle_mm) @ plane.normal) / radius)
    assert np.median(far) < 0.5 and max(far) < 1.0


@pytest.mark.parametrize("kind", OTHERS)
def test_the_same_seed_gives_the_same_clip(kind):
    one, again, other = (other_clip(seed, kind, frames=2, size=48) for seed in (3, 3, 4))
    assert one.shape == (2, 48, 48) and one.dtype == np.uint8 and one.max() > 30
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_traces_stand_still_and_noise_does_not():
    for kind, moves in (
        ("M-mode", False),
        ("Doppler spectrum", False),
        ("test phantom", False),
        ("noise", True),
    ):
        first, second = other_clip(5, kind, frames=2, size=64).astype(float)
        assert (np.abs(first - second).max() > 20) == moves


def test_contrast_lights_the_cavity_up():
    """The middle of an apical sector is the cavity: bright with contrast, dark without."""
    bright = [np.median(other_clip(s, "contrast study", 1, 64)[0, 24:40, 28:36]) for s in range(6)]
    assert np.median(bright) > 70

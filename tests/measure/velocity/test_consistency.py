"""Channels, outline and magnitude of a virtual scan belong together; what was exchanged does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lvcine.measure.velocity import measure_velocity
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.velocity import virtual_velocity
from lvcine.study import Mask, Segmentation, Velocity

NEW = {"velocity-scale-doubtful", "velocity-out-of-step", "velocity-elsewhere"}


@pytest.fixture(scope="module", params=[11])
def study(request):
    seed = seed_of("tests-velocity", "reporting", request.param)
    return virtual_velocity(seed, slices=2, frames=16, size=80, spacing_mm=2.2)[0]


def doubts(study, change=lambda v: v, factor=1.0):
    """New doubts about a scan with other channels (3, Z, T, Y, X) and the true outline."""
    none = tuple((None,) * study.labels.shape[1] for _ in study.labels)
    vencs = tuple(factor * v for v in study.venc_cm_s)
    velocity = Velocity(change(study.velocity_cm_s * np.float32(factor)), vencs, study.directions)
    cine = replace(study.cine, velocity=velocity)
    found = measure_velocity(cine, Segmentation(Mask(study.labels), none, none)).findings
    return {finding.code for finding in found} & NEW


def one(channel, change):
    def changed(v):
        v = v.copy()
        v[channel] = change(v[channel])
        return v

    return changed


def test_a_scan_as_it_was_is_not_doubted(study):
    assert doubts(study) == set()


@pytest.mark.parametrize("factor", [0.1, 0.5, 2.0, 100 / 30])
def test_a_wrong_scale_is_seen_by_the_outline(study, factor):
    assert "velocity-scale-doubtful" in doubts(study, factor=factor)


@pytest.mark.parametrize(
    "change",
    [
        one(0, lambda v: np.roll(v, 4, 1)),
        one(2, lambda v: np.roll(v, 4, 1)),
        lambda v: np.roll(v, 4, 2),
        lambda v: v[[1, 1, 2]],
    ],
    ids=["x late", "z late", "all late", "y twice"],
)
def test_channels_of_other_moments_are_out_of_step(study, change):
    assert "velocity-out-of-step" in doubts(study, change)


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v[:, ::-1],
        one(2, lambda v: v[::-1]),
        one(0, lambda v: v[..., ::-1]),
        one(2, lambda v: v.swapaxes(-1, -2)),
        lambda v: v[..., ::-1, :],
    ],
    ids=["slices exchanged", "slices of z exchanged", "x mirrored", "z transposed", "upside down"],
)
def test_channels_of_another_place_are_seen_by_their_noise(study, change):
    assert "velocity-elsewhere" in doubts(study, change)


def test_cleared_air_says_nothing_of_the_place(study):
    bright = study.magnitude > 0.15 * study.magnitude.max()
    assert "velocity-elsewhere" not in doubts(study, lambda v: np.where(bright, v, 0).astype(np.float32))


def test_frames_in_no_order_are_doubted(study):
    assert doubts(study, lambda v: v[:, :, np.random.default_rng(0).permutation(16)])

"""Slices of virtual scans as they are learned from."""

import numpy as np
import pytest
from tests.systems.velocity.rings import contracting

from lvcine.phantom.seeds import phantom_seed
from lvcine.phantom.velocity import virtual_velocity
from lvcine.systems.velocity.train import data
from lvcine.systems.velocity.train.data import heart_of, make, slices_of


def test_a_slice_keeps_what_the_scanner_gave():
    study, _ = virtual_velocity(3, slices=2, frames=3, size=32, spacing_mm=5.0)
    one = list(slices_of(study, "s~z"))[1]
    off = np.abs(one.velocity_cm_s - study.velocity_cm_s[:, 1])
    assert (off <= np.array(study.venc_cm_s).reshape(3, 1, 1, 1) / 127).all()
    assert ((one.labels == 3) == study.rv[1]).all() and ((one.labels == 2) == (study.labels[1] == 2)).all()


def test_a_number_of_a_side_is_a_heart_of_its_own(monkeypatch):
    seeds = []

    def small(seed, **how):
        seeds.append(seed)
        return virtual_velocity(seed, **{**how, "frames": 2, "size": 24, "spacing_mm": 6.0})

    monkeypatch.setattr(data, "virtual_velocity", small)
    names = [one.name for one in make(3, "choosing")]
    assert names == [f"choosing-000003~z{z}" for z in range(3)]
    assert seeds == [phantom_seed("choosing", 800_003)]  # as the shipped nets' hearts were made


def test_a_subject_has_one_heart_as_wide_as_its_widest_slice():
    wide, narrow = (contracting(40, 2, shift).labels > 0 for shift in (-2.0, 4.0))
    narrow = narrow & (np.indices((40, 40))[0] > 19)
    y, x, radius = heart_of(np.stack([narrow, wide]))
    assert radius == heart_of(wide[None])[2] == pytest.approx(40 / 3.2, abs=0.3)
    assert 17.5 < x < 23.5 and y > 19.5
    assert np.isnan(heart_of(0 * wide[None])).all()

"""Stored values become cm/s where the files say how, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lvcine.errors import ReadError
from lvcine.read.dicom.velocity_scale import UnclearScaleError, velocities
from lvcine.read.dicom.venc import GE_SOURCE, Encoding

VENC = 25.0
V = np.array([[-25.0, -10.0, 0.0], [0.5, 12.0, 24.9]])
DRAW = np.random.default_rng(1).uniform(-25, 24.9, (40, 40))


def image(dicom, bits=12, signed=False, encoding=None, **facts):
    header = dicom.picture().header
    header.fields.dataset.BitsStored, header.fields.dataset.PixelRepresentation = bits, int(signed)
    return replace(dicom.picture(), header=header, encoding=encoding, **facts)


def read(picture, stored):
    array = stored * picture.slope + picture.intercept
    made = velocities([picture], [array], VENC, "series 9")
    return made.cm_s[0], made.assumed


def test_siemens_phase_runs_from_minus_to_plus_4096(dicom):
    cm_s, doubt = read(image(dicom, slope=2.0, intercept=-4096.0), V / VENC * 2048 + 2048)
    assert cm_s == pytest.approx(V, abs=1e-4) and not doubt


@pytest.mark.parametrize(("unit", "per_cm_s"), [("cm/s", 1.0), ("mm/s", 10.0), ("m/s", 0.01)])
def test_a_unit_is_believed_whatever_the_range(unit, per_cm_s, dicom):
    picture = image(dicom, bits=16, slope=0.02 * per_cm_s, intercept=-100.0 * per_cm_s, unit=unit)
    cm_s, doubt = read(picture, (V + 100.0) / 0.02)
    assert cm_s == pytest.approx(V, abs=1e-3) and not doubt


def test_a_rescale_whose_ends_are_the_venc_is_in_cm_s(dicom):
    slope = 2 * VENC / 4095
    cm_s, doubt = read(image(dicom, slope=slope, intercept=-VENC), (V + VENC) / slope)
    assert cm_s == pytest.approx(V, abs=1e-3) and not doubt


def test_another_range_about_rest_is_a_phase_and_an_assumption(dicom):
    slope = 2 * 3142 / 4095
    cm_s, doubt = read(image(dicom, slope=slope, intercept=-3142.0), (V / VENC * 3142 + 3142) / slope)
    assert cm_s == pytest.approx(V, abs=0.01) and "3142" in doubt


@pytest.mark.parametrize("signed", [True, False])
def test_mm_s_are_ges_signed_values_alone(signed, dicom):
    encoding = Encoding(VENC, "", GE_SOURCE if signed else "SequenceName")
    picture = image(dicom, bits=16, signed=True, encoding=encoding)
    if signed:
        cm_s, doubt = read(picture, np.rint(10 * V))
        assert cm_s == pytest.approx(V, abs=0.051) and not doubt
    else:
        with pytest.raises(UnclearScaleError, match="signed"):
            read(picture, np.rint(10 * V))


@pytest.mark.parametrize("bits", [12, 16])
def test_the_middle_of_what_the_values_fill_is_rest(bits, dicom):
    stored = np.rint(DRAW / VENC * 2048 + 2048).clip(0, 4095)
    cm_s, doubt = read(image(dicom, bits=bits), stored)
    assert cm_s == pytest.approx(DRAW, abs=VENC / 2048) and "2048" in doubt


def test_values_that_do_not_lie_about_a_middle_are_not_guessed(dicom):
    with pytest.raises(UnclearScaleError, match="mean"):
        read(image(dicom), DRAW**2)
    with pytest.raises(UnclearScaleError, match="neither"):
        read(image(dicom, slope=2.0, intercept=-1000.0), DRAW + 500)
    with pytest.raises(UnclearScaleError, match="weighted"):
        read(image(dicom, encoding=Encoding(VENC, "", GE_SOURCE, unclear="weighted")), DRAW)


def test_rounding_beyond_the_venc_is_cut_and_more_is_refused(dicom):
    picture = image(dicom, unit="cm/s", slope=0.1, intercept=-50.0)
    assert float(read(picture, np.array([[752.0, 0.0 + 250]]))[0].max()) == VENC
    with pytest.raises(ReadError, match=r"30 cm/s.*VENC of 25.*series 9"):
        read(picture, np.array([[800.0, 500.0]]))

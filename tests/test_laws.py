"""Laws that hold for any heart, checked on the whole way through with the shipped net.

A virtual study of a few coarse pictures: what matters is that the same study gives the same
numbers, not which numbers.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import permutations, product

import nibabel as nib
import numpy as np
import pytest

from lvcine.errors import NotACineError
from lvcine.measure import measure_short_axis
from lvcine.phantom import virtual_study
from lvcine.phantom.write import write_dicom_mr, write_nifti
from lvcine.pipeline import ed_es, regression_check, short_axis
from lvcine.pipeline.analyze import analyze as analyze_with
from lvcine.report.nifti import segmentation_nifti
from lvcine.report.tables import measurements_json
from lvcine.study import Analysis, Cine, Geometry, Study, Subject

analyze = partial(analyze_with, threads=1)
FRAMES = 4


@pytest.fixture(scope="module")
def cine() -> Cine:
    """Three slices of the middle of a virtual heart, on pictures that are higher than wide."""
    whole, _ = virtual_study(11, frames=FRAMES, size=88, spacing_mm=2.2, step_mm=20.0, first_phase=0.1)
    middle = [1, 2, 3]
    return replace(
        whole,
        pixels=np.ascontiguousarray(whole.pixels[middle][..., :80]),
        geometry=whole.geometry.take(middle),
        times_ms=whole.times_ms[middle],
        cycle_ms=whole.cycle_ms[middle],
    )


@pytest.fixture(scope="module")
def analysis(cine: Cine) -> Analysis:
    return analyze(Study((cine,)))


@pytest.fixture(scope="module", autouse=True)
def each_cine_once() -> Iterator[None]:
    """Nets are asked once about equal pixels on an equal grid: they are functions of these."""
    nets = [(short_axis, "segment"), (ed_es, "find_frames"), (regression_check, "read_indices")]
    with pytest.MonkeyPatch.context() as patch:
        for module, name in nets:
            patch.setattr(module, name, remembered(getattr(module, name)))
        yield


def remembered(net: Callable[..., object]) -> Callable[..., object]:
    known: dict[tuple[bytes, ...], object] = {}

    def ask(cine: Cine, *rest: object, **options: object) -> object:
        g = cine.geometry
        arrays = (
            cine.pixels,
            np.round(g.origins_mm, 3),
            np.round(g.row_step_mm, 4),
            np.round(g.column_step_mm, 4),
        )
        key = tuple(np.ascontiguousarray(a + 0.0).tobytes() for a in arrays)
        if key not in known:
            known[key] = net(cine, *rest, **options)
        return known[key]

    return ask


def centroid_ras_mm(analysis: Analysis) -> np.ndarray:
    """Mean place of the cavity's pixels in the patient, from the masks as they are written."""
    image = nib.Nifti1Image.from_bytes(gzip.decompress(segmentation_nifti(analysis)))
    voxels = np.argwhere(np.asanyarray(image.dataobj) == 1)[:, :3]
    return nib.affines.apply_affine(image.affine, voxels).mean(axis=0)


def assert_same_numbers(a: Analysis, b: Analysis) -> None:
    assert a.headline().keys() == b.headline().keys()
    for name, value in b.headline().items():
        assert a.headline()[name] == pytest.approx(value, rel=1e-4, abs=1e-4, nan_ok=True), name


def test_there_is_something_to_compare(analysis):
    found = analysis.headline()
    assert found["edv_ml"] > found["esv_ml"] > 0 and found["lv_mass_g"] > 0


def test_every_headline_number_of_the_shipped_nets_has_an_interval(analysis, cine):
    whole = {m.name: m for m in analysis.measurements if m.slice is m.frame is m.segment is None}
    for name in ("edv_ml", "esv_ml", "sv_ml", "ef_percent", "lv_mass_g"):
        m = whole[name]
        assert m.low is not None and m.high is not None and m.low < m.value < m.high, name
    thick = [m for m in analysis.measurements if m.name == "wall_thickness_mm" and m.segment is not None]
    assert thick and all(m.low < m.value < m.high for m in thick if m.slice is None and m.low is not None)
    written = json.loads(measurements_json(analysis))["intervals"]
    assert written["ef_percent"][0] < whole["ef_percent"].value < written["ef_percent"][1]


@pytest.mark.parametrize("k", [0.5, 1.3])
def test_volumes_go_with_the_cube_of_the_spacing_and_ef_stays(cine, analysis, k):
    """With the contours held fixed in pixels: how large a heart may be is the net's to judge."""
    g = cine.geometry
    grown = replace(
        g,
        origins_mm=g.origins_mm * k,
        row_step_mm=g.row_step_mm * k,
        column_step_mm=g.column_step_mm * k,
        thickness_mm=g.thickness_mm * k,
    )
    measured = measure_short_axis(replace(cine, geometry=grown), analysis.segmentation, Subject())
    found = {m.name: m.value for m in measured.measurements if m.slice is m.frame is m.segment is None}
    before = analysis.headline()
    for name in ("edv_ml", "esv_ml", "lv_mass_g"):
        assert found[name] == pytest.approx(before[name] * k**3, rel=1e-9)
    assert found["ef_percent"] == pytest.approx(before["ef_percent"], abs=1e-9)


@pytest.mark.parametrize("shift", [1, 2, 3])
def test_a_cyclic_shift_moves_ed_and_es_by_the_shift_and_nothing_else(cine, analysis, shift):
    rolled = analyze(Study((replace(cine, pixels=np.roll(cine.pixels, shift, axis=1)),)))
    assert rolled.ed_frame == (analysis.ed_frame + shift) % FRAMES
    assert rolled.es_frame == (analysis.es_frame + shift) % FRAMES
    # Not to the last digit: the pictures' grey range is judged from a sample of their pixels.
    for name in ("edv_ml", "esv_ml", "lv_mass_g"):
        assert rolled.headline()[name] == pytest.approx(analysis.headline()[name], rel=5e-3), name
    assert rolled.headline()["ef_percent"] == pytest.approx(analysis.headline()["ef_percent"], abs=0.5)


def test_all_48_ways_of_storing_a_stack_give_the_same_numbers_in_the_same_place(cine, analysis, tmp_path):
    place = centroid_ras_mm(analysis)
    first = None
    for axes, flips in product(permutations(range(3)), product([False, True], repeat=3)):
        path = write_nifti(cine, tmp_path / "scan.nii", axes=axes, flips=flips)
        turned = analyze(path)
        first = first or turned
        assert_same_numbers(turned, first)
        np.testing.assert_allclose(centroid_ras_mm(turned), place, atol=0.2, err_msg=f"{axes} {flips}")
    # Against the scan itself, whose grid NIfTI keeps only to float32 and to even slices.
    for name in ("edv_ml", "esv_ml", "lv_mass_g"):
        assert first.headline()[name] == pytest.approx(analysis.headline()[name], rel=0.01), name


def test_a_file_without_the_patient_s_axes_may_begin_at_the_apex():
    whole, _ = virtual_study(11, frames=2, size=88, spacing_mm=2.2, step_mm=14.0)
    unplaced = Geometry.stack(whole.slices, (2.2, 2.2), 14.0)
    assert not unplaced.placed and whole.slices >= 5
    one, other = (analyze(Study((replace(whole, pixels=p, geometry=unplaced),))) for p in
                  (whole.pixels, np.ascontiguousarray(whole.pixels[::-1])))  # fmt: skip
    labels, turned = one.segmentation.mask.labels, other.segmentation.mask.labels[::-1]
    # Not to the last pixel: the place is sought before it is known which end is which.
    assert (labels > 0).sum() > 1000 and (labels != turned).sum() < 0.025 * (labels > 0).sum()


def test_names_and_order_of_the_files_say_nothing(cine, tmp_path):
    write_dicom_mr(cine, tmp_path / "plain", vendor="siemens")
    write_dicom_mr(cine, tmp_path / "mixed", vendor="siemens", shuffle_seed=3)
    plain, mixed = analyze(tmp_path / "plain"), analyze(tmp_path / "mixed")
    assert_same_numbers(mixed, plain)
    np.testing.assert_array_equal(mixed.segmentation.mask.labels, plain.segmentation.mask.labels)
    assert mixed.study.digest == plain.study.digest


def test_dicom_of_any_vendor_gives_the_numbers_of_the_cine(cine, analysis, tmp_path):
    for vendor in ("ge", "siemens", "philips"):
        write_dicom_mr(cine, tmp_path / vendor, vendor=vendor)
        read = analyze(tmp_path / vendor).headline()
        for name in ("edv_ml", "esv_ml", "lv_mass_g", "ed_frame", "es_frame"):
            assert read[name] == pytest.approx(analysis.headline()[name], rel=0.01), (vendor, name)


def test_noise_is_no_heart(cine):
    noise = np.random.default_rng(0).integers(0, 1000, cine.pixels.shape).astype(np.uint16)
    try:
        found = analyze(Study((replace(cine, pixels=noise),)))
    except NotACineError as refused:
        assert refused.advice
    else:
        assert "lv-hard-to-find" in {f.code for f in found.findings}

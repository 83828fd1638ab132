from __future__ import annotations

import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from lvcine.errors import ReadError
from lvcine.evaluate import pairs
from lvcine.phantom.write import write_nifti
from lvcine.pipeline.analyze import analyze

from .conftest import ED, ES, WALL_MM, cine, labels, radius_mm

TURNED = {"axes": (0, 2, 1), "flips": (True, False, True)}


def write_pair(folder, frames, grid=None, drawn=None):
    """A scan of ``frames`` and the masks of ED and ES, stored along the same turned axes."""
    scan = cine(frames, phases_only=len(frames) == 2)
    write_nifti(scan, folder / "case1.nii", **(grid or {}))
    masks = cine(drawn or frames)
    masks = type(masks)(labels(drawn or frames), masks.geometry)
    write_nifti(masks, folder / "case1_gt.nii.gz", **(grid or {}))
    return folder


def scored(case):
    return {s.metric: s.value for s in case.score(analyze(case.source))}


@pytest.mark.parametrize("order", [(ED, ES), (ES, ED)])
@pytest.mark.parametrize("grid", [{}, TURNED])
def test_perfect_masks_score_perfectly_however_they_are_stored(tmp_path, net, order, grid):
    net.frames = order
    found = scored(next(pairs.two_phase(write_pair(tmp_path, order, grid))))
    for metric, value in found.items():
        if metric.startswith("dice3d"):
            assert value == 1.0
        if metric.startswith(("false", "lost")):
            assert value == 0
    assert found["ef_percent_drawn"] == pytest.approx(100 * (1 - 0.7**2), abs=0.5)
    assert found["ef_percent_difference"] == pytest.approx(0.0, abs=0.5)


def test_volumes_and_mass_of_the_masks_are_those_of_the_circles(tmp_path, net):
    net.frames = (ED, ES)
    found = scored(next(pairs.two_phase(write_pair(tmp_path, (ED, ES)))))
    inner = sum(np.pi * radius_mm(z, ED) ** 2 for z in range(1, 5)) / 100
    outer = sum(np.pi * (radius_mm(z, ED) + WALL_MM) ** 2 for z in range(1, 5)) / 100
    assert found["edv_ml_drawn"] == pytest.approx(inner, rel=0.01)
    assert found["lv_mass_g_drawn"] == pytest.approx(1.05 * (outer - inner), rel=0.01)


def test_larger_contours_give_the_dice_and_bias_of_their_areas(tmp_path, net):
    net.frames, net.scale = (ED, ES), 1.1
    found = scored(next(pairs.two_phase(write_pair(tmp_path, (ED, ES)))))
    assert found["dice3d_cavity_ed"] == pytest.approx(2 / (1 + 1.1**2), abs=0.01)
    assert found["edv_ml_difference"] / found["edv_ml_drawn"] == pytest.approx(0.21, abs=0.02)


@pytest.mark.parametrize("off, held", [(3.0, 1.0), (9.0, 0.0), (-9.0, 0.0)])
def test_an_interval_holds_the_readers_number_or_not(tmp_path, net, off, held):
    net.frames = (ED, ES)
    case = next(pairs.two_phase(write_pair(tmp_path, (ED, ES))))
    analysis = analyze(case.source)
    assert not [s for s in case.score(analysis) if s.metric.endswith("_in_interval")]
    moved = [
        replace(m, value=m.value + off, low=m.value + off - 5, high=m.value + off + 5)
        if m.name == "ef_percent"
        else m
        for m in analysis.measurements
    ]
    found = {s.metric: s.value for s in case.score(replace(analysis, measurements=tuple(moved)))}
    assert found["ef_percent_in_interval"] == held and "edv_ml_in_interval" not in found


def test_false_and_lost_slices_are_counted(tmp_path, net):
    net.frames = (ED, ES)
    net.lost, net.added = {(4, ES)}, {(0, ED): 20.0, (0, ES): 15.0, (5, ES): 10.0}
    found = scored(next(pairs.two_phase(write_pair(tmp_path, (ED, ES)))))
    counts = [found[f"{kind}_slices_{phase}"] for kind in ("false", "lost") for phase in ("ed", "es")]
    assert counts == [1, 2, 0, 1]


def test_without_spacing_there_is_nothing_in_millimetres(tmp_path, net):
    net.frames = (ED, ES)
    found = scored(next(pairs.two_phase(write_pair(tmp_path, (ED, ES)), scaled=False)))
    assert not [m for m in found if "_mm" in m or "_ml" in m or "_g" in m]
    assert "ef_percent_difference" in found


def write_cycle(folder, told):
    write_pair(folder, (0, 1, 2, 3), drawn=(ED, ES))
    (folder / "meta.json").write_text(json.dumps(told))
    return folder


def test_frames_are_compared_the_short_way_round(tmp_path, net):
    found = scored(next(pairs.cines(write_cycle(tmp_path, {"case1": {"ed": 0, "es": ES}}))))
    assert found["ed_frame_difference"] == -1  # frame 3 of 0 to 3 is just before frame 0
    assert found["es_frame_difference"] == 0


def test_masks_of_a_cycle_belong_to_the_readers_frames(tmp_path, net):
    found = scored(next(pairs.cines(write_cycle(tmp_path, {"case1": {"ed": ED, "es": ES}}))))
    assert found["dice3d_cavity_ed"] == found["dice3d_myocardium_es"] == 1.0


@pytest.mark.parametrize("told", [{}, {"case1": {"ed": 0}}, {"case1": 3}])
def test_frames_that_are_not_told_are_missed(tmp_path, told):
    with pytest.raises(ReadError, match=r"meta\.json"):
        list(pairs.cines(write_cycle(tmp_path, told)))


def test_a_frame_beyond_the_cine_is_refused(tmp_path, net):
    case = next(pairs.cines(write_cycle(tmp_path, {"case1": {"ed": 0, "es": 9}})))
    with pytest.raises(ReadError, match="cine of 4"):
        scored(case)


def test_labels_in_another_order_are_refused(tmp_path, net):
    net.frames = (ED, ES)
    folder = write_pair(tmp_path, (ED, ES))
    image = nib.load(folder / "case1_gt.nii.gz")
    other = np.asanyarray(image.dataobj).astype(np.uint8)
    other[other == 1] = 3
    nib.save(nib.Nifti1Image(other, image.affine), folder / "case1_gt.nii.gz")
    with pytest.raises(ReadError, match="1 .cavity. and 2"):
        scored(next(pairs.two_phase(folder)))


def test_masks_of_another_size_are_refused(tmp_path, net):
    net.frames = (ED, ES)
    folder = write_pair(tmp_path, (ED, ES))
    nib.save(nib.Nifti1Image(np.ones((3, 3, 3, 2), np.uint8), np.eye(4)), folder / "case1_gt.nii.gz")
    with pytest.raises(ReadError, match=r"case1_gt\.nii\.gz"):
        scored(next(pairs.two_phase(folder)))


def test_masks_without_a_scan_are_refused(tmp_path):
    (write_pair(tmp_path, (ED, ES)) / "case1.nii").unlink()
    with pytest.raises(ReadError, match="without their scan"):
        list(pairs.two_phase(tmp_path))

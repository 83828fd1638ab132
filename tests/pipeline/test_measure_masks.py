"""Numbers from masks: a cylinder, whose volumes are known in closed form, drawn as people draw."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import nibabel
import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from lvcine.errors import NotACineError, ReadError, UsageError
from lvcine.localise.drawn import labels_of, redrawn
from lvcine.measure import regional
from lvcine.pipeline.analyze import analyze, save
from lvcine.pipeline.measure_masks import measure_masks
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.pipeline.remeasure import Decisions, remeasure
from lvcine.read.mask_contours import MaskContours, contours_text
from lvcine.report.nifti import segmentation_nifti
from lvcine.report.record import read_record
from lvcine.study import (
    CAVITY,
    MYOCARDIUM,
    Cine,
    Contour,
    Geometry,
    Mask,
    Segmentation,
    Study,
    Subject,
    Velocity,
    View,
)

SLICES, FRAMES, SIZE, STEP_MM, PIXEL_MM = 6, 8, 75, 10.0, 0.8
# Where the pixels within the circles below are as many as their areas say, to 0.3 %.
MIDDLE = np.array([37.1, 37.45])
Y, X = np.mgrid[:SIZE, :SIZE] - MIDDLE[:, None, None]
DISTANCE = np.hypot(Y, X) * PIXEL_MM
RADII = 10 + 2 * np.cos(2 * np.pi * np.arange(FRAMES) / FRAMES)  # ED is frame 0, ES frame 4
WALL_MM = 8.0


def volume(radius_mm: float, slices: int = 4) -> float:
    return float(np.pi * radius_mm**2 * STEP_MM * slices / 1000)


def drawn() -> np.ndarray:
    """The cylinder in slices 1 to 4, lvcine's labels, (Z, T, Y, X)."""
    labels = np.zeros((SLICES, FRAMES, SIZE, SIZE), np.uint8)
    for t, radius in enumerate(RADII):
        labels[1:5, t, DISTANCE < radius + WALL_MM] = MYOCARDIUM
        labels[1:5, t, DISTANCE < radius] = CAVITY
    return labels


def cine(**facts: object) -> Cine:
    rng = np.random.default_rng(3)
    pixels = np.where(drawn() == CAVITY, 800, 200) + rng.integers(0, 20, (SLICES, FRAMES, SIZE, SIZE))
    geometry = Geometry.stack(SLICES, (PIXEL_MM, PIXEL_MM), STEP_MM)
    return Cine(pixels.astype(np.uint16), geometry, view=View.SAX, **facts)


STUDY = Study((cine(),))
PHASES = {"ed": 0, "es": 4}  # stated, so that no net is asked
AFFINE = np.diag([-PIXEL_MM, -PIXEL_MM, STEP_MM, 1.0])


@pytest.fixture(autouse=True)
def no_net(monkeypatch):
    """No net outlines anything here, and temporal regression has nothing to say."""
    monkeypatch.setattr("lvcine.pipeline.short_axis.segment", lambda *a, **k: pytest.fail("a net ran"))
    for module in ("short_axis", "measure_masks"):
        monkeypatch.setattr(f"lvcine.pipeline.{module}.regress_frames", lambda *a: None)


@pytest.fixture(scope="session")
def scan(tmp_path_factory):
    """The cine as NIfTI, with a true affine."""
    path = tmp_path_factory.mktemp("masks") / "cine.nii.gz"
    image = nibabel.Nifti1Image(xyzt(STUDY.cines[0].pixels), AFFINE)
    image.header.set_zooms((PIXEL_MM, PIXEL_MM, STEP_MM, 0.1))
    image.header.set_xyzt_units("mm", "sec")
    nibabel.save(image, path)
    return path


def xyzt(labels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(labels.transpose(3, 2, 0, 1))


def nifti(labels: np.ndarray, path, affine=AFFINE):
    """Labels (Z, T, Y, X), or (x, y, z) and (x, y, z, t) as they are to lie in the file."""
    nibabel.save(nibabel.Nifti1Image(labels, affine), path)
    return path


def numbers(analysis):
    return analysis.headline()


def codes(analysis) -> set[str]:
    return {finding.code for finding in analysis.findings}


def test_the_cylinder_has_the_volumes_of_its_formula():
    found = measure_masks(STUDY, drawn())
    assert (found.ed_frame, found.es_frame) == (0, 4)
    assert numbers(found)["edv_ml"] == pytest.approx(volume(12), rel=5e-3)
    assert numbers(found)["esv_ml"] == pytest.approx(volume(8), rel=1e-2)
    mass = 1.05 * (volume(20) - volume(12))
    assert numbers(found)["lv_mass_g"] == pytest.approx(mass, rel=1e-2)
    walls = [m.value for m in found.measurements if m.name == "wall_thickness_mm" and m.frame == 0]
    assert np.mean(walls) == pytest.approx(WALL_MM, abs=0.15) and np.std(walls) < 0.4


def test_a_mask_dilated_by_a_pixel_grows_as_geometry_says():
    """Steiner: an area grows by its outline times the step and a disc of the step."""
    wider = drawn()
    for z, t in np.argwhere((wider == CAVITY).any((2, 3))):
        near = distance_transform_edt(wider[z, t] != CAVITY) <= 1.0
        wider[z, t][near] = CAVITY
    before, after = (numbers(measure_masks(STUDY, masks, **PHASES)) for masks in (drawn(), wider))
    for name, radius in (("edv_ml", 12), ("esv_ml", 8)):
        grown = 2 * np.pi * radius * PIXEL_MM + np.pi * PIXEL_MM**2
        # Four-connected steps leave a disc's diagonal behind: up to a sixth less than a true pixel all round.
        assert 0.8 * grown < (after[name] - before[name]) * 1000 / (4 * STEP_MM) < 1.05 * grown
    assert after["lv_mass_g"] < before["lv_mass_g"]


ORDERS = {
    "acdc": (3, 2, 1), "cinema": (3, 2, 1), "mnms": (1, 2, 3), "ukbb": (1, 2, 3), "mscmr": (500, 200, 600),
    "cavity=7,myocardium=4+9": (7, 4, 5),
}  # fmt: skip


def relabelled(cavity: int, wall: int, rv: int) -> np.ndarray:
    labels = drawn().astype(np.int16)
    out = np.where(labels == CAVITY, cavity, np.where(labels == MYOCARDIUM, wall, 0)).astype(np.int16)
    out[1:5, :, 31:44, :9] = rv  # a right ventricle at the left of the picture
    return out


@pytest.mark.parametrize("order", ORDERS)
def test_foreign_label_orders_give_the_same_numbers(order):
    own = numbers(measure_masks(STUDY, drawn(), **PHASES))
    found = measure_masks(STUDY, relabelled(*ORDERS[order]), labels=order, **PHASES)
    assert numbers(found) == pytest.approx(own, rel=1e-4)  # sectors begin where the septum is seen
    assert found.masks.labels.startswith(f"cavity={ORDERS[order][0]}")


def test_the_right_ventricle_of_the_masks_says_where_the_septum_lies():
    found = measure_masks(STUDY, relabelled(3, 2, 1), labels="acdc", **PHASES)
    assert found.segmentation.rv_direction[2] == pytest.approx([0.0, -1.0], abs=0.05)
    assert "septum-assumed" not in codes(found)


@pytest.mark.parametrize("said", [None, "mnms", "ukbb", "cavity=2,myocardium=3"])
def test_another_order_than_the_masks_is_refused_and_the_right_one_named(said):
    with pytest.raises(UsageError) as refused:
        measure_masks(STUDY, relabelled(3, 2, 1), labels=said, **PHASES)
    assert "cavity=3,myocardium=2" in refused.value.advice and "acdc" in refused.value.advice


@pytest.mark.parametrize("said", ["acdk", "cavity=1,cavity=2", "myocardium=2", "cavity=x", "cavity=1,rv=1"])
def test_labels_that_say_nothing_are_refused(said):
    with pytest.raises(UsageError, match="labels"):
        measure_masks(STUDY, drawn(), labels=said)


def test_files_by_frame_give_the_numbers_of_one_file(scan, tmp_path):
    whole = nifti(xyzt(drawn()), tmp_path / "all.nii.gz")
    expected = numbers(measure_masks(scan, whole, **PHASES, view="SAX"))
    assert expected["edv_ml"] == pytest.approx(volume(12), rel=5e-3)
    folder = tmp_path / "frames"
    folder.mkdir()
    files = [nifti(xyzt(drawn())[..., t], folder / f"phase{t + 1}_seg.nii.gz") for t in range(FRAMES)]
    assert numbers(measure_masks(scan, folder, **PHASES, view="SAX")) == pytest.approx(expected)
    assert numbers(measure_masks(scan, files, **PHASES, view="SAX")) == pytest.approx(expected)
    text = sorted(nifti(xyzt(drawn())[..., t], tmp_path / f"{t + 3}.nii") for t in range(FRAMES))
    with pytest.raises(UsageError, match="names as text"):
        measure_masks(scan, text, **PHASES, view="SAX")
    for two in ([files[0], files[4]], {4: files[4], 0: files[0]}):
        pair = measure_masks(scan, two, **PHASES, view="SAX")
        for name in ("edv_ml", "esv_ml", "ef_percent", "lv_mass_g", "ed_frame", "es_frame"):
            assert numbers(pair)[name] == pytest.approx(expected[name])
        assert "peak_ejection_rate_ml_s" not in numbers(pair) and "drawn-phases-only" in codes(pair)
        assert {m.frame for m in pair.measurements} <= {None, 0, 4}
    with pytest.raises(UsageError, match="masks of 2 frames for a cine of 8"):
        measure_masks(scan, [files[0], files[4]], view="SAX")
    with pytest.raises(UsageError, match="masks of 1 frame"):
        measure_masks(scan, files[0], **PHASES, view="SAX")


def test_masks_of_another_grid_are_resampled_and_that_is_noted(scan, tmp_path):
    whole = xyzt(drawn())
    fine = np.repeat(np.repeat(whole, 2, 0), 2, 1)  # half the pixel, the corner a quarter of a pixel out
    affine = AFFINE @ np.array([[0.5, 0, 0, -0.25], [0, 0.5, 0, -0.25], [0, 0, 1, 0], [0, 0, 0, 1]])
    turned = whole[::-1].transpose(1, 0, 2, 3)
    mirror = AFFINE @ np.array([[0, -1, 0, SIZE - 1], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    own = numbers(measure_masks(scan, nifti(whole, tmp_path / "own.nii.gz"), **PHASES, view="SAX"))
    for name, labels, place, near in (("fine", fine, affine, 1e-2), ("turned", turned, mirror, 1e-9)):
        path = nifti(np.ascontiguousarray(labels), tmp_path / f"{name}.nii.gz", place)
        found = measure_masks(scan, path, **PHASES, view="SAX")
        assert numbers(found)["edv_ml"] == pytest.approx(own["edv_ml"], rel=near)
        assert numbers(found)["lv_mass_g"] == pytest.approx(own["lv_mass_g"], rel=near)
        assert "mask-resampled" in codes(found)
    half = nifti(whole[:, :, :3], tmp_path / "half.nii.gz")
    found = measure_masks(scan, half, **PHASES, view="SAX")
    assert numbers(found)["edv_ml"] == pytest.approx(volume(12, 2), rel=5e-3)


def test_masks_that_lie_elsewhere_or_nowhere_are_refused(scan, tmp_path):
    far = AFFINE.copy()
    far[:3, 3] = 900.0
    with pytest.raises(UsageError, match="elsewhere"):
        measure_masks(scan, nifti(xyzt(drawn()), tmp_path / "far.nii.gz", far), view="SAX")
    image = nibabel.Nifti1Image(xyzt(drawn())[:40], None)
    nibabel.save(image, tmp_path / "nowhere.nii.gz")
    with pytest.raises(UsageError, match="without a place"):
        measure_masks(scan, tmp_path / "nowhere.nii.gz", view="SAX")
    beside = AFFINE.copy()
    beside[2, 3] = 2 * STEP_MM  # two of its four slices lie beyond the stack
    found = measure_masks(scan, nifti(xyzt(drawn()), tmp_path / "b.nii.gz", beside), **PHASES, view="SAX")
    assert "mask-cut-off" in codes(found)


def test_what_is_no_mask_is_refused(scan, tmp_path):
    soft = nifti(xyzt(drawn()).astype(np.float32) * 0.37, tmp_path / "soft.nii.gz")
    with pytest.raises(ReadError, match="no labels"):
        measure_masks(scan, soft, view="SAX")
    (tmp_path / "edited.seg.nrrd").write_bytes(b"NRRD0004")
    with pytest.raises(UsageError, match="no NIfTI"):
        measure_masks(scan, tmp_path / "edited.seg.nrrd", view="SAX")
    with pytest.raises(UsageError, match="no mask there"):
        measure_masks(scan, tmp_path / "gone.nii.gz", view="SAX")
    with pytest.raises(UsageError, match="no masks to measure"):
        measure_masks(STUDY)


def test_the_refusal_of_a_mask_names_the_command_that_takes_it(tmp_path):
    path = nifti(xyzt(drawn()), tmp_path / "segmentation.nii.gz")
    with pytest.raises(NotACineError) as refused:
        analyze(path)
    assert "lvcine measure" in refused.value.advice


def test_holes_are_filled_and_muscle_within_the_cavity_is_muscle_if_asked():
    masks = drawn()
    masks[2, :, 37, 37] = 0  # unlabelled within the cavity
    masks[2, :, 37, 54] = 0  # and within the wall
    island = (slice(1, 5), slice(None), slice(35, 38), slice(31, 34))
    masks[island] = MYOCARDIUM  # a papillary muscle of 3 x 3 pixels
    whole, holed = (measure_masks(STUDY, m, **PHASES) for m in (drawn(), masks))
    for name in ("edv_ml", "esv_ml", "lv_mass_g"):
        assert numbers(holed)[name] == pytest.approx(numbers(whole)[name])
    assert "mask-holes" in codes(holed) and "mask-holes" not in codes(whole)
    without = numbers(measure_masks(STUDY, masks, **PHASES, papillary="exclude"))
    muscle = 4 * 9 * PIXEL_MM**2 * STEP_MM / 1000
    assert numbers(whole)["edv_ml"] - without["edv_ml"] == pytest.approx(muscle, rel=0.05)


def test_pieces_apart_are_left_out_and_named():
    masks = drawn()
    masks[3, 2, 2:6, 2:6] = CAVITY
    found = measure_masks(STUDY, masks, **PHASES)
    assert numbers(found) == pytest.approx(numbers(measure_masks(STUDY, drawn(), **PHASES)))
    (note,) = (f.text for f in found.findings if f.code == "mask-pieces")
    assert "slice 3 frame 2" in note


def test_an_empty_phase_is_named_and_the_others_stay_right():
    masks = drawn()
    masks[:, 2] = 0
    found = measure_masks(STUDY, masks)
    assert numbers(found)["edv_ml"] == pytest.approx(volume(12), rel=5e-3)
    assert any("frame 2" in f.text for f in found.findings if f.code == "frames-without-lv")
    with pytest.raises(UsageError, match="no ventricle is drawn in frame 2, stated as ES"):
        measure_masks(STUDY, masks, ed=0, es=2)
    with pytest.raises(UsageError, match="empty"):
        measure_masks(STUDY, np.zeros_like(masks))


def test_masks_without_myocardium_give_no_mass():
    masks = np.where(drawn() == CAVITY, CAVITY, 0).astype(np.uint8)
    found = measure_masks(STUDY, masks, **PHASES)
    assert numbers(found)["edv_ml"] == pytest.approx(volume(12), rel=5e-3)
    assert "lv_mass_g" not in numbers(found) and "epicardium-missing" in codes(found)


def test_base_apex_and_phases_take_effect_without_a_net():
    found = measure_masks(STUDY, drawn(), base=(2, 3), apex=(4, 4), ed=0, es=4)
    assert numbers(found)["edv_ml"] == pytest.approx(volume(12, 3), rel=5e-3)
    assert numbers(found)["esv_ml"] == pytest.approx(volume(8, 2), rel=1e-2)
    moved = measure_masks(STUDY, drawn(), ed=1, es=3)
    assert (moved.ed_frame, moved.es_frame) == (1, 3)
    assert numbers(moved)["edv_ml"] == pytest.approx(volume(RADII[1]), rel=5e-3)
    beyond = measure_masks(STUDY, drawn(), base=(0, 1), **PHASES)
    assert "stated-slice-empty" in codes(beyond)
    assert numbers(beyond)["edv_ml"] == pytest.approx(volume(12), rel=5e-3)


# ---- a folder of results ----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def kept_results(tmp_path_factory, scan):
    """Results on the file's scan."""
    place = tmp_path_factory.mktemp("results")
    masks = nifti(xyzt(drawn()), place / "first.nii.gz")
    first = measure_masks(scan, masks, **PHASES, view="SAX", by="first")
    save(first, place / "out", AnalyzeOptions(movie="none"))
    return place / "out"


@pytest.fixture
def results(kept_results, tmp_path):
    """A copy of them, to be changed."""
    return shutil.copytree(kept_results, tmp_path / "out")


def written(folder) -> dict:
    return json.loads((folder / "measurements.json").read_text())


def headlines(found: dict) -> dict:
    return {k: v for k, v in found.items() if isinstance(v, int | float) and k != "schema"}


def test_results_are_measured_again_without_the_scan(results):
    again = numbers(measure_masks(results))
    for name, value in again.items():
        assert value == pytest.approx(written(results)[name], rel=1e-4), name


def test_the_reader_of_the_masks_stands_in_the_results(results, tmp_path):
    assert written(results)["masks"]["by"] == "first"
    run = json.loads((results / "run.json").read_text())
    assert run["masks"]["labels"] == "cavity=1,myocardium=2" and len(run["masks"]["sha256"]) == 64
    assert run["net"] == {} and "first" in (results / "report.html").read_text()


def test_a_slice_that_was_changed_in_a_viewer_is_measured_anew(results, scan, tmp_path):
    edited = nibabel.load(results / "segmentation.nii.gz")
    labels = np.asarray(edited.dataobj).copy()
    grown = DISTANCE.T < 15
    labels[:, :, 2, 0][grown] = CAVITY
    nibabel.save(nibabel.Nifti1Image(labels, edited.affine), results / "segmentation.nii.gz")
    found = measure_masks(results, by="second")
    expected = volume(12, 3) + volume(15, 1)
    assert numbers(found)["edv_ml"] == pytest.approx(expected, rel=5e-3)
    assert found.masks.changed == ((2, 0),) and found.masks.by == "second"
    assert "masks-changed" in codes(found)
    before = read_record(results).analysis.segmentation
    kept = sum(
        np.array_equal(c.points, before.endo[z][t].points)
        for z, row in enumerate(found.segmentation.endo) for t, c in enumerate(row) if c is not None
    )  # fmt: skip
    assert kept == 4 * FRAMES - 1
    with pytest.raises(UsageError, match="need the scan"):
        measure_masks(results, output=tmp_path / "new")
    measure_masks(results, scan=scan, output=tmp_path / "new", movie="none", view="SAX")
    assert written(tmp_path / "new")["edv_ml"] == pytest.approx(expected, rel=5e-3)
    assert "changed by the user" in (tmp_path / "new" / "report.html").read_text()
    # And the corrected results reproduce themselves.
    again = headlines(written(tmp_path / "new"))
    assert numbers(measure_masks(tmp_path / "new")) == pytest.approx(
        {k: again[k] for k in numbers(measure_masks(tmp_path / "new"))}, rel=1e-4
    )


@pytest.mark.parametrize("with_scan", [False, True])
def test_what_the_user_says_of_the_scan_counts_for_results_too(results, scan, with_scan):
    """A pixel of twice the side, a step of half the way, a beat half as long."""
    before = numbers(measure_masks(results))
    said = {"spacing": (2 * PIXEL_MM, 2 * PIXEL_MM), "slice_step": STEP_MM / 2}
    found = measure_masks(results, scan=scan if with_scan else None, **said)
    after = numbers(found)
    assert after["edv_ml"] == pytest.approx(2 * before["edv_ml"], rel=1e-3)
    assert after["ef_percent"] == pytest.approx(before["ef_percent"], rel=1e-3)
    assert after["ed_frame"] == before["ed_frame"] and "given-by-user" in codes(found)


def test_another_scan_is_refused(results):
    with pytest.raises(UsageError, match="of the results|for results"):
        measure_masks(results, scan=Study((cine(),), digest="0" * 64))


def test_masks_that_nobody_changed_are_measured_on_the_contours_beside_them(results, scan):
    found = measure_masks(scan, results / "segmentation.nii.gz", view="SAX", by="second")
    recorded = read_record(results).analysis.segmentation
    for z, t in np.ndindex(SLICES, FRAMES):
        mine, theirs = found.segmentation.endo[z][t], recorded.endo[z][t]
        assert (mine is None and theirs is None) or np.array_equal(mine.points, theirs.points)
    assert found.masks.by == "first" and "masks-unchanged" in codes(found)
    for name, value in numbers(found).items():
        assert value == pytest.approx(written(results)[name], rel=1e-4), name


def test_of_masks_that_were_changed_the_other_contours_stay(results, scan):
    edited = nibabel.load(results / "segmentation.nii.gz")
    labels = np.asarray(edited.dataobj).copy()
    labels[:, :, 2, 0][DISTANCE.T < 15] = CAVITY
    other = nifti(labels, results / "edited.nii.gz", edited.affine)
    found = measure_masks(scan, other, view="SAX", by="second")
    assert found.masks.changed == ((2, 0),) and found.masks.by == "second"
    assert numbers(found)["edv_ml"] == pytest.approx(volume(12, 3) + volume(15, 1), rel=5e-3)
    before = read_record(results).analysis.segmentation
    assert np.array_equal(found.segmentation.endo[3][0].points, before.endo[3][0].points)
    assert not np.array_equal(found.segmentation.endo[2][0].points, before.endo[2][0].points)


def test_contours_beside_masks_are_not_those_of_a_scan_read_otherwise(results, scan):
    wider = (1.1 * PIXEL_MM, PIXEL_MM)
    found = measure_masks(scan, results / "segmentation.nii.gz", view="SAX", spacing=wider, **PHASES)
    assert numbers(found)["edv_ml"] == pytest.approx(1.1 * volume(12), rel=5e-3)
    assert "masks-unchanged" not in codes(found)


def tied() -> np.ndarray:
    """Masks whose frames 0 and 1 hold as many pixels."""
    labels = drawn()
    labels[:, 1] = labels[:, 0]
    return labels


def test_unchanged_masks_alone_keep_the_frames_that_their_analysis_found(tmp_path, scan):
    found = {}
    for ed in (0, 1):
        first = replace(measure_masks(STUDY, tied(), **PHASES), ed_frame=ed, es_frame=4)
        path = tmp_path / f"{ed}.nii.gz"
        path.write_bytes(segmentation_nifti(first))
        found[ed] = measure_masks(scan, path, view="SAX")
        assert (found[ed].ed_frame, found[ed].es_frame, found[ed].stated) == (ed, 4, ())
    stated = measure_masks(scan, tmp_path / "1.nii.gz", view="SAX", ed=0)
    assert stated.ed_frame == 0
    sought = measure_masks(STUDY, tied()).ed_frame
    other = tmp_path / f"{1 - sought}.nii.gz"
    assert measure_masks(scan, other, view="SAX").ed_frame == 1 - sought
    # Changed by a pixel they are somebody's masks, and ED is the fullest frame again.
    image = nibabel.load(other)
    labels = np.asarray(image.dataobj).copy()
    labels[37, 37, 2, 6] = MYOCARDIUM
    nibabel.save(nibabel.Nifti1Image(labels, image.affine, image.header), other)
    assert nibabel.load(other).header["aux_file"].tobytes().startswith(b"ED")
    assert measure_masks(scan, other, view="SAX").ed_frame == sought


def test_papillary_muscles_of_results_can_be_counted_the_other_way(results, scan):
    mask = shutil.copy(results / "segmentation.nii.gz", results.parent / "alone.nii.gz")
    expected = numbers(measure_masks(scan, mask, **PHASES, view="SAX", papillary="exclude"))["edv_ml"]
    assert numbers(measure_masks(results, papillary="exclude"))["edv_ml"] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: text.replace('"schema":1', '"schema":99'),
        lambda text: text.replace('"axes":[', '"axes":[7,'),
        lambda text: text.replace('"endo":[[', '"endo":[[[1,2],'),
    ],
)
def test_a_damaged_record_is_one_error(results, damage):
    path = results / "contours.json"
    path.write_text(damage(path.read_text()))
    with pytest.raises(ReadError, match="contours.json"):
        measure_masks(results)


# ---- the stage that a page of corrections calls -----------------------------------------------------


def circle(radius_mm: float) -> Contour:
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    return Contour(MIDDLE + np.stack([np.sin(angle), np.cos(angle)], 1) * radius_mm / PIXEL_MM)


def test_a_contour_that_is_moved_moves_the_numbers_and_measures_nothing_else(monkeypatch):
    first = measure_masks(STUDY, drawn(), **PHASES)
    asked = []
    whole = regional.wall_thickness
    monkeypatch.setattr(regional, "wall_thickness", lambda *a: asked.append(1) or whole(*a))
    other = redrawn(first.segmentation, 2, 0, circle(13.0), circle(22.0))
    second = remeasure(first, segmentation=other)
    assert len(asked) == 1
    assert numbers(second)["edv_ml"] == pytest.approx(volume(12, 3) + volume(13, 1), rel=5e-3)
    back = remeasure(second, segmentation=first.segmentation)
    assert numbers(back) == numbers(first)


def test_a_wider_circle_grows_the_volume_as_its_formula():
    first = measure_masks(STUDY, drawn(), **PHASES)
    pair = []
    for grown in (0.0, 1.0):
        seg = first.segmentation
        for z in range(1, 5):
            seg = redrawn(seg, z, 0, circle(12 + grown), circle(22))
        pair.append(numbers(remeasure(first, segmentation=seg))["edv_ml"])
    assert pair[1] - pair[0] == pytest.approx(volume(13) - volume(12), rel=5e-3)


def test_an_interval_stays_with_a_number_that_did_not_change():
    first = measure_masks(STUDY, drawn(), **PHASES)
    known = (replace(m, low=m.value - 1, high=m.value + 1) for m in first.measurements if m.name == "edv_ml")
    first = replace(first, measurements=tuple(known))
    same = {m.name: m.low for m in remeasure(first).measurements if m.slice is None and m.segment is None}
    assert same["edv_ml"] is not None and same["esv_ml"] is None
    moved = remeasure(first, Decisions(ed=1))
    assert all(m.low is None for m in moved.measurements)


# ---- ultrasound -------------------------------------------------------------------------------------


def test_masks_of_a_clip_in_the_order_of_camus(tmp_path):
    """Half an ellipse turned about its axis: two thirds of the cylinder around it."""
    rows, columns = np.mgrid[:120, :100].astype(float)
    masks = np.zeros((1, 2, 120, 100), np.uint8)
    for t, (width, length) in enumerate(((22.0, 80.0), (16.0, 68.0))):
        base = 95.0

        def half(w: float, h: float, base: float = base) -> np.ndarray:
            up = base - rows
            return (up > 0) & (((columns - 50) / w) ** 2 + (up / h) ** 2 < 1)

        masks[0, t][half(width + 8, length + 8)] = 2
        masks[0, t][half(width, length)] = 1
        below = (rows - base > -0.5) & (((columns - 50) / width) ** 2 + ((rows - base) / 22) ** 2 < 1)
        masks[0, t][below] = 3
    pixels = np.where(masks == 1, 20, 120).astype(np.uint8)
    facts = {"gated": False, "phases_only": True, "view": View.A4C, "modality": "US"}
    clip = Cine(pixels, Geometry.stack(1, (1.0, 1.0), 1.0), **facts)
    found = measure_masks(Study((clip,)), masks, labels="camus")
    for name, width, length in (("edv_ml", 22.0, 80.0), ("esv_ml", 16.0, 68.0)):
        assert numbers(found)[name] == pytest.approx(2 / 3 * np.pi * width**2 * length / 1000, rel=0.03)
    assert (found.segmentation.mask.labels == 3).any() and "valve-not-seen" not in codes(found)
    with pytest.raises(UsageError, match="short-axis"):
        measure_masks(Study((clip,)), masks, labels="camus", base=(0, 0))
    # The atrium is half an ellipse too, of ES's width, 22 mm from its base to its roof.
    atrium = 2 / 3 * np.pi * 16.0**2 * 22.0 / 1000
    assert numbers(found)["la_volume_ml"] == pytest.approx(atrium, rel=0.05)
    tall = Study((clip,), Subject(height_m=1.7, weight_kg=70.0))
    save(measure_masks(tall, masks, labels="camus"), tmp_path / "out", AnalyzeOptions(movie="none"))
    first = headlines(written(tmp_path / "out"))
    mosteller = np.sqrt(1.7 * 70.0 / 36)
    assert first["la_volume_index_ml_m2"] == pytest.approx(first["la_volume_ml"] / mosteller, rel=1e-3)
    again = numbers(measure_masks(tmp_path / "out"))
    assert "la_volume_index_ml_m2" in again
    assert again == pytest.approx({n: first.get(n, v) for n, v in again.items()}, rel=1e-4)
    # In a view that does not show it whole it is not measured.
    across = replace(clip, view=View.A3C)
    assert "la_volume_ml" not in numbers(measure_masks(Study((across,)), masks, labels="camus"))


def test_contours_in_the_header_of_a_clips_masks_count_while_no_pixel_changes(tmp_path):
    """Contours that a raster cannot hold: a half ellipse whose masks are drawn from it."""
    turn = np.linspace(0, np.pi, 300)
    pixels = np.full((1, 2, 120, 100), 90, np.uint8)
    facts = {"gated": False, "phases_only": True, "view": View.A4C, "modality": "US"}
    clip = Cine(pixels, Geometry.stack(1, (1.0, 1.0), 1.0), **facts)
    sizes = ((22.3, 70.4), (16.2, 61.7))
    endo = tuple(Contour(np.stack([95.4 - h * np.sin(turn), 50.3 - w * np.cos(turn)], 1)) for w, h in sizes)
    epi = tuple(Contour((c.points - [95.4, 50.3]) * 1.3 + [95.4, 50.3]) for c in endo)
    labels = np.stack([labels_of(i, o, (120, 100)) for i, o in zip(endo, epi, strict=True)])[None]
    drawn = Segmentation(Mask(labels), (endo,), (epi,))
    hinges = tuple((c.points[0], c.points[-1]) for c in endo)
    first = replace(measure_masks(Study((clip,)), labels), segmentation=drawn, hinges=hinges, atrium=())
    path = tmp_path / "alone.nii.gz"
    path.write_bytes(segmentation_nifti(first))
    edv, esv = (2 / 3 * np.pi * w**2 * h / 1000 for w, h in sizes)

    found = measure_masks(Study((clip,)), path)
    assert numbers(found)["edv_ml"] == pytest.approx(edv, rel=3e-3)
    assert numbers(found)["esv_ml"] == pytest.approx(esv, rel=3e-3)
    assert np.allclose(found.segmentation.endo[0][0].points, endo[0].points, atol=1e-3)
    assert "masks-unchanged" in codes(found)

    # Changed by a pen they are somebody's masks, whatever the header holds.
    image = nibabel.load(path)
    edited = np.asarray(image.dataobj).copy()
    for t, frame in enumerate(edited[:, :, 0, :].transpose(2, 0, 1)):
        edited[:, :, 0, t][(distance_transform_edt(frame != CAVITY) <= 2) & (frame == MYOCARDIUM)] = CAVITY
    nibabel.save(nibabel.Nifti1Image(edited, image.affine, image.header), tmp_path / "edited.nii.gz")
    wider = measure_masks(Study((clip,)), tmp_path / "edited.nii.gz")
    assert numbers(wider)["edv_ml"] > 1.1 * edv and "masks-unchanged" not in codes(wider)

    # Contours of another heart under masks that are as they were written.
    liar = MaskContours(tuple(Contour(c.points + [0.0, 9.0]) for c in endo), (None, None), hinges)
    image.header.extensions.clear()
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(6, contours_text(liar)))
    nibabel.save(image, tmp_path / "liar.nii.gz")
    other = measure_masks(Study((clip,)), tmp_path / "liar.nii.gz")
    assert "masks-unchanged" not in codes(other)
    assert not np.allclose(other.segmentation.endo[0][0].points.mean(0), liar.endo[0].points.mean(0), atol=4)


# ---- velocity mapping -------------------------------------------------------------------------------


def test_masks_of_a_velocity_scan_give_its_velocities(tmp_path):
    """A ring that moves through the plane at 10 cm/s times a sine, whatever its masks."""
    frames = 16
    times = np.arange(frames) * 50.0
    speed = 10.0 * np.sin(2 * np.pi * np.arange(frames) / frames)
    masks = np.zeros((1, frames, SIZE, SIZE), np.uint8)
    masks[0, :, DISTANCE < 18] = MYOCARDIUM
    masks[0, :, DISTANCE < 10] = CAVITY
    encoded = np.zeros((3, *masks.shape), np.float32)
    encoded[2] = np.where(masks == MYOCARDIUM, speed[None, :, None, None], 0)
    geometry = Geometry.stack(1, (PIXEL_MM, PIXEL_MM), STEP_MM)
    channels = Velocity(encoded, (30.0, 30.0, 30.0), Velocity.along_picture(geometry))
    pixels = np.where(masks > 0, 500, 100).astype(np.uint16)
    mapped = Cine(pixels, geometry, times[None], np.array([frames * 50.0]), view=View.SAX, velocity=channels)
    found = measure_masks(Study((mapped,)), masks, ed=0, es=6)
    assert np.abs(found.velocity.whole_cm_s[0]).max() == pytest.approx(10.0, rel=0.02)
    save(found, tmp_path / "v", AnalyzeOptions(movie="none"))
    with pytest.raises(UsageError, match="velocities are not in the results"):
        measure_masks(tmp_path / "v")

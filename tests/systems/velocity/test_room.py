"""The velocity room: what the net sees turns with the heart, it learns, and finds the wall any way round."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lvcine.engine import load, load_all, read_card
from lvcine.engine.backends import ENGINES
from lvcine.errors import NotACineError, SplitError, UsageError, WeightsError
from lvcine.localise import Orientation, Window
from lvcine.localise.assemble import Prediction
from lvcine.papers.velocity.cohort import SLICES, SUBJECTS, TWICE, exams
from lvcine.papers.velocity.score import overlap_of
from lvcine.papers.velocity.speed import true_masks
from lvcine.phantom.velocity import virtual_velocity
from lvcine.systems.velocity import infer
from lvcine.systems.velocity.infer import passes, segment_velocity
from lvcine.systems.velocity.prepare import as_input, augment, fitting, turned, undo_augment
from lvcine.systems.velocity.recipe import EAR, NEAR, RECIPES, TINY
from lvcine.systems.velocity.train import data as pool
from lvcine.systems.velocity.train.data import LabelledSlice, fill_pool, load_pool, slices_of
from lvcine.systems.velocity.train.fitting import fit, wall_found
from lvcine.systems.velocity.train.losses import SMOOTH, loss_of
from lvcine.systems.velocity.train.net import Conv3x3x3, EarNet
from lvcine.systems.velocity.train.sample import Sampler, hearts_of, moved, quarter_turned
from lvcine.systems.velocity.train.task import PARTS, file_of, ship, shipped_net
from lvcine.training.export import export_graph


def contracting(size=16, frames=4, shift=0.0, subject="ring"):
    """A ring of wall whose velocity points to its middle, (T, Y, X) and (3, T, Y, X)."""
    line = np.arange(size) - (size - 1) / 2.0
    y, x = np.meshgrid(line, line - shift, indexing="ij")
    r = np.hypot(x, y)
    labels = np.where(r < size / 6, 1, np.where(r < size / 3.2, 2, 0)).astype(np.uint8)
    wall = labels == 2
    velocity = np.stack([-x / np.maximum(r, 1e-6), -y / np.maximum(r, 1e-6), np.ones_like(r)]) * wall
    magnitude = np.where(wall, 200, 20).astype(np.uint8)
    repeat = lambda a: np.repeat(a[..., None, :, :], frames, -3)  # noqa: E731
    stored = np.rint(repeat(velocity) * 60).astype(np.int8)
    return LabelledSlice(subject, repeat(magnitude), stored, repeat(labels), np.array([20.0, 20.0, 20.0]))


def big_ring():
    return contracting(112, 12)


def inwards(x, labels):
    """Mean of the in-plane velocity towards the ring's middle, over the wall; x (T, 4, Y, X)."""
    wall = (labels == 2).numpy()
    t, rows, columns = np.nonzero(wall)
    dy, dx = rows - rows.mean(), columns - columns.mean()
    r = np.maximum(np.hypot(dy, dx), 1e-6)
    vx, vy = x[:, 1].numpy()[t, rows, columns], x[:, 2].numpy()[t, rows, columns]
    return float(np.mean(-(vx * dx + vy * dy) / r))


def test_whatever_way_a_picture_is_turned_a_contracting_ring_contracts():
    one = contracting(24)
    x = torch.from_numpy(as_input(one.magnitude, one.velocity_cm_s))
    labels = torch.from_numpy(one.labels.astype(np.int64))
    straight = inwards(x, labels)
    assert straight > 0.3
    for quarters in range(4):
        assert inwards(*quarter_turned(x, labels, quarters)) == pytest.approx(straight, rel=1e-3)
    for angle, mirror in ((0.7, 1.0), (-2.0, -1.0), (3.1, 1.0)):
        seen, drawn = moved(x, labels, angle, 1.1, mirror, torch.tensor([1.0, -1.0]), 24)
        assert inwards(seen, drawn) == pytest.approx(straight, rel=0.1)
        assert float(seen[:, 3][drawn == 2].mean()) == pytest.approx(mirror * float(x[:, 3].max()), rel=0.05)


@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("flip_y", [False, True])
@pytest.mark.parametrize("flip_x", [False, True])
def test_velocities_turn_with_a_stack(transpose, flip_y, flip_x):
    one = contracting(24)
    turn = Orientation(transpose, flip_y, flip_x, False)
    v = turned(turn, one.velocity_cm_s[:, None])[:, 0]
    labels = torch.from_numpy(np.ascontiguousarray(turn.apply(one.labels[None])[0]).astype(np.int64))
    x = torch.from_numpy(as_input(np.zeros_like(one.magnitude), v))
    assert inwards(x, labels) > 0.3
    mirrored = transpose ^ flip_y ^ flip_x
    assert float(x[:, 3][labels == 2].mean()) * (-1 if mirrored else 1) > 0


def test_three_frames_rows_and_columns_are_one_3d_convolution():
    torch.manual_seed(0)
    conv = Conv3x3x3(2, 3)
    x = torch.randn(2 * 5, 2, 6, 6)
    kernel = conv.weight.reshape(3, 3, 2, 3, 3).transpose(1, 2)  # (out, in, frame, row, column)
    clip = x.reshape(2, 5, 2, 6, 6).transpose(1, 2)
    round_the_cycle = torch.cat([clip[:, :, -1:], clip, clip[:, :, :1]], 2)
    same = torch.nn.functional.conv3d(round_the_cycle, kernel, padding=(0, 1, 1))
    assert torch.allclose(conv(x, 2).reshape(2, 5, 3, 6, 6).transpose(1, 2), same, atol=1e-5)


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("memory", [False, True])
def test_a_cycle_that_begins_elsewhere_is_answered_alike(attention, memory):
    torch.manual_seed(0)
    net = EarNet(replace(TINY, attention=attention, memory=memory)).eval()
    x = torch.randn(1, 6, 4, 16, 16)
    with torch.no_grad():
        here, later = net(x), net(torch.roll(x, 2, 1))
    # An LSTM has forgotten its first round all but for a trace.
    assert torch.allclose(torch.roll(here, 2, 1), later, atol=2e-3 if memory else 1e-5)


def test_each_part_can_be_switched_off():
    sizes = {
        (a, m): sum(p.numel() for p in EarNet(replace(EAR, attention=a, memory=m)).parameters())
        for a in (False, True)
        for m in (False, True)
    }
    assert sizes[False, False] < sizes[True, False] < sizes[True, True]
    assert EarNet(replace(TINY, phase=False))(torch.zeros(1, 4, 4, 16, 16)).shape == (1, 4, 4, 16, 16)


def test_losses_are_those_of_the_paper():
    labels = torch.zeros(1, 1, 2, 2).long()
    labels[0, 0, 0] = 1
    likely = torch.tensor([[0.9, 0.9], [0.2, 0.2]])  # of class 1
    logits = torch.stack([torch.log(1 - likely), torch.log(likely)])[None, None]
    both, found, there = 1.8, 2.2, 2.0
    dice = 1 - (2 * both + SMOOTH) / (found + there + SMOOTH)
    iou = 1 - (both + SMOOTH) / (found + there - both + SMOOTH)
    entropy = -(2 * np.log(0.9) + 2 * np.log(0.8)) / 4
    assert float(loss_of("dice", logits, labels)) == pytest.approx(dice, abs=1e-5)
    assert float(loss_of("dice-iou", logits, labels)) == pytest.approx(dice * iou, abs=1e-5)
    assert float(loss_of("cross-entropy", logits, labels)) == pytest.approx(entropy, abs=1e-5)
    assert float(loss_of("both", logits, labels)) == pytest.approx(entropy + dice * iou, abs=1e-5)
    with pytest.raises(UsageError):
        loss_of("hinge", logits, labels)


def test_the_tiny_net_learns_rings_that_it_has_not_seen(tmp_path):
    rings = [contracting(16, 4, shift, f"ring{k}") for k, shift in enumerate(np.linspace(-3, 3, 9))]
    net = fit(TINY, rings[::2], tmp_path / "run", steps=120, choosing=rings[1:2], varied=False)
    assert overlap_of(wall_found(net, rings[3], postprocessed=False), rings[3].labels == 2).dice > 0.8


def test_nobody_stands_on_two_sides(tmp_path):
    one = contracting()
    with pytest.raises(SplitError):
        fit(TINY, [one], tmp_path / "run", steps=1, choosing=[one])


def test_batches_are_varied_and_keep_labels():
    sampler = Sampler([contracting(16, 8)], TINY, torch.Generator().manual_seed(0))
    x, y = sampler.batch()
    assert x.shape == (2, 4, 4, 16, 16) and y.shape == (2, 4, 16, 16)
    assert set(y.unique().tolist()) <= {0, 1, 2, 3} and torch.isfinite(x).all()
    assert not torch.equal(x, sampler.batch()[0])


def test_the_pool_keeps_what_the_scanner_gave(tmp_path):
    study, _ = virtual_velocity(3, slices=2, frames=3, size=32, spacing_mm=5.0)
    one = slices_of(study, "s")[1]
    off = np.abs(one.velocity_cm_s - study.velocity_cm_s[:, 1])
    assert (off <= np.array(study.venc_cm_s).reshape(3, 1, 1, 1) / 127).all()
    assert ((one.labels == 3) == study.rv[1]).all() and ((one.labels == 2) == (study.labels[1] == 2)).all()
    fill_pool(tmp_path, [0], "choosing")
    assert len(load_pool(tmp_path, "choosing")) == 3 and not load_pool(tmp_path)


def test_a_pool_may_be_of_one_kind_of_heart(tmp_path, monkeypatch):
    asked = []

    def small(seed, **how):
        asked.append(how["kind"])
        return virtual_velocity(seed, **{**how, "slices": 1, "frames": 2, "size": 32})

    monkeypatch.setattr(pool, "virtual_velocity", small)
    fill_pool(tmp_path, [0])
    fill_pool(tmp_path, [0, 1], kind="dilated")
    assert asked == [None, "dilated"]  # what is there is not drawn again


def test_the_cohort_is_that_of_the_paper_and_a_second_visit_is_another_scan_of_the_same_heart():
    cohort = exams("reporting", SUBJECTS, TWICE, SLICES)
    twice = [e for e in cohort if e.number == 0]
    assert len(twice) == 2 and twice[0].subject == twice[1].subject
    first, again = (replace(e, slices=1).scanned(2, 32, 5.0)[0] for e in twice)
    assert not np.array_equal(first.magnitude, again.magnitude)
    sizes = [float((s.labels == 2).sum()) for s in (first, again)]
    assert sizes[1] == pytest.approx(sizes[0], rel=0.35)


def test_passes_hold_every_frame_once():
    for frames in (2, 11, 18, 25, 50, 90):
        assert sorted(sum(passes(frames), [])) == list(range(frames))


def test_the_window_of_use_is_that_of_training():
    assert (infer.REACH, infer.SIZE, infer.AT_ONCE) == (NEAR.reach, NEAR.size, NEAR.frames)
    assert (infer.FOUND_MM, infer.FOUND_SIZE) == (EAR.spacing_mm, EAR.size)
    one = contracting(40, 2, shift=5.0)
    heart = hearts_of([one])["ring"]
    assert heart == pytest.approx((19.5, 24.5, 40 / 3.2), abs=0.3)
    window = fitting(heart, 1.6, 32)
    away = torch.tensor([heart[0] - 19.5, heart[1] - 19.5])
    x = torch.from_numpy(as_input(one.magnitude, one.velocity_cm_s))
    labels = torch.from_numpy(one.labels.astype(np.int64))
    seen, drawn = moved(x, labels, 0.0, window.step[0], 1.0, away, 32)
    assert (drawn.numpy() == window.resample_nearest(one.labels)).mean() > 0.99
    assert np.allclose(seen[:, 0].numpy(), window.resample(x[:, 0].numpy()), atol=1e-3)
    across = np.sqrt((drawn[0].numpy() > 0).sum() / np.pi)
    assert across == pytest.approx(32 / 2 / 1.6, rel=0.04)


def test_hearts_of_a_subject_are_one_as_wide_as_its_widest_slice():
    wide, narrow = contracting(40, 2, -2.0), contracting(40, 2, 4.0)
    narrow = replace(narrow, labels=narrow.labels * (np.indices((40, 40))[0] > 19))
    y, x, radius = hearts_of([narrow, wide])["ring"]
    assert radius == hearts_of([wide])["ring"][2] and 17.5 < x < 23.5 and y > 19.5
    assert hearts_of([replace(wide, labels=0 * wide.labels)]) == {}


def test_in_use_the_window_fits_the_heart_that_was_seen():
    size, frames = 64, 3
    rows, columns = np.indices((size, size))
    r = np.hypot(rows - 30.0, columns - 36.0)
    likelihood = np.zeros((2, frames, 4, size, size), np.float32)
    likelihood[:, :, 1], likelihood[:, :, 2] = r < 10, (r >= 10) & (r < 16)
    likelihood[1, :, 2] = (r >= 10) & (r < 12)  # the widest slice counts
    first = Window((100.0, 80.0), (size, size), (2.0, 1.0))
    prediction = Prediction(
        first, Orientation(False, False, False, False), (200, 200), 1.4, True, likelihood, None
    )
    window = infer._fitting(prediction)
    assert window.centre == pytest.approx((100 + 2 * (30 - 31.5), 80 + 36 - 31.5), abs=0.2)
    assert window.step == pytest.approx((2 * 2 * 1.35 * 16 / 80, 2 * 1.35 * 16 / 80), rel=0.02)
    assert not infer._misfit(window, window)
    assert infer._misfit(window, replace(window, step=(window.step[0] * 1.4, window.step[1] * 1.4)))
    aside = window.centre[0], window.centre[1] + 0.3 * 16
    assert infer._misfit(window, replace(window, centre=aside))
    nothing = infer._fitting(replace(prediction, likelihood=0 * likelihood))
    assert nothing.step[1] == pytest.approx(2 * infer.REACH * infer.RADIUS_MM / 1.4 / 80)


def test_shipping_one_net_leaves_the_other_alone(tmp_path):
    runs = {}
    for part, name in PARTS.items():
        fit(RECIPES[name], [big_ring()], tmp_path / part, steps=1, varied=False)
        runs[part] = [tmp_path / part]
    weights = tmp_path / "weights"
    with pytest.raises(WeightsError, match="no net to find"):
        ship({"draw": runs["draw"]}, 1, weights)
    before = read_card("velocity", ship(runs, 1, weights).parent)
    after = read_card("velocity", ship({"draw": runs["draw"] * 2}, 5, weights).parent)
    assert after.sha256[file_of("find")] == before.sha256[file_of("find")]
    assert after.training["find"] == before.training["find"]
    assert after.training["draw"]["steps"] == [1, 1] and after.training["draw"]["hearts"] == 5
    assert after.training["draw"]["filters"] == [list(NEAR.filters)] * 2
    assert [net.file for net in load_all("velocity", folder=weights)] == list(after.sha256)


def test_a_pixel_that_may_be_wall_or_not_is_left_out(monkeypatch):
    study, _ = virtual_velocity(3, slices=1, frames=8, size=64, spacing_mm=2.5, kind="normal")
    drawn = {}
    for logit_margin in (0.0, infer.LOGIT_MARGIN):
        monkeypatch.setattr(infer, "LOGIT_MARGIN", logit_margin)
        drawn[logit_margin] = segment_velocity(study.cine).segmentation.mask.labels
    even, surer = (labels == 2 for labels in drawn.values())
    assert infer.LOGIT_MARGIN > 0
    assert not (surer & ~even).any() and surer.sum() < 0.98 * even.sum()
    assert overlap_of(surer, study.labels == 2).ppv > overlap_of(even, study.labels == 2).ppv


def test_a_cine_without_velocities_is_refused():
    study, _ = virtual_velocity(3, slices=1, frames=8, size=32, spacing_mm=5.0)
    with pytest.raises(NotACineError):
        segment_velocity(replace(study.cine, velocity=None))


def test_true_masks_say_where_the_septum_lies():
    study, _ = virtual_velocity(3, slices=1, frames=2, size=64, spacing_mm=2.5)
    towards = true_masks(study).rv_direction
    rows, columns = np.nonzero(study.rv[0, 0])
    lv = np.argwhere(study.labels[0, 0] > 0).mean(0)
    way = np.array([rows.mean(), columns.mean()]) - lv
    assert towards[0] @ way / np.hypot(*way) > 0.8


def test_the_shipped_graph_is_the_net_at_any_size_and_number_of_frames(tmp_path):
    torch.manual_seed(0)
    net = EarNet(TINY).eval()
    axes = {1: "frame", 3: "row", 4: "column"}
    file = tmp_path / "net.onnx"
    export_graph(net, {"pictures": torch.zeros(1, 4, 4, 16, 16)}, ["logits"], file,
                 {"pictures": axes, "logits": axes})  # fmt: skip
    session = ENGINES["onnxruntime"](file.read_bytes(), 1)
    for frames, rows, columns in ((4, 16, 16), (7, 16, 16), (5, 16, 16)):
        x = torch.randn(1, frames, 4, rows, columns)
        with torch.no_grad():
            expected = net(x).numpy()
        found = session.run({"pictures": x.numpy()})["logits"]
        assert np.allclose(found, expected, atol=0.02)
    assert session.run({"pictures": np.zeros((1, 3, 4, 24, 32), np.float32)})["logits"].shape[-2:] == (24, 32)


def test_another_look_keeps_what_moves_inwards_and_is_undone():
    one = contracting(24, shift=2.0)
    x = as_input(one.magnitude, one.velocity_cm_s)
    straight = inwards(torch.from_numpy(x), torch.from_numpy(one.labels.astype(np.int64)))
    for quarters in range(4):
        for mirrored in (False, True):
            prediction = augment(x, quarters, mirrored)
            drawn = augment(np.repeat(one.labels[:, None], 4, 1).astype(np.float32), quarters, mirrored)
            there = torch.from_numpy(np.abs(drawn[:, 0]).astype(np.int64))
            assert inwards(torch.from_numpy(prediction), there) == pytest.approx(straight, rel=1e-3)
            assert (undo_augment(prediction[:, :1], quarters, mirrored) == x[:, :1]).all()


@pytest.mark.parametrize("part", sorted(PARTS))
def test_training_can_go_on_from_what_is_shipped(part):
    net = shipped_net(RECIPES[PARTS[part]])
    study, _ = virtual_velocity(3, slices=1, frames=4, size=64, spacing_mm=1.4)
    x = as_input(study.magnitude[0], study.velocity_cm_s[:, 0])[None]
    with torch.no_grad():
        found = net(torch.from_numpy(x)).numpy()
    assert np.allclose(found, load("velocity", file=file_of(part))({"pictures": x})["logits"], atol=0.05)


def test_a_net_without_the_recipes_parameters_is_refused():
    with pytest.raises(WeightsError):
        shipped_net(replace(EAR, filters=(8, 16, 32, 64, 64)))

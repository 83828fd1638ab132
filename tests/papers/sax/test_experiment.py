"""The parts of the table: pigs, clips, scores, and the table itself."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from lvcine.errors import ReadError, UsageError
from lvcine.papers.experiment import Cohort, Trial, run
from lvcine.papers.sax.circular import PAPER_TINY
from lvcine.papers.sax.clips import Clip, ClipSampler, Scan, around_lv
from lvcine.papers.sax.cohort import subjects_in
from lvcine.papers.sax.experiment import (
    EXPERIMENT,
    OURS,
    PRESETS,
    ROWS,
    Effort,
    clips_of,
    predict,
    rows,
    train,
)
from lvcine.papers.sax.pigs import infarcted
from lvcine.papers.sax.score import ring_score
from lvcine.papers.sax.table import Scored, table


def disc(radius: float, middle: tuple[float, float] = (32.0, 32.0), size: int = 64) -> np.ndarray:
    y, x = np.indices((size, size))
    return np.hypot(y - middle[0], x - middle[1]) < radius


def ring(endo: float, epi: float) -> np.ndarray:
    return np.where(disc(endo), 1, np.where(disc(epi), 2, 0)).astype(np.uint8)


def test_an_infarct_thins_late_and_leaves_the_rest_of_the_heart():
    from lvcine.phantom.population import draw_heart

    rng = np.random.default_rng(4)
    before, early, late = infarcted(draw_heart(rng, "pig"), rng)
    assert before.scars[0].akinesia == 0 and before.scars[0].thinning == 0
    assert early.scars[0].akinesia >= 0.7 and early.scars[0].patch == late.scars[0].patch
    assert late.scars[0].thinning > early.scars[0].thinning
    assert before.length_mm == late.length_mm


def test_scores_of_a_wall_drawn_too_far_out():
    score = ring_score(ring(10, 16), ring(10, 20), 1.5)
    wall = disc(16) & ~disc(10), disc(20) & ~disc(10)
    assert score.dice == pytest.approx(2 * wall[0].sum() / (wall[0].sum() + wall[1].sum()))
    assert score.hausdorff_mm == pytest.approx(6.0, abs=1.0)
    assert score.average_mm == pytest.approx(3.0, abs=0.4)  # endo 0, epi 6 mm


def test_a_lost_ring_has_dice_0_and_no_distance():
    score = ring_score(np.zeros((64, 64), np.uint8), ring(10, 16), 1.0)
    assert score.dice == 0 and np.isnan(score.hausdorff_mm) and np.isnan(score.average_mm)


def test_what_lies_outside_of_the_cut_counts_as_missed():
    assert ring_score(ring(10, 16), ring(10, 16), 1.0, lost=100).dice < 1


def test_clips_hold_the_ring_in_their_middle():
    truth = np.zeros((2, 4, 150, 150), np.uint8)
    truth[:, :, 20:84, 42:106] = np.stack([ring(22 - t, 29) for t in (0, 5, 8, 4)])
    pixels = np.choose(truth, [90, 200, 40]).astype(np.uint8)
    clips = list(around_lv(Scan("a~0", pixels, truth), replace(PAPER_TINY, size=64)))
    assert len(clips) == 2 and clips[0].pixels.shape == (4, 80, 80) and clips[0].lost == 0
    ys, xs = np.nonzero(clips[1].labels[0])
    assert abs(ys.mean() - 40) < 5 and abs(xs.mean() - 40) < 5


def test_what_does_not_fit_is_counted():
    truth = np.zeros((1, 4, 150, 150), np.uint8)
    truth[:, :, 20:84, 42:106] = np.stack([ring(22 - t, 29) for t in (0, 5, 8, 4)])
    pixels = np.choose(truth, [90, 200, 40]).astype(np.uint8)
    clip = next(around_lv(Scan("a~0", pixels, truth), replace(PAPER_TINY, size=32), margin=4))
    assert clip.lost == (truth > 0).sum() - (clip.labels > 0).sum() > 0


def test_batches_keep_picture_and_labels_together_whatever_the_turn():
    labels = np.zeros((3, 48, 48), np.uint8)
    labels[:, 20:30, 22:34], labels[:, 23:26, 30:33] = 2, 1
    clip = Clip("a~0-0", (labels * 100).astype(np.uint8), labels, 0)
    x, y, _ = ClipSampler([clip], PAPER_TINY, 0, count=8, frames=3)(0)
    assert x.shape == (24, 1, 32, 32) and y.shape == (24, 32, 32)
    for image, label in zip(x[:, 0].numpy(), y.numpy(), strict=True):
        means = [float(image[label == k].mean()) for k in range(3)]
        assert means[0] < means[1] < means[2]


def frames(row: str, subject: str, values: list[tuple[float, float, float]]) -> list[Scored]:
    return [Scored(row, subject, f"{subject} 0", t, *v) for t, v in enumerate(values)]


def test_the_table_says_means_failures_and_gains():
    nan = float("nan")
    scored = [
        *frames("cnn", "a", [(0.8, 8, 2), (0.0, nan, nan)]), *frames("cnn", "b", [(0.9, 4, 1)]),
        *frames("multi-level", "a", [(0.9, 6, 1), (0.7, 5, 5)]), *frames("multi-level", "b", [(0.9, 3, 1)]),
    ]  # fmt: skip
    text = table(scored, "cpu", "short", "two")
    cnn, multi = (
        next(line for line in text.splitlines() if line.startswith(f"| {r} |"))
        for r in ("cnn", "multi-level")
    )
    assert (
        cnn.split("|")[2:4] == [" 3 ", " 1 "]
        and "0.567 (" in cnn
        and "6.000 (" in cnn
        and "6.784 (4.544)" in cnn
    )
    assert multi.split("|")[3] == " 0 "
    # Frames that both have: 8 + 4 = 12 mm against 6 + 3 = 9 mm, and 3 against 2.
    assert "| multi-level | 25.0 [25.0, 25.0] | 33.3 [" in text


def test_own_scans_are_at_least_of_two_subjects(tmp_path):
    with pytest.raises(ReadError, match="at least 2"):
        list(subjects_in(tmp_path))
    with pytest.raises(UsageError, match="no such folder"):
        list(subjects_in(tmp_path / "none"))


def beating(name: str, seed: int) -> Scan:
    rng = np.random.default_rng(seed)
    truth = np.zeros((2, 5, 110, 110), np.uint8)
    truth[:, :, 20:84, 30:94] = np.stack([ring(13 - t, 19) for t in (0, 3, 5, 4, 2)])
    pixels = np.choose(truth, [90, 200, 40]) + rng.normal(0, 4, truth.shape)
    return Scan(name, np.clip(pixels, 0, 255).astype(np.uint8), truth)


def test_the_table_of_two_rings_and_once_more_from_what_is_kept(tmp_path, monkeypatch):
    herd = Cohort("two rings", clips_of(PRESETS["tiny"], [beating("a~0", 1), beating("b~0", 2)]))
    experiment = replace(EXPERIMENT, cohort=lambda preset, folder, data: herd)
    text = run(experiment, tmp_path, preset="tiny").read_text()
    for row in (*ROWS, OURS):
        line = next(line for line in text.splitlines() if line.startswith(f"| {row} | 20 |"))
        dice = float(line.split("|")[4].split("(")[0])
        # A wall of 6 mm at every place of a still picture is far from what chance gives.
        assert dice > 0.3, row
    assert (tmp_path / "figure.png").stat().st_size > 5000
    assert len((tmp_path / "scores.csv").read_text().splitlines()) == 1 + 4 * 2 * 2 * 5
    monkeypatch.setattr(ClipSampler, "__call__", lambda *a: pytest.fail("trained again"))
    assert run(experiment, tmp_path, preset="tiny").read_text() == text


def test_members_are_nets_of_their_own_and_averaged():
    preset = replace(PRESETS["tiny"], members=2)
    assert rows(preset)[0] == "cnn 0" and rows(preset)[-1] == f"{OURS} 1" and len(rows(preset)) == 8

    class Says(nn.Module):
        def __init__(self, logits):
            super().__init__()
            self.logits = torch.tensor(logits)

        def forward(self, x, clips):
            return self.logits[None, :, None, None].expand(len(x), -1, *x.shape[2:])

    (clip, *_) = clips_of(preset, [beating("a~0", 1)])
    nets = {
        "cnn 0": Says([0.0, 2.0, 1.9]),
        "cnn 1": Says([0.0, -2.0, 1.9]),
        f"{OURS} 0": Says([0.0, 2.0, 1.9]),
    }
    found = predict(preset, nets, clip)
    assert (found["cnn"] == 2).all() and (found[OURS] == 1).all()


def test_nets_with_memory_leave_the_features_of_the_cnn_as_they_are(tmp_path):
    preset = replace(PRESETS["tiny"], fold=(Effort(2, 1e-2, 2, 2), Effort(2, 1e-2, 2, 2)))
    clips = clips_of(preset, [beating("a~0", 1)])
    cnn = train(Trial(preset, "cnn 0", clips, tmp_path / "cnn", None, {}, False))
    multi = train(Trial(preset, "multi-level 0", clips, tmp_path / "multi", None, {"cnn 0": cnn}, False))
    pairs = zip(cnn.features.state_dict().values(), multi.features.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(cnn.logits.weight, multi.logits.weight)


def test_own_scans_are_read_and_brought_to_the_papers_grid(tmp_path):
    import nibabel

    scan = beating("a~0", 1)
    for subject in ("p1", "p2"):
        (tmp_path / subject).mkdir()
        for name, array in (("scan", scan.pixels), ("scan_gt", scan.labels)):
            # (Z, T, Y, X) -> NIfTI's (X, Y, Z, T), pixels of 2 mm.
            image = nibabel.Nifti1Image(array.transpose(3, 2, 0, 1), np.diag([-2.0, -2.0, 8.0, 1.0]))
            image.header.set_xyzt_units("mm", "sec")
            nibabel.save(image, tmp_path / subject / f"{name}.nii.gz")
    read = list(subjects_in(tmp_path))
    assert [r.name for r in read] == ["p1~0", "p2~1"]
    assert read[0].pixels.shape == (2, 5, 220, 220)
    for label in (1, 2):
        assert (read[0].labels == label).sum() == pytest.approx(4 * (scan.labels == label).sum(), rel=0.03)

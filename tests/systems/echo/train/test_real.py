"""Traced data become items; what was not traced counts for nothing."""

import numpy as np
import pytest
import torch

from lvcine.systems.echo.recipe import TINY, Loss
from lvcine.systems.echo.train.data import LV_ONLY, SIZE, UNTRACED
from lvcine.systems.echo.train.losses import segmentation_loss
from lvcine.systems.echo.train.real import real_clips
from lvcine.systems.echo.train.sample import Sampler
from lvcine.training.items import write_items

from ....evaluate.test_echo import camus_folder, echonet_folder  # noqa: F401


def test_a_camus_patient_becomes_two_clips_and_one_kept_for_reporting_none(camus_folder, tmp_path):  # noqa: F811
    clips = {clip.name: clip for clip in real_clips(camus_folder)}
    assert set(clips) == {"patient0007~A4C", "patient0007~A2C"}
    clip = clips["patient0007~A4C"]
    pixels, labels = clip.pixels, clip.labels
    assert pixels.shape == labels.shape == (2, SIZE, SIZE) and set(np.unique(labels)) == {0, 1, 2, 3}
    # Grey was 60 times the label and speckle of 0 to 40: the picture and its labels went the same way.
    inner = (labels == 1) & (np.roll(labels, 4, 1) == 1) & (np.roll(labels, -4, 2) == 1)
    assert np.median(pixels[inner]) == pytest.approx(80, abs=8)
    assert not write_items(tmp_path / "pool", real_clips(camus_folder), ["patient0007"])
    assert not list((tmp_path / "pool").iterdir())


def test_an_echonet_video_is_labelled_in_two_frames(echonet_folder):  # noqa: F811
    listed = echonet_folder / "FileList.csv"
    listed.write_text(listed.read_text().replace("TEST", "TRAIN").replace("0XB,61.0", "0XC,61.0"))
    (clip,) = real_clips(echonet_folder)
    assert clip.name == "0XA~A4C"
    assert [t for t in range(12) if (clip.labels[t] != UNTRACED).any()] == [0, 6]
    sampler = Sampler([clip], TINY, 0)
    sampler.shape = (3, 12)
    y = sampler(0).labels
    assert {-1, LV_ONLY, LV_ONLY + 1} <= set(y.unique().tolist()) and 255 not in y


def test_where_the_ventricle_alone_is_known_the_others_may_be_anything():
    labels = torch.full((1, 1, 8, 8), LV_ONLY)
    labels[..., 2:6, 2:6] = LV_ONLY + 1
    right = torch.zeros(1, 1, 4, 8, 8)
    right[:, :, 1] = torch.where(labels == LV_ONLY + 1, 9.0, -9.0)
    other = right.clone()
    other[:, :, 3] += torch.where(labels == LV_ONLY, 5.0, 0.0)  # atrium instead of background
    wrong = right.clone()
    wrong[:, :, 1] = -right[:, :, 1]
    losses = [float(segmentation_loss(x, labels, Loss(temporal=0.0))) for x in (right, other, wrong)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3) and losses[0] < 0.02 < 1 < losses[2]

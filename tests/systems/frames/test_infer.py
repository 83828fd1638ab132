"""The shipped graphs: the trained net's answers, cycles that may start anywhere, clips of many beats."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lvcine.engine import Runtime, read_card
from lvcine.errors import NotACineError
from lvcine.study import Cine, Geometry
from lvcine.systems.frames.infer import find_frames
from lvcine.systems.frames.prepare import as_input, heart_window
from lvcine.systems.frames.recipe import TINY
from lvcine.systems.frames.target import target_curve, target_of_clip
from lvcine.systems.frames.train.data import LabelledClip
from lvcine.systems.frames.train.net import TempRegNet
from lvcine.systems.frames.train.task import TASK
from lvcine.training.fit import learn
from lvcine.training.items import write_item
from lvcine.training.loop import load_mean
from lvcine.training.ship import ship


def beating(curve: np.ndarray, size: int) -> np.ndarray:
    y, x = np.indices((size, size)) - size / 2
    radius = (4.5 + 3.5 * np.nan_to_num(curve, nan=0.5)) * size / 48
    return np.where(np.hypot(y, x)[None] < radius[:, None, None], 200, 40).astype(np.uint8)


EDS, ESS = np.array([3.0, 23.0, 43.0]), np.array([11.0, 31.0, 51.0])


def free(size: int) -> np.ndarray:
    return beating(target_of_clip(np.arange(60, dtype=float), EDS, ESS), size)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    home = tmp_path_factory.mktemp("frames")
    rng = np.random.default_rng(2)
    (home / "pool").mkdir()
    for number in range(12):
        frames = int(rng.integers(12, 25))
        ed, systole = float(rng.integers(frames)), round(float(rng.uniform(0.3, 0.5)) * frames)
        curve = target_curve(frames, ed, (ed + systole) % frames)
        pixels = as_input(beating(curve, 48), heart_window(beating(curve, 48), 24))
        grey = np.clip(pixels * 200, 0, 255).astype(np.uint8)
        subject = "SC-HF-I-04" if number == 11 else f"training-{number:06d}"
        clip = LabelledClip(
            f"{subject}~SAX3", grey, True, np.array([ed]), np.array([(ed + systole) % frames])
        )
        write_item(home / "pool", clip)
    learn(TASK, "tiny", home / "pool", home / "run")
    ship(TASK, {"": home / "run"}, home / "weights")
    return home


def gated(shift: int = 0, slices: int = 3) -> Cine:
    pixels = np.roll(beating(target_curve(20, 4, 11), 96), shift, 0)
    return Cine(np.stack([pixels] * slices), Geometry.stack(slices, (1.4, 1.4), 8.0))


def test_the_shipped_graphs_answer_as_the_trained_net(folder):
    net = load_mean(folder / "run", TempRegNet(TINY))
    cine = gated()
    x = as_input(cine.pixels[0], heart_window(cine.pixels[0], 24))
    with torch.no_grad():
        wanted = net(torch.from_numpy(x)[None], closed=True)[0].numpy()
    found = find_frames(cine, Runtime(weights=folder / "weights"))
    np.testing.assert_allclose(found.slice_curves[0], wanted, atol=2e-2)
    assert found.slices == (1,) or len(found.slices) <= 3


def test_the_card_names_the_real_subjects_that_it_learned_from(folder):
    card = read_card("frames", folder / "weights")
    assert "1 real subjects" in card.first_line and card.split["training"] == ("SC-HF-I-04",)
    assert "SC-HF-I-01" in card.split["reporting"]


def test_ed_and_es_shift_with_the_first_frame(folder):
    (straight,) = find_frames(gated(), Runtime(weights=folder / "weights")).beats
    assert 0 < straight.confidence <= 1 and straight.end == straight.ed + 20
    ed, es = straight.ed_frame, straight.es_frame
    assert abs(ed - 4) <= 1 and abs(es - 11) <= 1
    for shift in (3, 9, 17):
        turned = find_frames(gated(shift), Runtime(weights=folder / "weights")).beats[0]
        assert ((turned.ed_frame - shift) % 20, (turned.es_frame - shift) % 20) == (ed, es)


def test_every_beat_of_a_free_running_clip(folder):
    times = np.arange(60)[None] * 40.0
    cine = Cine(free(96)[None], Geometry.stack(1, (1.0, 1.0), 1.0), times, gated=False, modality="US")
    found = find_frames(cine, Runtime(weights=folder / "weights"))
    assert len(found.beats) == 3 and not found.findings
    for beat, ed, es in zip(found.beats, EDS, ESS, strict=True):
        assert abs(beat.ed_frame - ed) <= 2 and abs(beat.es_frame - es) <= 2
        assert beat.ed_ms == pytest.approx(40 * beat.ed) and beat.es_ms == pytest.approx(40 * beat.es)
    assert [b.end for b in found.beats[:-1]] == [b.ed for b in found.beats[1:]]


def test_frames_that_are_close_are_looked_at_in_passes(folder):
    pixels, one = free(96), Geometry.stack(1, (1.0, 1.0), 1.0)
    wide = Cine(pixels[None], one, np.arange(60)[None] * 40.0, gated=False, modality="US")
    close = replace(wide, pixels=np.repeat(pixels, 2, 0)[None], times_ms=np.arange(120)[None] * 20.0)
    one_pass, two = (find_frames(cine, Runtime(weights=folder / "weights")) for cine in (wide, close))
    np.testing.assert_allclose(two.curve, np.repeat(one_pass.curve, 2), atol=1e-5)
    assert len(two.beats) == 3
    cycle = beating(target_curve(30, 4, 14), 96)
    few, many = (
        find_frames(Cine(p[None], one), Runtime(weights=folder / "weights"))
        for p in (cycle, np.repeat(cycle, 2, 0))
    )
    np.testing.assert_allclose(many.curve, np.repeat(few.curve, 2), atol=1e-5)


def test_times_go_round_the_cycle(folder):
    cine = gated()
    timed = replace(cine, times_ms=np.tile(np.arange(20) * 50.0, (3, 1)), cycle_ms=np.full(3, 1000.0))
    (beat,) = find_frames(timed, Runtime(weights=folder / "weights")).beats
    assert beat.ed_ms == pytest.approx(50 * beat.ed) and beat.end_ms == pytest.approx(beat.ed_ms + 1000)
    assert find_frames(cine, Runtime(weights=folder / "weights")).beats[0].ed_ms is None


def test_a_clip_that_does_not_tell_its_time_is_doubted(folder):
    cine = Cine(free(96)[None], Geometry.stack(1, (1.0, 1.0), 1.0), gated=False, modality="US")
    (finding,) = find_frames(cine, Runtime(weights=folder / "weights")).findings
    assert finding.code == "frame-time-assumed" and finding.severity == "warning"


def test_two_stills_are_no_curve(folder):
    with pytest.raises(NotACineError, match="2 frames"):
        find_frames(replace(gated(), pixels=gated().pixels[:, :2]), Runtime(weights=folder / "weights"))

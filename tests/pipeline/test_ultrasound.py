"""The shipped ultrasound net on virtual clips that it has not seen, from a file to the report."""

from __future__ import annotations

import json
from dataclasses import replace

import nibabel
import numpy as np
import pytest

from lvcine.errors import NotACineError
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.ultrasound import virtual_clip
from lvcine.phantom.ultrasound.other import other_clip
from lvcine.phantom.write import write_ultrasound
from lvcine.pipeline.analyze import analyze
from lvcine.study import Cine, Geometry, Study, View
from lvcine.systems.echo.live import Live

HEART = seed_of("tests-ultrasound", "reporting", 0)


@pytest.fixture(scope="module")
def heart():
    return virtual_clip(HEART, "A4C", frames=48, kind="normal")


@pytest.fixture(scope="module")
def result(heart, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    path = write_ultrasound(heart[0], folder / "clip.dcm")
    return analyze(path, output=folder / "out", movie="none"), folder / "out"


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * float((a & b).sum()) / float(a.sum() + b.sum())


def test_masks_lie_on_the_heart(heart, result):
    ours, truth = result[0].segmentation.mask.labels[0], heart[1].clip.reader_labels
    assert overlap(ours == 1, truth == 1) > 0.88
    assert overlap(ours == 2, truth == 2) > 0.6 and overlap(ours == 3, truth == 3) > 0.75


def test_the_area_follows_the_heart(heart, result):
    areas = [
        (x == 1).sum((1, 2)) for x in (result[0].segmentation.mask.labels[0], heart[1].clip.reader_labels)
    ]
    assert np.corrcoef(*areas)[0, 1] > 0.9


def test_beats_are_those_of_the_heart_and_a_weak_one_has_a_lower_ef(heart, result):
    analysis, out = result
    told = json.loads((out / "measurements.json").read_text())
    assert len(told["beats"]) == len(heart[1].edv_ml) >= 1
    # EF comes out too low (docs/methods/echo.md), but it follows the heart.
    weak, truth = virtual_clip(HEART, "A4C", frames=48, kind="dilated")
    lower = analyze(Study((weak,))).headline()["ef_percent"]
    assert truth.ejection_fraction_percent.mean() < heart[1].ejection_fraction_percent.mean() - 15
    assert lower < told["ef_percent"] - 5
    assert analysis.net["first_line"].startswith("Trained on virtual hearts alone")


def test_the_mask_file_lies_on_the_clips_own_pixels(heart, result):
    image = nibabel.load(result[1] / "segmentation.nii.gz")
    rows, columns = heart[0].pixels.shape[2:]
    assert image.shape == (columns, rows, 1, 48)
    assert set(np.unique(np.asarray(image.dataobj))) == {0, 1, 2, 3}


def test_two_stills_are_ed_and_es(heart):
    cine, truth = heart
    ed, es = truth.clip.ed_frames[0], truth.clip.es_frames[0]
    pair = Cine(
        cine.pixels[:, [ed, es]], cine.geometry, gated=False, phases_only=True, view=View.A4C, modality="US"
    )
    analysis = analyze(Study((pair,)))
    assert (analysis.ed_frame, analysis.es_frame) == (0, 1) and len(analysis.beats) == 1


def test_a_stream_draws_what_the_clip_shows(heart, result):
    """Equal to 1e-4 is tested on the net; here the whole way, its sector found as it comes."""
    live = Live(view="A4C", spacing_mm=heart[0].geometry.pixel_spacing_mm)
    seen = [live.push(frame, 20.0 * t).segmentation.labels for t, frame in enumerate(heart[0].pixels[0][:24])]
    clip = result[0].segmentation.mask.labels[0]
    assert np.mean([overlap(a == 1, b == 1) for a, b in zip(seen[12:], clip[12:24], strict=True)]) > 0.9


def test_noise_is_no_ventricle():
    noise = np.random.default_rng(0).integers(0, 255, (1, 8, 200, 240)).astype(np.uint8)
    cine = Cine(noise, Geometry.stack(1, (0.5, 0.5), 1.0), gated=False, view=View.A4C, modality="US")
    with pytest.raises(NotACineError, match="no left ventricle"):
        analyze(Study((cine,)))


def test_an_upside_down_clip_gives_the_same_numbers_on_its_own_pixels(heart, result):
    cine, upright = heart[0], result[0]
    turned = replace(cine, pixels=cine.pixels[:, :24, ::-1].copy(), times_ms=cine.times_ms[:, :24])
    plain = replace(cine, pixels=cine.pixels[:, :24].copy(), times_ms=cine.times_ms[:, :24])
    found, same = (analyze(Study((c,))) for c in (turned, plain))
    assert "clip-turned" in {f.code for f in found.findings}
    assert "clip-turned" not in {f.code for f in (*same.findings, *upright.findings)}
    assert found.headline()["ef_percent"] == pytest.approx(same.headline()["ef_percent"], abs=1.0)
    there, here = (a.segmentation.mask.labels[0, 0] == 1 for a in (found, same))
    assert overlap(there[::-1], here) > 0.97
    left = analyze(Study((turned,)), flip="none")
    assert "clip-turned" not in {f.code for f in left.findings}


@pytest.mark.parametrize("kind", ["parasternal short axis", "M-mode", "test phantom"])
def test_what_is_no_apical_view_is_refused_by_name(kind):
    seed = seed_of("tests-ultrasound", "reporting", 3)
    pixels = other_clip(seed, kind, frames=6, size=192)
    cine = Cine(pixels[None], Geometry.stack(1, (0.5, 0.5), 1.0), gated=False, modality="US", label="clip")
    with pytest.raises(NotACineError, match="no apical view of the left ventricle: it looks like"):
        analyze(Study((cine,)))

"""From a clip in memory to its report, with a segmenter that answers at once: half ellipses that beat."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from lvcine.errors import NotACineError
from lvcine.pipeline.analyze import analyze
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.study import CAVITY, Cine, Contour, Finding, Geometry, Mask, Segmentation, Study, View
from lvcine.systems.echo.infer import EchoResult

FRAMES, STEP_MS, SIZE = 100, 25.0, 128
ANGLES = np.linspace(0, np.pi, 120)


def clip(view=View.A4C, spacing=1.0, modality="US", label="clip", frames=FRAMES) -> Cine:
    geometry = Geometry.stack(1, (spacing or 1.0,) * 2, 1.0, calibrated=spacing is not None)
    pixels = np.random.default_rng(0).integers(0, 255, (1, frames, SIZE, SIZE)).astype(np.uint8)
    times = np.arange(frames)[None] * STEP_MS
    return Cine(pixels, geometry, times, gated=False, view=view, modality=modality, label=label)


def radii(t: int, wide: float) -> tuple[float, float]:
    squeeze = np.sin(np.pi * min((t * STEP_MS - 200) % 800 / 560, 1.0)) ** 2
    return 70 - 8 * squeeze, (22 - 6 * squeeze) * wide


def beating(cine, runtime, *, progress, flip="auto"):
    wide = 1.2 if cine.view == View.A2C else 1.0
    endo, hinges = [], []
    labels = np.zeros(cine.pixels.shape, np.uint8)
    for t in range(cine.frames):
        tall, half = radii(t if cine.frames > 2 else (8, 19)[t], wide)
        points = np.stack([100 - tall * np.sin(ANGLES), 64 - half * np.cos(ANGLES)], 1)
        endo.append(Contour(points))
        hinges.append((points[0], points[-1]))
        labels[0, t, 40:90, 50:78] = CAVITY
    drawn = Segmentation(Mask(labels), (tuple(endo),), (tuple(endo),))
    noted = Finding("view-guessed", "info", "view not specified", "state --view")
    sector = np.ones((SIZE, SIZE), bool)
    view = cine.view if cine.view != View.UNKNOWN else View.A4C
    return EchoResult(drawn, tuple(hinges), sector, view, 0.9, (noted,), {"name": "stub"})


@pytest.fixture
def net(monkeypatch):
    monkeypatch.setattr("lvcine.pipeline.apical.segment_clip", beating)


def volume(t: int, wide: float = 1.0) -> float:
    tall, half = radii(t, 1.0)
    return 2 / 3 * np.pi * half**2 * wide * tall / 1000


ED, ES = volume(8), volume(8 + round(280 / STEP_MS))


def test_a_clip_is_measured_without_being_told_what_it_is(net, tmp_path):
    analysis = analyze(Study((clip(View.UNKNOWN),)), output=tmp_path / "out", movie="none")
    assert analysis.cine.view == View.A4C and len(analysis.beats) in (2, 3)
    assert analysis.headline()["edv_ml"] == pytest.approx(ED, rel=0.02)
    told = json.loads((tmp_path / "out" / "measurements.json").read_text())
    assert told["ef_percent"] == pytest.approx(100 * (1 - ES / ED), abs=1.5)
    assert [set(b) >= {"ed_frame", "es_frame", "ef_percent"} for b in told["beats"]] == [True] * len(
        told["beats"]
    )
    assert told["modality"] == "US" and "view-guessed" in {f["code"] for f in told["findings"]}
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Beat by beat" in page and "Lang et al. 2015" in page and "AHA segments" not in page
    rows = (tmp_path / "out" / "measurements.csv").read_text()
    assert rows.count("beat_ef_percent") == len(told["beats"])


def test_without_spacing_there_is_ef_and_nothing_in_millilitres(net, tmp_path):
    analysis = analyze(Study((clip(spacing=None),)), output=tmp_path / "out", movie="none")
    assert analysis.headline()["ef_percent"] == pytest.approx(100 * (1 - ES / ED), abs=1.5)
    assert not any(m.unit == "mL" for m in analysis.measurements)
    told = json.loads((tmp_path / "out" / "measurements.json").read_text())
    assert all(beat["edv_ml"] is None for beat in told["beats"])


def test_two_views_at_right_angles_give_volumes_of_both(net):
    analysis = analyze(Study((clip(View.A2C, label="two"), clip(View.A4C, label="four"))))
    assert analysis.cine.label == "four" and not analysis.study.left_aside
    assert analysis.headline()["edv_ml"] == pytest.approx(1.2 * ED, rel=0.02)
    assert "two planes" in next(m for m in analysis.measurements if m.name == "edv_ml").method


def test_a_second_view_that_cannot_be_used_is_a_doubt(net):
    analysis = analyze(Study((clip(View.A2C, spacing=None, label="two"), clip(View.A4C))))
    assert "second-plane-left-out" in {f.code for f in analysis.findings}
    assert analysis.headline()["edv_ml"] == pytest.approx(ED, rel=0.02)


def test_frames_stated_by_the_user_are_used(net):
    analysis = analyze(Study((clip(),)), ed=8, es=19)
    assert [(b.ed_frame, b.es_frame) for b in analysis.beats] == [(8, 19)]


def test_two_stills_are_ed_and_es(net):
    analysis = analyze(Study((clip(frames=2),)))
    assert {analysis.ed_frame, analysis.es_frame} == {0, 1} and len(analysis.beats) == 1


def test_a_clip_without_a_ventricle_is_refused(monkeypatch, tmp_path):
    def nothing(cine, runtime, **options):
        found = beating(cine, runtime, **options)
        empty = Segmentation(found.segmentation.mask, ((None,) * cine.frames,), ((None,) * cine.frames,))
        return EchoResult(empty, (None,) * cine.frames, found.sector, View.A4C, 1.0, (), {})

    monkeypatch.setattr("lvcine.pipeline.apical.segment_clip", nothing)
    with pytest.raises(NotACineError, match="no left ventricle"):
        analyze(Study((clip(),)), output=tmp_path / "out", options=AnalyzeOptions())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("trust, refused", [((0.66, 0.8), True), ((0.9, 0.2), True), ((0.8, 0.8), False)])
def test_what_is_hardly_a_ventricle_is_refused_or_doubted(trust, refused, monkeypatch):
    def unsure(cine, runtime, **options):
        return replace(beating(cine, runtime, **options), certainty=trust[0], walled=trust[1])

    monkeypatch.setattr("lvcine.pipeline.apical.segment_clip", unsure)
    if refused:
        with pytest.raises(NotACineError, match="no left ventricle: what looks most like one"):
            analyze(Study((clip(),)))
    else:
        assert "lv-hard-to-find" in {f.code for f in analyze(Study((clip(),))).findings}


def test_what_lies_beside_the_sector_is_neither_shown_nor_kept(net, monkeypatch, tmp_path):
    """Letters stand beside the sector, and one line of them reaches into it."""
    sector = np.zeros((SIZE, SIZE), bool)
    sector[20:110, 30:100] = True
    monkeypatch.setattr(
        "lvcine.pipeline.apical.segment_clip", lambda *a, **k: replace(beating(*a, **k), sector=sector)
    )
    cine = clip(frames=40)
    cine.pixels[0, :, 50:57, 94:126:2] = 220  # bright, still, for the most part outside
    found = analyze(Study((cine,)), output=tmp_path / "out", movie="none")
    shown = found.cine.pixels[0]
    assert not shown[:, ~sector].any() and not shown[:, 50:57, 94:].any()
    inside = np.s_[:, 60:100, 30:90]
    assert np.array_equal(shown[inside], cine.pixels[0][inside])
    assert "outside-sector-masked" in {f.code for f in found.findings}


def test_the_atrium_is_measured_in_views_that_show_it_and_indexed(net, monkeypatch):
    angle = np.linspace(0, np.pi, 200)
    behind = Contour(np.stack([100 + 25 * np.sin(angle), 64 - 20 * np.cos(angle)], 1))
    monkeypatch.setattr(
        "lvcine.pipeline.apical.segment_clip",
        lambda cine, *a, **k: replace(beating(cine, *a, **k), atrium=(behind,) * cine.frames),
    )
    found = analyze(Study((clip(),)), height_m=1.8, weight_kg=80.0).headline()
    # Half an ellipsoid; its axis is from the middle of the annulus, which is narrower at ES.
    assert found["la_volume_ml"] == pytest.approx(2 / 3 * np.pi * 20**2 * 25 / 1000, rel=0.02)
    assert found["la_volume_index_ml_m2"] == pytest.approx(found["la_volume_ml"] / 2.0, rel=1e-6)
    assert "la_volume_ml" not in analyze(Study((clip(View.A3C),))).headline()

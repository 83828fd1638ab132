"""``lvcine stream``: every frame of a file or a pipe becomes a line of JSON."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PIL import Image

from lvcine.cli.main import run
from lvcine.engine import SHIPPED
from lvcine.systems.echo import live
from lvcine.systems.echo.infer import FrameSegmentation

FRAMES, SHAPE = 6, (48, 64)


class Counting:
    """Stands in for the stream's net: the area is the frame's mean grey."""

    made: dict = {}

    def __init__(self, **options) -> None:
        Counting.made = options
        self.spacing_mm = options.get("spacing_mm")

    def push(self, frame, time_ms):
        assert frame.shape == SHAPE
        labels = np.full(SHAPE, 2, np.uint8)
        segmentation = FrameSegmentation(labels, None, None, None)
        return live.Seen(segmentation, float(frame.mean()), np.nan, np.nan, 0, "")


@pytest.fixture(autouse=True)
def net(monkeypatch):
    monkeypatch.setattr(live, "Live", Counting)


def film(kind: str, codec: str, pixel: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as out:
        stream = out.add_stream(codec, rate=40)
        stream.height, stream.width, stream.pix_fmt = *SHAPE, pixel
        for t in range(FRAMES):
            grey = np.full(SHAPE, 40 * t, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(grey, "gray").reformat(format=pixel)))
        out.mux(stream.encode())
    return file.getvalue()


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_file_is_told_frame_by_frame(tmp_path, capsys):
    path = tmp_path / "clip.avi"
    path.write_bytes(film("avi", "mjpeg", "yuvj420p"))
    assert run(["stream", str(path), "--view", "a4c", "--spacing", "0.3", "0.3"]) == 0
    told = lines(capsys.readouterr().out)
    # Every frame of this film is one grey all over: none stands out as blank.
    assert [t["frame"] for t in told] == list(range(FRAMES)) and told[1]["time_ms"] == pytest.approx(25.0)
    assert [t["area_mm2"] for t in told] == pytest.approx([40 * t for t in range(FRAMES)], abs=3)
    assert told[0]["ef_percent"] is None
    assert Counting.made == {"view": "A4C", "spacing_mm": (0.3, 0.3), "runtime": SHIPPED}


@pytest.mark.parametrize(
    "kind", [("yuv4mpegpipe", "wrapped_avframe", "yuv420p"), ("matroska", "mjpeg", "yuvj420p")]
)
def test_a_pipe_is_told_frame_by_frame(kind, monkeypatch, tmp_path, capsys):
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=Pipe(film(*kind))))
    assert run(["stream", "-", "--masks", str(tmp_path / "masks")]) == 0
    told = lines(capsys.readouterr().out)
    assert [t["frame"] for t in told] == list(range(FRAMES)) and "area_px2" in told[0]
    masks = sorted((tmp_path / "masks").iterdir())
    assert len(masks) == FRAMES and (np.asarray(Image.open(masks[0])) == 2).all()


@pytest.mark.parametrize("name", ["notes.txt", "000000.png", ".hidden"])
def test_a_folder_with_files_gets_no_masks(name, tmp_path, capsys):
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / name).write_text("mine")
    (tmp_path / "clip.avi").write_bytes(film("avi", "mjpeg", "yuvj420p"))
    assert run(["stream", str(tmp_path / "clip.avi"), "--masks", str(tmp_path / "masks")]) == 2
    assert "not empty" in capsys.readouterr().err
    assert [p.name for p in (tmp_path / "masks").iterdir()] == [name]


def test_masks_written_before_an_error_are_whole(tmp_path, capsys, monkeypatch):
    def push(self, frame, time_ms, pushed=[]):  # noqa: B006  # counts over the calls
        pushed.append(frame)
        if len(pushed) == 3:
            raise RuntimeError("wheel came off")
        segmentation = FrameSegmentation(np.ones(SHAPE, np.uint8), None, None, None)
        return live.Seen(segmentation, 1.0, np.nan, np.nan, 0, "")

    monkeypatch.setattr(Counting, "push", push)
    (tmp_path / "clip.avi").write_bytes(film("avi", "mjpeg", "yuvj420p"))
    assert run(["stream", str(tmp_path / "clip.avi"), "--masks", str(tmp_path / "masks")]) == 1
    assert sorted(p.name for p in (tmp_path / "masks").iterdir()) == ["000000.png", "000001.png"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clip.avi", "masks"]


def test_what_is_no_film_is_one_clear_error(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"not a film" * 40)))
    assert run(["stream", "-"]) != 0
    error = capsys.readouterr().err
    assert "not a film" in error and "Traceback" not in error


def test_a_view_that_is_none_is_refused(capsys):
    assert run(["stream", "-", "--view", "sideways"]) == 2
    assert "sideways" in capsys.readouterr().err

"""How fast the page of a review follows a drag, on 12 slices × 30 frames: memory, answers, frames shown.

python benchmarks/review_page.py

Needs the extra ``review``, Playwright and Debian's Chromium. Browser and server share the processors;
CPU time of the server is given beside the times.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from remeasure import FRAMES, SIZE, SLICES

from lvcine.phantom.write import write_nifti
from lvcine.pipeline.measure_masks import measure_masks
from lvcine.study import Cine, Geometry, View

DRAG_S = 8.0
WATCH = """(() => {
  globalThis.shown = []; globalThis.taken = [];
  const fetched = globalThis.fetch;
  const tick = (now) => { shown.push(now); requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  globalThis.fetch = async (...all) => {
    const began = performance.now(), answer = await fetched(...all);
    if (String(all[0]).endsWith("correct")) taken.push(performance.now() - began);
    return answer;
  };
})()"""
"""Keeps when the screen was drawn, and how long each correction took to be answered."""
HANDLE = """(async () => {
  const { at, study } = review.store, curve = review.store.contour("endo", at.z, at.t);
  const curves = await import(new URL("page/curves.js", location.href));
  const i = curves.handles(curve, study.spacing)[0], view = review.views[0];
  const [x, y] = view.toScreen(curve[2 * i], curve[2 * i + 1]), box = view.top.getBoundingClientRect();
  return [box.left + x, box.top + y];
})()"""
"""Where the first handle is on the screen."""


def make(home: Path) -> Path:
    """A cylinder that beats, its scan and its results."""
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2 + 0.3
    radii = 18 + 4 * np.cos(2 * np.pi * np.arange(FRAMES) / FRAMES)
    masks = np.zeros((SLICES, FRAMES, SIZE, SIZE), np.uint8)
    for t, radius in enumerate(radii):
        masks[:, t, np.hypot(y, x) < radius + 7] = 2
        masks[:, t, np.hypot(y, x) < radius] = 1
    noise = np.random.default_rng(0).normal(0, 20, masks.shape[2:])
    pixels = (np.where(masks == 1, 400, 120) + noise).clip(0).astype(np.uint16)
    cine = Cine(pixels, Geometry.stack(SLICES, (1.4, 1.4), 8.0), view=View.SAX)
    scan = write_nifti(cine, home / "scan.nii.gz")
    measure_masks(scan, masks, ed=0, es=15, view="SAX", output=home / "results", movie="none")
    return home / "results"


def measure(page: Any, server: subprocess.Popen[str]) -> None:
    """Drag one handle round and round for some seconds, and say what that took."""
    page.evaluate(WATCH)
    place = page.evaluate(HANDLE)
    page.mouse.move(*place)
    page.mouse.down()
    began, k, cpu = time.monotonic(), 0, cpu_s(server.pid)
    page.evaluate("shown.length = 0")
    while time.monotonic() - began < DRAG_S:
        k += 1
        page.mouse.move(place[0] + 9 * np.sin(k / 9), place[1] + 9 * np.cos(k / 7))
    shown, taken = page.evaluate("[shown, taken]")
    page.mouse.up()
    used = cpu_s(server.pid) - cpu
    steps = np.diff(shown)
    print(f"dragging: {len(steps) / (sum(steps) / 1000):.0f} frames a second of the screen,", end=" ")
    print(f"{np.median(steps):.1f} ms a frame (median), {np.percentile(steps, 95):.1f} ms (95 %)")
    middle, most = np.percentile(taken, (50, 95))
    print(f"answers: {len(taken)}, {middle:.0f} ms (median), {most:.0f} ms (95 %),", end=" ")
    print(f"{1000 * used / max(len(taken), 1):.0f} ms of the server's CPU time each")


def cpu_s(pid: int) -> float:
    """CPU time of a process, s (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


def main() -> None:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as home:
        results = make(Path(home))
        began = time.monotonic()
        command = [sys.executable, "-m", "lvcine", "review", str(results), "--quiet"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found is not None
        waited = time.monotonic() - began
        print(f"the command is ready after {waited:.1f} s, {cpu_s(server.pid):.1f} s of CPU time")
        try:
            with sync_playwright() as driver:
                browser = driver.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
                )
                page = browser.new_page(viewport={"width": 1300, "height": 860})
                began = time.monotonic()
                page.goto(found[0])
                while not page.evaluate("document.documentElement.dataset.ready"):
                    time.sleep(0.01)
                print(f"the page is there after {time.monotonic() - began:.2f} s", end=", ")
                while not page.evaluate("review.pixels.frames.size === review.store.study.frames"):
                    time.sleep(0.01)
                print(f"with all frames after {time.monotonic() - began:.2f} s")
                measure(page, server)
                browser.close()
            peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{server.pid}/status").read_text())
            assert peak is not None
            print(f"the server's largest memory: {int(peak[1]) / 1024:.0f} MB")
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()

"""A real browser for the report's pages: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


def start() -> Iterator[Any]:
    """A browser; where there is none the test is skipped, but not in CI, which installs one."""
    if CHROMIUM is None:
        _without("no Chromium here: install Debian's package chromium")
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        _without(f"no Playwright here: {error}")
    with sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        except Error as error:
            _without(f"{CHROMIUM} does not start: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


def _without(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class Opened:
    """A page as a reader has it before them, and what it said and asked for."""

    def __init__(self, browser: Any, file: Path, width: int = 1280) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page = browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())
        self.page.wait_for_function("document.getElementById('where').textContent !== ''")

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements that a selector finds."""
        return list(self.page.eval_on_selector_all(selector, "all => all.map(e => e.textContent.trim())"))

    def run(self, script: str) -> Any:
        """What a piece of JavaScript gives in the page."""
        return self.page.evaluate(script)

    @property
    def words(self) -> str:
        """What is to be read."""
        return " ".join(self.page.inner_text("body").split())


COVERED = """() => {
  // Points of every curve, in pixels of the screen, that lie under a label of the same drawing.
  let found = 0;
  for (const svg of document.querySelectorAll("svg.plot")) {
    const texts = [...svg.querySelectorAll(".phase-name, .phase-time")];
    const labels = texts.map((t) => t.getBoundingClientRect());
    for (const line of svg.querySelectorAll("polyline")) {
      const points = line.getAttribute("points").trim().split(" ").map((p) => p.split(",").map(Number));
      const toScreen = line.getScreenCTM();
      for (let i = 0; i + 1 < points.length; i++) {
        for (let share = 0; share < 1; share += 0.1) {
          const at = new DOMPoint(points[i][0] + share * (points[i + 1][0] - points[i][0]),
            points[i][1] + share * (points[i + 1][1] - points[i][1])).matrixTransform(toScreen);
          found += labels.filter((r) => at.x > r.left + 1 && at.x < r.right - 1
            && at.y > r.top + 3 && at.y < r.bottom - 3).length;
        }
      }
    }
  }
  return found;
}"""
"""How much of the curves the labels hide; a line of type has room above and below its letters."""

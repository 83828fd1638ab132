"""The page of a review in a browser, used as a reader does: by pointer and keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class ReviewPage:
    """An open page; ``said`` is what the browser complained of, ``asked`` every address it asked."""

    def __init__(self, browser: Any, address: str, size: tuple[int, int] = (1300, 860)) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.address = address
        self.page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.open()

    def open(self) -> None:
        """Load the page, and wait until it can be used."""
        self.page.goto(self.address)
        self.wait(lambda: self.run("document.documentElement.dataset.ready === 'yes'"))
        self.settle()

    def close(self) -> None:
        """Close the page."""
        self.page.close()

    def run(self, script: str, *more: Any) -> Any:
        """What a piece of JavaScript gives."""
        return self.page.evaluate(script, *more)

    def wait(self, done: Callable[[], Any], seconds: float = 30.0) -> None:
        """Until something holds; the page's policy forbids Playwright's own way of waiting for scripts."""
        until = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < until, "the page did not get there"
            time.sleep(0.02)

    def settle(self) -> None:
        """Until the server has answered everything."""
        self.wait(lambda: self.run("!review.store.sending && !review.store.waiting.length"))

    def pictures(self) -> None:
        """Until all frames are there and drawn."""
        self.wait(lambda: self.run("review.pixels.frames.size === review.store.study.frames"))
        self.wait(lambda: self.run("!review.matrix.due.size"))

    def key(self, *keys: str) -> None:
        """Press keys, and wait for what comes of them."""
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def go(self, z: int, t: int) -> None:
        """Click on a cell of the matrix."""
        script = """([z, t]) => {
          const m = review.matrix, k = m.store.study.order.indexOf(z);
          m.box.scrollTo(t * m.cell - 60, k * m.cell - 30);
          const r = m.canvas.getBoundingClientRect();
          return [r.left + (t + 0.5) * m.cell, r.top + (k + 0.5) * m.cell];
        }"""
        cell = self.run(script, [z, t])
        self.page.mouse.click(*cell)
        assert self.run("[review.store.at.z, review.store.at.t]") == [z, t]

    def screen(self, y: float, x: float, view: int = 0) -> tuple[float, float]:
        """Where a place of the scan is on the screen."""
        left, top = self.run(
            "([y, x, k]) => { const v = review.views[k], r = v.top.getBoundingClientRect(), [a, b] ="
            " v.toScreen(y, x); return [r.left + a, r.top + b]; }",
            [y, x, view],
        )
        return left, top

    def drag(
        self, places: Sequence[tuple[float, float]], keys: Sequence[str] = (), steps: int = 8, view: int = 0
    ) -> None:
        """Press at the first place of the scan, move through the others, let go."""
        mouse = self.page.mouse
        points = [self.screen(y, x, view) for y, x in places]
        mouse.move(*points[0])
        for key in keys:
            self.page.keyboard.down(key)
        mouse.down()
        for point in points[1:]:
            mouse.move(*point, steps=steps)
        mouse.up()
        for key in keys:
            self.page.keyboard.up(key)
        self.settle()

    def contour(self, side: str, z: int, t: int) -> np.ndarray | None:
        """Points (N, 2) of a contour as the page has it."""
        script = "([s, z, t]) => { const c = review.store.contour(s, z, t); return c && [...c]; }"
        found = self.run(script, [side, z, t])
        return None if found is None else np.array(found).reshape(-1, 2)

    def handle(self, side: str, z: int, t: int, k: int = 0) -> tuple[float, float]:
        """The place of a handle."""
        y, x = self.run(
            "async ([s, z, t, k]) => { const c = review.store.contour(s, z, t);"
            " const m = await import(new URL('page/curves.js', location.href));"
            " const i = m.handles(c, review.store.study.spacing)[k]; return [c[2 * i], c[2 * i + 1]]; }",
            [side, z, t, k],
        )
        return y, x

    def number(self, name: str) -> str:
        """A number of the table, as it is read."""
        return str(self.page.inner_text(f"#numbers tr[data-name='{name}'] strong"))

    def raw(self, name: str) -> float:
        """A number as the server told it."""
        return float(self.run(f"review.store.numbers.raw['{name}']"))

    @property
    def messages(self) -> str:
        """What the page says below."""
        return str(self.page.inner_text("#messages"))

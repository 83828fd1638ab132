"""Which view a clip shows and which way up it is, before anything is outlined in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from PIL import Image

from lvcine.engine import Net
from lvcine.errors import NotACineError
from lvcine.study import F32, Array, Cine, Finding, View
from lvcine.systems.echo.recipe import FIVE_CHAMBER, VIEWS

Flip = Literal["auto", "none", "vertical", "horizontal", "both"]
FLIPS: tuple[str, ...] = get_args(Flip)
_AXES = {"none": (), "vertical": (-2,), "horizontal": (-1,), "both": (-2, -1)}
CONFIDENT = 0.7
"""Likelihood from which a guessed view is given to the net that outlines."""
NOT_APICAL = 0.5
"""Likelihood of all other views together from which a clip is refused."""
FIVE = 0.6
"""Likelihood from which a clip is said to be an apical five-chamber view."""
TURNED = 0.8
"""Likelihood from which a picture is turned: nets know mirrored ones, so that a doubt costs little."""
ONE_SIDED = ("A4C", "A3C")
"""Views whose left and right differ: by the right ventricle, by the aorta."""


@dataclass(frozen=True, eq=False)
class Look:
    """What a clip looks like, mean over frames.

    Attributes
    ----------
    names : sequence of str
        Views, the apical ones first.
    likelihood : ndarray, shape (len(names),)
    upside_down, mirrored : float
        Likelihoods.
    """

    names: Sequence[str]
    likelihood: Array
    upside_down: float
    mirrored: float

    @property
    def other(self) -> tuple[str, float]:
        """The likeliest view that is not apical, and the likelihood of all of these together."""
        named = zip(self.names, self.likelihood, strict=True)
        rest = [(float(p), name) for name, p in named if name not in (*VIEWS, FIVE_CHAMBER)]
        return max(rest)[1], sum(p for p, _ in rest)

    @property
    def five_chamber(self) -> float:
        """Likelihood of the apical five-chamber view."""
        return float(self.likelihood[self.names.index(FIVE_CHAMBER)]) if FIVE_CHAMBER in self.names else 0.0

    @property
    def apical(self) -> tuple[View, float]:
        """The likeliest apical view, and its likelihood among these."""
        among = self.likelihood[: len(VIEWS)]
        best = int(among.argmax())
        return View(VIEWS[best]), float(among[best] / max(among.sum(), 1e-9))


@dataclass(frozen=True)
class Decided:
    """How a clip is to be outlined.

    Attributes
    ----------
    view : View
    confidence : float
        1 where the view was given.
    flip : str
        Of :data:`FLIPS`, but "auto".
    findings : tuple of Finding
    """

    view: View
    confidence: float
    flip: str
    findings: tuple[Finding, ...]


def look_at(net: Net, frames: F32) -> Look:
    """What frames (T, size, size), as the outlining net gets them, look like.

    Those that are upside down are turned before their view is judged.
    """
    look = _look(net, frames)
    if look.upside_down <= TURNED:
        return look
    return replace(_look(net, flipped(frames, "vertical")), upside_down=look.upside_down)


def _look(net: Net, frames: F32) -> Look:
    size = int(net.card.results["view_size"])
    small = np.stack([_smaller(frame, size) for frame in frames])[:, None]
    out = net({"pictures": small})
    turned = 1.0 / (1.0 + np.exp(-out["turned"].astype(float)))
    return Look(tuple(net.card.results["views"]), _softmax(out["view"]).mean(0), *map(float, turned.mean(0)))


def decide(look: Look, cine: Cine, flip: str = "auto") -> Decided:
    """View and turn of a clip: as the user says, or as it looks.

    Raises
    ------
    NotACineError
        The view was not given, and the clip shows no apical one.
    """
    name, share = look.other
    given = cine.view.value in VIEWS
    findings: list[Finding] = []
    if share > NOT_APICAL and not given:
        raise NotACineError(
            f"no apical view of the left ventricle: it looks like {_a(name)} (likelihood {share:.2f})",
            where=cine.label, advice="give an apical clip; --view A4C measures this one all the same",
        )  # fmt: skip
    if given:
        view, confidence = cine.view, 1.0
        if share > NOT_APICAL:
            text = f"stated to be {view.value}, but it looks like {_a(name)} (likelihood {share:.2f})"
            findings.append(
                Finding("view-doubtful", "warning", text, "check the view before using any number")
            )
    elif look.five_chamber > FIVE:
        view, confidence = View.A4C, 0.0
        findings.append(five_chamber(look.five_chamber))
    else:
        view, confidence = look.apical
        findings.append(view_guessed(view, confidence))
    turn = flip if flip != "auto" else _turn(look, view)
    if flip == "auto" and turn != "none":
        how = {"vertical": "upside down", "horizontal": "mirrored", "both": "turned by 180 degrees"}[turn]
        text = (
            f"the picture is {how}: outlined as if it were not; masks and contours lie on the file's pixels"
        )
        findings.append(Finding("clip-turned", "info", text, "state --flip none if it is not"))
    return Decided(view, confidence, turn, tuple(findings))


def five_chamber(share: float) -> Finding:
    """``view-doubtful`` of a clip that is tilted onto the aortic root."""
    text = f"it looks like an apical five-chamber view (likelihood {share:.2f}): measured as A4C"
    advice = "measure a four-chamber clip; volumes are defined there, and this plane cuts the ventricle short"
    return Finding("view-doubtful", "warning", text, advice)


def view_guessed(view: View, share: float) -> Finding:
    """``view-guessed``: nobody said the view."""
    text = f"view not specified: it looks like {view.value} (likelihood {share:.2f})"
    return Finding("view-guessed", "info" if share >= CONFIDENT else "warning", text, "state --view")


def flipped(pictures: F32, flip: str) -> F32:
    """Pictures or likelihoods (..., rows, columns) turned as said; doing it twice does nothing."""
    axes = _AXES[flip]
    return np.ascontiguousarray(np.flip(pictures, axes)) if axes else pictures


def _turn(look: Look, view: View) -> str:
    down = look.upside_down > TURNED
    aside = look.mirrored > TURNED and view.value in ONE_SIDED
    return {(False, False): "none", (True, False): "vertical", (False, True): "horizontal"}.get(
        (down, aside), "both"
    )


def _smaller(frame: F32, size: int) -> F32:
    return np.asarray(Image.fromarray(frame.astype(np.float32)).resize((size, size), Image.Resampling.BOX))


def _softmax(x: F32) -> Array:
    p = np.exp(x.astype(float) - x.max(1, keepdims=True))
    return np.asarray(p / p.sum(1, keepdims=True))


def _a(name: str) -> str:
    return name if name == "noise" else f"an {name}" if name[0] in "AEIOM" else f"a {name}"

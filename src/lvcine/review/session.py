"""One result under review: its states, its numbers, its journal; every correction goes through here."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lvcine.errors import MOST_NAME, LvcineError, UsageError, plain_text
from lvcine.pipeline.apical import plane_of_analysis
from lvcine.pipeline.corrected import JOURNAL, SECOND_JOURNAL
from lvcine.report.long_axis import long_axis_views
from lvcine.review import payload
from lvcine.review.corrections import Request, Situation, correction
from lvcine.review.frames import Frames
from lvcine.review.history import History, Step
from lvcine.review.journal import Journal
from lvcine.review.measuring import Measuring
from lvcine.review.open_result import Opened
from lvcine.review.save import changed_places, corrected, save, saved_as
from lvcine.review.shapes import recorded
from lvcine.review.state import Change, State, applied, difference, from_line, state_of, to_line
from lvcine.study import Analysis

UNNAMED = "a reader"


class ConflictError(Exception):
    """The result was changed elsewhere since the page saw it."""


class Session:
    """A folder of results that is being reviewed, by any number of pages, in this process alone.

    Parameters
    ----------
    opened : Opened

    Attributes
    ----------
    revision : int
        Grows with every correction, undo and redo; an older one is refused (:class:`ConflictError`).
    frames : Frames
        The pictures.
    by : str
        Who corrects, as it was said last.
    partner : Session or None
        Of the other apical plane, where there are two: volumes of either follow the contours of both.

    Raises
    ------
    UsageError
        Another process reviews the folder, or it cannot be written to.
    ReadError
        Its journal is damaged or of another analysis.
    """

    def __init__(self, opened: Opened) -> None:
        self.opened, self.original = opened, opened.original
        self.frames = Frames(opened.original)
        self._lock, self._closed = threading.RLock(), False
        self._measuring = Measuring(opened.original, opened.sector)
        self._shape = (int(opened.original.cine.pixels.shape[2]), int(opened.original.cine.pixels.shape[3]))
        self.partner: Session | None = None
        self._journal = Journal(opened.folder, SECOND_JOURNAL if opened.second else JOURNAL)
        try:
            self._history = History(state_of(opened.original))
            self.revision, self.by, self.saved = 0, "", 0
            for line in self._journal.lines:
                self._replay(line)
            self._last: Analysis = opened.original
            self._now: Analysis | LvcineError = opened.original
            self._measure()
            if opened.across is not None:
                self._join(Session(opened.across))
        except BaseException:
            self._journal.close()
            raise

    @property
    def folder(self) -> Path:
        return self.opened.folder

    @property
    def state(self) -> State:
        return self._history.state

    @property
    def now(self) -> Analysis | LvcineError:
        """The numbers as they are, or why there are none, in this plane or in the other."""
        other = self.partner._now if self.partner else None
        return other if isinstance(other, LvcineError) and isinstance(self._now, Analysis) else self._now

    def close(self) -> None:
        """Let another process review the folder."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._journal.sync()
                self._journal.close()
                if self.partner:
                    self.partner.close()

    # ---- what pages ask ----------------------------------------------------------------------------------

    def study(self) -> dict[str, Any]:
        """What does not change (:func:`lvcine.review.payload.study_facts`)."""
        facts = payload.study_facts(self.original, self.frames.window, self.frames.top)
        if self.partner is None:
            return facts
        address = "../" if self.opened.second else "other/"
        return facts | {"other": {"view": self.partner.original.cine.view.value, "address": address}}

    def everything(self) -> dict[str, Any]:
        """The whole state with its numbers; ``original``: contours of the analysis that are others now."""
        with self._lock:
            every = payload.contours_of(payload.every_contour(self.state))
            first = payload.contours_of(difference(self.state, state_of(self.original)))
            return self._answer(every) | {"original": first}

    def long_axis(self) -> list[dict[str, str]]:
        """The exam's long-axis views with the planes of the stack and where its contours pass through."""
        with self._lock:
            shown = replace(self._last, study=replace(self._last.study, cines=self.opened.study.cines))
            return [{"caption": v.caption, "svg": str(v.drawing)} for v in long_axis_views(shown)]

    # ---- what pages do -----------------------------------------------------------------------------------

    def correct(self, request: Request, revision: int, by: str = "", gesture: str = "") -> dict[str, Any]:
        """Carry out one correction (:mod:`lvcine.review.corrections`).

        Parameters
        ----------
        request : mapping
        revision : int
            That the page has seen.
        by : str
            Who corrects.
        gesture : str
            The same for all corrections of one drag, which are one step to undo.

        Returns
        -------
        dict
            Contours that changed, numbers, decisions, the new revision.

        Raises
        ------
        ConflictError
        UsageError
            The correction is refused; nothing has changed.
        """
        with self._lock:
            self._check(revision)
            change, note = correction(request, self.state, self._situation())
            before = self.state
            self._take(self._written(change, str(request["do"]), by, gesture), change)
            return self._after(before) | {"note": note}

    def undo(self, revision: int, by: str = "") -> dict[str, Any]:
        """Take the last correction back; nothing happens where there is none."""
        return self._move("undo", revision, by)

    def redo(self, revision: int, by: str = "") -> dict[str, Any]:
        """Make the correction again that was taken back last."""
        return self._move("redo", revision, by)

    def save(self, revision: int, by: str = "") -> dict[str, Any]:
        """Write the corrected result (:mod:`lvcine.review.save`).

        Raises
        ------
        ConflictError
        LvcineError
            Nothing was corrected, there are no numbers, or the disk refuses.
        """
        with self._lock:
            self._check(revision)
            self._name(by)
            planes = self._planes()
            if not any(one._history.undoable for one in planes):
                raise UsageError("nothing was corrected", advice="correct something, then save")
            for one in planes:
                one._journal.sync()
            first, second = planes[0], planes[1].revision if len(planes) > 1 else 0
            saved = saved_as(first.folder, first.original, first.state, self._readers(), first.revision)
            save(self.folder, first.corrected(), replace(saved, second_revision=second))
            for one in planes:
                if one.revision:
                    line = {"do": "save", "by": self.by or UNNAMED, "revision": one.revision}
                    one._journal.append(line)
                one.saved = one.revision
            return self._answer([])

    def corrected(self) -> Analysis:
        """The analysis as corrected, with what says so.

        Raises
        ------
        LvcineError
            There are no numbers.
        """
        with self._lock:
            if isinstance(self.now, LvcineError):
                raise self.now
            names = dict.fromkeys(step.by or UNNAMED for one in self._planes() for step in one._history.made)
            other = self.partner
            across = [] if other is None else changed_places(other.state, other.original)
            by = ", ".join(names) or UNNAMED
            return corrected(self.now, self.original, self.state, by, [t for _, t in across])

    def _readers(self) -> str:
        """Who made the corrections that count and who saves them; empty where nobody gave a name."""
        made = [step.by for one in self._planes() for step in one._history.made]
        names = dict.fromkeys([*made, self.by])
        return ", ".join(name for name in names if name and name != UNNAMED)

    # ---- within ------------------------------------------------------------------------------------------

    def _planes(self) -> tuple[Session, ...]:
        """The session alone, or those of the first plane and the second."""
        if self.partner is None:
            return (self,)
        return (self.partner, self) if self.opened.second else (self, self.partner)

    def _join(self, other: Session) -> None:
        """Go together with the session of the other plane, under one lock."""
        self.partner, other.partner, other._lock = other, self, self._lock
        for one, two in ((self, other), (other, self)):
            if two.revision:
                one._see(two)

    def _see(self, other: Session) -> None:
        """Take over what the other plane adds to volumes now."""
        if isinstance(other._now, Analysis):
            self._measuring.second_plane = plane_of_analysis(other._now)
            self._measure()

    def _situation(self) -> Situation:
        cine = self.original.cine
        return Situation(
            self._shape,
            self._last.ed_frame,
            self._last.es_frame,
            cine.gated and not cine.phases_only,
            self._measuring.order,
        )

    def _check(self, revision: int) -> None:
        if revision != self.revision:
            raise ConflictError

    def _name(self, by: str) -> None:
        self.by = plain_text(by.strip(), MOST_NAME) or self.by

    def _written(self, change: Change, kind: str, by: str, gesture: str) -> Mapping[str, Any]:
        """The line of a change, which the journal has from now on."""
        self._name(by)
        line = {"revision": self.revision + 1, "by": self.by or UNNAMED, "do": kind, **to_line(change)}
        line |= {"gesture": gesture} if gesture else {}
        self._journal.append(line)
        return line

    def _after(self, before: State) -> dict[str, Any]:
        self.revision += 1
        self._measure()
        if self.partner is not None:
            self.partner._see(self)
        return self._answer(payload.contours_of(difference(before, self.state)))

    def _move(self, way: str, revision: int, by: str) -> dict[str, Any]:
        with self._lock:
            self._check(revision)
            if not (self._history.undoable if way == "undo" else self._history.redoable):
                return self._answer([])
            self._name(by)
            self._journal.append({"revision": self.revision + 1, "by": self.by or UNNAMED, "do": way})
            before = self.state
            step = self._history.undo() if way == "undo" else self._history.redo()
            said = "taken back" if way == "undo" else "made again"
            return self._after(before) | {"note": f"{said}: {step.text}"}

    def _take(self, line: Mapping[str, Any], change: Change) -> None:
        state = applied(self.state, change)
        self._history.add(Step(state, change.text, str(line.get("gesture", "")), str(line.get("by", ""))))

    def _replay(self, line: Mapping[str, Any]) -> None:
        """A line of the journal, as it was carried out once."""
        done = line.get("do")
        by = line.get("by", "")
        self.by = by if by != UNNAMED else self.by
        if done == "save":
            self.saved = self.revision
            return
        if done == "undo":
            self._history.undo()
        elif done == "redo":
            self._history.redo()
        else:
            self._take(line, from_line(line, self.state, recorded))
        self.revision += 1

    def _measure(self) -> None:
        self._now = self._measuring.try_measure(self.state)
        if isinstance(self._now, Analysis):
            self._last = self._now

    def _answer(self, contours: list[list[Any]]) -> dict[str, Any]:
        history = self._history
        return {
            "revision": self.revision,
            "by": self.by,
            "undo": history.undoable,
            "redo": history.redoable,
            "last": history.step.text,
            "saved": self.saved == self.revision or not self.revision,
            "contours": contours,
            "choices": payload.choices_of(self.state, self._last),
            "numbers": payload.numbers_of(self.now, self.original, self._last),
            "note": "",
        }

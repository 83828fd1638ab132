"""Every state of a review, in order, and where in them the reader is: undo and redo without limit."""

from __future__ import annotations

from dataclasses import dataclass

from lvcine.review.state import State


@dataclass(frozen=True, eq=False)
class Step:
    """One correction that can be undone as a whole.

    Attributes
    ----------
    state : State
        After it.
    text : str
    gesture : str
        Corrections of one drag have the same and are one step; empty: a step of its own.
    by : str
        Who made it.
    """

    state: State
    text: str = ""
    gesture: str = ""
    by: str = ""


class History:
    """Steps from the analysis on; the current one is the last that was not undone.

    Examples
    --------
    >>> empty = State(((None,),), ((None,),))
    >>> history = History(empty)
    >>> for gesture in ("a", "a", "b"):
    ...     history.add(Step(State(((None,),), ((None,),)), "drag", gesture))
    >>> history.undoable, history.undo().text, history.undoable, history.redoable
    (2, 'drag', 1, 1)
    """

    def __init__(self, first: State) -> None:
        self._steps = [Step(first)]
        self._at = 0

    @property
    def step(self) -> Step:
        return self._steps[self._at]

    @property
    def state(self) -> State:
        return self.step.state

    @property
    def undoable(self) -> int:
        return self._at

    @property
    def redoable(self) -> int:
        return len(self._steps) - 1 - self._at

    @property
    def made(self) -> tuple[Step, ...]:
        """Steps that count."""
        return tuple(self._steps[1 : self._at + 1])

    def add(self, step: Step) -> None:
        """A step after the current one, or in its place if of the same gesture; what was undone is gone."""
        same = bool(step.gesture) and self._at > 0 and step.gesture == self.step.gesture and not self.redoable
        self._at += not same
        self._steps[self._at :] = [step]

    def undo(self) -> Step:
        """Go back by one step; the step that was undone. Nothing happens at the beginning."""
        undone = self.step
        self._at = max(0, self._at - 1)
        return undone

    def redo(self) -> Step:
        """Go forward again by one step; nothing happens at the end."""
        self._at = min(len(self._steps) - 1, self._at + 1)
        return self.step

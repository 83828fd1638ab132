"""How good is it? Labelled data sets through the pipeline, against their readers."""

from lvcine.evaluate.kinds import KINDS
from lvcine.evaluate.results import run

__all__ = ["KINDS", "run"]

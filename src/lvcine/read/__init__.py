"""Files from any scanner -> :class:`lvcine.study.Study`."""

from lvcine.read.catalogue import Catalogue, Group
from lvcine.read.opening import catalogue, open_study
from lvcine.read.options import ReadOptions

__all__ = ["Catalogue", "Group", "ReadOptions", "catalogue", "open_study"]

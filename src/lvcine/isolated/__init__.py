"""Python processes of lvcine's own that see nothing of the folder they are started in.

Files from strangers are read in such a process: what a damaged or hostile file does to a parser, it does
to a child with a limit on memory and on processor time, and the parent goes on. A child is no sandbox: it
has the rights of its user.
"""

from lvcine.isolated.folder import private_folder
from lvcine.isolated.process import Child, ChildDiedError, start_python
from lvcine.isolated.watch import own_folder, still_working, working_on

__all__ = [
    "Child", "ChildDiedError", "own_folder", "private_folder", "start_python", "still_working", "working_on",
]  # fmt: skip

"""``python -m lvcine`` is ``lvcine``."""

from lvcine.cli.main import main

main()

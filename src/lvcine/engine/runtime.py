"""What runs a net, and whose weights are taken: the one rule of ``--weights``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable

from lvcine.engine.folder import shipped
from lvcine.study import Finding


@dataclass(frozen=True)
class Runtime:
    """How nets are run.

    A net that the user's folder lacks is an error (:func:`lvcine.engine.load`): no contour comes from other
    weights than those asked for. A net that only supplements another (its card in the user's folder or not)
    is taken from lvcine's own then (:meth:`supplemented`), and a finding says so (:meth:`supplements`).

    Attributes
    ----------
    engine : str
        Of :data:`lvcine.engine.backends.ENGINES`.
    threads : int or None
        Processor threads; all that this process may use by default, and never more than those.
    weights : Path or None
        Folder with nets and their cards; lvcine's own where it is None.
    """

    engine: str = "onnxruntime"
    threads: int | None = None
    weights: Traversable | None = None

    @property
    def folder(self) -> Traversable:
        """Where cards and weights are read."""
        return self.weights or shipped()

    def lacks(self, net: str) -> bool:
        """Whether the user gave a folder that has no card of this net.

        Examples
        --------
        >>> from pathlib import Path
        >>> Runtime().lacks("frames"), Runtime(weights=Path("no such folder")).lacks("frames")
        (False, True)
        """
        return self.weights is not None and not (self.weights / f"{net}.toml").is_file()

    def supplemented(self, net: str) -> Runtime:
        """The same, with lvcine's own weights where the user's folder lacks this net."""
        return replace(self, weights=None) if self.lacks(net) else self

    def supplements(self, net: str) -> tuple[Finding, ...]:
        """What to say where :meth:`supplemented` takes lvcine's own weights."""
        if not self.lacks(net):
            return ()
        text = f"the folder of --weights has no {net}.toml: the shipped net {net} is used"
        return (Finding("shipped-net-used", "warning", text, f"add {net}.toml and its files to the folder"),)


SHIPPED = Runtime()
"""ONNX Runtime on all processors with lvcine's own weights."""

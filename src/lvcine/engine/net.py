"""A net that is ready to run: verified, loaded, called with arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from numpy.typing import NDArray

from lvcine.engine.backends import ENGINES, Arrays, Session
from lvcine.engine.card import Card, read_card
from lvcine.engine.folder import REINSTALL, read_file, shipped
from lvcine.engine.graph import check_graph
from lvcine.errors import LvcineError, UsageError, WeightsError
from lvcine.isolated.threads import threads_for

_MOST_BYTES = 2**30  # of a net; lvcine's own have 6 million at most


@dataclass(frozen=True)
class Net:
    """A loaded net; call it with its inputs by name.

    Attributes
    ----------
    card : Card
    file : str
        Which of the card's files.
    engine : str
    session : Session
    """

    card: Card
    file: str
    engine: str
    session: Session

    @property
    def provenance(self) -> dict[str, str]:
        """What a result must say about the net that made it."""
        return {
            "name": self.card.name,
            "file": self.file,
            "sha256": self.card.sha256[self.file],
            "engine": self.engine,
            "first_line": self.card.first_line,
        }

    def __call__(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        """Run once.

        Parameters
        ----------
        inputs : dict of str to ndarray
            Every input of the graph; cast to the graph's own type.

        Returns
        -------
        dict of str to ndarray

        Raises
        ------
        WeightsError
            Names or shapes are not the graph's.
        """
        wanted = self.session.inputs
        if set(inputs) != set(wanted):
            raise WeightsError(f"inputs {sorted(inputs)}, expected {sorted(wanted)}", where=self.file)
        try:
            return self.session.run({k: v.astype(wanted[k], copy=False) for k, v in inputs.items()})
        except Exception as error:  # each engine has exceptions of its own
            shapes = {name: array.shape for name, array in inputs.items()}
            raise WeightsError(f"the net refused inputs of shape {shapes}", where=self.file) from error


def load(
    name: str,
    *,
    file: str | None = None,
    engine: str = "onnxruntime",
    threads: int | None = None,
    folder: Traversable | None = None,
) -> Net:
    """Verify and load a shipped net.

    Parameters
    ----------
    name : str
        Of the card.
    file : str, optional
        Which of the card's files, where it has several.
    engine : {"onnxruntime", "openvino", "openvino-bf16"}
    threads : int, optional
        Processor threads; all that this process may use by default, and never more than those.
    folder : Path, optional
        Another folder of weights than the package's own.

    Raises
    ------
    WeightsError
        No such net, a file that is missing, damaged or changed since its card was written, one that lies
        outside the card's folder or keeps a part of its numbers in another file.
    UsageError
        An engine that does not exist or is not installed, fewer than one thread.
    """
    card = read_card(name, folder)
    if engine not in ENGINES:
        raise UsageError(f"no engine is called {engine!r}", advice=f"choose one of {', '.join(ENGINES)}")
    count = threads_for(threads)
    chosen = _choose(card, file)
    model = _verified(card, chosen, folder or shipped())
    try:
        session = ENGINES[engine](model, count)
    except LvcineError:
        raise
    except Exception as error:  # each engine has exceptions of its own
        raise WeightsError(f"{engine} cannot load the net", where=chosen, advice=REINSTALL) from error
    return Net(card, chosen, engine, session)


def load_all(
    name: str, *, engine: str = "onnxruntime", threads: int | None = None, folder: Traversable | None = None
) -> tuple[Net, ...]:
    """All members of a net that is shipped as several files, in the card's order; see :func:`load`."""
    card = read_card(name, folder)
    return tuple(load(name, file=file, engine=engine, threads=threads, folder=folder) for file in card.sha256)


@dataclass(frozen=True)
class Members:
    """The nets of one card, loaded one after the other: each session holds hundreds of megabytes.

    Iterating loads a net when its turn comes; the one before is free to go then.

    Attributes
    ----------
    card : Card
    engine : str
    threads : int or None
    folder : Path or None
    """

    card: Card
    engine: str
    threads: int | None
    folder: Traversable | None

    def __len__(self) -> int:
        return len(self.card.sha256)

    def __iter__(self) -> Iterator[Net]:
        for file in self.card.sha256:
            yield load(
                self.card.name, file=file, engine=self.engine, threads=self.threads, folder=self.folder
            )

    @property
    def provenance(self) -> dict[str, str]:
        """What a result must say about the nets that made it together."""
        return {
            "name": self.card.name,
            "file": " ".join(self.card.sha256),
            "sha256": " ".join(self.card.sha256.values()),
            "engine": self.engine,
            "first_line": self.card.first_line,
        }


def load_members(
    name: str, *, engine: str = "onnxruntime", threads: int | None = None, folder: Traversable | None = None
) -> Members:
    """All files of a card, verified before any work is done, to be loaded one at a time.

    Raises
    ------
    WeightsError, UsageError
        As :func:`load`; a damaged file is found here, an engine that fails when its turn comes.
    """
    card = read_card(name, folder)
    for file in card.sha256:
        _verified(card, file, folder or shipped())
    return Members(card, engine, threads, folder)


def provenance(nets: Sequence[Net]) -> dict[str, str]:
    """What a result must say about the nets of one card that made it together."""
    files, digests = ([n.provenance[key] for n in nets] for key in ("file", "sha256"))
    return nets[0].provenance | {"file": " ".join(files), "sha256": " ".join(digests)}


def _choose(card: Card, file: str | None) -> str:
    if file is None and len(card.sha256) == 1:
        return next(iter(card.sha256))
    if file is None or file not in card.sha256:
        raise WeightsError(f"{file!r} is not one of {', '.join(card.sha256)}", where=f"{card.name}.toml")
    return file


def _verified(card: Card, file: str, folder: Traversable) -> bytes:
    """The bytes of the card's file, and no more than those: complete in themselves."""
    missing = WeightsError("the weights are missing", where=file, advice=REINSTALL)
    model = read_file(folder, file, _MOST_BYTES, missing=missing)
    if hashlib.sha256(model).hexdigest() != card.sha256[file]:
        raise WeightsError(
            "the weights are not those of the card (SHA-256 differs)", where=file, advice=REINSTALL
        )
    check_graph(model, file)
    return model

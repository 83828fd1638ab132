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
from lvcine.engine.folder import REINSTALL, read_file
from lvcine.engine.graph import check_graph
from lvcine.engine.runtime import SHIPPED, Runtime
from lvcine.errors import LvcineError, UsageError, WeightsError
from lvcine.isolated.threads import threads_for

_MOST_BYTES = 2**30  # of a net; lvcine's own have 6 million at most
_kept: dict[tuple[str, int, str], Session] | None = None  # by engine, threads and hash; None: nothing is kept


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
        return provenance((self,))

    def __call__(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        """Run once.

        Parameters
        ----------
        inputs : dict of str to ndarray
            Every input of the graph; cast to the graph's own type.

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


def load(name: str, runtime: Runtime = SHIPPED, *, file: str | None = None) -> Net:
    """Verify and load a net.

    Parameters
    ----------
    name : str
        Of the card.
    runtime : Runtime
        Engine, threads and whose weights.
    file : str, optional
        Which of the card's files, where it has several.

    Raises
    ------
    WeightsError
        No such net, a file that is missing, damaged or changed since its card was written, one that lies
        outside the card's folder or keeps a part of its numbers in another file.
    UsageError
        An engine that does not exist or is not installed, fewer than one thread.
    """
    card = read_card(name, runtime.folder)
    engine = runtime.engine
    if engine not in ENGINES:
        raise UsageError(f"no engine is called {engine!r}", advice=f"choose one of {', '.join(ENGINES)}")
    count = threads_for(runtime.threads)
    chosen = _choose(card, file)
    model = _verified(card, chosen, runtime.folder)
    key = (engine, count, card.sha256[chosen])
    if _kept is not None and key in _kept:
        return Net(card, chosen, engine, _kept[key])
    try:
        session = ENGINES[engine](model, count)
    except LvcineError:
        raise
    except Exception as error:  # each engine has exceptions of its own
        raise WeightsError(f"{engine} cannot load the net", where=chosen, advice=REINSTALL) from error
    if _kept is not None:
        _kept[key] = session
    return Net(card, chosen, engine, session)


def keep_loaded() -> None:
    """From now on this process keeps every net that it loads: for one that measures many studies."""
    global _kept
    _kept = {} if _kept is None else _kept


def load_all(name: str, runtime: Runtime = SHIPPED) -> tuple[Net, ...]:
    """All members of a net that is shipped as several files, in the card's order; see :func:`load`."""
    return tuple(load(name, runtime, file=file) for file in read_card(name, runtime.folder).sha256)


@dataclass(frozen=True)
class Members:
    """The nets of one card, loaded one after the other: each session holds hundreds of megabytes.

    Iterating loads a net when its turn comes; the one before is free to go then.
    """

    card: Card
    runtime: Runtime

    def __len__(self) -> int:
        return len(self.card.sha256)

    def __iter__(self) -> Iterator[Net]:
        for file in self.card.sha256:
            yield load(self.card.name, self.runtime, file=file)

    @property
    def provenance(self) -> dict[str, str]:
        """What a result must say about the nets that made it together."""
        return _provenance(self.card, tuple(self.card.sha256), self.runtime.engine)


def load_members(name: str, runtime: Runtime = SHIPPED) -> Members:
    """All files of a card, verified before any work is done, to be loaded one at a time.

    Raises
    ------
    WeightsError, UsageError
        As :func:`load`; a damaged file is found here, an engine that fails when its turn comes.
    """
    card = read_card(name, runtime.folder)
    for file in card.sha256:
        _verified(card, file, runtime.folder)
    return Members(card, runtime)


def provenance(nets: Sequence[Net]) -> dict[str, str]:
    """What a result must say about the nets of one card that made it together."""
    return _provenance(nets[0].card, [net.file for net in nets], nets[0].engine)


def _provenance(card: Card, files: Sequence[str], engine: str) -> dict[str, str]:
    return {
        "name": card.name,
        "file": " ".join(files),
        "sha256": " ".join(card.sha256[file] for file in files),
        "engine": engine,
        "first_line": " ".join(filter(None, (card.first_line, str(card.results.get("on_real", ""))))),
    }


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

"""The card of a net: what goes in, what it learned from, how well it did, whose it is.

A card is a TOML file beside the weights, ``<name>.toml``::

    name = "sax"
    first_line = "One sentence that a reader of the numbers must know."
    intended_use = "..."
    known_failures = ["...", "..."]
    licence = "Apache-2.0"
    code_version = "0.1.0"

    [files]                       # file name -> SHA-256 of its bytes
    "sax.onnx" = "..."

    [input]
    axes = ["batch", "channel", "row", "column"]
    spacing_mm = 1.5
    size = [128, 128]             # of the last axes; 0 = any
    channels = ["frame - 1", "frame", "frame + 1"]
    normalisation = "..."

    [labels]                      # channel of the output -> meaning
    0 = "background"

    [data]                        # free text per source
    [training]                    # recipe, steps, seconds
    [split]                       # side -> subjects: training, choosing, reporting
    [results]                     # measured, as text or numbers
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Any

from lvcine.engine import fields
from lvcine.engine.folder import REINSTALL, is_plain, read_file, shipped
from lvcine.errors import WeightsError

_MOST_BYTES = 2**18  # of a card; lvcine's own have 4000 at most


@dataclass(frozen=True)
class Contract:
    """What a net takes.

    Attributes
    ----------
    axes : tuple of str
        Meaning of every axis of the input array.
    spacing_mm : float or None
        In-plane pixel size that the input must be resampled to.
    size : tuple of int
        Length of the last axes; 0 where any length will do.
    channels : tuple of str
        What each channel holds.
    normalisation : str
        How intensities are scaled.
    """

    axes: tuple[str, ...] = ()
    spacing_mm: float | None = None
    size: tuple[int, ...] = ()
    channels: tuple[str, ...] = ()
    normalisation: str = ""


@dataclass(frozen=True)
class Card:
    """What is known about a net; the module's text says how it is written down.

    Attributes
    ----------
    name, first_line, intended_use, licence, code_version : str
    known_failures : tuple of str
    sha256 : dict
        File name -> hash of its bytes.
    contract : Contract
    labels : dict
        Channel of the output -> meaning.
    data, training, results : dict
        Sources with their licences; how it was trained; measured figures with their intervals.
    split : dict
        Side -> names of subjects: ``training``, ``choosing``, ``reporting``.
    """

    name: str
    first_line: str
    sha256: Mapping[str, str]
    contract: Contract = field(default_factory=Contract)
    labels: Mapping[int, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    split: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    results: Mapping[str, Any] = field(default_factory=dict)
    intended_use: str = ""
    known_failures: tuple[str, ...] = ()
    licence: str = ""
    code_version: str = ""

    @property
    def intervals(self) -> Mapping[str, tuple[float, float]]:
        """Measurement -> (factor, least SD) of :mod:`lvcine.measure.intervals`; empty where not measured."""
        return dict(self.results.get("intervals", {}))

    def side(self, subject: str) -> str:
        """Where a subject stood when the net was made; ``unseen`` if the card does not name it.

        Examples
        --------
        >>> Card("net", "", {}, split={"training": ("a",)}).side("a")
        'training'
        """
        return next((side for side, names in self.split.items() if subject in names), "unseen")


def cards(folder: Traversable | None = None) -> dict[str, Card]:
    """All nets that are shipped, by name.

    Parameters
    ----------
    folder : Path, optional
        Another folder of weights than the package's own.

    Raises
    ------
    WeightsError
        No such folder, or a card as :func:`read_card` refuses it.

    Examples
    --------
    >>> all(name == card.name for name, card in cards().items())
    True
    """
    folder = folder or shipped()
    try:
        names = [f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")]
    except OSError as error:
        raise WeightsError("the folder of weights cannot be read", advice="check its path") from error
    return {name: read_card(name, folder) for name in sorted(names)}


def read_card(name: str, folder: Traversable | None = None) -> Card:
    """Read the card of one net.

    Raises
    ------
    WeightsError
        No such card, one that leads out of its folder, or one that cannot be understood.
    """
    file = f"{name}.toml"
    advice = f"{REINSTALL}, or train the net (docs/develop/training.md) and pass its folder as --weights"
    missing = WeightsError(f"no net is called {name!r}", where=file, advice=advice)
    text = read_file(folder or shipped(), file, _MOST_BYTES, missing=missing)
    try:
        return _parse(name, fields.parse(text))
    except ValueError as error:
        raise WeightsError(f"the card is not understood: {error}", where=file, advice=REINSTALL) from error


def _parse(name: str, text: fields.Table) -> Card:
    if text.get("name") != name:
        raise ValueError(f"it names the net {text.get('name')!r:.80}")
    plain = ("first_line", "intended_use", "licence", "code_version")
    labels, split, results = (fields.table(text, key) for key in ("labels", "split", "results"))
    fields.pairs(results, "intervals")
    return Card(
        name=name,
        **{key: fields.string(text, key) for key in plain},
        known_failures=fields.strings(text, "known_failures"),
        sha256=_hashes(fields.table(text, "files")),
        contract=_contract(fields.table(text, "input")),
        labels={int(channel): fields.string(labels, channel) for channel in labels},
        data=fields.table(text, "data"),
        training=fields.table(text, "training"),
        split={side: fields.strings(split, side) for side in split},
        results=results,
    )


def _hashes(listed: fields.Table) -> dict[str, str]:
    if not listed:
        raise ValueError("it lists no [files]")
    for file in listed:
        if not is_plain(file):
            raise ValueError(
                f"[files] names {file!r:.80}, which is not the plain name of a file in its folder"
            )
    return {file: fields.string(listed, file) for file in listed}


def _contract(stated: fields.Table) -> Contract:
    unknown = set(stated) - {"axes", "spacing_mm", "size", "channels", "normalisation"}
    if unknown:
        raise ValueError(f"[input] says {', '.join(sorted(unknown))!r:.80}")
    return Contract(
        axes=fields.strings(stated, "axes"),
        spacing_mm=fields.positive(stated, "spacing_mm"),
        size=fields.lengths(stated, "size"),
        channels=fields.strings(stated, "channels"),
        normalisation=fields.string(stated, "normalisation"),
    )

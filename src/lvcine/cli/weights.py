"""``lvcine weights``: the nets that came with this lvcine, each checked against its card."""

from __future__ import annotations

from lvcine.cli.options import Json, Verbose
from lvcine.cli.result import print_cards


def weights(as_json: Json = False, verbose: Verbose = False) -> None:
    """List the shipped nets; check that each is the one of its card and loads."""
    from lvcine.engine import cards, load

    known = list(cards().values())
    for card in known:
        for file in card.sha256:
            load(card.name, file=file)
    print_cards(known, as_json=as_json)

"""Run a shipped net: its card, its hash, and ONNX Runtime or OpenVINO behind one call."""

from lvcine.engine.backends import ENGINES
from lvcine.engine.card import Card, Contract, cards, read_card
from lvcine.engine.net import Members, Net, keep_loaded, load, load_all, load_members, provenance
from lvcine.engine.runtime import SHIPPED, Runtime
from lvcine.isolated.threads import available_threads, threads_for

__all__ = [
    "ENGINES", "SHIPPED", "Card", "Contract", "Members", "Net", "Runtime", "available_threads", "cards",
    "keep_loaded", "load", "load_all", "load_members", "provenance", "read_card", "threads_for",
]  # fmt: skip

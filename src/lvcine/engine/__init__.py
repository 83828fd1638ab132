"""Run a shipped net: its card, its hash, and ONNX Runtime or OpenVINO behind one call."""

from lvcine.engine.backends import ENGINES
from lvcine.engine.card import Card, Contract, cards, read_card
from lvcine.engine.net import Net, load

__all__ = ["ENGINES", "Card", "Contract", "Net", "cards", "load", "read_card"]

"""``lvcine info PATH``: what would be read, without reading the pixels."""

from __future__ import annotations

from lvcine.cli.options import Input, Json, MaxPixels, Verbose, given
from lvcine.cli.result import print_catalogue


def info(path: Input, max_pixels: MaxPixels = None, as_json: Json = False, verbose: Verbose = False) -> None:
    """List the cines in PATH, and what would not be analysed and why."""
    from lvcine.read import ReadOptions, catalogue

    print_catalogue(catalogue(path, ReadOptions(**given(max_pixels=max_pixels))), as_json=as_json)

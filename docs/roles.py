"""Docstrings name code by Sphinx's roles; on these pages it is shown as code, without them."""

import re


def on_page_content(html: str, **_: object) -> str:
    """Take the roles out of a page (a hook of MkDocs)."""
    return re.sub(r":(?:class|func|mod|meth|attr|data):(?=<code>)", "", html)

"""Docstrings name code by Sphinx's roles; on the built pages it is shown as code, without them.

python docs/roles.py SITE
"""

import re
import sys
from pathlib import Path

for page in Path(sys.argv[1]).rglob("*.html"):
    text = page.read_text(encoding="utf-8")
    plain = re.sub(r":(?:class|func|mod|meth|attr|data):(?=<code>)", "", text)
    if plain != text:
        page.write_text(plain, encoding="utf-8")

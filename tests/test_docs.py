"""Every page that code, cards and pages name is there and in the navigation; methods pages stay short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(p.relative_to(DOCS).as_posix() for p in DOCS.rglob("*.md"))
TEXTS = [
    *(p for kind in ("*.py", "*.toml", "*.html", "*.j2") for p in (ROOT / "src").rglob(kind)),
    *(ROOT / "benchmarks").glob("*.*"),
    *ROOT.glob("*.md"),
    *DOCS.rglob("*.md"),
]
NAMED = re.compile(r"\bdocs/[\w./-]*\w\.(?:md|png|jpg|csv)\b")
LINKED = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
INCLUDED = re.compile(r'^--8<-- "([^":]+)', flags=re.M)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_every_page_that_is_named_is_there():
    named = {(p.relative_to(ROOT).as_posix(), name) for p in TEXTS for name in NAMED.findall(text(p))}
    assert len(named) > 30
    # A folder that only a table's maker fills is named with a word in capitals.
    wanted = [(where, name) for where, name in named if not re.search(r"/[A-Z]+\.md$", name)]
    assert not [(where, name) for where, name in wanted if not (ROOT / name).exists()]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_every_included_table_is_there(page):
    here, words = (DOCS / page).parent, text(DOCS / page)
    assert not [link for link in LINKED.findall(words) if not (here / link).exists()]
    assert not [table for table in INCLUDED.findall(words) if not (DOCS / table).is_file()]


def known(dotted: str) -> bool:
    """Whether a module of lvcine, or a name that stands in one, is called so; nothing is imported."""
    place, names = ROOT / "src", dotted.split(".")
    while names and (place / names[0]).is_dir():
        place /= names.pop(0)
    module = place / f"{names[0]}.py" if names else place
    if not module.is_file():
        module = place / "__init__.py"
    else:
        names.pop(0)
    return not names or re.search(rf"\b{names[0]}\b", text(module)) is not None


@pytest.mark.parametrize("page", [p for p in PAGES if not p.startswith("evidence/notebook")])
def test_code_that_a_page_names_is_there(page):
    words = text(DOCS / page).replace("SYSTEM", "frames")
    dotted = set(re.findall(r"\blvcine(?:\.[A-Za-z_]\w*)+", words))
    assert not [name for name in dotted if not known(name)]
    files = re.findall(r"`((?:src/lvcine/|tests/|benchmarks/)?[\w/]+/\w+\.py)`", words)
    assert not [f for f in files if not ((ROOT / f).exists() or (ROOT / "src" / "lvcine" / f).exists())]


def test_every_page_stands_in_the_navigation():
    nav = re.findall(r"[\w/-]+\.md", text(ROOT / "mkdocs.yml").split("\nnav:")[1].split("\nnot_in_nav:")[0])
    assert len(nav) == len(set(nav))
    assert set(nav) == {page for page in PAGES if not page.startswith("evidence/tables/")}


def test_every_table_is_shown_on_a_page_that_links_to_it():
    for table in (DOCS / "evidence" / "tables").glob("*.md"):
        pages = [text(p) for p in (DOCS / "evidence").glob("*.md")]
        shown = [page for page in pages if f'--8<-- "evidence/tables/{table.name}' in page]
        assert len(shown) == 1 and f"](tables/{table.name})" in shown[0], table.name


@pytest.mark.parametrize("page", [p for p in PAGES if p.startswith("methods/")])
def test_a_methods_page_is_two_screens(page):
    lines = text(DOCS / page).splitlines()
    assert len(lines) <= 100
    assert {"## How well", "## Limits"} <= set(lines)


def test_every_system_has_its_pages_and_every_public_name_its_own():
    import lvcine
    from lvcine.systems.registry import SYSTEMS

    for system in SYSTEMS:
        assert f"methods/{system}.md" in PAGES and f"evidence/notebook-{system}.md" in PAGES
    titles = {text(p).splitlines()[0] for p in (DOCS / "use" / "python").glob("*.md")}
    assert {f"# lvcine.{name}" for name in lvcine.__all__ if not name.startswith("_")} <= titles

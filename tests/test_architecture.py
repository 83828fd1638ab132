"""The house rules that no linter knows: size, names, silence, and what an import costs."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "lvcine").rglob("*.py"))
WEIGHTS_LIMITS_MIB = {"sax": 10, "echo": 6, "frames": 6, "quantification": 9, "velocity": 8}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def calls(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_every_file_reads_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350
    long = {f.name: code_lines(f) for f in functions(path) if code_lines(f) > 60}
    assert not long, f"functions over 60 lines: {long}"


def test_functions_are_short_as_a_rule():
    lengths = sorted(code_lines(f) for path in SOURCES for f in functions(path))
    assert lengths[len(lengths) // 2] <= 12


def test_no_drawer_for_everything():
    assert not [p for p in SOURCES if p.stem in {"utils", "util", "helpers", "misc", "common"}]


@pytest.mark.parametrize("path", [p for p in SOURCES if "cli" not in p.parts], ids=name)
def test_the_library_neither_prints_nor_exits(path):
    assert not calls(path) & {"print", "sys.exit", "exit", "quit", "os._exit", "input"}


def imports(path: Path) -> set[str]:
    """Top-level names of all packages that a file imports, inside functions too."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {
        n.split(".")[0]
        for n in plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    }


def test_torch_is_allowed_by_folder_where_nets_are_trained():
    house = ROOT / "src" / "lvcine"
    with_torch = [p.relative_to(house).parts for p in SOURCES if "torch" in imports(p)]
    assert {"training", "papers", "systems"} >= {parts[0] for parts in with_torch}
    assert all(parts[2] == "train" for parts in with_torch if parts[0] == "systems")


def test_shipped_weights_stay_small():
    sizes = dict.fromkeys(WEIGHTS_LIMITS_MIB, 0)
    for file in (ROOT / "src" / "lvcine" / "weights").glob("*.onnx"):
        sizes[file.stem.partition("-")[0]] += file.stat().st_size
    for system, most in WEIGHTS_LIMITS_MIB.items():
        assert sizes[system] <= most * 2**20, system


def loaded_after(code: str) -> set[str]:
    """Top-level modules in a fresh Python after running ``code``."""
    tail = "; import sys, json; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", code + tail], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


HEAVY = {"numpy", "scipy", "pydicom", "matplotlib", "onnxruntime", "torch", "av", "nibabel", "PIL"}


def test_importing_lvcine_loads_nothing_heavy():
    assert not loaded_after("import lvcine; lvcine.__version__") & (HEAVY | {"typer", "rich"})


def test_importing_lvcine_takes_a_fifth_of_a_second_at_most():
    code = "import time; began = time.process_time(); import lvcine; print(time.process_time() - began)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) <= 0.2


def test_analysing_loads_no_matplotlib_and_no_pandas():
    uses = "import lvcine; lvcine.analyze, lvcine.measure_masks, lvcine.frames, lvcine.quantify"
    more = "import lvcine.report.page, lvcine.report.movie, lvcine.evaluate.echo"
    assert not loaded_after(f"{uses}; {more}") & {"matplotlib", "pandas"}


def test_a_review_opens_without_what_clips_and_velocities_alone_need():
    """Half of what there was to load: the page is there the sooner."""
    uses = "import lvcine.review.open_result, lvcine.review.session, lvcine.review.serve; import sys"
    slow = "('scipy.signal', 'scipy.stats', 'scipy.interpolate', 'scipy.sparse.csgraph')"
    code = f"{uses}; print([m for m in {slow} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_only_what_trains_and_reproduces_may_draw_with_matplotlib():
    house = ROOT / "src" / "lvcine"
    drawing = {p.relative_to(house).parts[0] for p in SOURCES if "matplotlib" in imports(p)}
    assert drawing <= {"training", "papers"}
    assert not [pin for pin in pins("runtime.lock") if pin.startswith(("matplotlib", "pandas"))]


def test_the_help_text_loads_nothing_heavy():
    assert not loaded_after("from lvcine.cli.main import run; run(['analyze', '--help'])") & HEAVY


def test_using_lvcine_loads_no_torch():
    assert "torch" not in loaded_after("import lvcine; lvcine.analyze, lvcine.info, lvcine.open_study")


def test_analysing_loads_nothing_of_the_phantom():
    tail = "; import sys; print([m for m in sys.modules if m.startswith('lvcine.phantom')])"
    uses = "import lvcine; lvcine.analyze, lvcine.frames, lvcine.quantify, lvcine.info"
    done = subprocess.run([sys.executable, "-c", uses + tail], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("lock", ["bootstrap.lock", "runtime.lock", "dev.lock", "train.lock"])
def test_every_locked_package_has_a_hash_and_no_address(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in text


def pins(lock: str) -> set[str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {line.rstrip(" \\") for line in text.splitlines() if line[:1].isalnum()}


def test_what_is_tested_is_what_is_shipped():
    assert pins("runtime.lock") <= pins("dev.lock")
    assert pins("runtime.lock") <= pins("train.lock")


def test_the_lock_holds_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {re.split(r"[<>=]", need)[0] for need in project["dependencies"]}
    assert asked <= {pin.split("==")[0] for pin in pins("runtime.lock")}

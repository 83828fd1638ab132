"""Does a change of the code leave every result as it was?

Two steps. ``record`` analyses every scan of the folder ``../shared/data`` and twelve virtual studies with the
code of one checkout; ``compare`` holds two such records against each other::

    git worktree add /tmp/before COMMIT
    python benchmarks/same_results.py record --code /tmp/before --data ../shared/data --out /tmp/a
    python benchmarks/same_results.py record --code . --data ../shared/data --out /tmp/b
    python benchmarks/same_results.py compare /tmp/a /tmp/b

Numbers, masks, the codes of findings, which scans are refused and the truth of the virtual studies have to be
equal (exit status 1 otherwise). Words may change and keys may be added: each pair of old and new text and
each new key is printed once, with the digits left out. The references beside the scans (``*_gt.nii``,
contours) are not opened.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import nibabel
import numpy as np

VIRTUAL = {
    "mr-ge": ("--seed", "900", "--frames", "12"),
    "mr-siemens": ("--seed", "901", "--frames", "12", "--vendor", "siemens", "--kind", "hypertrophic"),
    "mr-philips": ("--seed", "902", "--frames", "12", "--vendor", "philips", "--kind", "dilated"),
    "mr-enhanced": ("--seed", "903", "--frames", "12", "--vendor", "enhanced", "--kind", "infarcted"),
    "mr-nifti": ("--seed", "904", "--frames", "12", "--format", "nifti"),
    "us-a4c": ("--seed", "900", "--view", "A4C"),
    "us-a2c": ("--seed", "901", "--view", "A2C", "--kind", "dilated"),
    "us-a3c": ("--seed", "902", "--view", "A3C"),
    "us-biplane": ("--seed", "903", "--view", "A4C,A2C"),
    "velocity-siemens": ("--seed", "900", "--view", "velocity", "--vendor", "siemens", "--frames", "20"),
    "velocity-philips": ("--seed", "901", "--view", "velocity", "--vendor", "philips", "--frames", "20"),
    "velocity-nifti": ("--seed", "902", "--view", "velocity", "--format", "nifti", "--frames", "20"),
}
IDENTITY = {"code", "severity", "view", "modality", "papillary", "sha256", "name", "file"}
SKIPPED = {"lvcine_version", "versions", "seconds", "options"}  # of run.json: not results


def scans(data: Path, work: Path) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    """Name, path and options of every real scan; the archives are unpacked in ``work`` once."""
    for archive in sorted(data.glob("*/*.tar.xz")):
        unpacked = work / archive.name.removesuffix(".tar.xz")
        if not unpacked.is_dir():
            with tarfile.open(archive) as file:
                file.extractall(unpacked, filter="data")
        for folder in sorted({path.parent for path in unpacked.rglob("*.dcm")}):
            yield str(folder.relative_to(work)), folder, ()
        for path in sorted(unpacked.rglob("*.nii")):
            if not path.stem.endswith("_gt"):
                view = ("--view", "A4C") if "camus" in archive.name else ()
                yield str(path.relative_to(work)), path, view
    loose = [
        path for path in sorted(data.rglob("*")) if path.suffix in (".mat", ".npz", ".mov", ".mp4", ".dcm")
    ]
    for path in loose:
        yield str(path.relative_to(data)), path, ()


class Code:
    """The ``lvcine`` command of one checkout."""

    def __init__(self, root: Path) -> None:
        self.environment = {**os.environ, "PYTHONPATH": str(root.resolve() / "src")}

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lvcine", *arguments, "--quiet"]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True)


def record(code: Code, data: Path, work: Path, out: Path) -> None:
    """One folder of results for each scan below ``out``, with ``exit.json`` where a scan is refused."""
    for name, options in VIRTUAL.items():
        made = out / "virtual" / name
        if not made.is_dir():
            code("phantom", "-o", str(made), "--count", "1", *options).check_returncode()
    subjects = [
        (f"virtual/{name}", next((out / "virtual" / name).glob("subject-*/scan")), ()) for name in VIRTUAL
    ]
    for name, path, options in [*subjects, *scans(data, work)]:
        result = out / "results" / name
        if result.exists():
            continue  # an interrupted record goes on where it stopped
        print(name, flush=True)
        done = code("analyze", str(path), "-o", str(result), "--movie", "none", *options)
        if not (result / "measurements.json").is_file():
            result.mkdir(parents=True, exist_ok=True)
            (result / "exit.json").write_text(json.dumps({"exit": done.returncode, "error": done.stderr}))


def leaves(tree: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every single value of a JSON tree with the keys that lead to it."""
    if isinstance(tree, dict):
        for key, branch in tree.items():
            if not (path == "/run.json" and key in SKIPPED):
                yield from leaves(branch, f"{path}/{key}")
    elif isinstance(tree, list):
        for place, branch in enumerate(tree):
            yield from leaves(branch, f"{path}/{place}")
    else:
        yield path, tree


def facts(folder: Path) -> dict[str, object]:
    """What one analysis said, key by key; of masks and of virtual scans a digest."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*.json")):
        found.update(leaves(json.loads(path.read_text()), f"/{path.relative_to(folder)}"))
    for path in sorted(folder.rglob("*.nii.gz")):
        image = nibabel.load(path)
        content = np.asarray(image.dataobj).tobytes() + np.asarray(image.affine).tobytes()
        found[f"/{path.relative_to(folder)}"] = hashlib.sha256(content).hexdigest()
    return found


def is_words(key: str, before: object, after: object) -> bool:
    """Text that a person reads, as against a value."""
    if not (isinstance(before, str) and isinstance(after, str)) or key.endswith(".nii.gz"):
        return False
    return key.rpartition("/")[2] not in IDENTITY


def compare(before: Path, after: Path) -> int:
    """Print what differs; 1 where more than words do."""
    names = sorted(
        {str(p.parent.relative_to(root)) for root in (before, after) for p in root.rglob("*.json")}
    )
    words: Counter[tuple[str, str]] = Counter()
    added: Counter[str] = Counter()
    values = 0
    for name in names:
        old, new = facts(before / name), facts(after / name)
        for key in sorted(old.keys() | new.keys()):
            a, b = old.get(key, "(none)"), new.get(key, "(none)")
            if a == b:
                continue
            if old and key not in old:
                added[re.sub(r"\d+", "#", key)] += 1
            elif key in new and is_words(key, a, b):
                words[re.sub(r"\d+", "#", str(a)), re.sub(r"\d+", "#", str(b))] += 1
            else:
                values += 1
                print(f"{name}{key}: {str(a)[:100]} -> {str(b)[:100]}")
    for (a, b), times in sorted(words.items()):
        print(f"words ({times} times):\n  - {a}\n  + {b}")
    for key, times in sorted(added.items()):
        print(f"new ({times} times): {key}")
    print(f"{len(names)} folders; {values} values differ, {len(words)} texts, {len(added)} new keys")
    return 1 if values else 0


def main() -> int:
    """Command line of the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    steps = parser.add_subparsers(dest="step", required=True)
    one = steps.add_parser("record", help="analyse everything with one checkout's code")
    for name in ("--code", "--data", "--out"):
        one.add_argument(name, type=Path, required=True)
    one.add_argument("--work", type=Path, help="where the archives are unpacked (OUT/unpacked)")
    two = steps.add_parser("compare", help="hold two records against each other")
    two.add_argument("before", type=Path)
    two.add_argument("after", type=Path)
    chosen = parser.parse_args()
    if chosen.step == "compare":
        return compare(chosen.before, chosen.after)
    record(Code(chosen.code), chosen.data, chosen.work or chosen.out / "unpacked", chosen.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""A made cohort with known bias and spread gives these back; what does not fit is said."""

from __future__ import annotations

import csv
import re

import nibabel
import numpy as np
import pytest

from lvcine.cohorts.record import Record
from lvcine.cohorts.tables import rows_of, write_tables
from lvcine.comparison.columns import guess_columns
from lvcine.comparison.run import compare
from lvcine.errors import ReadError, UsageError

N = 200
LABELS = [f"case-{k:03d}" for k in range(N)]


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(5)
    edv = rng.normal(150, 30, N)
    ef = rng.normal(58, 7, N)
    return {"edv_ml": edv, "esv_ml": edv * (1 - ef / 100), "ef_percent": ef}


def write_cohort(folder, numbers, labels=LABELS):
    folder.mkdir(parents=True)
    records = [
        Record(
            label,
            "done",
            numbers={n: float(v[k]) for n, v in numbers.items()} | {"ed_frame": 0, "es_frame": 1},
        )
        for k, label in enumerate(labels)
    ]
    write_tables(folder, rows_of([*records, Record("broken", "failed", 124, "time")]))
    return folder


@pytest.fixture(scope="module")
def cohort(tmp_path_factory, truth):
    folder = write_cohort(tmp_path_factory.mktemp("cohort") / "ours", truth)
    for label in LABELS[:3]:
        (folder / "studies" / label).mkdir(parents=True)
        (folder / "studies" / label / "report.html").write_text("x")
    return folder


def write(path, header, rows):
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def test_known_bias_and_spread_of_two_readers_come_back(cohort, truth, tmp_path):
    rng = np.random.default_rng(8)
    one = truth["edv_ml"] - 5.0 + 4.0 * rng.standard_normal(N)
    two = truth["edv_ml"] + 3.0 + 8.0 * rng.standard_normal(N)
    one[0] = truth["edv_ml"][0] + 60.0
    rows = zip(LABELS, one, two, strict=True)
    table = write(tmp_path / "r.csv", ["Patient", "LVEDV (ml) reader A", "LVEDV (ml) reader B"], rows)
    found = compare(cohort, table, output=tmp_path / "out")
    ours_a, ours_b, a_b = found.pairings
    assert (ours_a.one, ours_a.other, a_b.one, a_b.other) == ("lvcine", "reader a", "reader a", "reader b")
    assert ours_a.limits.bias.low < 5.0 < ours_a.limits.bias.high
    assert ours_b.limits.bias.value == pytest.approx(-3.0, abs=1.2) and ours_b.limits.sd == pytest.approx(
        8.0, rel=0.12
    )
    assert a_b.limits.bias.value == pytest.approx(-8.0, abs=2.0)
    # Of variances 900 between hearts and 64 of the reading, with a shift of 3.
    assert ours_b.icc.value == pytest.approx(900 / (900 + 64 / 2 + 9 / 2), abs=0.02)
    assert found.all_readers[0][0] == "edv_ml" and found.all_readers[0][2] == N
    assert ours_a.labels[ours_a.worst(1)[0]] == LABELS[0]

    page = (tmp_path / "out" / "compare.html").read_text()
    way = "../" * (len((tmp_path / "out").parts) - len(cohort.parents[1].parts))
    assert f"{cohort.parent.name}/ours/studies/{LABELS[0]}/report.html" in page and way in page
    assert page.count("<svg") == 6 and "script" not in page
    rows = list(csv.DictReader((tmp_path / "out" / "agreement.csv").open()))
    assert float(rows[1]["bias"]) == pytest.approx(ours_b.limits.bias.value, rel=1e-5)
    assert len(list(csv.DictReader((tmp_path / "out" / "pairs.csv").open()))) == 3 * N
    with pytest.raises(UsageError, match="lies there already"):
        compare(cohort, table, output=tmp_path / "out")


def test_the_page_gives_units_signs_and_heads(cohort, truth, tmp_path):
    edv = truth["edv_ml"] + np.where(np.arange(N) % 2, 20.0, -20.0)
    edv[0], edv[1] = truth["edv_ml"][0] + 50.0, truth["edv_ml"][1] - 50.0
    table = write(
        tmp_path / "r.csv", ["id", "EDV", "ef_percent"], zip(LABELS, edv, truth["ef_percent"], strict=True)
    )
    compare(cohort, table, output=tmp_path / "out")
    page = (tmp_path / "out" / "compare.html").read_text()
    assert "<h2>EDV (mL): lvcine − " in page and "<h2>EF (%): lvcine − " in page
    assert re.search(r"mean of lvcine and \w+ \(mL\)</text>", page)
    heads = re.search(r"Largest differences</h3>.*?<thead>(.*?)</thead>", page, flags=re.S).group(1)
    assert re.findall(r"<th[^>]*>([^<]*)</th>", heads) == ["Study", "lvcine", "manual", "Difference"]
    differences = re.findall(r'<td class="num">([+−-][\d.]+)</td></tr>', page)
    assert {"+50.0", "−50.0"} <= set(differences)
    body = re.sub(r"<style.*?</style>", "", page, flags=re.S)
    assert not re.search(r">[^<]*(?<![\w.])-\d", body)  # a hyphen is no minus
    assert "+0.0" not in body and "−0.0<" not in body  # EF is ours: no difference has no sign


def test_readers_in_lines_fractions_and_studies_without_a_partner(cohort, truth, tmp_path):
    rows = [
        (label.upper(), who, v / 100)
        for who in ("A", "B")
        for label, v in zip(LABELS, truth["ef_percent"], strict=True)
    ]
    table = write(tmp_path / "r.csv", ["id", "reader", "EF"], [*rows[1:], ("nobody", "A", 0.5)])
    found = compare(cohort, table)
    assert [(p.one, p.other) for p in found.pairings] == [("lvcine", "A"), ("lvcine", "B"), ("A", "B")]
    assert (
        found.pairings[0].limits.bias.value == pytest.approx(0.0, abs=1e-6)
        and found.pairings[0].only_one == 1
    )
    assert any("fraction" in note for note in found.notes)
    assert any("1 studies of the table" in note for note in found.notes)


def test_version_against_version(cohort, truth, tmp_path):
    other = write_cohort(tmp_path / "new", truth | {"edv_ml": truth["edv_ml"] + 2.0})
    found = compare(other, cohort)
    assert {p.name: round(p.limits.bias.value, 6) for p in found.pairings}["edv_ml"] == 2.0


@pytest.mark.parametrize(
    ("header", "cell", "error", "said"),
    [
        (["id", "EDV"], 0.15, UsageError, "median of 0.15"),
        (["id", "height"], 1.7, ReadError, "no column of a number"),
    ],
)
def test_what_cannot_be_compared_says_why(cohort, tmp_path, header, cell, error, said):
    table = write(tmp_path / "r.csv", header, [(label, cell) for label in LABELS])
    with pytest.raises(error, match=said):
        compare(cohort, table)


def test_labels_that_do_not_meet_and_a_line_twice(cohort, tmp_path):
    with pytest.raises(ReadError, match="no column holds labels"):
        compare(cohort, write(tmp_path / "r.csv", ["id", "EDV"], [("x", 100)]))
    with pytest.raises(UsageError, match="stands twice"):
        compare(cohort, write(tmp_path / "s.csv", ["id", "EDV"], [(LABELS[0], 100), (LABELS[0], 110)]))


def test_a_stated_column_goes_before_the_guess(cohort, truth, tmp_path):
    rows = zip(LABELS, truth["edv_ml"] + 100, truth["edv_ml"], strict=True)
    table = write(tmp_path / "r.csv", ["id", "EDV", "Vol1"], rows)
    found = compare(cohort, table, columns={"edv_ml": "Vol1"})
    assert len(found.pairings) == 1 and found.pairings[0].limits.bias.value == pytest.approx(0.0, abs=1e-6)
    with pytest.raises(UsageError, match="no column is called"):
        compare(cohort, table, columns={"edv_ml": "Vol2"})


@pytest.mark.parametrize(
    ("header", "name", "reader"),
    [
        ("EDV", "edv_ml", ""), ("LV EDV [mL]", "edv_ml", ""), ("ef_percent", "ef_percent", ""),
        ("LVEF (%)", "ef_percent", ""),
        ("End-diastolic volume", "edv_ml", ""), ("obs2_LVESV", "esv_ml", "obs2"), ("LVM_g", "lv_mass_g", ""),
    ],
)  # fmt: skip
def test_columns_are_guessed(header, name, reader):
    (column,) = guess_columns([header], {})
    assert (column.name, column.reader) == (name, reader)


@pytest.mark.parametrize("header", ["age", "EDVx", "comment on EDVx", "series", "reader"])
def test_other_columns_are_left_alone(header):
    assert guess_columns([header], {}) == []


def disc(radius, shape=(40, 40)):
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (y - 20) ** 2 + (x - 20) ** 2 <= radius**2


def volume(radii):
    """(X, Y, 3 slices, frames) of cavity 1 and wall 2 around it."""
    frames = [np.stack([np.where(disc(r), 1, np.where(disc(r + 4), 2, 0))] * 3, axis=2) for r in radii]
    return np.stack(frames, axis=3).astype(np.uint8)


def test_masks_are_compared_at_ed_and_es_and_misplaced_ones_are_refused(tmp_path):
    cohort = write_cohort(tmp_path / "c", {"edv_ml": [30.0, 30.0, 30.0]}, ["a", "b", "a-2"])
    affine, theirs = np.diag([1.5, 1.5, 8.0, 1.0]), tmp_path / "masks"
    theirs.mkdir()
    for label in ("a", "b", "a-2"):
        (cohort / "studies" / label).mkdir(parents=True)
        nibabel.save(
            nibabel.Nifti1Image(volume([10, 6]), affine), cohort / "studies" / label / "segmentation.nii.gz"
        )
    swapped = np.select([volume([8, 6])[..., ::-1] == 1, volume([8, 6])[..., ::-1] == 2], [3, 2], 0).astype(
        np.uint8
    )
    nibabel.save(nibabel.Nifti1Image(swapped, affine), theirs / "a_gt.nii.gz")  # ES first, the cavity is 3
    moved = affine.copy()
    moved[0, 3] = 5.0
    nibabel.save(nibabel.Nifti1Image(swapped, moved), theirs / "b.nii.gz")
    for phase, k in (("ED", 1), ("ES", 0)):
        nibabel.save(nibabel.Nifti1Image(swapped[..., k], affine), theirs / f"a-2_{phase}.nii.gz")
    found = compare(cohort, theirs, mask_values=(3, 2), output=tmp_path / "out")
    by_label = {one.label: one for one in found.masks}
    expected = 2 * disc(8).sum() / (disc(8).sum() + disc(10).sum())
    for label in ("a", "a-2"):
        assert by_label[label].scores["dice3d_cavity_ed"] == pytest.approx(expected)
        assert by_label[label].scores["dice3d_cavity_es"] == 1.0
        assert by_label[label].scores["endo_average_mm_ed"] == pytest.approx(3.0, abs=0.5)
    assert "lie elsewhere" in by_label["b"].reason and any("b: masks" in note for note in found.notes)
    volume_ml = float(disc(8).sum()) * 3 * 18.0 / 1000.0
    assert found.pairings[0].b == pytest.approx([volume_ml, volume_ml])
    assert found.summaries["dice3d_cavity_es"].n == 2
    assert (tmp_path / "out" / "masks.csv").read_text().count("\n") == 4

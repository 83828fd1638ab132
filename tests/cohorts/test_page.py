"""The page of a cohort: what it says without a browser, and what it does in one with 5,000 studies."""

from __future__ import annotations

import re

import numpy as np
import pytest

from lvcine.cohorts.distributions import distribution_svg
from lvcine.cohorts.page import cohort_html
from lvcine.cohorts.record import Record
from lvcine.report.reference import reference_range


def study(label, *, edv=120.0, ef=60.0, sex="F", age=50.0, findings=(), **changes):
    facts = {"sex": sex, "age_years": age, "papillary": "include", "modality": "MR"}
    numbers = {"edv_ml": edv, "esv_ml": edv * (1 - ef / 100), "ef_percent": ef, "lv_mass_g": 90.0}
    return Record(
        label, "done", facts=facts | changes.pop("facts", {}), numbers=numbers, findings=findings, **changes
    )


def many(count):
    rng = np.random.default_rng(1)
    found = [
        study(
            f"p{k:04d}",
            edv=float(rng.normal(130, 20)),
            sex="FM"[k % 2],
            findings=(("few-slices", "warning"),) * (k % 10 == 0),
        )
        for k in range(count - 3)
    ]
    return [
        *found, study("odd", edv=390.0, ef=12.0),
        Record("<b>bad", "refused", 3, "ReadError", "no <cine>", "copy it again"),
        Record("slow", "failed", 124, "time", "takes more than 3600 s", "raise --time-limit"),
    ]  # fmt: skip


def test_failures_come_first_then_outliers_and_text_is_data():
    page = cohort_html(many(60), lambda label: "")
    assert "<b>bad" not in page and "&lt;b&gt;bad" in page and "no &lt;cine&gt;" in page.lower()
    data = page[page.index('id="data">') :]
    labels = re.search(r'"label": \[(.*?)\]', data).group(1).split(", ")
    assert labels[0] == '"\\u003cb\\u003ebad"' and labels[1] == '"slow"' and labels[2] == '"odd"'
    assert "default-src 'none'" in page and "http" not in re.sub(r"http-equiv|doi:\S+", "", page)


def test_versions_and_conventions_that_differ_are_said():
    mixed = [study("a"), study("b", lvcine_version="0.0.9"), study("c", facts={"papillary": "exclude"})]
    page = cohort_html(mixed, lambda label: "")
    assert "different versions" in page and "cannot be compared" in page
    assert 'class="range"' not in page  # no range is that of both conventions


def test_the_range_is_drawn_where_the_paper_puts_it():
    svg = str(distribution_svg([study("a", edv=100.0), study("b", edv=200.0)], "edv_ml", "mL"))
    ticks = {
        float(v): float(y) for y, v in re.findall(r'y="([\d.]+)">([\d.]+)</text>', svg) if float(v) % 50 == 0
    }
    per_ml = (ticks[50.0] - ticks[200.0]) / 150.0
    y, height = map(
        float, re.search(r'class="range" x="[\d.]+" y="([\d.]+)" width="\d+" height="([\d.]+)"', svg).groups()
    )
    normal = reference_range("edv_ml", "include", "F")
    assert height == pytest.approx((normal.high - normal.low) * per_ml, abs=0.2)
    assert y == pytest.approx(
        ticks[50.0] - (normal.high - 50.0) * per_ml, abs=5.0
    )  # text stands 4 lower than its line


def test_5000_studies_answer_in_the_browser(browser, tmp_path):
    script = """() => {
    const start = performance.now(), get = id => document.getElementById(id);
    const first = get("shown").textContent + "|" + document.querySelectorAll("#contact a").length;
    get("code").value = "0"; get("code").dispatchEvent(new Event("input"));
    const filtered = get("shown").textContent;
    get("code").value = ""; get("status").value = ""; get("search").value = "p00";
    get("search").dispatchEvent(new Event("input"));
    const heads = [...document.querySelectorAll("#table thead button")];
    const edv = heads.findIndex(button => button.textContent === "EDV (mL)");
    heads[edv].click();
    const lines = [...document.querySelectorAll("#table tbody tr")];
    const rows = lines.map(line => Number(line.children[edv].textContent));
    const sorted = rows.every((v, k) => k === 0 || rows[k - 1] <= v);
    const link = document.querySelector("#table tbody a").getAttribute("href");
    const last = get("shown").textContent;
    return [first, filtered, last, String(sorted), link, performance.now() - start];
    }"""
    file = tmp_path / "cohort.html"
    file.write_text(cohort_html(many(5000), lambda label: "UklGRg==" * 300))
    page = browser.new_page()
    page.goto(file.as_uri(), timeout=120_000)
    title = page.evaluate(script)
    assert title[0] == "4998 of 5000 studies|60"
    assert title[1] == "500 of 5000 studies" and title[2] == "100 of 5000 studies" and title[3] == "true"
    assert re.fullmatch(r"studies/p00\d\d/report.html", title[4])
    assert float(title[5]) < 5000  # three answers, on a processor that is busy with other things
    assert page.locator("svg").count() >= 4


@pytest.mark.parametrize("width", [420, 1280])
def test_the_page_fits_a_phone_and_a_desk(browser, tmp_path, width):
    file = tmp_path / "cohort.html"
    few = [study("subject-000001", ef=16.0, edv=235.0, findings=(("few-slices", "warning"),)), study("b")]
    file.write_text(cohort_html(few, lambda label: ""))
    page = browser.new_page(viewport={"width": width, "height": 900})
    told = []
    page.on("console", lambda message: told.append(message.text))
    page.goto(file.as_uri(), timeout=120_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= width and not told
    row = page.locator("#table tbody tr", has_text="subject-000001")
    assert row.locator("td.num").all_inner_texts() == ["50", "235.0", "197.4", "16.0", "90.0"]
    assert row.locator("a").evaluate("link => link.getClientRects().length") == 1  # on one line
    heads = page.locator("#table thead button").all_inner_texts()
    assert "Group" not in heads and heads[-1] == "Findings"
    assert not page.locator("#on").is_visible()
    # Two of the canvas's pixels are one of the page's: its letters are as large as the others.
    assert page.locator("canvas").evaluate("c => c.width / c.clientWidth") == pytest.approx(2.0, abs=0.05)


def test_the_time_of_all_studies_has_a_unit_that_fits():
    for seconds, said in ((12.0, "12 s"), (840.0, "14 min"), (7200.0, "2.0 h")):
        page = cohort_html([study("a", seconds=seconds)], lambda label: "")
        assert f"<dt>Time of all studies</dt><dd>{said}</dd>" in page

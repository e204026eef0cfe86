"""Cohorts with little to show, and names that are not words: each makes a page without a fault."""

import numpy as np
import pytest

from association.results import COLUMNS
from jobs.report import report_html

SYMBOLS = ("<img src=x onerror=alert(1)>", "A&B;C", '"quoted"', "</script><b>", "T\u00e9\u00df", "$x_1$", "HLA-A*01")


@pytest.fixture
def sound(visit):
    """Give a function that opens a page at two widths and by night, and gives its text; the page must be sound."""

    def look(page):
        for options in ({"width": 1280}, {"width": 390, "scheme": "dark"}):
            with visit(page, anchor="#all-genes", **options) as opened:
                if opened.page.locator("section.browse").count():
                    opened.page.wait_for_selector("section.browse[data-ready]")
                faults = [*opened.errors, *opened.requests, *opened.undrawn(), *opened.overflowing()]
                assert not [*faults, *opened.grave_faults()]
                text = opened.page.locator("main").inner_text()
        assert "nan" not in text.lower().split()
        assert "None" not in text.split()
        return text

    return look


def test_no_significant_gene(sound, result_rows, report_inputs):
    rows = result_rows(40, "survival", np.random.default_rng(3))
    assert "No gene passes" in sound(report_html(report_inputs(rows)))


def test_five_genes_of_one_trait_without_events(sound, result_rows, report_inputs):
    rows = result_rows(5, "alsfrs_slope", np.random.default_rng(4))
    text = sound(report_html(report_inputs(rows, traits=("alsfrs_slope",))))
    assert "5 genes were asked" in text
    assert "events" not in text


def test_nothing_that_could_be_tested(sound, report_inputs):
    row = dict.fromkeys(column.name for column in COLUMNS) | {"contig": "chr1", "start": 1, "trait": "survival"}
    row |= {"mask": "plof", "max_af": 0.01, "test": "burden", "samples": 300, "primary": True, "flags": ""}
    rows = [row | {"gene": gene, "reason": "no qualifying variant"} for gene in ("ONE", "TWO")]
    assert "No gene could be tested" in sound(report_html(report_inputs(rows, attrition=[], run={})))


def test_awkward_names(sound, result_row, report_inputs, trait_summary):
    rows = [result_row(symbol, trait="<i>T</i>", exceedances=10**place) for place, symbol in enumerate(SYMBOLS)]
    rows += [result_row(f"G{i}", "synonymous", trait="<i>T</i>", exceedances=30_000 * i) for i in range(1, 31)]
    summary = trait_summary("survival", name="<i>T</i>", exclusions=[{"reason": "<b>x</b>", "count": 9}])
    text = sound(report_html(report_inputs(rows, summaries=[summary], settings={"name": SYMBOLS[0], "alpha": 0.05})))
    assert all(symbol in text for symbol in SYMBOLS)

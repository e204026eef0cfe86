"""Pages beside the report in a browser: of one gene, of a meta-analysis, and of what changed from one to the next."""

import dataclasses

import pandas as pd
import pytest

from jobs.report import report_html
from jobs.report.audience import Audience
from jobs.report.consortium import Consortium
from jobs.report.gene.page import gene_page_html
from tests.jobs.comparison.test_compare_meta import meta, share
from tests.jobs.report.gene.conftest import GENE, gene_inputs

__all__ = ["gene_inputs", "meta"]


def combined(inputs):
    """Give inputs of a meta-analysis of two cohorts."""
    key = {"gene": GENE, "trait": "survival", "mask": "plof", "max_af": 0.01}
    effects = {"cohort": ["north", "south"], "carriers": [9, 11], "effect": [0.5, 0.9], "standard_error": [0.3, 0.25]}
    forest = pd.DataFrame({**key, **effects, "neg_log10_p_without": [2.0, 1.0]})
    whole = {**key, "effect": 0.8, "standard_error": 0.2, "cochran_q": 1.1, "i_squared": 0.1, "neg_log10_p_q": 0.3}
    whole |= {"cohorts": 2, "neg_log10_p": 4.0, "carriers": 20}
    told = {"capture_kit": None, "caller": "GATK 4.5", "progex": "0.1.0", "smallest_cell": 5}
    cohorts = [{"cohort": name, **told} for name in effects["cohort"]]
    traits = [{"trait": "survival", "cohort": name, "samples": 150, "events": 80} for name in effects["cohort"]]
    overlap = [{"first": "north", "second": "south", "unchecked": "there are no fingerprints", "relatives": None}]
    consortium = Consortium(cohorts, traits, overlap, {}, forest, pd.DataFrame([whole]))
    return dataclasses.replace(inputs, profiles=None, consortium=consortium)


@pytest.fixture
def one_gene(gene_inputs):
    return gene_page_html(gene_inputs(), GENE)


@pytest.fixture
def meta_report(gene_inputs):
    return report_html(combined(gene_inputs(Audience.CONSORTIUM)))


@pytest.fixture
def changes(meta, progex):
    old = meta("old", [share("north", 100), share("south", 80)], {"A": 2, "B": 2})
    new = meta("new", [share("north", 120), share("west", 90)], {"A": 4, "B": 2.5})
    assert progex("compare", old, new).exit_code == 0
    return new / "comparison/changes.html"


@pytest.mark.parametrize("page", ["one_gene", "meta_report", "changes"])
def test_a_page_beside_the_report_asks_for_nothing_and_has_no_grave_fault(page, visit, request):
    with visit(request.getfixturevalue(page), width=390, scheme="dark") as opened:
        assert not opened.undrawn()
        assert not opened.overflowing()
        assert not opened.grave_faults()
        opened.page.select_option("#theme", "light")
        assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not opened.grave_faults()
        assert not opened.errors
        assert not opened.requests

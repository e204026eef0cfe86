"""All genes and all masks are in the section, with the numbers of the results."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from jobs.report import report_html
from jobs.report.audience import Audience
from jobs.report.browse.codes import HIDDEN, p_codes, unpacked
from jobs.report.browse.mask_rows import mask_rows
from jobs.report.browse.section import browse_section
from jobs.report.findings import find
from jobs.report.numbers import FEW


def held(inputs):
    """Give what the section holds, its rows unpacked."""
    section = browse_section(inputs, [find(inputs, trait) for trait in inputs.traits])
    return read(section["data"])


def read(block):
    """Read the element with the rows."""
    found = json.loads(block.partition(">")[2].partition("</script>")[0])
    found["genes"] = unpacked(found["genes"])
    for trait in found["traits"]:
        for view in ("genes", "masks"):
            trait[view]["rows"] = unpacked(trait[view]["rows"])
        trait["masks"]["rows"]["gene"] = np.cumsum(trait["masks"]["rows"]["gene_steps"]).tolist()
    return found


def test_every_gene_has_its_p_value_the_strongest_first(inputs):
    found = held(inputs)
    rows = found["traits"][0]["genes"]["rows"]
    symbols = [found["genes"]["symbol"][gene] for gene in rows["gene"]]
    own = inputs.results[(inputs.results["trait"] == "survival") & inputs.results["primary"].eq(True)]
    assert sorted(symbols) == sorted(own["gene"])
    assert rows["p"] == p_codes(own.set_index("gene").loc[symbols, "p_value"])
    assert symbols[0] == "SIM00007"
    assert rows["p"] == sorted(rows["p"], reverse=True)


def test_every_mask_has_its_tests_p_values(inputs):
    found = held(inputs)
    view = found["traits"][0]["masks"]
    titles = [one["title"] for one in view["columns"] if one["kind"] == "test"]
    assert [title.replace("\u00a0", " ") for title in titles] == ["Omnibus p", "Burden p", "SKAT p"]
    rows = inputs.results[(inputs.results["trait"] == "survival") & (inputs.results["mask"] != "all")]
    by_row = rows.set_index(["gene", "mask", "test"])["p_value"]
    for place, test in enumerate(("omnibus", "burden", "skat")):
        keys = [
            (found["genes"]["symbol"][gene], found["masks"][mask]["name"], test)
            for gene, mask in zip(view["rows"]["gene"], view["rows"]["mask"], strict=True)
        ]
        assert view["rows"][f"p_test_{place}"] == p_codes(by_row.loc[keys])


def test_too_many_rows_are_cut_to_those_of_the_smallest_p_values(inputs):
    findings = find(inputs, inputs.traits[0])
    every, _, of = mask_rows(findings, 10_000)
    few, _, still = mask_rows(findings, 20)
    smallest = every.filter(like="p_test_").min(axis=1)
    assert len(few) == 20
    assert of == still == len(every) == 450
    assert few.filter(like="p_test_").min(axis=1).max() <= smallest.nsmallest(20).max()


def test_a_gene_without_a_test_is_there_with_its_reason(result_row, report_inputs):
    nothing = {"p_value": None, "neg_log10_p": None, "reason": "no qualifying variant", "carriers": 0}
    found = held(report_inputs([result_row("ONE"), result_row("NONE", **nothing)]))
    rows = found["traits"][0]["genes"]["rows"]
    assert [found["genes"]["symbol"][gene] for gene in rows["gene"]] == ["ONE", "NONE"]
    assert found["texts"][rows["reason"][1]] == "no qualifying variant"


def test_a_withheld_count_is_withheld_and_so_is_what_tells_it(result_row, report_inputs):
    told = {"carriers": FEW, "observed_events": FEW, "expected_events": None, "effect": None, "standard_error": None}
    rows = [result_row("ONE"), result_row("FEW", **told)]
    found = held(report_inputs(rows))["traits"][0]["genes"]["rows"]
    few = found["carriers"].index(HIDDEN)
    assert found["events"][few] == HIDDEN
    assert [found[name][few] for name in ("expected", "ratio", "effect", "effect_lower", "effect_upper")] == [
        None
    ] * 5


def test_gene_lists_can_be_chosen(inputs):
    lists = pd.DataFrame({"gene_set": ["own"] * 3, "gene": ["SIM00003", "SIM00001", "NOT_HERE"]})
    found = held(replace(inputs, set_genes=lists.reindex(columns=inputs.set_genes.columns)))
    assert found["lists"] == ["own"]
    assert [found["genes"]["symbol"][gene] for gene in found["genes"]["list_0"]] == ["SIM00001", "SIM00003"]


@pytest.mark.parametrize("symbol", ["</script><img src=x>", "<!--<script>", "A&B"])
def test_a_symbol_can_not_end_its_element(symbol, result_row, report_inputs):
    inputs = report_inputs([result_row("ONE", mask=symbol), result_row("TWO", mask=symbol)])
    section = browse_section(inputs, [find(inputs, trait) for trait in inputs.traits])
    assert section["data"].count("</script>") == 1
    assert section["data"].count("<") == 2
    assert held(inputs)["masks"][0]["name"] == symbol


def test_without_results_there_is_no_section_and_no_library(report_inputs):
    page = report_html(report_inputs([]))
    assert 'id="all-genes"' not in page
    assert "DataTable" not in page


@pytest.mark.parametrize("audience", Audience)
def test_a_page_holds_no_count_that_its_reader_may_not_see(audience, inputs):
    page = report_html(replace(inputs, audience=audience))
    found = read(page[page.index('id="all-genes-data"') :])
    rows = [trait[view]["rows"] for trait in found["traits"] for view in ("genes", "masks")]
    counts = {count for own in rows for name in ("carriers", "events") for count in own[name]}
    assert bool(counts & {1, 2, 3, 4}) == (audience == Audience.SITE)
    assert (HIDDEN in counts) == (audience == Audience.CONSORTIUM)

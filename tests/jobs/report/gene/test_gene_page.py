"""The page of a gene: words made from the numbers, whole tables, ids that links find, nothing that is withheld."""

import dataclasses
import re
import time

import numpy as np
import pandas as pd
import pytest

from jobs.report import report_html
from jobs.report.audience import Audience
from jobs.report.consortium import Consortium
from jobs.report.figure_files import figures_of
from jobs.report.findings import find
from jobs.report.gene import UnknownGeneError, gene_page_html, gene_pages
from jobs.report.gene.survival_words import survival_caption
from jobs.report.gene.words import trait_words

SITE, CONSORTIUM = Audience.SITE, Audience.CONSORTIUM


def pages_of(inputs):
    return gene_pages(inputs, [find(inputs, summary) for summary in inputs.traits])


def said(one, inputs, text_of):
    return text_of(" ".join(trait_words(one, inputs.profiles["sites"])))


def test_the_result_is_told_with_its_mask_events_and_ratio(gene_inputs, one_trait, text_of):
    inputs = gene_inputs()
    text = said(one_trait(inputs), inputs, text_of)
    assert "The gene passes the line of this trait: p = 1.0 \u00d7 10 \u22126" in text
    assert "20 carriers of 6 variants, 15 events where 6.2 were expected (observed / expected 2.42" in text
    assert "carriers have them sooner" in text
    assert "Hazard ratio per allele 3.3 (95% interval 1.6 to 6.7, Firth)" in text


def test_one_of_anything_is_told_in_the_singular(gene_inputs, one_trait, text_of):
    inputs = gene_inputs(carriers=3, variants=1, observed_events=1.0, expected_events=1.4)
    text = said(one_trait(inputs), inputs, text_of)
    assert "3 carriers of 1 variant, 1 event where 1.4 were expected" in text
    assert "carriers have them" not in text


def test_the_variant_that_drives_a_result_is_named_and_one_that_does_not_is_not(gene_inputs, one_trait, text_of):
    inputs = gene_inputs()
    assert "One variant drives it : without p.Arg12Ter, p = 0.31, instead of" in said(
        one_trait(inputs), inputs, text_of
    )
    quiet = dataclasses.replace(inputs, leave_one_out=inputs.leave_one_out.iloc[1:].reset_index(drop=True))
    text = said(one_trait(quiet), quiet, text_of)
    assert "No single variant makes it: whichever of the 5 is left out, p stays at most 3.0 \u00d7 10 \u22125" in text


def test_a_consortium_learns_that_one_variant_drives_it_but_not_which(gene_inputs, one_trait, text_of):
    inputs = gene_inputs(CONSORTIUM)
    few = inputs.variants.assign(carriers=[4, 1, 2, 4, 3, 1])
    text = said(one_trait(dataclasses.replace(inputs, variants=few)), inputs, text_of)
    assert "One variant drives it" in text
    assert "p.Arg12Ter" not in text
    assert "0.31" not in text


@pytest.mark.parametrize(
    ("p_value", "words"),
    [
        (0.4, "Nothing speaks against a hazard ratio that stays the same"),
        (0.03, "There is a hint that the carriers\u2019 hazard ratio changes"),
        (0.002, "one number does not describe it"),
        (None, "was not tested: fewer than 5 events"),
    ],
)
def test_the_test_of_proportional_hazards_is_told_in_words(gene_inputs, one_trait, text_of, p_value, words):
    inputs = gene_inputs()
    inputs.profiles["groups"]["p_proportional"] = p_value
    inputs.profiles["groups"]["reason"] = "fewer than 5 events"
    assert words in text_of(survival_caption(one_trait(inputs)))


def test_a_consortium_is_told_medians_in_whole_steps_of_time(gene_inputs, one_trait):
    assert "month 14.3 (carriers) and month 41.8" in survival_caption(one_trait(gene_inputs()))
    assert "month 15 (carriers) and month 42 (others)" in survival_caption(one_trait(gene_inputs(CONSORTIUM)))


@pytest.mark.parametrize(("carriers", "events"), [(4, 4.0), (20, 2.0), (20, 18.0)])
def test_events_of_few_carriers_are_not_told_to_a_consortium(gene_inputs, one_trait, text_of, carriers, events):
    changes = {"carriers": carriers, "observed_events": events}
    inputs = gene_inputs(CONSORTIUM, **changes)
    assert "where 6.2 were expected" not in said(one_trait(inputs), inputs, text_of)
    inputs = gene_inputs(SITE, **changes)
    assert "where 6.2 were expected" in said(one_trait(inputs), inputs, text_of)


def test_every_tested_mask_stands_in_the_small_table(gene_inputs):
    (page,) = pages_of(gene_inputs()).pages
    survival, slope = page.masks.traits
    assert page.masks.tests == ["burden", "SKAT"]
    assert [row["mask"] for row in survival["rows"]] == ["loss of function", "synonymous (control)"]
    first = survival["rows"][0]
    assert [cell["p"] != "" for cell in first["cells"]] == [True, True]
    assert [cell["counts"] for cell in first["cells"]] == [True, False]
    assert first["carriers"] == "20"
    assert slope["rows"][0]["carriers"] == "18"


def test_the_report_has_a_page_for_each_profiled_gene_that_links_find(gene_inputs, outline):
    page = report_html(gene_inputs())
    tags = outline(page).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    links = [attributes.get("href", "") for tag, attributes in tags if tag == "a"]
    assert "#gene-NEK1" in links
    assert "gene-QUIET" not in ids
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert len(ids) == len(set(ids))


def test_a_report_without_profiles_has_no_pages_of_genes_but_those_followed_up(gene_inputs):
    inputs = dataclasses.replace(gene_inputs(), profiles=None)
    assert [page.symbol for page in pages_of(inputs).pages] == ["NEK1"]
    without = dataclasses.replace(inputs, effects=None)
    assert pages_of(without).pages == []
    assert "Gene pages" not in report_html(without)


def test_pages_of_any_gene_can_be_made_and_of_no_other(gene_inputs, text_of):
    text = text_of(gene_page_html(gene_inputs(), "QUIET"))
    assert "QUIET" in text
    assert "8 carriers" in text
    with pytest.raises(UnknownGeneError, match="SOD9"):
        gene_page_html(gene_inputs(), "SOD9")


def test_a_page_refers_to_nothing_outside_itself_and_runs_what_sets_its_colours(gene_inputs, outline):
    page = gene_page_html(gene_inputs(), "NEK1")
    assert not re.search(r"https?://|url\(", page)
    scripts = [attributes for tag, attributes in outline(page).tags if tag == "script"]
    own, *numbers = scripts
    assert own == {}, "that of the page's colours"
    assert {attributes["type"] for attributes in numbers} == {"application/json"}


def test_no_name_is_taken_for_markup(gene_inputs, outline):
    evil = "<img src=x onerror=alert(1)>"
    inputs = gene_inputs(gene=evil)
    inputs.profiles["sites"]["hgvs_p"] = evil
    inputs.profiles["sites"]["consequence"] = evil
    for page in (gene_page_html(inputs, evil), report_html(inputs)):
        assert "img" not in {tag for tag, _ in outline(page).tags}
        assert not any("onerror" in attributes for _, attributes in outline(page).tags)


def test_figures_are_light_and_described(gene_inputs):
    (page,) = pages_of(gene_inputs()).pages
    kinds = {figure.name.rsplit("-", 1)[1] for figure in figures_of(page)}
    assert kinds == {"variants", "traits", "survival", "without", "influence", "course", "values"}
    for figure in figures_of(page):
        assert len(figure.image) < 25_000
        assert figure.description
        assert figure.caption
        assert len(figure.data)


def test_a_consortiums_page_holds_nothing_of_variants_that_few_carry(gene_inputs):
    changes = ("Arg12Ter", "Gly40Asp", "Leu77Pro", "Ser210Arg", "1,300 C&gt;T")
    # Of one mask those that many carry would leave few.
    inputs = gene_inputs(CONSORTIUM)
    assert not [change for change in changes if change in gene_page_html(inputs, "NEK1")]
    sites = inputs.profiles["sites"]
    sites["masks"] = "plof"
    sites.loc[sites["carriers"] == 9, ["carriers", "allele_count"]] = 6
    page = gene_page_html(inputs, "NEK1")
    assert [change for change in changes if change in page] == ["Arg12Ter", "Leu77Pro"]
    assert "Influence" not in page
    site = gene_page_html(gene_inputs(), "NEK1")
    assert "Influence" in site
    assert "Gly40Asp" in site


def test_cohorts_are_drawn_as_the_table_of_agreement_says_but_none_with_few_carriers(gene_inputs):
    key = {"gene": "NEK1", "trait": "survival", "mask": "plof", "max_af": 0.01}
    forest = pd.DataFrame([{**key, "cohort": name, "carriers": n} for name, n in (("A", 9), ("<b>B", 11), ("C", 3))])
    forest = forest.assign(
        effect=[0.5, 0.9, 4.0], standard_error=[0.3, 0.25, 1.0], neg_log10_p_without=[2.0, 1.0, 3.0]
    )
    whole = {**key, "effect": 0.8, "standard_error": 0.2, "cochran_q": 1.1, "i_squared": 0.1, "neg_log10_p_q": 0.3}
    consortium = Consortium([], [], [], {}, forest, pd.DataFrame([whole]))
    inputs = dataclasses.replace(gene_inputs(CONSORTIUM), profiles=None, consortium=consortium)
    pages = pages_of(inputs).pages
    (figure,) = [figure for figure in figures_of(pages[0]) if figure.name.endswith("cohorts")]
    assert figure.data["cohort"].tolist() == ["A", "<b>B", "all cohorts"]
    np.testing.assert_allclose(figure.data["effect"], [0.5, 0.9, 0.8])
    assert "I² 10%" in figure.caption
    assert "<b>" not in figure.image


@pytest.mark.slow
def test_forty_genes_of_three_traits_are_made_in_seconds_and_take_little_room(gene_inputs):
    inputs = gene_inputs()
    names = [f"GENE{number}" for number in range(40)]

    def many(table):
        return pd.concat([table.assign(gene=name) for name in names]) if "gene" in table else table

    tables = {name: many(table) for name, table in inputs.profiles.items()}
    followed = {name: many(getattr(inputs, name)) for name in ("leave_one_out", "variants", "effects")}
    results = pd.concat([many(inputs.results[inputs.results["gene"] == "NEK1"]), inputs.results])
    inputs = dataclasses.replace(inputs, results=results, profiles=tables, **followed)
    began = time.process_time()
    pages = pages_of(inputs)
    assert time.process_time() - began < 8
    assert len(pages.pages) == 40
    assert sum(len(figure.image) for page in pages.pages for figure in figures_of(page)) < 2_700_000

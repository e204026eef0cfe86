"""What the page says of traits together."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from association.traits_together.together_columns import CORRELATION_COLUMNS, gene_columns, pair_columns
from jobs.report import numbers, report_html
from jobs.report.together import leading_genes, together_section

TRAITS = ["survival", "alsfrs_slope"]
PLACE = {"mask": "plof", "max_af": 0.01, "test": "burden", "weights": "flat", "coding": "sum"}
ALL = {"mask": "all", "max_af": None, "test": "omnibus", "weights": None, "coding": None}


def p_value(name, value):
    made = {f"{name}_lower": value / 2, f"{name}_upper": min(2 * value, 1.0), f"{name}_method": "permutation"}
    return {name: value, **made, f"{name}_permutations": 10_000}


def gene_row(gene, place, p_any, **more):
    row = {column.name: None for column in gene_columns(TRAITS)} | {"gene": gene, "carriers": 8, "flags": ""} | place
    row |= {"primary": place is ALL, "q_any": 0.3, "p_at_least_2": 0.4, "p_value_survival": 0.03}
    for name in ("p_any", "p_heterogeneous", "p_homogeneous"):
        row |= p_value(name, p_any)
    return row | more


def pair_row(gene, p_both, **more):
    row = {column.name: None for column in pair_columns()} | {"gene": gene, "carriers": 8, "flags": ""} | PLACE
    row |= {"trait_1": TRAITS[0], "trait_2": TRAITS[1], "p_1": p_both, "p_2": p_both / 10, "p_both": p_both}
    return row | p_value("p_2_given_1", 0.0123) | p_value("p_1_given_2", 0.9) | more


@pytest.fixture
def together():
    genes = [
        gene_row("WEAK", ALL, 0.2),
        gene_row("STRONG", PLACE, 0.00021, carriers=4),
        gene_row("STRONG", ALL, 0.0034),
        gene_row("RARE", ALL, 1e-6, flags="few_carriers"),
        gene_row("STRONG", PLACE | {"mask": "synonymous"}, 1e-7),
    ]
    pairs = [pair_row("ONE", 0.2), pair_row("BOTH", 0.0056), pair_row("FEW", 1e-5, flags="few_carriers")]
    correlation = {column.name: None for column in CORRELATION_COLUMNS} | {
        "trait_1": TRAITS[0],
        "trait_2": TRAITS[1],
        "samples_both": 275,
        "residual_correlation": -0.31,
        "residual_lower": -0.4,
        "residual_upper": -0.2,
        "same_direction": False,
        "genes": 2,
        "gene_correlation": np.nan,
        "gene_correlation_expected": -0.29,
    }
    return {"genes": pd.DataFrame(genes), "pairs": pd.DataFrame(pairs), "correlations": pd.DataFrame([correlation])}


@pytest.fixture
def inputs(report_inputs, result_row, together):
    left_out = [{"trait": "height", "reason": "relatives are kept by kinship, and can't be exchanged"}]
    unknown = ["cmap"]
    own = report_inputs([result_row("STRONG")])
    return dataclasses.replace(own, together=together, left_out=left_out, unknown_harm=unknown)


def test_genes_are_ranked_by_the_best_of_the_traits_and_few_carriers_are_left_out(together):
    assert leading_genes(together["genes"])["gene"].tolist() == ["STRONG", "WEAK"]


def test_the_mask_behind_a_gene_is_no_control(inputs):
    section = together_section(inputs)
    assert str(section["genes"][0]["driver_p"]).startswith("2.1")
    assert section["genes"][0]["mask"] == "loss of function"


def test_numbers_of_few_people_are_not_told(inputs):
    assert together_section(inputs)["genes"][0]["carriers"] == "<5"
    assert [numbers.people(count) for count in (0, 1, 4, 5, 1234)] == ["0", "<5", "<5", "5", "1,234"]


def test_traits_that_few_patients_have_both_of_are_not_correlated(inputs):
    correlations = inputs.together["correlations"].assign(samples_both=4)
    few = dataclasses.replace(inputs, together={**inputs.together, "correlations": correlations})
    (row,) = together_section(few)["correlations"]
    assert (row["samples"], row["residuals"], row["expected"]) == ("<5", ("\u2013", ""), "\u2013")


def test_pairs_show_the_genes_that_act_on_both(inputs):
    assert [row["gene"] for row in together_section(inputs)["pairs"]] == ["BOTH", "ONE"]


def test_the_page_tells_of_genes_pairs_correlations_and_who_is_left_out(inputs, text_of):
    text = text_of(report_html(inputs))
    told = ("opposite ways", "which way is worse in CMAP")
    for words in (*told, "Traits together", "STRONG", "BOTH", "0.012", "\u22120.31", "Height is not among them"):
        assert words in text


def test_a_study_without_traits_together_has_no_such_section(report_inputs, result_row):
    assert "Traits together" not in report_html(report_inputs([result_row("STRONG")]))

"""Under each gene's p-value stands the mask and test that is behind it, and how the numbers were made."""

import pytest

from jobs.report import report_html
from jobs.report.findings import find
from jobs.report.gene_table import gene_table


@pytest.fixture
def table(report_inputs):
    """Give a function that makes the table of some rows."""

    def make(rows, **changes):
        inputs = report_inputs(rows, **changes)
        return gene_table(find(inputs, inputs.traits[0]))

    return make


def test_a_gene_is_described_by_its_strongest_mask_and_test(table, result_row):
    rows = [
        result_row("GENE", "missense", carriers=9, exceedances=400, primary=False, effect=-0.2),
        result_row("GENE", "missense", "skat", carriers=9, exceedances=40, primary=False, weights="beta_1_25"),
        result_row("GENE", "missense", "omnibus", carriers=9, exceedances=4, primary=False),
        result_row("GENE", "synonymous", exceedances=0),
        result_row("GENE", "all", "omnibus", carriers=29, exceedances=100, p_family=0.03, q_value=0.002),
    ]
    (row,) = table(rows).rows
    assert row["mask"] == "missense"
    assert row["test"] == "SKAT, Beta(1, 25) weights"
    assert row["carriers"] == "9"
    assert row["ratio"][0] == "1.33"
    assert row["effect"][0] == "\u22120.20"
    assert row["direction"] == "later"
    assert str(row["p_value"]).startswith("1.0")
    assert str(row["driver_p"]).startswith("4.1")
    assert (row["p_family"], row["q_value"]) == ("0.030", "0.0020")


def test_a_gene_whose_masks_have_few_carriers_each_is_described_as_a_whole(table, result_row):
    rows = [result_row("GENE", mask, carriers=2, primary=False) for mask in ("plof", "missense")]
    (row,) = table([*rows, result_row("GENE", "all", "omnibus", carriers=4)]).rows
    assert (row["mask"], row["test"], row["carriers"]) == ("all masks", "omnibus", "4")
    assert row["driver_p"] is None
    assert row["max_af"] == ""


def test_the_effect_is_the_unweighted_burdens_of_the_same_mask(table, result_row):
    rows = [
        result_row("GENE", max_af=0.001, exceedances=80, effect=7.0, primary=False),
        result_row("GENE", weights="beta_1_25", exceedances=3, effect=9.0, primary=False),
        result_row("GENE", coding="any", exceedances=2, effect=8.0, primary=False),
        result_row("GENE", exceedances=70, effect=1.5, primary=False),
        result_row("GENE", "all", "omnibus"),
    ]
    made = table(rows)
    assert made.rows[0]["test"] == "burden, any variant (dominant)"
    assert made.rows[0]["effect"][0] == "1.50"
    assert made.effect_unit == "allele"


@pytest.mark.parametrize(
    ("weights", "coding", "unit"),
    [
        ("flat", "sum", "allele"),
        ("flat", None, "allele"),
        ("flat", "any", "carrier"),
        ("flat", "two_hits", "patient with two alleles"),
        ("madsen_browning", "sum", "unit of burden"),
        ("score:REVEL", "max", "unit of burden"),
    ],
)
def test_effects_name_what_they_are_per(weights, coding, unit, table, result_row):
    assert table([result_row("GENE", weights=weights, coding=coding)]).effect_unit == unit


def test_effects_of_different_burdens_are_per_unit_of_burden(table, result_row):
    assert table([result_row("ONE"), result_row("TWO", coding="any")]).effect_unit == "unit of burden"


def test_only_counted_p_values_have_an_interval(table, result_row):
    exact = {"p_value": 0.01, "p_lower": 0.01, "p_upper": 0.01}
    rows = [
        result_row("COUNTED", p_value=0.01, p_lower=0.008, p_upper=0.013),
        result_row("LOOKED", method="enumeration", **exact),
        result_row("FORMULA", method="saddlepoint", **exact | {"p_lower": None, "p_upper": None}),
    ]
    made = {row["gene"]: row["p_made"] for row in table(rows).rows}
    assert made == {"COUNTED": "0.0080 to 0.013", "LOOKED": "enumeration", "FORMULA": "saddlepoint"}


def test_methods_are_explained_by_the_list_of_methods(table, result_row):
    made = table([result_row("ONE", method="exact"), result_row("TWO")])
    assert [name for name, _ in made.methods] == ["exact", "permutation"]
    assert made.methods[0][1] == "exact law of a burden under permutation within strata"


def test_adjusted_p_values_have_a_column_only_where_there_are_some(result_row, report_inputs, text_of):
    assert "Adjusted p" not in text_of(report_html(report_inputs([result_row("GENE")])))
    text = text_of(report_html(report_inputs([result_row("GENE", q_value=0.012)])))
    assert "Adjusted p" in text
    assert "\u2013 0.012" in text


def test_cautions_are_of_the_mask_and_of_the_count(table, result_row, report_inputs, text_of):
    rows = [
        result_row("GENE", exceedances=0, primary=False, flags="single_variant;at_resolution_limit"),
        result_row("GENE", "all", "omnibus", exceedances=2, flags="many_ties"),
    ]
    made = table(rows)
    assert made.cautions == made.rows[0]["flags"]
    assert made.cautions == [
        ("one variant only", "all carriers share one variant"),
        ("many ties", "more than 30% of event times are shared"),
    ]
    text = text_of(report_html(report_inputs([result_row("GENE", exceedances=0)])))
    assert "the p-value is an upper bound set by their number" in text

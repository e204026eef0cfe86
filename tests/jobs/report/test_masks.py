"""The table of masks has a row per test of each mask and ceiling."""

from dataclasses import replace

import pytest

from association.calibration.multiplicity import genomic_inflation
from jobs.report import report_html
from jobs.report.findings import find
from jobs.report.masks import about_empty_masks, mask_table


def test_mask_rows_count_genes_and_those_that_can_pass(inputs):
    findings = find(inputs, inputs.traits[0])
    rows = mask_table(findings)
    tests = ["burden", "skat", "omnibus"]
    assert [row["mask"] for row in rows] == ["all", *["plof"] * 3, *["missense"] * 3, *["synonymous"] * 3]
    assert [row["test"] for row in rows] == ["omnibus", *tests * 3]
    tested = inputs.tested("survival")
    for row in rows:
        part = tested[(tested["mask"] == row["mask"]) & (tested["test"] == row["test"])]
        assert row["genes"] == len(part)
        assert row["testable"] == (part["min_attainable_p"] <= findings.family.threshold).sum()
        assert row["p_value"] == part["p_value"].min()
        assert row["inflation"] == genomic_inflation(part["p_value"].to_numpy())


def test_weightings_and_codings_are_rows_of_their_own(result_row, report_inputs, text_of):
    kinds = [("flat", "sum"), ("beta_1_25", "sum"), ("flat", "any"), ("score:REVEL", "max")]
    rows = [
        result_row(f"G{i}", weights=weights, coding=coding, primary=False, exceedances=30_000 * i)
        for i in range(1, 31)
        for weights, coding in kinds
    ]
    inputs = report_inputs([*rows, *(result_row(f"G{i}", "all", "omnibus") for i in range(1, 31))])
    made = mask_table(find(inputs, inputs.traits[0]))
    assert [row["genes"] for row in made] == [30] * 5
    assert [(row["weights"], row["coding"]) for row in made[1:]] == kinds
    text = text_of(report_html(inputs))
    assert "burden 30 30 20" in text
    assert "burden, Beta(1, 25) weights 30 30 20" in text
    assert "burden, any variant (dominant) 30 30 20" in text
    assert "burden, worst variant, REVEL weights 30 30 20" in text


def test_ceilings_are_rows_of_their_own_the_widest_first(result_row, report_inputs):
    rows = [result_row(f"G{i}", max_af=max_af) for i in range(5) for max_af in (0.001, 0.01)]
    inputs = report_inputs(rows)
    assert [row["max_af"] for row in mask_table(find(inputs, inputs.traits[0]))] == [0.01, 0.001]


@pytest.mark.parametrize(("genes", "words"), [(19, "\u2013"), (39, "1.00 0.45 to 1.94")])
def test_lambda_stands_beside_what_chance_gives(genes, words, result_row, report_inputs, text_of):
    rows = [result_row(f"G{i}", exceedances=int(1_000_000 * i / (genes + 1))) for i in range(1, genes + 1)]
    text = text_of(report_html(report_inputs(rows)))
    assert f"burden {genes} {genes} 20 {words}" in text


def test_a_studys_own_masks_stand_in_its_order_between_the_built_in_ones_and_the_control(result_row, report_inputs):
    masks = ("synonymous", "zeta", "missense", "alpha")
    rows = [result_row(f"G{i}", mask, max_af=af) for i in range(5) for mask in masks for af in (0.001, 0.01)]
    inputs = report_inputs(rows)
    found = [(row["mask"], row["max_af"]) for row in mask_table(find(inputs, inputs.traits[0]))]
    assert found == [(mask, af) for mask in ("missense", "zeta", "alpha", "synonymous") for af in (0.01, 0.001)]


def test_the_page_gives_the_rule_of_a_mask_that_the_study_defines(result_row, report_inputs, text_of):
    masks = [
        {"name": "rare_plof", "where": "consequence in plof\n  and REVEL < 0.5"},
        {"name": "missense", "where": None},
    ]
    inputs = report_inputs([result_row(f"G{i}", "rare_plof") for i in range(5)])
    inputs = replace(inputs, settings={**inputs.settings, "masks": masks})
    assert "rare_plof : consequence in plof and REVEL < 0.5" in text_of(report_html(inputs))
    assert "missense :" not in text_of(report_html(inputs))


def test_a_mask_without_any_variant_is_a_caution(result_row, report_inputs, text_of):
    nobody = {"p_value": None, "variants": 0, "carriers": 0, "primary": False}
    empty = [result_row(f"G{i}", "own", reason="no qualifying variant", **nobody) for i in range(5)]
    unseen = [result_row(f"G{i}", "plof", reason="no carrier among the samples", **nobody) for i in range(5)]
    inputs = report_inputs([*(result_row(f"G{i}", "missense") for i in range(5)), *empty, *unseen])
    (caution,) = about_empty_masks(inputs.results)
    assert "in the mask <em>own</em> (frequency at most 1%)" in caution
    assert "No variant of any gene is in the mask own" in text_of(report_html(inputs))

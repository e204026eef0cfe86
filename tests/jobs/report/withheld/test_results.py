"""Result rows for others tell of nobody, whatever a reader reckons with them."""

import numpy as np
import pytest

from association.scan_settings import ALL_MASKS
from jobs.report import report_html
from jobs.report.audience import Audience
from jobs.report.findings import find
from jobs.report.numbers import FEW
from jobs.report.withheld import withhold
from jobs.report.withheld.carriers import WITHHELD

FOR_OTHERS = {"audience": Audience.CONSORTIUM}
TELLING = ["variants", "minor_allele_count", "expected_events", "effect", "standard_error", "permutations"]


@pytest.fixture
def shown(report_inputs):
    return lambda rows, **changes: withhold(report_inputs(rows, **FOR_OTHERS, **changes))


def test_few_carriers_are_few_and_nothing_tells_how_few(shown, result_row):
    enumerated = {"p_value": 65 / 132, "p_lower": 65 / 132, "p_upper": 65 / 132, "method": "enumeration"}
    row = shown([result_row("A", carriers=3, permutations=132, exceedances=65, **enumerated)]).results.iloc[0]
    assert row["carriers"] == FEW
    assert row[[*TELLING, "exceedances", "observed_events", "p_asymptotic"]].isna().all()
    assert row["p_value"] == 0.49
    assert row["method"] == WITHHELD
    assert row[["p_lower", "p_upper", "min_attainable_p"]].isna().all()


def test_carriers_from_the_limit_on_are_told_with_all_that_goes_with_them(shown, result_row):
    row = shown([result_row("A", carriers=12, observed_events=6.0)]).results.iloc[0]
    assert row["carriers"] == 12
    assert row["observed_events"] == 6
    assert row[["effect", "standard_error", "expected_events", "min_attainable_p"]].notna().all()


@pytest.mark.parametrize(("events", "marked"), [(3.0, FEW), (10.0, np.nan)])
def test_events_of_few_go_with_expected_ones_and_with_the_effect_that_gives_them(shown, result_row, events, marked):
    row = shown([result_row("A", carriers=12, observed_events=events)]).results.iloc[0]
    assert row["carriers"] == 12
    np.testing.assert_equal(row["observed_events"], marked)
    assert row[["expected_events", "effect", "standard_error", "p_asymptotic"]].isna().all()


def test_of_masks_within_each_other_that_differ_by_few_the_smaller_is_told(shown, result_row):
    rows = [
        result_row("A", carriers=20, observed_events=10.0),
        result_row("A", "missense", carriers=23, observed_events=10.0),
        result_row("A", ALL_MASKS, "omnibus", carriers=30, observed_events=15.0),
        result_row("A", "synonymous", carriers=22, observed_events=11.0),
    ]
    carriers = shown(rows).results["carriers"].tolist()
    np.testing.assert_equal(carriers, [20, np.nan, 30, 22])


def test_one_more_allele_than_carriers_is_one_person_and_not_told(shown, result_row):
    rows = [result_row("A", carriers=20, minor_allele_count=21), result_row("B", carriers=20, minor_allele_count=26)]
    np.testing.assert_equal(shown(rows).results["minor_allele_count"].tolist(), [np.nan, 26])


def test_where_a_gene_begins_is_told_in_steps(shown, result_row):
    assert shown([result_row("A", start=5_212_134)]).results["start"].tolist() == [5_200_000]


def test_what_is_adjusted_is_told_with_two_digits_in_every_row(shown, result_row):
    row = shown([result_row("A", q_value=0.0123456, p_family=0.0123456)]).results.iloc[0]
    assert (row["q_value"], row["p_family"]) == (0.012, 0.012)


def test_cautions_that_narrow_few_carriers_down_are_left_out(shown, result_row):
    rows = [result_row("A", carriers=4, flags="single_variant;one_stratum"), result_row("B", carriers=2)]
    assert shown(rows).results["flags"].tolist() == ["", ""]


def test_the_same_genes_pass_for_both_audiences(inputs, report_inputs, result_row):
    rows = [
        result_row(f"G{i}", carriers=3 + i % 9, exceedances=i**4, min_attainable_p=10.0 ** -(i % 7))
        for i in range(40)
    ]
    for given in (inputs, report_inputs(rows)):
        others = withhold(report_inputs(given.results, summaries=list(given.traits), **FOR_OTHERS))
        for one, two in zip(given.traits, others.traits, strict=True):
            site, consortium = find(given, one), find(others, two)
            assert site.family == consortium.family
            assert site.significant["gene"].tolist() == consortium.significant["gene"].tolist()
            assert site.genes_testable == consortium.genes_testable


def test_a_site_sees_everything(inputs):
    assert withhold(inputs) is inputs


def test_nothing_is_left_to_withhold_of_what_was_withheld(shown, result_rows):
    once = shown(result_rows(20, "survival", np.random.default_rng(2)))
    assert withhold(once) is once


def test_the_page_says_few_and_that_it_says_so(report_inputs, result_row, text_of):
    rows = [result_row("SOME", carriers=4), result_row("MANY", carriers=20)]
    text = text_of(report_html(report_inputs(rows, **FOR_OTHERS)))
    assert "<5" in text
    assert "One to four people are told as <5" in text
    assert "<5" not in text_of(report_html(report_inputs(rows)))

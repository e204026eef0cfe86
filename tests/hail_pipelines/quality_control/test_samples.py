import hail as hl
import pandas as pd
import pytest

from hail_pipelines.quality_control.samples import (
    SampleThresholds,
    add_ratios,
    deviations,
    judge_samples,
    minor_dosage_expr,
    minor_is_ref_expr,
)


@pytest.mark.usefixtures("hail_session")
def test_the_minor_allele_is_the_rarer_and_a_tie_does_not_depend_on_the_coding():
    cases = [
        (minor_is_ref_expr(["A", "C"], 4, 10), False),
        (minor_is_ref_expr(["A", "C"], 6, 10), True),
        (minor_is_ref_expr(["A", "C"], 5, 10), True),
        (minor_is_ref_expr(["C", "A"], 5, 10), False),
        (minor_dosage_expr(hl.call(0, 1), False), 1),
        (minor_dosage_expr(hl.call(1, 1), False), 2),
        (minor_dosage_expr(hl.call(1, 1), True), 0),
        (minor_dosage_expr(hl.call(0, 0), True), 2),
        (minor_dosage_expr(hl.call(0), True), 1),
        (minor_dosage_expr(hl.missing(hl.tcall), True), None),
    ]
    cases = [(expression, expected) for expression, expected in cases]
    assert list(hl.eval(hl.tuple([expression for expression, _ in cases]))) == [expected for _, expected in cases]


def table(**columns) -> pd.DataFrame:
    return pd.DataFrame({"sample": ["a", "b", "c", "d", "e"], **columns})


def test_call_rate_is_judged_on_both_sides_and_where_there_is_no_variant():
    judged = judge_samples(
        table(call_rate=[0.95, 0.9499, 1.0, float("nan"), 0.97]), SampleThresholds(min_call_rate=0.95)
    )
    assert judged["passes"].tolist() == [True, False, True, True, True]
    assert judged["reasons"].tolist()[1] == ["call rate below 0.95"]


def test_a_sample_far_from_the_median_is_named_for_each_metric():
    metrics = table(call_rate=[1.0] * 5, singletons=[10, 11, 12, 13, 40], ti_tv=[3.0, 3.1, 3.2, 3.3, 3.4])
    judged = judge_samples(
        metrics, SampleThresholds(max_deviations={"singletons": 4, "ti_tv": 4, "heterozygosity": None})
    )
    assert judged["passes"].tolist() == [True] * 4 + [False]
    assert judged["reasons"].iloc[4] == ["singletons more than 4 MADs from the median"]


def test_deviations_are_zero_where_most_values_are_equal():
    assert deviations(pd.Series([1, 1, 1, 9])).tolist() == [0, 0, 0, 0]
    assert deviations(pd.Series([1.0, 2, 3, 4, 5]))[4] == pytest.approx(2 / 1.4826)


def test_ratios_are_missing_where_nothing_was_counted():
    counts = pd.DataFrame(
        {"variants": [4, 0], "called": [2, 0], "heterozygous": [1, 0], "transitions": [3, 0], "transversions": [2, 0]}
    )
    ratios = add_ratios(counts)
    assert ratios.loc[0, ["call_rate", "heterozygosity", "ti_tv"]].tolist() == [0.5, 0.5, 1.5]
    assert ratios.loc[1, ["call_rate", "heterozygosity", "ti_tv"]].isna().all()

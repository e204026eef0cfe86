"""Judging samples: every rule on both sides of its threshold and on missing, duplicates, relatives, small cohorts."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import median_abs_deviation

TITV = "Ti/Tv more than 4 MADs from the median"
COPY = "duplicate of a sample that stays"


def test_a_cohort_without_fault_loses_nobody(made_up):
    judged = made_up.judge()
    assert judged.table["passes"].all()
    assert judged.table["sample"].tolist() == made_up.ids
    assert (judged.attrition[-1].step, judged.attrition[-1].excluded, judged.attrition[-1].after) == ("all", 0, 60)
    assert not any(row.skipped for row in judged.attrition)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"call_rate": 0.9499}, "call rate below 0.95"),
        ({"call_rate": 0.95}, None),
        ({"call_rate": np.nan}, None),
        ({"mean_dp": 9.99}, "mean depth below 10"),
        ({"mean_dp": 10.0}, None),
        ({"mean_dp": np.nan}, None),
        ({"charr_sum": 0.0201 * 1_500}, "contamination above 0.02"),
        ({"charr_sum": 0.0199 * 1_500}, None),
        ({"charr_sum": 0.05 * 30, "charr_sites": 30}, "contamination above 0.02"),
        ({"charr_sum": 0.05 * 29, "charr_sites": 29}, None),
        ({"charr_sum": np.nan, "charr_sites": 0}, None),
    ],
)
def test_a_sample_goes_beyond_a_threshold_and_stays_on_it(made_up, values, reason):
    made_up.set("s07", **values)
    assert made_up.reasons() == ({} if reason is None else {"s07": [reason]})


def test_a_threshold_of_null_is_no_rule(made_up):
    made_up.set("s07", call_rate=0.1, mean_dp=1.0, charr_sum=0.5 * 1_500)
    assert len(made_up.reasons()["s07"]) == 3
    off = {"min_call_rate": None, "min_mean_depth": None, "max_contamination": None, "max_deviations": {}}
    judged = made_up.judge(sample=off)
    assert judged.table["passes"].all()
    assert [row.step for row in judged.attrition] == [COPY, "all"]


def test_a_sample_that_fails_several_rules_has_every_reason_and_counts_once_in_the_total(made_up):
    made_up.set("s07", call_rate=0.5, mean_dp=3.0)
    made_up.set("s08", mean_dp=3.0)
    judged = made_up.judge(by_hand={"s07": "withdrew", "s09": "swapped"})
    table = judged.table.set_index("sample")
    assert table.loc["s07", "reasons"] == ["call rate below 0.95", "mean depth below 10", "by hand: withdrew"]
    assert table.loc["s09", "reasons"] == ["by hand: swapped"]
    assert table.index[~table["passes"]].tolist() == ["s07", "s08", "s09"]
    counts = {row.step: (row.before, row.excluded, row.after) for row in judged.attrition}
    assert counts["mean depth below 10"] == (60, 2, 58)
    assert counts["by hand: withdrew"] == (60, 1, 59)
    assert counts["all"] == (60, 3, 57)


# --------------------------------------------------------------------------------------------------------- sex


def test_another_sex_than_stated_is_told_and_excludes_nobody(made_up):
    made_up.set("s03", reported_sex="female")
    made_up.set("s05", reported_sex=None)
    table = made_up.judge().table.set_index("sample")
    assert table.index[table["sex_mismatch"]].tolist() == ["s03"]
    assert table.loc["s05", "sex_from_genotypes"] == "male"
    assert table["passes"].all()


def test_a_woman_with_one_x_stays_unless_the_study_leaves_x0_out(made_up):
    made_up.set("s04", x_ploidy=1.0, x_heterozygous=1)
    table = made_up.judge().table.set_index("sample")
    assert table.loc["s04", ["karyotype", "sex_from_genotypes", "passes"]].tolist() == ["X0", "female", True]
    assert set(table["karyotype"].drop("s04")) == {"XX", "XY"}
    assert made_up.reasons(sex={"exclude": ["X0", "XXY"]}) == {"s04": ["karyotype X0"]}
    assert made_up.reasons(sex={"exclude": ["XXY"]}) == {}


def test_without_variants_on_x_no_sex_contradicts_another(made_up):
    on_x = ["x_called", "x_heterozygous", "x_expected_heterozygous"]
    made_up.counts[on_x] = 0
    made_up.counts[["x_ploidy", "y_ploidy"]] = np.nan
    made_up.counts[["y_called", "y_variants"]] = 0
    table = made_up.judge().table
    assert set(table["karyotype"]) == {"unclear"}
    assert table["sex_from_genotypes"].isna().all()
    assert not table["sex_mismatch"].any()
    assert table["passes"].all()


# ------------------------------------------------------------------------------------------------- duplicates, kin


def copy_of(cohort, sample, other):
    """Make a sample a second copy of another."""
    cohort.dosages[:, cohort.ids.index(other)] = cohort.genotypes_of(sample)


@pytest.mark.parametrize(
    ("first", "second", "dropped"),
    [
        ({"event_known": False, "call_rate": 0.999}, {"event_known": True, "call_rate": 0.96}, "s30"),
        ({"event_known": True, "call_rate": 0.96}, {"event_known": False, "call_rate": 0.999}, "s40"),
        ({"event": False, "call_rate": 0.98}, {"event": True, "call_rate": 0.97}, "s40"),
        ({"call_rate": 0.97}, {"call_rate": 0.98}, "s30"),
        ({}, {}, "s40"),
    ],
)
def test_of_duplicates_the_one_with_a_known_event_stays_then_the_better_called_then_the_first(
    made_up, first, second, dropped
):
    copy_of(made_up, "s30", "s40")
    made_up.set("s30", **first)
    made_up.set("s40", **second)
    judged = made_up.judge()
    table = judged.table.set_index("sample")
    assert table["reasons"][dropped] == [COPY]
    assert table.index[~table["passes"]].tolist() == [dropped]
    assert table.index[table["duplicate"]].tolist() == ["s30", "s40"]


def test_of_duplicates_one_that_is_out_for_another_reason_does_not_take_the_other_with_it(made_up):
    copy_of(made_up, "s30", "s40")
    made_up.set("s30", mean_dp=5.0)
    assert made_up.reasons() == {"s30": ["mean depth below 10"]}
    made_up.set("s30", mean_dp=30.0)
    assert made_up.reasons(by_hand={"s30": "swapped"}) == {"s30": ["by hand: swapped"]}


def test_siblings_stay_and_are_told(made_up):
    judged = made_up.judge()
    table = judged.table.set_index("sample")
    (pair,) = judged.structure.relatedness.pairs.to_dict("records")
    assert (pair["sample_1"], pair["sample_2"], pair["relationship"]) == ("s20", "s22", "siblings")
    assert table["related_to_kept"].loc[lambda counts: counts > 0].to_dict() == {"s20": 1, "s22": 1}
    assert table["passes"].all()
    # s20 has the event and s22 has not.
    assert table.index[~table["unrelated"]].tolist() == ["s22"]


def test_a_contaminated_sample_that_resembles_everybody_makes_nobody_related(made_up):
    rng = np.random.default_rng(5)
    frequency = made_up.dosages.mean(axis=1) / 2
    foreign = rng.random(len(frequency)) < 2 * frequency * (1 - frequency) + 0.3
    made_up.dosages[foreign, 50] = 1
    seems_related = made_up.judge(sample={"max_contamination": None}).structure.relatedness.pairs
    assert (seems_related[["sample_1", "sample_2"]] == "s50").any(axis=None)
    made_up.set("s50", charr_sum=0.08 * 1_500)
    judged = made_up.judge()
    assert judged.table.set_index("sample")["reasons"]["s50"] == ["contamination above 0.02"]
    assert len(judged.structure.relatedness.pairs) == 1


# ------------------------------------------------------------------------------------------------------- outliers


def test_a_ratio_is_compared_on_both_sides_with_the_others_deviations(made_up):
    counts = made_up.counts
    usual = counts["transitions"] / counts["transversions"]
    far = median_abs_deviation(usual, scale="normal")
    for sample, away in (("s01", 4.4), ("s02", -4.4), ("s03", 3.6), ("s04", -3.6)):
        made_up.set(sample, transitions=round(2_500 * (np.median(usual) + away * far)))
    ratio = counts["transitions"] / counts["transversions"]
    deviation = (ratio - ratio.median()) / median_abs_deviation(ratio, scale="normal")
    assert (deviation.abs() > 4).sum() == 2
    table = made_up.judge().table.set_index("sample")
    # 1.4826 stands for 1.482602...: the sixth digit.
    assert table["outlier_ti_tv"].to_numpy() == pytest.approx(deviation.to_numpy(), rel=2e-6)
    assert table["reasons"][table["reasons"].map(len) > 0].to_dict() == {"s01": [TITV], "s02": [TITV]}


@pytest.mark.parametrize(
    ("metric", "column", "factor"),
    [
        ("ti_tv", "transitions", 1.5),
        ("ti_tv", "transitions", 0.7),
        ("het_hom", "heterozygous", 1.5),
        ("insertion_deletion", "insertions", 2.0),
        ("insertion_deletion", "insertions", 0.5),
        ("singletons", "singletons", 3.0),
    ],
)
def test_each_metric_of_the_defaults_takes_its_outlier(made_up, metric, column, factor):
    made_up.counts[column] = made_up.counts[column].astype(float)
    made_up.set("s09", **{column: made_up.counts.set_index("sample")[column]["s09"] * factor})
    (reason,) = made_up.reasons()["s09"]
    assert re.search("more than [48] MADs (from|above) the median", reason)
    assert made_up.reasons(sample={"max_deviations": {metric: None}}) == {}
    assert made_up.reasons(sample={"max_deviations": {}}) == {}


@pytest.mark.parametrize("column", ["heterozygous", "singletons"])
def test_too_few_singletons_or_heterozygous_calls_are_held_against_nobody(made_up, column):
    made_up.set("s09", **{column: 0})
    assert made_up.reasons() == {}


def test_other_metrics_are_compared_where_asked(made_up):
    made_up.set("s09", heterozygosity=0.3)
    made_up.set("s10", mean_dp=60.0)
    made_up.counts["call_rate"] = np.random.default_rng(1).normal(0.99, 0.001, 60)
    made_up.set("s11", call_rate=0.96)
    assert made_up.reasons() == {}
    limits = {"heterozygosity": 5, "mean_dp": 5, "call_rate": 5}
    assert {
        sample: reason.split(" more")[0]
        for sample, (reason,) in made_up.reasons(sample={"max_deviations": limits}).items()
    } == {"s09": "heterozygosity", "s10": "mean depth", "s11": "call rate"}


@pytest.mark.parametrize(("usual", "looked_at"), [(100, True), (99, False)])
def test_a_ratio_of_small_counts_is_not_looked_at(made_up, usual, looked_at):
    made_up.counts["deletions"] = usual
    made_up.set("s09", deletions=usual // 3)
    table = made_up.judge().table.set_index("sample")
    assert table["outlier_insertion_deletion"].notna().all() == looked_at
    assert bool(table["reasons"]["s09"]) == looked_at
    rows = {row.step: row.skipped for row in made_up.judge().attrition}
    skipped = rows["insertions to deletions more than 4 MADs from the median"]
    assert skipped == (None if looked_at else "nothing to judge by")


@pytest.mark.parametrize(("samples", "looked_at"), [(20, True), (19, False)])
def test_a_small_cohort_has_no_usual_spread(made_up, samples, looked_at):
    made_up.counts, made_up.facts = made_up.counts[:samples].copy(), made_up.facts[:samples].copy()
    made_up.dosages = made_up.dosages[:, :samples]
    made_up.set("s09", transitions=9_000)
    assert made_up.reasons() == ({"s09": [TITV]} if looked_at else {})


def test_a_batch_is_compared_with_itself(made_up):
    second = np.arange(60) >= 30
    made_up.facts["batch"] = np.where(second, "two", "one")
    made_up.counts.loc[second, "transitions"] -= 900
    assert made_up.reasons() == {}
    # What is usual in the first batch is far out in the second.
    made_up.set("s45", transitions=6_000)
    assert made_up.reasons() == {"s45": [TITV]}


# ---------------------------------------------------------------------------------------- cohorts that lack something


def test_five_samples_are_judged_by_themselves(made_up):
    made_up.counts, made_up.facts = made_up.counts[:5].copy(), made_up.facts[:5].copy()
    made_up.dosages = made_up.dosages[:, :5]
    made_up.set("s03", call_rate=0.5)
    judged = made_up.judge(by_hand={"s01": "withdrew"})
    table = judged.table.set_index("sample")
    assert table["reasons"].map(list).to_dict() == {
        "s00": [],
        "s01": ["by hand: withdrew"],
        "s02": [],
        "s03": ["call rate below 0.95"],
        "s04": [],
    }
    assert set(table["ancestry"]) == {"main"}
    assert not [name for name in table if name.startswith("pc") and name[2:].isdigit()]
    assert "where 50 variants and 10 samples are needed" in judged.structure.components.reason


def test_without_any_common_variant_samples_are_judged_by_the_rest(made_up):
    made_up.variants, made_up.dosages = made_up.variants[:0], made_up.dosages[:0]
    made_up.set("s03", call_rate=0.5)
    judged = made_up.judge()
    assert made_up.reasons() == {"s03": ["call rate below 0.95"]}
    assert judged.structure.relatedness.pairs.empty
    assert judged.structure.relatedness.reason is not None
    assert set(judged.table["ancestry"]) == {"main"}
    assert judged.structure.variants == 0


def test_where_nobody_is_well_called_everybody_is_out_for_that(made_up):
    made_up.counts["call_rate"] = 0.5
    judged = made_up.judge()
    assert all(reasons == ["call rate below 0.95"] for reasons in judged.table["reasons"])
    assert not judged.table["unrelated"].any()


def test_without_depth_the_rules_that_need_it_say_so(made_up):
    made_up.counts = made_up.counts.drop(columns=["mean_dp", "mean_gq"])
    made_up.counts[["x_ploidy", "y_ploidy"]] = np.nan
    made_up.counts["charr_sum"], made_up.counts["charr_sites"] = np.nan, 0
    judged = made_up.judge()
    assert judged.table["passes"].all()
    assert set(judged.table["karyotype"]) == {"XX", "XY"}
    assert {row.step for row in judged.attrition if row.skipped} == {
        "mean depth below 10",
        "contamination above 0.02",
    }


def test_the_order_of_facts_does_not_matter(made_up):
    copy_of(made_up, "s30", "s40")
    made_up.set("s30", event_known=False)
    before = made_up.judge().table
    made_up.facts = made_up.facts.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(made_up.judge().table, before)

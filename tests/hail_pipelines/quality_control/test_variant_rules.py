import numpy as np

from hail_pipelines.quality_control.variant_rules import (
    VariantThresholds,
    failures,
    passing,
    reasons,
    variant_rules,
)

ALL_ON = VariantThresholds(min_vqslod=-2.0)
ALL_OFF = VariantThresholds(
    pass_filters_only=False,
    min_call_rate=None,
    max_batch_spread=None,
    min_hwe_p=None,
    min_inbreeding=None,
    min_het_balance=None,
    min_quality_by_depth=None,
)
GOOD = {
    "filters": 0, "allele_count": 3, "allele_number": 600, "low_complexity": False,
    "segmental_duplication": False, "in_targets": True, "quality_by_depth": 12.0, "vqslod": 5.0, "het_balance": 0.48,
    "call_rate": 1.0, "inbreeding": 0.0, "hwe_p": 0.5, "batch_call_rate_spread": 0.0, "batch_p": 0.5,
}  # fmt: skip
BATCHES = "call rates of batches more than 0.1 apart (p below 0.0001)"
ONE_ALLELE = "heterozygous calls with less than 0.25 of their reads on one allele"
CASES = [
    ({}, []),
    ({"filters": 1}, ["FILTER is not PASS"]),
    ({"allele_count": 0}, ["no minor allele"]),
    ({"allele_count": 1}, []),
    ({"allele_count": 599}, []),
    ({"allele_count": 600}, ["no minor allele"]),
    ({"allele_count": 0, "allele_number": 0}, ["no minor allele"]),
    ({"low_complexity": True}, ["in a region of low complexity"]),
    ({"segmental_duplication": True}, ["in a segmental duplication"]),
    ({"in_targets": False}, ["outside the capture targets"]),
    ({"quality_by_depth": 2.0}, []),
    ({"quality_by_depth": 1.99}, ["QD below 2"]),
    ({"vqslod": -2.0}, []),
    ({"vqslod": -2.01}, ["VQSLOD below -2"]),
    ({"het_balance": 0.25}, []),
    ({"het_balance": 0.249}, [ONE_ALLELE]),
    ({"het_balance": 0.75}, []),
    ({"het_balance": 0.751}, [ONE_ALLELE]),
    ({"call_rate": 0.9}, []),
    ({"call_rate": 0.8999}, ["call rate below 0.9"]),
    ({"batch_call_rate_spread": 0.11, "batch_p": 9e-5}, [BATCHES]),
    ({"batch_call_rate_spread": 0.1, "batch_p": 9e-5}, []),
    ({"batch_call_rate_spread": 0.11, "batch_p": 1e-4}, []),
    ({"batch_call_rate_spread": 0.11, "batch_p": np.nan}, []),
    ({"inbreeding": -0.3}, []),
    ({"inbreeding": -0.301}, ["inbreeding coefficient below -0.3"]),
    ({"inbreeding": 1.0}, []),
    ({"hwe_p": 1e-6}, []),
    ({"hwe_p": 9e-7}, ["Hardy-Weinberg p below 1e-06"]),
    ({"allele_count": 0, "filters": 2, "call_rate": 0.0}, ["no minor allele", "FILTER is not PASS",
                                                               "call rate below 0.9"]),
]  # fmt: skip
WORST = {
    "filters": 2, "low_complexity": True, "segmental_duplication": True, "in_targets": False,
    "quality_by_depth": 0.0, "vqslod": -9.0, "het_balance": 0.0, "call_rate": 0.0, "inbreeding": -1.0, "hwe_p": 0.0,
    "batch_call_rate_spread": 1.0, "batch_p": 0.0,
}  # fmt: skip


def reasons_of(cases, limits):
    """List the reasons of variants, each like the good one but for some metrics; a metric that is None is missing."""
    rows = [GOOD | metrics for metrics in cases]
    metrics = {}
    for name, good in GOOD.items():
        values = [row[name] for row in rows]
        if isinstance(good, float):
            values = [np.nan if value is None else value for value in values]
        if None not in values:
            metrics[name] = np.array(values)
    failed = failures(metrics, limits)
    found = reasons(failed, limits).to_pylist()
    assert passing(failed).tolist() == [not one for one in found]
    return found


def test_every_reason_is_given_on_its_side_of_the_threshold_alone():
    assert reasons_of([metrics for metrics, _ in CASES], ALL_ON) == [expected for _, expected in CASES]


def test_a_metric_that_is_missing_is_no_reason():
    for name in GOOD:
        if name != "allele_number":
            assert reasons_of([WORST | {name: None}], ALL_ON)[0] == [
                rule.reason
                for rule in variant_rules(ALL_ON)
                if rule.field not in (name, "allele_count")
                and not (name == "batch_call_rate_spread" and rule.step == "batches")
            ]


def test_rules_that_are_off_give_no_reason():
    regions = ["in a region of low complexity", "in a segmental duplication", "outside the capture targets"]
    everything = [rule.reason for rule in variant_rules(ALL_ON) if rule.step != "polymorphic"]
    assert reasons_of([WORST], ALL_OFF) == [regions]
    assert reasons_of([WORST], ALL_ON) == [everything]


def test_rules_are_listed_once_each_and_those_that_are_off_not_at_all():
    steps = [rule.step for rule in variant_rules(ALL_ON)]
    assert len(set(steps)) == len(steps) == 12
    assert [rule.step for rule in variant_rules(ALL_OFF)] == [
        "polymorphic", "low complexity", "segmental duplication", "capture targets",
    ]  # fmt: skip
    assert "VQSLOD" not in [rule.step for rule in variant_rules(VariantThresholds())]

import pytest

from hail_pipelines.quality_control.attrition import AttritionRow, attrition_rows


def test_a_row_is_made_of_each_rule_and_one_of_all():
    rows = attrition_rows("call", 10, 4, {"a": 3, "b": 2, "c": 0}, {"a": "A", "b": "B", "c": "C"}, {"c": "no field"})
    assert rows == [
        AttritionRow("a", "call", 10, 3, 7, "A"),
        AttritionRow("b", "call", 10, 2, 8, "B"),
        AttritionRow("c", "call", 10, 0, 10, "C", "no field"),
        AttritionRow("all", "call", 10, 4, 6, "any of the above"),
    ]


@pytest.fixture(scope="module")
def attrition(cohort):
    return {(row["unit"], row["step"]): row for row in cohort.attrition}


def test_calls_are_counted_by_rule_as_in_the_text(cohort, attrition):
    failures = [
        call.failures(variant.may_be_single)
        for variant in cohort.variants
        for call in variant.calls.values()
        if call is not None
    ]
    rules = ("genotype quality", "depth", "allele balance")
    excluded = {rule: sum(rule in failed for failed in failures) for rule in rules}
    excluded["all"] = sum(map(bool, failures))
    of_calls = {step: row for (unit, step), row in attrition.items() if unit == "genotype"}
    assert {step: row["excluded"] for step, row in of_calls.items()} == excluded
    assert {(row["before"], row["before"] - row["excluded"] - row["after"]) for row in of_calls.values()} == {
        (len(failures), 0)
    }
    assert 2 * excluded["all"] < sum(excluded.values())


def test_variants_are_counted_by_reason_and_rules_without_a_metric_are_named(cohort, attrition):
    judged = cohort.judged
    reasons = judged["reasons"].explode().value_counts()
    of_variants = {step: row for (unit, step), row in attrition.items() if unit == "variant"}
    total = of_variants.pop("all")
    assert (total["before"], total["excluded"]) == (len(cohort.variants), (~judged["passes"]).sum())
    assert {row["reason"]: row["excluded"] for row in of_variants.values() if row["excluded"]} == reasons.to_dict()
    assert {step for step, row in of_variants.items() if row["skipped"]} == {
        "low complexity", "segmental duplication", "capture targets",
    }  # fmt: skip
    assert "VQSLOD" not in of_variants

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
    calls = [call for variant in cohort.variants for call in variant.calls.values() if call is not None]
    failed = sum(not call.good for call in calls)
    het = [call for call in calls if len(set(call.alleles)) == 2]
    excluded = {
        "genotype quality": sum(call.quality is None or call.quality < 20 for call in calls),
        "depth": sum(call.depth is None or call.depth < 5 * len(call.alleles) for call in calls),
        "allele balance": sum(not call.reads or min(call.reads) / sum(call.reads) < 0.2 for call in het),
        "all": failed,
    }
    of_calls = {step: row for (unit, step), row in attrition.items() if unit == "genotype"}
    assert {step: row["excluded"] for step, row in of_calls.items()} == excluded
    assert {(row["before"], row["before"] - row["excluded"] - row["after"]) for row in of_calls.values()} == {
        (len(calls), 0)
    }
    assert failed < sum(excluded.values()) - failed


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

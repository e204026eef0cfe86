import hail as hl
import pytest

from hail_pipelines.quality_control.variants import VariantThresholds, variant_reasons_expr, variant_rules

pytestmark = pytest.mark.usefixtures("hail_session")

LOW_RATE, LOW_HWE = "call rate below 0.9", "Hardy-Weinberg p below 1e-06"


def test_every_reason_is_given_on_its_side_of_the_threshold():
    on = VariantThresholds()

    def reasons(filters=(), call_rate=1.0, count=3, number=600, hwe_p=0.5, thresholds=on):
        filters = hl.missing(hl.tset(hl.tstr)) if filters is None else hl.literal(set(filters), hl.tset(hl.tstr))
        hwe_p = hl.missing(hl.tfloat64) if hwe_p is None else hl.float64(hwe_p)
        return variant_reasons_expr(
            filters, hl.float64(call_rate), hl.int32(count), hl.int32(number), hwe_p, thresholds=thresholds
        )

    off = VariantThresholds(pass_filters_only=False, min_call_rate=None, min_hwe_p=None)
    cases = [
        (reasons(), []),
        (reasons(filters=None), []),
        (reasons(filters=["LowQual"]), ["FILTER is not PASS"]),
        (reasons(call_rate=0.9), []),
        (reasons(call_rate=0.8999), [LOW_RATE]),
        (reasons(hwe_p=1e-6), []),
        (reasons(hwe_p=9e-7), [LOW_HWE]),
        (reasons(hwe_p=None), []),
        (reasons(count=0), ["no minor allele"]),
        (reasons(count=600), ["no minor allele"]),
        (reasons(count=599), []),
        (
            reasons(count=0, number=0, call_rate=0.0, filters=["x"]),
            ["no minor allele", "FILTER is not PASS", LOW_RATE],
        ),
        (reasons(filters=["x"], call_rate=0.0, hwe_p=0.0, thresholds=off), []),
    ]
    assert list(hl.eval(hl.tuple([case for case, _ in cases]))) == [expected for _, expected in cases]


def test_rules_name_every_reason():
    assert list(variant_rules(VariantThresholds())) == ["no minor allele", "FILTER is not PASS", LOW_RATE, LOW_HWE]

"""Small tables of variants, counted by hand on few variants."""

import numpy as np
import pandas as pd
import pytest

from jobs.report.qc import summarise_variants
from jobs.report.qc.variant_summary import frequency_place, histogram

LIMITS = {"min_call_rate": 0.9, "min_hwe_p": 1e-6, "min_vqslod": None}


def variants(**columns):
    table = {
        "ref": ["A", "A", "C", "G", "AT", "A"],
        "alt": ["G", "C", "T", "A", "A", "G"],
        "allele_count": [1, 1, 3, 590, 1, 1],
        "allele_number": [600, 600, 600, 600, 600, 600],
        "passes": [True, True, True, True, True, False],
    }
    return pd.DataFrame({**table, **columns})


def test_ti_tv_counts_snvs_that_stay_by_the_minor_allele():
    table = summarise_variants(variants(), LIMITS)["ti_tv_by_frequency"].set_index("frequency_class")
    assert table["variants"].to_dict() == {"1 allele": 2, "2 to 5 alleles": 1, "1 to 5%": 1}
    assert table["ti_tv"]["1 allele"] == 1.0
    assert np.isnan(table["ti_tv"]["2 to 5 alleles"])


@pytest.mark.parametrize(
    ("minor", "number", "place"),
    [
        (0, 600, -1),
        (1, 600, 0),
        (2, 600, 1),
        (5, 600, 1),
        (6, 600, 3),
        (6, 6_000, 2),
        (60, 6_000, 3),
        (61, 6_000, 4),
        (301, 6_000, 5),
    ],
)
def test_classes_of_frequency_hold_their_upper_end(minor, number, place):
    assert frequency_place(np.array([float(minor)]), np.array([float(number)])).tolist() == [place]


def test_histograms_hold_every_variant_that_has_a_value():
    values = pd.Series([0.2, 0.89, 0.9, 0.95, 1.0, np.nan])
    table = histogram(values, "call_rate", LIMITS)
    assert table["count"].sum() == 5
    assert (table["threshold"] == 0.9).all()
    assert np.allclose(table["lower"][1:], table["upper"][:-1])


def test_p_values_are_shown_as_logarithms_with_their_threshold():
    table = histogram(pd.Series([1.0, 1e-3, 0.0]), "hwe_p", LIMITS)
    assert set(table["metric"]) == {"neg_log10_hwe_p"}
    assert table["threshold"].iloc[0] == pytest.approx(6)
    assert table["count"].sum() == 3


def test_a_metric_without_values_or_threshold_is_left_out_or_has_none():
    found = summarise_variants(variants(vqslod=np.nan, quality_by_depth=[3.0] * 6), LIMITS)["histograms"]
    assert set(found["metric"]) == {"quality_by_depth"}
    assert found["threshold"].isna().all()


def test_combinations_of_reasons_are_counted_without_those_that_stay():
    reasons = [[], ["a", "b"], np.array(["a"]), ["a"], None, ["a", "b"]]
    table = summarise_variants(variants(reasons=reasons), LIMITS)["reasons"]
    assert dict(zip(table["reasons"], table["count"], strict=True)) == {"a": 2, "a; b": 2}


def test_no_variants_make_empty_tables():
    found = summarise_variants(pd.DataFrame(), LIMITS)
    assert all(table.empty for table in found.values())

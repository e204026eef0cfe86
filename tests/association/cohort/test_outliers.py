"""Deviations within strata."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import median_abs_deviation

from association.cohort.outliers import EVERYBODY, deviations, mixed_ancestry, outlier_table, residuals, strata


def series(values):
    return pd.Series(values, dtype=float)


def test_a_stratum_of_too_few_is_compared_with_its_ancestry_and_without_one_with_its_batch_or_everybody():
    batch = pd.Series(["a"] * 65 + ["b"] * 29 + [None] * 31)
    ancestry = pd.Series(["EUR"] * 30 + ["AFR"] * 29 + [None] * 6 + ["EUR"] * 29 + ["EUR"] * 30 + ["FIN"])
    found = strata(batch, ancestry)
    assert set(found[:30]) == {"batch a, ancestry EUR"}
    assert set(found[30:65]) == {"batch a"}
    assert set(found[65:94]) == {"ancestry EUR"}
    assert set(found[94:124]) == {"no batch, ancestry EUR"}
    assert found[124] == EVERYBODY


def test_deviations_are_signed_and_each_strata_has_its_own_centre_and_spread():
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(10, 1, 50), rng.normal(500, 40, 50)])
    stratum = np.repeat(np.array(["one", "two"], dtype=object), 50)
    found = deviations(series(values), stratum).to_numpy()
    for members in (slice(50), slice(50, 100)):
        part = values[members]
        expected = (part - np.median(part)) / median_abs_deviation(part, scale="normal")
        np.testing.assert_allclose(found[members], expected, rtol=1e-4)
    assert (found < 0).any()


def test_everybody_is_compared_with_the_whole_cohort():
    values = series(np.arange(101.0))
    stratum = np.array(["large"] * 100 + [EVERYBODY], dtype=object)
    assert deviations(values, stratum)[100] == pytest.approx(50 / (1.4826 * 25))


def test_a_minority_is_not_far_from_itself():
    rng = np.random.default_rng(2)
    heterozygosity = series(np.concatenate([rng.normal(0.2, 0.004, 300), rng.normal(0.26, 0.004, 40)]))
    batch = pd.Series(["a"] * 340)
    ancestry = pd.Series(["EUR"] * 300 + ["AFR"] * 40)
    within = outlier_table(
        pd.DataFrame({"heterozygosity": heterozygosity}), ["heterozygosity"], strata(batch, ancestry), ancestry
    )
    assert (within["outlier_heterozygosity"].abs() < 5).all()
    whole = deviations(heterozygosity, np.full(340, EVERYBODY, dtype=object))
    assert (whole[300:] > 8).all()


@pytest.mark.parametrize("values", [[1, 1, 1, 1, 9], [3], [np.nan, 2, 2]])
def test_no_spread_excludes_nobody(values):
    found = deviations(series(values), np.full(len(values), EVERYBODY, dtype=object))
    np.testing.assert_array_equal(found, np.where(np.isnan(values), np.nan, 0.0))


def test_missing_values_are_missing_and_do_not_move_the_others():
    values = [1.0, np.nan, 2.0, 3.0, np.inf, 10.0]
    found = deviations(series(values), np.full(6, EVERYBODY, dtype=object)).to_numpy()
    assert np.isnan(found[1])
    np.testing.assert_allclose(found[[0, 2, 3, 5]], (np.array([1, 2, 3, 10]) - 2.5) / (1.4826 * 1.0))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-3, 1.0, 1e4]))
def test_neither_units_nor_order_matter(seed, scale):
    rng = np.random.default_rng(seed)
    values, stratum = rng.normal(size=60), rng.choice(np.array(["a", "b"], dtype=object), 60)
    order = rng.permutation(60)
    one, other = deviations(series(values), stratum), deviations(series((values * scale + 7)[order]), stratum[order])
    np.testing.assert_allclose(other, one.to_numpy()[order], rtol=1e-6, atol=1e-6)


def test_what_components_explain_is_taken_off_and_only_that():
    rng = np.random.default_rng(3)
    components = rng.normal(size=(200, 2))
    noise = rng.normal(size=200)
    values = series(5 + components @ [3, -2] + noise)
    left = residuals(values, components)
    assert np.abs(np.corrcoef(left, components[:, 0])[0, 1]) < 1e-9
    assert np.corrcoef(left, noise)[0, 1] > 0.98
    values[7] = np.nan
    assert np.isnan(residuals(values, components)[7])
    pd.testing.assert_series_equal(residuals(values[:29], components[:29]), values[:29])


def test_metrics_that_follow_ancestry_are_not_compared_across_ancestries_unless_components_take_them_off():
    rng = np.random.default_rng(4)
    ancestry = pd.Series(["EUR"] * 300 + ["AFR"] * 20)
    axis = (ancestry == "AFR").to_numpy(float) + rng.normal(0, 0.02, 320)
    values = 0.2 + 0.06 * axis + rng.normal(0, 0.003, 320)
    values[310] += 0.05
    table = pd.DataFrame({"heterozygosity": values, "call_rate": values})
    stratum = strata(pd.Series([None] * 320), ancestry)
    np.testing.assert_array_equal(mixed_ancestry(stratum, ancestry), ancestry == "AFR")
    plain = outlier_table(table, list(table), stratum, ancestry)
    assert plain["outlier_heterozygosity"][300:].isna().all()
    assert plain["outlier_heterozygosity"][:300].notna().all()
    assert (plain["outlier_call_rate"][300:] > 5).all()
    adjusted = outlier_table(table, list(table), stratum, ancestry, components=axis[:, None])
    assert np.flatnonzero(adjusted["outlier_heterozygosity"].abs() > 6).tolist() == [310]


def test_a_missing_ancestry_is_another_and_whole_cohorts_of_one_are_not_mixed():
    everybody = np.full(3, EVERYBODY, dtype=object)
    assert mixed_ancestry(everybody, pd.Series(["EUR", None, "EUR"])).all()
    assert not mixed_ancestry(everybody, pd.Series(["EUR"] * 3)).any()
    assert not mixed_ancestry(everybody, pd.Series([None] * 3, dtype=object)).any()


def test_an_absent_metric_gives_a_missing_deviation():
    table = pd.DataFrame({"ti_tv": [2.0, 2.1, None], "mean_dp": [None] * 3})
    one = pd.Series(["EUR"] * 3)
    found = outlier_table(table, ["ti_tv", "mean_dp", "mean_gq"], np.full(3, EVERYBODY, dtype=object), one)
    assert list(found) == ["outlier_ti_tv", "outlier_mean_dp", "outlier_mean_gq"]
    assert found["outlier_ti_tv"].notna().sum() == 2
    assert found["outlier_mean_dp"].isna().all()
    assert found["outlier_mean_gq"].isna().all()

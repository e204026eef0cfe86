"""Shares of small p-values: their intervals against SciPy's, and what they say of uniform and of broken p-values."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from association.error_rates import (
    ALL_CLASSES,
    KEPT,
    NOT_KEPT,
    binomial_interval,
    carrier_class,
    error_rates,
    level_table,
    recall_table,
    verdicts,
)

GENES = 2_000


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def null_rows(rng, p_value):
    """Give one test of each gene under two masks that hold the same variants."""
    rows = pd.DataFrame(
        {
            "kind": "survival",
            "trait": 0,
            "gene": np.arange(GENES),
            "mask": "plof",
            "test": "burden",
            "carriers": rng.integers(1, 40, GENES),
            "p_value": p_value,
            "p_asymptotic": p_value**2,
        }
    )
    return pd.concat([rows, rows.assign(mask="missense")])


@pytest.mark.parametrize(("found", "tests"), [(0, 10), (3, 10), (10, 10), (1, 5000)])
def test_intervals_are_those_of_scipy(found, tests):
    expected = binomtest(found, tests).proportion_ci(method="exact")
    lower, upper = binomial_interval(found, tests)
    assert (lower, upper) == pytest.approx((expected.low, expected.high), abs=1e-10)


def test_classes_begin_at_their_fewest_carriers():
    classes = carrier_class([1, 2, 3, 4, 5, 9, 10, 19, 20, 5000])
    assert list(classes) == ["1", "2", "3-4", "3-4", "5-9", "5-9", "10-19", "10-19", "20+", "20+"]


def test_ratios_count_p_values_at_their_level_and_leave_out_missing_textbook_ones():
    rows = pd.DataFrame(
        {"test": "burden", "p_value": [0.05, 0.2, 0.04, 1.0], "p_asymptotic": [1e-9, np.nan, 0.9, 0.9]}
    )
    (row,) = error_rates(rows, ["test"], levels=(0.05,)).to_dict("records")
    assert (row["tests"], row["found"]) == (4, 2)
    assert (row["ratio"], row["textbook_ratio"]) == (10, 5)
    # At least two of four at 0.05: six pairs and more.
    assert row["chance"] == pytest.approx(6 * 0.05**2 * 0.95**2 + 4 * 0.05**3 * 0.95 + 0.05**4)


def test_a_gene_counts_once_in_a_class(rng):
    table = level_table(null_rows(rng, rng.random(GENES)))
    apart = table[(table["carriers"] != ALL_CLASSES) & (table["level"] == 0.05)]
    together = table[(table["carriers"] == ALL_CLASSES) & (table["level"] == 0.05)]
    assert apart["tests"].sum() == together["tests"].sum() == GENES


def test_uniform_p_values_keep_their_level(rng):
    assert verdicts(level_table(null_rows(rng, rng.random(GENES))))["verdict"].tolist() == [KEPT]


def test_p_values_that_are_too_small_at_few_carriers_are_found_out(rng):
    rows = null_rows(rng, rng.random(GENES))
    rows.loc[rows["carriers"] <= 2, "p_value"] **= 3
    (found,) = verdicts(level_table(rows)).to_dict("records")
    assert found["verdict"] == NOT_KEPT
    assert found["lower"] > 1


def test_a_table_of_hundreds_of_rows_cries_wolf_in_one_of_forty_at_most(rng):
    cried = [NOT_KEPT in set(verdicts(level_table(null_rows(rng, rng.random(GENES))))["verdict"]) for _ in range(40)]
    # Under one in forty, so many or more in forty tables are as likely as one in ten thousand.
    assert sum(cried) <= 5


def test_recall_is_the_share_found_at_each_level():
    rows = pd.DataFrame(
        {
            "kind": "binary",
            "effect": "odds ratio 3",
            "test": "burden",
            "carriers": [3, 4, 4, 12],
            "p_value": [1e-7, 1e-4, 0.3, 0.01],
        }
    )
    table = recall_table(rows).set_index(["carriers", "level"])
    assert table.loc[("3-4", 2.5e-6), "found"] == 1
    assert table.loc[("3-4", 1e-3), "recall"] == pytest.approx(2 / 3)
    assert table.loc[("10-19", 0.05), "recall"] == 1
    assert table.loc[("10-19", 1e-3), "recall"] == 0

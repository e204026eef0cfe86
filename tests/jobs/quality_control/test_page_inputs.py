"""What the page of quality control is given: missingness by batch, and who was left out by whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jobs.quality_control.page import excluded_samples, missingness_by_batch

APART = "call rates of batches more than 0.1 apart (p below 0.0001)"


def samples(**batches):
    """Give rows of samples that pass, so many of each batch."""
    names = [name for name, number in batches.items() for _ in range(number)]
    return pd.DataFrame({"sample": [f"s{n}" for n in range(len(names))], "batch": names, "passes": True})


def variants(*rows):
    """Give variants of the call rates by batch, and reasons."""
    rates = [None if row[0] is None else np.array(row[0], dtype=float) for row in rows]
    return pd.DataFrame(
        {"batch_call_rates": pd.Series(rates, dtype=object), "reasons": [list(row[1:]) for row in rows]}
    )


def test_a_variant_is_counted_for_the_batch_that_calls_it_least():
    table = missingness_by_batch(
        variants(
            ([0.9, 0.5, 1.0], APART),
            ([0.9, 0.6, 1.0], "low call rate", APART),
            ([0.5, 0.9, 1.0], APART),
            ([0.5, 0.9, 1.0], "low call rate"),
            ([1.0, 1.0, 1.0],),
        ),
        samples(a=3, b=2, c=4),
    )
    assert table["batch"].tolist() == ["a", "b", "c"]
    assert table["samples"].tolist() == [3, 2, 4]
    assert table["variants_excluded"].tolist() == [1, 2, 0]


def test_quantiles_are_of_all_variants_whose_rates_are_known():
    rates = np.linspace(0.5, 1, 101)
    table = missingness_by_batch(variants(*(([rate, 1.0],) for rate in rates), (None,)), samples(a=2, b=2))
    one = table.set_index("batch").loc["a"]
    assert [one[name] for name in ("q05", "q25", "q50", "q75", "q95")] == pytest.approx(
        [0.525, 0.625, 0.75, 0.875, 0.975]
    )
    assert table.set_index("batch").loc["b", "q05"] == 1


def test_a_batch_without_samples_for_a_variant_is_not_its_least_called():
    table = missingness_by_batch(variants(([np.nan, 0.9, 0.7], APART), ([0.9, 0.9, 0.9],)), samples(a=1, b=5, c=5))
    assert table["variants_excluded"].tolist() == [0, 0, 1]


def test_samples_that_are_out_do_not_make_a_batch():
    table = samples(a=2, b=2, c=1)
    table.loc[table["batch"] == "c", "passes"] = False
    found = missingness_by_batch(variants(([0.9, 0.8],)), table)
    assert found["batch"].tolist() == ["a", "b"]


@pytest.mark.parametrize("of_samples", [samples(a=3), samples(a=1).assign(batch=None)])
def test_where_there_are_no_two_batches_there_is_nothing(of_samples):
    assert missingness_by_batch(variants(([0.9],)), of_samples).empty


def test_where_no_rate_is_known_there_is_nothing():
    assert missingness_by_batch(variants((None,), (None,)), samples(a=2, b=2)).empty


def test_whoever_is_out_is_listed_with_all_reasons_and_by_whom():
    table = pd.DataFrame(
        {
            "sample": ["a", "b", "c", "d"],
            "passes": [False, True, False, False],
            "reasons": [["low"], [], np.array(["low", "by hand: swap"], object), ["by hand: consent"]],
        }
    )
    found = excluded_samples(table)
    assert found["sample"].tolist() == ["a", "c", "d"]
    assert found["reasons"].tolist() == [["low"], ["low", "by hand: swap"], ["by hand: consent"]]
    assert found["by"].tolist() == ["rule", "hand", "hand"]

"""Rank-based normal scores and logarithms against other routes."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from association.phenotypes.transforms import log_positive, rank_normal


def test_blom_scores_of_five_values():
    # Quantiles of (r - 3/8) / 5.25: the expected normal order statistics, as every table of them has it.
    scores = rank_normal(pd.Series([30.0, 10.0, 50.0, 20.0, 40.0]))
    assert scores.tolist() == pytest.approx([0, -1.17976, 1.17976, -0.49720, 0.49720], abs=1e-5)


def test_ties_share_the_score_of_their_average_rank():
    scores = rank_normal(pd.Series([1.0, 2.0, 2.0, 3.0]))
    assert scores[1] == scores[2] == pytest.approx(0, abs=1e-15)
    assert rank_normal(pd.Series([7.0, 7.0])).tolist() == [0, 0]


def test_missing_values_stay_missing_and_do_not_count():
    scores = rank_normal(pd.Series([3.0, np.nan, 1.0, 2.0], index=[4, 5, 6, 7]))
    assert scores.index.tolist() == [4, 5, 6, 7]
    assert np.isnan(scores[5])
    assert scores[4] == pytest.approx(norm.ppf((3 - 0.375) / 3.25))
    assert rank_normal(pd.Series([np.nan, np.nan])).isna().all()


def test_scores_do_not_depend_on_units():
    values = pd.Series(np.random.default_rng(1).lognormal(size=100))
    assert rank_normal(values).equals(rank_normal(np.log(values) * 3 + 2))


def test_logarithms_of_what_is_not_above_zero_are_missing():
    logs = log_positive(pd.Series([1.0, np.e, 0.0, -1.0, np.nan]))
    assert logs.tolist()[:2] == [0, 1]
    assert logs.isna().tolist() == [False, False, True, True, True]

"""Gaps between visits that depend on the last score."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import chi2

from association.phenotypes.checks.missingness import informative_missingness


def cohort(seed, effect, patients=400):
    """Give 3-monthly visits over 2 years of follow-up; each may be the last, with odds that depend on its score."""
    rng = np.random.default_rng(seed)
    rows = []
    for patient in range(patients):
        slope = rng.normal(-0.8, 0.4)
        for visit in range(8):
            score = 40 + 3 * slope * visit + rng.normal(0, 1)
            rows.append((patient, 3.0 * visit, score))
            if rng.random() < 1 / (1 + np.exp(2.5 + effect * (score - 36))):
                break
    return pd.DataFrame(rows, columns=["patient", "months", "value"]), pd.Series(np.full(patients, 24.0))


def test_drop_out_of_those_who_do_badly_is_seen():
    found = informative_missingness(*cohort(1, 0.15))
    assert found.p_value < 1e-4
    assert found.odds_ratio < 0.95


def test_drop_out_by_chance_is_significant_as_often_as_it_should_be():
    p_values = [informative_missingness(*cohort(seed, 0.0, 150)).p_value for seed in range(60)]
    assert np.mean(np.array(p_values) < 0.5) == pytest.approx(0.5, abs=0.2)
    assert min(p_values) > 1e-4


def test_agrees_with_a_logistic_regression_of_statsmodels_on_gaps_counted_by_hand():
    visits, followed = cohort(2, 0.1)
    followed[::3] = 9.0
    rows = []
    for patient, own in visits.groupby("patient"):
        months = own["months"].tolist()
        for month, score, later in zip(months, own["value"], [*months[1:], np.inf], strict=True):
            if followed[patient] - month >= 6:
                rows.append((later - month > 6, score, month))
    gap, score, month = np.array(rows, float).T
    full = sm.Logit(gap, sm.add_constant(np.column_stack([score, month]))).fit(disp=0)
    small = sm.Logit(gap, sm.add_constant(month)).fit(disp=0)
    found = informative_missingness(visits, followed)
    assert (found.visits, found.gaps) == (gap.size, gap.sum())
    assert found.odds_ratio == pytest.approx(np.exp(full.params[1]), rel=1e-6)
    assert found.p_value == pytest.approx(chi2.sf(2 * (full.llf - small.llf), 1), rel=1e-6)


def test_too_few_gaps_tell_nothing():
    visits, followed = cohort(3, 0.0, 8)
    assert informative_missingness(visits, followed) is None
    assert informative_missingness(visits.iloc[:1], followed) is None

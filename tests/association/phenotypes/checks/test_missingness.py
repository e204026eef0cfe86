"""Drop-out that depends on the last score, and drop-out and gaps that do not."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import chi2

from association.phenotypes.checks.missingness import informative_missingness


def cohort(seed, effect, patients=200, *, intervals=(3.0,), attendance=(1.0,), months=36.0):
    """Give visits of patients on schedules of their own; each visit may be the last, with odds by its score."""
    rng = np.random.default_rng(seed)
    rows, strata = [], []
    for patient in range(patients):
        slope, interval = rng.normal(-0.8, 0.4), rng.choice(intervals)
        share, followed = rng.choice(attendance), months
        strata.append(str(interval))
        for visit in range(int(followed / interval) + 1):
            if visit and rng.random() > share:
                continue
            score = 40 + slope * interval * visit + rng.normal(0, 1)
            rows.append((patient, interval * visit, score))
            if rng.random() < 1 / (1 + np.exp(2.5 + effect * (score - 36))):
                break
    table = pd.DataFrame(rows, columns=["patient", "months", "value"])
    return table, pd.Series(np.full(patients, months)), pd.Series(strata)


def test_drop_out_of_those_who_do_badly_is_seen():
    found = informative_missingness(*cohort(1, 0.15, 400))
    assert found.p_value < 1e-4
    assert found.odds_ratio < 0.95


@pytest.mark.parametrize(
    "law",
    [{}, {"attendance": (0.6, 0.8, 1.0)}, {"intervals": (2.0, 3.0, 4.0, 6.0)}],
    ids=["by chance", "missed by some more than by others", "schedules that differ"],
)
def test_what_has_nothing_to_do_with_the_score_is_significant_no_more_often_than_it_should_be(law):
    p_values = np.array([informative_missingness(*cohort(seed, 0.0, **law)).p_value for seed in range(100)])
    assert (p_values < 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / p_values.size)
    assert (p_values < 0.5).mean() == pytest.approx(0.5, abs=3.2 * np.sqrt(0.25 / p_values.size))


def test_agrees_with_a_logistic_regression_of_statsmodels_on_drop_out_counted_by_hand():
    visits, followed, strata = cohort(2, 0.1, intervals=(3.0, 5.0))
    followed[::3] = 9.0
    visits = visits[visits["months"] <= followed[visits["patient"]].to_numpy()].reset_index(drop=True)
    between = [own["months"].diff().dropna().tolist() for _, own in visits.groupby("patient")]
    everyone = np.median([gap for own in between for gap in own])
    rows = []
    for (patient, own), gaps in zip(visits.groupby("patient"), between, strict=True):
        months = own["months"].tolist()
        usual = max(np.median(gaps), everyone) if gaps else everyone
        for number, (month, score) in enumerate(zip(months, own["value"], strict=True)):
            last = number == len(months) - 1
            if not last or followed[patient] - month >= 2 * usual:
                rows.append((last, score, month, strata[patient] == "3.0"))
    dropped, score, month, often = np.array(rows, float).T
    others = np.column_stack([month, month**2, often])
    full = sm.Logit(dropped, sm.add_constant(np.column_stack([score, others]))).fit(disp=0)
    small = sm.Logit(dropped, sm.add_constant(others)).fit(disp=0)
    found = informative_missingness(visits, followed, strata)
    assert (found.visits, found.dropped_out) == (dropped.size, dropped.sum())
    assert found.odds_ratio == pytest.approx(np.exp(full.params[1]), rel=1e-5)
    assert found.p_value == pytest.approx(chi2.sf(2 * (full.llf - small.llf), 1), rel=1e-5)


def test_too_few_who_drop_out_tell_nothing():
    visits, followed, strata = cohort(3, 0.0, 8)
    assert informative_missingness(visits, followed, strata) is None
    assert informative_missingness(visits.iloc[:1], followed, strata) is None

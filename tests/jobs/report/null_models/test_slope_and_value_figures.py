"""What the figures of slopes, values and covariates draw agrees with statsmodels, scipy and pandas."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import norm, probplot

from jobs.report.null_models.coefficients import coefficient_rows, forest_figure
from jobs.report.null_models.inputs import COVARIATE
from jobs.report.null_models.own_slopes import own_lines
from jobs.report.null_models.quantile_panel import MOST_RANKS, normal_quantiles, shown_ranks
from jobs.report.null_models.slope_figures import courses_figure, shown_courses, slope_fit_figure
from jobs.report.null_models.value_figures import value_figure
from jobs.report.null_models.who_is_in import who_is_in_figure


@pytest.fixture(scope="module")
def lines(slope_page):
    return own_lines(slope_page, slope_page.visits)


def test_own_slopes_are_the_best_linear_predictions_of_statsmodels(slope_page, lines):
    visits = slope_page.visits
    covariates = slope_page.covariates.to_numpy()[visits["position"]]
    months = visits["months"].to_numpy()[:, None]
    fixed = np.hstack([np.ones_like(months), covariates, months, covariates * months])
    model = sm.MixedLM(visits["value"], fixed, groups=visits["position"], exog_re=np.hstack([fixed[:, :1], months]))
    found = model.fit(reml=False, method="lbfgs")
    own = np.array([found.random_effects[patient].to_numpy()[1] for patient in range(300)])
    design = slope_page.covariates.to_numpy()
    effects = found.fe_params.to_numpy()
    np.testing.assert_allclose(lines.slope, effects[5] + design @ effects[6:] + own, atol=5e-3)
    assert lines.mean_slope == pytest.approx(slope_page.summary["details"]["mean_slope"], abs=0.02)


def test_own_slopes_find_the_slopes_that_were_simulated(slope_page, lines):
    by_patient = slope_page.visits.groupby("position")
    long = np.flatnonzero(lines.visits >= 8)
    alone = [
        np.polyfit(by_patient.get_group(one)["months"], by_patient.get_group(one)["value"], 1)[0] for one in long
    ]
    assert np.corrcoef(lines.slope[long], alone)[0, 1] > 0.95


def test_the_courses_are_60_patients_and_6_of_them_from_fastest_to_slowest(slope_page, lines):
    chosen, few = shown_courses(lines)
    assert np.unique(chosen).size == 60
    assert few.size == 6
    assert set(few) <= set(chosen)
    assert (np.diff(lines.slope[few]) > 0).all()
    assert (lines.visits[chosen] >= 3).all()
    data = courses_figure(slope_page, slope_page.visits, lines).data
    assert len(data) == lines.visits[chosen].sum()
    assert data["highlighted"].sum() == lines.visits[few].sum()
    assert "position" not in data


def test_histograms_of_slopes_and_visits_count_every_patient(slope_page, lines):
    data = slope_fit_figure(slope_page, lines).data
    counted = data[data["shown"] == "visits"]
    number = slope_page.visits["position"].value_counts().value_counts().sort_index()
    known = number.reindex(((counted["lower"] + counted["upper"]) / 2).astype(int), fill_value=0)
    assert counted["patients"].tolist() == known.tolist()
    assert data[data["shown"] == "slopes"]["patients"].sum() == 300


def test_normal_quantiles_are_ordered_values_and_their_band_holds_95_percent():
    values = np.random.default_rng(1).normal(3, 2, 200)
    points = normal_quantiles(values)
    observed = probplot((values - values.mean()) / values.std(), fit=False)[1]
    np.testing.assert_allclose(points["observed"], observed)
    uniform = np.sort(np.random.default_rng(2).random((4_000, 200)), axis=1)
    inside = (norm.ppf(uniform) >= points["lower"].to_numpy()) & (norm.ppf(uniform) <= points["upper"].to_numpy())
    np.testing.assert_allclose(inside.mean(axis=0), 0.95, atol=0.02)


@pytest.mark.parametrize("count", [1, 5, 400, 401, 1_000_000])
def test_shown_ranks_keep_the_outermost(count):
    ranks = shown_ranks(count)
    assert ranks.size <= MOST_RANKS
    assert {1, count, min(2, count), max(1, count - 1)} <= set(ranks.tolist())
    assert (np.diff(ranks) > 0).all()


def test_estimates_are_given_per_unit_and_per_standard_deviation(survival_page):
    age = survival_page.summary["coefficients"][0]
    row = coefficient_rows(survival_page)[0]
    spread = survival_page.samples[COVARIATE + "age_at_onset"].std()
    assert float(row["effect"][0]) == pytest.approx(math.exp(age["estimate"]), abs=0.005)
    assert float(row["scaled"][0]) == pytest.approx(math.exp(spread * age["estimate"]), abs=0.005)
    ends = [math.exp(spread * (age["estimate"] + sign * 1.959964 * age["standard_error"])) for sign in (-1, 1)]
    assert [float(end) for end in row["scaled"][1].split(" to ")] == pytest.approx(ends, abs=0.005)
    assert coefficient_rows(survival_page)[1]["scaled"] is None


def test_the_forest_draws_measured_covariates_per_standard_deviation(survival_page, slope_page):
    data = forest_figure(survival_page).data.set_index("covariate")
    table = {one["name"]: one for one in survival_page.summary["coefficients"]}
    for name, unit in (("age_at_onset", survival_page.covariates["age_at_onset"].std()), ("sex=F", 1.0)):
        one = table[name]
        assert data.loc[name, "estimate"] == pytest.approx(unit * one["estimate"])
        assert data.loc[name, "upper"] == pytest.approx(unit * (one["estimate"] + 1.959964 * one["standard_error"]))
    parts = forest_figure(slope_page).data.groupby("acts_on").size()
    assert parts.to_dict() == {"on the level": 4, "on the slope": 4}


def test_the_bar_of_participants_adds_up_and_puts_the_largest_reason_first(survival_page):
    data = who_is_in_figure(survival_page).data
    assert data["count"].tolist() == [300, 37, 12, 3]
    assert data["share"].sum() == pytest.approx(1)


def test_values_are_counted_and_residuals_are_those_of_least_squares(value_pages):
    trait = value_pages[0]
    data = value_figure(trait).data
    assert data[data["shown"] == "values"]["patients"].sum() == 300
    known = sm.OLS(trait.samples["value"], sm.add_constant(trait.covariates.to_numpy())).fit()
    drawn = data[data["shown"] == "residuals"]
    np.testing.assert_allclose(drawn["fitted"], known.fittedvalues, rtol=1e-8)
    np.testing.assert_allclose(drawn["residual"], known.resid / known.resid.std(ddof=0), rtol=1e-8, atol=1e-8)


def test_cases_are_counted_and_compared_with_what_logistic_regression_expects(value_pages):
    trait = value_pages[1]
    data = value_figure(trait).data
    value = trait.samples["value"]
    assert data[data["shown"] == "values"]["patients"].tolist() == value.value_counts().sort_index().tolist()
    known = sm.Logit(value, sm.add_constant(trait.covariates.to_numpy())).fit(disp=False).predict()
    tenth = np.argsort(known, kind="stable")[:30]
    lowest = data[data["shown"] == "calibration"].iloc[0]
    assert lowest["expected"] == pytest.approx(known[tenth].mean(), abs=1e-6)
    assert lowest["observed"] == pytest.approx(value.to_numpy()[tenth].mean())


def test_categories_are_all_counted(value_pages):
    trait = value_pages[3]
    data = value_figure(trait).data
    known = trait.samples["value"].value_counts().sort_index()
    drawn = data[data["shown"] == "values"].set_index("value")["patients"]
    pd.testing.assert_series_equal(drawn, known, check_names=False, check_dtype=False)

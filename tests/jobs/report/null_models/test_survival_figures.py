"""What the figures of a time to an event draw agrees with lifelines and with counting by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from statsmodels.nonparametric.smoothers_lowess import lowess

from jobs.report.null_models.entry_figure import entry_figure
from jobs.report.null_models.hazard_figures import (
    hazard_residual_figure,
    schoenfeld,
    schoenfeld_figure,
    shown_covariates,
)
from jobs.report.null_models.inputs import COVARIATE
from jobs.report.null_models.panels import STEPS, month_ticks, some_of, thin_steps
from jobs.report.null_models.smooth import smooth_line
from jobs.report.null_models.survival_figure import ALL, survival_figure


@pytest.fixture(scope="module")
def curves(survival_page):
    return survival_figure(survival_page)


def of_group(samples, group):
    return samples if group == ALL else samples[samples["stratum"] == group]


@pytest.mark.parametrize("group", [ALL, "Leuven", "Utrecht"])
def test_drawn_survival_is_that_of_lifelines_with_entry(group, curves, survival_page):
    rows = of_group(survival_page.samples, group)
    drawn = curves.figure.data[curves.figure.data["group"] == group]
    start = drawn["month"].iloc[0]
    rows = rows[rows["exit"] > start]
    fitted = KaplanMeierFitter().fit(rows["exit"], rows["event"], entry=rows["entry"].clip(lower=start))
    inner = drawn.iloc[1:-1]
    assert len(inner) > 20
    np.testing.assert_allclose(inner["probability"], fitted.predict(inner["month"]), rtol=1e-9)
    assert drawn["probability"].iloc[0] == 1
    assert (drawn["lower"].ffill().iloc[1:-1] <= inner["probability"]).all()
    assert (inner["probability"] <= drawn["upper"].iloc[1:-1]).all()


def test_numbers_at_risk_are_counted_by_hand(curves, survival_page):
    for row in curves.at_risk.itertuples():
        rows = of_group(survival_page.samples, row.group)
        assert row.at_risk == ((rows["entry"] < row.month) & (rows["exit"] >= row.month)).sum()
        if row.at_risk:
            assert f">{row.at_risk:,}</text>" in curves.figure.image
    assert set(curves.at_risk["group"]) == {ALL, "Leuven", "Sheffield", "Utrecht"}


def incidences(rows):
    """Aalen-Johansen's estimate, one event time after another."""
    survival, known = 1.0, {1: {}, 2: {}}
    total = {1: 0.0, 2: 0.0}
    for time, here in rows[rows["cause"] > 0].groupby("exit"):
        at_risk = ((rows["entry"] < time) & (rows["exit"] >= time)).sum()
        for code in (1, 2):
            total[code] += survival * (here["cause"] == code).sum() / at_risk
            known[code][time] = total[code]
        survival *= 1 - len(here) / at_risk
    return known


def test_drawn_incidences_are_aalen_johansens(competing_page):
    drawn = survival_figure(competing_page).figure.data
    drawn = drawn[drawn["group"] == ALL]
    rows = competing_page.samples
    known = incidences(rows[rows["exit"] > drawn["month"].iloc[0]])
    for code, curve in drawn.groupby("cause"):
        inner = curve.iloc[1:-1]
        assert len(inner) > 100
        np.testing.assert_allclose(inner["probability"], [known[code][month] for month in inner["month"]])


@pytest.mark.parametrize(("strata", "groups"), [(1, 1), (2, 3), (6, 7), (7, 1)])
def test_curves_are_split_by_2_to_6_strata(strata, groups, survival_page):
    labels = [f"site {number % strata}" for number in range(len(survival_page.samples))]
    trait = replace(survival_page, samples=survival_page.samples.assign(stratum=labels))
    assert survival_figure(trait).figure.data["group"].nunique() == groups


def test_thin_steps_keep_the_last_of_each_pixel():
    times = np.sort(np.random.default_rng(1).uniform(0, 100, 50_000))
    kept = thin_steps(times, 80.0)
    pixel = np.floor(times[times <= 80] / 80 * STEPS)
    assert kept.tolist() == pd.Series(np.arange(pixel.size)).groupby(pixel).last().tolist()
    np.testing.assert_array_equal(thin_steps(times[:10], 80.0), np.arange(10))


def test_ticks_are_whole_years_of_a_long_follow_up():
    assert month_ticks(77.0).tolist() == [0, 12, 24, 36, 48, 60, 72]
    assert month_ticks(5.0).tolist() == [0, 1, 2, 3, 4, 5]


def test_entries_and_exits_are_all_counted(survival_page):
    data = entry_figure(survival_page).data
    entries = data[data["shown"] == "entries"]
    longest = survival_page.samples["entry"].quantile(0.995)
    assert entries["patients"].sum() == (survival_page.samples["entry"] <= longest).sum()
    assert (data["shown"] == "both").sum() == 300


def test_martingale_residuals_stand_at_their_patients_covariates(survival_page):
    data = hazard_residual_figure(survival_page).data
    age = data[data["covariate"] == "age_at_onset"]
    np.testing.assert_array_equal(age["x"], survival_page.samples[COVARIATE + "age_at_onset"])
    np.testing.assert_array_equal(age["residual"], survival_page.samples["residual"])
    assert set(data["covariate"]) == {"age_at_onset", "pc1", "pc2", ""}
    deviance = data[data["covariate"] == ""]
    assert (np.sign(deviance["residual"].to_numpy()) == np.sign(age["residual"].to_numpy())).all()


def test_effects_over_time_are_drawn_at_every_event_around_the_estimate(survival_page):
    found = schoenfeld(survival_page)
    samples = survival_page.samples
    assert found.times.tolist() == sorted(samples.loc[samples["event"] == 1, "exit"])
    estimates = [one["estimate"] for one in survival_page.summary["coefficients"]]
    # Observed less expected covariates add up to zero at the estimates.
    np.testing.assert_allclose(found.scaled_residuals.mean(axis=0), estimates, rtol=1e-4, atol=1e-6)
    data = schoenfeld_figure(survival_page, found).data
    for place, name in enumerate(survival_page.covariates):
        drawn = data[data["covariate"] == name]
        # All but the outermost 1% of 199.
        assert len(found.times) - 4 <= len(drawn) <= len(found.times)
        assert set(drawn["effect"]) <= set(found.scaled_residuals[:, place])


def test_components_of_ancestry_make_room_for_clinical_covariates():
    names = ["age", "pc1", "PC_2", "pc3", "c9orf72=positive"]
    assert shown_covariates(names, 3) == ["age", "pc1", "c9orf72=positive"]
    assert shown_covariates(names, 5) == names


def test_the_smooth_line_is_that_of_statsmodels():
    generator = np.random.default_rng(5)
    x = generator.normal(60, 10, 400)
    y = np.sin(x / 8) + generator.normal(0, 0.3, 400)
    line = smooth_line(x, y)
    known = lowess(y, x, frac=0.6, it=0, xvals=line["x"].to_numpy())
    np.testing.assert_allclose(line["y"], known, atol=2e-3)


def test_the_band_of_the_smooth_line_holds_the_truth_19_times_in_20():
    generator = np.random.default_rng(6)
    inside = []
    for _ in range(150):
        x = generator.uniform(0, 1, 300)
        line = smooth_line(x, 2 * x + generator.exponential(1 + x) - 1 - x)
        inside.append(((line["lower"] <= 2 * line["x"]) & (2 * line["x"] <= line["upper"])).to_numpy())
    assert np.mean(inside) == pytest.approx(0.95, abs=0.025)


def test_a_line_through_few_places_joins_means():
    x, y = np.repeat([0.0, 1.0, 2.0], [10, 20, 30]), np.arange(60.0)
    line = smooth_line(x, y)
    assert line["y"].tolist() == [4.5, 19.5, 44.5]


def test_points_are_drawn_at_random_but_always_the_same():
    np.testing.assert_array_equal(some_of(10), np.arange(10))
    chosen = some_of(300_000)
    np.testing.assert_array_equal(chosen, some_of(300_000))
    assert np.unique(chosen).size == chosen.size == 2_000

"""Firth's effects against coxphf, and against brute-force maxima of likelihoods written out sample by sample."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq, minimize
from scipy.stats import chi2

from association.effects.firth import firth_cox, firth_logistic

REFERENCE = Path(__file__).parents[2] / "reference"
FROM_THE_START = np.full(40, -np.inf)


def patients():
    """Forty patients in months, with delayed entry, two sites and many ties; five carriers."""
    rng = np.random.default_rng(8)
    entry = rng.integers(0, 6, 40).astype(float)
    exit = entry + rng.integers(1, 12, 40)
    event = (rng.random(40) < 0.6).astype(float)
    burden = np.zeros(40)
    burden[[0, 7, 13, 20, 31]] = [1, 2, 1, 1, 1]
    return entry, exit, event, burden, rng.normal(size=(40, 2)) * [1, 5], np.arange(40) % 2


def penalised_cox(entry, exit, event, columns, strata, efron):
    """The negative penalised partial likelihood, one death at a time."""

    def value(estimates):
        risk, total, information = np.exp(columns @ estimates), 0.0, np.zeros((columns.shape[1],) * 2)
        for stratum in np.unique(strata):
            for time in np.unique(exit[(event == 1) & (strata == stratum)]):
                at_risk = (entry < time) & (time <= exit) & (strata == stratum)
                dying = at_risk & (exit == time) & (event == 1)
                for before in range(dying.sum()):
                    weight = risk * (at_risk - efron * dying * before / dying.sum())
                    mean = weight @ columns / weight.sum()
                    away = columns - mean
                    information += (weight[:, None] * away).T @ away / weight.sum()
                    total -= np.log(weight.sum())
                total += (columns[dying] @ estimates).sum()
        return -(total + np.linalg.slogdet(information)[1] / 2)

    return value


def penalised_logistic(event, columns):
    def value(estimates):
        predictor = columns @ estimates
        mean = 1 / (1 + np.exp(-predictor))
        information = columns.T @ ((mean * (1 - mean))[:, None] * columns)
        plain = (event * predictor - np.log1p(np.exp(predictor))).sum()
        return -(plain + np.linalg.slogdet(information)[1] / 2)

    return value


def brute_force(value, size):
    """Give estimate, interval and p of the first coefficient, by derivative-free and finite-difference search."""

    def best(fixed):
        if fixed is None:
            found = minimize(value, np.zeros(size), method="BFGS", options={"gtol": 1e-7})
            return found.x[0], -found.fun
        if size == 1:
            return fixed, -value(np.array([fixed]))
        found = minimize(lambda rest: value(np.append(fixed, rest)), np.zeros(size - 1), options={"gtol": 1e-7})
        return fixed, -found.fun

    estimate, top = best(None)
    excess = lambda b: best(b)[1] - top + chi2.ppf(0.95, 1) / 2  # noqa: E731
    p_value = chi2.sf(2 * (top - best(0.0)[1]), 1)
    return estimate, brentq(excess, estimate - 12, estimate), brentq(excess, estimate, estimate + 12), p_value


def assert_same(effect, expected):
    estimate, lower, upper, p_value = expected
    # Finite differences leave the brute-force maximum uncertain by 1e-6.
    assert effect.estimate == pytest.approx(estimate, abs=5e-6)
    assert effect.lower == pytest.approx(lower, abs=5e-6)
    assert effect.upper == pytest.approx(upper, abs=5e-6)
    assert 10**effect.log10_p == pytest.approx(p_value, rel=1e-5)


@pytest.mark.parametrize(
    ("covariates", "estimate", "p_value"),
    [([], 0.0605523829404, 0.852026661616), (["x1", "x2"], 0.0736855953790096, 0.830931545589056)],
)
def test_cox_effect_equals_coxphfs(covariates, estimate, p_value):
    table = pd.read_csv(REFERENCE / "cox_lt.csv")
    times = (table[name].to_numpy(float) for name in ("entry", "time", "status"))
    burden = table[["G1", "G2", "G3", "G4"]].sum(axis=1).to_numpy(float)
    effect = firth_cox(*times, burden, table[covariates].to_numpy(float), ties="breslow")
    # coxphf stops when a step is below 1e-5, which leaves 1e-8.
    assert effect.estimate == pytest.approx(estimate, abs=3e-8)
    assert 10**effect.log10_p == pytest.approx(p_value, rel=1e-8)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("stratified", [False, True])
def test_cox_effect_equals_a_brute_force_maximum(ties, stratified):
    entry, exit, event, burden, covariates, site = patients()
    strata = site if stratified else np.zeros(40)
    effect = firth_cox(entry, exit, event, burden, covariates, strata=strata, ties=ties)
    columns = np.column_stack([burden, covariates])
    assert_same(effect, brute_force(penalised_cox(entry, exit, event, columns, strata, ties == "efron"), 3))


def test_cox_effect_is_finite_where_all_carriers_die_first():
    _, exit, event, _, _, _ = patients()
    burden = np.zeros(40)
    burden[np.argsort(exit)[:3]] = 1
    event = np.maximum(event, burden)
    effect = firth_cox(FROM_THE_START, exit, event, burden, np.empty((40, 0)))
    assert 0 < effect.lower < effect.estimate < effect.upper < 20
    value = penalised_cox(FROM_THE_START, exit, event, burden[:, None], np.zeros(40), True)
    assert_same(effect, brute_force(value, 1))


@pytest.mark.parametrize("separated", [False, True])
def test_logistic_effect_equals_a_brute_force_maximum(separated):
    _, _, event, burden, covariates, _ = patients()
    event = np.maximum(event, burden > 0) if separated else event
    columns = np.column_stack([burden, covariates, np.ones(40)])
    assert_same(firth_logistic(event, burden, covariates), brute_force(penalised_logistic(event, columns), 4))


@pytest.mark.parametrize("unit", [1e-3, 50.0])
def test_effect_is_per_unit_of_burden_and_ignores_units_of_covariates(unit):
    entry, exit, event, burden, covariates, site = patients()
    for fit in (
        lambda b, x: firth_cox(entry, exit, event, b, x, strata=site),
        lambda b, x: firth_logistic(event, b, x),
    ):
        plain, scaled = fit(burden, covariates), fit(unit * burden, covariates * [7, 1] + 100)
        assert scaled.estimate * unit == pytest.approx(plain.estimate, rel=1e-6)
        assert scaled.upper * unit == pytest.approx(plain.upper, rel=1e-6)
        assert scaled.log10_p == pytest.approx(plain.log10_p, rel=1e-6)


def test_recoding_the_event_turns_the_logistic_effect_around():
    _, _, event, burden, covariates, _ = patients()
    one, other = firth_logistic(event, burden, covariates), firth_logistic(1 - event, burden, covariates)
    assert other.estimate == pytest.approx(-one.estimate, abs=1e-7)
    assert (other.lower, other.upper) == pytest.approx((-one.upper, -one.lower), abs=1e-7)


def test_an_end_beyond_the_farthest_that_is_searched_is_infinite(monkeypatch):
    entry, exit, event, burden, covariates, _ = patients()
    monkeypatch.setattr("association.effects.firth.FARTHEST", 1e-9)
    monkeypatch.setattr("association.effects.firth.DROP", 100.0)
    effect = firth_cox(entry, exit, event, burden, covariates)
    assert (effect.lower, effect.upper) == (-np.inf, np.inf)


def test_a_burden_without_information_has_no_effect():
    entry, exit, event, burden, covariates, _ = patients()
    for useless in (np.ones(40), covariates[:, 0]):
        assert np.isnan(firth_cox(entry, exit, event, useless, covariates).estimate)
        assert np.isnan(firth_logistic(event, useless, covariates).estimate)
    assert np.isnan(firth_cox(entry, exit, np.zeros(40), burden, covariates).log10_p)

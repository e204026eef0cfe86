"""Likelihood ratios against numerical maximisation of the likelihoods they stand for."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binom, chi2, norm, poisson

from association.calibration.evidence import (
    BINARY,
    COUNTING,
    PLAIN,
    evidence_of,
    has_one_information,
    likelihood_ratio,
)
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.null_model import NullModel

GROUPS = [(0, 0.3, 2), (1, 0.02, 1), (3, 1.2, 5), (2, 4.5, 6), (4, 3.9, 4)]


def twice_gain(log_likelihood, low, high):
    """Give 2 (maximum - value at 0) of a log likelihood in one parameter."""
    best = minimize_scalar(
        lambda x: -log_likelihood(x), bounds=(low, high), method="bounded", options={"xatol": 1e-11}
    )
    return 2 * (-best.fun - log_likelihood(0.0))


@pytest.mark.parametrize(("events", "expected", "size"), GROUPS)
def test_counting_is_the_ratio_of_a_poisson_rate(events, expected, size):
    ratio = twice_gain(lambda theta: poisson.logpmf(events, expected * np.exp(theta)), -40, 10)
    assert likelihood_ratio(COUNTING, float(events), expected, float(size)) == pytest.approx(ratio, rel=1e-7)


@pytest.mark.parametrize(("events", "expected", "size"), GROUPS)
def test_binary_is_the_ratio_of_a_binomial_share(events, expected, size):
    odds = np.log(expected / (size - expected))
    ratio = twice_gain(lambda theta: binom.logpmf(events, size, 1 / (1 + np.exp(-odds - theta))), -30, 30)
    assert likelihood_ratio(BINARY, float(events), expected, float(size)) == pytest.approx(ratio, rel=1e-7)


def test_plain_is_the_ratio_of_a_normal_mean():
    residuals = np.array([0.3, -1.2, 2.2])
    ratio = twice_gain(lambda theta: norm.logpdf(residuals, theta).sum(), -10, 10)
    assert likelihood_ratio(PLAIN, residuals.sum(), 0.0, 3.0) == pytest.approx(ratio, rel=1e-9)


def test_a_group_that_does_as_expected_or_has_no_information_says_nothing():
    assert likelihood_ratio(COUNTING, 2.0, 2.0, 4.0) == likelihood_ratio(BINARY, 2.0, 2.0, 4.0) == 0
    assert likelihood_ratio(COUNTING, 0.0, 0.0, 4.0) == likelihood_ratio(BINARY, 0.0, 0.0, 4.0) == 0


def test_early_deaths_have_no_bound_and_long_lives_neither():
    early = [likelihood_ratio(COUNTING, 1.0, expected, 1.0) for expected in (1e-2, 1e-4, 1e-8)]
    late = [likelihood_ratio(COUNTING, 0.0, expected, 1.0) for expected in (1.0, 3.0, 9.0)]
    assert early == sorted(early)
    assert early[-1] > 30
    assert late == [2, 6, 18]


@pytest.mark.parametrize(("kind", "family"), [("cox", COUNTING), ("poisson", COUNTING), ("logistic", BINARY)])
def test_events_are_taken_as_the_model_has_them(make_model, kind, family):
    model = make_model(np.random.default_rng(1), kind, 20)
    evidence = evidence_of(model, np.zeros(20, int))
    assert evidence.family == family
    assert np.array_equal(evidence.values[:2], [model.events, model.expected_events])
    alone = [likelihood_ratio(family, d, e, 1.0) for d, e in zip(*evidence.values[:2], strict=True)]
    assert np.array_equal(evidence.values[2], alone)


def test_a_cox_model_gives_deaths_and_integrated_hazards():
    rng = np.random.default_rng(4)
    entry, length, event = rng.uniform(0, 3, 40), rng.exponential(5, 40), (rng.random(40) < 0.6).astype(float)
    exit_ = entry + length
    values = evidence_of(fit_cox(entry, exit_, event, Design((), np.empty((40, 0)))).model, np.zeros(40, int)).values
    at_risk = (entry < exit_[:, None]) & (exit_ >= exit_[:, None])
    hazard = event / at_risk.sum(axis=1)
    np.testing.assert_allclose(values[0], event)
    np.testing.assert_allclose(values[1], at_risk.T @ hazard, rtol=1e-10)


def test_plain_residuals_are_centred_within_strata_and_near_standard():
    rng = np.random.default_rng(2)
    strata = np.arange(400) % 3
    fit = fit_linear(7.0 * rng.normal(size=400) + strata, Design(("x",), rng.normal(size=(400, 1))))
    evidence = evidence_of(fit.model, strata)
    assert evidence.family == PLAIN
    assert evidence.values.shape == (1, 400)
    np.testing.assert_allclose(np.bincount(strata, evidence.values[0]), 0, atol=1e-9)
    assert evidence.values[0].std() == pytest.approx(1, abs=0.1)


def test_ratios_are_about_chi_square_in_large_groups():
    events = np.arange(201)
    ratio = np.array([likelihood_ratio(COUNTING, float(one), 100.0, 400.0) for one in events])
    tail = poisson.pmf(events, 100)[ratio >= chi2.isf(0.05, 1)].sum()
    assert tail == pytest.approx(0.05, abs=0.01)


def test_samples_without_any_information_say_nothing_and_nothing_of_it_is_not_a_number():
    model = NullModel("conditional", np.zeros(5), np.zeros(5), np.zeros((5, 0)), np.zeros((0, 0)))
    assert not has_one_information(model)
    evidence = evidence_of(model, np.zeros(5, int))
    assert (evidence.values == 0).all()
    assert np.isfinite(evidence.largest)

"""Fine-Gray regression against R and weights written out in full, and its invariances and refusals."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.fine_gray import fit_fine_gray
from association.problems import InputError
from association.score import Carriers, score_statistics

REFERENCE = Path(__file__).parents[2] / "reference"
COHORT = pd.read_csv(REFERENCE / "cox_lt.csv")
COHORT["cause"] = pd.read_csv(REFERENCE / "fg_etype.csv").etype.map({"censor": 0, "alsdeath": 1, "other": 2})
COHORT["burden"] = COHORT[["G1", "G2", "G3", "G4"]].sum(axis=1)
PRINTED = (REFERENCE / "misc.expected_R.txt").read_text()


def carriers_of(dosages):
    variants, samples = np.nonzero(dosages.T)
    offsets = np.searchsorted(variants, np.arange(dosages.shape[1] + 1))
    return Carriers(offsets, samples, dosages.T[variants, samples].astype(float))


def fit_cohort(covariates=("x1", "x2"), cohort=COHORT, **options):
    entry, leave = cohort.entry.to_numpy(float), cohort.time.to_numpy(float)
    design = Design(covariates, cohort[list(covariates)].to_numpy(float))
    return fit_fine_gray(entry, leave, cohort.cause.to_numpy(), design, **options)


def simulate(seed, samples=60):
    """Integer times with many ties, entries that meet exits, two competing causes and two strata.

    Two samples of each stratum stay throughout, so that somebody is always under observation.
    """
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 7, samples).astype(float)
    leave = entry + rng.integers(1, 9, samples)
    cause = rng.choice(4, samples, p=[0.3, 0.4, 0.2, 0.1])
    stratum = np.arange(samples) % 2
    entry[:4], leave[:4], cause[:6] = 0, 16, [0, 0, 0, 0, 1, 1]
    return entry, leave, cause, Design(("a", "b"), rng.normal(size=(samples, 2))), stratum


def numbers(pattern):
    return [np.array(text.split(), float) for text in re.search(pattern, PRINTED).groups()]


def test_agrees_with_finegray_of_r():
    (expected,) = numbers(r"FG null coef (.+?)  n rows")
    burden, head = numbers(r"FG score U_b (\S+)  head resid (.+)")
    fit = fit_cohort()
    # R stops when the log-likelihood moves by 1e-9 of itself, as in coxph.
    np.testing.assert_allclose([c.estimate for c in fit.coefficients], expected, rtol=1e-7)
    np.testing.assert_allclose(fit.model.residuals[:6], head, atol=1e-10)
    score = score_statistics(fit.model, carriers_of(COHORT[["G1", "G2", "G3", "G4"]].to_numpy(float))).score
    assert score.sum() == pytest.approx(burden[0], rel=1e-9)
    assert fit.details["events"] == fit.model.events.sum() == 22
    assert fit.details["competing_events"] == 11


def test_agrees_with_finegray_of_r_with_a_burden_and_without_covariates():
    expected, errors, likelihoods = numbers(r"FG fit (.+?)  naive se (.+?)  loglik (.+)")
    fit = fit_cohort(("x1", "x2", "burden"))
    np.testing.assert_allclose([c.estimate for c in fit.coefficients], expected, rtol=1e-7)
    np.testing.assert_allclose([c.standard_error for c in fit.coefficients], errors, rtol=1e-8)
    found = [fit_cohort(()).log_likelihood, fit.log_likelihood]
    np.testing.assert_allclose(found, likelihoods, rtol=1e-13)


def weight_matrix(entry, leave, cause, stratum):
    """Give every sample's weight at every event, from survival curves multiplied out per sample and time."""
    events = np.flatnonzero(cause == 1)
    weights = np.zeros((leave.size, events.size))
    for k, event in enumerate(events):
        time = leave[event]
        for i in np.flatnonzero(stratum == stratum[event]):
            peers = stratum == stratum[event]
            if entry[i] < time <= leave[i]:
                weights[i, k] = 1
            elif cause[i] > 1 and leave[i] < time:
                weights[i, k] = 1
                for c in np.unique(leave[peers & (cause == 0)]):
                    if leave[i] <= c < time:
                        there = peers & (entry < c) & ((leave > c) | ((leave == c) & (cause == 0)))
                        weights[i, k] *= 1 - (peers & (leave == c) & (cause == 0)).sum() / there.sum()
                for u in np.unique(entry[peers]):
                    if leave[i] <= u < time:
                        there = peers & (entry <= u) & (leave > u)
                        weights[i, k] /= 1 - (peers & (entry == u)).sum() / there.sum()
    return weights


@given(seed=st.integers(0, 10**6), stratified=st.booleans())
@settings(max_examples=25, deadline=None)
def test_information_equals_the_sums_written_out(share_each, compress, seed, stratified):
    entry, leave, cause, design, stratum = simulate(seed)
    stratum = stratum if stratified else np.zeros_like(stratum)
    fit = fit_fine_gray(entry, leave, cause, design, strata=stratum)
    risk = np.exp(design.matrix @ [c.estimate for c in fit.coefficients])
    weights = weight_matrix(entry, leave, cause, stratum)
    sizes = risk @ weights
    shares = risk[:, None] * weights / sizes
    operator = np.diag(shares.sum(axis=1)) - shares @ shares.T
    model, everyone = fit.model, np.arange(leave.size)
    events = np.flatnonzero(cause == 1)
    # 60 samples, entries of size 1 to 10: rounding is near 1e-13.
    assert fit.log_likelihood == pytest.approx(np.log(risk[events] / sizes).sum(), rel=1e-11)
    assert fit.details["largest_weight"] == pytest.approx(max(1, weights.max()))
    np.testing.assert_allclose(model.expected_events, shares.sum(axis=1), atol=1e-10)
    np.testing.assert_allclose(model.residuals, (cause == 1) - shares.sum(axis=1), atol=1e-10)
    shared = share_each(model.shared_risk, everyone)
    np.testing.assert_allclose(np.diag(model.information) - shared, operator, atol=1e-10)
    np.testing.assert_allclose(model.cross_information, operator @ design.matrix, atol=1e-10)
    information = design.matrix.T @ operator @ design.matrix
    np.testing.assert_allclose(model.covariate_information, information, atol=1e-9)
    few = everyone[::7]
    np.testing.assert_allclose(share_each(model.shared_risk, few), shared[np.ix_(few, few)], atol=1e-10)
    columns = np.random.default_rng(seed).binomial(2, 0.2, (leave.size, 5)) * 0.7
    offsets, samples, dosages = compress(columns).offsets, compress(columns).samples, compress(columns).dosages
    among = model.shared_risk.among(offsets, samples, dosages)
    np.testing.assert_allclose(among, columns.T @ shared @ columns, atol=1e-9)


def test_without_censoring_and_delayed_entry_competing_events_never_leave():
    """The weights are then 1, and the model is Cox regression with competing exits put off for ever."""
    _, leave, cause, design, stratum = simulate(4)
    cause = np.where(cause == 0, 2, cause)
    entry = np.full(leave.size, -np.inf)
    fit = fit_fine_gray(entry, leave, cause, design, strata=stratum)
    event = (cause == 1).astype(float)
    other = fit_cox(entry, np.where(cause == 1, leave, 1e3), event, design, strata=stratum, ties="breslow")
    np.testing.assert_allclose(fit.model.residuals, other.model.residuals, atol=1e-12)
    assert fit.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-13)
    assert fit.details["largest_weight"] == 1


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_without_competing_events_it_is_cox_regression(share_each, seed):
    entry, leave, cause, design, stratum = simulate(seed)
    event = (cause == 1).astype(float)
    fit = fit_fine_gray(entry, leave, (cause == 1).astype(int), design, strata=stratum)
    other = fit_cox(entry, leave, event, design, strata=stratum, ties="breslow")
    np.testing.assert_array_equal(fit.model.residuals, other.model.residuals)
    everyone = np.arange(leave.size)
    shared = [share_each(model.shared_risk, everyone) for model in (fit.model, other.model)]
    np.testing.assert_allclose(shared[0], shared[1], atol=1e-14)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_residuals_sum_to_zero_and_are_orthogonal_to_covariates(seed):
    entry, leave, cause, design, stratum = simulate(seed)
    model = fit_fine_gray(entry, leave, cause, design, strata=stratum).model
    for code in (0, 1):
        assert abs(model.residuals[stratum == code].sum()) < 1e-11  # 30 numbers of size 1
    np.testing.assert_allclose(design.matrix.T @ model.residuals, 0, atol=1e-10)
    statistics = score_statistics(model, carriers_of(np.random.default_rng(seed).binomial(2, 0.2, (60, 6))))
    assert np.linalg.eigvalsh(statistics.covariance).min() > -1e-10


@given(seed=st.integers(0, 10**6), scale=st.floats(1e-5, 1e5), shift=st.floats(-100, 100))
@settings(max_examples=40, deadline=None)
def test_score_ignores_sample_order_and_units_of_covariates_and_time(seed, scale, shift):
    entry, leave, cause, design, stratum = simulate(seed)
    dosages = np.random.default_rng(seed).binomial(2, 0.2, (60, 4))
    plain = score_statistics(fit_fine_gray(entry, leave, cause, design, strata=stratum).model, carriers_of(dosages))
    order = np.random.default_rng(seed + 1).permutation(60)
    moved = Design(design.names, (scale * (design.matrix + shift))[order])
    times = ((30.4375 * values[order] + 1) ** 2 for values in (entry, leave))  # only their order matters
    model = fit_fine_gray(*times, cause[order], moved, strata=stratum[order]).model
    other = score_statistics(model, carriers_of(dosages[order]))
    # A shift of 100 standard deviations costs two digits of a covariate, and X'VX squares it.
    np.testing.assert_allclose(other.score, plain.score, atol=1e-9)
    np.testing.assert_allclose(other.covariance, plain.covariance, atol=1e-9)


def test_unit_burden_gives_observed_minus_expected_events():
    model = fit_cohort().model
    carrier = COHORT.burden.to_numpy() > 0
    score = score_statistics(model, carriers_of(carrier[:, None])).score[0]
    assert score == pytest.approx(model.events[carrier].sum() - model.expected_events[carrier].sum())


def test_strata_add_up_to_separate_cohorts():
    entry, leave, cause, _, stratum = simulate(9)
    together = fit_fine_gray(entry, leave, cause, Design((), np.empty((60, 0))), strata=np.array(["b", "a"])[stratum])
    for code in (0, 1):
        at = stratum == code
        alone = fit_fine_gray(entry[at], leave[at], cause[at], Design((), np.empty((30, 0))))
        np.testing.assert_allclose(together.model.residuals[at], alone.model.residuals, atol=1e-12)


def test_refuses_competing_events_before_a_time_when_nobody_is_observed():
    entry, leave = np.array([0.0, 1, 5, 5, 6]), np.array([3.0, 4, 8, 9, 10])
    cause = np.array([2, 1, 1, 0, 1])
    with pytest.raises(InputError, match="1 samples leave by a competing event before a time when nobody"):
        fit_fine_gray(entry, leave, cause, Design((), np.empty((5, 0))))
    fit_fine_gray(entry, leave, np.array([0, 1, 1, 0, 1]), Design((), np.empty((5, 0))))


def test_names_a_covariate_whose_hazard_ratio_runs_off():
    flag = (COHORT.cause == 0) & (COHORT.id % 2 == 0)
    with pytest.raises(InputError, match="flag: its hazard ratio runs off"):
        fit_cohort(("x1", "flag"), COHORT.assign(flag=flag.astype(float)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cause": 0}, "no sample has the event, cause 1"),
        ({"cause": -1}, "60 values are not whole numbers from 0"),
        ({"cause": np.nan}, "60 values are not whole numbers from 0"),
        ({"entry": 99}, "60 samples do not leave after they enter"),
        ({"time": np.nan}, "a time is missing"),
        ({"x1": COHORT.x2 * 2}, "is a combination of"),
    ],
)
def test_refuses_times_and_causes_it_cannot_use(changes, words):
    with pytest.raises(InputError, match=words):
        fit_cohort(cohort=COHORT.assign(**changes))

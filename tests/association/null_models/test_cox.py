"""Cox regression against R, lifelines and sums written out in full, and its invariances and refusals."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import CoxPHFitter

from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.problems import InputError
from association.score import Carriers, score_statistics

REFERENCE = Path(__file__).parents[2] / "reference"
COHORT = pd.read_csv(REFERENCE / "cox_lt.csv")
DOSAGES = COHORT[["G1", "G2", "G3", "G4"]].to_numpy(float)
NONE = Design((), np.empty((60, 0)))


def carriers_of(dosages):
    variants, samples = np.nonzero(dosages.T)
    offsets = np.searchsorted(variants, np.arange(dosages.shape[1] + 1))
    return Carriers(offsets, samples, dosages.T[variants, samples].astype(float))


def fit_cohort(cohort=COHORT, covariates=("x1", "x2"), **options):
    entry, leave, event = (cohort[name].to_numpy(float) for name in ("entry", "time", "status"))
    return fit_cox(entry, leave, event, Design(covariates, cohort[list(covariates)].to_numpy(float)), **options)


def simulate(seed, samples=40, covariates=2):
    """Integer times with many ties, entries that meet events, two strata."""
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 6, samples).astype(float)
    leave = entry + rng.integers(1, 9, samples)
    event = (rng.random(samples) < 0.6).astype(float)
    event[:2] = 1
    matrix = rng.normal(size=(samples, covariates))
    design = Design(tuple("abcd"[:covariates]), matrix)
    return entry, leave, event, design, rng.integers(0, 2, samples)


def written_out(entry, leave, event, stratum, risk, ties):
    """Give E and V by visiting every death and every pair of samples."""
    expected, operator = np.zeros(risk.size), np.zeros((risk.size, risk.size))
    for code in np.unique(stratum):
        for time in np.unique(leave[(event == 1) & (stratum == code)]):
            at_risk = (stratum == code) & (entry < time) & (time <= leave)
            dying = at_risk & (leave == time) & (event == 1)
            for rank in range(dying.sum()):
                share = rank / dying.sum() if ties == "efron" else 0.0
                weight = risk * (at_risk - share * dying)
                weight /= weight.sum()
                expected += weight
                operator += np.diag(weight) - np.outer(weight, weight)
    return expected, operator


def printed_by_r(ties, stratified):
    heading = f"===== {ties} strata {str(stratified).upper()}"
    block = (REFERENCE / "cox_lt.expected.txt").read_text().split(heading)[1].split("=====")[0]
    rows = re.findall(r"^\[\d,\](.+)$", block, re.MULTILINE)
    numbers = lambda pattern: np.array(re.search(pattern, block).group(1).split(), float)  # noqa: E731
    return {
        "coefficients": numbers(r"null coef (.+?) loglik"),
        "log_likelihood": numbers(r"loglik (.+)")[1],
        "score": numbers(r"U = (.+)"),
        "covariance": np.array([row.split() for row in rows], float),
        "burden": numbers(r"chi2 (\S+)")[0],
    }


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("stratified", [False, True])
def test_agrees_with_r(ties, stratified):
    expected = printed_by_r(ties, stratified)
    fit = fit_cohort(ties=ties, strata=COHORT["site"].to_numpy() if stratified else None)
    statistics = score_statistics(fit.model, carriers_of(DOSAGES))
    # R stops when the log-likelihood moves by 1e-9 of itself: its coefficients then hold 9 digits (ours are
    # checked by X'M = 0 below), its scores 8.
    np.testing.assert_allclose([c.estimate for c in fit.coefficients], expected["coefficients"], rtol=1e-9)
    assert fit.log_likelihood == pytest.approx(expected["log_likelihood"], rel=1e-13)
    np.testing.assert_allclose(statistics.score, expected["score"], rtol=1e-8)
    np.testing.assert_allclose(statistics.covariance, expected["covariance"], rtol=1e-8)
    burden = statistics.score.sum() ** 2 / statistics.covariance.sum()
    assert burden == pytest.approx(expected["burden"], rel=1e-7)  # the score squared


def test_other_causes_censored_give_the_cause_specific_hazard_of_r():
    printed = (REFERENCE / "misc.expected_R.txt").read_text()
    numbers = r"cause-specific efron (.+?)  se (.+?)  ll (\S+) (\S+)"
    estimates, errors, empty, full = (text.split() for text in re.search(numbers, printed).groups())
    cause = pd.read_csv(REFERENCE / "fg_etype.csv").etype
    cohort = COHORT.assign(status=cause == "alsdeath", burden=DOSAGES.sum(axis=1))
    fit = fit_cohort(cohort, covariates=("x1", "x2", "burden"))
    # R stops when the log-likelihood moves by 1e-9 of itself.
    np.testing.assert_allclose([c.estimate for c in fit.coefficients], np.array(estimates, float), rtol=1e-7)
    np.testing.assert_allclose([c.standard_error for c in fit.coefficients], np.array(errors, float), rtol=1e-7)
    assert fit.log_likelihood == pytest.approx(float(full[0]), rel=1e-12)
    assert fit_cohort(cohort, covariates=()).log_likelihood == pytest.approx(float(empty[0]), rel=1e-12)


def test_agrees_with_lifelines_under_delayed_entry():
    other = CoxPHFitter().fit(
        COHORT[["x1", "x2", "entry", "time", "status"]], "time", "status", entry_col="entry",
        fit_options={"precision": 1e-12},
    )  # fmt: skip
    fit = fit_cohort()
    # lifelines stops at a step of 1e-12 but scales covariates by float rounding on its way.
    np.testing.assert_allclose([c.estimate for c in fit.coefficients], other.params_, rtol=1e-8)
    np.testing.assert_allclose([c.standard_error for c in fit.coefficients], other.standard_errors_, rtol=1e-7)
    assert fit.log_likelihood == pytest.approx(other.log_likelihood_, rel=1e-10)


@given(seed=st.integers(0, 10**6), ties=st.sampled_from(["efron", "breslow"]), stratified=st.booleans())
@settings(max_examples=60, deadline=None)
def test_information_equals_the_sums_written_out(share_each, compress, seed, ties, stratified):
    entry, leave, event, design, strata = simulate(seed)
    strata = strata if stratified else np.zeros_like(strata)
    offset = np.random.default_rng(seed).normal(size=leave.size)
    fit = fit_cox(entry, leave, event, design, strata=strata, ties=ties, offset=offset)
    risk = np.exp(offset + design.matrix @ [c.estimate for c in fit.coefficients])
    expected, operator = written_out(entry, leave, event, strata, risk, ties)
    model = fit.model
    everyone = np.arange(leave.size)
    shared = share_each(model.shared_risk, everyone)
    # 40 samples, entries of size 1: rounding is 1e-14, and more where hazards differ by e^5.
    np.testing.assert_allclose(model.expected_events, expected, atol=1e-10)
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


@given(seed=st.integers(0, 10**6), ties=st.sampled_from(["efron", "breslow"]))
@settings(max_examples=60, deadline=None)
def test_residuals_sum_to_zero_and_are_orthogonal_to_covariates(seed, ties):
    entry, leave, event, design, strata = simulate(seed)
    fit = fit_cox(entry, leave, event, design, strata=strata, ties=ties)
    model = fit.model
    for code in (0, 1):
        assert abs(model.residuals[strata == code].sum()) < 1e-11  # 20 numbers of size 1
    # The last Newton step squares an error of 1e-7 standard errors.
    np.testing.assert_allclose(design.matrix.T @ model.residuals, 0, atol=1e-10)
    statistics = score_statistics(model, carriers_of(np.random.default_rng(seed).binomial(2, 0.2, (40, 6))))
    assert np.linalg.eigvalsh(statistics.covariance).min() > -1e-10


@given(seed=st.integers(0, 10**6), scale=st.floats(1e-5, 1e5), shift=st.floats(-100, 100))
@settings(max_examples=60, deadline=None)
def test_score_ignores_sample_order_and_units_of_covariates_and_time(seed, scale, shift):
    entry, leave, event, design, strata = simulate(seed)
    dosages = np.random.default_rng(seed).binomial(2, 0.2, (40, 4))
    plain = score_statistics(fit_cox(entry, leave, event, design, strata=strata).model, carriers_of(dosages))
    order = np.random.default_rng(seed + 1).permutation(leave.size)
    moved = Design(design.names, (scale * (design.matrix + shift))[order])
    fit = fit_cox(30.4375 * entry[order], 30.4375 * leave[order], event[order], moved, strata=strata[order])
    other = score_statistics(fit.model, carriers_of(dosages[order]))
    # A shift of 100 standard deviations costs two digits of a covariate, and X'VX squares it.
    np.testing.assert_allclose(other.score, plain.score, atol=1e-9)
    np.testing.assert_allclose(other.covariance, plain.covariance, atol=1e-9)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_entry_at_minus_infinity_is_no_delayed_entry(seed):
    _, leave, event, design, _ = simulate(seed)
    before = fit_cox(np.zeros(leave.size), leave, event, design).model
    never = fit_cox(np.full(leave.size, -np.inf), leave, event, design).model
    np.testing.assert_array_equal(before.residuals, never.residuals)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_strata_add_up_to_separate_cohorts(seed):
    entry, leave, event, _, strata = simulate(seed, covariates=0)
    event[:] = np.where(np.arange(leave.size) % 3 == 0, 1, event)
    none = Design((), np.empty((leave.size, 0)))
    together = fit_cox(entry, leave, event, none, strata=np.array(["north", "south"])[strata])
    alone = [
        fit_cox(entry[at], leave[at], event[at], Design((), np.empty((at.sum(), 0))))
        for at in (strata == 0, strata == 1)
    ]
    assert together.log_likelihood == pytest.approx(sum(fit.log_likelihood for fit in alone))
    for code, fit in enumerate(alone):
        np.testing.assert_allclose(together.model.residuals[strata == code], fit.model.residuals, atol=1e-12)


def test_unit_burden_gives_observed_minus_expected_events():
    model = fit_cohort().model
    carrier = DOSAGES.any(axis=1)
    score = score_statistics(model, carriers_of(carrier[:, None])).score[0]
    assert score == pytest.approx(model.events[carrier].sum() - model.expected_events[carrier].sum())


def test_without_covariates_expected_events_are_those_of_the_log_rank_test():
    model = fit_cohort(covariates=(), ties="breslow").model
    at_risk = lambda t: ((COHORT.entry < t) & (t <= COHORT.time)).sum()  # noqa: E731
    times = COHORT.time[COHORT.status == 1]
    hazard = [
        sum(1 / at_risk(t) for t in times if e < t <= x) for e, x in zip(COHORT.entry, COHORT.time, strict=True)
    ]
    np.testing.assert_allclose(model.expected_events, hazard, rtol=1e-12)  # sums of 33 terms


def test_known_offset_of_the_estimates_leaves_nothing_to_estimate():
    free = fit_cohort()
    known = COHORT[["x1", "x2"]].to_numpy() @ [c.estimate for c in free.coefficients]
    fixed = fit_cohort(covariates=(), offset=known)
    np.testing.assert_allclose(fixed.model.residuals, free.model.residuals, atol=1e-12)
    assert fixed.log_likelihood == pytest.approx(free.log_likelihood)


def test_enormous_offsets_do_not_overflow():
    plain = fit_cohort(covariates=("x1",))
    moved = fit_cohort(covariates=("x1",), offset=np.full(60, 5000.0))
    np.testing.assert_allclose(moved.model.residuals, plain.model.residuals, atol=1e-9)  # 5000 keeps 12 digits


def test_details_count_events_and_ties():
    assert fit_cohort().details == {"events": 33.0, "tied_fraction": pytest.approx(26 / 33)}
    spread = COHORT.assign(time=COHORT.time + COHORT.id / 1000)
    assert fit_cohort(spread).details["tied_fraction"] == 0


def test_names_a_covariate_whose_hazard_ratio_runs_off():
    separated = COHORT.assign(flag=((COHORT.status == 0) & (COHORT.id % 2 == 0)).astype(float))
    with pytest.raises(InputError) as caught:
        fit_cohort(separated, covariates=("x1", "x2", "flag"))
    assert [problem.place for problem in caught.value.problems] == ["flag"]
    assert "runs off" in str(caught.value)


def test_accepts_a_covariate_with_one_event_among_its_carriers():
    first = COHORT.index[COHORT.status == 1][3]
    rare = COHORT.assign(flag=((COHORT.status == 0) & (COHORT.id % 4 == 0)) | (COHORT.index == first))
    assert abs(fit_cohort(rare, covariates=("x1", "flag")).coefficients[1].estimate) < 5


def test_names_a_covariate_that_varies_only_where_nothing_happens():
    quiet = COHORT.id <= 10
    cohort = COHORT.assign(site=np.where(quiet, 0, 1), status=np.where(quiet, 0, COHORT.status))
    cohort["flag"] = np.where(cohort.id <= 5, 1.0, 0.0)
    with pytest.raises(InputError, match="flag: the events cannot tell"):
        fit_cohort(cohort, covariates=("x1", "flag"), strata=cohort["site"].to_numpy())


def test_names_covariates_that_repeat_each_other():
    with pytest.raises(InputError, match="is a combination of"):
        fit_cohort(COHORT.assign(months=COHORT.x1 * 12), covariates=("x1", "months"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": 0}, "no sample has the event"),
        ({"status": 2}, "60 values are neither 0 nor 1"),
        ({"entry": 99}, "60 samples do not leave after they enter"),
        ({"time": np.nan}, "a time is missing"),
        ({"entry": np.nan}, "a time is missing"),
    ],
)
def test_refuses_times_and_events_it_cannot_use(changes, words):
    with pytest.raises(InputError, match=words):
        fit_cohort(COHORT.assign(**changes))


def test_refuses_an_offset_with_missing_values():
    with pytest.raises(InputError, match="offset: 1 of 60 values are missing"):
        fit_cohort(offset=np.where(COHORT.id == 7, np.nan, 0.0))

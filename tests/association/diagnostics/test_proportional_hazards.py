"""The test of proportional hazards against R and likelihoods differentiated, its size, invariances and refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.diagnostics.proportional_hazards import proportional_hazards_test
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.problems import InputError

REFERENCE = Path(__file__).parents[2] / "reference"
COHORT = pd.read_csv(REFERENCE / "cox_lt.csv")
TIMES = [COHORT[name].to_numpy(float) for name in ("entry", "time", "status")]
SITE = COHORT.site.to_numpy()
EXPECTED = pd.read_csv(REFERENCE / "survival_curves.expected_R.csv", dtype={"key": str})


def design_of(columns):
    return Design(tuple(columns), np.column_stack([np.asarray(values, float) for values in columns.values()]))


DESIGN = design_of({"x1": COHORT.x1, "x2": COHORT.x2})


def fit_and_test(times, design, *, strata=None, ties="efron", **options):
    fit = fit_cox(*times, design, strata=strata, ties=ties)
    estimates = np.array([c.estimate for c in fit.coefficients])
    return proportional_hazards_test(*times, design, estimates, strata=strata, ties=ties, **options)


def simulate(seed, samples=60):
    """Integer times with many ties, entries that meet events, two strata."""
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 6, samples).astype(float)
    leave = entry + rng.integers(1, 9, samples)
    event = (rng.random(samples) < 0.6).astype(float)
    return [entry, leave, event], Design(("a", "b"), rng.normal(size=(samples, 2))), rng.integers(0, 2, samples)


def printed_by_r(table, column):
    return EXPECTED.value[(EXPECTED["set"] == table) & (EXPECTED.name == column)].to_numpy()


def in_one_order(*columns):
    """Sort rows, because events at one time come in any order."""
    rows = np.column_stack(columns)
    return rows[np.lexsort(np.round(rows, 8).T)]


def assert_is_what_r_prints(found, table, covariates):
    # Differences of squares of numbers near 1, over 33 events.
    np.testing.assert_allclose(found.chi_square, printed_by_r(table, "chisq"), rtol=1e-12)
    np.testing.assert_array_equal(found.degrees, printed_by_r(table, "df"))
    np.testing.assert_allclose(found.p_value, printed_by_r(table, "p"), rtol=1e-12)
    expected = [printed_by_r(table, name) for name in ("time", "transformed")]
    expected += [printed_by_r(table, f"scaled {name}") for name in covariates]
    ours = in_one_order(found.times, found.transformed_times, found.scaled_residuals)
    np.testing.assert_allclose(ours, in_one_order(*expected), rtol=1e-11, atol=1e-12)
    assert (np.diff(found.times) >= 0).all()


@pytest.mark.parametrize("transform", ["km", "rank", "identity"])
@pytest.mark.parametrize("sites", ["pooled", "stratified"])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_agrees_with_cox_zph_of_r(ties, sites, transform):
    strata = SITE if sites == "stratified" else None
    found = fit_and_test(TIMES, DESIGN, ties=ties, strata=strata, transform=transform)
    assert found.names == ("x1", "x2", "GLOBAL")
    assert_is_what_r_prints(found, f"zph {ties} {sites} {transform}", ["x1", "x2"])
    np.testing.assert_array_equal(found.times, TIMES[1][found.samples])
    assert TIMES[2][found.samples].all()


def test_agrees_with_r_on_a_covariate_that_varies_in_one_stratum_only():
    design = design_of({"first_site": COHORT.x1 * (SITE == 1), "x2": COHORT.x2})
    found = fit_and_test(TIMES, design, strata=SITE)
    assert_is_what_r_prints(found, "zph one site", design.names)
    np.testing.assert_array_equal(np.isnan(found.scaled_residuals[:, 0]), SITE[found.samples] == 2)


def test_agrees_with_r_where_the_curve_ends_before_others_enter_and_starts_it_later_by_default():
    early = np.array([[-9.0, -3, 1, 1, 0], [-9, -2, 1, -1, 1], [-9, -1, 1, 0.5, 1]])
    *times, x1, x2 = np.vstack([np.column_stack([*TIMES, COHORT.x1, COHORT.x2]), early]).T
    design = design_of({"x1": x1, "x2": x2})
    assert_is_what_r_prints(fit_and_test(times, design, fewest_at_risk=1), "zph early", design.names)
    assert set(printed_by_r("zph early", "transformed")[3:]) == {1.0}  # one and the same for 33 of 36 events
    found = fit_and_test(times, design)
    np.testing.assert_array_equal(found.transformed_times[:3], 0)
    np.testing.assert_allclose(found.transformed_times[3:], fit_and_test(TIMES, DESIGN).transformed_times, rtol=1e-13)


def drifting_log_likelihood(times, matrix, coefficients, drift, transform, strata, ties):
    """Visit every event of a Cox model whose covariates are x and x g(t)."""
    entry, leave, event = times
    total = 0.0
    for code in np.unique(strata):
        for time in np.unique(leave[(event == 1) & (strata == code)]):
            at_risk = (strata == code) & (entry < time) & (time <= leave)
            dying = at_risk & (leave == time) & (event == 1)
            predictor = matrix @ (coefficients + drift * transform[time])
            total += predictor[dying].sum()
            for rank in range(dying.sum()):
                share = rank / dying.sum() if ties == "efron" else 0.0
                total -= np.log((np.exp(predictor) * (at_risk - share * dying)).sum())
    return total


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("seed", [1, 2])
def test_is_the_score_test_of_a_likelihood_that_is_differentiated_numerically(seed, ties):
    times, design, strata = simulate(seed)
    estimates = np.array([c.estimate for c in fit_cox(*times, design, strata=strata, ties=ties).coefficients])
    found = proportional_hazards_test(*times, design, estimates, strata=strata, ties=ties, transform="identity")
    mean = times[1][times[2] == 1].mean()
    transform = {time: time - mean for time in np.unique(times[1])}

    def log_likelihood(changes):
        point = estimates + changes[:2], changes[2:]
        return drifting_log_likelihood(times, design.matrix, *point, transform, strata, ties)

    step, unit = 1e-3, np.eye(4) * 1e-3
    gradient = np.array([log_likelihood(e) - log_likelihood(-e) for e in unit]) / (2 * step)
    hessian = np.array(
        [
            [
                log_likelihood(a + b) - log_likelihood(a - b) - log_likelihood(b - a) + log_likelihood(-a - b)
                for a in unit
            ]
            for b in unit
        ]
    ) / (4 * step**2)
    expected = [gradient @ np.linalg.solve(-hessian, gradient)]
    for drift in (3, 2):
        kept = [0, 1, drift]
        score = np.where(np.arange(4) == drift, gradient, 0)[kept]
        expected.insert(0, score @ np.linalg.solve(-hessian[np.ix_(kept, kept)], score))
    # Differences with a step h are off by h^2 of the third derivatives.
    np.testing.assert_allclose(found.chi_square, expected, rtol=2e-3)


@given(seed=st.integers(0, 10**6), ties=st.sampled_from(["efron", "breslow"]), shift=st.integers(-30, 30))
@settings(max_examples=25, deadline=None)
def test_ignores_sample_order_origin_of_time_and_units_of_covariates(seed, ties, shift):
    times, design, strata = simulate(seed)
    order = np.random.default_rng(seed).permutation(60)
    moved = [times[0] + shift, times[1] + shift, times[2]]
    other = Design(design.names, (5 * design.matrix - 3)[order])
    for transform in ("km", "rank", "identity"):
        plain = fit_and_test(times, design, strata=strata, ties=ties, transform=transform)
        turned = fit_and_test(
            [values[order] for values in moved], other, strata=strata[order], ties=ties, transform=transform
        )
        # Both ends of Newton's method are 1e-10 from the maximum.
        np.testing.assert_allclose(turned.chi_square, plain.chi_square, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(
            in_one_order(turned.times, 5 * turned.scaled_residuals),
            in_one_order(plain.times + shift, plain.scaled_residuals),
            atol=1e-6,
        )


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_entry_at_minus_infinity_is_no_delayed_entry(seed):
    (_, leave, event), design, _ = simulate(seed)
    never, early = (fit_and_test([np.full(60, value), leave, event], design) for value in (-np.inf, leave.min() - 1))
    np.testing.assert_array_equal(never.chi_square, early.chi_square)
    np.testing.assert_array_equal(never.scaled_residuals, early.scaled_residuals)


def test_schoenfeld_residuals_average_to_the_estimates():
    fit = fit_cox(*TIMES, DESIGN)
    estimates = [c.estimate for c in fit.coefficients]
    found = fit_and_test(TIMES, DESIGN)
    np.testing.assert_allclose(found.scaled_residuals.mean(axis=0), estimates, atol=1e-10)


def hazards(rng, samples, drifts):
    """Exponential times whose hazard ratio is e before month 1, and, where it drifts, 1/e after."""
    carrier = rng.integers(0, 2, samples).astype(float)
    before = rng.exponential(size=samples) / np.exp(carrier)
    after = 1 + rng.exponential(size=samples) / np.exp(-carrier if drifts else carrier)
    time = np.where(before < 1, before, after)
    entry, censored = rng.uniform(0, 0.3, samples), rng.uniform(0.5, 4, samples)
    leave = np.minimum(time, censored)
    seen = leave > entry
    times = [entry[seen], leave[seen], (time <= censored)[seen].astype(float)]
    return times, Design(("carrier", "noise"), np.column_stack([carrier, rng.normal(size=samples)])[seen])


def test_finds_an_effect_that_turns_around_and_leaves_the_other_covariate_alone():
    found = fit_and_test(*hazards(np.random.default_rng(1), 1500, drifts=True))
    assert found.p_value[0] < 1e-6
    assert found.p_value[1] > 0.01
    assert found.p_value[2] < 1e-6


def test_one_early_death_does_not_hide_an_effect_that_turns_around():
    times, design = hazards(np.random.default_rng(1), 1500, drifts=True)
    early = [np.append(values, value) for values, value in zip(times, (-2.0, -1.0, 1.0), strict=True)]
    design = Design(design.names, np.vstack([design.matrix, [1.0, 0.5]]))
    assert fit_and_test(early, design).p_value[0] < 1e-6
    # With the curve of R, g is 0 at that death, at which one sample says nothing, and 1 at all others.
    np.testing.assert_array_equal(fit_and_test(early, design, fewest_at_risk=1).degrees, [0, 0, 0])


def test_has_the_size_it_says_when_hazards_are_proportional():
    rng = np.random.default_rng(20)
    p_values = np.array([fit_and_test(*hazards(rng, 200, drifts=False)).p_value for _ in range(300)])
    # 15 of 300 expected, with standard deviation 3.8.
    assert ((p_values < 0.05).sum(axis=0) > 3).all()
    assert ((p_values < 0.05).sum(axis=0) < 29).all()


def test_a_known_offset_is_a_covariate_whose_effect_is_known():
    full = fit_cox(*TIMES, DESIGN)
    x1, x2 = (c.estimate for c in full.coefficients)
    alone = proportional_hazards_test(
        *TIMES, design_of({"x2": COHORT.x2}), np.array([x2]), offset=x1 * COHORT.x1.to_numpy()
    )
    both = fit_and_test(TIMES, DESIGN)
    # The numerators agree; with x1 estimated, the information of the drift of x2 is smaller.
    assert alone.chi_square[0] < both.chi_square[1]
    assert alone.chi_square[0] == pytest.approx(both.chi_square[1], rel=0.2)


def test_events_at_one_time_say_nothing_about_a_drift():
    times = [np.zeros(60), np.where(TIMES[2] == 1, 5.0, 9.0), TIMES[2]]
    found = fit_and_test(times, DESIGN)
    np.testing.assert_array_equal(found.degrees, [0, 0, 0])
    assert np.isnan(found.chi_square).all()
    assert np.isnan(found.p_value).all()
    assert np.isfinite(found.scaled_residuals).all()


def test_a_contrast_that_one_event_alone_informs_is_left_out_of_the_global_test():
    """At the second death a and b are equal in everyone at risk: nothing shows whether their difference drifts."""
    entry, leave = np.array([0.0, 0, 0, 0, 5, 5, 5]), np.array([1.0, 2, 2, 3, 6, 7, 7])
    event = np.array([1.0, 0, 0, 0, 1, 0, 0])
    matrix = np.array([[1.0, 0], [0, 1], [1, 1], [0, 0], [0, 0], [1, 1], [2, 2]])
    both = (entry, leave, event, Design(("a", "b"), matrix), np.zeros(2))
    found = proportional_hazards_test(*both, transform="identity")
    np.testing.assert_array_equal(found.degrees, [1, 1, 1])
    assert np.isfinite(found.p_value).all()
    matrix[6, 1] = 1
    np.testing.assert_array_equal(proportional_hazards_test(*both, transform="identity").degrees, [1, 1, 2])


def test_refuses_estimates_of_another_fit_and_no_covariates():
    with pytest.raises(InputError, match="3 for 2 covariates"):
        proportional_hazards_test(*TIMES, DESIGN, np.zeros(3))
    with pytest.raises(InputError, match="nothing to be proportional"):
        proportional_hazards_test(*TIMES, Design((), np.empty((60, 0))), np.zeros(0))
    with pytest.raises(InputError, match="one and the same value"):
        proportional_hazards_test(*TIMES, design_of({"same": np.ones(60)}), np.zeros(1))

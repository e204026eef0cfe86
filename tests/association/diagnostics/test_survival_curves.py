"""Survival curves against R, lifelines and risk sets written out, and their invariances and refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter, NelsonAalenFitter

from association.diagnostics.cumulative_hazards import cumulative_incidence, nelson_aalen
from association.diagnostics.risk_table import number_at_risk
from association.diagnostics.survival_curves import kaplan_meier, median_survival, survival_at
from association.problems import InputError

REFERENCE = Path(__file__).parents[2] / "reference"
COHORT = pd.read_csv(REFERENCE / "cox_lt.csv")
ENTRY, LEAVE, EVENT = (COHORT[name].to_numpy(float) for name in ("entry", "time", "status"))
CAUSE = pd.read_csv(REFERENCE / "fg_etype.csv").etype.map({"censor": 0, "alsdeath": 1, "other": 2}).to_numpy()
EXPECTED = pd.read_csv(REFERENCE / "survival_curves.expected_R.csv", dtype={"key": str})
NEVER = np.full(60, -np.inf)

# Fifteen products and sums of numbers near 1, printed to 15 digits.
ROUNDING = {"rtol": 1e-13, "atol": 1e-14}


def printed_by_r(table, column):
    return EXPECTED.value[(EXPECTED["set"] == table) & (EXPECTED.name == column)].to_numpy()


def simulate(seed, samples=40):
    """Integer times with many ties, entries that meet exits, two causes, and risk sets that are rarely empty."""
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 8, samples).astype(float)
    leave = entry + rng.integers(1, 12, samples)
    return entry, leave, rng.integers(0, 3, samples)


CURVES = {
    "km": {"entry": ENTRY},
    "km without entry": {"entry": NEVER},
    "km from 5.5": {"entry": ENTRY, "from_time": 5.5},
}


@pytest.mark.parametrize("table", CURVES)
def test_survival_and_its_limits_agree_with_survfit_of_r(table):
    curve = kaplan_meier(exit=LEAVE, event=EVENT, **CURVES[table])
    columns = ("time", "n.risk", "n.event", "surv", "lower", "upper")
    found = (curve.times, curve.at_risk, curve.events, curve.survival, curve.lower, curve.upper)
    for column, values in zip(columns, found, strict=True):
        np.testing.assert_allclose(values, printed_by_r(table, column), **ROUNDING, err_msg=column)


@pytest.mark.parametrize("table", CURVES)
def test_cumulative_hazard_agrees_with_survfit_of_r(table):
    estimate = nelson_aalen(exit=LEAVE, event=EVENT, **CURVES[table])
    np.testing.assert_allclose(estimate.hazard, printed_by_r(table, "cumhaz"), **ROUNDING)
    np.testing.assert_allclose(np.sqrt(estimate.variance), printed_by_r(table, "std.chaz"), **ROUNDING)


@pytest.mark.parametrize("table", CURVES)
def test_median_and_its_limits_agree_with_r(table):
    median = median_survival(kaplan_meier(exit=LEAVE, event=EVENT, **CURVES[table]))
    expected = [printed_by_r(table, name)[0] for name in ("median", "median_lower", "median_upper")]
    np.testing.assert_array_equal([median.estimate, median.lower, median.upper], expected)


def test_cumulative_incidence_agrees_with_survfit_of_r():
    curves = cumulative_incidence(ENTRY, LEAVE, CAUSE)
    np.testing.assert_array_equal(curves.times, printed_by_r("aj", "time"))
    np.testing.assert_array_equal(curves.causes, [1, 2])
    for column, state in enumerate(["alsdeath", "other"]):
        np.testing.assert_allclose(curves.incidence[:, column], printed_by_r("aj", state), **ROUNDING)
    np.testing.assert_allclose(curves.survival, printed_by_r("aj", "(s0)"), **ROUNDING)


def test_curves_agree_with_lifelines_where_entry_times_meet_event_times():
    assert np.isin(ENTRY, LEAVE[EVENT == 1]).sum() > 10
    survival = KaplanMeierFitter().fit(LEAVE, EVENT, entry=ENTRY)
    hazard = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(LEAVE, EVENT, entry=ENTRY)
    curve, estimate = kaplan_meier(ENTRY, LEAVE, EVENT), nelson_aalen(ENTRY, LEAVE, EVENT)
    np.testing.assert_allclose(survival.survival_function_at_times(curve.times), curve.survival, **ROUNDING)
    np.testing.assert_allclose(hazard.cumulative_hazard_at_times(estimate.times), estimate.hazard, **ROUNDING)


def test_the_event_table_of_lifelines_counts_entrants_as_at_risk_at_their_entry_but_we_and_r_do_not():
    table = KaplanMeierFitter().fit(LEAVE, EVENT, entry=ENTRY).event_table
    entrants = int(table.entrance[5.0])
    assert entrants == 4
    assert int(table.at_risk[5.0]) == printed_by_r("km", "n.risk")[0] + entrants
    np.testing.assert_array_equal(number_at_risk(ENTRY, LEAVE, np.array([5.0])), [20])


@given(seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_every_estimate_is_the_sum_written_out(seed):
    entry, leave, cause = simulate(seed)
    event = (cause > 0).astype(float)
    survival, hazard, variance, incidence = 1.0, 0.0, 0.0, np.zeros(2)
    expected = []
    for time in sorted(set(leave[cause > 0])):
        at_risk = [i for i in range(40) if entry[i] < time <= leave[i]]
        dying = [cause[i] for i in at_risk if leave[i] == time and cause[i] > 0]
        incidence = incidence + survival * np.array([dying.count(1), dying.count(2)]) / len(at_risk)
        survival *= 1 - len(dying) / len(at_risk)
        hazard += len(dying) / len(at_risk)
        variance += len(dying) / len(at_risk) ** 2
        expected.append([time, len(at_risk), survival, hazard, variance, *incidence])
    curve, estimate = kaplan_meier(entry, leave, event), nelson_aalen(entry, leave, event)
    causes = cumulative_incidence(entry, leave, cause)
    columns = [curve.times, curve.at_risk, curve.survival, estimate.hazard, estimate.variance, *causes.incidence.T]
    np.testing.assert_allclose(np.column_stack(columns), expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(causes.incidence.sum(axis=1) + causes.survival, 1, atol=1e-14)


@given(seed=st.integers(0, 10**6), shift=st.integers(-50, 50))
@settings(max_examples=40, deadline=None)
def test_curves_ignore_sample_order_and_move_with_the_origin_of_time(seed, shift):
    entry, leave, cause = simulate(seed)
    order = np.random.default_rng(seed).permutation(40)
    event = (cause > 0).astype(float)
    for estimate in (kaplan_meier, nelson_aalen, cumulative_incidence):
        outcome = cause if estimate is cumulative_incidence else event
        plain = estimate(entry, leave, outcome, fewest_at_risk=6)
        moved = estimate((entry + shift)[order], (leave + shift)[order], outcome[order], fewest_at_risk=6)
        for name, values in vars(plain).items():
            expected = values + shift if name in ("times", "starts_at", "ends_at") else values
            np.testing.assert_array_equal(getattr(moved, name), expected, err_msg=name)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_entry_at_minus_infinity_is_no_delayed_entry(seed):
    _, leave, cause = simulate(seed)
    event = (cause > 0).astype(float)
    curve = kaplan_meier(np.full(40, -np.inf), leave, event)
    other = KaplanMeierFitter().fit(leave, event)
    np.testing.assert_array_equal(curve.at_risk, [(leave >= time).sum() for time in curve.times])
    np.testing.assert_allclose(other.survival_function_at_times(curve.times), curve.survival, **ROUNDING)
    early = kaplan_meier(np.full(40, leave.min() - 1), leave, event)
    np.testing.assert_array_equal(early.survival, curve.survival)


def test_one_early_death_before_others_enter_makes_the_curve_zero_unless_it_starts_later():
    entry = np.array([0.0, *np.full(10, 3)])
    leave = np.array([2.0, *np.arange(5, 15)])
    event = np.ones(11)
    assert kaplan_meier(entry, leave, event).survival[0] == 0
    later = kaplan_meier(entry, leave, event, fewest_at_risk=5)
    assert later.starts_at == 2
    np.testing.assert_array_equal(later.times, np.arange(5, 15))
    np.testing.assert_allclose(later.survival, np.arange(9, -1, -1) / 10, atol=1e-15)
    for estimate in (kaplan_meier, nelson_aalen):
        chosen, stated = estimate(entry, leave, event, fewest_at_risk=5), estimate(entry, leave, event, from_time=2)
        for name, values in vars(chosen).items():
            np.testing.assert_array_equal(getattr(stated, name), values)


@pytest.mark.parametrize(("fewest", "starts_at"), [(1, 0.0), (20, 0.0), (21, 5.0), (27, 5.0), (28, 7.0)])
def test_the_curve_starts_after_the_last_small_risk_set_before_the_largest(fewest, starts_at):
    # At risk at deaths: 20 at 5, 27 at 7, 33 at 8; in the tail, too, there are few, but that is no reason to start.
    curve = kaplan_meier(ENTRY, LEAVE, EVENT, fewest_at_risk=fewest)
    assert curve.starts_at == starts_at
    assert curve.times[0] > starts_at
    assert curve.times[-1] == LEAVE[EVENT == 1].max()


@given(seed=st.integers(0, 10**6), start=st.integers(0, 10))
@settings(max_examples=30, deadline=None)
def test_a_curve_that_starts_later_is_the_ratio_of_survivals(seed, start):
    entry, leave, cause = simulate(seed)
    entry[:3], leave[:3], cause[:3] = -1, 30, 0
    event = (cause > 0).astype(float)
    full, later = kaplan_meier(entry, leave, event), kaplan_meier(entry, leave, event, from_time=start)
    at_start = survival_at(full, np.array([float(start)]))[0]
    np.testing.assert_allclose(later.survival * at_start, survival_at(full, later.times), rtol=1e-12)


def test_survival_is_read_from_the_step_and_unknown_outside_the_curve():
    curve = kaplan_meier(np.array([1.0, 1, 1, 1]), np.array([3.0, 4, 4, 6]), np.array([1.0, 1, 0, 0]))
    when = np.array([0.5, 1, 2.9, 3, 3.9, 4, 6, 6.1])
    np.testing.assert_allclose(survival_at(curve, when), [np.nan, 1, 1, 0.75, 0.75, 0.5, 0.5, np.nan], rtol=1e-15)
    ended = kaplan_meier(np.zeros(2), np.array([1.0, 2]), np.ones(2))
    np.testing.assert_array_equal(survival_at(ended, np.array([2.0, 99])), [0, 0])


def test_at_risk_are_those_who_entered_before_and_leave_then_or_later():
    entry, leave = np.array([0.0, 2, -np.inf]), np.array([2.0, 5, 3])
    np.testing.assert_array_equal(number_at_risk(entry, leave, np.array([5.0, 0, 2, 2.5, 6])), [1, 1, 2, 2, 0])


def test_median_is_the_middle_of_a_stretch_at_one_half_and_missing_where_it_is_not_reached():
    zero = np.zeros(4)
    half = kaplan_meier(zero, np.array([1.0, 2, 6, 8]), np.array([1.0, 1, 1, 0]))
    assert median_survival(half).estimate == 4
    rest = kaplan_meier(zero, np.array([1.0, 2, 6, 8]), np.array([1.0, 1, 0, 0]))
    assert median_survival(rest).estimate == 2
    assert np.isnan(median_survival(kaplan_meier(zero, np.arange(1.0, 5), zero)).estimate)


def test_without_events_a_curve_is_one():
    curve = kaplan_meier(ENTRY, LEAVE, np.zeros(60))
    assert curve.times.size == 0
    np.testing.assert_array_equal(survival_at(curve, np.array([10.0])), [1])
    causes = cumulative_incidence(ENTRY, LEAVE, np.zeros(60, int))
    assert causes.incidence.shape == (0, 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"event": np.where(EVENT == 1, 2.0, 0)}, "33 values are neither 0 nor 1"),
        ({"entry": LEAVE}, "60 samples do not leave after they enter"),
        ({"exit": np.where(EVENT == 1, np.nan, LEAVE)}, "33 samples do not leave"),
        ({"entry": np.empty(0), "exit": np.empty(0), "event": np.empty(0)}, "there are no samples"),
    ],
)
def test_refuses_times_and_events_it_cannot_use(changes, words):
    for estimate in (kaplan_meier, nelson_aalen):
        with pytest.raises(InputError, match=words):
            estimate(**({"entry": ENTRY, "exit": LEAVE, "event": EVENT} | changes))


def test_refuses_causes_that_are_not_whole_numbers():
    with pytest.raises(InputError, match="11 values are not whole numbers from 0"):
        cumulative_incidence(ENTRY, LEAVE, np.where(CAUSE == 2, -1, CAUSE))

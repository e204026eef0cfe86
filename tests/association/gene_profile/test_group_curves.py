"""Curves of carriers and others against lifelines and sums written out, and where they start."""

import numpy as np
import pytest
from lifelines import KaplanMeierFitter

from association.gene_profile.group_curves import MOST_STEPS, Times, at_risk_at, group_curves
from association.problems import InputError


def simulated(seed, samples=120, competing=False):
    rng = np.random.default_rng(seed)
    entry = rng.uniform(0, 20, samples)
    leave = entry + rng.exponential(15, samples)
    cause = (rng.random(samples) < 0.6).astype(np.int64)
    if competing:
        cause[rng.random(samples) < 0.3] = 2
    carriers = np.zeros(samples, bool)
    carriers[rng.choice(samples, 12, replace=False)] = True
    return Times(entry, leave, cause), carriers


def lifelines_of(times, inside, start):
    """Fit lifelines' curve to those of a group who are without the event at the start."""
    left = inside & (times.exit > start)
    fitter = KaplanMeierFitter()
    entry = np.maximum(times.entry[left], start)
    return fitter.fit(times.exit[left], times.event[left], entry=entry, alpha=0.05)


@pytest.mark.parametrize("seed", range(8))
def test_both_curves_equal_lifelines_with_delayed_entry(seed):
    times, carriers = simulated(seed)
    for inside, curve in zip((carriers, ~carriers), group_curves(times, carriers), strict=True):
        fitter = lifelines_of(times, inside, curve.time[0])
        steps = curve.events > 0
        expected = fitter.survival_function_at_times(curve.time[steps]).to_numpy()
        np.testing.assert_allclose(curve.survival[steps], expected, rtol=1e-10)
        table = fitter.event_table.loc[curve.time[steps]]
        np.testing.assert_array_equal(curve.at_risk[steps], table["at_risk"])
        np.testing.assert_array_equal(curve.events[steps], table["observed"])
        limits = fitter.confidence_interval_.loc[curve.time[steps]].to_numpy()
        alive = curve.survival[steps] > 0
        found = np.column_stack((curve.lower, curve.upper))[steps]
        np.testing.assert_allclose(found[alive], limits[alive], rtol=1e-10)


@pytest.mark.parametrize("seed", range(8))
def test_both_curves_start_at_one_and_the_same_time(seed):
    first, second = group_curves(*simulated(seed))
    assert first.time[0] == second.time[0]
    assert (first.survival[0], second.survival[0]) == (1.0, 1.0)
    assert (np.diff(first.time) > 0).all()


def test_one_carrier_alone_at_risk_does_not_end_the_curve():
    entry = np.array([0.0, 5.0, 6.0, 7.0, *np.linspace(0, 1, 30)])
    leave = np.array([2.0, 20.0, 21.0, 22.0, *np.linspace(10, 40, 30)])
    times, carriers = Times(entry, leave, np.ones(34, np.int64)), np.arange(34) < 4
    curve, others = group_curves(times, carriers)
    assert curve.time[0] == others.time[0] == 2.0
    np.testing.assert_allclose(curve.survival, [1, 2 / 3, 1 / 3, 0], atol=1e-15)
    assert np.isnan(curve.lower[-1])


def test_a_curve_ends_at_the_last_exit():
    times = Times(np.zeros(4), np.array([1.0, 2.0, 5.0, 3.0]), np.array([1, 1, 0, 0]))
    curve, others = group_curves(times, np.ones(4, bool))
    assert others is None
    np.testing.assert_array_equal(curve.time, [0, 1, 2, 5])
    np.testing.assert_array_equal(curve.at_risk, [4, 4, 3, 1])
    np.testing.assert_array_equal(curve.events, [0, 1, 1, 0])
    np.testing.assert_allclose(curve.survival, [1, 0.75, 0.5, 0.5])
    assert curve.median == 2.0


def test_with_a_competing_event_a_curve_is_one_less_the_incidence():
    times, carriers = simulated(3, competing=True)
    for inside, curve in zip((carriers, ~carriers), group_curves(times, carriers), strict=True):
        start = curve.time[0]
        left = inside & (times.exit > start)
        free, incidence = 1.0, 0.0
        for time in np.sort(times.exit[left & (times.cause > 0)]):
            at_risk = (left & (times.entry < time) & (times.exit >= time)).sum()
            (who,) = np.flatnonzero(left & (times.exit == time))
            incidence += free / at_risk * (times.cause[who] == 1)
            free *= 1 - 1 / at_risk
            if times.cause[who] == 1:
                assert curve.survival[curve.time == time] == pytest.approx(1 - incidence, rel=1e-12)
        assert np.isnan(curve.lower).all()
        assert np.isnan(curve.median)
        assert curve.events.sum() == (left & (times.cause == 1)).sum()


def test_of_very_many_steps_some_are_left_out_and_no_event_is_lost():
    rng = np.random.default_rng(1)
    samples = 4 * MOST_STEPS
    times = Times(np.zeros(samples), rng.exponential(10, samples), np.ones(samples, np.int64))
    _, others = group_curves(times, np.arange(samples) < 3)
    assert others.time.size <= MOST_STEPS + 2
    assert others.events.sum() == samples - 3
    assert others.survival[-1] == 0
    exact = lifelines_of(times, np.arange(samples) >= 3, 0.0)
    np.testing.assert_allclose(
        others.survival, exact.survival_function_at_times(others.time).to_numpy(), rtol=1e-10, atol=1e-15
    )


def test_at_risk_are_those_who_entered_before_and_have_not_left():
    times = Times(np.array([0.0, 1.0, 2.0]), np.array([2.0, 4.0, 5.0]), np.ones(3, np.int64))
    np.testing.assert_array_equal(at_risk_at(times, np.array([0.0, 1.0, 2.0, 3.0, 6.0])), [0, 1, 2, 2, 0])


def test_times_that_end_before_they_begin_are_refused():
    times = Times(np.array([3.0, 0.0]), np.array([1.0, 2.0]), np.ones(2, np.int64))
    with pytest.raises(InputError):
        group_curves(times, np.array([True, False]))

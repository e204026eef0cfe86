"""Additive hazards: against sums over every interval and everybody in it, and what estimates must do."""

from itertools import pairwise

import numpy as np
import pytest

from association.mechanism.additive_hazards import NORMAL_95, AdditiveHazards


@pytest.fixture
def cohort():
    """Give a cohort with delayed entry, strata and ties."""
    rng = np.random.default_rng(4)
    entry = np.round(rng.uniform(0, 6, 60), 1)
    exit_ = np.round(entry + rng.exponential(6, 60) + 0.1, 1)
    event = (rng.random(60) < 0.7).astype(float)
    carrier = (np.arange(60) % 5 == 0).astype(float)
    return entry, exit_, event, np.column_stack((carrier, rng.normal(size=60))), np.arange(60) % 2


def by_hand(entry, exit_, event, columns, strata):
    """Give estimates, covariance and D of the first column, interval by interval."""
    size = columns.shape[1]
    within, score, between, pieces = np.zeros((size, size)), np.zeros(size), np.zeros((size, size)), []
    for stratum in np.unique(strata):
        own = strata == stratum
        times = np.unique(np.concatenate((entry[own], exit_[own])))
        for begin, end in pairwise(times):
            at_risk = own & (entry <= begin) & (exit_ >= end)
            if not at_risk.any():
                continue
            mean = columns[at_risk].mean(axis=0)
            for one in np.flatnonzero(at_risk):
                deviation = columns[one] - mean
                within += (end - begin) * np.outer(deviation, deviation)
                pieces.append((one, end - begin, deviation))
                if exit_[one] == end and event[one]:
                    score += deviation
                    between += np.outer(deviation, deviation)
    inverse = np.linalg.inv(within)
    spread = sum(length * (inverse[0] @ deviation) ** 2 for one, length, deviation in pieces if columns[one, 0])
    return inverse @ score, inverse @ between @ inverse, spread


def test_estimates_and_intervals_are_sums_over_every_interval_and_everybody_in_it(cohort):
    estimates, covariance, spread = by_hand(*cohort)
    fitted = AdditiveHazards(*cohort)
    assert fitted.estimates == pytest.approx(estimates)
    assert fitted.covariance == pytest.approx(covariance)
    found = fitted.of_carriers(0)
    for end in (found.lower, found.upper):
        square = (end - estimates[0]) ** 2
        assert square == pytest.approx(NORMAL_95**2 * (covariance[0, 0] + (end - estimates[0]) * spread))
    assert found.lower < found.value < found.upper
    assert found.upper - found.value > found.value - found.lower


def test_units_and_order_change_nothing_but_the_units(cohort):
    entry, exit_, event, columns, strata = cohort
    order = np.random.default_rng(1).permutation(60)
    fitted = AdditiveHazards(*cohort)
    again = AdditiveHazards(entry[order], exit_[order], event[order], columns[order] * (1, 10), strata[order])
    assert again.estimates * (1, 10) == pytest.approx(fitted.estimates)
    years = AdditiveHazards(entry / 12, exit_ / 12, event, columns, strata)
    assert years.of_carriers(0).upper == pytest.approx(12 * fitted.of_carriers(0).upper)


def test_where_a_covariate_begins_to_count_changes_no_digit(cohort):
    entry, exit_, event, columns, strata = cohort
    fitted = AdditiveHazards(*cohort)
    distant = AdditiveHazards(entry, exit_, event, np.add(columns, (0, 1e7)), strata)
    assert distant.estimates == pytest.approx(fitted.estimates, rel=1e-7)
    assert distant.of_carriers(0).upper == pytest.approx(fitted.of_carriers(0).upper, rel=1e-7)


def test_columns_that_do_not_differ_within_risk_sets_are_refused(cohort):
    entry, exit_, event, columns, _ = cohort
    carrier, other = columns.T
    whole_stratum = (carrier == 1).astype(np.int64)
    with pytest.raises(np.linalg.LinAlgError):
        AdditiveHazards(entry, exit_, event, carrier[:, None], whole_stratum)
    made_up = np.column_stack((carrier, other, carrier + 3 * other))
    for strata in (np.zeros(60, np.int64), np.arange(60) % 4):
        with pytest.raises(np.linalg.LinAlgError):
            AdditiveHazards(entry, exit_, event, made_up, strata)
    with pytest.raises(np.linalg.LinAlgError):
        AdditiveHazards(entry, exit_, event, np.ones((60, 1)), np.zeros(60, np.int64))


def test_an_upper_end_remains_where_no_carrier_has_the_event(cohort):
    entry, exit_, event, columns, strata = cohort
    found = AdditiveHazards(entry, exit_, np.where(columns[:, 0] == 1, 0.0, event), columns, strata).of_carriers(0)
    assert found.value < 0
    assert found.upper > found.value + 2 * NORMAL_95 * found.standard_error


@pytest.mark.slow
def test_a_constant_difference_of_hazards_is_estimated_without_bias():
    rng, found = np.random.default_rng(9), []
    for _ in range(200):
        carrier = (np.arange(400) < 100).astype(float)
        entry, death = rng.uniform(0, 5, 400), rng.exponential(1 / (0.05 + 0.05 * carrier))
        inside = death > entry
        exit_, event = np.minimum(death, 30), (death <= 30).astype(float)
        cohort = (
            entry[inside],
            exit_[inside],
            event[inside],
            carrier[inside, None],
            np.zeros(inside.sum(), np.int64),
        )
        found.append(AdditiveHazards(*cohort).of_carriers(0))
    assert np.mean([one.value for one in found]) == pytest.approx(0.05, abs=0.003)
    assert 0.9 < np.mean([one.lower <= 0.05 <= one.upper for one in found]) < 0.99


@pytest.mark.slow
@pytest.mark.parametrize(("carriers", "months"), [(10, 20), (15, 20), (20, 6)])
def test_intervals_hold_where_few_carriers_have_the_event_and_none_is_left_out_for_it(carriers, months):
    rng, covered, values, often = np.random.default_rng(5), [], [], []
    for _ in range(400):
        carrier = (np.arange(300) < carriers).astype(float)
        entry = rng.uniform(2, 14, 300)
        # Without memory: whoever is enrolled has the same hazard from then on.
        death, end = entry + rng.exponential(1 / 0.035, 300), entry + rng.uniform(2, months, 300)
        exit_, event = np.minimum(death, end), (death <= end).astype(float)
        found = AdditiveHazards(entry, exit_, event, carrier[:, None], np.zeros(300, np.int64)).of_carriers(0)
        covered.append(found.lower <= 0 <= found.upper)
        values.append(found.value)
        often.append(event[:carriers].sum() >= 5)
    covered, often = np.array(covered), np.array(often)
    assert covered.mean() > 0.92
    assert abs(np.mean(values)) < 0.005
    assert np.array(values)[often].mean() > 0.01

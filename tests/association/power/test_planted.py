"""Effects that are planted in the study's own samples, and what null models make of them."""

from dataclasses import replace

import numpy as np
import pytest

from association.calibration.evidence import evidence_of
from association.null_models.by_cohort import CohortFit, stack_fits
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.null_models.logistic import fit_logistic
from association.power.carrier_spread import draw_carriers, log10_attainable_p, spread_over_strata
from association.power.critical_ratio import group_ratios
from association.power.planted_times import PlantedTimes
from association.power.power_curve import power_curves
from association.power.smooth_hazard import fit_smooth_hazard
from association.power.studied_trait import studied_trait

KINDS = ("survival", "slope", "quantitative", "binary")


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_carriers_expected_events_are_those_of_a_refit(make_studied, ties):
    """Times by whole months, so that the study's own events tie; the sweep knows nothing of the refit."""
    trait = make_studied(np.random.default_rng(1), "survival", ties=ties, rounded=True)
    drawn = draw_carriers(np.array([4, 3, 3]), trait.strata, (1,), 20).astype(np.int64)
    unseen = trait.planted.draws(np.random.default_rng(2), drawn.shape)
    for effect in (0.3, 1.8):
        ratios = trait.planted.ratios(drawn, unseen, effect)
        for replicate in range(20):
            model = trait.planted.refitted(drawn[replicate], unseen[replicate], effect)
            again = group_ratios(evidence_of(model, trait.strata), drawn[replicate][None])[0]
            assert ratios[replicate] == pytest.approx(again, rel=1e-9, abs=1e-9)


def test_a_shift_is_refitted_as_least_squares_does():
    rng, strata = np.random.default_rng(3), np.zeros(120, np.int64)
    design, values = Design(("x",), rng.normal(size=(120, 1))), rng.normal(size=120)
    fit = fit_linear(values, design)
    planted = studied_trait("y", "quantitative", fit.model, strata, fit.details).planted
    carriers, nothing = np.arange(7), np.zeros(7)
    shifted = values.copy()
    shifted[carriers] += 1.4
    expected = fit_linear(shifted, design).model
    found = planted.refitted(carriers, nothing, 1.4)
    np.testing.assert_allclose(found.residuals, expected.residuals, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.information, expected.information, rtol=1e-9)
    ratio = group_ratios(evidence_of(expected, strata), carriers[None])[0]
    assert planted.ratios(carriers[None], nothing[None], 1.4)[0] == pytest.approx(ratio, rel=1e-9)


def test_cohorts_of_different_spread_keep_the_level_and_have_the_power_of_their_information():
    rng, half = np.random.default_rng(9), np.arange(150)
    fits = []
    for name, own, spread in (("a", half, 1.0), ("b", half + 150, 3.0)):
        design = Design(("x",), rng.normal(size=(150, 1)))
        fits.append(CohortFit(name, own, fit_linear(spread * rng.normal(size=150), design)))
    fit = stack_fits(fits)
    trait = studied_trait("y", "quantitative", fit.model, np.repeat([0, 1], 150), fit.details)
    scale = replace(trait.scale, sizes=(1e-4, 0.8))
    (curve,) = power_curves(replace(trait, scale=scale), 30, [0.05], 1)
    nothing, some = (point.simulated for point in curve.points)
    assert nothing.power == pytest.approx(0.05, abs=0.012)
    assert some.power == pytest.approx(some.by_formula, abs=0.03)


def test_one_step_comes_close_to_a_logistic_refit(make_studied):
    rng = np.random.default_rng(4)
    strata, age = np.zeros(400, np.int64), rng.normal(size=400)
    cases = (rng.random(400) < 1 / (1 + np.exp(1 - 0.5 * age))).astype(float)
    design = Design(("age",), age[:, None])
    fit = fit_logistic(cases, design)
    planted = studied_trait("y", "binary", fit.model, strata, fit.details).planted
    carriers, chances = np.arange(30), rng.random(30)
    found = planted.refitted(carriers, chances, np.log(5))
    again = fit_logistic(found.events, design).model
    assert found.events.sum() > cases.sum()
    np.testing.assert_allclose(found.expected_events, again.expected_events, atol=2e-3)


def test_carriers_with_a_hazard_ratio_have_it(followed):
    """A third of a large cohort is given a hazard ratio of 3, and Cox finds it."""
    rng = np.random.default_rng(5)
    entry, exit_, event = followed(rng, 4_000)
    nothing = Design((), np.zeros((4_000, 0)))
    model = fit_cox(entry, exit_, event, nothing).model
    trait = studied_trait("t", "survival", model, np.zeros(4_000, np.int64), {}, (entry, exit_, "efron"))
    assert isinstance(trait.planted, PlantedTimes)
    carriers = rng.permutation(4_000)[:1_300]
    leaves, happens = trait.planted.fates(carriers, rng.exponential(size=1_300), np.log(3))
    exit_[carriers] = leaves
    event[carriers[happens]] = 1
    carried = np.zeros((4_000, 1))
    carried[carriers] = 1
    fit = fit_cox(entry, exit_, event, Design(("carrier",), carried))
    estimate = fit.coefficients[0]
    assert abs(estimate.estimate - np.log(3)) < 3 * estimate.standard_error < 0.2


def test_a_smooth_hazard_is_the_one_that_times_were_drawn_from(followed):
    entry, exit_, event = followed(np.random.default_rng(6), 100_000)
    one = np.ones(100_000)
    hazard, factor = fit_smooth_hazard(entry, exit_, event == 1, one, np.zeros(100_000, np.int64))
    months = np.array([1.0, 10.0, 30.0])
    np.testing.assert_allclose(hazard.cumulative(months), months / 30, rtol=0.04)
    np.testing.assert_allclose(factor, 1, rtol=1e-6)
    np.testing.assert_allclose(hazard.time_at(hazard.cumulative(months)), months, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_hardly_any_effect_is_found_as_often_as_the_level_says(make_studied, kind):
    trait = make_studied(np.random.default_rng(7), kind)
    (curve,) = power_curves(_without_effect(trait), 10, [0.05], 1)
    assert curve.points[0].simulated.power == pytest.approx(0.05, abs=0.012)


def _without_effect(trait):
    """Give the trait with the smallest of effects alone."""
    size = 1.0001 if trait.scale.deviation is None else 1e-4
    return type(trait)(
        **{**vars(trait), "scale": type(trait.scale)(trait.scale.unit, (size,), trait.scale.deviation)}
    )


@pytest.mark.parametrize(("carriers", "taken"), [(1, [1, 0, 0]), (4, [2, 1, 1]), (10, [5, 3, 2])])
def test_carriers_are_spread_over_strata_in_proportion(carriers, taken):
    assert spread_over_strata(carriers, np.array([150, 90, 60])).tolist() == taken


def test_draws_take_so_many_of_each_stratum_and_each_sample_alike():
    strata = np.array([0, 1] * 20)
    drawn = draw_carriers(np.array([2, 1]), strata, (1, 2), 20_000)
    assert (np.sort(strata[drawn], axis=1) == [0, 0, 1]).all()
    assert (np.diff(np.sort(drawn, axis=1)) > 0).all()
    counts = np.bincount(drawn.ravel(), minlength=40)
    np.testing.assert_allclose(counts[strata == 0], 2_000, rtol=0.1)
    np.testing.assert_allclose(counts[strata == 1], 1_000, rtol=0.15)


def test_draws_by_weight_take_samples_in_proportion_and_anybody_where_nobody_is_likely():
    strata, weights = np.zeros(50, np.int64), np.repeat([1.0, 0.25, 0.0], [10, 20, 20])
    drawn = draw_carriers(np.array([1]), strata, (5,), 30_000, weights)[:, 0]
    counts = np.bincount(drawn, minlength=50)
    np.testing.assert_allclose(counts[:10], 2_000, rtol=0.1)
    np.testing.assert_allclose(counts[10:30], 500, rtol=0.2)
    assert counts[30:].sum() == 0
    every = draw_carriers(np.array([50]), strata, (5,), 3, weights)
    assert (np.sort(every, axis=1) == np.arange(50)).all()


def test_carriers_of_a_harmful_variant_enter_early(make_studied):
    trait = make_studied(np.random.default_rng(8), "survival")
    weights = trait.planted.weights(np.log(6))
    assert np.average(trait.planted.entry, weights=weights) < trait.planted.entry.mean() - 1
    np.testing.assert_allclose(trait.planted.weights(0.0), 1)


def test_the_smallest_p_value_is_one_over_the_choices():
    assert 10 ** log10_attainable_p(np.array([3]), np.array([300])) == pytest.approx(1 / 4_455_100)

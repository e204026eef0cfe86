"""Laws of carriers' cases: against all choices of carriers, and the hypergeometric law."""

from dataclasses import replace
from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from scipy.stats import hypergeom

from association.calibration.evidence import evidence_of
from association.null_models.design import Design
from association.null_models.logistic import fit_logistic
from association.power.carrier_spread import draw_carriers
from association.power.case_tables import CaseTables
from association.power.critical_ratio import EXACT, UNATTAINABLE, group_ratios
from association.power.power_curve import power_curves
from association.power.studied_trait import studied_trait

LEVELS = [0.3, 0.05, 0.01]


def _studied(cases, strata, *columns):
    """Give the binary trait of these cases, by these covariates."""
    matrix = np.column_stack(columns) if columns else np.zeros((cases.size, 0))
    fit = fit_logistic(cases.astype(float), Design(tuple(f"x{n}" for n in range(len(columns))), matrix))
    return studied_trait("b", "binary", fit.model, strata, fit.details)


def _all_choices(strata, taken):
    """Give all choices of so many carriers of each stratum."""
    of_strata = [combinations(np.flatnonzero(strata == s), int(number)) for s, number in enumerate(taken)]
    return np.array([sum(choice, ()) for choice in product(*of_strata)])


@pytest.mark.parametrize("levels", [0, 1, 2])
@pytest.mark.parametrize("taken", [[3], [2, 1], [0, 2]])
def test_a_replicate_is_significant_where_as_few_choices_are_as_extreme(levels, taken):
    """No covariate, one of two levels, or two; the law of each replicate by all choices of carriers."""
    rng, taken = np.random.default_rng(1), np.array(taken)
    strata = np.arange(30) % taken.size
    columns = [rng.permutation(np.arange(30) % 2).astype(float) for _ in range(levels)]
    trait = _studied(rng.random(30) < 0.3, strata, *columns)
    carriers = draw_carriers(taken, strata, (2,), 40).astype(np.int64)
    draws = trait.planted.draws(rng, carriers.shape)
    assert CaseTables.are_few(trait.planted, strata, taken)
    found = CaseTables(trait.planted, strata, taken, LEVELS).at(carriers, draws, 1.5)
    every, p_values = _all_choices(strata, taken), []
    for own, chance in zip(carriers, draws, strict=True):
        evidence = evidence_of(trait.planted.refitted(own, chance, 1.5), strata)
        observed = group_ratios(evidence, own[None])[0]
        p_values.append((group_ratios(evidence, every) >= observed * (1 - 1e-9)).mean())
    ratios = trait.planted.ratios(carriers, draws, 1.5)
    for level, critical in zip(LEVELS, found, strict=True):
        assert (ratios >= critical.ratio).tolist() == (np.array(p_values) <= level).tolist()
    assert 0 < (ratios >= found[0].ratio).sum() < 40


def test_where_even_carriers_who_are_all_cases_are_too_common_nothing_is_found():
    """90 of 300 are cases: three carriers who all are have p = 0.026, more with the cases that an effect brings."""
    trait = _studied(np.arange(300) < 90, np.zeros(300, np.int64))
    rare, common = power_curves(trait, 3, [0.01, 0.05], 1, 1_000)
    assert 10**rare.log10_attainable == pytest.approx(comb(90, 3) / comb(300, 3))
    assert not rare.attainable
    assert common.attainable
    assert {point.simulated.method for point in rare.points} == {UNATTAINABLE}
    assert all(point.simulated.power == point.small_effects == 0 for point in rare.points)
    assert common.points[-1].simulated.method == EXACT
    assert common.points[-1].simulated.power > 0.5


@pytest.mark.parametrize(("carriers", "level", "ratio"), [(3, 0.05, 10.0), (8, 1e-3, 10.0), (20, 5e-4, 4.0)])
def test_power_is_that_of_cohorts_whose_cases_are_binomial_and_p_values_hypergeometric(carriers, level, ratio):
    """The cohort has its 90 cases among 300; carriers get the trait by their odds, and an exact test is made."""
    trait = _studied(np.arange(300) < 90, np.zeros(300, np.int64))
    trait = replace(trait, scale=replace(trait.scale, sizes=(ratio,)))
    (curve,) = power_curves(trait, carriers, [level], 1, 4_000)
    rng = np.random.default_rng(3)
    gets = (ratio * 3 / 7 / (1 + ratio * 3 / 7) - 0.3) / 0.7
    before = rng.hypergeometric(90, 210, carriers, 4_000)
    gained = rng.binomial(carriers - before, gets)
    reached = [_two_sided(n, carriers, 90 + more) <= level for n, more in zip(before + gained, gained, strict=True)]
    assert curve.points[0].simulated.power == pytest.approx(np.mean(reached), abs=0.03)


def _two_sided(observed, carriers, cases):
    """Give the probability of a likelihood ratio as large, by the hypergeometric law."""
    possible = np.arange(carriers + 1)
    expected = carriers * cases / 300
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.nan_to_num(possible * np.log(possible / expected)) + np.nan_to_num(
            (carriers - possible) * np.log((carriers - possible) / (carriers - expected))
        )
    return hypergeom.pmf(possible, 300, cases, carriers)[ratio >= ratio[observed] - 1e-9].sum()


def test_many_kinds_of_patients_have_no_tables():
    rng, strata = np.random.default_rng(4), np.zeros(300, np.int64)
    trait = _studied(rng.random(300) < 0.3, strata, rng.normal(size=300))
    assert not CaseTables.are_few(trait.planted, strata, np.array([3]))
    (curve,) = power_curves(trait, 3, [0.05], 1, 200)
    assert curve.log10_attainable == pytest.approx(-np.log10(comb(300, 3)))

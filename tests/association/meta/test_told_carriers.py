"""Which carriers are told of in traits of different samples: by brute force, and without bending any test's level."""

import numpy as np
import pytest
from scipy.stats import kstest, norm

from association.meta.told_carriers import told_by_stratum, told_carriers

LIMIT = 5


def tell(patterns, inside, seed=0, samples=10_000):
    return told_carriers(
        np.asarray(patterns),
        np.asarray(inside, bool),
        [samples] * len(inside),
        lambda: np.random.default_rng(seed),
        at_least=LIMIT,
    )


def cells(*columns):
    """Sizes of the sets of carriers that no column tells apart, those in no column left out."""
    found, counts = np.unique(np.column_stack(columns), axis=0, return_counts=True)
    return counts[(found[:, 1:] > 0).any(axis=1)]


@pytest.mark.parametrize("traits", [1, 2, 3, 4])
def test_carriers_that_traits_and_patterns_tell_apart_are_enough(traits):
    thinned = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        patterns = rng.integers(0, 4, 80)
        inside = rng.random((traits, 80)) > rng.choice([0, 0.03, 0.1, 0.3], traits)[:, None]
        told = tell(patterns, inside, seed)
        assert not told[:, patterns == 0].any()
        assert (told <= inside).all()
        assert (cells(patterns, *told) >= LIMIT).all()
        thinned += int((told[-1] != (inside[-1] & (patterns > 0))).any())
    assert traits == 1 or thinned > 20


def test_a_pattern_is_thinned_until_those_who_lack_the_trait_are_enough_or_it_is_withheld():
    everyone = np.ones(20, bool)
    for lacking, told in ((0, 20), (1, 15), (4, 15), (5, 15), (14, 6), (16, 0)):
        first, second = tell(np.ones(20, int), [everyone, np.arange(20) >= lacking])
        assert (first.sum(), second.sum()) == (20, told)
    # Eight have it, two lack it: less three more, five are left; of seven there would be four.
    assert tell(np.ones(10, int), [np.ones(10), np.arange(10) >= 2]).sum(axis=1).tolist() == [10, 5]
    assert tell(np.ones(9, int), [np.ones(9), np.arange(9) >= 2]).sum(axis=1).tolist() == [9, 0]


def test_a_trait_keeps_nothing_where_too_few_would_carry_nothing():
    assert tell(np.ones(20, int), [np.ones(20)], samples=24).sum() == 0
    assert tell(np.ones(20, int), [np.ones(20)], samples=25).sum() == 20


def test_strata_are_told_where_no_cell_of_theirs_over_all_traits_is_too_small():
    allowed = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        patterns = rng.integers(1, 3, 60)
        told = tell(patterns, rng.random((2, 60)) > np.array([[0], [0.2]]), seed)
        strata = rng.integers(0, 2, (1, 60)).repeat(2, axis=0)
        sizes = [np.bincount(strata[0], minlength=2) + rng.integers(0, 8, 2) for _ in range(2)]
        found = told_by_stratum(patterns, told, strata, sizes, at_least=LIMIT)
        columns = [
            np.where(own, strata[at] + 1, 0) if by else own
            for at, (own, by) in enumerate(zip(told, found, strict=True))
        ]
        if found.any():
            assert (cells(patterns, *columns) >= LIMIT).all()
        for at in np.flatnonzero(found):
            others = sizes[at] - np.bincount(strata[at][told[at]], minlength=2)
            assert not ((others > 0) & (others < LIMIT)).any()
        allowed += int(found.sum())
    assert 20 < allowed < 580


def p_values(draws, lacking, *, at_random):
    """Null burdens of a trait that patients who died early lack, told beside one that everybody has."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(draws):
        value = rng.normal(size=300)
        # Who has the lowest values is likelier to lack the trait; or anybody is.
        risk = rng.random(300) if at_random else norm.cdf(value + rng.normal(size=300))
        inside = risk > lacking
        patterns = np.where(rng.random(300) < 0.15, rng.integers(1, 4, 300), 0)
        told = tell(patterns, [np.ones(300), inside], int(rng.integers(1 << 30)))[1]
        centred = (value - value[inside].mean())[inside]
        own, size = told[inside], inside.sum()
        spread = centred.std() * np.sqrt(own.sum() * (1 - own.sum() / size))
        if own.any():
            found.append(2 * norm.sf(abs(centred[own].sum()) / spread))
    return np.array(found)


@pytest.mark.parametrize("at_random", [True, False])
def test_thinning_and_withholding_leave_p_values_uniform_whoever_lacks_the_trait(at_random):
    found = p_values(3_000, 0.15, at_random=at_random)
    assert len(found) > 2_500
    assert kstest(found, "uniform").pvalue > 0.01
    assert (found < 0.05).mean() == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / len(found)))


def test_leaving_carriers_without_a_trait_out_of_the_others_would_bend_their_level():
    # What the order of traits avoids: survival told only of those who lived long enough for a slope.
    rng = np.random.default_rng(2)
    scores = []
    for _ in range(500):
        months = rng.exponential(size=300)
        carrier = rng.random(300) < 0.15
        inside = months > 0.2
        centred = months - months.mean()
        told = carrier & inside
        scores.append(centred[told].sum() / (centred.std() * np.sqrt(told.sum())))
    assert abs(np.mean(scores)) > 1

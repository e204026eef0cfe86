"""Permutation p-values against enumeration of every arrangement."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import beta

from association.calibration.monte_carlo import GeneCount, count_exceedances, monte_carlo_p
from association.calibration.permutation_stream import PermutationStream, centre_within_strata
from association.score import Carriers


def carriers_of(rows):
    """Compress a dense (n, m) matrix of dosages."""
    columns = [np.flatnonzero(column) for column in rows.T]
    offsets = np.concatenate(([0], np.cumsum([column.size for column in columns])))
    dosages = np.concatenate([rows[column, variant] for variant, column in enumerate(columns)])
    return Carriers(offsets, np.concatenate(columns), dosages.astype(float))


def count(rows, residuals, strata, *, weights, quadratic, permutations, enough, seed=1):
    gene = GeneCount(carriers_of(rows), np.atleast_2d(weights), np.atleast_1d(quadratic))
    stream = PermutationStream(residuals, strata, seed)
    count_exceedances([gene], stream, max_permutations=permutations, enough=enough)
    return gene


def enumerated_burden_p(residuals, strata, carriers):
    """Put unit burdens on every choice of samples with as many per stratum, and count."""
    centred = centre_within_strata(residuals, strata)
    observed = abs(centred[carriers].sum())
    choices = [
        list(combinations(np.flatnonzero(strata == stratum), int((strata[carriers] == stratum).sum())))
        for stratum in np.unique(strata)
    ]
    sums = np.array([abs(centred[list(sum(choice, ()))].sum()) for choice in product(*choices)])
    return (sums >= observed * (1 - 1e-9)).mean()


@pytest.mark.parametrize("carriers", [[4], [4, 11], [2, 11, 17]])
@pytest.mark.parametrize("tied", [False, True])
def test_burden_p_agrees_with_enumeration_of_up_to_three_carriers(carriers, tied):
    rng = np.random.default_rng(5)
    residuals = 1 - rng.exponential(size=30)
    if tied:
        residuals = np.round(residuals)
    strata = np.arange(30) % 3 // 2
    rows = np.zeros((30, 1))
    rows[carriers] = 1
    gene = count(rows, residuals, strata, weights=[1.0], quadratic=False, permutations=200_000, enough=10**9)
    expected = enumerated_burden_p(residuals, strata, np.array(carriers))
    found = gene.exceedances[0] / gene.permutations[0]
    # Five binomial standard errors: one chance in a million, and the seed is fixed.
    assert abs(found - expected) < 5 * np.sqrt(expected * (1 - expected) / 200_000) + 1e-12


def test_skat_p_agrees_with_enumeration_of_two_singletons():
    residuals = centre_within_strata(np.random.default_rng(8).exponential(size=12), np.zeros(12, int))
    rows = np.zeros((12, 2))
    rows[3, 0] = rows[7, 1] = 1
    weights = np.array([1.0, 2.5])
    squares = np.array(
        [(residuals[i] ** 2) + 2.5**2 * residuals[j] ** 2 for i in range(12) for j in range(12) if i != j]
    )
    observed = residuals[3] ** 2 + 2.5**2 * residuals[7] ** 2
    expected = (squares >= observed * (1 - 1e-9)).mean()
    gene = count(
        rows, residuals, np.zeros(12, int), weights=weights, quadratic=True, permutations=200_000, enough=10**9
    )
    found = gene.exceedances[0] / gene.permutations[0]
    assert abs(found - expected) < 5 * np.sqrt(expected * (1 - expected) / 200_000)


def test_statistics_equal_dense_matrix_products():
    rng = np.random.default_rng(2)
    rows = rng.binomial(2, 0.1, size=(40, 6)).astype(float)
    rows[0] = 1
    weights = rng.random((3, 6))
    weights[1, 2] = 0
    gene = GeneCount(carriers_of(rows), weights, np.array([False, True, False]))
    block = rng.normal(size=(40, 700))
    scores = rows.T @ block
    dense = np.stack(
        [abs(weights[0] @ scores), ((weights[1][:, None] * scores) ** 2).sum(axis=0), abs(weights[2] @ scores)]
    )
    np.testing.assert_allclose(gene.statistics(block), dense, rtol=1e-12)


def test_a_test_stops_at_the_very_permutation_that_brings_enough():
    residuals = np.random.default_rng(3).normal(size=25)
    rows = np.zeros((25, 1))
    rows[[1, 2, 3]] = 1
    strata = np.zeros(25, int)
    gene = count(rows, residuals, strata, weights=[1.0], quadratic=False, permutations=100_000, enough=50)
    stream = PermutationStream(residuals, strata, 1)
    statistics = abs(rows[:, 0] @ stream.block(0, int(gene.permutations[0])))
    exceeding = statistics >= abs(rows[:, 0] @ stream.residuals) * (1 - 1e-9)
    assert gene.exceedances[0] == exceeding.sum() == 50
    assert exceeding[-1]


def test_scores_that_cancel_but_for_rounding_are_ties():
    # Carriers 0.1 + 0.2 - 0.3: the observed score is rounding, and every arrangement is at least as extreme.
    residuals = np.array([0.1, 0.2, -0.3, 0.7, -0.7])
    rows = np.array([[1.0], [1], [1], [0], [0]])
    gene = count(rows, residuals, np.zeros(5, int), weights=[1.0], quadratic=False, permutations=2_000, enough=10**9)
    assert gene.exceedances[0] == gene.permutations[0]


def test_p_value_and_interval_are_those_of_a_binomial_count():
    result = monte_carlo_p(12, 999)
    assert result.p_value == 13 / 1000
    assert result.lower == pytest.approx(beta.ppf(0.025, 12, 988), rel=1e-12)
    assert result.upper == pytest.approx(beta.ppf(0.975, 13, 987), rel=1e-12)


def test_p_value_is_never_zero_nor_above_one():
    none = monte_carlo_p(0, 1000)
    assert none.p_value == 1 / 1001
    assert none.lower == 0
    # Rule of three: with nothing in 1,000 the one-sided 97.5% bound is 3.69 in 1,000.
    assert none.upper == pytest.approx(1 - 0.025 ** (1 / 1000), rel=1e-12)
    assert monte_carlo_p(1000, 1000).p_value == 1
    assert monte_carlo_p(1000, 1000).upper == 1

"""CHARR of simulated reads."""

import numpy as np
import pytest

from association.cohort.contamination import FEWEST_SITES, charr, charr_standard_error


def simulate(rng, share, *, sites=3000, depth=30, errors=0.0):
    """Mix reads of a person homozygous for the alternate allele with a share of those of people at large."""
    frequency = rng.uniform(0.1, 0.6, sites)
    reads = rng.poisson(depth, sites).clip(10)
    foreign = rng.binomial(reads, share)
    reference = rng.binomial(foreign, frequency) + rng.binomial(reads, errors)
    return np.sum(reference / (reads * frequency)), sites, frequency


@pytest.mark.parametrize("share", [0.0, 0.01, 0.03, 0.05, 0.1])
def test_the_estimate_is_the_share_of_foreign_reads_within_its_standard_error(share):
    rng = np.random.default_rng(1)
    total, sites, frequency = simulate(rng, share)
    estimate = charr([total], [sites])
    error = charr_standard_error([share], [sites], mean_depth=30, other_frequency=1 / np.mean(1 / frequency))
    assert abs(estimate[0] - share) <= 4 * error[0] + 1e-12


def test_the_standard_error_is_the_spread_of_many_samples():
    rng = np.random.default_rng(2)
    estimates = [
        charr([total], [sites])[0] for total, sites, _ in (simulate(rng, 0.05, sites=400) for _ in range(400))
    ]
    # The frequencies are uniform on 0.1 to 0.6: the mean of 1/q is log(6) / 0.5.
    error = charr_standard_error([0.05], [400], mean_depth=30, other_frequency=0.5 / np.log(6))
    assert np.std(estimates) == pytest.approx(error[0], rel=0.12)


def test_sequencing_errors_look_like_a_little_contamination():
    total, sites, frequency = simulate(np.random.default_rng(3), 0.0, sites=20_000, errors=0.001)
    assert charr([total], [sites])[0] == pytest.approx(0.001 * np.mean(1 / frequency), rel=0.1)


def test_few_sites_and_none_tell_nothing():
    found = charr([10.0, 10.0, 0.0, np.nan], [FEWEST_SITES, FEWEST_SITES - 1, 0, FEWEST_SITES])
    np.testing.assert_array_equal(found, [10 / FEWEST_SITES, np.nan, np.nan, np.nan])
    assert charr_standard_error([0.02], [FEWEST_SITES], mean_depth=30)[0] < 0.009

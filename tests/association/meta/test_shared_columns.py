"""What may be told of genotypes: every cell that can be counted or subtracted is empty or large enough."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.calibration.residual_cumulants import ResidualCumulants, residual_rules
from association.meta.shared_columns import join_small_strata, shared_columns

LIMIT = 5


def share(dosages, compress, masks=None, limit=LIMIT):
    carriers = compress(dosages)
    masks = np.ones((1, dosages.shape[1]), bool) if masks is None else masks
    return shared_columns(carriers, np.ones(carriers.samples.size, bool), masks, at_least=limit)


def dense(columns, samples):
    matrix = np.zeros((samples, columns.variants.size))
    for at in range(columns.variants.size):
        own = slice(columns.carriers.offsets[at], columns.carriers.offsets[at + 1])
        matrix[columns.carriers.samples[own], at] = columns.carriers.dosages[own]
    return matrix


@pytest.mark.parametrize("seed", range(8))
def test_carriers_homozygotes_and_common_carriers_are_none_or_enough(seed, compress):
    rng = np.random.default_rng(seed)
    frequency = rng.uniform(0.001, 0.2, 25)
    dosages = rng.binomial(2, frequency, (300, 25)).astype(float)
    masks = rng.random((3, 25)) < 0.6
    found = share(dosages, compress, masks)
    columns = dense(found, 300)
    assert found.variants.size >= 5
    together = (columns > 0).T.astype(int) @ (columns > 0)
    for cells in (together, (columns == 2).sum(axis=0)):
        assert not ((cells > 0) & (cells < LIMIT)).any()
    assert not (masks[:, found.variants[found.variants >= 0]] != found.masks[:, found.variants >= 0]).any()


def test_a_variant_with_enough_carriers_stays_as_it_is_and_rarer_ones_of_one_mask_become_one_column(compress):
    dosages = np.zeros((60, 4))
    dosages[:5, 0] = 1
    dosages[10:14, 1] = 1
    dosages[20:22, 2] = 1
    dosages[20, 2] = 2
    dosages[30:33, 3] = 1
    found = share(dosages, compress, np.array([[True, True, True, False], [False, False, False, True]]))
    assert found.variants.tolist() == [0, -1]
    np.testing.assert_array_equal(dense(found, 60), np.column_stack([dosages[:, 0], dosages[:, 1:3].any(axis=1)]))
    # Three carriers of the second mask are told of nowhere, and that is said.
    assert found.withheld.tolist() == [False, True]


def test_samples_that_few_columns_share_count_in_the_rarer_one(compress):
    dosages = np.zeros((60, 2))
    dosages[:20, 0] = 1
    dosages[18:28, 1] = 1
    columns = dense(share(dosages, compress), 60)
    np.testing.assert_array_equal(columns[:, 1], dosages[:, 1])
    assert columns[:, 0].sum() == 18
    dosages[15:28, 1] = 1  # five share both: that may be told
    np.testing.assert_array_equal(dense(share(dosages, compress), 60), dosages)


def test_few_homozygotes_count_as_carriers(compress):
    dosages = np.ones((60, 1)) * (np.arange(60) < 20)[:, None]
    dosages[:4] = 2
    assert dense(share(dosages, compress), 60).max() == 1
    dosages[:5] = 2
    np.testing.assert_array_equal(dense(share(dosages, compress), 60), dosages)


@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_strata_are_joined_until_each_is_large_enough_and_no_further_than_that(sizes):
    strata = np.repeat(np.arange(len(sizes)), sizes)
    joined = join_small_strata(strata, at_least=LIMIT)
    counts = np.bincount(joined)
    assert (counts >= LIMIT).all() or counts.size == 1
    large = [one for one, size in enumerate(sizes) if size >= LIMIT]
    # At most one large stratum has to take small ones in.
    kept = [one for one in large if (joined == joined[strata == one][0]).sum() == sizes[one]]
    assert len(kept) >= len(large) - 1
    assert all(np.unique(joined[strata == one]).size == 1 for one in range(len(sizes)))


def test_no_value_of_the_table_of_residuals_is_a_samples_own_and_sums_stay():
    rng = np.random.default_rng(1)
    residuals = np.concatenate([rng.exponential(size=40) - 1, rng.normal(size=300), [7.0, -9.0]])
    strata = np.concatenate([np.zeros(40, int), np.ones(302, int)])
    rules = residual_rules(residuals, strata, at_least=LIMIT)
    for stratum, (values, counts) in enumerate(rules):
        own = residuals[strata == stratum]
        assert counts.sum() == pytest.approx(own.size, rel=1e-12)
        assert counts @ values == pytest.approx(own.sum(), abs=1e-9)
        assert values.size < own.size / 4
        assert np.abs(values[:, None] - own).min() > 1e-6
        # The most extreme value stands for the mean of five.
        assert values.max() <= np.sort(own)[-LIMIT:].mean() + 1e-12
        assert values.min() >= np.sort(own)[:LIMIT].mean() - 1e-12


def test_a_table_of_few_distinct_residuals_is_exact():
    residuals = np.where(np.arange(200) < 60, 0.7, -0.3)
    strata = np.arange(200) % 2
    ours = ResidualCumulants.of_rules(residual_rules(residuals, strata, at_least=LIMIT))
    full = ResidualCumulants.of(residuals, strata)
    np.testing.assert_allclose(ours.nodes, full.nodes, atol=1e-12)
    np.testing.assert_allclose(ours.masses, full.masses, atol=1e-9)
    np.testing.assert_allclose(ours.running_sums, full.running_sums, atol=1e-9)
    np.testing.assert_array_equal(ours.offsets, full.offsets)

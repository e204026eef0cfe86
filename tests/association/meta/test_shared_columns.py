"""Columns of linked genes: which samples count in which, when patterns are too rare to tell of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from association.meta.shared_columns import number_patterns, shared_columns

LIMIT = 5


def share(dosages, masks=None, limit=LIMIT):
    """Share one gene, or several by the first axis of their masks."""
    dosages = np.asarray(dosages, np.int8)
    return shared_columns(
        dosages, np.ones((1, 1, dosages.shape[1]), bool) if masks is None else masks, at_least=limit
    )


def rows(*groups):
    """Give a matrix of rows, each so many times."""
    return np.repeat([row for row, _ in groups], [count for _, count in groups], axis=0).astype(np.int8)


def counted(patterns):
    found, counts = np.unique(patterns, axis=0, return_counts=True)
    return {tuple(row): int(count) for row, count in zip(found.tolist(), counts, strict=True) if any(row)}


@given(
    dosages=st.integers(1, 7).flatmap(lambda m: arrays(np.int8, (60, m), elements=st.sampled_from([0, 0, 0, 1, 2]))),
    seed=st.integers(0, 1000),
    limit=st.integers(2, 8),
)
@settings(max_examples=150, deadline=None)
def test_every_pattern_over_linked_genes_has_enough_samples_and_nobody_carries_what_is_not_theirs(
    dosages, seed, limit
):
    masks = np.random.default_rng(seed).random((3, 2, dosages.shape[1])) < 0.5
    used = dosages.any(axis=0) & masks.any(axis=(0, 1))
    dosages, masks = dosages[:, used], masks[:, :, used]
    found = share(dosages, masks, limit)
    assert all(count >= limit for count in counted(found.patterns).values())
    numbers = number_patterns(found.patterns)
    assert sorted(np.bincount(numbers[numbers > 0]).tolist())[-len(counted(found.patterns)) :] == sorted(
        counted(found.patterns).values()
    )
    for column, variant in enumerate(found.variants.tolist()):
        told = found.patterns[:, column]
        if variant >= 0:
            assert (told <= dosages[:, variant]).all()
            np.testing.assert_array_equal(found.masks[:, :, column], masks[:, :, variant])
        else:
            # In one gene; its carriers carry a variant that is in exactly these masks of that gene.
            (gene,) = np.flatnonzero(found.masks[:, :, column].any(axis=1))
            same = (masks[gene] == found.masks[gene, :, column][:, None]).all(axis=0)
            assert (dosages[told > 0][:, same] > 0).any(axis=1).all()


def test_what_has_enough_samples_stays_as_it_is():
    dosages = rows(([1, 0, 0], 9), ([2, 1, 0], 5), ([0, 1, 1], 6), ([0, 0, 2], 5))
    found = share(dosages)
    np.testing.assert_array_equal(found.patterns, dosages)
    assert found.variants.tolist() == [0, 1, 2]


def test_rarer_variants_of_the_same_masks_become_one_column_that_counts_each_carrier_once():
    dosages = rows(([1, 0, 0, 0], 5), ([0, 1, 0, 0], 3), ([0, 1, 1, 0], 1), ([0, 0, 2, 0], 1), ([0, 0, 0, 1], 3))
    masks = np.array([[[True, True, True, False], [False, False, False, True]]])
    found = share(dosages, masks)
    assert found.variants.tolist() == [0, -1]
    # Three carriers of the second mask are told of in no column.
    assert counted(found.patterns) == {(1, 0): 5, (0, 1): 5}


def test_a_pair_that_too_few_have_counts_in_the_rarer_of_its_columns():
    found = share(rows(([1, 0], 18), ([1, 1], 2), ([0, 1], 8)))
    assert counted(found.patterns) == {(1, 0): 18, (0, 1): 10}
    # That makes up for too few who have the rarer one alone.
    found = share(rows(([1, 0], 18), ([1, 1], 4), ([0, 1], 3)))
    assert counted(found.patterns) == {(1, 0): 18, (0, 1): 7}


def test_a_rare_pattern_keeps_the_largest_part_that_enough_have_where_no_single_column_has():
    # Nobody has a column alone, and two of three together are had by seven.
    found = share(rows(([1, 1, 0], 7), ([1, 1, 1], 2), ([0, 0, 0], 9)))
    assert counted(found.patterns) == {(1, 1): 9}


def test_few_homozygotes_count_as_carriers_and_enough_stay():
    assert counted(share(rows(([1], 20), ([2], 4))).patterns) == {(1,): 24}
    assert counted(share(rows(([1], 20), ([2], 5))).patterns) == {(1,): 20, (2,): 5}


def test_carriers_whose_column_has_too_few_left_count_with_the_collapsed_ones_of_the_same_masks():
    # Three have the first variant alone: with three of a rare one they are enough.
    dosages = rows(([1, 1, 0], 9), ([1, 0, 0], 3), ([0, 0, 1], 3))
    found = share(dosages)
    assert found.variants.tolist() == [0, 1, -1]
    assert counted(found.patterns) == {(1, 1, 0): 9, (0, 0, 1): 6}


def test_a_variant_of_two_genes_is_one_column_and_rare_ones_are_collapsed_within_each_gene():
    masks = np.zeros((2, 1, 3), bool)
    masks[0, 0, :2] = masks[1, 0, 1:] = True  # the second variant is in both
    found = share(rows(([1, 0, 0], 6), ([0, 1, 0], 7), ([0, 0, 1], 8)), masks)
    assert found.masks[:, 0].T.tolist() == [[True, False], [True, True], [False, True]]
    found = share(rows(([1, 0, 0], 4), ([0, 1, 0], 4), ([0, 0, 1], 4)), masks)
    # Eight in each gene, of whom four are in both: told as they are, four could be worked out.
    assert all(count >= LIMIT for count in counted(found.patterns).values())
    assert found.patterns.sum() >= 8


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_samples_and_variants_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    dosages = rng.binomial(2, rng.uniform(0.02, 0.3, 6), (80, 6)).astype(np.int8)
    order = rng.permutation(80)
    one, other = share(dosages), share(dosages[order])
    np.testing.assert_array_equal(one.patterns[order], other.patterns)

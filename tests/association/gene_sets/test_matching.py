"""The genes that a set's genes are held against."""

import numpy as np

from association.gene_sets.matching import FEWEST_LIKE, MATCHED, MOST_TIMES, match_genes


def test_the_nearest_in_carriers_are_matched_where_lengths_are_not_known():
    carriers = np.array([200, *range(1, 401)])
    matched = match_genes(np.array([0]), np.arange(1, 401), carriers, np.full(401, np.nan)).matched
    distance = np.abs(np.log2(carriers[1:] / 200))
    assert sorted(matched[0]) == sorted(1 + np.argsort(distance, kind="stable")[:MATCHED])


def test_length_counts_as_much_as_carriers_and_only_where_it_is_known():
    carriers = np.array([4, 4, 5, *[4] * FEWEST_LIKE])
    lengths = np.array([1000.0, 3000.0, 1000.0, *[np.nan] * FEWEST_LIKE])
    (order,) = match_genes(np.array([0]), np.arange(1, 3 + FEWEST_LIKE), carriers, lengths).matched.tolist()
    assert order[-2:] == [2, 1]


def test_among_many_alike_genes_each_gene_of_a_set_is_held_against_others_and_a_repeat_against_the_same():
    carriers, lengths = np.full(2_000, 2), np.full(2_000, np.nan)
    own, others = np.arange(20), np.arange(20, 2_000)
    matched = match_genes(own, others, carriers, lengths).matched
    assert matched.shape == (20, MATCHED)
    assert np.unique(matched).size > 700
    assert all(np.unique(row).size == MATCHED for row in matched)
    assert (matched == match_genes(own, others, carriers, lengths).matched).all()


def test_where_there_are_few_others_all_of_them_are_matched():
    matched = match_genes(np.array([0, 1]), np.arange(2, 32), np.full(32, 3), np.full(32, np.nan)).matched
    assert [sorted(row) for row in matched.tolist()] == [list(range(2, 32))] * 2


def test_genes_of_many_times_the_carriers_are_not_like_and_what_has_too_few_like_is_not_compared():
    own = np.array([0, 1, 2])
    # Sixteen genes of 16 carriers, which are like 20; one fewer than is needed of 40, which are like 50.
    carriers = np.array([16, 20, 50, *[16] * 16, *[40] * (FEWEST_LIKE - 1)])
    assert MOST_TIMES == 1.25
    found = match_genes(own, np.arange(3, carriers.size), carriers, np.full(carriers.size, np.nan))
    assert found.own.tolist() == [0, 1]
    assert set(carriers[found.matched].ravel()) == {16}
    assert found.matched.shape == (2, 16)

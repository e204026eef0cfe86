"""The genes that a set's genes are held against."""

import numpy as np

from association.gene_sets.matching import MATCHED, matched_genes


def test_the_nearest_in_carriers_are_matched_where_lengths_are_not_known():
    carriers = np.array([8, *range(1, 201)])
    matched = matched_genes(np.array([0]), np.arange(1, 201), carriers, np.full(201, np.nan))
    distance = np.abs(np.log2(carriers[1:] / 8))
    assert sorted(matched[0]) == sorted(1 + np.argsort(distance, kind="stable")[:MATCHED])


def test_length_counts_as_much_as_carriers_and_only_where_it_is_known():
    carriers = np.array([4, 4, 8, 4])
    lengths = np.array([1000.0, 3000.0, 1000.0, np.nan])
    order = matched_genes(np.array([0]), np.array([1, 2, 3]), carriers, lengths)[0].tolist()
    assert order == [3, 2, 1]


def test_among_many_alike_genes_each_gene_of_a_set_is_held_against_others_and_a_repeat_against_the_same():
    carriers, lengths = np.full(2_000, 2), np.full(2_000, np.nan)
    own, others = np.arange(20), np.arange(20, 2_000)
    matched = matched_genes(own, others, carriers, lengths)
    assert matched.shape == (20, MATCHED)
    assert np.unique(matched).size > 700
    assert all(np.unique(row).size == MATCHED for row in matched)
    assert (matched == matched_genes(own, others, carriers, lengths)).all()


def test_where_there_are_few_others_all_of_them_are_matched():
    matched = matched_genes(np.array([0, 1]), np.arange(2, 32), np.full(32, 3), np.full(32, np.nan))
    assert [sorted(row) for row in matched.tolist()] == [list(range(2, 32))] * 2

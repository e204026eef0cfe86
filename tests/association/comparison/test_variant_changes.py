"""Rows of two gene stores: gained, lost, annotated otherwise, in other masks, under another gene's name."""

from __future__ import annotations

import numpy as np
import pytest

from association.comparison.variant_changes import StoredVariants, by_gene, renamed_genes, variant_changes

GENES = ("A", "B")


def stored(rows, genes=GENES):
    """Make a store from (site, gene, annotation, masks)."""
    columns = zip(*rows, strict=True) if rows else ([], [], [], [])
    site, gene, annotation, masks = (np.array(column, np.uint64) for column in columns)
    return StoredVariants(site, gene.astype(np.int32), annotation, masks, genes)


ROWS = [(1, 0, 7, 3), (2, 0, 7, 3), (3, 0, 7, 3), (3, 1, 7, 3), (4, 1, 7, 3)]


def test_the_same_store_in_another_order_has_changed_in_nothing():
    found = variant_changes(stored(ROWS), stored(ROWS[::-1]), {})
    assert [rows.size for rows in (found.gained, found.lost, found.reannotated, found.remasked)] == [0, 0, 0, 0]


def test_a_variant_of_two_genes_is_lost_in_the_one_it_is_lost_in():
    old, new = stored(ROWS), stored(ROWS[:3] + ROWS[4:])
    assert by_gene(old, variant_changes(old, new, {}).lost) == {"B": 1}
    assert by_gene(old, variant_changes(new, old, {}).gained) == {"B": 1}


def test_other_annotation_and_other_masks_are_told_apart():
    new = stored([(1, 0, 8, 3), (2, 0, 7, 1), *ROWS[2:]])
    found = variant_changes(stored(ROWS), new, {})
    assert (found.reannotated.tolist(), found.remasked.tolist()) == ([0], [1])


def test_a_gene_of_another_name_with_its_variants_is_renamed():
    old, new = stored(ROWS), stored(ROWS, ("A", "C"))
    assert renamed_genes(old, new) == {"B": "C"}
    found = variant_changes(old, new, {"B": "C"})
    assert found.gained.size == found.lost.size == 0


@pytest.mark.parametrize("rows", [[*ROWS[:4], (9, 1, 7, 3)], []])
def test_a_gene_that_shares_no_more_than_half_of_its_variants_is_another(rows):
    assert renamed_genes(stored(ROWS), stored(rows, ("A", "C"))) == {}


def test_a_gene_that_both_runs_have_is_never_renamed():
    moved = [(site, 1 - gene, *rest) for site, gene, *rest in ROWS]
    assert renamed_genes(stored(ROWS), stored(moved)) == {}

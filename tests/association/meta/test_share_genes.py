"""What a reader can work out of the tables of linked genes and several traits.

The trait's residuals are powers of four, so that the digits of a score are the dosages of the samples: what is told
shows who is counted where, without a look at how it was made.
"""

from itertools import product

import numpy as np
import pytest

from association.null_models.null_model import NullModel
from association.scan_settings import ScanTrait

SAMPLES = 26


def trait_of(name, positions, strata=None):
    """A trait whose scores tell dosages: the residual of sample i is 4^i."""
    positions = np.asarray(positions)
    size = positions.size
    model = NullModel("linear", 4.0**positions, np.ones(size), np.zeros((size, 0)), np.zeros((0, 0)))
    return ScanTrait(name, model, np.zeros(size, int) if strata is None else strata, positions, SAMPLES)


def dosages_of(score):
    """Read a score's digits to base 4 (n)."""
    total = int(score)
    assert total == score
    return np.array([total >> 2 * at & 3 for at in range(SAMPLES)])


def told_columns(told):
    """Every column that is told of, of all genes and traits (n, columns)."""
    columns = [
        dosages_of(score) for _, genes in told.values() for gene in genes.values() for score in gene.statistics.score
    ]
    return np.array(columns).reshape(-1, SAMPLES).T


def draw(seed, make_linked_store):
    """Dense genes that share variants, and three traits of samples that differ by few."""
    rng = np.random.default_rng(seed)
    variants = int(rng.integers(2, 8))
    dosages = rng.binomial(2, rng.uniform(0.05, 0.35, variants), (SAMPLES, variants))
    if variants > 3:
        # Nearly the same carriers: a difference is of very few.
        dosages[:, 1] = np.where(rng.random(SAMPLES) < 0.9, dosages[:, 0], dosages[:, 1])
    genes = ["".join(rng.choice(list("ABC"), rng.integers(1, 3), replace=False)) for _ in range(variants)]
    genes[0], dosages[0, 0] = "ABC", 1  # so that all three are linked
    store = make_linked_store(dosages, genes, nested=rng.choice(variants, variants // 2, replace=False))
    everyone = np.arange(SAMPLES)
    lacking = [everyone[rng.random(SAMPLES) > share] for share in (0.03, 0.1, 0.2)]
    strata = (everyone % 2)[: lacking[1].size]
    traits = [trait_of("a", everyone), trait_of("b", lacking[0])]
    return dosages, store, [*traits, trait_of("c", lacking[1], strata), trait_of("d", lacking[2])]


@pytest.mark.parametrize("limit", [3, 5])
def test_no_combination_of_what_is_told_of_linked_genes_and_traits_is_of_few_samples(
    limit, make_linked_store, told_genes
):
    found = shared = 0
    for seed in range(60):
        _, store, traits = draw(seed, make_linked_store)
        matrix = told_columns(told_genes(store, traits, at_least=limit))
        cells, counts = np.unique(matrix, axis=0, return_counts=True)
        assert (counts[cells.any(axis=1)] >= limit).all()
        found += int(cells.any(axis=1).sum())
        shared += int((matrix > 0).any(axis=0).sum() > 1)
        # By trying: sums and differences of any seven columns.
        rng = np.random.default_rng(seed)
        for _ in range(3):
            some = matrix[:, rng.permutation(matrix.shape[1])[:7]]
            combined = some @ np.array(list(product((-1, 0, 1), repeat=some.shape[1]))).T
            supports = (combined != 0).sum(axis=0)
            assert not ((supports > 0) & (supports < limit)).any()
    assert found > 100
    assert shared > 20


def test_counts_and_products_are_of_the_samples_that_scores_are_of(make_linked_store, told_genes):
    for seed in range(20):
        dosages, store, traits = draw(seed, make_linked_store)
        for trait in traits:
            _, genes = told_genes(store, traits, at_least=3)[trait.name]
            for gene in genes.values():
                told = np.array([dosages_of(score) for score in gene.statistics.score]).T
                assert not told[np.setdiff1d(np.arange(SAMPLES), trait.store_positions)].any()
                np.testing.assert_array_equal(gene.carriers.sum(axis=0), (told > 0).sum(axis=0))
                np.testing.assert_array_equal(gene.gram.dense(told.shape[1]), told.T @ told)
                rows, counts = np.unique(told[told.any(axis=1)], axis=0, return_counts=True)
                np.testing.assert_array_equal(gene.patterns.dosages, rows)
                np.testing.assert_array_equal(gene.patterns.carriers.sum(axis=0), counts)
                for name, column in zip(gene.variants, told.T, strict=True):
                    if not name.startswith("collapsed"):
                        assert (column <= dosages[:, int(name.split("-")[1]) - 150_000]).all()


def test_carriers_by_stratum_are_told_only_where_every_cell_is_large_enough(make_linked_store, share_tables):
    told = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        dosages = rng.binomial(1, 0.4, (SAMPLES, 1))
        strata = np.sort(rng.integers(0, 2, SAMPLES))
        trait = trait_of("t", np.arange(SAMPLES), strata)
        _, tables = share_tables(make_linked_store(dosages, ["A"]), [trait], at_least=3)["t"]
        rows = tables["patterns"].to_pylist()
        cells = np.array([row["carriers_by_stratum"] for row in rows if row["carriers_by_stratum"]])
        if cells.size:
            told += 1
            assert len(cells) == len(rows)
            others = np.bincount(strata) - cells.sum(axis=0)
            assert not ((cells > 0) & (cells < 3)).any()
            assert not ((others > 0) & (others < 3)).any()
            assert cells.sum(axis=1).tolist() == [row["carriers"] for row in rows]
    assert 10 < told < 60


def test_traits_of_the_same_samples_are_told_of_the_same_carriers(make_linked_store, told_genes):
    _, store, _ = draw(3, make_linked_store)
    everyone = np.arange(SAMPLES)
    alone = told_columns(told_genes(store, [trait_of("a", everyone)], at_least=3))
    both = told_columns(told_genes(store, [trait_of("a", everyone), trait_of("b", everyone)], at_least=3))
    np.testing.assert_array_equal(both, np.column_stack([alone, alone]))
    # And the first trait's do not depend on what is told after it.
    more = told_columns(told_genes(store, [trait_of("a", everyone), trait_of("b", everyone[2:])], at_least=3))
    np.testing.assert_array_equal(more[:, : alone.shape[1]], alone)


def test_a_trait_that_few_carriers_lack_is_thinned_and_the_same_ones_go_when_it_is_shared_again(
    make_linked_store, told_genes
):
    dosages = (np.arange(SAMPLES) < 14).astype(int)[:, None]
    store, everyone = make_linked_store(dosages, ["A"]), np.arange(SAMPLES)
    traits = [trait_of("all", everyone), trait_of("less", everyone[2:])]
    first, again, other = (
        told_columns(told_genes(store, traits, at_least=5, key=key)) for key in ("one", "one", "two")
    )
    assert first.sum(axis=0).tolist() == [14, 9]
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_genes_without_enough_samples_that_carry_nothing_are_not_told_of(make_linked_store, share_tables):
    dosages = (np.arange(SAMPLES) < SAMPLES - 4).astype(int)[:, None]
    _, tables = share_tables(make_linked_store(dosages, ["A"]), [trait_of("t", np.arange(SAMPLES))])["t"]
    assert tables["variants"].num_rows == tables["patterns"].num_rows == 0
    (gene,) = tables["genes"].to_pylist()
    assert gene == {
        "gene": "A",
        "contig": "chr1",
        "start": None,
        "withheld": ["plof_or_damaging_missense@1"],
    }


def test_masks_say_that_carriers_stay_home_where_some_count_in_no_column_of_theirs(make_linked_store, share_tables):
    dosages = np.zeros((SAMPLES, 2), int)
    dosages[:3, 0] = dosages[5:12, 1] = 1
    store = make_linked_store(dosages, ["A", "A"], nested=[0])
    _, tables = share_tables(store, [trait_of("t", np.arange(SAMPLES))])["t"]
    # Three carriers of loss of function are too few by themselves; the others are told of.
    assert tables["genes"]["withheld"].to_pylist() == [["plof@1", "plof_or_damaging_missense@1"]]
    assert tables["variants"]["carriers"].to_pylist() == [7]

"""Pruning for linkage against numpy's correlations, and regions of long-range linkage."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.cohort import common_variants
from association.cohort.common_variants import (
    CommonGenotypes,
    alternate_frequency,
    ld_pruned,
    outside_long_range_ld,
)
from association.cohort.long_range_ld import LONG_RANGE_LD


def linked(rng, variants, samples, *, contigs=("1", "2")):
    """Draw variants in runs of which each mostly copies the one before."""
    rows = [rng.binomial(2, rng.uniform(0.1, 0.9), samples)]
    for _ in range(variants - 1):
        fresh = rng.binomial(2, rng.uniform(0.1, 0.9), samples)
        copied = rng.random(samples) < rng.choice([0.0, 0.6, 0.95])
        rows.append(np.where(copied, rows[-1], fresh))
    dosages = np.array(rows, dtype=np.int8)
    dosages[rng.random(dosages.shape) < 0.03] = -1
    contig = np.sort(rng.choice(np.array(contigs, dtype=object), variants))
    return CommonGenotypes(dosages, contig, np.sort(rng.integers(1, 4_000_000, variants)))


def squared_correlation(one, other):
    filled = [np.where(row >= 0, row, row[row >= 0].mean()) for row in (one, other)]
    return np.corrcoef(filled)[0, 1] ** 2


def near(genotypes, one, other):
    apart = abs(int(genotypes.position[one]) - int(genotypes.position[other]))
    return genotypes.contig[one] == genotypes.contig[other] and apart <= 1_000_000


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_kept_variants_are_unlinked_and_each_dropped_one_is_linked_to_a_kept_one(seed):
    genotypes = linked(np.random.default_rng(seed), 40, 120)
    kept = ld_pruned(genotypes, max_r2=0.2)
    r2 = lambda one, other: squared_correlation(genotypes.dosages[one], genotypes.dosages[other])  # noqa: E731
    assert all(r2(one, other) <= 0.2 + 1e-5 for one, other in combinations(kept, 2) if near(genotypes, one, other))
    for dropped in set(range(40)) - set(kept.tolist()):
        assert any(near(genotypes, dropped, one) and r2(dropped, one) > 0.2 - 1e-5 for one in kept)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_order_of_samples_and_variants_and_the_reference_allele_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    genotypes = linked(rng, 40, 120)
    recoded = (rng.random(40) < 0.5)[:, None] & (genotypes.dosages >= 0)
    dosages = np.where(recoded, 2 - genotypes.dosages, genotypes.dosages)[:, rng.permutation(120)].astype(np.int8)
    order = rng.permutation(40)
    turned = CommonGenotypes(dosages, genotypes.contig, genotypes.position).take(order)
    assert sorted(order[ld_pruned(turned)]) == ld_pruned(genotypes).tolist()


def test_blocks_of_variants_change_nothing(monkeypatch):
    genotypes = linked(np.random.default_rng(3), 90, 100)
    whole = ld_pruned(genotypes)
    for size in (1, 7, 89):
        monkeypatch.setattr(common_variants, "variant_blocks", lambda number, size=size: blocks(number, size))
        np.testing.assert_array_equal(ld_pruned(genotypes), whole)


def blocks(number, size):
    return (slice(first, min(first + size, number)) for first in range(0, number, size))


def copies(*, position=(1, 2), contig=("1", "1"), missing=0, common=False):
    first = np.tile([0, 0, 1, 2], 25).astype(np.int8)
    second = first.copy()
    if common:
        second[:3] = 1
    second[:missing] = -1
    return CommonGenotypes(np.array([first, second]), np.array(contig, dtype=object), np.array(position))


@pytest.mark.parametrize(
    ("genotypes", "kept"),
    [
        (copies(), [0]),
        (copies(position=(1, 1_000_001)), [0]),
        (copies(position=(1, 1_000_002)), [0, 1]),
        (copies(contig=("1", "2")), [0, 1]),
        (copies(position=(2, 1)), [1]),
        (copies(common=True), [1]),
        (copies(missing=4), [0]),
    ],
)
def test_of_two_copies_within_the_window_the_commoner_then_the_first_stays(genotypes, kept):
    assert ld_pruned(genotypes).tolist() == kept


def test_rare_constant_and_uncalled_variants_go():
    dosages = np.zeros((4, 100), dtype=np.int8)
    dosages[0, :2], dosages[1, 0], dosages[3] = 1, 1, -1
    genotypes = CommonGenotypes(dosages, np.array(list("1234"), dtype=object), np.arange(4))
    assert ld_pruned(genotypes).tolist() == [0]
    assert ld_pruned(genotypes, min_maf=0.011).tolist() == []
    assert ld_pruned(genotypes, min_maf=0.0).tolist() == [0, 1]
    frequency, call_rate = alternate_frequency(dosages)
    np.testing.assert_array_equal(frequency, [0.01, 0.005, 0, np.nan])
    np.testing.assert_array_equal(call_rate, [1, 1, 1, 0])


def test_more_samples_than_are_looked_at_are_spaced_evenly(monkeypatch):
    monkeypatch.setattr(common_variants, "MOST_SAMPLES", 50)
    genotypes = linked(np.random.default_rng(4), 30, 99)
    every_other = CommonGenotypes(genotypes.dosages[:, ::2], genotypes.contig, genotypes.position)
    np.testing.assert_array_equal(ld_pruned(genotypes), ld_pruned(every_other))


@pytest.mark.parametrize(
    ("genome", "contig", "position", "outside"),
    [
        ("GRCh37", "6", 29_910_247, False),  # HLA-A
        ("GRCh38", "6", 29_942_532, False),
        ("GRCh37", "2", 136_608_646, False),  # LCT-13910
        ("GRCh38", "2", 135_851_076, False),
        ("GRCh37", "17", 44_000_000, False),  # MAPT
        ("GRCh38", "17", 45_920_000, False),
        ("GRCh37", "8", 10_000_000, False),
        ("GRCh38", "8", 10_140_000, False),
        ("GRCh38", "8", 8_100_000, False),
        ("GRCh38", "8", 8_099_999, True),
        ("GRCh38", "8", 12_200_001, True),
        ("GRCh38", "21", 31_659_666, True),  # SOD1
        ("GRCh38", "9", 27_573_529, True),  # C9orf72
    ],
)
def test_known_regions_of_long_range_linkage_are_inside(genome, contig, position, outside):
    found = outside_long_range_ld(np.array([contig], dtype=object), np.array([position]), genome)
    assert found.tolist() == [outside]


def test_both_genomes_have_the_same_regions_of_about_the_same_length():
    for old, new in zip(*(LONG_RANGE_LD[genome] for genome in ("GRCh37", "GRCh38")), strict=True):
        assert old[0] == new[0]
        # Chromosomes 1 to 22 moved by less than 3 Mb between the two genomes; pericentromeres changed by 1 Mb.
        assert abs(old[1] - new[1]) < 3
        assert abs((old[2] - old[1]) - (new[2] - new[1])) < 1.2


def test_another_genome_and_ragged_genotypes_are_refused():
    with pytest.raises(ValueError, match="GRCh37 and GRCh38"):
        outside_long_range_ld(np.array(["1"], dtype=object), np.array([1]), "GRCm39")
    with pytest.raises(ValueError, match="int8"):
        CommonGenotypes(np.zeros((2, 2)), np.array(["1", "1"], dtype=object), np.array([1, 2]))
    with pytest.raises(ValueError, match="2 variants"):
        CommonGenotypes(np.zeros((2, 2), np.int8), np.array(["1"], dtype=object), np.array([1, 2]))

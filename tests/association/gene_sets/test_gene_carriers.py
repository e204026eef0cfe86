"""Carriers of genes: against dense genotypes, however the store is cut."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from association.gene_sets.gene_carriers import collect_carriers
from association.gene_tests.masks import Mask
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait

SAMPLES = 40


@pytest.fixture
def dosages(rng):
    found = {gene: rng.binomial(2, 0.06, (SAMPLES, 4)).astype(float) for gene in "ABCD"}
    found["B"][[0, 1, 2], 0] = np.nan
    found["D"][:] = 0
    return found


@pytest.fixture
def trait(make_model, rng):
    # Every other sample of the store, in an order of the trait's own.
    positions = np.arange(SAMPLES)[::-2]
    model = make_model(rng, "linear", positions.size)
    return ScanTrait("any", model, np.zeros(positions.size, np.int64), positions, SAMPLES)


@pytest.fixture
def asked(settings):
    masks = (MaskChoice(Mask("missense"), 0.5), MaskChoice(Mask("plof"), 0.5))
    return replace(settings, masks=masks)


def expected(dosages, columns, positions):
    carried = {
        gene: np.flatnonzero((matrix[positions][:, columns] > 0).any(axis=1)) for gene, matrix in dosages.items()
    }
    return {gene: samples.tolist() for gene, samples in carried.items() if samples.size}


def as_lists(carriers):
    columns = carriers.columns
    parts = np.split(columns.samples, columns.offsets[1:-1])
    return {gene: own.tolist() for gene, own in zip(carriers.genes, parts, strict=True)}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("cuts", [[], [1], [1, 2, 3]])
def test_a_gene_is_carried_by_whoever_carries_any_variant_of_the_mask_each_once(
    dosages, trait, asked, make_store, cuts, turned
):
    genes, variants = make_store(dosages, ("missense_variant", "stop_gained"))
    names = np.array(variants["gene"].to_pylist())
    bounds = [0, *(int(np.searchsorted(names, genes["gene"][cut].as_py())) for cut in cuts), len(names)]
    batches = [variants.slice(begin, end - begin) for begin, end in pairwise(bounds)]
    # Parts of a store hold genes in the genome's order, not in that of their names.
    missense, plof = collect_carriers(batches[::-1] if turned else batches, trait, asked)
    assert as_lists(missense) == expected(dosages, [0, 2], trait.store_positions)
    assert as_lists(plof) == expected(dosages, [1, 3], trait.store_positions)
    assert missense.columns.dosages.max() == missense.columns.dosages.min() == 1.0


def test_variants_that_are_left_out_and_common_ones_make_no_carriers(dosages, trait, asked, make_store):
    _, variants = make_store({"A": dosages["A"]})
    left_out = replace(asked, left_out=frozenset({"chr1-1-A-C", "chr1-2-A-C"}))
    assert as_lists(collect_carriers([variants], trait, left_out)[0]) == expected(
        {"A": dosages["A"]}, [2, 3], trait.store_positions
    )
    rare = replace(asked, masks=(MaskChoice(Mask("missense"), 1e-3),))
    assert collect_carriers([variants], trait, rare)[0].genes.size == 0


def test_a_store_without_genes_gives_none(trait, asked):
    assert [one.genes.size for one in collect_carriers([], trait, asked)] == [0, 0]
    assert isinstance(asked, ScanSettings)

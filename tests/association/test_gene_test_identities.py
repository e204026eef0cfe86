"""Tests that must agree where they ask the same question of a gene."""

import numpy as np
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, WeightedTest

SAMPLES = 120
STRATA = np.arange(SAMPLES) % 2
MASKS = (MaskChoice(Mask("missense"), 0.5),)
KINDS = ("quantitative", "frequent_survival", "binary", "slope")
FLAT = tuple(WeightedTest(test, "flat") for test in ("burden", "skat", "skat_o", "acat_v"))


def p_values(make_store, make_trait, kind, genotypes, tests, *, seed=5):
    """Give p-values, genes by tests, all counted on the same 2,000 permutations or enumerated."""
    settings = ScanSettings(MASKS, tests, 1, Effort(2_000, 2_000, 2_000))
    trait = make_trait(np.random.default_rng(seed), kind, STRATA)
    table = scan(*make_store(genotypes), [trait], settings).to_pandas()
    assert not table["method"].eq("exact").any()
    tested = table[table["test"] != "omnibus"]
    return tested["p_value"].to_numpy().reshape(len(genotypes), len(tests))


def genes(variants, carriers):
    """Make genes with one homozygous carrier: no burden is the same for all carriers, so none has an exact law."""
    rng = np.random.default_rng(6)
    found = {}
    for number in range(30):
        rows = np.zeros((SAMPLES, variants))
        chosen = rng.choice(SAMPLES, carriers, replace=False)
        rows[chosen, np.arange(carriers) % variants] = 1
        rows[chosen[0], 0] = 2
        found[f"G{number:02}"] = rows
    return found


@pytest.mark.parametrize("carriers", [2, 7])
@pytest.mark.parametrize("kind", KINDS)
def test_of_one_variant_all_tests_have_the_p_of_its_burden(make_store, make_trait, kind, carriers):
    found = p_values(make_store, make_trait, kind, genes(1, carriers), FLAT)
    assert np.array_equal(found[:, 1], found[:, 0])
    assert np.array_equal(found[:, 2], found[:, 0])
    # ACAT-V takes p-values above 0.99 as that.
    assert np.array_equal(found[found[:, 0] < 0.95, 3], found[found[:, 0] < 0.95, 0])


@pytest.mark.parametrize("kind", KINDS)
def test_of_ultra_rare_variants_acat_v_is_the_flat_burden(make_store, make_trait, kind):
    found = p_values(make_store, make_trait, kind, genes(4, 8), FLAT)
    assert np.array_equal(found[found[:, 0] < 0.95, 3], found[found[:, 0] < 0.95, 0])
    assert not np.array_equal(found[:, 1], found[:, 0])


@pytest.mark.parametrize("kind", KINDS)
def test_variants_of_equal_frequency_weigh_alike_by_any_scheme(make_store, make_trait, kind):
    tests = [WeightedTest("skat_o", scheme) for scheme in ("flat", "beta_1_25", "madsen_browning", "score:REVEL")]
    rng = np.random.default_rng(6)
    genotypes = {}
    for number in range(10):
        rows = np.zeros((SAMPLES, 3))
        rows[rng.choice(SAMPLES, 6, replace=False), np.arange(6) % 3] = 1
        genotypes[f"G{number}"] = rows
    settings = ScanSettings(MASKS, tuple(tests), 1, Effort(2_000, 2_000, 2_000))
    table = scan(*make_store(genotypes, revel=(0.7,)), [make_trait(rng, kind, STRATA)], settings).to_pandas()
    found = table.loc[table["test"] == "skat_o", "p_value"].to_numpy().reshape(10, 4)
    assert (found == found[:, :1]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_samples_with_one_variant_each_have_one_burden_by_sum_max_and_any(make_store, make_trait, kind):
    tests = tuple(WeightedTest("burden", "flat", coding) for coding in ("sum", "max", "any"))
    rng = np.random.default_rng(6)
    rows = np.zeros((SAMPLES, 3))
    rows[rng.choice(SAMPLES, 6, replace=False), np.arange(6) % 3] = 1
    settings = ScanSettings(MASKS, tests, 1, Effort(2_000, 2_000, 20))
    table = scan(*make_store({"G": rows}), [make_trait(rng, kind, STRATA)], settings).to_pandas()
    assert table["p_value"][:3].nunique() == 1

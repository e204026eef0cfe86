"""What a scan's rows must not depend on."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

MASKS = (MaskChoice(Mask("missense"), 0.5), MaskChoice(Mask("plof"), 0.5), MaskChoice(Mask("synonymous"), 0.5))
TERMS = ("missense_variant", "stop_gained", "missense_variant", "synonymous_variant")
TESTS = (
    WeightedTest("burden", "flat"),
    WeightedTest("skat", "beta_1_25"),
    WeightedTest("skat_o", "beta_1_25"),
    WeightedTest("acat_v", "flat"),
)
SETTINGS = ScanSettings(MASKS, TESTS, 1, Effort(2_000, 4_000, 100))
SAMPLES = 80
KEYS = ["gene", "trait", "mask", "test"]
# The same whatever the sums' order, but for rounding.
CLOSE = ["p_asymptotic", "neg_log10_p_asymptotic", "effect", "standard_error", "expected_events", "min_attainable_p"]


def genotypes_of(rng, columns, genes=6):
    """Make genes of one to a dozen carriers, the last with the highest values and the earliest deaths."""
    found = {f"G{gene}": rng.binomial(2, 0.004 * (1 + gene), (SAMPLES, 4)).astype(float) for gene in range(genes)}
    far = np.concatenate((np.argsort(columns[0])[-4:], np.argsort(columns[2] + 99 * (1 - columns[3]))[:6]))
    found[f"G{genes - 1}"][:, 2:] = 0
    found[f"G{genes - 1}"][far, [2] * 4 + [1] * 6] = 1
    return found


def traits_of(strata, columns, order=slice(None), positions=None):
    """Fit a quantitative and a survival trait of the samples' `columns`, in some order."""
    value, entry, length, event, age = columns[:, order]
    design = Design(("age",), age[:, None])
    models = {
        "height": fit_linear(value, design).model,
        "survival": fit_cox(entry, entry + length, event, design, strata=strata[order]).model,
    }
    positions = np.arange(SAMPLES)[order] if positions is None else positions
    return [ScanTrait(name, model, strata[order], positions, SAMPLES) for name, model in models.items()]


@pytest.fixture
def study():
    rng = np.random.default_rng(11)
    columns = np.array([rng.normal(size=SAMPLES), rng.uniform(0, 3, SAMPLES), rng.exponential(9, SAMPLES)])
    columns = np.vstack((columns, rng.random(SAMPLES) < 0.6, rng.normal(size=SAMPLES)))
    return genotypes_of(rng, columns), np.arange(SAMPLES) % 2, columns


def table_of(genes, variants, traits, settings=SETTINGS):
    return scan(genes, variants, traits, settings).to_pandas().sort_values(KEYS, ignore_index=True)


def assert_same_but_for_permutations(found, expected):
    """Compare exact rows exactly and permutation rows within 5 standard errors, a chance in a million."""
    assert found["method"].equals(expected["method"])
    assert {"enumeration", "exact", "permutation"} == set(found["method"].dropna())
    exact = expected["method"].isin(["enumeration", "exact"])
    np.testing.assert_allclose(found.loc[exact, "p_value"], expected.loc[exact, "p_value"], rtol=1e-9)
    chance = expected.loc[expected["method"] == "permutation", "p_value"]
    # A test stops at 100 exceedances, or else at 2,000 permutations or more.
    error = np.sqrt(2) * np.maximum(chance / np.sqrt(100), np.sqrt(chance / 2_000))
    assert (abs(found.loc[chance.index, "p_value"] - chance) <= 5 * error).all()
    np.testing.assert_allclose(found[CLOSE], expected[CLOSE], rtol=1e-8)
    same = ["variants", "carriers", "minor_allele_count", "observed_events", "reason", "samples"]
    pd.testing.assert_frame_equal(found[same], expected[same])


def test_the_order_of_samples(make_store, study):
    genotypes, strata, columns = study
    order = np.random.default_rng(1).permutation(SAMPLES)
    store = make_store(genotypes, TERMS)
    found = table_of(*store, traits_of(strata, columns, order))
    assert_same_but_for_permutations(found, table_of(*store, traits_of(strata, columns)))


def test_the_seed_where_nothing_is_permuted(make_store, study):
    genotypes, strata, columns = study
    store, traits = make_store(genotypes, TERMS), traits_of(strata, columns)
    other = ScanSettings(MASKS, TESTS, 2, SETTINGS.effort)
    assert_same_but_for_permutations(table_of(*store, traits, other), table_of(*store, traits))


def test_the_order_and_the_batch_of_genes(make_store, study):
    genotypes, strata, columns = study
    genes, variants = make_store(genotypes, TERMS)
    traits = traits_of(strata, columns)
    whole = table_of(genes, variants, traits)
    flipped = table_of(genes.take(np.arange(genes.num_rows)[::-1]), variants, traits)
    pd.testing.assert_frame_equal(flipped, whole, check_exact=True)
    halves = [
        scan(*make_store({gene: genotypes[gene] for gene in part}, TERMS), traits, SETTINGS)
        for part in (["G0", "G3"], ["G1", "G2", "G4", "G5"])
    ]
    apart = pa.concat_tables(halves).to_pandas().sort_values(KEYS, ignore_index=True)
    pd.testing.assert_frame_equal(apart, whole, check_exact=True)


def test_the_order_of_variants(make_store, study):
    genotypes, strata, columns = study
    traits = traits_of(strata, columns)
    turned = {gene: rows[:, ::-1] for gene, rows in genotypes.items()}
    found, expected = (
        table_of(*make_store(turned, TERMS[::-1]), traits),
        table_of(*make_store(genotypes, TERMS), traits),
    )
    assert found["p_value"].equals(expected["p_value"])
    np.testing.assert_allclose(found[CLOSE], expected[CLOSE], rtol=1e-8)


def test_samples_without_the_trait(make_store, study):
    genotypes, strata, columns = study
    kept = np.flatnonzero(np.random.default_rng(2).random(SAMPLES) < 0.7)
    frequencies = make_store(genotypes, TERMS)[1]
    genes, variants = make_store({gene: rows[kept] for gene, rows in genotypes.items()}, TERMS)
    for name in ("allele_count", "allele_number"):
        variants = variants.set_column(variants.column_names.index(name), name, frequencies[name])
    found = table_of(*make_store(genotypes, TERMS), traits_of(strata, columns, kept))
    alone = table_of(genes, variants, traits_of(strata, columns, kept, np.arange(kept.size)))
    pd.testing.assert_frame_equal(found, alone, check_exact=True)

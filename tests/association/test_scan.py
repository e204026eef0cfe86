"""The scan of a batch: its rows against direct computation, and what they must not depend on."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from association.gene_tests.masks import Mask
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.results import COLUMNS, FLAGS, SCHEMA
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

SETTINGS = ScanSettings(
    masks=(MaskChoice(Mask("missense"), 0.5), MaskChoice(Mask("synonymous"), 0.5)),
    tests=(WeightedTest("burden", "flat"), WeightedTest("skat", "beta_1_25")),
    seed=1,
    max_permutations=5_000,
    exceedances=100,
)
SAMPLES = 80


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def linear_trait(rng, *, positions=None, strata=None):
    positions = np.arange(SAMPLES) if positions is None else positions
    design = Design(("age",), rng.normal(size=(positions.size, 1)))
    strata = np.zeros(positions.size, np.int64) if strata is None else strata
    return ScanTrait("height", fit_linear(rng.normal(size=positions.size), design).model, strata, positions, SAMPLES)


def survival_trait(rng):
    entry = rng.uniform(0, 10, SAMPLES)
    exit_ = entry + rng.exponential(12, SAMPLES)
    event = (rng.random(SAMPLES) < 0.6).astype(float)
    strata = np.arange(SAMPLES) % 2
    fit = fit_cox(entry, exit_, event, Design(("x",), rng.normal(size=(SAMPLES, 1))), strata=strata)
    return ScanTrait("survival", fit.model, strata, np.arange(SAMPLES), SAMPLES)


def dosages(rng, genes=4, variants=5):
    return {f"G{gene}": rng.binomial(2, 0.03, (SAMPLES, variants)).astype(float) for gene in range(genes)}


def rows_of(table):
    return table.to_pandas().set_index(["gene", "trait", "mask", "test"])


def test_rows_count_carriers_and_events(rng, make_store):
    trait = survival_trait(rng)
    genotypes = dosages(rng)
    row = rows_of(scan(*make_store(genotypes), [trait], SETTINGS)).loc[("G1", "survival", "missense", "burden")]
    carriers = genotypes["G1"].sum(axis=1) > 0
    assert row["carriers"] == carriers.sum()
    assert row["minor_allele_count"] == genotypes["G1"].sum()
    assert row["variants"] == (genotypes["G1"].sum(axis=0) > 0).sum()
    assert row["observed_events"] == trait.model.events[carriers].sum()
    assert row["expected_events"] == pytest.approx(trait.model.expected_events[carriers].sum())
    assert row["method"] == "permutation"
    assert row["p_lower"] <= row["p_value"] <= row["p_upper"]
    assert row["neg_log10_p"] == pytest.approx(-np.log10(row["p_value"]))


def test_permutation_p_agrees_with_shuffling_by_numpy(rng, make_store):
    trait = linear_trait(rng, strata=np.arange(SAMPLES) % 3)
    genotypes = dosages(rng, genes=1)
    settings = ScanSettings(SETTINGS.masks, SETTINGS.tests, 1, 40_000, 10**6)
    row = rows_of(scan(*make_store(genotypes), [trait], settings)).loc[("G0", "height", "missense", "burden")]
    burden = genotypes["G0"].sum(axis=1)
    residuals = trait.model.residuals.copy()
    for stratum in range(3):
        residuals[trait.strata == stratum] -= residuals[trait.strata == stratum].mean()
    shuffled = np.empty(40_000)
    for number in range(shuffled.size):
        drawn = residuals.copy()
        for stratum in range(3):
            own = trait.strata == stratum
            drawn[own] = rng.permutation(residuals[own])
        shuffled[number] = abs(burden @ drawn)
    expected = (shuffled >= abs(burden @ residuals) * (1 - 1e-9)).mean()
    # Six standard errors of the difference of two Monte Carlo estimates.
    assert abs(row["p_value"] - expected) < 6 * np.sqrt(2 * expected * (1 - expected) / 40_000)


def test_a_missing_call_counts_as_the_mean_of_the_called(rng, make_store):
    genotypes = dosages(rng, genes=1, variants=1)
    genotypes["G0"][:3, 0] = 1
    genotypes["G0"][[10, 20], 0] = np.nan
    trait = linear_trait(rng)
    row = rows_of(scan(*make_store(genotypes), [trait], SETTINGS)).loc[("G0", "height", "missense", "burden")]
    filled = np.where(np.isnan(genotypes["G0"][:, 0]), np.nanmean(genotypes["G0"]), genotypes["G0"][:, 0])
    model = trait.model
    cross = filled @ model.cross_information
    information = (filled**2 * model.information).sum() - cross @ np.linalg.solve(model.covariate_information, cross)
    assert row["effect"] == pytest.approx(filled @ model.residuals / information, rel=1e-10)
    assert row["carriers"] == np.nansum(genotypes["G0"][:, 0] > 0)


def test_rows_do_not_depend_on_the_batch(rng, make_store):
    genotypes = dosages(rng, genes=6)
    traits = [linear_trait(rng), survival_trait(rng)]
    whole = scan(*make_store(genotypes), traits, SETTINGS)
    halves = [
        scan(*make_store({gene: genotypes[gene] for gene in part}), traits, SETTINGS)
        for part in (["G0", "G3"], ["G1", "G2", "G4", "G5"])
    ]
    apart = pa.concat_tables(halves).sort_by([("gene", "ascending")])
    assert apart.num_rows == whole.num_rows
    merged = apart.to_pandas().sort_values(["gene", "trait", "mask", "test"], ignore_index=True)
    pd.testing.assert_frame_equal(
        merged, whole.to_pandas().sort_values(["gene", "trait", "mask", "test"], ignore_index=True), check_exact=True
    )


def test_samples_without_the_trait_do_not_matter(rng, make_store):
    genotypes = dosages(rng)
    positions = np.flatnonzero(rng.random(SAMPLES) < 0.7)
    trait = linear_trait(rng, positions=positions)
    alone = ScanTrait("height", trait.model, trait.strata, np.arange(positions.size), positions.size)
    kept = {gene: rows[positions] for gene, rows in genotypes.items()}
    frequencies = make_store(genotypes)[1]
    genes, variants = make_store(kept)
    for name in ("allele_count", "allele_number"):
        variants = variants.set_column(variants.column_names.index(name), name, frequencies[name])
    found = scan(*make_store(genotypes), [trait], SETTINGS).to_pandas()
    pd.testing.assert_frame_equal(found, scan(genes, variants, [alone], SETTINGS).to_pandas(), check_exact=True)


def test_genes_that_cannot_be_tested_say_why(rng, make_store):
    genotypes = dosages(rng, genes=1)
    genotypes["EMPTY"] = np.zeros((SAMPLES, 2))
    genotypes["OTHERS"] = np.zeros((SAMPLES, 1))
    genotypes["OTHERS"][0] = 1
    genotypes["EVERYONE"] = np.ones((SAMPLES, 1))
    trait = linear_trait(rng, positions=np.arange(1, SAMPLES))
    rows = rows_of(scan(*make_store(genotypes), [trait], SETTINGS))
    reasons = rows.xs(("missense", "burden"), level=("mask", "test"))["reason"].droplevel("trait")
    assert reasons["OTHERS"] == "no carrier among the samples with the trait"
    assert reasons["EVERYONE"] == "genotypes do not vary within strata"
    assert rows.loc[("G0", "height", "synonymous", "skat"), "reason"] == "no qualifying variant"
    assert rows["p_value"].notna().equals(rows["reason"].isna())


def test_a_wholly_carried_stratum_is_no_variation_whatever_the_rounding(rng, make_store):
    strata = np.repeat(np.arange(4), [12, 20, 25, 23])
    genotypes = {"G0": (strata == 0).astype(float)[:, None]}
    rows = scan(*make_store(genotypes), [linear_trait(rng, strata=strata)], SETTINGS).to_pandas()
    assert (rows.loc[rows["mask"] == "missense", "reason"] == "genotypes do not vary within strata").all()
    assert rows["p_value"].isna().all()


def test_a_burden_that_cannot_vary_says_so_though_skat_can(rng, make_store):
    strata = np.zeros(SAMPLES, np.int64)
    strata[:3] = 1
    genotypes = {"G0": np.zeros((SAMPLES, 3))}
    genotypes["G0"][[0, 1, 2], [0, 1, 2]] = 1
    rows = rows_of(scan(*make_store(genotypes), [linear_trait(rng, strata=strata)], SETTINGS))
    assert rows.loc[("G0", "height", "missense", "burden"), "reason"] == "genotypes do not vary within strata"
    skat = rows.loc[("G0", "height", "missense", "skat")]
    assert skat["reason"] is None
    assert skat["min_attainable_p"] == pytest.approx(1 / 6)


def test_a_gene_without_any_variant_is_a_row(rng, make_store):
    genes, variants = make_store(dosages(rng, genes=1))
    more = pa.table({"gene": ["AAA", "G0", "ZZZ"], "contig": ["chr1"] * 3, "start": pa.array([1] * 3, pa.int32())})
    rows = scan(more, variants, [linear_trait(rng)], SETTINGS).to_pandas()
    assert rows["gene"].tolist() == ["AAA"] * 4 + ["G0"] * 4 + ["ZZZ"] * 4
    assert (rows.loc[rows["gene"] != "G0", "reason"] == "no qualifying variant").all()
    nothing = scan(genes, variants.slice(0, 0), [linear_trait(rng)], SETTINGS).to_pandas()
    assert nothing["reason"].notna().all()


def test_flags_name_what_to_be_careful_about(rng, make_store):
    one = np.zeros((SAMPLES, 1))
    one[[4]] = 1
    trait = linear_trait(rng, strata=np.arange(SAMPLES) % 2)
    row = rows_of(scan(*make_store({"G0": one}), [trait], SETTINGS)).loc[("G0", "height", "missense", "burden")]
    assert {"few_carriers", "single_variant", "one_stratum"} <= set(row["flags"].split(";")) <= set(FLAGS)
    assert row["min_attainable_p"] == pytest.approx(1 / 40, rel=1e-9)


def test_results_have_the_published_columns(rng, make_store):
    table = scan(*make_store(dosages(rng, genes=2)), [linear_trait(rng)], SETTINGS)
    assert table.schema.equals(SCHEMA)
    assert table.column_names == [column.name for column in COLUMNS]
    tested = table.to_pandas().query("reason.isna()")
    assert ((tested["p_value"] > 0) & (tested["p_value"] <= 1)).all()

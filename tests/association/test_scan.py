"""The scan of a batch: its rows against direct computation."""

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import xlogy

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.results import METHODS, SCAN_SCHEMA
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, WeightedTest

MASKS = (MaskChoice(Mask("missense"), 0.5), MaskChoice(Mask("plof"), 0.5), MaskChoice(Mask("synonymous"), 0.5))
TESTS = (WeightedTest("burden", "flat"), WeightedTest("skat", "beta_1_25"))
SETTINGS = ScanSettings(MASKS, TESTS, 1, Effort(5_000, 5_000, 100))
TERMS = ("missense_variant", "stop_gained", "synonymous_variant")
SAMPLES = 80
STRATA = np.arange(SAMPLES) % 2


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def dosages(rng, genes=4, variants=6):
    return {f"G{gene}": rng.binomial(2, 0.03, (SAMPLES, variants)).astype(float) for gene in range(genes)}


def rows_of(table):
    return table.to_pandas().set_index(["gene", "mask", "test"]).sort_index()


def test_rows_count_carriers_and_events(rng, make_store, make_trait):
    trait, genotypes = make_trait(rng, "survival", STRATA), dosages(rng)
    row = rows_of(scan(*make_store(genotypes), [trait], SETTINGS)).loc[("G1", "missense", "burden")]
    carriers = genotypes["G1"].sum(axis=1) > 0
    assert row["carriers"] == carriers.sum()
    assert row["minor_allele_count"] == genotypes["G1"].sum()
    assert row["variants"] == (genotypes["G1"].sum(axis=0) > 0).sum()
    assert row["observed_events"] == trait.model.events[carriers].sum()
    assert row["expected_events"] == pytest.approx(trait.model.expected_events[carriers].sum())
    assert row["p_lower"] <= row["p_value"] <= row["p_upper"]
    assert row["neg_log10_p"] == pytest.approx(-np.log10(row["p_value"]))


def test_each_gene_has_its_rows_in_order(rng, make_store, make_trait):
    traits = [make_trait(rng, kind, STRATA) for kind in ("quantitative", "binary")]
    table = scan(*make_store(dosages(rng, genes=2), TERMS), traits, SETTINGS).to_pandas()
    per_mask = ["burden", "skat", "omnibus"]
    expected = [(choice.mask.name, test) for choice in MASKS for test in per_mask] + [("all", "omnibus")]
    assert SETTINGS.rows_per_gene == len(expected) == 10
    order = table[["gene", "trait"]].drop_duplicates().to_numpy().tolist()
    assert order == [[gene, kind] for gene in ("G0", "G1") for kind in ("quantitative", "binary")]
    assert [*zip(table["mask"], table["test"], strict=True)] == expected * 4
    assert (table.groupby(["gene", "trait"])["primary"].sum() == 1).all()
    assert (table.loc[table["primary"], "mask"] == "all").all()


@pytest.mark.parametrize("kind", ["quantitative", "frequent_survival"])
def test_permutation_p_agrees_with_shuffling_by_numpy(rng, make_store, make_trait, kind):
    strata = np.arange(SAMPLES) % 3
    trait, genotypes = make_trait(rng, kind, strata), dosages(rng, genes=1)
    settings = ScanSettings(MASKS[:1], TESTS[:1], 1, Effort(40_000, 40_000, 10**6))
    row = rows_of(scan(*make_store(genotypes), [trait], settings)).loc[("G0", "missense", "burden")]
    burden = genotypes["G0"].sum(axis=1)
    burden *= burden.sum() / (burden**2).sum()
    centred = trait.model.residuals - (np.bincount(strata, trait.model.residuals) / np.bincount(strata))[strata]

    def statistic(order):
        if kind == "quantitative":
            return abs(burden @ centred[order])
        observed, expected = burden @ trait.model.events[order], burden @ trait.model.expected_events[order]
        return xlogy(observed, observed / expected) - observed + expected

    orders = np.arange(SAMPLES)[None].repeat(20_000, axis=0)
    for stratum in range(3):
        own = np.flatnonzero(strata == stratum)
        orders[:, own] = rng.permuted(orders[:, own], axis=1)
    found = np.array([statistic(order) for order in orders])
    expected = (found >= statistic(np.arange(SAMPLES)) * (1 - 1e-9)).mean()
    assert row["method"] == "permutation"
    # Six standard errors of the difference of two Monte Carlo estimates.
    assert abs(row["p_value"] - expected) < 6 * np.sqrt(expected * (1 - expected) * (1 / 40_000 + 1 / 20_000))


@pytest.mark.parametrize("missing", [[], [10, 20]])
def test_effects_are_those_of_dense_matrices_with_missing_calls_at_the_mean(rng, make_store, make_trait, missing):
    trait, genotypes = make_trait(rng, "quantitative", STRATA), dosages(rng, genes=1)
    genotypes["G0"][:12, 0] = 1
    genotypes["G0"][missing, 0] = np.nan
    row = rows_of(scan(*make_store(genotypes), [trait], SETTINGS)).loc[("G0", "missense", "burden")]
    filled = np.where(np.isnan(genotypes["G0"]), np.nanmean(genotypes["G0"], axis=0), genotypes["G0"])
    burden, model = filled.sum(axis=1), trait.model
    cross = burden @ model.cross_information
    information = (burden**2 * model.information).sum() - cross @ np.linalg.solve(model.covariate_information, cross)
    assert row["effect"] == pytest.approx(burden @ model.residuals / information, rel=1e-10)
    assert row["standard_error"] == pytest.approx(information**-0.5, rel=1e-10)
    assert row["carriers"] == (np.nansum(genotypes["G0"], axis=1) > 0).sum()


def test_variants_weigh_by_their_score(rng, make_store, make_trait):
    trait, genotypes = make_trait(rng, "quantitative", STRATA), dosages(rng, genes=1)
    settings = ScanSettings(MASKS[:1], (WeightedTest("burden", "score:REVEL"),), 1, SETTINGS.effort)
    found = scan(*make_store(genotypes, revel=(0.4, None, 0.8)), [trait], settings).to_pandas()
    scored = {"G0": genotypes["G0"][:, [0, 2, 3, 5]]}
    assert (
        found["p_value"][0]
        == scan(*make_store(scored, revel=(0.4, 0.8)), [trait], settings).to_pandas()["p_value"][0]
    )
    nothing = scan(*make_store(genotypes), [trait], settings).to_pandas()
    assert nothing["reason"].tolist() == ["no sample carries this burden"]


def test_a_burden_that_permutations_leave_unresolved_gets_its_exact_law(rng, make_store, make_trait):
    trait = make_trait(rng, "frequent_survival", STRATA)
    ratios = trait.model.events - trait.model.expected_events
    genotypes = {"G0": np.zeros((SAMPLES, 2))}
    genotypes["G0"][np.argsort(ratios)[-6:], [0, 0, 0, 1, 1, 1]] = 1
    rows = rows_of(scan(*make_store(genotypes), [trait], SETTINGS)).loc[("G0", "missense")]
    assert rows["method"].to_dict() == {"burden": "exact", "omnibus": "permutation", "skat": "permutation"}
    assert rows.loc["burden", "min_attainable_p"] <= rows.loc["burden", "p_value"] * (1 + 1e-9) < 100 / 5_000
    assert rows.loc["burden", "p_lower"] == rows.loc["burden", "p_value"] == rows.loc["burden", "p_upper"]


@pytest.mark.parametrize(("shift", "method"), [(0.0, "permutation"), (0.1, "permutation"), (1.5, "exact")])
def test_a_law_that_takes_long_is_made_only_where_permutations_say_nothing(
    rng, make_store, make_trait, shift, method
):
    strata = np.zeros(1_500, np.int64)
    trait = make_trait(rng, "quantitative", strata)
    residuals = trait.model.residuals / trait.model.residuals.std()
    carriers = np.argsort(rng.normal(size=1_500) - shift * residuals)[:60]
    genotypes = {"G0": np.zeros((1_500, 1))}
    genotypes["G0"][carriers] = 1
    settings = ScanSettings(MASKS[:1], TESTS[:1], 1, Effort(20_000, 20_000, 200))
    (row,) = scan(*make_store(genotypes), [trait], settings).to_pylist()
    assert row["method"] == method
    assert method == "exact" or row["exceedances"] >= 10


def test_a_gene_of_the_panel_goes_farther(rng, make_store, make_trait):
    settings = ScanSettings(
        MASKS[:1], TESTS[1:], 1, Effort(100, 100, 10**6), frozenset({"G1"}), Effort(700, 700, 10**6)
    )
    table = scan(*make_store(dosages(rng)), [make_trait(rng, "quantitative", STRATA)], settings).to_pandas()
    assert table["permutations"].tolist() == [100, 700, 100, 100]


def test_results_have_the_published_columns(rng, make_store, make_trait):
    table = scan(*make_store(dosages(rng, genes=2), TERMS), [make_trait(rng, "slope", STRATA)], SETTINGS)
    assert isinstance(table, pa.Table)
    assert table.schema.equals(SCAN_SCHEMA)
    assert set(table.to_pandas()["method"].dropna()) <= set(METHODS)


def test_variants_that_are_left_out_are_in_no_mask(rng, make_store, make_trait):
    trait, genotypes = make_trait(rng, "quantitative", STRATA), dosages(rng, genes=1)
    settings = ScanSettings(MASKS, TESTS, 1, SETTINGS.effort, left_out=frozenset({"chr1-6-A-C", "chr2-1-A-C"}))
    found = scan(*make_store(genotypes, TERMS), [trait], settings).to_pandas()
    expected = scan(*make_store({"G0": genotypes["G0"][:, :5]}, TERMS), [trait], SETTINGS).to_pandas()
    assert found.equals(expected)

"""The omnibus: which tests it is over, and that it pays for choosing among them."""

import numpy as np
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
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


@pytest.mark.parametrize(
    ("masks", "tests", "count"), [(MASKS[:1], TESTS[:1], 1), (MASKS[1:], TESTS[:1], 2), (MASKS[:2], TESTS, 7)]
)
def test_an_omnibus_is_there_only_where_there_are_several_to_choose_from(
    rng, make_store, make_trait, masks, tests, count
):
    settings = ScanSettings(masks, tests, 1, Effort(50, 50, 10))
    table = scan(*make_store(dosages(rng, genes=1), TERMS), [make_trait(rng, "quantitative", STRATA)], settings)
    assert table.num_rows == settings.rows_per_gene == count


def test_the_control_takes_no_part_in_the_omnibus_over_masks(rng, make_store, make_trait):
    trait, genotypes = make_trait(rng, "quantitative", STRATA), dosages(rng, genes=1)
    # Synonymous variants of the samples with the highest residuals: nothing else would be as extreme.
    genotypes["G0"][:, [2, 5]] = 0
    genotypes["G0"][np.argsort(trait.model.residuals)[-6:], 2] = 1
    rows = rows_of(scan(*make_store(genotypes, TERMS), [trait], SETTINGS)).loc["G0"]
    own = genotypes["G0"][:, [0, 1, 3, 4]]
    without = rows_of(scan(*make_store({"G0": own}, TERMS[:2]), [trait], SETTINGS)).loc["G0"]
    assert rows.loc[("synonymous", "omnibus"), "p_value"] < 1e-3
    assert rows.loc[("all", "omnibus"), "p_value"] == without.loc[("all", "omnibus"), "p_value"] > 0.01
    assert rows.loc[("all", "omnibus"), "variants"] == 4
    alone = ScanSettings(MASKS[2:], TESTS, 1, SETTINGS.effort)
    control = rows_of(scan(*make_store(genotypes, TERMS), [trait], alone)).loc["G0"]
    assert control["p_value"].tolist() == pytest.approx(rows.loc["synonymous", "p_value"].tolist(), rel=1e-12)


@pytest.mark.parametrize("kind", ["quantitative", "frequent_survival", "binary"])
def test_p_lies_between_the_smallest_and_as_many_times_it_as_there_are_tests(rng, make_store, make_trait, kind):
    strata = np.arange(150) % 2
    tests = tuple(WeightedTest(test, "beta_1_25") for test in ("burden", "skat", "skat_o", "acat_v"))
    settings = ScanSettings(MASKS[:1], tests, 1, Effort(4_000, 4_000, 4_000))
    genotypes = {f"G{gene:03}": rng.binomial(1, 0.015, (150, 6)).astype(float) for gene in range(100)}
    table = scan(*make_store(genotypes), [make_trait(rng, kind, strata)], settings).to_pandas()
    assert (table["method"] == "permutation").all()
    by_gene = table.pivot_table(index="gene", columns="test", values="p_value")
    smallest = by_gene.drop(columns="omnibus").min(axis=1)
    # All are counted on the same permutations, so the lower bound has no Monte Carlo error; the upper has 5 of it.
    assert (by_gene["omnibus"] >= smallest).all()
    assert (by_gene["omnibus"] <= 4 * smallest + 5 * np.sqrt(4 * smallest / 4_000)).all()

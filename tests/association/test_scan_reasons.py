"""Genes that cannot be tested are rows with a reason, and rows to be careful about have a flag."""

import numpy as np
import pyarrow as pa
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.results import FLAGS
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

TESTS = (
    WeightedTest("burden", "flat"),
    WeightedTest("burden", "flat", "two_hits"),
    WeightedTest("skat", "beta_1_25"),
)
MASKS = (MaskChoice(Mask("missense"), 1.0), MaskChoice(Mask("synonymous"), 1.0), MaskChoice(Mask("plof"), 1.0))
SETTINGS = ScanSettings(MASKS, TESTS, 1, Effort(500, 500, 100))
SAMPLES = 60
NO_CARRIER = "no carrier among the samples with the trait"
NO_VARIANT = "no qualifying variant"
NO_VARIATION = "genotypes do not vary within strata"
NO_BURDEN = "no sample carries this burden"


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def rows_of(table):
    return table.to_pandas().set_index(["gene", "mask", "test", "coding"]).sort_index()


def column(*carriers):
    return np.isin(np.arange(SAMPLES), carriers).astype(float)[:, None]


def test_genes_that_cannot_be_tested_say_why(rng, make_store, make_trait):
    whole = make_trait(rng, "quantitative", np.zeros(SAMPLES - 1, np.int64))
    trait = ScanTrait("height", whole.model, whole.strata, np.arange(1, SAMPLES), SAMPLES)
    genotypes = {
        "EMPTY": np.zeros((SAMPLES, 2)),
        "EVERYONE": np.ones((SAMPLES, 1)),
        "FINE": column(3, 4, 9),
        "OTHERS": column(0),
    }
    rows = rows_of(scan(*make_store(genotypes), [trait], SETTINGS))
    reasons = rows.xs(("missense", "sum"), level=("mask", "coding"))["reason"].droplevel("test")
    assert reasons.to_dict() == {"EMPTY": NO_CARRIER, "EVERYONE": NO_VARIATION, "FINE": None, "OTHERS": NO_CARRIER}
    assert (rows.xs("synonymous", level="mask")["reason"] == NO_VARIANT).all()
    assert rows.loc[("FINE", "missense", "burden", "two_hits"), "reason"] == NO_BURDEN
    assert rows["p_value"].notna().equals(rows["reason"].isna())
    over_masks = rows.xs("all", level="mask")["reason"].droplevel(["test", "coding"])
    assert over_masks.to_dict() == {"EMPTY": NO_CARRIER, "EVERYONE": NO_VARIATION, "FINE": None, "OTHERS": NO_CARRIER}
    assert (rows.loc[rows["reason"].isin([NO_CARRIER, NO_VARIANT]), "carriers"] == 0).all()


def test_a_wholly_carried_stratum_is_no_variation_whatever_the_rounding(rng, make_store, make_trait):
    strata = np.repeat(np.arange(4), [9, 14, 20, 17])
    trait = make_trait(rng, "quantitative", strata)
    rows = scan(*make_store({"G0": (strata == 0).astype(float)[:, None]}), [trait], SETTINGS).to_pandas()
    tested = rows[(rows["mask"] == "missense") & (rows["coding"] != "two_hits")]
    assert (tested["reason"] == NO_VARIATION).all()
    assert rows["p_value"].isna().all()


@pytest.mark.parametrize("kind", ["quantitative", "binary", "frequent_survival"])
def test_a_burden_that_cannot_vary_says_so_though_skat_can(rng, make_store, make_trait, kind):
    strata = np.repeat([1, 0], [3, SAMPLES - 3])
    genotypes = {"G0": np.hstack((column(0), column(1), column(2)))}
    rows = rows_of(scan(*make_store(genotypes), [make_trait(rng, kind, strata)], SETTINGS)).loc[("G0", "missense")]
    assert rows.loc[("burden", "sum"), "reason"] == NO_VARIATION
    assert rows.loc["skat", "reason"].tolist() == [None]
    assert rows.loc["skat", "min_attainable_p"].tolist() == pytest.approx([1 / 6])


@pytest.mark.parametrize(("carried", "step"), [(4, 1), (20, 1), (20, 2)])
@pytest.mark.parametrize("kind", ["linear", "logistic", "cox"])
def test_a_burden_that_cannot_vary_leaves_skat_o_to_skat(rng, make_store, make_model, kind, carried, step):
    strata = np.repeat([1, 0], [carried, SAMPLES - carried])
    trait = ScanTrait("y", make_model(rng, kind, SAMPLES), strata, np.arange(SAMPLES), SAMPLES)
    order = np.argsort(trait.model.residuals[:carried])
    # Step 1 parts the lowest from the highest; step 2 takes every other one, as far from extreme as can be.
    first = order[::step][: carried // 2]
    genotypes = {"G0": np.hstack((column(*first), column(*np.setdiff1d(order, first))))}
    tests = (WeightedTest("burden", "flat"), WeightedTest("skat", "flat"), WeightedTest("skat_o", "flat"))
    settings = ScanSettings(MASKS[:1], tests, 1, Effort(500, 500, 500))
    rows = scan(*make_store(genotypes), [trait], settings).to_pandas()
    assert rows["reason"].tolist() == [NO_VARIATION, None, None, None]
    assert (rows["method"][1:] == ("enumeration" if carried == 4 else "permutation")).all()
    assert rows["p_value"][1] == rows["p_value"][2] == rows["p_value"][3] < 1


def test_a_gene_without_any_variant_is_a_row(rng, make_store, make_trait):
    genes, variants = make_store({"G0": column(1, 2, 3)})
    trait = make_trait(rng, "quantitative", np.zeros(SAMPLES, np.int64))
    more = pa.table({"gene": ["AAA", "G0", "ZZZ"], "contig": ["chr1"] * 3, "start": pa.array([1] * 3, pa.int32())})
    rows = scan(more, variants, [trait], SETTINGS).to_pandas()
    assert rows["gene"].tolist() == [gene for gene in ("AAA", "G0", "ZZZ") for _ in range(SETTINGS.rows_per_gene)]
    assert (rows.loc[rows["gene"] != "G0", "reason"] == NO_VARIANT).all()
    nothing = scan(genes, variants.slice(0, 0), [trait], SETTINGS).to_pandas()
    assert (nothing["reason"] == NO_VARIANT).all()


def test_flags_name_what_to_be_careful_about(rng, make_store, make_trait):
    trait = make_trait(rng, "quantitative", np.arange(SAMPLES) % 2)
    rows = rows_of(scan(*make_store({"G0": column(4), "G1": column(4, 5, 8, 9)}), [trait], SETTINGS))
    row = rows.loc[("G0", "missense", "burden", "sum")]
    assert set(row["flags"].split(";")) == {"few_carriers", "single_variant", "one_stratum"} <= set(FLAGS)
    assert row["min_attainable_p"] == pytest.approx(2 / SAMPLES, rel=1e-9)
    assert rows.loc[("G1", "missense", "burden", "sum"), "flags"] == "single_variant"


def test_a_p_value_that_no_permutation_reached_is_flagged(rng, make_store, make_trait):
    trait = make_trait(rng, "quantitative", np.zeros(SAMPLES, np.int64))
    far = np.argsort(trait.model.residuals)[-6:]
    genotypes = {"G0": column(*far) + column(far[-1])}
    rows = rows_of(scan(*make_store(genotypes), [trait], SETTINGS))
    row = rows.loc[("G0", "missense", "burden", "sum")]
    assert row["p_value"] == pytest.approx(1 / 501)
    assert "at_resolution_limit" in row["flags"].split(";")

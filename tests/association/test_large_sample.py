"""P-values without permutations: the burden's against permutations by numpy, type I error, what is left alone."""

import numpy as np
import pytest
from scipy.stats import binom

from association import large_sample
from association.calibration.monte_carlo import Effort
from association.calibration.saddlepoint import TwoTails
from association.gene_tests.masks import Mask
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.logistic import fit_logistic
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

SAMPLES = 6_000
STRATA = np.arange(SAMPLES) % 2
BURDEN = WeightedTest("burden", "flat")
SKATS = tuple(WeightedTest(test, "madsen_browning") for test in ("skat", "skat_o"))
TESTS = (BURDEN, *SKATS, WeightedTest("acat_v", "flat"))
MISSENSE = MaskChoice(Mask("missense"), 0.5)


def settings(*tests, masks=(MISSENSE,)):
    return ScanSettings(masks, tests, seed=1, effort=Effort(2_000, 2_000, 50))


@pytest.fixture(scope="module")
def traits():
    """A binary trait of 2.5% cases, and survival with as many deaths."""
    rng = np.random.default_rng(1)
    age = rng.normal(size=SAMPLES)
    design = Design(("age",), age[:, None])
    case = (rng.random(SAMPLES) < 1 / (1 + np.exp(3.9 - 0.5 * age))).astype(float)
    entry = rng.uniform(3, 12, SAMPLES)
    death = entry + rng.exponential(60 * np.exp(-0.3 * age))
    censored = entry + rng.uniform(0.5, 2, SAMPLES)
    survival = fit_cox(entry, np.minimum(death, censored), (death <= censored).astype(float), design, strata=STRATA)
    models = {"binary": fit_logistic(case, design).model, "survival": survival.model}
    return {name: ScanTrait(name, model, STRATA, np.arange(SAMPLES), SAMPLES) for name, model in models.items()}


def gene_of(rng, trait, carriers, events):
    """Place carriers at random, given how many have the event."""
    with_event = trait.model.events > 0
    chosen = [rng.choice(np.flatnonzero(with_event), events, replace=False)]
    chosen.append(rng.choice(np.flatnonzero(~with_event), carriers - events, replace=False))
    dosages = np.zeros((SAMPLES, 1))
    dosages[np.concatenate(chosen)] = 1
    return dosages


def two_sided_by_permutation(rng, trait, carried, permutations=600_000, at_once=50_000):
    """Twice the share of the smaller tail among draws of as many samples per stratum, and its exceedances."""
    counts = np.bincount(STRATA[carried], minlength=2)
    observed, reached, drawn = trait.model.residuals[carried].sum(), np.zeros(2), 0
    while drawn < permutations:
        scores, distinct = np.zeros(at_once), np.ones(at_once, bool)
        for stratum, count in enumerate(counts):
            residuals = trait.model.residuals[stratum == STRATA]
            # Draws with replacement, and those that hold a sample twice thrown away, are draws without.
            chosen = np.sort(rng.integers(residuals.size, size=(at_once, count)), axis=1)
            distinct &= (np.diff(chosen, axis=1) > 0).all(axis=1)
            scores += residuals[chosen].sum(axis=1)
        reached += [(scores[distinct] >= observed).sum(), (scores[distinct] <= observed).sum()]
        drawn += distinct.sum()
    return 2 * reached.min() / drawn, reached.min()


@pytest.mark.parametrize("kind", ["binary", "survival"])
def test_the_burdens_p_value_is_that_of_permutations_near_one_in_a_thousand(traits, make_store, kind):
    trait, rng = traits[kind], np.random.default_rng(2)
    dosages = gene_of(rng, trait, 60, 6)
    row = scan(*make_store({"G": dosages}), [trait], settings(BURDEN)).to_pandas().iloc[0]
    expected, exceedances = two_sided_by_permutation(rng, trait, np.flatnonzero(dosages[:, 0]))
    assert row["method"] == "saddlepoint"
    assert 3e-4 < expected < 1e-2
    # 10%, and three standard errors of the count.
    assert row["p_value"] == pytest.approx(expected, rel=0.1 + 3 / np.sqrt(exceedances))
    assert row["neg_log10_p"] == pytest.approx(-np.log10(row["p_value"]))
    assert row["p_asymptotic"] < 0.5 * expected


@pytest.fixture(scope="module", params=["binary", "survival"])
def null_rows(request, traits, make_store):
    """Genes with variants of 2 to 30 carriers, none of which does anything."""
    rng, genes = np.random.default_rng(3), {}
    for gene in range(200):
        genes[f"G{gene:03d}"] = np.zeros((SAMPLES, 6))
        for variant, carriers in enumerate((2, 3, 6, 9, 15, 30)):
            genes[f"G{gene:03d}"][rng.choice(SAMPLES, carriers, replace=False), variant] = 1
    return scan(*make_store(genes), [traits[request.param]], settings(*TESTS)).to_pandas()


def test_type_i_error_holds_at_few_events(null_rows):
    for test, rows in null_rows.groupby("test"):
        # One chance in a thousand of more under a level that holds; the seed is fixed.
        assert (rows["p_value"] <= 0.05).sum() <= binom.isf(1e-3, len(rows), 0.05), test
    burden = null_rows.loc[null_rows["test"] == "burden", "p_value"]
    assert (burden <= 0.05).sum() >= binom.ppf(1e-3, burden.size, 0.05) / 2
    textbook = null_rows.loc[null_rows["test"] == "omnibus", "p_asymptotic"]
    assert (textbook <= 0.01).sum() > binom.isf(1e-4, textbook.size, 0.01)


def test_every_row_has_a_probability_and_its_method(null_rows):
    assert (null_rows["method"] == "saddlepoint").all()
    assert ((null_rows["p_value"] > 0) & (null_rows["p_value"] <= 1)).all()
    assert np.isfinite(null_rows["neg_log10_p"]).all()
    assert null_rows[["p_lower", "p_upper", "permutations", "exceedances"]].isna().all(axis=None)


def test_skat_of_ultra_rare_variants_alone_is_their_weighted_burden(traits, make_store):
    """At most 10 minor alleles each: all of them collapse into one column, and a single column is a burden."""
    rng, trait = np.random.default_rng(9), traits["survival"]
    placed = [(1, 0), (3, 1), (5, 2), (7, 2), (9, 2), *[(10, 0)] * 6, (10, 1), (10, 1)]
    dosages = np.hstack([gene_of(rng, trait, carriers, events) for carriers, events in placed])
    tests = (WeightedTest("burden", "madsen_browning"), *SKATS)
    found = scan(*make_store({"G": dosages}), [trait], settings(*tests)).to_pandas().set_index("test")
    # More than two standard deviations out, where the burden's p-value sets the variance.
    assert found.loc["burden", "p_value"] < 0.01
    for test in ("skat", "skat_o"):
        assert found.loc[test, "p_value"] == pytest.approx(found.loc["burden", "p_value"], rel=1e-6)


def test_a_burden_that_few_of_its_carriers_make_up_is_permuted(traits, make_store):
    """A singleton weighs as much as 60 of the carriers of a common variant."""
    trait = traits["binary"]
    dosages = np.zeros((SAMPLES, 2))
    dosages[:60, 0], dosages[60, 1] = 1, 1
    tests = (WeightedTest("burden", "score:REVEL"), BURDEN)
    store = make_store({"G": dosages}, revel=(0.01, 0.6))
    found = scan(*store, [trait], settings(*tests)).to_pandas().set_index("weights")
    assert found.loc["score:REVEL", "method"] == "permutation"
    assert found.loc["flat", "method"] == "saddlepoint"


def cauchy(p_values):
    return 0.5 - np.arctan(np.mean(np.tan((0.5 - np.asarray(p_values)) * np.pi))) / np.pi


def test_an_omnibus_over_masks_waits_for_the_permutations_of_small_masks(traits, make_store):
    rng, trait = np.random.default_rng(4), traits["binary"]
    dosages = np.hstack([gene_of(rng, trait, 60, 4), gene_of(rng, trait, 8, 1), gene_of(rng, trait, 9, 1)])
    store = make_store({"G": dosages}, ["missense_variant", "stop_gained", "synonymous_variant"])
    masks = (MISSENSE, MaskChoice(Mask("plof"), 0.5), MaskChoice(Mask("synonymous"), 0.5))
    tests = (BURDEN, WeightedTest("skat", "beta_1_25"))
    rows = scan(*store, [trait], settings(*tests, masks=masks)).to_pandas().set_index(["mask", "test"])
    assert (rows.loc["missense", "method"] == "saddlepoint").all()
    assert set(rows.loc["plof", "method"]) <= {"permutation", "exact"}
    single = rows.loc[[(mask, test) for mask in ("missense", "plof") for test in ("burden", "skat")], "p_value"]
    assert rows.loc[("all", "omnibus"), "method"] == "saddlepoint"
    assert rows.loc[("all", "omnibus"), "p_value"] == pytest.approx(cauchy(single), rel=1e-9)
    own = rows.loc[[("missense", "burden"), ("missense", "skat")], "p_value"]
    assert rows.loc[("missense", "omnibus"), "p_value"] == pytest.approx(cauchy(own), rel=1e-9)


@pytest.mark.parametrize("failed", [TwoTails(np.nan, -1.0), TwoTails(-1.0, np.nan), TwoTails(np.nan, np.nan)])
def test_permutations_decide_where_the_saddlepoint_fails(traits, make_store, monkeypatch, failed):
    rng = np.random.default_rng(5)
    dosages = np.hstack([gene_of(rng, traits["binary"], count, 1) for count in (30, 30, 4, 5)])
    monkeypatch.setattr(large_sample, "saddlepoint_log10_p", lambda *_: failed)
    found = scan(*make_store({"G": dosages}), [traits["binary"]], settings(*TESTS)).to_pandas().set_index("test")
    assert (found.drop("omnibus")["method"] == "permutation").all()
    assert found["p_value"].between(0, 1, inclusive="right").all()


def test_one_failed_variant_is_enough_for_permutations_to_decide(traits, make_store, monkeypatch):
    rng = np.random.default_rng(6)
    dosages = np.hstack([gene_of(rng, traits["binary"], count, 1) for count in (30, 31)])
    saddlepoint = large_sample.saddlepoint_log10_p

    def fail_for_31(cumulants, score, burden, strata):
        failed = TwoTails(np.nan, np.nan)
        return failed if burden.size == 31 else saddlepoint(cumulants, score, burden, strata)

    monkeypatch.setattr(large_sample, "saddlepoint_log10_p", fail_for_31)
    found = scan(*make_store({"G": dosages}), [traits["binary"]], settings(*TESTS)).to_pandas().set_index("test")
    assert found.loc["burden", "method"] == "saddlepoint"
    assert (found.loc[["skat", "skat_o", "acat_v"], "method"] == "permutation").all()


def test_an_enumerated_omnibus_keeps_its_p_value(make_store):
    """All but two of a small stratum carry: 60 carriers, and 62 x 61 / 2 arrangements."""
    rng, strata = np.random.default_rng(7), (np.arange(SAMPLES) < 62).astype(np.int64)
    case = (rng.random(SAMPLES) < 0.3).astype(float)
    model = fit_logistic(case, Design((), np.empty((SAMPLES, 0)))).model
    trait = ScanTrait("binary", model, strata, np.arange(SAMPLES), SAMPLES)
    dosages = (np.arange(SAMPLES) < 60).astype(float)[:, None]
    found = scan(*make_store({"G": dosages}), [trait], settings(*TESTS)).to_pandas()
    assert (found["method"] == "enumeration").all()
    assert (found["permutations"] == 62 * 61 / 2).all()


@pytest.mark.parametrize(("limit", "carriers"), [(("LARGE_COHORT", SAMPLES), 60), (("MANY_CARRIERS", 60), 60)])
def test_cohorts_and_masks_at_the_limit_are_permuted(traits, make_store, monkeypatch, limit, carriers):
    monkeypatch.setattr(large_sample, *limit)
    dosages = gene_of(np.random.default_rng(8), traits["binary"], carriers, 2)
    found = scan(*make_store({"G": dosages}), [traits["binary"]], settings(BURDEN)).to_pandas()
    assert found["method"].tolist() == ["permutation"]

"""Genes against several traits: few carriers against all their placements by hand, many against promises."""

from itertools import permutations

import numpy as np
import pyarrow as pa
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.scan_settings import MaskChoice, ScanSettings, WeightedTest
from association.traits_together.joint_scan import empty_table, scan_together, together_settings

TESTS = (WeightedTest("burden", "flat"), WeightedTest("skat", "flat"))
MASKS = (MaskChoice(Mask("missense"), 1.0),)
SETTINGS = ScanSettings(MASKS, TESTS, 1, Effort(2_000, 2_000, 100))
SIZE = 40


def ranks_by_hand(row):
    above = (row[None] > row[:, None] + 1e-9).sum(axis=1)
    ranks = above + (np.abs(row[None] - row[:, None]) <= 1e-9).sum(axis=1) / 2
    begin = np.sort(row)[-10]
    far = row > begin + 1e-9
    if far.any():
        ranks[far] = far.sum() * np.exp(-(row[far] - begin) / (row[far] - begin).mean())
    return ranks


def centred(values, had):
    return np.where(had, values - values[had].mean(), 0.0)


@pytest.fixture(scope="module")
def two_traits(make_trait):
    """Give a trait that all have, and one that a quarter lacks."""
    rng = np.random.default_rng(11)
    shared = rng.normal(size=SIZE)
    values = shared + rng.normal(size=(2, SIZE))
    kept = np.sort(rng.choice(SIZE, 30, replace=False))
    return [make_trait("a", values[0]), make_trait("b", values[1], kept)], values, np.isin(np.arange(SIZE), kept)


def scan_genes(make_store, traits, genotypes, settings=SETTINGS):
    genes, variants = make_store(genotypes)
    return scan_together(genes, variants, traits, settings).to_pandas().set_index(["gene", "test"])


def test_two_carriers_against_all_their_placements(make_store, two_traits):
    traits, (first, second), had = two_traits
    dosages = np.zeros((SIZE, 2))
    dosages[4, 0] = dosages[9, 1] = 1
    settings = ScanSettings(MASKS, TESTS, 1, Effort(2_000, 2_000, 10_000))
    found = scan_genes(make_store, traits, {"G": dosages}, settings).loc["G"]
    places = np.array(list(permutations(range(SIZE), 2)))
    here = int(np.flatnonzero((places == [4, 9]).all(axis=1))[0])
    one, other = centred(first, np.ones(SIZE, bool)), centred(second, had)

    def ratios(values, present):
        """Give the likelihood ratio of both carriers, and the sum of those of each."""
        own, size = values[places], present[places].astype(float)
        total = own.sum(axis=1) ** 2 / np.maximum(size.sum(axis=1), 1)
        return {"burden": total, "skat": (own**2).sum(axis=1)}

    def share(statistic):
        return (statistic >= statistic[here] - 1e-9).mean()

    everyone = np.ones(SIZE, bool)
    of_one, of_other = ratios(one, everyone), ratios(other, had)
    beyond = {}
    for trait, given, name in ((other, first, "1 given 0"), (first, second, "0 given 1")):
        own, known = centred(trait, had), centred(given, had)
        beyond[name] = ratios(own - (own @ known) / (known @ known) * known, had)
    for test in ("burden", "skat"):
        best = np.minimum(ranks_by_hand(of_one[test]), ranks_by_hand(of_other[test]))
        expected = {
            "any": (best <= best[here] * (1 + 1e-9)).mean(),
            "heterogeneous": share(of_one[test] + of_other[test]),
        }
        expected |= {name: share(statistic[test]) for name, statistic in beyond.items()}
        row = found.loc[test]
        assert {name: row[f"{name}: method"] for name in expected} == dict.fromkeys(expected, "enumeration")
        assert {name: row[f"{name}: p_value"] for name in expected} == pytest.approx(expected, rel=1e-12)
    best = np.min([ranks_by_hand(of[test]) for of in (of_one, of_other) for test in of], axis=0)
    assert found.loc["omnibus", "any: p_value"] == pytest.approx((best <= best[here] * (1 + 1e-9)).mean(), rel=1e-12)


def random_genes(rng, number, carriers, size=SIZE):
    genes = {}
    for gene in range(number):
        dosages = np.zeros((size, 3))
        chosen = rng.choice(size, carriers, replace=False)
        dosages[chosen, rng.integers(0, 3, carriers)] = 1
        genes[f"G{gene:03d}"] = dosages[:, dosages.any(axis=0)]
    return genes


def test_a_gene_has_the_same_numbers_whatever_is_scanned_beside_it(make_store, two_traits):
    genotypes = random_genes(np.random.default_rng(1), 6, 8)
    together = scan_genes(make_store, two_traits[0], genotypes)
    for gene, dosages in genotypes.items():
        alone = scan_genes(make_store, two_traits[0], {gene: dosages})
        assert alone.loc[gene].equals(together.loc[gene])


def test_the_same_trait_twice_is_no_more_than_once(make_store, make_trait):
    values = np.random.default_rng(2).normal(size=SIZE)
    found = scan_genes(
        make_store,
        [make_trait("a", values), make_trait("b", -2 * values)],
        random_genes(np.random.default_rng(3), 5, 9),
        ScanSettings(MASKS, TESTS, 1, Effort(4096, 4096, 10_000)),
    )
    single = found.loc[found.index.get_level_values("test") != "omnibus"]
    for other in ("heterogeneous", "homogeneous"):
        np.testing.assert_array_equal(single["any: exceedances"], single[f"{other}: exceedances"])
    np.testing.assert_array_equal(single["1 given 0: p_value"], 1.0)


def test_order_of_traits_changes_nothing_but_names(make_store, two_traits):
    genotypes = random_genes(np.random.default_rng(4), 4, 7)
    found = scan_genes(make_store, two_traits[0], genotypes)
    turned = scan_genes(make_store, two_traits[0][::-1], genotypes)
    for name, other in (("any", "any"), ("heterogeneous", "heterogeneous"), ("1 given 0", "0 given 1")):
        np.testing.assert_array_equal(found[f"{name}: exceedances"], turned[f"{other}: exceedances"])


def test_large_sample_values_stand_beside_small_p_values_alone(make_store, make_trait):
    rng = np.random.default_rng(5)
    values = rng.normal(size=(2, 400))
    dosages = np.zeros((400, 2))
    dosages[:60, 0] = dosages[60:100, 1] = 1
    values[:, :100] += 0.3
    traits = [make_trait(name, own) for name, own in zip("ab", values, strict=True)]
    genes, variants = make_store({"G": dosages})
    settings = ScanSettings(MASKS, TESTS, 1, Effort(20_000, 20_000, 20_000))
    row = scan_together(genes, variants, traits, settings).to_pandas().set_index("test").loc["burden"]
    for name in ("heterogeneous", "homogeneous"):
        assert row[f"{name}: p_value"] < 0.05
        assert row[f"{name}: p_asymptotic"] == pytest.approx(row[f"{name}: p_value"], rel=0.35, abs=3e-4)
    assert np.isnan(row["1 given 0: p_asymptotic"])


def test_a_gene_that_nobody_carries_is_a_row_with_its_reason(make_store, two_traits):
    genes, variants = make_store({"G": np.eye(SIZE)[:, :1]})
    more = pa.concat_tables([genes, genes.set_column(0, "gene", pa.array(["H"]))])
    found = scan_together(more, variants, two_traits[0], SETTINGS).to_pandas()
    assert found.loc[found["gene"] == "H", "reason"].eq("no qualifying variant").all()
    assert found.loc[found["gene"] == "H", "any: p_value"].isna().all()
    assert found.columns.tolist() == empty_table(2).column_names


def test_only_tests_that_can_be_added_up_are_asked_of_traits_together():
    more = ScanSettings(
        MASKS, (*TESTS, WeightedTest("skat_o", "flat"), WeightedTest("acat_v", "flat")), 1, SETTINGS.effort
    )
    assert together_settings(more).tests == TESTS


QUESTIONS = ("any", "heterogeneous", "homogeneous", "1 given 0", "0 given 1")


@pytest.mark.parametrize(
    "lacking", [pytest.param(False, id="by chance"), pytest.param(True, id="more often in carriers")]
)
def test_genes_without_effects_keep_the_level_where_samples_lack_traits(make_store, make_trait, lacking):
    rng = np.random.default_rng(6)
    size, genes = 90, 8
    found = []
    for cohort in range(25):
        shared = rng.normal(size=size)
        values = np.array([shared + rng.normal(size=size), np.abs(shared) + rng.exponential(size=size)])
        genotypes = random_genes(rng, genes, 6, size)
        carries = np.any([dosages.any(axis=1) for dosages in genotypes.values()], axis=0)
        kept = np.flatnonzero(rng.random(size) > np.where(carries & lacking, 0.5, 0.2))
        traits = [make_trait("a", values[0]), make_trait("b", values[1], kept)]
        settings = ScanSettings(MASKS, TESTS, cohort, Effort(256, 256, 60))
        found.append(scan_genes(make_store, traits, genotypes, settings).loc[(slice(None), "burden"), :])
    for name in QUESTIONS:
        reached = sum((one[f"{name}: p_value"] <= 0.05).sum() for one in found)
        # 200 genes: 10 are expected; more than 20 come by chance in one of 500 such tests.
        assert reached <= 20

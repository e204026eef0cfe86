"""Genes against several traits: few carriers against all their placements by hand, many against promises."""

from dataclasses import replace
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
    # Carriers take the places of those who have the same traits.
    places = np.array([pair for pair in permutations(range(SIZE), 2) if (had[list(pair)] == had[[4, 9]]).all()])
    here = int(np.flatnonzero((places == [4, 9]).all(axis=1))[0])
    one, other = centred(first, had) + centred(first, ~had), centred(second, had)

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
        [make_trait("a", values), make_trait("b", -2 * values, harm=-1)],
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


def test_a_panel_gene_has_the_same_numbers_beside_genes_that_are_worth_fewer_permutations(make_store, make_trait):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 200))
    traits = [make_trait(name, own) for name, own in zip("ab", values, strict=True)]
    panel, ordinary = np.zeros((2, 200, 1))
    panel[rng.choice(np.argsort(values[0])[-70:], 6, replace=False)] = 1
    ordinary[np.argsort(values[0])[-6:]] = 1
    efforts = {"effort": Effort(1_500, 1_500, 50), "panel_effort": Effort(60_000, 60_000, 50)}
    settings = replace(SETTINGS, tests=TESTS[:1], panel=frozenset("P"), **efforts)
    alone = scan_genes(make_store, traits, {"P": panel}, settings)
    beside = scan_genes(make_store, traits, {"P": panel, "Q": ordinary}, settings)
    assert beside.loc["P"].equals(alone.loc["P"])
    # A stage ends at a power of two times 512, or at the end.
    assert alone.loc[("P", "burden"), "any: permutations"] in (512 * 2 ** np.arange(8)).tolist()


def test_one_trait_given_another_is_not_asked_where_few_samples_have_both(make_store, make_trait):
    rng = np.random.default_rng(9)
    values = rng.normal(size=(2, 60))
    genotypes = random_genes(rng, 4, 6, 60)
    for shared, asked in ((0, False), (19, False), (20, True)):
        traits = [make_trait("a", values[0], np.arange(30)), make_trait("b", values[1], np.arange(30 - shared, 60))]
        found = scan_genes(make_store, traits, genotypes).loc[(slice(None), "burden"), :]
        for question in ("1 given 0", "0 given 1"):
            assert found[f"{question}: p_value"].notna().all() == asked
            assert found[f"{question}: p_value"].isna().all() != asked
        assert found["any: p_value"].between(0.001, 1).all()


def test_a_gene_that_does_harm_in_both_traits_is_found_whichever_way_these_happen_to_go_together(
    make_store, make_trait
):
    rng = np.random.default_rng(3)
    signs = set()
    for _ in range(8):
        values = rng.normal(size=(2, SIZE * 3))
        dosages = np.zeros((SIZE * 3, 1))
        dosages[:8] = 1
        values[0, :8] += 1.5
        values[1, :8] -= 1.5
        traits = [make_trait("hazard", values[0]), make_trait("amplitude", values[1], harm=-1)]
        row = scan_genes(make_store, traits, {"G": dosages}).loc[("G", "burden")]
        assert row["homogeneous: p_value"] < 0.01
        signs.add(np.sign(np.corrcoef(values[:, 8:])[0, 1]))
    assert signs == {-1.0, 1.0}


def test_traits_are_not_added_up_where_nobody_says_which_way_is_worse(make_store, two_traits):
    unknown = [two_traits[0][0], replace(two_traits[0][1], harm=0)]
    genotypes = random_genes(np.random.default_rng(1), 3, 8)
    found, known = (scan_genes(make_store, traits, genotypes) for traits in (unknown, two_traits[0]))
    assert found["homogeneous: p_value"].isna().all()
    for question in ("any", "heterogeneous", "1 given 0", "0 given 1"):
        assert found[f"{question}: exceedances"].equals(known[f"{question}: exceedances"])


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


@pytest.mark.parametrize("test", ["burden", "skat"])
def test_the_level_is_kept_where_all_carriers_have_a_trait_that_half_of_the_samples_lack(
    make_store, make_trait, test
):
    rng = np.random.default_rng(8)
    found = []
    for cohort in range(20):
        shared = rng.normal(size=100)
        kept = np.arange(0, 100, 2)
        traits = [
            make_trait("a", shared + rng.normal(size=100)),
            make_trait("b", shared + rng.normal(size=100), kept),
        ]
        genotypes = random_genes(rng, 15, 3, 50)
        spread = {
            name: np.repeat(own, 2, axis=0) * (np.arange(100) % 2 == 0)[:, None] for name, own in genotypes.items()
        }
        settings = ScanSettings(MASKS, TESTS, cohort, Effort(1_023, 1_023, 100))
        found.append(scan_genes(make_store, traits, spread, settings).loc[(slice(None), test), :])
    for name in QUESTIONS:
        share = np.mean(np.concatenate([one[f"{name}: p_value"] <= 0.05 for one in found]))
        # 300 genes: 15 are expected; more than 27 come by chance in one of 500 such tests.
        assert share <= 27 / 300, name

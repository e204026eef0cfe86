"""Tables of power, genes that can be significant, and carriers lost before entry."""

import numpy as np
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.power.depletion import kept_share, power_between
from association.power.power_columns import TABLES, table_of
from association.power.power_tables import AskedPower, power_rows
from association.power.studied_trait import studied_trait
from association.power.testable_genes import count_carriers, exome_family, gene_family, panel_carriers
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, WeightedTest

SETTINGS = ScanSettings(
    (MaskChoice(Mask("plof"), 0.5), MaskChoice(Mask("missense"), 0.5)),
    (WeightedTest("burden", "flat"), WeightedTest("skat", "flat")),
    1,
    Effort(1_000, 1_000, 50),
)


def test_a_harmful_variants_share_among_the_enrolled_is_the_simulated_one():
    """A million patients from onset on; one in ten carries; whoever dies before the day of entry is never seen."""
    rng, ratio, people = np.random.default_rng(1), 4.0, 1_000_000
    carries = rng.random(people) < 0.1
    death = rng.exponential(30, people) / np.where(carries, ratio, 1)
    entry = rng.uniform(2, 14, people)
    seen = death > entry
    kept = carries[seen].mean() / (1 - carries[seen].mean()) / (0.1 / 0.9)
    some = np.flatnonzero(seen & ~carries)[:3_000]
    exit_ = np.minimum(death[some], entry[some] + 40)
    event = (death[some] <= entry[some] + 40).astype(float)
    fit = fit_cox(entry[some], exit_, event, Design((), np.zeros((3_000, 0))))
    strata = np.zeros(3_000, np.int64)
    times = studied_trait("t", "survival", fit.model, strata, {}, (entry[some], exit_, "efron")).planted
    found = kept_share(times, ratio)
    assert found.share == pytest.approx(kept, rel=0.03)
    assert found.lower < kept < found.upper < found.lower + 0.25
    assert kept_share(times, 1.0).share == 1


@pytest.mark.parametrize("first_death", [0, 6])
def test_carriers_lost_before_entry_are_those_of_patients_who_do_not_die_before_some_month(first_death):
    """Entry in months 2 to 14; deaths from the first, or from month 6 on, which the first to be enrolled show."""
    rng, ratio, strata = np.random.default_rng(2), 6.0, np.zeros(300, np.int64)
    whenever = np.maximum(rng.uniform(2, 14, 1_000_000) - first_death, 0) / 30
    truth = np.exp(-ratio * whenever).mean() / np.exp(-whenever).mean()
    found = []
    for _ in range(20):
        entry, death = np.zeros(300), np.zeros(300)
        while (dead := death <= entry).any():
            entry[dead] = rng.uniform(2, 14, dead.sum())
            death[dead] = first_death + rng.exponential(30, dead.sum())
        exit_ = np.minimum(death, entry + rng.uniform(5, 60, 300))
        fit = fit_cox(entry, exit_, (death == exit_).astype(float), Design((), np.zeros((300, 0))))
        times = studied_trait("t", "survival", fit.model, strata, {}, (entry, exit_, "efron")).planted
        found.append(kept_share(times, ratio))
    assert np.mean([one.share for one in found]) == pytest.approx(truth, abs=0.06)
    assert sum(one.lower <= truth <= one.upper for one in found) >= 18


def test_power_between_classes_is_between_theirs():
    assert power_between(7.0, [5, 10], [0.2, 0.6]) == pytest.approx(0.37, abs=0.03)
    assert power_between(10.0, [5, 10], [0.2, 0.6]) == pytest.approx(0.6)
    assert power_between(2.5, [5, 10], [0.2, 0.6]) == pytest.approx(0.1)


@pytest.fixture
def asked(make_studied):
    """Ask for three carriers, more than there are samples, a panel of few and one of enough."""
    trait = make_studied(np.random.default_rng(2), "survival")
    return AskedPower(trait, exome_family(0.05), 0.05, (3, 400), {"few": 2, "panel": 25})


def test_rows_have_the_listed_columns_and_small_panels_are_not_told_of(asked):
    told = []
    rows = power_rows(asked, 1, lambda done, of: told.append((done, of)), replicates=200)
    assert told == [(0, 2), (1, 2), (2, 2)]
    for name, own in (("power", rows.power), ("detectable", rows.detectable), ("depletion", rows.depletion)):
        assert {key for row in own for key in row} <= {column.name for column in TABLES[name]}
        assert table_of(name, own).num_rows == len(own)
    assert {row["carriers"] for row in rows.power} == {3, 25}
    assert {row["panel"] for row in rows.detectable} == {"", "panel"}
    level = {row["family"]: row["level"] for row in rows.power}
    assert level == {"genes": 0.05 / 20_000, "panel": 0.05}


def test_carriers_and_attainable_p_values_are_those_of_a_scan_and_no_outcome_is_seen(make_trait, make_store):
    rng, strata = np.random.default_rng(3), np.arange(90) % 2
    dosages = {f"G{n}": (rng.random((90, 4)) < share).astype(float) for n, share in enumerate((0.01, 0.03, 0.1))}
    dosages["EMPTY"] = np.zeros((90, 1))
    store = make_store(dosages, ("stop_gained", "missense_variant"))
    trait = make_trait(rng, "survival", strata)
    counted = {one.gene: one for one in count_carriers(*store, trait, SETTINGS)}
    primary = {row["gene"]: row for row in scan(*store, [trait], SETTINGS).to_pylist() if row["primary"]}
    assert counted.keys() == primary.keys()
    for gene, one in counted.items():
        assert one.carriers.size == primary[gene]["carriers"]
        assert one.min_attainable_p == primary[gene]["min_attainable_p"]
    union = (dosages["G0"] + 0).any(axis=1) | dosages["G1"].any(axis=1)
    assert panel_carriers(list(counted.values()), {"G0", "G1"}).tolist() == np.flatnonzero(union).tolist()


def test_genes_that_can_not_be_significant_do_not_share_the_error_rate(make_trait, make_store):
    rng, strata = np.random.default_rng(4), np.zeros(200, np.int64)
    dosages = {f"RARE{n:02d}": np.zeros((200, 1)) for n in range(30)} | {"MANY": np.zeros((200, 1))}
    for n in range(30):
        dosages[f"RARE{n:02d}"][2 * n : 2 * n + 2] = 1
    dosages["MANY"][100:112] = 1
    genes = count_carriers(*make_store(dosages), make_trait(rng, "survival", strata), SETTINGS)
    family = gene_family(genes, 0.05, strata, strata)
    assert (family.genes, family.testable, family.multiplicity.counted) == (31, 1, 1)
    assert family.median_carriers == 12
    planned = gene_family(genes, 0.05, strata, np.zeros(600, np.int64))
    assert planned.testable == 31
    assert planned.carriers.max() == 36

"""Simulated traits on given genotypes: whose effect they have, and that the check tells right tests from wrong."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from association import self_check
from association.calibration.monte_carlo import Effort
from association.error_rates import carrier_class, level_table, recall_table, verdicts
from association.gene_tests.masks import Mask
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.planted_effects import EFFECTS, choose_plants
from association.problems import InputError
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest
from association.self_check import scan_null, scan_planted
from association.simulate.random_traits import KINDS

SAMPLES = 150
SETTINGS = ScanSettings(
    masks=(MaskChoice(Mask("missense"), 0.5), MaskChoice(Mask("synonymous"), 0.5)),
    tests=(WeightedTest("burden", "flat"), WeightedTest("burden", "flat", "any"), WeightedTest("skat", "beta_1_25")),
    seed=5,
    effort=Effort(1_000, 2_000, 50),
)
BURDEN = replace(SETTINGS, masks=SETTINGS.masks[:1], tests=SETTINGS.tests[:1])


def some_trait(strata):
    rng = np.random.default_rng(1)
    model = fit_linear(rng.normal(size=strata.size), Design(("x",), rng.normal(size=(strata.size, 1)))).model
    return ScanTrait("any", model, strata, np.arange(strata.size), strata.size)


@pytest.fixture(scope="module")
def like():
    return some_trait(np.arange(SAMPLES) % 3)


@pytest.fixture(scope="module")
def batch(make_store):
    rng = np.random.default_rng(2)
    genes = {}
    for number, carriers in enumerate([1, 2, 3, 5, 12, 24] * 5):
        dosages = np.zeros((SAMPLES, min(3, carriers)))
        dosages[rng.choice(SAMPLES, carriers, replace=False), np.arange(carriers) % dosages.shape[1]] = 1
        genes[f"G{number:02d}"] = dosages
    return make_store(genes)


@pytest.mark.parametrize("kind", KINDS)
def test_a_null_trait_gives_every_gene_and_test_a_p_value(batch, like, kind):
    rows = scan_null(*batch, like, SETTINGS, kind=kind, number=0)
    assert set(rows["kind"]) == {kind}
    assert set(rows["test"]) == {"burden flat", "burden any flat", "skat beta_1_25", "omnibus"}
    assert len(rows) == 30 * 4
    assert rows["p_value"].between(0, 1).all()


def test_a_trait_depends_on_its_number_alone(batch, like):
    first, again, other = (scan_null(*batch, like, BURDEN, kind="survival", number=number) for number in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert not np.array_equal(first["p_value"], other["p_value"])


def test_the_check_tells_permutation_from_the_textbook_at_few_carriers(batch, like):
    rows = pd.concat([scan_null(*batch, like, BURDEN, kind="survival", number=number) for number in range(12)])
    assert verdicts(level_table(rows))["verdict"].tolist() == ["kept"]
    textbook = rows.assign(p_value=rows["p_asymptotic"])
    assert verdicts(level_table(textbook))["verdict"].tolist() == ["not kept"]


@pytest.mark.parametrize("kind", KINDS)
def test_cohorts_of_a_study_have_a_null_model_each(batch, like, kind, monkeypatch):
    scanned = []
    monkeypatch.setattr(self_check, "scan", lambda *asked: scanned.append(asked[2][0].model) or scan(*asked))
    cohorts = np.arange(SAMPLES) // 75
    scan_null(*batch, like, BURDEN, kind=kind, number=0, cohorts=cohorts)
    plants = [one for one in choose_plants(*batch, like, BURDEN, per_class=1) if one.kind == kind][:1]
    scan_planted(*batch, like, BURDEN, plants, cohorts=cohorts)
    assert len(scanned) == 1 + len(plants)
    for model in scanned:
        # Each cohort's covariates, age among them, are zero among the other's samples.
        own = [np.abs(model.cross_information[cohorts == name]).sum(axis=0) > 0 for name in range(2)]
        assert (own[0] ^ own[1]).all()
        assert own[0].any()
        assert own[1].any()
        for name in range(2):
            assert model.residuals[cohorts == name].sum() == pytest.approx(0, abs=1e-6)
    if kind == "quantitative":
        assert np.unique(scanned[0].information).size == 2


def test_one_cohort_is_none(batch, like):
    alone = scan_null(*batch, like, BURDEN, kind="binary", number=0)
    one = scan_null(*batch, like, BURDEN, kind="binary", number=0, cohorts=np.zeros(SAMPLES, int))
    pd.testing.assert_frame_equal(one, alone)


def test_plants_cover_kinds_effects_and_classes_and_leave_the_control_alone(batch, like):
    plants = choose_plants(*batch, like, SETTINGS, per_class=2)
    assert len(plants) == sum(len(effects) for effects in EFFECTS.values()) * 6 * 2
    assert {plant.mask.mask.name for plant in plants} == {"missense"}
    assert [plant.number for plant in plants] == list(range(len(plants)))
    assert set(carrier_class([plant.carriers.size for plant in plants])) == {"1", "2", "3-4", "5-9", "10-19", "20+"}


def test_strong_effects_of_many_carriers_are_found_and_single_carriers_are_not(batch, like):
    settings = replace(BURDEN, effort=Effort(2_000, 20_000, 50))
    plants = [plant for plant in choose_plants(*batch, like, settings, per_class=4) if plant.kind == "quantitative"]
    table = recall_table(scan_planted(*batch, like, settings, plants))
    found = table[(table["effect"] == "2 SD") & (table["level"] == 1e-3)].set_index("carriers")["found"]
    assert found["20+"] == found["10-19"] == 4
    # One carrier in a stratum of 50 can't have a p-value below 1/50.
    assert found["1"] == 0


def test_small_strata_do_not_separate_a_binary_trait(make_store):
    like = some_trait(np.arange(60) // 6)
    dosages = np.zeros((60, 1))
    dosages[[0, 20, 40], 0] = 1
    rows = scan_null(*make_store({"G0": dosages}), like, BURDEN, kind="binary", number=0)
    assert len(rows) == 1


def test_samples_that_no_trait_can_be_fitted_on_are_refused(make_store):
    like = some_trait(np.zeros(3, np.int64))
    small = replace(like, strata=np.zeros(1, np.int64), store_positions=np.zeros(1, np.int64))
    with pytest.raises(InputError, match="too few samples"):
        scan_null(*make_store({"G0": np.ones((3, 1))}), small, BURDEN, kind="survival", number=0)


def test_a_simulated_trait_has_one_model_even_where_the_users_has_one_for_each_chromosome(batch, like):
    own = replace(like, by_contig={"1": some_trait(like.strata).model})
    expected = scan_null(*batch, like, BURDEN, kind="slope", number=0)
    pd.testing.assert_frame_equal(scan_null(*batch, own, BURDEN, kind="slope", number=0), expected)

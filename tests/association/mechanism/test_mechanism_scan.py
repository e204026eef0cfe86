"""Mechanisms: identities of paths and effects, agreement with the scan, and what is refused."""

from dataclasses import replace

import mpmath
import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from scipy.stats import chi2, norm, t

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.mechanism.additive_hazards import Estimate
from association.mechanism.mechanism_columns import SCHEMA
from association.mechanism.mechanism_scan import (
    ALL_CARRY,
    NOBODY,
    TOO_FEW,
    MediatedTrait,
    effects,
    explain_genes,
    product,
    refuse_genes,
)
from association.mechanism.outcomes import (
    SlopeOutcome,
    TimeOutcome,
    ValueOutcome,
    independent_columns,
    two_sided_log10_p,
)
from association.null_models.design import Design
from association.row_maker import NO_VARIATION
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

SAMPLES = 240
SETTINGS = ScanSettings(
    (MaskChoice(Mask("missense"), 0.9), MaskChoice(Mask("synonymous"), 0.9)), (), 5, Effort(2_000, 2_000, 100)
)
STRATA = np.arange(SAMPLES) % 2


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.fixture
def carriers():
    """Give who carries each gene: one that acts by the mediator, one that acts otherwise, few, nearly all."""
    return {"BY": np.arange(0, 25), "ELSE": np.arange(30, 60), "FEW": np.arange(9), "MOST": np.arange(5, SAMPLES)}


@pytest.fixture
def mediated(rng, carriers):
    """Give a function from the scale of the outcome to what is asked."""
    age = rng.normal(size=SAMPLES)
    mediator = 0.3 * age + rng.normal(size=SAMPLES)
    mediator[carriers["BY"]] += 2
    harm = mediator + 0.5 * age
    harm[carriers["ELSE"]] += 1.5
    levels = np.column_stack((age, STRATA))

    def make(scale):
        design, both = Design(("age",), age[:, None]), Design(("age", "site"), levels)
        if scale == "hazard":
            entry = rng.uniform(0, 3, SAMPLES)
            outcome = TimeOutcome(
                entry, entry + rng.exponential(20 * np.exp(-0.7 * harm)), rng.binomial(1, 0.7, SAMPLES) * 1.0, STRATA
            )
        elif scale == "slope":
            months = np.tile([0.0, 3, 6], SAMPLES)
            position = np.repeat(np.arange(SAMPLES), 3)
            outcome = SlopeOutcome(
                position, months, 40 - harm[position] * months * 0.3 + rng.normal(size=months.size)
            )
        else:
            outcome = ValueOutcome(harm + rng.normal(size=SAMPLES))
        return MediatedTrait(
            mediator_name="nerve",
            outcome_name="end",
            mediator=mediator,
            outcome=outcome,
            design=design if scale == "hazard" else both,
            mediator_design=both,
            strata=STRATA,
            store_positions=np.arange(SAMPLES),
            store_samples=SAMPLES,
            male=np.zeros(0, np.bool_),
            cohorts=np.zeros(SAMPLES, np.int64),
        )

    return make


@pytest.fixture
def store(carriers, make_store):
    dosages = {}
    for gene, own in carriers.items():
        dosages[gene] = np.zeros((SAMPLES, 2))
        dosages[gene][own, own % 2] = 1
    return make_store(dosages)


def rows_of(asked, store):
    table = explain_genes(*store, asked, SETTINGS)
    assert table.schema == SCHEMA
    return {row["gene"]: row for row in table.to_pylist()}


@pytest.mark.parametrize("scale", ["hazard", "slope", "value"])
def test_a_gene_that_acts_by_the_mediator_is_told_from_one_that_does_not(mediated, store, scale):
    rows = rows_of(mediated(scale), store)
    by, other = rows["BY"], rows["ELSE"]
    assert by["p_joint"] < 0.01
    assert by["p_with"] > by["p_without"]
    assert other["p_to_mediator"] > 0.01
    assert other["p_joint"] == max(other["p_to_mediator"], other["p_of_mediator"])
    assert abs(by["direct_effect"]) < abs(by["total_effect"])
    for name in ("to_mediator", "of_mediator", "total", "direct", "indirect"):
        assert by[f"{name}_lower"] < by[f"{name}_effect"] < by[f"{name}_upper"]


def test_a_total_effect_of_least_squares_is_the_direct_and_the_indirect_one(mediated, carriers):
    carrier = np.isin(np.arange(SAMPLES), carriers["ELSE"]).astype(float)
    found = effects(mediated("value"), carrier)
    assert found["total"].value == pytest.approx(found["direct"].value + found["indirect"].value)


def test_p_values_without_the_mediator_are_the_scans_own(mediated, store):
    asked = mediated("hazard")
    model = asked.outcome.fit(asked.design).model
    trait = ScanTrait("end", model, STRATA, np.arange(SAMPLES), SAMPLES, male=asked.male)
    settings = replace(SETTINGS, masks=SETTINGS.masks[:1], tests=(WeightedTest("burden", "flat", "any"),))
    scanned = {row["gene"]: row for row in scan(*store, [trait], settings).to_pylist()}
    rows = rows_of(asked, store)
    for gene in ("BY", "ELSE"):
        assert rows[gene]["p_without"] == scanned[gene]["p_value"]
        assert rows[gene]["effect_without"] == pytest.approx(scanned[gene]["effect"])


def test_the_mediator_is_tested_by_the_likelihood_ratio_of_a_stratified_cox_model(mediated, carriers):
    asked = mediated("hazard")
    carrier = np.isin(np.arange(SAMPLES), carriers["BY"]).astype(float)
    outcome = asked.outcome
    table = pd.DataFrame(
        {
            "entry": outcome.entry,
            "exit": outcome.exit,
            "event": outcome.event,
            "stratum": 2 * STRATA + carrier,
            "age": asked.design.matrix[:, 0],
            "mediator": asked.mediator,
        }
    )
    likelihoods = [
        CoxPHFitter()
        .fit(
            table[[*rest, "entry", "exit", "event", "stratum"]], "exit", "event", entry_col="entry", strata="stratum"
        )
        .log_likelihood_
        for rest in (["age"], ["age", "mediator"])
    ]
    expected = chi2.sf(2 * (likelihoods[1] - likelihoods[0]), 1)
    found = outcome.mediator_log10_p(asked.design, carrier, asked.mediator)
    assert 10**found == pytest.approx(expected, rel=1e-4)


def test_few_carriers_few_others_and_none_are_refused_and_the_control_is_not_asked(mediated, store, make_store):
    rows = rows_of(mediated("hazard"), store)
    assert rows["FEW"]["reason"] == TOO_FEW
    assert rows["FEW"]["p_joint"] is None
    assert rows["MOST"]["reason"] == ALL_CARRY
    assert {row["mask"] for row in rows.values()} == {"missense"}
    nobody = rows_of(mediated("hazard"), make_store({"NONE": np.zeros((SAMPLES, 1))}))["NONE"]
    assert (nobody["reason"], nobody["carriers"]) == (NOBODY, 0)


def test_effects_are_given_whether_or_not_carriers_have_the_event(mediated, store, carriers):
    asked = mediated("hazard")
    calm = asked.outcome.event.copy()
    calm[carriers["BY"][1:]] = 0
    row = rows_of(replace(asked, outcome=replace(asked.outcome, event=calm)), store)["BY"]
    assert row["carriers_with_event"] <= 1
    assert row["reason"] is None
    for name in ("total", "direct"):
        assert row[f"{name}_lower"] < row[f"{name}_effect"] < row[f"{name}_upper"]


def test_a_gene_that_there_is_nothing_to_follow_of_is_a_row_with_the_reason():
    asked = {"mediator": "nerve", "outcome": "survival", "scale": "hazard", "samples": 0}
    (row,) = refuse_genes({"NOGENE": "no variant"}, asked).to_pylist()
    assert {name: value for name, value in row.items() if value is not None} == asked | {
        "gene": "NOGENE",
        "reason": "no variant",
    }


@pytest.mark.parametrize("degrees", [7, 295, np.inf])
def test_logarithms_of_p_values_are_those_of_tails_and_go_on_below_the_smallest_double(degrees):
    law = norm if np.isinf(degrees) else t(degrees)
    for deviation in (0.0, 0.3, -2.0, 12.0):
        assert two_sided_log10_p(deviation, degrees) == pytest.approx(np.log10(2 * law.sf(abs(deviation))))
    if np.isinf(degrees):
        exact = mpmath.log10(mpmath.erfc(1e3 / mpmath.sqrt(2)))
    else:
        rest = mpmath.mpf(degrees) / (degrees + 10**100)
        exact = mpmath.log10(mpmath.betainc(mpmath.mpf(degrees) / 2, 0.5, 0, rest, regularized=True))
    assert two_sided_log10_p(1e3 if np.isinf(degrees) else 1e50, degrees) == pytest.approx(float(exact))


def test_a_mediator_that_all_but_is_the_outcome_has_a_logarithm(mediated, store, rng):
    asked = mediated("value")
    nearly = ValueOutcome(asked.mediator + 1e-4 * rng.normal(size=SAMPLES))
    row = rows_of(replace(asked, outcome=nearly), store)["BY"]
    assert 0 < row["p_of_mediator"] < 1e-300
    assert row["neg_log10_p_joint"] == pytest.approx(-np.log10(row["p_to_mediator"]))


def test_an_outcome_that_can_not_be_fitted_is_a_reason(mediated, store):
    asked = mediated("hazard")
    nobody = replace(asked.outcome, event=np.zeros(SAMPLES))
    assert "no sample has the event" in rows_of(replace(asked, outcome=nobody), store)["BY"]["reason"]


def test_carriers_who_are_whole_strata_get_the_scans_reason(mediated, store, carriers):
    asked = mediated("value")
    alone = np.isin(np.arange(SAMPLES), carriers["BY"]).astype(np.int64)
    row = rows_of(replace(asked, strata=alone), store)["BY"]
    assert row["p_joint"] is None
    assert row["reason"] == NO_VARIATION


def test_the_interval_of_a_product_holds_the_share_of_drawn_products_that_it_says(rng):
    first, second = Estimate(1.0, 0.4, 0, 0), Estimate(-0.5, 0.3, 0, 0)
    drawn = rng.normal(1.0, 0.4, 200_000) * rng.normal(-0.5, 0.3, 200_000)
    found = product(first, second)
    assert found.value == -0.5
    assert ((drawn > found.lower) & (drawn < found.upper)).mean() == pytest.approx(0.95, abs=0.003)


def test_columns_that_others_make_up_are_left_out(rng):
    first, level = rng.normal(size=(30, 2)), np.ones((30, 1))
    design = Design(("a", "b", "sum", "one"), np.column_stack((first, first.sum(axis=1), np.ones(30))))
    assert independent_columns(design, level).names == ("a", "b")

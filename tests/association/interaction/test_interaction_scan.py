"""Interactions of genes with covariates: what is found, what is refused, and in which words."""

import numpy as np
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.interaction.interaction_columns import SCHEMA
from association.interaction.interaction_scan import (
    ONE_ARRANGEMENT,
    TOO_FEW_ALONG,
    TOO_FEW_OF_LEVEL,
    TraitCovariate,
    add_q_values,
    scan_interactions,
)
from association.scan_settings import MaskChoice, ScanSettings

SAMPLES = 300
SETTINGS = ScanSettings((MaskChoice(Mask("missense"), 0.5),), (), 5, Effort(20_000, 20_000, 200))


@pytest.fixture
def rng():
    return np.random.default_rng(2)


@pytest.fixture
def found(rng, make_store, make_trait):
    """Give the rows, by gene and covariate, of genes that act in one level, alike in both, and of few carriers."""
    sex = np.arange(SAMPLES) % 2
    dosages = {}
    for gene, carriers in {
        "FEW": np.arange(3),
        "ONE": np.arange(0, 24, 2),
        "A": np.arange(40),
        "B": np.arange(40, 80),
    }.items():
        dosages[gene] = np.zeros((SAMPLES, 2))
        dosages[gene][carriers, carriers % 3 // 2] = 1
    effect = np.zeros(SAMPLES)
    effect[np.arange(40)] = 2.5 * sex[:40]
    effect[np.arange(40, 80)] = 2.5
    trait = make_trait(rng, "quantitative", np.zeros(SAMPLES, np.int64), effect=effect)
    site = np.where(np.arange(SAMPLES) % 13 == 0, 2.0, sex)
    covariates = [
        TraitCovariate("sex", sex.astype(float), ("female", "male")),
        TraitCovariate("site", site, ("a", "b", "c")),
        TraitCovariate("age", rng.normal(size=SAMPLES), None),
        TraitCovariate("same", np.zeros(SAMPLES), None),
    ]
    genes, variants = make_store(dosages)
    rows = add_q_values(scan_interactions(genes, variants, trait, covariates, SETTINGS))
    assert rows.schema == SCHEMA
    return {(row["gene"], row["covariate"]): row for row in rows.to_pylist()}


def test_an_effect_in_one_level_is_found_and_one_alike_in_both_is_not(found):
    planted, alike = found["A", "sex"], found["B", "sex"]
    assert planted["p_value"] < 1e-3
    assert planted["effect"] > 3 * planted["standard_error"]
    assert planted["levels"] == "female;male"
    assert planted["carriers_of_levels"] == "20;20"
    assert planted["q_value"] < 0.01
    assert alike["p_value"] > 0.05


def test_too_few_carriers_are_refused_and_thin_levels_left_out(found):
    assert found["FEW", "sex"]["reason"] == TOO_FEW_OF_LEVEL
    assert found["FEW", "age"]["reason"] == TOO_FEW_ALONG
    assert found["ONE", "sex"]["reason"] == TOO_FEW_OF_LEVEL
    assert found["A", "same"]["reason"] == ONE_ARRANGEMENT
    thin = found["A", "site"]
    assert thin["levels"] == "a;b"
    assert thin["left_out"] == 4
    assert thin["carriers"] == 36
    assert all((row["p_value"] is None) == (row["reason"] is not None) for row in found.values())


def test_the_textbook_p_value_is_near_the_calibrated_one_where_carriers_are_many(found):
    row = found["B", "age"]
    assert row["p_asymptotic"] == pytest.approx(row["p_value"], abs=0.05)

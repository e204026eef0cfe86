"""Effects of hits: against the scan's own burden row and a direct call of Firth's estimate on dense genotypes."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from association.calibration.monte_carlo import Effort
from association.effects.firth import firth_cox, firth_logistic
from association.gene_tests.masks import Mask
from association.hit_effects import SCHEMA, Outcome, hit_effects
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.null_models.logistic import fit_logistic
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

SAMPLES = 70
SETTINGS = ScanSettings(
    masks=(MaskChoice(Mask("plof"), 0.5), MaskChoice(Mask("missense"), 0.5)),
    tests=(WeightedTest("burden", "flat"), WeightedTest("skat", "beta_1_25")),
    seed=1,
    effort=Effort(2_000, 2_000, 100),
)
HITS = [
    {"gene": "B", "mask": "missense", "max_af": 0.5},
    {"gene": "A", "mask": "plof", "max_af": 0.5},
    {"gene": "A", "mask": "missense", "max_af": 0.5},
]


@pytest.fixture
def rng():
    return np.random.default_rng(8)


@pytest.fixture
def dosages(rng):
    return {gene: rng.binomial(2, 0.05, (SAMPLES, 4)).astype(float) for gene in ("A", "B")}


@pytest.fixture
def store(dosages, make_store):
    genes, variants = make_store(dosages)
    column = pa.array(["stop_gained", "stop_gained", "missense_variant", "missense_variant"] * 2)
    return genes, variants.set_column(variants.column_names.index("consequence"), "consequence", column)


def burden_of(hit, dosages):
    own = slice(0, 2) if hit["mask"] == "plof" else slice(2, 4)
    return dosages[hit["gene"]][:, own].sum(axis=1)


@pytest.fixture
def survival(rng):
    """Give a survival trait of two strata, and what was observed."""
    entry = rng.uniform(0, 10, SAMPLES)
    exit_ = np.ceil(entry + rng.exponential(12, SAMPLES))
    event = (rng.random(SAMPLES) < 0.6).astype(float)
    strata, design = np.arange(SAMPLES) % 2, Design(("age",), rng.normal(size=(SAMPLES, 1)))
    model = fit_cox(entry, exit_, event, design, strata=strata, ties="breslow").model
    trait = ScanTrait("survival", model, strata, np.arange(SAMPLES), SAMPLES)
    return trait, Outcome(event, design.matrix, entry, exit_, "breslow")


def test_firth_columns_of_a_time_to_event_equal_a_direct_call(store, dosages, survival):
    trait, outcome = survival
    table = hit_effects(HITS, store[1], trait, outcome, SETTINGS)
    assert table.schema.equals(SCHEMA)
    for hit, row in zip(HITS, table.to_pylist(), strict=True):
        assert (row["gene"], row["mask"]) == (hit["gene"], hit["mask"])
        times = (outcome.entry, outcome.exit, outcome.event)
        direct = firth_cox(*times, burden_of(hit, dosages), outcome.covariates, strata=trait.strata, ties="breslow")
        found = (row["firth_effect"], row["firth_lower"], row["firth_upper"])
        assert found == pytest.approx((direct.estimate, direct.lower, direct.upper), rel=1e-9)
        assert row["firth_lower"] < row["firth_effect"] < row["firth_upper"]


def test_firth_columns_of_a_binary_trait_equal_a_direct_call(store, dosages, rng):
    case, design = (rng.random(SAMPLES) < 0.4).astype(float), Design(("age",), rng.normal(size=(SAMPLES, 1)))
    strata = np.zeros(SAMPLES, np.int64)
    trait = ScanTrait("case", fit_logistic(case, design).model, strata, np.arange(SAMPLES), SAMPLES)
    rows = hit_effects(HITS, store[1], trait, Outcome(case, design.matrix), SETTINGS).to_pylist()
    for hit, row in zip(HITS, rows, strict=True):
        direct = firth_logistic(case, burden_of(hit, dosages), design.matrix)
        found = (row["firth_effect"], row["firth_lower"], row["firth_upper"])
        assert found == pytest.approx((direct.estimate, direct.lower, direct.upper), rel=1e-9)


def test_other_columns_are_those_of_the_scans_flat_burden(store, survival):
    trait, outcome = survival
    scanned = scan(*store, [trait], SETTINGS).to_pylist()
    for row in hit_effects(HITS, store[1], trait, outcome, SETTINGS).to_pylist():
        (direct,) = [
            one for one in scanned if (one["gene"], one["mask"], one["test"]) == (row["gene"], row["mask"], "burden")
        ]
        assert {name: row[name] for name in row if name in direct} == {
            name: direct[name] for name in row if name in direct
        }


def test_without_an_observed_outcome_or_beside_an_offset_there_is_no_firth_effect(store, survival):
    trait, outcome = survival
    offset = replace(trait, by_contig={"1": trait.model})
    for rows in (
        hit_effects(HITS, store[1], trait, None, SETTINGS).to_pylist(),
        hit_effects(HITS, store[1], offset, outcome, SETTINGS).to_pylist(),
    ):
        assert all(row["firth_effect"] is None and row["effect"] is not None for row in rows)


def test_variants_that_traits_are_adjusted_for_are_in_no_burden(store, dosages, survival):
    trait, outcome = survival
    asked = replace(SETTINGS, left_out=frozenset(["chr1-3-A-C"]))
    (row,) = hit_effects(HITS[:1], store[1], trait, outcome, asked).to_pylist()
    times = (outcome.entry, outcome.exit, outcome.event)
    direct = firth_cox(*times, dosages["B"][:, 3], outcome.covariates, strata=trait.strata, ties="breslow")
    assert row["firth_effect"] == pytest.approx(direct.estimate, rel=1e-9)

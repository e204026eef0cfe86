"""Variants tested one by one: against listing every pair of patients, and against a gene of the same variant."""

from dataclasses import replace
from itertools import combinations
from math import log

import numpy as np
import pyarrow as pa
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest
from association.single_variants import COLUMNS, SCHEMA, scan_variants

SAMPLES = 30
SETTINGS = ScanSettings(
    masks=(MaskChoice(Mask("synonymous"), 0.01),),
    tests=(WeightedTest("skat", "beta_1_25"),),
    seed=1,
    effort=Effort(2_000, 2_000, 100),
)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def trait(rng):
    entry = rng.uniform(0, 10, SAMPLES)
    exit_ = entry + rng.exponential(12, SAMPLES)
    event = (rng.random(SAMPLES) < 0.6).astype(float)
    fit = fit_cox(entry, exit_, event, Design(("x",), rng.normal(size=(SAMPLES, 1))))
    return ScanTrait("survival", fit.model, np.zeros(SAMPLES, np.int64), np.arange(SAMPLES), SAMPLES)


def carried_by(*carriers):
    dosages = np.zeros((SAMPLES, len(carriers)))
    for column, samples in enumerate(carriers):
        dosages[list(samples), column] = 1
    return dosages


def ratio(model, samples):
    """The likelihood ratio of a group of carriers, written out."""
    observed, expected = model.events[list(samples)].sum(), model.expected_events[list(samples)].sum()
    return 2 * ((observed * log(observed / expected) if observed else 0) - observed + expected)


@pytest.mark.parametrize("carriers", [(3, 17), (8, 9), (0, 29)])
def test_p_of_two_carriers_is_the_share_of_pairs_that_are_as_extreme(trait, make_store, carriers):
    _, variants = make_store({"G": carried_by(carriers)})
    (row,) = scan_variants(variants, [trait], SETTINGS).to_pylist()
    observed = ratio(trait.model, carriers)
    pairs = [ratio(trait.model, pair) for pair in combinations(range(SAMPLES), 2)]
    assert row["method"] == "enumeration"
    assert row["p_value"] == pytest.approx(np.mean(np.array(pairs) >= observed * (1 - 1e-9)), rel=1e-12)
    assert row["observed_events"] == trait.model.events[list(carriers)].sum()


def test_p_equals_that_of_a_gene_with_no_other_variant(trait, rng, make_store):
    dosages = rng.binomial(2, 0.1, (SAMPLES, 6)).astype(float)
    found = scan_variants(make_store({"G": dosages})[1], [trait], SETTINGS).to_pylist()
    asked = replace(SETTINGS, masks=(MaskChoice(Mask("missense"), 0.5),), tests=(WeightedTest("burden", "flat"),))
    for row, column in zip(found, dosages.T, strict=True):
        (alone,) = scan(*make_store({"G": column[:, None]}), [trait], asked).to_pylist()
        for name in ("p_value", "effect", "standard_error", "carriers", "p_asymptotic", "method", "reason"):
            assert row[name] == alone[name]


def test_every_variant_is_a_row_whatever_its_consequence_and_frequency(trait, make_store):
    _, variants = make_store({"G": carried_by((1,), range(10), ())}, consequence="intron_variant")
    rows = scan_variants(variants.slice(0, 3), [trait, replace(trait, name="again")], SETTINGS).to_pylist()
    assert [(row["variant"], row["trait"]) for row in rows] == [
        (f"chr1-{position}-A-C", name) for position in (1, 2, 3) for name in ("survival", "again")
    ]
    assert [row["carriers"] for row in rows[::2]] == [1, 10, 0]
    assert rows[0]["flags"] == "few_carriers"
    assert rows[4]["p_value"] is None
    assert rows[4]["reason"] == "no carrier among the samples with the trait"


def test_a_variant_of_two_genes_is_a_row_of_each(trait, make_store):
    dosages = carried_by((1, 2, 3), (4, 5))
    _, variants = make_store({"A": dosages, "B": dosages})
    first, other = np.split(np.array(scan_variants(variants, [trait], SETTINGS).to_pylist()), 2)
    assert [row["gene"] for row in first] == ["A", "A"]
    assert [row | {"gene": "A"} for row in other] == list(first)


def test_the_effect_is_that_of_the_minor_allele(trait, make_store):
    _, variants = make_store({"G": carried_by((1, 2), (3, 4))})
    flags = pa.array([False, True])
    variants = variants.set_column(variants.column_names.index("minor_is_ref"), "minor_is_ref", flags)
    assert scan_variants(variants, [trait], SETTINGS)["minor_allele"].to_pylist() == ["C", "A"]


def test_variants_that_traits_are_adjusted_for_are_left_out(trait, make_store):
    _, variants = make_store({"G": carried_by((1, 2), (3, 4))})
    asked = replace(SETTINGS, left_out=frozenset(["chr1-1-A-C"]))
    assert scan_variants(variants, [trait], asked)["variant"].to_pylist() == ["chr1-2-A-C"]


def test_variants_of_panel_genes_get_the_panels_permutations(trait, make_store):
    dosages = carried_by(range(12)) + carried_by(range(5))
    _, variants = make_store({"A": dosages, "B": dosages})
    position = pa.array([1, 2], pa.int32())
    variants = variants.set_column(variants.column_names.index("position"), "position", position)
    asked = replace(
        SETTINGS, effort=Effort(100, 100, 1_000), panel=frozenset("B"), panel_effort=Effort(500, 500, 1_000)
    )
    assert scan_variants(variants, [trait], asked)["permutations"].to_pylist() == [100, 500]


def test_no_variants_give_an_empty_table_with_all_columns(trait, make_store):
    table = scan_variants(make_store({"G": carried_by((1,))})[1].slice(0, 0), [trait], SETTINGS)
    assert table.num_rows == 0
    assert table.schema.equals(SCHEMA)
    assert table.column_names == [column.name for column in COLUMNS]

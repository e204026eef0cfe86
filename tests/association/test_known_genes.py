"""Findings without known carriers and adjusted for them: what known carriers make vanishes, the rest stays."""

import numpy as np
import pyarrow as pa
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_sets.set_results import SET_SCHEMA
from association.gene_tests.masks import Mask
from association.hit_effects import Outcome
from association.known_genes import ADJUSTED, EXCLUDED, MAIN, SCHEMA, FittedTrait, compare_genes, set_rows
from association.null_models.cox import fit_cox
from association.null_models.design import Design
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

SAMPLES = 240
SETTINGS = ScanSettings(
    masks=(MaskChoice(Mask("missense"), 0.5), MaskChoice(Mask("plof"), 0.5)),
    tests=(WeightedTest("burden", "flat"), WeightedTest("skat", "flat")),
    seed=3,
    effort=Effort(5_000, 5_000, 200),
)


@pytest.fixture(scope="module")
def cohort(make_store):
    """Give a store, and a trait's three models: known carriers die soon, as those of OWN do.

    BORROWED is carried by known carriers mostly, and does nothing.
    """
    rng = np.random.default_rng(4)
    known = np.arange(SAMPLES) < 24
    own = np.zeros(SAMPLES)
    own[100:118] = 1.0
    borrowed = np.zeros(SAMPLES)
    borrowed[[*range(14), 150, 160]] = 1.0
    genes, variants = make_store(
        {"BORROWED": np.column_stack([borrowed, own * 0]), "OWN": np.column_stack([own, borrowed * 0])},
        ("missense_variant", "stop_gained"),
    )
    age = rng.normal(size=SAMPLES)
    exit_ = rng.exponential(30 * np.exp(-1.6 * known - 1.6 * own))
    event = (rng.random(SAMPLES) < 0.8).astype(float)

    def fitted(kept, *columns):
        design = Design(tuple(f"x{at}" for at in range(1 + len(columns))), np.column_stack([age, *columns])[kept])
        entry = np.full(kept.sum(), -1.0)
        strata = np.zeros(kept.sum(), np.int64)
        model = fit_cox(entry, exit_[kept], event[kept], design, strata=strata).model
        trait = ScanTrait("survival", model, strata, np.flatnonzero(kept), SAMPLES)
        return FittedTrait(trait, Outcome(event[kept], design.matrix, entry, exit_[kept]))

    everyone = np.ones(SAMPLES, np.bool_)
    models = {MAIN: fitted(everyone), EXCLUDED: fitted(~known), ADJUSTED: fitted(everyone, known.astype(float))}
    return genes, variants, models


@pytest.fixture(scope="module")
def compared(cohort):
    genes, variants, models = cohort
    scanned = scan(genes, variants, [models[MAIN].trait], SETTINGS).to_pylist()
    hits = [row for row in scanned if row["primary"] or (row["test"] == "burden" and row["mask"] == "missense")]
    rows = compare_genes(hits, variants, models, SETTINGS)
    return hits, {(row["name"], row["mask"]): row for row in rows}


def test_the_main_model_gives_what_the_scan_gave(compared):
    hits, rows = compared
    for hit in hits:
        row = rows[hit["gene"], hit["mask"]]
        for name in ("p_value", "carriers", "samples", "effect", "method"):
            assert row[f"{name}_main"] == hit[name]


def test_what_known_carriers_make_is_gone_without_them_and_a_gene_of_its_own_stays(compared):
    _, rows = compared
    borrowed, own = rows["BORROWED", "missense"], rows["OWN", "missense"]
    assert borrowed["p_value_main"] < 1e-3
    assert borrowed["p_value_excluded"] > 0.05
    assert borrowed["p_value_adjusted"] > 0.05
    assert (borrowed["carriers_main"], borrowed["carriers_excluded"], borrowed["carriers_adjusted"]) == (16, 2, 16)
    for model in ("main", "excluded", "adjusted"):
        assert own[f"p_value_{model}"] < 1e-3
        assert own[f"firth_lower_{model}"] > 0.5
    assert borrowed["firth_effect_main"] > 1 > borrowed["firth_effect_adjusted"]


def test_a_primary_row_over_masks_is_compared_too_without_an_effect_of_one_mask(compared):
    _, rows = compared
    omnibus = rows["BORROWED", "all"]
    assert omnibus["p_value_main"] < 1e-2 < omnibus["p_value_excluded"]
    assert omnibus["firth_effect_main"] is None


def test_a_model_that_cannot_be_fitted_leaves_its_reason(cohort, compared):
    _, variants, models = cohort
    (row, *_) = compare_genes(compared[0], variants, models | {EXCLUDED: "nobody is left"}, SETTINGS)
    assert (row["reason_excluded"], row["p_value_excluded"]) == ("nobody is left", None)
    assert row["p_value_adjusted"] is not None
    assert pa.Table.from_pylist([row], SCHEMA).num_rows == 1


def test_sets_with_all_their_genes_stand_side_by_side():
    row = {"gene_set": "A", "version": "1", "overlap": "with", "trait": "survival", "mask": "plof", "max_af": 0.01}
    main = pa.Table.from_pylist(
        [row | {"test": "gene_sum", "p_value": 0.01}, row | {"test": "gene_sum", "overlap": "without"}], SET_SCHEMA
    )
    excluded = pa.Table.from_pylist([row | {"test": "gene_sum", "p_value": 0.5}], SET_SCHEMA)
    (found,) = set_rows({MAIN: main, EXCLUDED: excluded, ADJUSTED: "no"})
    assert (found["kind"], found["name"], found["test"]) == ("gene_set", "A", "gene_sum")
    assert (found["p_value_main"], found["p_value_excluded"], found["reason_adjusted"]) == (0.01, 0.5, "no")

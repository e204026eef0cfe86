"""Genes without one of their variants: against a store that lacks it; the rule of the flag on both sides."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_tests.masks import Mask
from association.leave_one_out import KEY, SCHEMA, flag_one_variant_driven, leave_one_out, rests_on_variant
from association.null_models.design import Design
from association.null_models.linear import fit_linear
from association.results import FLAGS
from association.results import SCHEMA as RESULT_SCHEMA
from association.scan import scan
from association.scan_settings import MaskChoice, ScanSettings, ScanTrait, WeightedTest

SAMPLES = 60
SETTINGS = ScanSettings(
    masks=(MaskChoice(Mask("plof"), 0.5), MaskChoice(Mask("missense"), 0.5), MaskChoice(Mask("synonymous"), 0.5)),
    tests=(WeightedTest("burden", "flat"), WeightedTest("skat", "beta_1_25"), WeightedTest("acat_v", "flat")),
    seed=1,
    effort=Effort(3_000, 3_000, 100),
)
CONSEQUENCES = ("stop_gained", "missense_variant", "missense_variant", "synonymous_variant", "missense_variant")


@pytest.fixture
def rng():
    return np.random.default_rng(6)


@pytest.fixture
def trait(rng):
    fit = fit_linear(rng.normal(size=SAMPLES), Design(("age",), rng.normal(size=(SAMPLES, 1))))
    return ScanTrait("height", fit.model, np.arange(SAMPLES) % 2, np.arange(SAMPLES), SAMPLES)


@pytest.fixture
def store(rng, make_store):
    """Two genes of five variants; the last of the first gene has no carrier."""
    dosages = {gene: rng.binomial(1, 0.08, (SAMPLES, 5)).astype(float) for gene in ("A", "B")}
    dosages["B"][:2, 1] = 1
    dosages["A"][:, 4] = 0
    genes, variants = make_store(dosages)
    column = pa.array(CONSEQUENCES * 2)
    return genes, variants.set_column(variants.column_names.index("consequence"), "consequence", column)


def rows_of(table, **named):
    return [row for row in table.to_pylist() if all(row[name] == value for name, value in named.items())]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"mask": "all"}, {"A": [1, 2, 3], "B": [1, 2, 3, 5]}),
        ({"mask": "missense", "test": "omnibus"}, {"A": [2, 3], "B": [2, 3, 5]}),
        ({"mask": "missense", "test": "skat"}, {"A": [2, 3], "B": [2, 3, 5]}),
        ({"mask": "plof", "test": "burden"}, {"A": [], "B": []}),
    ],
)
def test_p_equals_a_scan_of_a_store_that_lacks_the_variant(store, trait, named, expected):
    genes, variants = store
    followed = rows_of(scan(genes, variants, [trait], SETTINGS), **named)
    found = leave_one_out(followed, variants, trait, SETTINGS)
    assert found.schema.equals(SCHEMA)
    seen = [(row["gene"], row["left_out"]) for row in found.to_pylist()]
    assert seen == [(gene, f"chr1-{one}-A-C") for gene in ("A", "B") for one in expected[gene]]
    for row in found.to_pylist():
        position = int(row["left_out"].split("-")[1])
        lacking = variants.filter(
            pc.invert(pc.and_(pc.equal(variants["gene"], row["gene"]), pc.equal(variants["position"], position)))
        )
        (direct,) = rows_of(scan(genes, lacking, [trait], SETTINGS), **{name: row[name] for name in KEY})
        for name in ("p_value", "neg_log10_p", "carriers", "method", "reason"):
            assert row[name] == direct[name]


def test_what_is_left_out_of_one_row_does_not_depend_on_the_others(store, trait):
    genes, variants = store
    results = scan(genes, variants, [trait], SETTINGS)
    followed = rows_of(results, mask="all") + rows_of(results, mask="missense", test="burden")
    together = leave_one_out(followed, variants, trait, SETTINGS).to_pylist()
    assert together == [
        row for one in followed for row in leave_one_out([one], variants, trait, SETTINGS).to_pylist()
    ]


@pytest.mark.parametrize(
    ("p_value", "p_without", "rests"),
    [
        (1e-6, 0.99e-3, False),
        (1e-6, 1.01e-3, True),
        (2e-3, 0.044, False),
        (2e-3, 0.046, True),
        (4e-3, 0.049, False),
        (4e-3, 0.051, True),
        (0.04, 0.39, False),
        (0.04, 0.41, True),
        (0.051, 1.0, False),
        (0.01, None, True),
        (0.2, None, False),
        (None, 0.5, False),
    ],
)
def test_a_row_rests_on_a_variant_from_the_documented_loss_on(p_value, p_without, rests):
    assert rests_on_variant(p_value, p_without) is rests


def test_a_gene_with_one_strong_variant_is_flagged_and_one_with_many_is_not(trait, make_store):
    lowest = np.argsort(trait.model.residuals)
    driven, shared = np.zeros((SAMPLES, 3)), np.zeros((SAMPLES, 6))
    driven[lowest[:6], 0] = 1
    driven[lowest[30], 1] = driven[lowest[31], 2] = 1
    for variant in range(6):
        shared[lowest[[8 + variant, 19 - variant]], variant] = 1
    genes, variants = make_store({"DRIVEN": driven, "SHARED": shared})
    results = scan(genes, variants, [trait], SETTINGS).drop_columns(["deviations"])
    followed = rows_of(results, mask="missense", test="burden")
    flagged = flag_one_variant_driven(results, leave_one_out(followed, variants, trait, SETTINGS))
    assert all(row["p_value"] < 0.01 for row in followed)
    assert flagged.schema.equals(RESULT_SCHEMA)
    assert "one_variant_driven" in FLAGS
    marked = [row for row in flagged.to_pylist() if "one_variant_driven" in (row["flags"] or "").split(";")]
    assert [(row["gene"], row["mask"], row["test"]) for row in marked] == [
        ("DRIVEN", "missense", "burden"),
        ("DRIVEN", "all", "omnibus"),
    ]
    assert flagged.drop_columns(["flags"]).equals(results.drop_columns(["flags"]))


def test_nothing_to_follow_up_gives_an_empty_table(store, trait):
    genes, variants = store
    empty = leave_one_out([], variants, trait, SETTINGS)
    assert empty.num_rows == 0
    results = scan(genes, variants, [trait], SETTINGS)
    assert flag_one_variant_driven(results, empty).equals(results)

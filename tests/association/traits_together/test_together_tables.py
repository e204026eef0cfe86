"""Tables of traits together: what comes from the scans, what from permutations, and where bounds take over."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from association.results import SCHEMA
from association.traits_together.joint_numbers import ANY, JointNumbers, given_name
from association.traits_together.together_columns import CORRELATION_COLUMNS, gene_columns, pair_columns
from association.traits_together.together_tables import gene_table, pair_table
from association.traits_together.trait_correlation import correlate_traits, interval

TRAITS = ["survival", "slope"]
BURDEN = {"mask": "plof", "max_af": 0.01, "test": "burden", "weights": "flat", "coding": "sum"}
OMNIBUS = {"mask": "all", "max_af": None, "test": "omnibus", "weights": None, "coding": None}


def row(gene, place, **more):
    return (
        {"gene": gene, "contig": "1", "start": 1, "samples": 300, "variants": 2, "carriers": 6, "flags": ""}
        | place
        | more
    )


def result(gene, place, p_value, effect=None):
    return {"gene": gene, "p_value": p_value, "effect": effect, "carriers": 6} | place


@pytest.fixture(scope="module")
def tables():
    rows = [
        row("A", BURDEN),
        row("A", OMNIBUS, primary=True),
        row("B", BURDEN),
        row("B", OMNIBUS, primary=True),
        row("C", BURDEN, variants=0, carriers=0, reason="no qualifying variant"),
    ]
    numbers = JointNumbers(rows, 2)
    numbers.add(rows[0], ANY, 3, 100_000)
    numbers.add(rows[0], given_name(1, 0), 250, 999)
    numbers.add(rows[1], ANY, 12, 100_000)
    numbers.add(rows[2], ANY, 400, 511)
    numbers.add(rows[2], "heterogeneous", 300, 511)
    numbers.enumerated(rows[3], ANY, 30, 300)
    scans = [
        [result("A", BURDEN, 1e-9), result("A", OMNIBUS, 4e-9), result("B", BURDEN, 0.7), result("B", OMNIBUS, 0.6)],
        [result("A", BURDEN, 0.2), result("A", OMNIBUS, None), result("B", BURDEN, 0.9), result("B", OMNIBUS, 0.05)],
    ]
    joint = numbers.table()
    genes = gene_table(joint, [pa.Table.from_pylist(one, schema=SCHEMA) for one in scans], TRAITS)
    return genes, pair_table(joint, genes, TRAITS)


def test_columns_are_those_that_are_explained(tables):
    assert tables[0].column_names == [column.name for column in gene_columns(TRAITS)]
    assert tables[1].column_names == [column.name for column in pair_columns()]


def test_what_permutations_leave_open_is_bounded_by_the_traits_own_p_values(tables):
    genes = tables[0].to_pandas()
    assert genes.loc[0, ["p_any", "p_any_lower", "p_any_upper"]].tolist() == [2e-9] * 3
    assert genes["p_any_method"].tolist() == ["bonferroni", "permutation", "permutation", "enumeration", None]
    assert genes["p_any"].tolist()[1:4] == pytest.approx([13 / 100_001, 401 / 512, 0.1])
    np.testing.assert_allclose(genes["neg_log10_p_any"][:4], -np.log10(genes["p_any"][:4]))


def test_the_family_is_of_primary_rows(tables):
    genes = tables[0].to_pandas()
    assert genes["q_any"].notna().tolist() == [False, True, False, True, False]
    assert genes["q_any"][[1, 3]].tolist() == pytest.approx([2 * 13 / 100_001, 0.1])


def test_each_row_has_its_traits_and_the_strongest(tables):
    genes = tables[0].to_pandas()
    assert genes["strongest_trait"].tolist() == ["survival", "survival", "survival", "slope", None]
    assert genes["p_at_least_2"].tolist()[:4] == [0.2, 1.0, 0.9, 0.6]
    assert genes.loc[4, "reason"] == "no qualifying variant"


def test_pairs_have_both_and_each_given_the_other(tables):
    pairs = tables[1].to_pandas()
    assert pairs["gene"].tolist() == ["A", "A", "B", "B"]
    first = pairs.iloc[0]
    assert (first["trait_1"], first["trait_2"], first["p_both"]) == ("survival", "slope", 0.2)
    assert first["p_2_given_1"] == 251 / 1000
    assert pd.isna(first["p_1_given_2"])
    assert pd.isna(pairs.iloc[1]["p_both"])
    assert pairs["reason"].tolist() == [None, None, "fewer than 20 samples have both traits", None]


def test_genes_go_together_by_the_sign_and_size_of_their_effects(make_trait):
    from association.calibration.monte_carlo import Effort
    from association.gene_tests.masks import Mask
    from association.scan_settings import MaskChoice, ScanSettings, WeightedTest

    rng = np.random.default_rng(1)
    values = rng.normal(size=(2, 60))
    traits = [make_trait("survival", values[0]), make_trait("slope", values[1], np.arange(40))]
    effects = rng.normal(size=(2, 30))
    effects[1] = -effects[0] + 0.3 * effects[1]
    scans = [
        pa.Table.from_pylist(
            [result(f"G{gene}", BURDEN, float(np.exp(-abs(own[gene]))), float(own[gene])) for gene in range(30)],
            schema=SCHEMA,
        )
        for own in effects
    ]
    settings = ScanSettings((MaskChoice(Mask("plof"), 0.01),), (WeightedTest("burden", "flat"),), 1, Effort(1, 1, 1))
    (found,) = correlate_traits(traits, scans, settings).to_pylist()
    assert list(found) == [column.name for column in CORRELATION_COLUMNS]
    assert (found["samples_1"], found["samples_2"], found["samples_both"], found["genes"]) == (60, 40, 40, 30)
    both = np.corrcoef(values[0, :40], values[1, :40])[0, 1]
    assert found["residual_correlation"] == pytest.approx(both)
    assert found["gene_correlation_expected"] == pytest.approx(both * 40 / np.sqrt(60 * 40))
    assert found["gene_correlation"] < -0.8


def test_fishers_interval_by_hand():
    lower, upper = interval(0.5, 103)
    assert (lower, upper) == pytest.approx(tuple(np.tanh(np.arctanh(0.5) + np.array([-1, 1]) * 0.1959964)), abs=1e-6)
    assert np.isnan(interval(0.5, 3)[0])

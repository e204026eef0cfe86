"""Adjustment over genes: the step-down against its textbook form, and who is a member of a trait's family."""

import numpy as np
import pyarrow as pa
import pytest
from statsmodels.stats.multitest import multipletests

from association.family import adjust_for_family, step_down
from association.results import DEVIATIONS, SCHEMA, result_table


def westfall_young(statistics):
    """Algorithm 2.8 of Westfall and Young, a gene and a permutation at a time."""
    genes, columns = statistics.shape
    order = sorted(range(genes), key=lambda gene: -statistics[gene, 0])
    adjusted, highest = np.empty(genes), 0.0
    for rank, gene in enumerate(order):
        reached = sum(
            max(statistics[other, column] for other in order[rank:]) >= statistics[gene, 0]
            for column in range(1, columns)
        )
        highest = max(highest, (1 + reached) / columns)
        adjusted[gene] = highest
    return adjusted


@pytest.mark.parametrize("step", [None, 0.5, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_step_down_is_the_textbooks_also_with_ties(seed, step):
    statistics = np.random.default_rng(seed).normal(size=(7, 41))
    statistics[0, 0] += 3
    if step is not None:
        statistics = np.round(statistics / step) * step
    np.testing.assert_allclose(step_down(statistics.astype(np.float32)), westfall_young(statistics), rtol=1e-12)


def test_an_adjusted_p_value_is_never_below_the_unadjusted_nor_out_of_rank():
    statistics = np.random.default_rng(4).normal(size=(20, 200)).astype(np.float32)
    adjusted = step_down(statistics)
    unadjusted = (1 + (statistics[:, 1:] >= statistics[:, :1]).sum(axis=1)) / 200
    assert (adjusted >= unadjusted).all()
    assert (np.diff(adjusted[np.argsort(-statistics[:, 0])]) >= 0).all()
    assert step_down(statistics[:1]) == unadjusted[:1]


def test_a_gene_whose_statistic_never_varies_is_never_significant():
    statistics = np.random.default_rng(5).normal(size=(3, 100)).astype(np.float32)
    statistics[0, 0], statistics[1] = 9.0, -np.inf
    np.testing.assert_array_equal(step_down(statistics)[:2], [0.01, 1.0])


def row(gene, trait, p_value, *, primary=True, flags="", deviations=(1.0, 0.0)):
    return {
        "gene": gene,
        "trait": trait,
        "primary": primary,
        "p_value": p_value,
        "flags": flags,
        "reason": None if p_value else "no qualifying variant",
        DEVIATIONS: None if deviations is None else np.array(deviations, np.float32),
    }


def adjusted(*rows):
    return adjust_for_family(result_table(rows)).to_pandas()


def test_q_values_are_over_primary_rows_of_tested_genes_with_three_carriers_by_trait():
    p_values = {"survival": [0.001, 0.02, 0.03, 0.8], "slope": [0.5, 0.04]}
    rows = [row(f"G{at}", trait, p) for trait, own in p_values.items() for at, p in enumerate(own)]
    others = [
        row("G7", "slope", 1e-9, flags="single_variant;few_carriers"),
        row("G8", "slope", 1e-9, primary=False, deviations=None),
        row("G9", "slope", None, flags=None, deviations=None),
    ]
    found = adjusted(*rows, *others)
    for trait, own in p_values.items():
        members = found[(found["trait"] == trait) & found["q_value"].notna()]
        np.testing.assert_allclose(members["q_value"], multipletests(own, method="fdr_bh")[1], rtol=1e-12)
        assert members["p_family"].notna().all()
    left = found[found["gene"].isin(["G7", "G8", "G9"])]
    assert left[["q_value", "p_family"]].isna().all(axis=None)


def test_a_flag_that_only_resembles_few_carriers_leaves_nobody_out():
    assert adjusted(row("A", "slope", 0.5, flags="not_few_carriers"))["q_value"].tolist() == [0.5]


def test_a_trait_without_permutations_has_false_discovery_rates_alone():
    found = adjusted(
        row("A", "height", 0.01, deviations=None), row("B", "height", 0.2, deviations=None), row("A", "slope", 0.3)
    )
    np.testing.assert_allclose(found["q_value"], [0.02, 0.2, 0.3])
    assert found["p_family"].isna().tolist() == [True, True, False]


@pytest.mark.parametrize("rows", [(), (row("A", "slope", None, flags=None, deviations=None),)])
def test_a_family_without_members_is_no_problem(rows):
    table = adjust_for_family(result_table(rows))
    assert table.schema.equals(SCHEMA)
    assert table["q_value"].null_count == table["p_family"].null_count == len(rows)


def test_the_result_table_has_no_deviations():
    scanned = result_table([row("A", "slope", 0.5)])
    assert scanned.schema.field(DEVIATIONS).type == pa.list_(pa.float32())
    assert adjust_for_family(scanned).schema.equals(SCHEMA)

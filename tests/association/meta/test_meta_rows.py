"""Rows of a gene over cohorts: cautions reach every row, and burdens are worked out once with the same result."""

from dataclasses import replace

import numpy as np
import pytest

from association.calibration.residual_cumulants import residual_rules
from association.meta.cohort_summary import CarrierPatterns, GeneSummary, GramMatrix, TraitSummary
from association.meta.combined_gene import combine_cohorts
from association.meta.meta_rows import MetaMask, MetaTrait, meta_rows
from association.meta.remembered_burdens import RememberedBurdens
from association.meta.summed_saddlepoint import SummedCumulants
from association.scan_settings import WeightedTest
from association.score import ScoreStatistics

PLACE = {"gene": "GENE", "contig": "chr1", "start": 0}
TESTS = (WeightedTest("burden", "flat"), WeightedTest("skat", "flat"), WeightedTest("acat_v", "flat"))
# Samples that carry the first variant alone, the second alone, and both.
PATTERNS, CARRIERS = np.array([[1, 0], [0, 1], [1, 1]]), np.array([[9, 7, 5]])


def cohort(name, variants=("chr1-1-A-C", "chr1-2-A-C")):
    rng = np.random.default_rng(len(name))
    residuals = rng.exponential(size=100) - 1
    rules = residual_rules(residuals, np.zeros(100, np.int64), at_least=1)
    gram = np.einsum("q,qi,qj->ij", CARRIERS[0], PATTERNS, PATTERNS).astype(float)
    row, column = np.triu_indices(2)
    alleles = np.diag(gram)
    return (
        TraitSummary(name, "trait", "cox", 100, None, tuple(rules)),
        GeneSummary(
            "GENE",
            variants,
            ScoreStatistics(np.array([4.0, -1.0]), gram * residuals.var()),
            alleles,
            CarrierPatterns(PATTERNS, CARRIERS),
            GramMatrix(row, column, gram[row, column]),
            alleles / 2,
            alleles / 3,
            alleles,
            np.full(2, 200.0),
        ),
    )


def rows_of(masks, cohorts, tests=TESTS):
    traits = tuple(trait for trait, _ in cohorts)
    asked = MetaTrait("trait", traits, SummedCumulants.of(traits), tests)
    return meta_rows(PLACE, combine_cohorts(cohorts), masks, asked)


def mask(name, used, *, withheld=False):
    return MetaMask(name, 0.1, np.array(used), withheld, 0)


def test_carriers_that_a_cohort_withholds_are_flagged_in_the_row_over_all_masks_too():
    cohorts = [cohort("a"), cohort("bb")]
    rows = rows_of([mask("plof", [True, False], withheld=True), mask("missense", [True, True])], cohorts)
    flagged = {(row["mask"], row["test"]) for row in rows if "carriers_withheld" in row["flags"]}
    assert flagged == {(name, test) for name, test in ((r["mask"], r["test"]) for r in rows) if name != "missense"}
    assert ("all", "omnibus") in flagged


def test_a_carrier_of_two_variants_is_one_carrier_and_events_are_by_column():
    (row, *_) = rows_of([mask("missense", [True, True])], [cohort("a"), cohort("bb")])
    assert row["carriers"] == 2 * (9 + 7 + 5)
    assert row["minor_allele_count"] == 2 * (9 + 7 + 2 * 5)
    assert (row["observed_events"], row["expected_events"]) == (26, pytest.approx(52 / 3))


def test_a_collapsed_column_is_not_called_a_single_variant():
    for name, flagged in (("chr1-2-A-C", True), ("collapsed missense@0.1", False)):
        (row, *_) = rows_of([mask("missense", [False, True])], [cohort("a", ("chr1-1-A-C", name))])
        assert ("single_variant" in row["flags"]) == flagged
        assert ("collapsed_only" in row["flags"]) != flagged


def test_every_test_of_a_single_column_is_its_burden():
    tests = (*TESTS, WeightedTest("skat_o", "beta_1_25"))
    rows = rows_of([mask("missense", [True, False])], [cohort("a"), cohort("bb")], tests)
    assert len({round(row["p_value"], 12) for row in rows}) == 1
    assert rows[0]["p_value"] < 0.2


def test_strata_that_a_cohort_does_not_tell_are_flagged_where_somebody_carries_the_mask():
    trait, gene = cohort("a")
    rules = tuple((values, counts / 2) for values, counts in trait.rules * 2)
    dealt = CarrierPatterns(PATTERNS[[0, 2]], np.array([[5, 3], [4, 2]]), dealt=True)
    own = (replace(trait, rules=rules), replace(gene, patterns=dealt))
    (row, *_) = rows_of([mask("missense", [False, True])], [own, cohort("bb")])
    assert "strata_untold" in row["flags"]
    (row, *_) = rows_of([mask("missense", [True, True])], [cohort("a"), cohort("bb")])
    assert "strata_untold" not in row["flags"]


def test_every_gene_counts_in_the_family_and_says_how_its_p_value_was_made():
    rows = rows_of([mask("missense", [True, True])], [cohort("a"), cohort("bb")])
    assert len(rows) == 4
    assert all((row["min_attainable_p"], row["method"]) == (0.0, "saddlepoint") for row in rows)


def test_burdens_that_are_remembered_are_those_that_were_worked_out():
    cohorts = [cohort("a"), cohort("bb")]
    gene, cumulants = combine_cohorts(cohorts), SummedCumulants.of([trait for trait, _ in cohorts])
    remembered = RememberedBurdens.of_gene(cumulants)
    for weights in ([1.0, 0.0], [3.0, 0.0], [1.0, 2.0], [2.0, 1.0], [1.0, 0.0]):
        expected = cumulants.burden_p(gene, np.array(weights))
        found = remembered.burden_p(gene, np.array(weights))
        assert found.method == expected.method
        assert found.log10_p == pytest.approx(expected.log10_p, rel=1e-9)
    assert len(remembered.known) == 3

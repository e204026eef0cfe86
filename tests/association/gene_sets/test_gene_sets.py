"""Sets of genes: against brute force, against a scan of the same variants as one gene, and what can't be tested."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pyarrow as pa
import pytest

from association.calibration.monte_carlo import Effort
from association.gene_sets.compete import compete, compete_without_each
from association.gene_sets.contrasts import MatchedContrasts
from association.gene_sets.gene_carriers import collect_carriers
from association.gene_sets.gene_scale import GeneScale, gene_statistics
from association.gene_sets.gene_sets import TESTS, GeneSet, scan_gene_sets, versions_of
from association.gene_sets.matching import match_genes
from association.gene_sets.self_contained import as_one_gene
from association.gene_sets.set_results import GENE_SCHEMA, SET_SCHEMA
from association.null_models.design import Design
from association.null_models.kinship import Kinship, fit_linear_kinship
from association.scan import scan
from association.scan_settings import ScanTrait, WeightedTest


def sets_of(**genes):
    return [GeneSet(name, "1", frozenset(own)) for name, own in genes.items()]


def rows_of(table):
    return {(row["gene_set"], row["overlap"], row["test"]): row for row in table.to_pylist()}


def dense(carriers, samples):
    """Give who carries which gene (n, g)."""
    matrix = np.zeros((samples, carriers.genes.size))
    columns = carriers.columns
    for gene in range(carriers.genes.size):
        matrix[columns.samples[columns.offsets[gene] : columns.offsets[gene + 1]], gene] = 1.0
    return matrix


# ---------------------------------------------------------------------------------------------------- self-contained


def test_a_panel_as_one_is_what_a_scan_makes_of_its_variants_as_one_gene(rng, make_store, make_trait, settings):
    dosages = {gene: rng.binomial(1, 0.03, (120, 3)).astype(float) for gene in "ABCDEF"}
    trait = make_trait(rng, "survival", np.arange(120) % 3)
    genes, variants = make_store(dosages)
    one = variants.slice(0, 9)
    one = one.set_column(0, "gene", pa.array(["panel"] * 9))
    asked = replace(settings, tests=(WeightedTest("burden", "flat", "any"),))
    (scanned,) = scan(genes.slice(0, 1).set_column(0, "gene", pa.array(["panel"])), one, [trait], asked).to_pylist()
    carriers = collect_carriers([variants], trait, settings)
    table, _ = scan_gene_sets(sets_of(panel="ABC"), carriers, {}, trait, settings)
    tested = rows_of(table)["panel", "with", "panel_burden"]
    for name in ("carriers", "observed_events", "expected_events", "effect", "p_value", "p_asymptotic"):
        assert tested[name] == pytest.approx(scanned[name], rel=1e-12), name


def test_a_sum_over_genes_of_few_carriers_is_exact(plain_trait, carriers_of, ready, settings, rng):
    residuals = np.round(rng.normal(size=14), 1)
    genes = ready(carriers_of({"A": [0], "B": [1, 2]}), plain_trait(residuals), settings)
    (rows,) = as_one_gene([np.array([0, 1])], genes, settings.effort)
    centred, deviation = residuals - residuals.mean(), genes.scale.deviation
    sums = [
        centred[a] ** 2 / deviation[0] + (centred[b] + centred[c]) ** 2 / 2 / deviation[1]
        for a, b, c in permutations(range(14), 3)
    ]
    observed = centred[0] ** 2 / deviation[0] + (centred[1] + centred[2]) ** 2 / 2 / deviation[1]
    assert rows["gene_sum"]["method"] == "enumeration"
    assert rows["gene_sum"]["p_value"] == pytest.approx(np.mean(np.array(sums) >= observed - 1e-9), rel=1e-12)


def test_a_sum_over_genes_counts_the_stream_as_brute_force_does(drawn, trait, ready, settings):
    genes = ready(drawn, trait, settings)
    places = np.arange(0, 60, 4)
    (rows,) = as_one_gene([places], genes, settings.effort)
    statistics = gene_statistics(drawn.select(places).columns, genes.evidence.family)
    shares = 1.0 / genes.scale.deviation[places]
    observed = shares @ statistics.observe(genes.evidence)
    permuted = shares @ statistics.evaluate(genes.stream.block(0, 2_000))
    assert rows["gene_sum"]["exceedances"] == (permuted >= observed - 1e-9).sum()
    assert rows["gene_sum"]["permutations"] == 2_000


# ------------------------------------------------------------------------------------------------------- competitive


def test_the_competitive_statistic_and_its_count_are_those_of_dense_genotypes(
    plain_trait, drawn, ready, settings, rng
):
    residuals = rng.normal(size=90)
    genes = ready(drawn, plain_trait(residuals), settings)
    own = np.array([3, 11, 25, 40])
    row = compete(own, own, genes)
    matching = match_genes(own, np.setdiff1d(np.arange(60), own), drawn.counts, genes.lengths)
    matched = matching.matched
    assert matching.own.tolist() == own.tolist()
    carried = dense(drawn, 90)

    def statistic(values):
        ratios = (carried.T @ values) ** 2 / carried.sum(axis=0)[:, None]
        z = (ratios - genes.scale.mean[:, None]) / genes.scale.deviation[:, None]
        others = z[matched]
        centre = others.mean(axis=(0, 1))
        return (z[own].mean(axis=0) - centre) / np.sqrt((others**2).mean(axis=(0, 1)) - centre**2)

    observed = statistic((residuals - residuals.mean())[:, None])[0]
    permuted = statistic(genes.stream.block(0, 2_000)[0])
    assert row["exceedances"] == (permuted >= observed - 1e-9).sum()
    assert row["matched_genes"] == np.unique(matched).size


def test_what_inflates_all_genes_alike_leaves_the_competitive_statistic_as_it_is(drawn, trait, ready, settings):
    genes = ready(drawn, trait, settings)
    own, members = np.arange(5), np.ones((1, 5), np.bool_)
    matched = np.tile(np.arange(5, 60), (5, 1))
    statistics = gene_statistics(drawn.columns, genes.evidence.family)
    inflated = GeneScale(genes.scale.mean - genes.scale.deviation, genes.scale.deviation / 3)
    plain, more = (
        MatchedContrasts(statistics, scale, own, matched, members).observe(genes.evidence)
        for scale in (genes.scale, inflated)
    )
    assert more == pytest.approx(plain, rel=1e-9)


def test_no_gene_of_the_list_is_what_its_genes_are_compared_with(drawn, trait, ready, settings):
    genes = ready(drawn, trait, settings)
    assert compete(np.array([0]), np.arange(41), genes) == {"reason": "fewer than 20 other genes to compare with"}
    assert compete(np.array([0]), np.arange(20), genes)["matched_genes"] == 10


def test_genes_without_like_ones_are_left_out_of_the_comparison(carriers_of, plain_trait, ready, settings, rng):
    genes = {f"T{at:02d}": rng.choice(90, 2 + at % 7, replace=False) for at in range(84)}
    genes |= {"S1": rng.choice(90, 40, replace=False), "S2": rng.choice(90, 5, replace=False)}
    made = ready(carriers_of(genes), plain_trait(rng.normal(size=90)), settings)
    large, small = (made.carriers.places([name]) for name in ("S1", "S2"))
    assert compete(large, large, made)["reason"].startswith(
        "none of its genes has 10 others to compare with of 0.8 to 1.25 times"
    )
    both, alone = (compete(own, own, made) for own in (np.concatenate((large, small)), small))
    assert both["genes_compared"] == alone["genes_compared"] == 1
    assert both["p_value"] == pytest.approx(alone["p_value"], rel=0.5)
    # Without the small gene none is left to compare, and the large one was not among those compared.
    assert np.isnan(compete_without_each(np.concatenate((large, small)), made, settings.effort)).all()


def test_genes_that_all_say_the_same_are_nothing_to_compare_with(carriers_of, plain_trait, ready, settings, rng):
    genes = {"S": [3, 4]} | {f"T{at:02d}": [7, 9] for at in range(25)}
    made = ready(carriers_of(genes), plain_trait(rng.normal(size=60)), settings)
    own = made.carriers.places(["S"])
    assert compete(own, own, made) == {"reason": "the genes to compare with all say the same"}


# ------------------------------------------------------------------------------------------------------------- tables


def test_every_set_version_and_test_has_a_p_value_or_a_reason_and_sets_do_not_depend_on_each_other(
    drawn, trait, settings
):
    sets = sets_of(A={"G01", "G05", "G09", "G20"}, B={"G09", "G30", "G31"}, C={"NOBODY"})
    table, genes = scan_gene_sets(sets, [drawn], {"G01": 900}, trait, settings)
    assert table.schema.equals(SET_SCHEMA)
    assert genes.schema.equals(GENE_SCHEMA)
    rows = rows_of(table)
    assert len(rows) == (2 + 2 + 1) * len(TESTS)
    assert all((row["p_value"] is None) == bool(row["reason"]) for row in rows.values())
    assert rows["C", "with", "competitive"]["reason"].startswith("no gene of the set has a carrier")
    assert rows["A", "with", "competitive"]["matched_on"] == "carriers and coding length"
    assert (rows["A", "with", "gene_sum"]["genes"], rows["A", "without", "gene_sum"]["genes"]) == (4, 3)
    alone = rows_of(scan_gene_sets(sets[:1], [drawn], {"G01": 900}, trait, settings)[0])
    for test in TESTS:
        assert alone["A", "with", test] == rows["A", "with", test]


def test_versions_leave_out_shared_genes_where_that_leaves_any():
    versions = versions_of(sets_of(A="xyz", B="yz", C="w"))
    assert [(one.of.name, one.overlap, "".join(sorted(one.genes))) for one in versions] == [
        ("A", "with", "xyz"),
        ("A", "without", "x"),
        ("B", "with", "yz"),
        ("C", "with", "w"),
    ]


def test_a_set_that_rests_on_one_gene_is_shown_to(make_trait, drawn, settings, rng):
    driver = drawn.columns.samples[drawn.columns.offsets[8] : drawn.columns.offsets[9]]
    effect = np.zeros(90)
    effect[driver] = 3.0
    trait = make_trait(rng, "quantitative", np.zeros(90, np.int64), effect=effect)
    names = {"G02", "G08", "G14", "G20", "G33"}
    table, genes = scan_gene_sets(sets_of(A=names), [drawn], {}, trait, settings)
    rows, without = rows_of(table), {row["gene"]: row for row in genes.to_pylist()}
    assert set(without) == names
    others = [row["evidence"] for gene, row in without.items() if gene != "G08"]
    assert without["G08"]["evidence"] > 10 > max(others)
    left = rows_of(scan_gene_sets(sets_of(A=names - {"G08"}), [drawn], {}, trait, settings)[0])
    for test in ("gene_sum", "panel_burden"):
        assert without["G08"][f"p_{test}"] == pytest.approx(left["A", "with", test]["p_value"])
    for test in ("gene_sum", "competitive"):
        assert rows["A", "with", test]["p_value"] < 0.02
        assert without["G08"][f"p_{test}"] > 0.05 > without["G02"][f"p_{test}"]


def test_a_set_of_one_gene_has_nothing_left_without_it(drawn, trait, settings):
    _, genes = scan_gene_sets(sets_of(A={"G10"}), [drawn], {}, trait, settings)
    (row,) = genes.to_pylist()
    assert (row["gene"], row["carriers"], row["p_gene_sum"], row["p_competitive"]) == ("G10", 6, None, None)


def test_traits_whose_samples_or_chromosomes_differ_get_reasons(drawn, trait, settings):
    own = replace(trait, by_contig={"1": trait.model})
    rows = rows_of(scan_gene_sets(sets_of(A={"G01", "G02"}), [drawn], {}, own, settings)[0])
    assert {row["reason"].split(",")[0] for row in rows.values()} == {"each chromosome has a null model of its own"}


def test_among_relatives_sets_have_the_mixed_models_law_and_no_competitor(drawn, settings, rng):
    pairs = np.arange(0, 90, 2)
    design = Design(("age",), rng.normal(size=(90, 1)))
    model = fit_linear_kinship(rng.normal(size=90), design, Kinship(pairs, pairs + 1, np.full(45, 0.25))).model
    trait = ScanTrait("height", model, np.zeros(90, np.int64), np.arange(90), 90)
    names = {f"G{at:02d}" for at in range(5, 30)}
    rows = rows_of(scan_gene_sets(sets_of(A=names), [drawn], {}, trait, settings)[0])
    for test in ("panel_burden", "gene_sum"):
        row = rows["A", "with", test]
        assert row["method"] == "mixed_model"
        assert row["p_value"] == row["p_asymptotic"]
    assert rows["A", "with", "competitive"]["reason"] == "relatives can't be permuted"


def test_p_values_of_null_sets_are_uniform_however_few_carry_a_gene(make_trait, drawn, settings, ready):
    rng = np.random.default_rng(11)
    quick = replace(settings, effort=Effort(400, 400, 20))
    found = {test: [] for test in TESTS}
    for number in range(60):
        trait = make_trait(rng, ("survival", "slope")[number % 2], np.arange(90) % 2)
        genes = ready(drawn, trait, quick)
        places = [np.sort(rng.choice(60, 8, replace=False)) for _ in range(5)]
        for own, rows in zip(places, as_one_gene(places, genes, quick.effort), strict=True):
            for test, row in rows.items():
                found[test].append(row["p_value"])
            found["competitive"].append(compete(own, own, genes)["p_value"])
    for test, p_values in found.items():
        share = np.mean(np.array(p_values) <= 0.1)
        assert 0.04 < share < 0.17, (test, share)

"""How rare a variant is over cohorts: who counts, what a ceiling over all takes out, and that it is told."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from association.null_models.design import Design
from association.null_models.linear import fit_linear
from jobs.consortium.meta import meta_analyse
from jobs.consortium.meta_combine import combined_gene
from jobs.consortium.meta_traits import genes_of, read_traits
from jobs.consortium.share_misfits import read_shares
from jobs.report.manhattan import manhattan_figure
from tests.jobs.consortium.made_share import make_share

SAMPLES = 200


@pytest.fixture
def write_share(tmp_path):
    """Give a function that shares a cohort of 200 by the carriers at each position, and names callable regions."""

    def write(cohort, carriers, *, callable_regions=None, **choices):
        rng = np.random.default_rng(len(cohort))
        dosages = np.zeros((SAMPLES, len(carriers)))
        order = rng.permutation(SAMPLES)
        for at, (_, number) in enumerate(sorted(carriers.items())):
            dosages[order[:number], at] = 1
            order = order[number:]
        model = fit_linear(rng.normal(size=SAMPLES), Design(("x",), rng.normal(size=(SAMPLES, 1)))).model
        strata = np.zeros(SAMPLES, np.int64)
        folder = tmp_path / cohort
        make_share(folder, cohort, dosages, model, positions=sorted(carriers), strata=strata, **choices)
        if callable_regions is not None:
            (folder / "callable.bed").write_text(callable_regions)
        return folder

    return write


def frequencies(*shares):
    cohorts = read_traits(read_shares(shares), "trait")
    ((_, telling),) = genes_of(cohorts)
    gene = combined_gene(telling, cohorts)
    return dict(zip(gene.variants, gene.minor_allele_frequency, strict=True))


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        ("chr1\t100\t200\n", 8 / 800),  # starts count from 0: the first base is 101, the last 200
        ("chr1\t199\t200\nchr1\t10\t20\n", 8 / 800),
        ("chr1\t200\t300\n", 8 / 400),
        ("chr2\t100\t300\n", 8 / 400),
        ("", 8 / 400),
        (None, 8 / 400),
    ],
)
def test_a_cohort_that_does_not_list_a_variant_counts_where_its_regions_say_it_was_callable(
    write_share, regions, expected
):
    found = frequencies(write_share("north", {200: 8}), write_share("south", {900: 9}, callable_regions=regions))
    assert found["chr1-200-A-C"] == pytest.approx(expected)
    assert found["chr1-900-A-C"] == pytest.approx(9 / 400)


def test_where_the_other_allele_is_the_minor_one_both_are_common_over_all(write_share):
    found = frequencies(write_share("north", {200: 8}), write_share("south", {200: 10}, by_ref=(200,)))
    assert found["chr1-200-A-C"] == pytest.approx((8 + 400 - 10) / 800)
    assert found["chr1-200-A-C:ref"] == pytest.approx((10 + 400 - 8) / 800)


def test_a_cohort_without_the_alternate_allele_has_the_reference_twice(write_share):
    callable_there = write_share("south", {900: 9}, callable_regions="chr1\t0\t500\n")
    found = frequencies(write_share("north", {200: 8}, by_ref=(200,)), callable_there)
    assert found["chr1-200-A-C:ref"] == pytest.approx((8 + 400) / 800)


def test_a_variant_above_the_ceiling_over_all_is_in_no_test_of_the_mask_and_counted(write_share, tmp_path):
    ceilings = {"ceilings": (0.03, 0.2)}
    shares = [
        write_share("north", {200: 10, 300: 11}, **ceilings),
        write_share("south", {200: 30}, **ceilings),
    ]
    meta_analyse(shares, tmp_path / "out", unchecked=True)
    rows = pd.read_parquet(tmp_path / "out/gene_tests.parquet").set_index(["mask", "max_af", "test", "weights"])
    few, many = (rows.loc[("missense", ceiling, "burden", "flat")] for ceiling in (0.03, 0.2))
    assert (few["variants"], few["carriers"]) == (1, 11), "(10 + 30) / 800 is above 0.03"
    assert (many["variants"], many["carriers"]) == (2, 51)
    record = json.loads((tmp_path / "out/meta.json").read_text())
    assert record["above_ceiling"] == {"trait": {"missense@0.03": 1, "missense@0.2": 0}}
    page = (tmp_path / "out/report.html").read_text()
    assert "1 variant is rare enough for a mask in one cohort and not over all" in page
    assert "Left out of a mask" in page


def test_a_callable_cohort_without_carriers_brings_a_variant_below_the_ceiling(write_share, tmp_path):
    ceilings = {"ceilings": (0.03, 0.2)}
    shares = [
        write_share("north", {200: 10}, **ceilings),
        write_share("south", {200: 25}, **ceilings),
        write_share("west", {900: 9}, callable_regions="chr1\t0\t500\n", **ceilings),
    ]
    meta_analyse(shares, tmp_path / "out", unchecked=True)
    record = json.loads((tmp_path / "out/meta.json").read_text())
    assert record["above_ceiling"]["trait"]["missense@0.03"] == 0, "35 of 1,200 alleles; of 800 it would be above"


def test_a_gene_whose_carriers_all_stay_home_has_its_rows_and_a_page(write_share, tmp_path):
    meta_analyse([write_share("north", {200: 3}), write_share("south", {200: 2})], tmp_path / "out", unchecked=True)
    rows = pd.read_parquet(tmp_path / "out/gene_tests.parquet")
    assert set(rows["reason"]) == {"no cohort tells of a carrier"}
    assert set(rows["flags"]) == {"carriers_withheld"}
    assert pd.read_parquet(tmp_path / "out/forest.parquet").empty
    assert "No gene could be tested" in (tmp_path / "out/report.html").read_text()


def test_a_gene_without_a_place_is_where_another_cohort_says_and_else_left_out_of_the_figure(write_share, tmp_path):
    shares = [write_share("north", {100_200: 3}), write_share("south", {100_200: 9})]
    meta_analyse(shares, tmp_path / "out", unchecked=True)
    assert set(pd.read_parquet(tmp_path / "out/gene_tests.parquet")["start"]) == {100_000}
    genes = pd.DataFrame({"contig": ["chr1"] * 2, "start": [100_000, None], "gene": ["A", "B"]})
    genes = genes.assign(mask="plof", test="burden", neg_log10_p=[2.0, 3.0], significant=False)
    findings = SimpleNamespace(
        genes=genes,
        name="trait",
        family=SimpleNamespace(threshold=0.05, counted=2),
        floor_hides_line=False,
        floor=math.nan,
    )
    figure = manhattan_figure(findings)
    assert figure.data["gene"].tolist() == ["A"]
    assert "1 more are not drawn" in figure.description

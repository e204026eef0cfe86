"""What sites share of their runs, combined: the columns of one study, and the cohorts' parts."""

import json

import numpy as np
import pandas as pd
import pytest

from association.meta.agreement import TABLES
from association.results import COLUMNS
from jobs.consortium.meta import meta_analyse


@pytest.fixture(scope="module")
def combined(shares, tmp_path_factory):
    out = tmp_path_factory.mktemp("meta") / "out"
    meta_analyse(shares, out, unchecked=True)
    return out


def test_results_have_the_columns_and_rows_of_one_study(sites, combined):
    found = pd.read_parquet(combined / "gene_tests.parquet")
    single = pd.read_parquet(sites[0].output / "results" / "gene_tests.parquet")
    assert list(found.columns) == [one.name for one in COLUMNS] == list(single.columns)
    key = ["gene", "trait", "mask", "max_af", "test", "weights"]
    shared = found[found["gene"].isin(single["gene"])]
    pd.testing.assert_frame_equal(
        shared[key].sort_values(key).reset_index(drop=True), single[key].sort_values(key).reset_index(drop=True)
    )
    assert found["p_value"].notna().sum() >= 10
    assert (found["p_value"].notna() ^ found["reason"].notna()).all()
    assert found["primary"].sum() == found.groupby(["gene", "trait"]).ngroups
    assert found.loc[found["q_value"].notna(), "primary"].all()


def test_scores_and_variances_are_the_sums_of_what_sites_share(shares, combined):
    found = pd.read_parquet(combined / "gene_tests.parquet")
    rows = found[(found["test"] == "burden") & found["effect"].notna()]
    assert len(rows) > 5
    for row in rows.itertuples():
        score, variance = 0.0, 0.0
        for folder in shares:
            variants = pd.read_parquet(folder / f"{row.trait}.variants.parquet")
            variants = variants[variants["gene"] == row.gene]
            label = f"{row.mask}@{row.max_af:g}"
            own = variants[np.array([label in masks for masks in variants["masks"]], bool)]
            pairs = pd.read_parquet(folder / f"{row.trait}.covariances.parquet")
            pairs = pairs[pairs["gene"] == row.gene]
            pairs = pairs[pairs["row"].isin(own["number"]) & pairs["column"].isin(own["number"])]
            score += own["score"].sum()
            variance += (pairs["covariance"] * np.where(pairs["row"] == pairs["column"], 1, 2)).sum()
        assert (row.effect, row.standard_error) == pytest.approx((score / variance, variance**-0.5), rel=1e-9)


def test_the_tables_of_agreement_are_about_the_rows_of_results(combined):
    found = pd.read_parquet(combined / "gene_tests.parquet")
    forest, differences = (pd.read_parquet(combined / f"{name}.parquet") for name in TABLES)
    key = ["gene", "trait", "mask", "max_af"]
    tested = found[(found["variants"] > 0) & (found["mask"] != "all")].drop_duplicates(key)
    assert set(map(tuple, differences[key].to_numpy())) == set(map(tuple, tested[key].to_numpy()))
    totals = forest.groupby(key)["minor_allele_count"].sum()
    expected = tested.set_index(key)["minor_allele_count"]
    assert totals.sort_index().tolist() == expected.sort_index().tolist()
    assert set(forest["cohort"]) == {"site 1", "site 2"}
    meanings = pd.read_csv(combined / "columns.tsv", sep="\t")
    assert set(meanings["table"]) == {"gene_tests", *TABLES}
    assert json.loads((combined / "meta.json").read_text())["cohorts"]["survival"] == ["site 1", "site 2"]


def test_refuses_a_folder_that_is_no_share_one_cohort_and_an_output_that_is_there(shares, tmp_path, progex):
    refused = progex("meta", shares[0], tmp_path, "--out", tmp_path / "out")
    assert (refused.exit_code, "has no share.json; name a folder" in refused.stderr) == (2, True)
    assert "two or more" in progex("meta", shares[0], "--out", tmp_path / "out").stderr
    assert "is there already" in progex("meta", *shares, "--out", tmp_path).stderr

"""A run: what it leaves, and quality control by itself before it."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd

from jobs.run_qc import run_qc
from tests.jobs.run.finished_runs import QC_STAGES, STAGES, TRAITS, redone, results_of, samples_of


def test_a_run_leaves_results_report_record_quality_control_and_traits(finished):
    for name in (
        "results/gene_tests.parquet",
        "results/gene_tests.tsv",
        "results/columns.tsv",
        "follow_up/variants.tsv",
        "follow_up/leave_one_out.tsv",
        "follow_up/effects.tsv",
        "follow_up/columns.tsv",
        "gene_profiles/groups.tsv",
        "gene_profiles/curves.parquet",
        "gene_profiles/columns.tsv",
        "traits_together/genes.parquet",
        "traits_together/pairs.tsv",
        "traits_together/correlations.tsv",
        "traits_together/columns.tsv",
        "gene_sets/gene_sets.tsv",
        "gene_sets/genes.tsv",
        "gene_sets/columns.tsv",
        "known_genes/known_genes.tsv",
        "known_genes/columns.tsv",
        "report/report.html",
        "qc/attrition.json",
        "qc/samples.parquet",
        "qc/kinship.parquet",
        "qc/variants.parquet",
        "qc/qc.html",
        "qc/tables/genotype_attrition.tsv",
        "traits/survival.json",
        "traits/alsfrs_slope.json",
        "traits/excluded.tsv",
        "run.json",
    ):
        assert (finished.output / name).exists(), name


def test_both_forms_of_the_results_hold_the_same_rows(finished):
    table = pd.read_csv(finished.output / "results" / "gene_tests.tsv", sep="\t")
    results = results_of(finished)
    meanings = pd.read_csv(finished.output / "results" / "columns.tsv", sep="\t")
    assert list(table) == list(results) == list(meanings["column"])
    assert len(table) == len(results) == 12 * 2 * 2 * 5
    pd.testing.assert_series_equal(table["p_value"], results["p_value"], rtol=1e-12)
    assert (table["gene"] == results["gene"]).all()


def test_traits_are_put_together_with_the_p_values_that_each_has_by_itself(finished):
    folder = finished.output / "traits_together"
    tables = {name: pd.read_csv(folder / f"{name}.tsv", sep="\t") for name in ("genes", "pairs", "correlations")}
    meanings = pd.read_csv(folder / "columns.tsv", sep="\t")
    for name, table in tables.items():
        assert list(table) == meanings.loc[meanings["table"] == name, "column"].tolist()
    genes, results = tables["genes"], results_of(finished)
    key = ["gene", "mask", "test"]
    shared = results[results["test"].isin(["burden", "skat", "omnibus"])]
    for trait in TRAITS:
        own = shared[shared["trait"] == trait].set_index(key)["p_value"].reindex(pd.MultiIndex.from_frame(genes[key]))
        np.testing.assert_allclose(genes[f"p_value_{trait}"], own, rtol=1e-9)
    assert (genes["p_any"].notna() ^ genes["reason"].fillna("").ne("")).all()
    assert genes.loc[genes["test"] == "burden", "p_heterogeneous"].notna().sum() >= 10
    assert tables["pairs"][["trait_1", "trait_2"]].drop_duplicates().to_numpy().tolist() == [TRAITS]
    assert tables["correlations"].loc[0, "samples_both"] > 30
    assert "Traits together" in (finished.output / "report" / "report.html").read_text()


def test_every_row_has_a_p_value_or_a_reason(finished):
    results = results_of(finished)
    assert (results["p_value"].notna() ^ results["reason"].fillna("").ne("")).all()


def test_the_report_stands_alone_and_names_the_study(finished):
    html = (finished.output / "report" / "report.html").read_text()
    assert "Simulated ALS cohort" in html
    assert "<script src" not in html
    assert "<link" not in re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)


def test_the_record_says_how_the_results_were_made(finished):
    record = json.loads((finished.output / "run.json").read_text())
    assert record["study"] == "Simulated ALS cohort"
    assert record["settings"]["calibration"]["seed"] == record["seed"] == 1
    assert {one["name"] for one in record["inputs"]} >= {"participants.tsv", "visits.tsv", "chr1.vcf.gz"}
    assert record["versions"]["hail"]
    assert [stage["name"] for stage in record["stages"]] == STAGES


def test_quality_control_by_itself_leaves_its_page_and_tables_and_nothing_else(finished):
    left = finished.left_by_qc
    assert {"qc/qc.html", "qc/samples.parquet", "qc/kinship.parquet", "qc/tables/genotype_attrition.tsv"} <= set(left)
    assert {name.split("/")[0] for name in left} == {"qc", ".lock"}
    assert finished.quality_control.page == finished.output / "qc" / "qc.html"
    assert finished.quality_control.samples == 40


def test_a_run_takes_over_what_quality_control_has_done(finished):
    record = json.loads((finished.output / "run.json").read_text())
    assert [stage["name"] for stage in record["stages"] if stage["reused"]] == QC_STAGES


def test_a_sample_left_out_by_hand_is_in_no_trait_and_the_calls_are_not_read_or_measured_again(again, finished):
    samples = pd.read_parquet(finished.output / "qc" / "samples.parquet")
    left_out = samples.loc[samples["passes"], "sample"].iloc[3]
    in_before = [trait for trait in ("survival", "alsfrs_slope") if left_out in set(samples_of(finished, trait))]
    assert in_before
    (again.path / "exclusions.tsv").write_text(f"sample\treason\n{left_out}\twithdrew consent\n")
    again.set(qc={"sample": {"exclude": "exclusions.tsv"}})

    found = run_qc(again.study)
    assert found.kept == finished.quality_control.kept - 1
    assert found.reasons["by hand: withdrew consent"] == 1
    assert not (again.output / "run.json").exists()
    html = found.page.read_text()
    assert left_out in html
    assert "withdrew consent" in html

    assert redone(again) == STAGES[STAGES.index("gene store") :]
    done = {path.name.rsplit("-", 1)[0] for path in (again.output / "stages").iterdir()}
    assert done >= {"load", "measure"}
    for stage, times in (("load", 1), ("measure", 1), ("annotate", 1), ("samples", 2), ("variants", 2)):
        assert len(list(again.output.glob(f"stages/{stage}-*"))) == times, stage
    for trait in in_before:
        assert set(samples_of(finished, trait)) - set(samples_of(again, trait)) == {left_out}
    excluded = pd.read_csv(again.output / "traits" / "excluded.tsv", sep="\t")
    reasons = excluded.loc[excluded["sample"] == left_out, "reason"]
    assert set(reasons) == {"excluded by sample quality control"}
    kept = pd.read_parquet(again.output / "genes" / "samples.parquet")["sample"]
    assert left_out not in set(kept)
    assert len(kept) == found.kept

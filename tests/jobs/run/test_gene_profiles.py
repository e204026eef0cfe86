"""What pages of genes are drawn from, and one gene of a finished run."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter

from jobs.gene_profiles.profiles import NAMES
from tests.jobs.run.finished_runs import followed, results_of


def profiled(folder, table):
    return pd.read_parquet(folder.output / "gene_profiles" / f"{table}.parquet")


@pytest.mark.parametrize("name", NAMES)
def test_both_forms_of_a_profile_table_hold_the_same_rows(finished, name):
    table, text = profiled(finished, name), pd.read_csv(finished.output / "gene_profiles" / f"{name}.tsv", sep="\t")
    meanings = pd.read_csv(finished.output / "gene_profiles" / "columns.tsv", sep="\t").set_index("table")
    assert list(table) == list(text) == list(meanings.loc[[name], "column"])
    assert len(table) == len(text)
    assert len(table) > 0 or name == "exons"


def test_no_profile_names_a_sample(finished):
    ids = set(pd.read_parquet(finished.output / "genes" / "samples.parquet")["sample"])
    assert len(ids) > 30
    for path in (finished.output / "gene_profiles").glob("*.tsv"):
        assert not ids & set(re.split(r"[\s;,]+", path.read_text())), path.name


def test_a_profile_is_of_the_carriers_behind_the_genes_p_value(finished):
    rows = results_of(finished).set_index(["gene", "trait", "mask", "max_af", "test", "weights"]).sort_index()
    groups = profiled(finished, "groups")
    followed_up = followed(finished, "effects")
    assert set(followed_up["gene"]) == set(groups["gene"])
    assert set(groups["kind"]) == {"times", "visits"}
    for one in groups.to_dict("records"):
        key = tuple(one[name] for name in ("gene", "trait", "mask", "max_af", "test", "weights"))
        found = rows.loc[[key]].iloc[0]
        assert one["p_value"] == found["p_value"]
        assert one["carriers"] == found["carriers"]
        assert one["carriers"] + one["others"] == found["samples"]
        if one["kind"] == "times":
            assert one["events_carriers"] == found["observed_events"]
            assert one["expected_carriers"] == pytest.approx(found["expected_events"], rel=1e-9)


def test_curves_of_carriers_are_those_of_the_written_samples_and_genotypes(finished):
    samples = pd.read_parquet(finished.output / "traits" / "survival.parquet").set_index("sample")
    ids = pd.read_parquet(finished.output / "genes" / "samples.parquet")["sample"].to_numpy()
    sites, curves = profiled(finished, "sites"), profiled(finished, "curves")
    store = pd.concat(pd.read_parquet(path) for path in finished.output.glob("genes/part-*.parquet"))
    names = store["contig"] + "-" + store["position"].astype(str) + "-" + store["ref"] + "-" + store["alt"]
    for one in profiled(finished, "groups").query("trait == 'survival'").to_dict("records"):
        inside = np.array([one["mask"] in masks.split(";") for masks in sites["masks"]])
        named = sites[inside & (sites["gene"] == one["gene"])]
        rare = named[(named["frequency"] <= one["max_af"]) & ~(named["external_af"] > one["max_af"])]
        own = store[(store["gene"] == one["gene"]) & names.isin(rare["variant"])]
        carriers = np.isin(samples.index, ids[sorted({place for held in own["carriers"] for place in held})])
        assert carriers.sum() == one["carriers"]
        for group, who in (("carriers", carriers), ("others", ~carriers)):
            curve = curves[(curves["gene"] == one["gene"]) & (curves["group"] == group)]
            left = samples[who & (samples["exit"] > curve["time"].iloc[0])]
            entry = left["entry"].clip(lower=curve["time"].iloc[0])
            fitted = KaplanMeierFitter().fit(left["exit"], left["event"], entry=entry)
            expected = fitted.survival_function_at_times(curve["time"][1:]).to_numpy()
            np.testing.assert_allclose(curve["survival"][1:], expected, rtol=1e-10, atol=1e-14)


def test_the_effect_that_carriers_influence_is_the_effect_of_the_follow_up(finished):
    effects = followed(finished, "effects").set_index(["gene", "trait"])["effect"]
    influence = profiled(finished, "influence").groupby(["gene", "trait"])["effect"].first()
    both = effects.index.intersection(influence.index)
    assert len(both) == len(effects)
    np.testing.assert_allclose(influence[both], effects[both], rtol=1e-8)


def test_variants_and_effects_of_profiles_hold_the_follow_ups(finished):
    for name, key in (("effects", ["gene", "trait"]), ("variants", ["variant", "gene", "trait"])):
        every, some = profiled(finished, name), followed(finished, name)
        merged = some.merge(every, on=key, suffixes=("", "_every"))
        assert len(some) == len(merged) <= len(every)
        pd.testing.assert_series_equal(merged["p_value"], merged["p_value_every"], check_names=False)


def test_carriers_calls_have_a_mean_quality(finished):
    quality = profiled(finished, "sites")["mean_gq"]
    assert quality.notna().all()
    assert quality.between(20, 99).all()


def genes_without_page(folder):
    page = (folder.output / "report" / "report.html").read_text()
    return [gene for gene in results_of(folder)["gene"].unique() if f'id="gene-{gene}"' not in page]


def test_one_gene_is_printed_with_its_tests_and_its_page_is_told(again, progex, monkeypatch):
    opened = []
    monkeypatch.setattr("typer.launch", opened.append)
    gene = profiled(again, "groups")["gene"].iloc[0]
    done = progex("gene", gene.lower(), again.output, "--audience", "site")
    assert done.exit_code == 0, done.output
    rows = results_of(again).query("gene == @gene")
    for row in rows.dropna(subset="p_value").to_dict("records"):
        assert f"{row['p_value']:.2g}" in done.output
    assert all(name in done.output for name in [*rows["mask"], *rows["trait"]])
    page = again.output / "report" / f"gene_{gene}_site.html"
    assert opened == [page.resolve().as_uri()]
    assert gene in page.read_text()


def test_a_gene_without_a_page_in_the_report_gets_its_own_with_the_numbers_of_the_results(again, progex):
    gene = genes_without_page(again)[0]
    before = (again.output / "report" / "report.html").read_bytes()
    done = progex("gene", gene, again.output, "--no-open")
    assert done.exit_code == 0, done.output
    page = again.output / "report" / f"gene_{gene}.html"
    assert done.output.splitlines()[-1] == f"page: {page}"
    assert gene in page.read_text()
    assert (again.output / "report" / "report.html").read_bytes() == before


def test_an_unknown_gene_is_refused_with_near_ones(finished, progex):
    done = progex("gene", "SIM00X", finished.output, "--no-open")
    assert done.exit_code == 2
    assert "did you mean SIM0" in done.output


def test_a_folder_without_a_finished_run_has_no_genes(tmp_path, progex):
    done = progex("gene", "NEK1", tmp_path, "--no-open")
    assert done.exit_code == 2
    assert "no run was finished here" in done.output

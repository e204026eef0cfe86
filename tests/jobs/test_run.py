"""A run: what it leaves, what a rerun does again, and what must not change its results."""

from __future__ import annotations

import json
import random
import re

import numpy as np
import pandas as pd
import pytest
import yaml
from lifelines import KaplanMeierFitter

from association.effects.firth import firth_cox
from association.problems import InputError
from hail_pipelines import session
from jobs.gene_profiles.profiles import NAMES
from jobs.run import run_study
from jobs.run_qc import run_qc
from jobs.simulate_cohort import simulate_cohort

QC_STAGES = ["load", "measure", "samples", "variants", "annotate", "qc page"]
TRAITS = ["survival", "alsfrs_slope"]
SCANS, FOLLOW_UPS = ([f"{step} {trait}" for trait in TRAITS] for step in ("scan", "follow up"))
TESTED = [*SCANS, *FOLLOW_UPS, "traits together", "results", "gene profiles", "report"]
GENE_SETS = [f"gene sets {trait}" for trait in TRAITS]
WITH_LISTS = [*SCANS, *FOLLOW_UPS, *GENE_SETS, "traits together", "results", "gene profiles", "report"]
STAGES = [*QC_STAGES, "gene store", "traits", *TESTED]


def results_of(folder):
    return pd.read_parquet(folder.output / "results" / "gene_tests.parquet")


def redone(folder):
    """Run a study again and list the stages that were done anew."""
    run_study(folder.study)
    record = json.loads((folder.output / "run.json").read_text())
    return [stage["name"] for stage in record["stages"] if not stage["reused"]]


@pytest.fixture(scope="module")
def finished(simulated, copy_of, tmp_path_factory):
    """Look at a small study's quality control, then run it, once; tests copy it."""
    folder = copy_of(simulated, tmp_path_factory.mktemp("finished") / "cohort")
    folder.set(
        masks=[
            {
                "name": "plof_or_damaging_missense",
                "damaging": {"score": "REVEL", "at_least": 0.5},
                "max_allele_frequency": [0.2],
            },
            {"name": "synonymous", "max_allele_frequency": [0.2]},
        ],
        calibration={"max_permutations": 2000},
        # Each of the many reruns starts its processes anew.
        compute={"cores": 1},
    )
    folder.quality_control = run_qc(folder.study)
    folder.left_by_qc = sorted(path.relative_to(folder.output).as_posix() for path in left_for_people(folder))
    run_study(folder.study)
    assert results_of(folder)["p_value"].notna().sum() >= 20
    return folder


def left_for_people(folder):
    return [path for path in folder.output.rglob("*") if path.is_file() and "stages" not in path.parts]


@pytest.fixture
def again(finished, copy_of, tmp_path):
    """Give a test its own copy of the finished run, stages included."""
    return copy_of(finished.path, tmp_path / "cohort")


@pytest.fixture
def afresh(again):
    """Give a test its own copy of the study, without anything that was run."""
    again.set(output="fresh")
    again.output = again.path / "fresh"
    return again


@pytest.fixture
def no_java(monkeypatch):
    def refuse(*_):
        raise AssertionError("Java was started")

    monkeypatch.setattr(session, "start", refuse)


def same_results(folder, finished):
    run_study(folder.study)
    pd.testing.assert_frame_equal(results_of(folder), results_of(finished), check_exact=True)


# --------------------------------------------------------------------------------------------- what a run leaves


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


# ----------------------------------------------------------------------------- quality control by itself, before


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


def samples_of(folder, trait):
    return pd.read_parquet(folder.output / "traits" / f"{trait}.parquet")["sample"]


# --------------------------------------------------------------------------------------- what a rerun does again


def test_a_rerun_does_nothing_again_and_starts_no_java(again, finished, no_java):
    assert redone(again) == []
    pd.testing.assert_frame_equal(results_of(again), results_of(finished), check_exact=True)


def test_a_changed_alpha_redoes_the_report_alone(again, no_java):
    again.set(alpha=0.01)
    assert redone(again) == ["report"]


def test_a_changed_test_redoes_the_scan_and_what_follows_without_java(again, no_java):
    again.set(tests=[{"test": "burden", "weights": "beta_1_25"}])
    assert redone(again) == TESTED
    assert set(results_of(again)["test"]) == {"burden"}


def test_a_lower_ceiling_beside_the_highest_redoes_the_scan_and_what_follows(again, finished, no_java):
    again.set(masks=[{"name": "synonymous", "max_allele_frequency": [0.1, 0.2]}])
    assert redone(again) == TESTED
    kept, before = results_of(again), results_of(finished)
    pd.testing.assert_frame_equal(
        kept[kept["max_af"] == 0.2].reset_index(drop=True),
        before[before["mask"] == "synonymous"].reset_index(drop=True),
        rtol=1e-10,
    )


DAMAGING = """consequence in plof and (loftee == HC or loftee is missing)
or consequence == missense_variant and REVEL >= 0.5"""


def test_a_mask_by_expression_gives_what_the_built_in_one_gave_and_lists_name_its_genes(again, finished, no_java):
    genes = sorted(set(results_of(finished)["gene"]))
    (again.path / "panel.txt").write_text(f"{genes[0]}\n{genes[1]}\nNOBODYS1\n")
    again.set(
        masks=[
            {"name": "own", "where": DAMAGING, "max_allele_frequency": [0.2]},
            {"name": "synonymous", "max_allele_frequency": [0.2]},
        ],
        gene_lists=[{"name": "panel", "version": "2026-06", "path": "panel.txt"}],
    )
    assert redone(again) == WITH_LISTS
    own, before = results_of(again), results_of(finished)
    assert set(own["mask"]) == {"own", "synonymous"}
    renamed = before.assign(mask=before["mask"].replace("plof_or_damaging_missense", "own"))
    pd.testing.assert_frame_equal(own, renamed, check_exact=True)
    masks = pd.read_csv(again.output / "results" / "masks.tsv", sep="\t").set_index("mask")
    assert (
        masks.loc["own", "genes"]
        == own[(own["mask"] == "own") & (own["reason"] != "no qualifying variant")]["gene"].nunique()
    )
    assert masks.loc["own", "rule"] == DAMAGING.replace("\n", " ")
    lists = pd.read_csv(again.output / "results" / "gene_lists.tsv", sep="\t")
    assert lists["gene"].tolist() == [genes[0], genes[1], "NOBODYS1"]
    assert lists["in_cohort"].tolist() == ["yes", "yes", "no"]
    record = json.loads((again.output / "run.json").read_text())
    assert record["settings"]["gene_lists"][0]["version"] == "2026-06"
    assert "panel.txt" in {one["name"] for one in record["inputs"]}


def test_a_gene_list_of_the_panel_that_changed_redoes_the_scan(again, finished, no_java):
    genes = sorted(set(results_of(finished)["gene"]))
    (again.path / "panel.txt").write_text(f"{genes[0]}\n")
    lists = [{"name": "panel", "version": "1", "path": "panel.txt"}]
    again.set(gene_lists=lists, calibration={"panel": ["list:panel"], "panel_permutations": 3000})
    assert redone(again) == WITH_LISTS
    (again.path / "panel.txt").write_text(f"{genes[1]}\n")
    assert redone(again) == WITH_LISTS
    record = json.loads((again.output / "run.json").read_text())
    assert record["settings"]["calibration"]["panel"] == ["list:panel", genes[1]]


def test_gene_lists_are_tested_as_sets_without_a_scan_and_a_changed_list_redoes_its_own_tests(again, no_java):
    genes = sorted(set(results_of(again)["gene"]))
    tested = [f"gene sets {trait}" for trait in TRAITS]
    assert not len(pd.read_parquet(again.output / "gene_sets" / "gene_sets.parquet"))
    (again.path / "panel.txt").write_text("\n".join(genes[:4]))
    lists = [{"name": "own", "version": "1", "path": "panel.txt"}, {"name": "nerve", "panel": "cmt_clingen"}]
    again.set(gene_lists=lists)
    assert redone(again) == [*tested, "results", "gene profiles", "report"]
    sets = pd.read_csv(again.output / "gene_sets" / "gene_sets.tsv", sep="\t")
    assert list(sets) == list(pd.read_parquet(again.output / "gene_sets" / "gene_sets.parquet"))
    assert len(sets) == len(TRAITS) * 2 * 2 * 3, "traits, masks, lists and tests"
    assert (sets["p_value"].notna() ^ sets["reason"].notna()).all()
    of_own = sets[(sets["gene_set"] == "own") & (sets["mask"] == "synonymous")]
    assert of_own.loc[of_own["test"] != "competitive", "p_value"].between(0, 1).all()
    assert set(of_own.loc[of_own["test"] == "competitive", "reason"]) == {"fewer than 20 other genes to compare with"}
    in_sets = pd.read_parquet(again.output / "gene_sets" / "genes.parquet")
    scanned = results_of(again).query("test == 'burden'").drop_duplicates(["gene", "trait", "mask", "max_af"])
    both = in_sets.merge(scanned, on=["gene", "trait", "mask", "max_af"], suffixes=("", "_of_scan"))
    assert len(both) == len(in_sets)
    assert both["carriers"].tolist() == both["carriers_of_scan"].tolist()
    html = (again.output / "report" / "report.html").read_text()
    assert 'id="gene-sets"' in html
    (again.path / "panel.txt").write_text("\n".join(genes[:5]))
    assert redone(again) == [*tested, "results", "gene profiles", "report"]


def test_findings_are_shown_without_known_carriers_and_adjusted_for_them(again, no_java):
    assert not len(pd.read_parquet(again.output / "known_genes" / "known_genes.parquet"))
    genes = sorted(set(results_of(again)["gene"]))
    (again.path / "panel.txt").write_text("\n".join(genes[:4]))
    (again.path / "known.txt").write_text("1-5-A-C\n")
    draw = random.Random(1)
    again.edit_table(
        "participants.tsv",
        lambda rows: [
            [*row, "c9" if not at else "yes" if draw.random() < 0.25 else "no"] for at, row in enumerate(rows)
        ],
    )
    again.set(
        known_genes={"columns": ["c9"], "variants": "known.txt"},
        follow_up={"genes": 2},
        gene_lists=[{"name": "own", "version": "1", "path": "panel.txt"}],
    )
    assert {f"known genes {trait}" for trait in TRAITS} < set(redone(again))
    known = pd.read_csv(again.output / "known_genes" / "known_genes.tsv", sep="\t")
    meanings = pd.read_csv(again.output / "known_genes" / "columns.tsv", sep="\t")
    assert list(known) == list(meanings["column"])
    assert set(known["kind"]) == {"gene", "gene_set"}
    assert (known["samples_excluded"] < known["samples_main"]).all()
    assert (known["samples_adjusted"] == known["samples_main"]).all()
    key = ["trait", "mask", "max_af", "test", "weights", "coding"]
    of_genes = known[known["kind"] == "gene"].rename(columns={"name": "gene"})
    scanned = of_genes.merge(results_of(again), on=["gene", *key])
    assert len(scanned) == len(of_genes)
    assert scanned["p_value_main"].to_numpy() == pytest.approx(scanned["p_value"].to_numpy(), rel=1e-9)
    assert 'id="known-genes"' in (again.output / "report" / "report.html").read_text()


def test_a_changed_trait_redoes_traits_and_what_follows_without_java(again, no_java):
    again.set(traits=[{"name": "survival", "type": "survival", "origin": "diagnosis"}])
    assert redone(again) == ["traits", "scan survival", "follow up survival", "results", "gene profiles", "report"]
    assert set(results_of(again)["trait"]) == {"survival"}
    # One trait by itself: nothing is left of what two of an earlier run were together.
    assert not (again.output / "traits_together").exists()


def test_a_trait_that_is_added_is_scanned_alone_without_java(again, finished, no_java):
    settings = yaml.safe_load(again.study.read_text())
    again.set(traits=[{"name": "cmap", "type": "baseline", "measure": "cmap"}, *settings["traits"]])
    assert redone(again) == [
        "traits",
        "scan cmap",
        "follow up cmap",
        "traits together",
        "results",
        "gene profiles",
        "report",
    ]
    rows, before = results_of(again), results_of(finished)
    assert list(dict.fromkeys(rows["trait"])) == ["cmap", *TRAITS]
    pd.testing.assert_frame_equal(rows[rows["trait"] != "cmap"].reset_index(drop=True), before, check_exact=True)


def test_a_changed_table_redoes_traits_and_what_follows_without_java(again, no_java):
    def older(rows):
        age = rows[0].index("age_at_onset")
        return [*rows[:-1], [*rows[-1][:age], str(float(rows[-1][age]) + 1), *rows[-1][age + 1 :]]]

    again.edit_table("participants.tsv", older)
    assert redone(again) == ["traits", *TESTED]


def test_a_result_that_was_removed_is_made_again_and_nothing_else(again, finished, no_java):
    (removed,) = again.output.glob("stages/scan_survival-*/gene_tests.parquet")
    removed.unlink()
    assert redone(again) == ["scan survival"]
    pd.testing.assert_frame_equal(results_of(again), results_of(finished), check_exact=True)


def test_a_changed_highest_ceiling_redoes_the_carriers_and_what_follows(again):
    again.set(masks=[{"name": "synonymous", "max_allele_frequency": [0.1]}])
    assert redone(again) == ["variants", "qc page", "gene store", "traits", *TESTED]


def test_more_genes_to_follow_up_redo_the_follow_up_and_the_report(again, finished, no_java):
    again.set(follow_up={"genes": 1})
    assert redone(again) == [*FOLLOW_UPS, "results", "gene profiles", "report"]
    assert len(followed(again, "effects")) == 2 < len(followed(finished, "effects"))


def test_single_variants_are_tested_when_asked_for(again, finished, no_java):
    again.set(follow_up={"single_variants": True})
    assert redone(again) == [*FOLLOW_UPS, "results", "gene profiles", "report"]
    every, some = followed(again, "single_variants"), followed(finished, "variants")
    store = pd.concat(pd.read_parquet(path) for path in finished.output.glob("genes/part-*.parquet"))
    assert len(every) == 2 * len(store)
    merged = some.merge(every, on=["variant", "gene", "trait"], suffixes=("", "_every"))
    assert len(merged) == len(some)
    for name in ("p_value", "effect", "carriers", "method"):
        pd.testing.assert_series_equal(merged[name], merged[name + "_every"], check_names=False, check_exact=True)


# ------------------------------------------------------------------------------------------- what a follow-up finds


def followed(folder, table):
    return pd.read_parquet(folder.output / "follow_up" / f"{table}.parquet")


@pytest.mark.parametrize("name", ["variants", "leave_one_out", "effects"])
def test_both_forms_of_a_follow_up_table_hold_the_same_rows(finished, name):
    table, text = followed(finished, name), pd.read_csv(finished.output / "follow_up" / f"{name}.tsv", sep="\t")
    meanings = pd.read_csv(finished.output / "follow_up" / "columns.tsv", sep="\t").set_index("table")
    assert list(table) == list(text) == list(meanings.loc[name, "column"])
    assert len(table) == len(text) > 0
    pd.testing.assert_series_equal(text["p_value"], table["p_value"], rtol=1e-12)


def test_followed_genes_are_the_strongest_with_three_carriers(finished):
    results, effects = results_of(finished), followed(finished, "effects")
    for trait, rows in results[results["primary"] & (results["carriers"] >= 3)].groupby("trait"):
        strongest = rows.dropna(subset="p_value").nsmallest(10, "p_value")["p_value"]
        genes = effects.loc[effects["trait"] == trait, "gene"]
        assert rows.loc[rows["gene"].isin(genes), "p_value"].sort_values().tolist() == strongest.tolist()
        own = followed(finished, "variants").query("trait == @trait")
        assert set(own["gene"]) == set(genes)


def test_hits_of_a_time_to_event_alone_have_firth_effects(finished):
    effects = followed(finished, "effects").set_index("trait")
    survival, slope = effects.loc["survival"], effects.loc["alsfrs_slope"]
    assert (survival["firth_lower"] < survival["firth_effect"]).all()
    assert (survival["firth_effect"] < survival["firth_upper"]).all()
    assert slope["firth_effect"].isna().all()
    assert slope["effect"].notna().all()


def test_firth_effects_are_those_of_the_written_samples_and_genotypes(finished):
    effects = followed(finished, "effects").query("trait == 'survival'")
    samples = pd.read_parquet(finished.output / "traits" / "survival.parquet")
    ids = pd.read_parquet(finished.output / "genes" / "samples.parquet")["sample"]
    store = pd.concat(pd.read_parquet(path) for path in finished.output.glob("genes/part-*.parquet"))
    store = store[(store["allele_count"] / store["allele_number"] <= 0.2) & ~(store["external_af"] > 0.2)]
    lost = {"stop_gained", "frameshift_variant", "splice_acceptor_variant", "splice_donor_variant"}
    damaging = store["consequence"].isin(lost) | (
        (store["consequence"] == "missense_variant") & (store["score_REVEL"] >= 0.5)
    )
    covariates = samples.filter(like="covariate:").to_numpy()
    assert covariates.shape[1] > 0
    for hit in effects.to_dict("records"):
        alleles = pd.Series(0.0, ids)
        for row in store[damaging & (store["gene"] == hit["gene"])].to_dict("records"):
            assert len(row["missing"]) < 0.1 * len(ids)
            alleles.iloc[row["carriers"]] += row["dosages"]
        times = (samples[name].to_numpy(float) for name in ("entry", "exit", "event"))
        burden = alleles[samples["sample"]].to_numpy()
        direct = firth_cox(*times, burden, covariates, strata=samples["stratum"].to_numpy(str))
        found = (hit["firth_effect"], hit["firth_lower"], hit["firth_upper"])
        assert found == pytest.approx((direct.estimate, direct.lower, direct.upper), rel=1e-6)


# --------------------------------------------------------------------------------------------- what profiles hold


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


# ----------------------------------------------------------------------------------------------- one gene of a run


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


def test_rows_that_rest_on_one_variant_are_flagged_in_the_results(finished):
    left_out, results = followed(finished, "leave_one_out"), results_of(finished)
    keys = ["gene", "trait", "mask", "max_af", "test", "weights", "coding"]
    resting = left_out[left_out["rests_on_it"]][keys].drop_duplicates()
    flagged = results[results["flags"].fillna("").str.split(";").map(lambda flags: "one_variant_driven" in flags)]
    assert len(flagged.merge(resting, on=keys)) == len(resting)
    primary = flagged[flagged["primary"]]
    assert set(primary["gene"] + primary["trait"]) == set(resting["gene"] + resting["trait"])
    assert len(flagged[~flagged["primary"]]) == len(resting)


def test_the_report_shows_no_single_variant(finished):
    html = (finished.output / "report" / "report.html").read_text()
    variants = followed(finished, "variants")
    assert not any(name in html for name in variants["variant"])
    assert not any(
        f"{contig}:{at}" in html for contig, at in zip(variants["contig"], variants["position"], strict=True)
    )


# ------------------------------------------------------------------------------- what must not change the results


def shuffled(header, records, seed):
    """Put a VCF's sample columns in another order, the same for the same seed."""
    names = header[-1].split("\t")
    order = list(range(9, len(names)))
    random.Random(seed).shuffle(order)
    order = [*range(9), *order]
    return [*header[:-1], "\t".join(names[at] for at in order)], [[record[at] for at in order] for record in records]


def vcf_names(folder):
    return sorted((path.name for path in (folder.path / "vcf").glob("*.vcf.gz")), key=lambda name: int(name[3:-7]))


def test_results_do_not_depend_on_the_order_of_sample_columns(afresh, finished):
    for name in vcf_names(afresh):
        afresh.write_vcf(name, *shuffled(*afresh.read_vcf(name), seed=3))
    same_results(afresh, finished)


def test_results_do_not_depend_on_the_order_of_table_rows(again, finished):
    for name in ("participants.tsv", "visits.tsv"):
        again.edit_table(name, lambda rows: [rows[0], *random.Random(4).sample(rows[1:], len(rows) - 1)])
    same_results(again, finished)


def test_results_do_not_depend_on_how_many_files_hold_the_genotypes(afresh, finished):
    together = [afresh.read_vcf(name) for name in vcf_names(afresh)]
    afresh.write_vcf("all.vcf.gz", together[0][0], [record for _, records in together for record in records])
    afresh.set(genotypes={"vcfs": ["vcf/all.vcf.gz"]})
    same_results(afresh, finished)


@pytest.mark.parametrize("cores", [1, 2])
def test_results_do_not_depend_on_the_number_of_processes(again, finished, no_java, cores):
    for stage in ("scan", "follow_up", "results", "gene_profiles", "report"):
        for manifest in again.output.glob(f"stages/{stage}*/manifest.json"):
            manifest.unlink()
    again.set(compute={"cores": cores})
    same_results(again, finished)


def flip(record):
    """Swap a record's two alleles and everything that follows their order."""
    calls = []
    for call in record[9:]:
        genotype, reads, *rest = call.split(":")
        swapped = "/".join(sorted({"0": "1", "1": "0"}.get(allele, allele) for allele in genotype.split("/")))
        calls.append(":".join([swapped, ",".join(reversed(reads.split(","))), *rest]))
    return [*record[:3], record[4], record[3], *record[5:9], *calls]


def info_of(record, fields):
    """Take gene, consequence, score and frequency of each alternate allele from its canonical transcript."""
    entries = [
        dict(zip(fields, entry.split("|"), strict=True)) for entry in record[7].partition("CSQ=")[2].split(",")
    ]
    canonical = iter([entry for entry in entries if entry["CANONICAL"] == "YES"])
    by_allele = [{} if alt == "*" else next(canonical) for alt in record[4].split(",")]
    for entry in by_allele:
        entry["worst"] = entry.get("Consequence", "").split("&")[0]
    return {
        name: [entry.get(part) or "." for entry in by_allele]
        for name, part in (
            ("GENE", "SYMBOL"),
            ("EFFECT", "worst"),
            ("REVEL", "REVEL"),
            ("POP_AF", "gnomADe_AF"),
        )
    }


def flipped_with_info_fields(header, records):
    """Swap the alleles of sites with two, and write the annotation, now of the other allele, as plain INFO fields."""
    described = next(line for line in header if line.startswith("##INFO=<ID=CSQ"))
    fields = described.partition("Format: ")[2].rstrip('">').split("|")
    declared = [
        f'##INFO=<ID={name},Number=A,Type={kind},Description="{name}">'
        for name, kind in (("GENE", "String"), ("EFFECT", "String"), ("REVEL", "Float"), ("POP_AF", "Float"))
    ]
    positions = [record[1] for record in records]
    changed = []
    for record in records:
        info = info_of(record, fields)
        if "," not in record[4] and record[4] != "*" and positions.count(record[1]) == 1:
            record = flip(record)
            info["POP_AF"] = [value if value == "." else repr(1 - float(value)) for value in info["POP_AF"]]
        text = ";".join(f"{name}={','.join(values)}" for name, values in info.items())
        changed.append([*record[:7], text, *record[8:]])
    return [*header[:-1], *declared, header[-1]], changed


def test_results_do_not_depend_on_which_allele_is_the_reference_or_where_genes_are_named(afresh, finished):
    for name in vcf_names(afresh):
        afresh.write_vcf(name, *flipped_with_info_fields(*afresh.read_vcf(name)))
    afresh.replace(
        annotation={
            "source": "info",
            "gene": "GENE",
            "consequence": "EFFECT",
            "scores": ["REVEL"],
            "external_af": "POP_AF",
        }
    )
    same_results(afresh, finished)
    store = pd.concat(pd.read_parquet(path) for path in afresh.output.glob("genes/part-*.parquet"))
    assert store["minor_is_ref"].mean() > 0.5


# ------------------------------------------------------------------------------------- what a study may also ask for


def test_interactions_are_tested_without_a_scan_and_gone_once_they_are_not_asked_for(again, no_java):
    again.set(interactions=[{"covariate": "sex"}, {"covariate": "age_at_onset", "traits": ["survival"]}])
    assert redone(again) == ["interactions", "report"]
    rows = pd.read_csv(again.output / "interactions" / "interactions.tsv", sep="\t")
    meanings = pd.read_csv(again.output / "interactions" / "columns.tsv", sep="\t")
    assert list(rows) == list(meanings["column"])
    asked = rows[["trait", "covariate"]].drop_duplicates().to_records(index=False).tolist()
    assert sorted(asked) == [("alsfrs_slope", "sex"), ("survival", "age_at_onset"), ("survival", "sex")]
    assert (rows["p_value"].notna() ^ rows["reason"].notna()).all()
    assert rows["p_value"].notna().any()
    of_sexes = rows[(rows["covariate"] == "sex") & rows["p_value"].notna()]
    assert set(of_sexes["levels"]) <= {"female;male", "F;M"}
    assert 'id="interactions"' in (again.output / "report" / "report.html").read_text()
    again.set(interactions=[])
    assert redone(again) == []
    assert not (again.output / "interactions").exists()
    assert 'id="interactions"' not in (again.output / "report" / "report.html").read_text()


def test_a_covariate_that_a_model_lacks_is_refused_with_what_to_do(again):
    again.set(interactions=[{"covariate": "onset_region"}, {"covariate": "centre"}], covariates=["sex"])
    with pytest.raises(ExceptionGroup) as refused:
        run_study(again.study)
    (error,) = refused.value.exceptions
    assert error.source == again.study.name
    lacking, stratum = error.problems
    assert lacking.place.endswith(", interactions[0].covariate")
    assert "not in the models of traits 'survival', 'alsfrs_slope'" in lacking.message
    assert stratum.place.endswith(", interactions[1].covariate")
    assert "is among the strata" in stratum.message


def test_genes_are_followed_to_outcomes_by_way_of_a_mediator(again, no_java):
    traits = yaml.safe_load(again.study.read_text())["traits"]
    genes = sorted(set(results_of(again)["gene"]))
    again.set(
        traits=[*traits, {"name": "nerve", "type": "baseline", "measure": "cmap"}], mechanism=[{"mediator": "nerve"}]
    )
    assert {"mechanism", "report"} < set(redone(again))
    followed = set(pd.read_parquet(again.output / "follow_up" / "effects.parquet")["gene"])
    rows = pd.read_csv(again.output / "mechanism" / "mechanism.tsv", sep="\t")
    assert set(rows["gene"]) <= followed
    (again.path / "panel.txt").write_text("\n".join(genes))
    again.set(
        mechanism=[{"mediator": "nerve", "genes": ["list:all", "NOGENE"]}],
        gene_lists=[{"name": "all", "version": "1", "path": "panel.txt"}],
    )
    assert {"mechanism", "report"} <= set(redone(again))
    rows = pd.read_csv(again.output / "mechanism" / "mechanism.tsv", sep="\t")
    assert list(rows) == list(pd.read_csv(again.output / "mechanism" / "columns.tsv", sep="\t")["column"])
    assert rows[["outcome", "scale"]].drop_duplicates().to_numpy().tolist() == [
        ["survival", "hazard"],
        ["alsfrs_slope", "slope"],
    ]
    unknown = rows[rows["gene"] == "NOGENE"]
    assert unknown["outcome"].tolist() == ["survival", "alsfrs_slope"]
    assert set(unknown["reason"]) == {"not in the annotation, nor in the table of symbols"}
    assert set(rows["gene"]) == {*genes, "NOGENE"}
    assert set(rows["mask"].dropna()) == {"plof_or_damaging_missense"}
    assert (rows["p_joint"].notna() | rows["reason"].notna()).all()
    assert (rows.loc[rows["carriers"] < 10, "p_joint"].isna()).all()
    assert 'id="mechanism"' in (again.output / "report" / "report.html").read_text()


def test_mechanisms_that_can_not_be_followed_are_refused_together(again):
    again.set(
        mechanism=[
            {"mediator": "alsfrs_slope", "outcomes": ["survivl"]},
            {"mediator": "nerve", "outcomes": ["survival"], "genes": ["list:als"]},
        ]
    )
    with pytest.raises(InputError) as refused:
        run_study(again.study)
    assert [problem.place.split(", ")[-1] for problem in refused.value.problems] == [
        "mechanism[0].mediator",
        "mechanism[0].outcomes[0]",
        "mechanism[1].mediator",
        "mechanism[1].genes[0]",
    ]


# ------------------------------------------------------------------------------------------------ what is found


@pytest.mark.slow
def test_the_strongest_planted_genes_rank_first(tmp_path):
    simulated = simulate_cohort(tmp_path / "cohort", samples=300, genes=60, seed=1)
    run_study(simulated.study)
    results = pd.read_parquet(tmp_path / "cohort" / "out" / "results" / "gene_tests.parquet")
    for trait, role in (("survival", "survival, strong"), ("alsfrs_slope", "slope, strong")):
        rows = results[(results["trait"] == trait) & (results["mask"] == "plof_or_damaging_missense")]
        ranked = rows[rows["test"] == "burden"].sort_values(["p_value", "p_asymptotic"])
        assert ranked["gene"].iloc[0] == simulated.planted[role]
        assert ranked["p_value"].iloc[0] < rows["p_value"].drop(ranked.index[0]).min()

"""Gene lists, masks that name them, and known carriers, in a run."""

from __future__ import annotations

import json
import random

import pandas as pd
import pytest

from tests.jobs.run.finished_runs import TRAITS, WITH_LISTS, redone, results_of

pytestmark = pytest.mark.slow

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


@pytest.mark.slow
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

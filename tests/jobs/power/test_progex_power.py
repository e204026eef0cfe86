"""`progex power`: what a study can find, from tables alone and with the gene store of a run."""

from __future__ import annotations

import json
import re
import sys

import numpy as np
import pandas as pd
import pytest

from jobs.check import check_study
from jobs.pipeline import Pipeline
from jobs.power import run_power
from jobs.power.current_store import NOT_CURRENT, UP_TO_STORE
from jobs.progress import Progress
from jobs.run import bring_current

OPENED: list[str] = []
WATCHING = [False]


def _watch(event, arguments):
    if WATCHING[0] and event == "open":
        OPENED.append(str(arguments[0]))


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def few_replicates(monkeypatch):
    monkeypatch.setattr(run_power, "REPLICATES", 40)


@pytest.fixture
def tables_alone(folder):
    """Give a study without genotypes, with a trait of each way that effects are planted, and one of none."""
    rng = np.random.default_rng(1)
    people = pd.read_csv(folder.path / "participants.tsv", sep="\t", dtype=str)
    people["tall"] = rng.integers(0, 2, len(people))
    people["height"] = rng.normal(170, 9, len(people)).round(1)
    people["falls"] = rng.poisson(2, len(people))
    people.to_csv(folder.path / "participants.tsv", sep="\t", index=False)
    settings = {
        "name": "Planned",
        "output": "out",
        "participants": {"path": "participants.tsv", "columns": {"sex": "sex"}},
        "visits": {"path": "visits.tsv", "columns": {"items": [f"item_{number}" for number in range(1, 13)]}},
        "covariates": ["sex"],
        "traits": [
            {"name": "survival", "type": "survival"},
            {"name": "slope", "type": "alsfrs_slope"},
            {"name": "height", "type": "quantitative", "column": "height"},
            {"name": "tall", "type": "binary", "column": "tall"},
            {"name": "falls", "type": "count", "column": "falls"},
        ],
    }
    folder.study.write_text(json.dumps(settings))
    return folder


def read(folder, name):
    return pd.read_csv(folder.output / "power" / f"{name}.tsv", sep="\t", keep_default_na=False, na_values=[""])


def test_tables_alone_give_curves_detectable_effects_and_a_page(tables_alone, progex):
    outcome = progex("power", tables_alone.study, "--carriers", "1,3,10")
    assert outcome.exit_code == 0, outcome.output
    written = {path.name for path in (tables_alone.output / "power").iterdir()}
    tables = ("power", "detectable", "depletion")
    files = {f"{name}.{ending}" for name in tables for ending in ("tsv", "parquet")}
    assert written == files | {"power.html", "power.json", "columns.tsv"}
    meanings = read(tables_alone, "columns")
    for name in tables:
        assert meanings[meanings["table"] == name]["column"].tolist() == list(read(tables_alone, name))
    curves, detectable = read(tables_alone, "power"), read(tables_alone, "detectable")
    assert set(curves["trait"]) == {"survival", "slope", "height", "tall", "falls"}
    assert set(curves["carriers"]) == {1, 3, 10}
    assert set(detectable[detectable["family"] == "genes"]["level"]) == {0.05 / 20_000}
    assert not detectable[(detectable["family"] == "genes") & (detectable["carriers"] == 1)]["attainable"].any()
    assert set(read(tables_alone, "depletion")["trait"]) == {"survival"}
    # Forty patients in one stratum: a lone carrier can't do better than one in forty.
    survival = detectable[detectable["trait"] == "survival"]
    assert survival["min_attainable_p"].max() == pytest.approx(1 / 40)
    simulated = curves[(curves["trait"] != "falls") & (curves["method"] != "unattainable")]
    assert simulated["power_simulated"].between(simulated["power_lower"], simulated["power_upper"]).all()
    falls = curves[curves["trait"] == "falls"]
    assert falls["power_simulated"].isna().all()
    assert falls["power_small_effects"].notna().all()
    assert "no simulation for a null model of kind negative binomial" in outcome.stdout
    assert "the study file names no genotypes" in outcome.stdout


def test_the_page_and_what_is_printed_name_no_patient_and_reach_no_network(tables_alone, progex):
    outcome = progex("power", tables_alone.study, "--carriers", "5,10")
    page = (tables_alone.output / "power" / "power.html").read_text()
    assert not re.search(r"P\d{4}", page + outcome.output)
    assert not re.search(r"https?://", page)
    assert page.count("<figure ") == 5 * 2 + 1
    record = json.loads((tables_alone.output / "power" / "power.json").read_text())
    survival = record["traits"][0]
    assert survival["samples"] == 40
    assert f"{survival['events']:.0f} events, {survival['person_months']:,.0f} person-months" in outcome.stdout


def test_more_planned_samples_have_more_events_and_find_smaller_effects(tables_alone, progex):
    tables_alone.replace(traits=[{"name": "survival", "type": "survival"}])
    found = {}
    for samples in (30, 40, 200):
        outcome = progex("power", tables_alone.study, "--samples", samples, "--carriers", "10")
        assert outcome.exit_code == 0, outcome.output
        row = read(tables_alone, "detectable").iloc[0]
        assert row["samples"] == samples
        found[samples] = row["events"], row["detectable_small_effects"]
    assert found[30][0] < found[40][0] < found[200][0] == 5 * found[40][0]
    assert found[30][1] > found[40][1] > found[200][1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--samples", "5"), "--samples: 5 are too few"),
        (("--carriers", "3,ten"), "--carriers: expected whole numbers separated by commas"),
        (("--carriers", "0"), "--carriers: give numbers of carriers from 1 on"),
        (("--carriers", "3,1000"), "--carriers: 1000: not fewer than the 40 samples with survival; leave them out"),
        (("--samples", "30", "--carriers", "30"), "--carriers: 30: not fewer than the 30 samples with slope"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(tables_alone, progex, arguments, words):
    outcome = progex("power", tables_alone.study, *arguments)
    assert outcome.exit_code == 2
    assert words in outcome.output
    assert not tables_alone.output.exists()


def test_a_folder_that_others_made_is_not_replaced(tables_alone, progex):
    (tables_alone.output / "power").mkdir(parents=True)
    (tables_alone.output / "power" / "notes.txt").write_text("mine")
    outcome = progex("power", tables_alone.study)
    assert outcome.exit_code == 2
    assert "holds files that progex did not make" in outcome.output


@pytest.fixture(scope="module")
def loaded(simulated, copy_of, tmp_path_factory):
    """Bring a study up to its gene store, once; tests copy it."""
    folder = copy_of(simulated, tmp_path_factory.mktemp("loaded") / "cohort")
    masks = [{"name": name, "max_allele_frequency": [0.2]} for name in ("missense", "synonymous")]
    (folder.path / "panel.txt").write_text("SIM001\nSIM002\nSIM003\n")
    lists = [{"name": "nerve", "version": "1", "path": "panel.txt"}]
    folder.set(masks=masks, gene_lists=lists, compute={"cores": 1}, traits=[{"name": "survival", "type": "survival"}])
    checked = check_study(folder.study)
    stages = [stage for stage in Pipeline(checked, 1).stages() if stage.name in UP_TO_STORE]
    bring_current(stages, checked.output, Progress(["store"]), lambda: "working")
    return folder


@pytest.fixture
def with_store(loaded, copy_of, tmp_path):
    return copy_of(loaded.path, tmp_path / "cohort")


@pytest.mark.slow
def test_a_current_gene_store_gives_genes_their_carriers_and_no_result_is_opened(with_store, progex):
    for name in ("results", "follow_up", "report"):
        (with_store.output / name).mkdir(parents=True)
    (with_store.output / "results" / "gene_tests.parquet").write_text("not to be read")
    (with_store.output / "stages" / "scan_survival-0").mkdir()
    WATCHING[0] = True
    try:
        outcome = progex("power", with_store.study, "--carriers", "3,10")
    finally:
        WATCHING[0] = False
    assert outcome.exit_code == 0, outcome.output
    assert "carriers are classes" not in outcome.stdout
    opened = [path for path in OPENED if str(with_store.output) in path]
    assert any("gene_store-" in path for path in opened)
    assert not [path for path in opened if re.search(r"/(results|follow_up|report|scan\w*-\w*)(/|$)", path)]
    genes, detectable = read(with_store, "genes"), read(with_store, "detectable")
    assert len(genes) == 12
    testable = genes[genes["can_be_significant"]]
    assert f"{len(testable)} of 12 genes have enough carriers" in outcome.stdout
    median = json.loads((with_store.output / "power" / "power.json").read_text())["traits"][0]["median_carriers"]
    assert median in set(detectable["carriers"])
    panel = detectable[detectable["panel"] == "nerve"]
    assert len(panel) == 1
    assert panel["carriers"].iloc[0] not in set(detectable.loc[detectable["family"] == "genes", "carriers"])
    own = genes[genes["gene"].isin(["SIM001", "SIM002", "SIM003"])]["carriers"]
    assert own.max() <= panel["carriers"].iloc[0] <= own.sum()


def test_a_gene_store_of_other_settings_is_not_used(with_store, progex):
    with_store.set(qc={"genotype": {"min_depth": 12}})
    outcome = progex("power", with_store.study, "--carriers", "3")
    assert outcome.exit_code == 0, outcome.output
    assert NOT_CURRENT in outcome.stdout
    assert not (with_store.output / "power" / "genes.tsv").exists()


def test_a_second_call_replaces_the_first_whole_and_says_the_same(tables_alone, progex):
    progex("power", tables_alone.study, "--carriers", "3")
    first = (tables_alone.output / "power" / "power.tsv").read_bytes()
    (tables_alone.output / "power" / "left_over.tsv").write_text("old")
    outcome = progex("power", tables_alone.study, "--carriers", "3")
    assert outcome.exit_code == 0, outcome.output
    assert (tables_alone.output / "power" / "power.tsv").read_bytes() == first
    assert not (tables_alone.output / "power" / "left_over.tsv").exists()
    assert not list(tables_alone.output.glob(".power*"))

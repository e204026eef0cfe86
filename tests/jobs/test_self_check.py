"""`progex check`: what it leaves, what it does not do again, and how it says that a level is not kept."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from rich.console import Console

from association.error_rates import ALL_CLASSES
from hail_pipelines import session
from jobs import self_check
from jobs.self_check_words import print_check, verdict_words

FILES = {"self_check.tsv", "recall.tsv", "self_check.png", "self_check.svg"}
SMALL = ("--null-traits", 1, "--planted", 1)


@pytest.fixture(scope="module")
def checked(simulated, copy_of, tmp_path_factory, progex):
    """Check a small study once, with what the command said; tests copy it."""
    folder = copy_of(simulated, tmp_path_factory.mktemp("checked") / "cohort")
    masks = [{"name": name, "max_allele_frequency": [0.2]} for name in ("missense", "synonymous")]
    folder.set(masks=masks, tests=[{"test": "burden"}, {"test": "acat_v"}], compute={"cores": 2})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(self_check, "NULL_EFFORT", self_check.Effort(1_000, 1_000, 20))
        patch.setattr(self_check, "PLANTED_EFFORT", self_check.Effort(1_000, 1_000, 20))
        return folder, progex("check", folder.study, *SMALL)


@pytest.fixture
def again(checked, copy_of, tmp_path):
    return copy_of(checked[0].path, tmp_path / "cohort")


@pytest.fixture
def levels(checked):
    return pd.read_csv(checked[0].output / "self_check" / "self_check.tsv", sep="\t", dtype={"carriers": str})


def test_a_check_leaves_two_tables_and_a_figure_and_prints_where(checked):
    folder, result = checked
    assert result.exit_code == 0, result.output
    assert {path.name for path in (folder.output / "self_check").iterdir()} == FILES
    for name in FILES:
        assert f"wrote {folder.output / 'self_check' / name}" in result.output
    assert "verdict: " in result.output


def test_a_check_makes_no_results_of_the_study(checked):
    assert not (checked[0].output / "results").exists()
    assert not list(checked[0].output.glob("stages/scan-*"))


def test_the_tables_hold_the_studys_tests_and_every_kind_of_trait(checked, levels):
    assert set(levels["test"]) == {"burden flat", "acat_v", "omnibus"}
    assert set(levels["kind"]) == {"survival", "frequent_survival", "slope", "quantitative", "binary"}
    recall = pd.read_csv(checked[0].output / "self_check" / "recall.tsv", sep="\t")
    assert set(recall["kind"]) == set(levels["kind"])
    assert recall["recall"].between(0, 1).all()


def test_a_second_check_reads_what_the_first_one_found_without_java(again, checked, progex, monkeypatch):
    def refuse(*_):
        raise AssertionError("done again")

    monkeypatch.setattr(session, "start", refuse)
    monkeypatch.setattr(self_check, "scan_null", refuse)
    result = progex("check", again.study, *SMALL)
    assert result.exit_code == 0, result.output
    assert "verdict: " in result.output


def test_a_check_that_finds_no_carrier_says_so_and_keeps_the_last_tables(again, progex):
    before = (again.output / "self_check" / "self_check.tsv").read_bytes()
    again.set(masks=[{"name": "missense", "max_allele_frequency": [1e-6]}])
    result = progex("check", again.study, *SMALL)
    assert result.exit_code == 2
    assert "no gene has a carrier under the masks" in result.output
    assert (again.output / "self_check" / "self_check.tsv").read_bytes() == before


def test_of_a_large_store_some_genes_are_drawn_the_same_for_the_same_seed(checked, monkeypatch):
    monkeypatch.setattr(self_check, "MOST_GENES", 5)
    store = checked[0].output.glob("stages/gene_store-*/genes")
    (store,) = store
    genes, variants = self_check.read_genes(store, seed=1)
    assert genes.num_rows == 5
    assert set(variants["gene"].to_pylist()) <= set(genes["gene"].to_pylist())
    assert self_check.read_genes(store, seed=1)[0].equals(genes)


def test_the_verdict_names_the_test_whose_level_is_not_kept(levels):
    assert verdict_words(levels).startswith("verdict: every test keeps its level")
    at = levels.index[(levels["kind"] == "slope") & (levels["test"] == "acat_v") & (levels["carriers"] == "2")][0]
    broken = levels.copy()
    broken.loc[at, ["ratio", "lower", "chance"]] = [12.0, 9.0, 1e-20]
    assert verdict_words(broken).startswith("verdict: LEVEL NOT KEPT by 1 of 15 tests: slope, acat_v: 12 times 0.05")


def test_the_printed_table_fits_a_terminal_of_eighty_columns(checked, levels):
    recall = pd.read_csv(checked[0].output / "self_check" / "recall.tsv", sep="\t", dtype={"carriers": str})
    text = io.StringIO()
    print_check(levels, recall, Console(file=text, width=80))
    lines = text.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)
    shown = levels[(levels["carriers"] == ALL_CLASSES) & (levels["level"] == 0.05)]
    assert sum(" kept" in line for line in lines) == len(shown)

"""Missing calls by kit and stratum, and genes that one kit alone covers."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from hail_pipelines.merging.merge import MergeCounts
from jobs.consortium.capture_kits import NO_STRATUM, genes_by_kit, missing_by_kit


def run(name, kit, participants, strata=("site",), prefix=""):
    table = pd.DataFrame(participants, columns=["sample", "site", "batch"])
    table["sample"] = prefix + table["sample"]
    study = SimpleNamespace(
        strata_columns=list(strata), participants=SimpleNamespace(columns=SimpleNamespace(sample="sample"))
    )
    manifest = {"capture_kit": kit, "caller": "GATK"}
    return SimpleNamespace(name=name, manifest=manifest, study=study, prefix=prefix, tables=lambda: (table, None))


def counts(calls=(), genes=None):
    table = pd.DataFrame(calls, columns=["cohort", "sample", "calls", "missing"])
    return MergeCounts(len(table), 10, 10, 10, pd.DataFrame(), table, genes or {})


PEOPLE = [("s1", "x", "1"), ("s2", "x", "2"), ("s3", None, "1")]
CALLS = [("a", "s1", 10, 1), ("a", "s2", 10, 3), ("a", "s3", 9, 0), ("a", "s4", 10, 10), ("b", "s1", 10, 5)]


def test_calls_are_added_up_within_each_cohorts_strata_and_nobody_is_lost():
    runs = [run("a", "kit 1", PEOPLE), run("b", "kit 2", PEOPLE, prefix="b_")]
    table = missing_by_kit(runs, counts(CALLS)).set_index(["capture_kit", "cohort", "stratum"])
    assert table["samples"].sum() == len(CALLS)
    assert table.loc[("kit 1", "a", "x"), "missing_share"] == pytest.approx(4 / 20)
    assert table.loc[("kit 1", "a", ""), "missing_share"] == 0
    assert table.loc[("kit 1", "a", NO_STRATUM), "missing_share"] == 1
    assert table.loc[("kit 2", "b", "x"), "calls"] == 10


def test_strata_of_several_columns_are_told_apart_and_a_study_without_has_one():
    both = missing_by_kit([run("a", "kit 1", PEOPLE, ("site", "batch"))], counts(CALLS[:2]))
    assert both["stratum"].tolist() == ["x / 1", "x / 2"]
    assert missing_by_kit([run("a", "kit 1", PEOPLE, ())], counts(CALLS[:2]))["stratum"].tolist() == ["all"]


def test_genes_are_compared_by_kit_over_all_cohorts_that_have_it():
    runs = [run("a", "kit 1", []), run("b", "kit 2", []), run("c", "kit 1", [])]
    genes = {"a": frozenset("PQ"), "b": frozenset("QRST"), "c": frozenset("R")}
    (row,) = genes_by_kit(runs, counts(genes=genes)).itertuples(index=False)
    assert tuple(row) == ("kit 1", "kit 2", 2, 1, 2)
    assert genes_by_kit(runs[::2], counts(genes=genes)).empty

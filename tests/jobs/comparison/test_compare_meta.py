"""Two meta-analyses: what a cohort that joined, and settings that changed, are said to have moved."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from association.results import SCHEMA, result_table

TESTS = [{"test": "burden", "weights": "flat", "coding": "sum"}]
MASKS = [{"name": "plof", "where": None, "max_allele_frequency": [0.01]}]


def share(cohort, samples, **changed):
    told = {"cohort": cohort, "masks": MASKS, "tests": TESTS, "condition_on": []}
    return told | {"traits": {"survival": {"samples": samples}}} | changed


@pytest.fixture
def meta(tmp_path):
    """Give a function that writes what a meta-analysis leaves."""

    def write(name, shares, p_values):
        folder = tmp_path / name
        folder.mkdir()
        rows = [
            {"gene": gene, "contig": "chr1", "start": 1, "trait": "survival", "mask": "plof", "max_af": 0.01}
            | {"test": "burden", "weights": "flat", "coding": "sum", "primary": True, "method": "saddlepoint"}
            | {"carriers": 3, "minor_allele_count": 3, "p_value": 10.0**-size, "neg_log10_p": float(size)}
            for gene, size in p_values.items()
        ]
        pq.write_table(result_table(rows).select(SCHEMA.names), folder / "gene_tests.parquet")
        record = {
            "versions": {"progex": "0.1.0"},
            "cohorts": {"survival": [one["cohort"] for one in shares]},
            "shares": shares,
        }
        (folder / "meta.json").write_text(json.dumps(record))
        return folder

    return write


def test_cohorts_that_joined_grew_or_left_are_named_for_every_result_that_moved(meta, tmp_path, progex):
    old = meta("old", [share("north", 100), share("south", 80), share("east", 50)], {"A": 2, "B": 2})
    now = [share("north", 120), share("south", 80, gene_store="another"), share("west", 90)]
    new = meta("new", now, {"A": 4, "B": 2.5})
    done = progex("compare", old, new)
    assert done.exit_code == 0, done.output
    changes = json.loads((new / "comparison/changes.json").read_text())
    assert [(row["gene"], row["why"]) for row in changes["rows"]] == [
        ("A", ["cohorts: west added, east removed, north from 100 to 120 samples, south shares other data"])
    ]
    assert (
        "cohorts   survival: west added, east removed, north from 100 to 120 samples, south shares other data"
        in done.output
    )
    page = (new / "comparison/changes.html").read_text()
    assert "&lt;5 to &lt;5" in page
    assert "Variants by gene" not in page


def test_a_gene_that_no_cohort_told_of_before_and_other_tests_are_named(meta, progex):
    asked = {"tests": [TESTS[0] | {"weights": "beta_1_25"}]}
    old = meta("old", [share("north", 100), share("south", 80)], {"A": 2})
    new = meta("new", [share("north", 100, **asked), share("south", 80, **asked)], {"A": 2, "C": 3})
    progex("compare", old, new)
    changes = json.loads((new / "comparison/changes.json").read_text())
    assert [(row["gene"], row["became"], row["why"]) for row in changes["rows"]] == [
        ("C", "newly tested", ["the gene was not annotated before"])
    ]
    assert changes["settings"]["tests"] == ['- tests[0].weights: "flat"', '+ tests[0].weights: "beta_1_25"']


def test_a_meta_analysis_and_a_run_are_not_compared(meta, first, progex):
    done = progex("compare", meta("old", [share("north", 100)], {"A": 2}), first.output)
    assert done.exit_code == 2
    assert "no run.json" in done.output

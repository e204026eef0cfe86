"""Runs of other versions: each thing that a comparison would miss is told before it begins."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest

from association.problems import InputError
from jobs.comparison.compared_run import read_compared
from jobs.comparison.study_changes import NOT_TOLD, cohort_changes
from jobs.comparison.summary import summary
from jobs.comparison.trait_changes import coefficient_changes

TRAIT = "traits/survival"


def drop_column(file, name):
    pd.read_parquet(file).drop(columns=name).to_parquet(file, index=False)


def drop_array(file, name):
    with np.load(io.BytesIO(file.read_bytes())) as stored:
        arrays = {one: stored[one] for one in stored.files if one != name}
    np.savez(file, **arrays)


def drop_key(file, name):
    record = json.loads(file.read_text())
    del record[name]
    file.write_text(json.dumps(record))


@pytest.fixture
def foreign(first, copy_of, tmp_path):
    """A run's output folder, free to be changed."""
    return copy_of(first.path, tmp_path / "foreign").output


@pytest.mark.parametrize(
    ("change", "file", "name", "told"),
    [
        (drop_column, "results/gene_tests.parquet", "observed_events", "results/gene_tests.parquet: has no column "),
        (drop_column, "qc/samples.parquet", "reasons", "qc/samples.parquet: has no column "),
        (drop_column, "qc/variants.parquet", "allele_number", "qc/variants.parquet: has no column "),
        (drop_array, f"{TRAIT}.npz", "strata", "traits/survival.npz: can't be read"),
        (drop_key, f"{TRAIT}.json", "coefficients", "traits/survival.json: has no "),
        (drop_key, "run.json", "settings", "record: has no "),
    ],
)
def test_what_another_version_lacks_is_refused_by_its_name(foreign, first, progex, change, file, name, told):
    change(foreign / file, name)
    done = progex("compare", foreign, first.output)
    assert done.exit_code == 2, done.output
    words = " ".join(done.output.split())
    assert told in words
    assert name in words
    assert "run it anew with this one" in words


def test_empty_and_broken_records_are_refused(foreign, progex, first):
    (foreign / "run.json").write_text("{}")
    done = progex("compare", first.output, foreign)
    assert done.exit_code == 2
    assert "has no study, ended, settings, versions" in " ".join(done.output.split())
    (foreign / "run.json").write_text("{")
    assert "is no JSON" in progex("compare", first.output, foreign).output


def test_a_damaged_summary_of_a_trait_is_refused_by_its_name(foreign, progex, first):
    (foreign / f"{TRAIT}.json").write_text("")
    done = progex("compare", first.output, foreign)
    assert done.exit_code == 2, done.output
    assert "traits/survival.json: is no JSON; run it again" in " ".join(done.output.split())


def test_all_that_a_run_lacks_is_told_at_once(foreign):
    drop_column(foreign / "results/gene_tests.parquet", "reason")
    drop_array(foreign / f"{TRAIT}.npz", "model/residuals")
    with pytest.raises(InputError) as caught:
        read_compared(foreign)
    assert len(caught.value.problems) == 2


def test_a_trait_from_before_cohorts_were_numbered_can_be_read(foreign, first, progex, tmp_path):
    drop_array(foreign / f"{TRAIT}.npz", "cohorts")
    done = progex("compare", foreign, first.output, "--out", tmp_path / "changes")
    assert done.exit_code == 0, done.output


class Merged:
    def __init__(self, **facts):
        self.merged = {"cohorts": [{"cohort": "north", "samples": 5, **facts}], "states": []}


def test_a_fact_that_a_manifest_lacks_is_told_as_that():
    changes = cohort_changes(Merged(), Merged(caller="GATK"))
    assert changes["stayed"][0]["facts"] == {"caller": [NOT_TOLD, "GATK"]}


def coefficient(name, estimate=1.0):
    return {"name": name, "estimate": estimate, "standard_error": 0.1}


def test_coefficients_that_are_new_or_gone_have_not_moved():
    old = [coefficient("age [north]"), coefficient("sex [north]"), coefficient("age [east]")]
    new = [coefficient("age [north]", 2.0), coefficient("site [north]"), coefficient("age [west]")]
    new.append(coefficient("age [west] x months"))
    trait = {
        **{"trait": "survival", "samples": [9, 9], "events": [None, None], "joined": 0, "left": 0},
        **{"of_samples_in_both": {}, "definition": {}, "other_covariates": 0},
        **{"cohorts_added": ["west"], "cohorts_removed": ["east"], "coefficients": coefficient_changes(old, new)},
    }
    changes = {
        **{"cohorts": None, "settings": {}, "versions": {}, "traits": [trait]},
        **{"traits_added": [], "traits_removed": [], "results": []},
        "samples": {"kept": [9, 9], "joined": 0, "left": 0, "joined_because": [], "left_because": []},
        "variants": {
            **dict.fromkeys(("gained", "lost", "reannotated", "remasked"), 0),
            **{"stored": [1, 1], "genes_renamed": {}, "genes_gained": [], "genes_lost": []},
        },
    }
    told = dict(summary(changes))["traits"][0].split("; ")
    assert told[1:] == [
        "cohort west added, with all coefficients of its own",
        "cohort east removed, with all coefficients of its own",
        "coefficients of the null model that moved: age [north]",
        "coefficients of the null model that are new: site [north]",
        "coefficients of the null model that are gone: sex [north]",
    ]

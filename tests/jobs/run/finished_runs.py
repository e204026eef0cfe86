"""What the tests of a run share: its stages, its results, and what a rerun does anew."""

from __future__ import annotations

import json

import pandas as pd

from jobs.check import check_study
from jobs.pipeline import Pipeline
from jobs.progress import Progress
from jobs.run import bring_current, publish, run_study
from jobs.stage_settings import cores_of

QC_STAGES = ["load", "measure", "samples", "variants", "annotate", "qc page"]
TRAITS = ["survival", "alsfrs_slope"]
SCANS, FOLLOW_UPS = ([f"{step} {trait}" for trait in TRAITS] for step in ("scan", "follow up"))
TESTED = [*SCANS, *FOLLOW_UPS, "traits together", "results", "gene profiles", "report"]
GENE_SETS = [f"gene sets {trait}" for trait in TRAITS]
WITH_LISTS = [*SCANS, *FOLLOW_UPS, *GENE_SETS, "traits together", "results", "gene profiles", "report"]
# What shows results and is not read by them.
SHOWING = ("qc page", "traits together", "gene profiles", "report")
STAGES = [*QC_STAGES, "gene store", "traits", *TESTED]


def results_of(folder):
    return pd.read_parquet(folder.output / "results" / "gene_tests.parquet")


def redone(folder):
    """Run a study again and list the stages that were done anew."""
    run_study(folder.study)
    record = json.loads((folder.output / "run.json").read_text())
    return [stage["name"] for stage in record["stages"] if not stage["reused"]]


def results_alone(folder):
    """Bring a study's results up to date, and none of the pages that show them."""
    checked = check_study(folder.study)
    stages = [one for one in Pipeline(checked, cores_of(checked.study)).stages() if one.name not in SHOWING]
    progress = Progress([stage.name for stage in stages])
    for record in bring_current(stages, checked.output, progress, lambda: "working").values():
        publish(record, checked.output)


def same_results(folder, finished):
    results_alone(folder)
    pd.testing.assert_frame_equal(results_of(folder), results_of(finished), check_exact=True)


def samples_of(folder, trait):
    return pd.read_parquet(folder.output / "traits" / f"{trait}.parquet")["sample"]


def followed(folder, table):
    return pd.read_parquet(folder.output / "follow_up" / f"{table}.parquet")

"""A run that is killed outright, in the midst of each stage, loses nothing but that stage's time."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pandas as pd
import pytest

QC_STAGES = ("load", "measure", "samples", "variants", "annotate", "qc page")
TRAITS = ("survival", "alsfrs_slope")
SCANS, FOLLOW_UPS = (tuple(f"{step} {trait}" for trait in TRAITS) for step in ("scan", "follow up"))
STAGES = (
    *QC_STAGES,
    "gene store",
    "traits",
    *SCANS,
    *FOLLOW_UPS,
    "traits together",
    "results",
    "gene profiles",
    "report",
)

# The command, except that one stage waits after its work, so that even the quickest can be met in its midst.
WAITING_COMMAND = """
import dataclasses, sys, time
import jobs.run
from jobs.cli import main
from jobs.stage import perform

waiting = sys.argv.pop(1)

def perform_and_wait(stage, *rest):
    def work(folder, folders):
        counts = stage.work(folder, folders)
        time.sleep(600)
        return counts

    return perform(dataclasses.replace(stage, work=work) if stage.name == waiting else stage, *rest)

jobs.run.perform = perform_and_wait
main()
"""


def results_of(folder):
    return pd.read_parquet(folder.output / "results" / "gene_tests.parquet")


def stage_folders(folder, stage):
    return list((folder.output / "stages").glob(f"{stage.replace(' ', '_')}-*"))


@pytest.fixture
def kill_in_the_midst(tmp_path):
    """Give a function that runs a study until a stage has written something, and kills the process at once.

    Its children are left to notice by themselves, as they would be in life; what remains is removed at the end.
    """
    log = tmp_path / "log"
    killed = []

    def kill(folder, stage):
        command = [sys.executable, "-c", WAITING_COMMAND, stage, "run", str(folder.study)]
        with log.open("wb") as stream:
            process = subprocess.Popen(command, stdout=stream, stderr=stream, start_new_session=True)
        killed.append(process)
        while not any(any(found.iterdir()) for found in stage_folders(folder, stage)):
            assert process.poll() is None, log.read_text()
            time.sleep(0.02)
        process.kill()
        process.wait()
        (left,) = stage_folders(folder, stage)
        assert any(left.iterdir())
        assert not (left / "manifest.json").exists()

    yield kill
    for process in killed:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def study(simulated, copy_of, tmp_path_factory):
    folder = copy_of(simulated, tmp_path_factory.mktemp("killed") / "cohort")
    folder.set(
        genotypes={"vcfs": ["vcf/chr1.vcf.gz", "vcf/chr2.vcf.gz", "vcf/chr3.vcf.gz"]},
        masks=[{"name": "missense", "max_allele_frequency": [0.2]}],
        calibration={"max_permutations": 2000},
    )
    return folder


@pytest.fixture(scope="module")
def undisturbed(study, copy_of, progex_process, tmp_path_factory):
    """Run the study on one core, in peace."""
    folder = copy_of(study.path, tmp_path_factory.mktemp("undisturbed") / "cohort")
    folder.set(compute={"cores": 1})
    outcome = progex_process("run", folder.study)
    assert outcome.returncode == 0, outcome.stderr
    assert results_of(folder)["p_value"].notna().any()
    return folder


def finishes_like(folder, undisturbed, outcome):
    assert outcome.returncode == 0, outcome.stderr
    pd.testing.assert_frame_equal(results_of(folder), results_of(undisturbed), check_exact=True)
    assert (folder.output / "report" / "report.html").is_file()
    for left in (folder.output / "stages").iterdir():
        if left.name != "hail":
            assert sorted(path.name for path in left.glob("manifest.json")) == ["manifest.json"], left
            assert not [path for path in left.iterdir() if path.name.startswith(".")]
    assert not list(folder.output.rglob("*.partial"))


def stages_redone(folder):
    record = json.loads((folder.output / "run.json").read_text())
    return [stage["name"] for stage in record["stages"] if not stage["reused"]]


@pytest.mark.slow
def test_a_run_killed_while_it_scans_is_finished_by_the_next(
    undisturbed, copy_of, progex_process, kill_in_the_midst, tmp_path
):
    folder = copy_of(undisturbed.path, tmp_path / "cohort")
    for stage in (*SCANS, *FOLLOW_UPS, "traits together", "results", "gene profiles", "report"):
        for done in stage_folders(folder, stage):
            shutil.rmtree(done)
    # What the first trait's scan found is kept.
    kill_in_the_midst(folder, SCANS[1])
    finishes_like(folder, undisturbed, progex_process("run", folder.study))
    assert stages_redone(folder) == [SCANS[1], *FOLLOW_UPS, "traits together", "results", "gene profiles", "report"]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_run_killed_in_every_stage_is_finished_by_the_last(
    study, undisturbed, copy_of, progex_process, kill_in_the_midst, tmp_path
):
    folder = copy_of(study.path, tmp_path / "cohort")
    for stage in STAGES:
        kill_in_the_midst(folder, stage)
    finishes_like(folder, undisturbed, progex_process("run", folder.study))
    assert stages_redone(folder) == ["report"]

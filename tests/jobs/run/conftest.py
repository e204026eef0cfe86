"""A small study, run once for all tests of a run, and copies of it to change."""

from __future__ import annotations

import pytest

from hail_pipelines import session
from jobs.run import run_study
from jobs.run_qc import run_qc
from tests.jobs.run.finished_runs import results_of


@pytest.fixture(scope="session")
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

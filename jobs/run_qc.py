"""Run a study's quality control, and stop for a person to look.

It does the stages of a run up to the page of quality control; a run afterwards takes them as they are. Nothing of an
earlier run's results is touched, but its record goes where quality control has come out differently.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from association.cohort.karyotype import UNCLEAR
from association.problems import InputError
from hail_pipelines.places import readable
from infra.storage import Place, remove
from jobs.check import check_study
from jobs.genotype_stages import GenotypeStages
from jobs.progress import Progress
from jobs.quality_control.files import PAGE, SAMPLES
from jobs.run import RUN_RECORD, bring_current, output_held, publish


@dataclass(frozen=True)
class QcRun:
    """What came of quality control.

    Attributes
    ----------
    page
        The page to look at.
    samples, kept
        How many there are, and how many stay.
    reasons
        How many samples each reason excludes.
    findings
        What a person should look at, with how many samples it concerns.
    """

    page: Place
    samples: int
    kept: int
    reasons: dict[str, int]
    findings: dict[str, int]


def run_qc(path: Place) -> QcRun:
    """Do the quality control of the study at `path`.

    Raises
    ------
    InputError, ExceptionGroup
        If an input can't be used as it is; nothing is left half-written.
    """
    checked = check_study(path)
    if checked.study.genotypes.merged is not None:
        message = "merged cohorts went through quality control each by itself; look at their own pages, and use `run`"
        raise InputError.single(checked.path.name, "genotypes.merged", message)
    with output_held(checked) as still_held:
        genotypes = GenotypeStages(checked)
        stages = genotypes.quality_control()
        progress = Progress([stage.name for stage in stages])
        records = bring_current(stages, checked.output, progress, genotypes.tally, still_held)
        still_held()
        if not all(record.reused for record in records.values()):
            remove(checked.output / RUN_RECORD)
        for record in records.values():
            publish(record, checked.output)
    return _summary(checked.output / "qc" / PAGE, pd.read_parquet(readable(records["samples"].folder / SAMPLES)))


def _summary(page: Place, samples: pd.DataFrame) -> QcRun:
    reasons = Counter(reason for listed in samples["reasons"] for reason in listed)
    findings = {
        "sex of the genotypes differs from the stated one": int(samples["sex_mismatch"].sum()),
        "karyotype is neither XX nor XY": _unusual(samples["karyotype"]),
        "has a duplicate": int(samples["duplicate"].sum()),
        "related to a sample that stays": int(((samples["related_to_kept"] > 0) & samples["passes"]).sum()),
        "far from everyone of its ancestry": int(samples["pca_outlier"].sum()),
    }
    return QcRun(page, len(samples), int(samples["passes"].sum()), dict(reasons), findings)


def _unusual(karyotypes: pd.Series) -> int:
    """Count the karyotypes that are neither XX nor XY; nobody's, where none could be told."""
    return int((~karyotypes.isin(["XX", "XY"])).sum()) if (karyotypes != UNCLEAR).any() else 0

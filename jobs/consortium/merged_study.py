"""The study of merged cohorts: one study file, one table of participants, one of visits.

Settings are those that all cohorts share. Each participant's cohort stands in a column of its own, which `cohorts`
names: nobody is exchanged with somebody of another cohort, and covariates have effects of their own in each. Gene
lists, symbols and known variants, which are the same in all, are copied from the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from association.problems import Problem
from infra.storage import copy_whole
from jobs.consortium.cohort import GENE_LISTS, GENE_SYMBOLS, KNOWN_VARIANTS, POOLING, files_of
from jobs.consortium.finished_run import FinishedRun
from jobs.result_files import write_tsv
from jobs.study.study import Study

COLUMN = "cohort"
STUDY, PARTICIPANTS, VISITS, GENOTYPES = "study.yaml", "participants.tsv", "visits.tsv", "genotypes"
# Sections that are taken as they are.
TAKEN = (
    *("traits", "covariates", "missing_covariates", "checks", "annotation", "masks", "tests", "follow_up"),
    *("condition_on", "alpha", "strata", "calibration", "together", "interactions", "cloud"),
)


def table_problems(run: FinishedRun) -> Iterator[Problem]:
    """Find what can't be put in one study: cohorts within a cohort, a column `cohort`, and traits with files."""
    if COLUMN in run.tables()[0].columns:
        message = f"has a column '{COLUMN}', which merging writes; give it another name"
        yield Problem(f"{run.name}, participants", message)
    if run.study.cohorts is not None:
        message = "names cohorts within this one; make each of them a cohort by itself, and merge them all"
        yield Problem(f"{run.name}, cohorts", message)
    for trait in run.study.traits:
        for setting in ("polygenic_offset", "kinship"):
            if getattr(trait, setting) is not None:
                message = f"names a file of this cohort's samples alone; take {setting} out, and make the cohort anew"
                yield Problem(f"{run.name}, trait {trait.name}", message)


def write_study(runs: Sequence[FinishedRun], folder: Path) -> None:
    """Write the study file and its tables.

    Parameters
    ----------
    runs
        The cohorts, whose definitions are the same.
    folder
        Where to.
    """
    read = [run.tables() for run in runs]
    participants = [table.assign(**{COLUMN: run.name}) for run, (table, _) in zip(runs, read, strict=True)]
    write_tsv(pd.concat(participants, ignore_index=True), folder / PARTICIPANTS)
    visits = [table for _, table in read if table is not None]
    if visits:
        write_tsv(pd.concat(visits, ignore_index=True), folder / VISITS)
    if runs[0].study.gene_lists:
        copy_whole(runs[0].folder / POOLING / GENE_LISTS, folder / GENE_LISTS)
    for name in files_of(runs[0].study):
        copy_whole(runs[0].folder / POOLING / name, folder / name)
    text = yaml.safe_dump(_settings(runs, with_visits=bool(visits)), sort_keys=False, allow_unicode=True)
    (folder / STUDY).write_text(text, encoding="utf-8")


def _settings(runs: Sequence[FinishedRun], *, with_visits: bool) -> dict[str, Any]:
    """Make the settings of the merged study."""
    first, study = runs[0].settings, runs[0].study
    settings = {
        "name": " + ".join(run.name for run in runs),
        "output": "out",
        "genotypes": {"merged": GENOTYPES, "reference_genome": runs[0].manifest["reference_genome"]},
        "participants": first["participants"] | {"path": PARTICIPANTS, "sheet": None},
        "visits": first["visits"] | {"path": VISITS, "sheet": None} if with_visits else None,
        "cohorts": COLUMN,
        # What cohorts share of it: no path, and no list of samples, of one site.
        "qc": runs[0].manifest["definitions"]["qc"]["qc"],
        "gene_lists": [
            one.model_dump(mode="json", exclude_unset=True)
            | ({} if one.panel is not None else {"path": f"{GENE_LISTS}/{one.name}.txt", "column": None})
            for one in study.gene_lists
        ],
        "compute": {"cores": study.compute.cores},
    }
    if study.gene_symbols is not None:
        settings["gene_symbols"] = GENE_SYMBOLS
    if study.known_genes is not None:
        settings["known_genes"] = first["known_genes"]
        settings["known_genes"] |= {"variants": KNOWN_VARIANTS} if study.known_genes.variants is not None else {}
    return settings | {name: first[name] for name in TAKEN if name in first}


def left_aside(study: Study) -> tuple[str, ...]:
    """Say which settings a merged study does not take over, and why."""
    if not study.mechanism:
        return ()
    return (
        "mechanism is left out: it is one model over all patients, and each cohort has its own; to ask it of all, "
        f"take 'cohorts' out of the merged study file, name '{COLUMN}' in strata, and put mechanism in",
    )
